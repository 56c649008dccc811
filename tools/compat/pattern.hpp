// Lines of output as data: text with places that are filled in.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ipcutils::compat {

// How sizes are shown.
enum class Unit { usual, bytes, human };

// Fills in the places of a pattern, which are
//   {NAME}       the cell of that name
//   {NAME:SPEC}  the same; SPEC is '<' or '>' (left or right), a width, and '.' and a length where it is cut
//   {A|B|C}      one of three texts, by unit
std::string fill_in(std::string_view pattern, Unit unit,
                    const std::function<std::string(std::string_view name)>& cell);

}  // namespace ipcutils::compat
