#include "processes.hpp"

#include <unistd.h>

#include <array>
#include <charconv>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "../core/read_file.hpp"

namespace ipcutils {

namespace {

// 0: it is no number.
pid_t number_in(const char* begin, const char* end) {
  pid_t number = 0;
  std::from_chars(begin, end, number);
  return number;
}

}  // namespace

std::optional<std::vector<pid_t>> list_processes() {
  std::vector<pid_t> processes;
  try {
    const Directory directory{"/proc"};
    for (const auto& leaf : directory.leaves())
      if (const auto pid = number_in(leaf.data(), leaf.data() + leaf.size()); pid > 0)
        processes.push_back(pid);
  } catch (const Error&) {
    return std::nullopt;
  }
  return processes.empty() ? std::nullopt : std::optional{std::move(processes)};
}

std::string process_name(pid_t pid) {
  auto name = read_file_if_readable(fmt::format("/proc/{}/comm", pid)).value_or("");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

Error no_process_list(std::string attempt) {
  return Error::because(ENOENT, std::move(attempt), "the processes of the system cannot be listed",
                        "they take a proc file system at /proc");
}

bool has_own_process_numbers() {
  std::array<char, 16> target;
  const ssize_t size = ::readlink("/proc/self", target.data(), target.size());
  return size > 0 && number_in(target.data(), target.data() + size) == ::getpid();
}

}  // namespace ipcutils
