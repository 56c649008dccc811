// What a tool reads: standard input or a file.
#pragma once

#include <cstdint>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/transfer.hpp>
#include <optional>
#include <string>

namespace ipcutils::cli {

struct Input {
  FileDescriptor owned;  // empty for standard input
  Endpoint endpoint;
  std::optional<std::uint64_t> length;  // if it is known beforehand
};

// Standard input, or the file of that name ("-": standard input). Blocks as open(2) does on a FIFO.
Input open_input(const std::optional<std::string>& file);

// All that is left of an input, in an unnamed file in $TMPDIR or /tmp, so that its length is known.
Input spool(const Input& input);

// Whether the input has another byte, which is taken from it. Blocks until that is known or a signal of the
// live Interruption comes, which is no.
bool has_more(const Input& input);

}  // namespace ipcutils::cli
