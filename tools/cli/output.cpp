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

void write_output_into(const Variable& variable, Shape shape) {
  Environment::current().destination().emplace(Destination{variable, shape});
}

void finish_output() {
  const auto& destination = Environment::current().destination();
  if (!destination) return flush_output();
  const auto& [variable, shape] = *destination;
  auto text = std::move(pending());
  pending().clear();
  if (shape == Shape::text && text.ends_with('\n')) text.pop_back();
  if (shape == Shape::text || shape == Shape::exact) return variable.assign(text);
  variable.clear();
  const char end = shape == Shape::lines ? '\n' : '\0';
  for (std::string_view rest = text; !rest.empty();) {
    const auto length = std::min(rest.find(end), rest.size());
    variable.append(std::string{rest.substr(0, length)});
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

// What cannot be written is dropped: it would fail again when the tool ends.
bool flush_output_until(const Deadline& deadline) {
  if (Environment::current().destination()) return true;
  const auto bytes = std::move(pending());
  pending().clear();
  return bytes.empty() ||
         transfer(std::as_bytes(std::span{bytes}), Endpoint{STDOUT_FILENO, "standard output"},
                  {.deadline = deadline}) == bytes.size();
}

}  // namespace ipcutils::cli
