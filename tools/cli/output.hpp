// Standard output of the tools that print text.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace ipcutils::cli {

// Adds bytes to what is to be written to standard output. It is written when there is much of it and by
// flush_output(); both throw Error when that fails.
void write_output(std::string_view bytes);

void flush_output();

template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  write_output(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ipcutils::cli
