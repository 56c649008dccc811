// Standard output of the tools that print text.
#pragma once

#include <fmt/format.h>

#include <ipcutils/deadline.hpp>
#include <string_view>

#include "environment.hpp"

namespace ipcutils::cli {

// Adds bytes to what is to be written to standard output. It is written when there is much of it and by
// flush_output(); both throw Error when that fails.
void write_output(std::string_view bytes);

void flush_output();

// From now on, output is for a variable, which gets it by finish_output().
void write_output_into(const Variable& variable, Shape shape);

// To be called when all has been written: flushes, or assigns. Throws Error.
void finish_output();

// The same, but drops what is left when `deadline` passes; false then.
bool flush_output_until(const Deadline& deadline);

template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  write_output(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ipcutils::cli
