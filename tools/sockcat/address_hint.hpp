// What to type instead of an address that is wrong.
#pragma once

#include <string>
#include <string_view>

#include "grammar.hpp"

namespace ipcutils::sockcat {

// For a word that is no keyword. `parameter` is what follows its colon, or empty.
std::string unknown_keyword_hint(std::string_view word, std::string_view parameter);

// For an address with more parameters than its keyword takes.
std::string surplus_parameter_hint(const AddressSpec& spec);

// For the operands HOST and PORT of nc(1); empty when they are none.
std::string host_and_port_hint(std::string_view host, std::string_view port);

// For "-l PORT" and "-l -p PORT" of nc(1), by what follows -l; empty when it is something else.
std::string listening_hint(std::string_view text);

}  // namespace ipcutils::sockcat
