#include "mappings.hpp"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "../core/read_file.hpp"
#include "../core/words.hpp"

namespace ipcutils {

namespace {

// What follows the first of a character.
std::string_view behind(std::string_view text, char separator) {
  return text.substr(std::min(text.find(separator), text.size() - 1) + 1);
}

// A line: begin-end permissions offset major:minor inode path.
Mapping mapping_of(std::string_view line) {
  const auto addresses = take_word(line);
  take_word(line);
  const auto offset = take_word(line);
  const auto device = take_word(line);
  const auto inode = take_word(line);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return {.begin = number_in<std::uint64_t>(addresses, 16),
          .end = number_in<std::uint64_t>(behind(addresses, '-'), 16),
          .offset = number_in<std::uint64_t>(offset, 16),
          .file = {makedev(number_in<unsigned>(device, 16), number_in<unsigned>(behind(device, ':'), 16)),
                   number_in<ino_t>(inode, 10)},
          .path = line};
}

}  // namespace

bool for_each_mapping(pid_t pid, const std::function<void(const Mapping&)>& use) {
  const auto maps = read_file_if_readable(fmt::format("/proc/{}/maps", pid));
  if (!maps) return false;
  std::string_view rest{*maps};
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    use(mapping_of(line));
  }
  return true;
}

std::optional<struct stat> status_behind(pid_t pid, const Mapping& mapping) {
  struct stat file;
  const auto path = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.begin, mapping.end);
  if (::stat(path.c_str(), &file) != 0 || FileIdentity{file.st_dev, file.st_ino} != mapping.file)
    return std::nullopt;
  return file;
}

}  // namespace ipcutils
