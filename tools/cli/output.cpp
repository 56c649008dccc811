#include "output.hpp"

#include <unistd.h>

#include <ipcutils/transfer.hpp>
#include <span>
#include <string>

namespace ipcutils::cli {

namespace {

constexpr std::size_t flush_size = 64 * 1024;

std::string& pending() {
  static std::string bytes;
  return bytes;
}

}  // namespace

void write_output(std::string_view bytes) {
  pending() += bytes;
  if (pending().size() >= flush_size) flush_output();
}

// What cannot be written is dropped: it would fail again when the tool ends.
void flush_output() {
  const auto bytes = std::move(pending());
  pending().clear();
  if (!bytes.empty()) transfer(std::as_bytes(std::span{bytes}), Endpoint{STDOUT_FILENO, "standard output"});
}

}  // namespace ipcutils::cli
