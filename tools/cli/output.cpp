#include "output.hpp"

#include <unistd.h>

#include <ipcutils/transfer.hpp>
#include <span>
#include <string>

#include "environment.hpp"

namespace ipcutils::cli {

namespace {

constexpr std::size_t flush_size = 64 * 1024;

std::string& pending() { return Environment::current().output(); }

}  // namespace

void write_output(std::string_view bytes) {
  pending() += bytes;
  if (pending().size() >= flush_size) flush_output();
}

void flush_output() { flush_output_until(Deadline::never()); }

// What cannot be written is dropped: it would fail again when the tool ends.
bool flush_output_until(const Deadline& deadline) {
  const auto bytes = std::move(pending());
  pending().clear();
  return bytes.empty() ||
         transfer(std::as_bytes(std::span{bytes}), Endpoint{STDOUT_FILENO, "standard output"},
                  {.deadline = deadline}) == bytes.size();
}

}  // namespace ipcutils::cli
