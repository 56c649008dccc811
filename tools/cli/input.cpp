#include "input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ipcutils/error.hpp>
#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>

namespace ipcutils::cli {

Input open_input(const std::optional<std::string>& file) {
  if (!file || *file == "-") return {{}, {STDIN_FILENO, "standard input"}, known_length(STDIN_FILENO)};
  auto owned = open_for_reading(*file, O_RDONLY);
  const int fd = owned.get();
  return {std::move(owned), {fd, quote(*file)}, known_length(fd)};
}

Input spool(const Input& input) {
  const char* directory = std::getenv("TMPDIR");
  auto file = open_unnamed_file(directory != nullptr && *directory != '\0' ? directory : "/tmp");
  const Endpoint endpoint{file.get(), "the temporary file"};
  const auto length = transfer(input.endpoint, endpoint);
  ::lseek(file.get(), 0, SEEK_SET);
  return {std::move(file), endpoint, length};
}

bool has_more(const Input& input) {
  std::byte byte;
  const TransferOptions options{.deadline = Deadline::never().interrupted_by_any()};
  return transfer(input.endpoint, std::span{&byte, 1}, options) != 0;
}

}  // namespace ipcutils::cli
