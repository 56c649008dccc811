#include "processes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "../core/read_file.hpp"
#include "../core/words.hpp"

namespace ipcutils {

namespace {

// The words behind the name in /proc/PID/stat, see proc(5).
enum StatWord { state, flags = 6, thread_count = 17, stat_word_count };
using StatWords = std::array<std::string, stat_word_count>;

StatWords stat_of(pid_t pid) {
  const auto stat = read_file_if_readable(fmt::format("/proc/{}/stat", pid)).value_or("");
  std::string_view rest{stat};
  rest.remove_prefix(std::min(rest.rfind(')') + 1, rest.size()));
  StatWords words;
  for (auto& word : words) word = take_word(rest);
  return words;
}

}  // namespace

std::optional<std::vector<pid_t>> list_processes() {
  std::vector<pid_t> processes;
  try {
    const Directory directory{"/proc"};
    for (const auto& leaf : directory.leaves())
      if (const auto pid = number_in<pid_t>(leaf, 10); pid > 0) processes.push_back(pid);
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

bool is_kernel_thread(pid_t pid) {
  constexpr unsigned kernel_thread = 0x00200000;  // PF_KTHREAD
  return (number_in<unsigned>(stat_of(pid)[flags], 10) & kernel_thread) != 0;
}

bool is_zombie(pid_t pid) {
  if (!has_own_process_numbers()) return false;  // /proc/PID is another process
  const auto words = stat_of(pid);
  return words[state] == "Z" && number_in<unsigned>(words[thread_count], 10) <= 1;
}

bool is_stopped(pid_t pid) {
  const auto word = stat_of(pid)[state];
  return word == "T" || word == "t";
}

bool has_own_process_numbers() { return number_in<pid_t>(link_target("/proc/self"), 10) == ::getpid(); }

}  // namespace ipcutils
