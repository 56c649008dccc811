// Wrong usage of a tool.
#pragma once

#include <ipcutils/error.hpp>
#include <stdexcept>
#include <string>

namespace ipcutils::cli {

// Thrown for a command line that cannot be understood.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;

  // Of a text on the command line. The hint joins the sentence, since a usage error is one line.
  explicit UsageError(const Error& error)
      : std::runtime_error{error.hint().empty() ? error.what()
                                                : std::string{error.what()} + " (" + error.hint() + ")"} {}
};

}  // namespace ipcutils::cli
