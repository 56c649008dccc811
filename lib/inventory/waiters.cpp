#include <fmt/format.h>
#include <linux/futex.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <ipcutils/waiters.hpp>
#include <map>
#include <string>

#include "../core/directory.hpp"
#include "../core/read_file.hpp"
#include "../core/words.hpp"
#include "mappings.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

// Those that a machine has.
constexpr long semaphore_calls[] = {
#ifdef SYS_semop
    SYS_semop,
#endif
#ifdef SYS_semtimedop
    SYS_semtimedop,
#endif
#ifdef SYS_semtimedop_time64
    SYS_semtimedop_time64,
#endif
};

constexpr long futex_calls[] = {
#ifdef SYS_futex
    SYS_futex,
#endif
#ifdef SYS_futex_time64
    SYS_futex_time64,
#endif
};

// The system call that a thread sleeps in.
struct Sleep {
  long call;
  std::array<std::uint64_t, 2> arguments;  // the first ones
};

// Of the directory of a thread in /proc. Nothing: it does not sleep in one, or may not be looked at.
std::optional<Sleep> sleep_of(const std::string& thread) {
  const auto text = read_file_if_readable(thread + "/syscall");
  if (!text) return std::nullopt;
  // "running", or the number, six arguments, the stack pointer and the program counter, see proc(5).
  std::string_view rest{*text};
  std::array<std::string_view, 8> words;
  for (auto& word : words) word = take_word(rest);
  const auto number = [](std::string_view word) {
    return number_in<std::uint64_t>(word.substr(std::min<std::size_t>(2, word.size())), 16);
  };
  // A program of 32 bits has other numbers for its calls.
  if (sizeof(void*) == 8 && number(words[7]) >> 32 == 0) return std::nullopt;
  return Sleep{number_in<long>(words[0], 10), {number(words[1]), number(words[2])}};
}

bool is_semaphore_wait(const Sleep& sleep) {
  return std::ranges::find(semaphore_calls, sleep.call) != std::end(semaphore_calls);
}

// As sem_wait(3) waits for a semaphore that several processes use.
bool is_futex_wait(const Sleep& sleep) {
  const auto operation = static_cast<int>(sleep.arguments[1]);
  const auto command = operation & FUTEX_CMD_MASK;
  return std::ranges::find(futex_calls, sleep.call) != std::end(futex_calls) &&
         (operation & FUTEX_PRIVATE_FLAG) == 0 && (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET);
}

// The file whose first bytes, as many as a semaphore has, are mapped at an address.
std::optional<FileIdentity> semaphore_file_at(pid_t pid, std::uint64_t address) {
  std::optional<FileIdentity> file;
  for_each_mapping(pid, [&](const Mapping& mapping) {
    if (address >= mapping.begin && address < mapping.end &&
        address - mapping.begin + mapping.offset < sizeof(sem_t))
      file = mapping.file;
  });
  return file;
}

std::optional<FileIdentity> ipc_namespace_of(const std::string& process) {
  struct stat file;
  if (::stat((process + "/ns/ipc").c_str(), &file) != 0) return std::nullopt;
  return FileIdentity{file.st_dev, file.st_ino};
}

// What all threads that may be looked at wait for, at one moment.
class WaitingThreads {
 public:
  WaitingThreads() {
    for (const auto pid : list_processes().value_or(std::vector<pid_t>{})) look_at_process(pid);
  }

  // Those that wait for an object: of each the process.
  std::vector<pid_t> waiting_for(const Object& object) const;

 private:
  void look_at_process(pid_t pid);
  void look_at_thread(pid_t pid, const std::string& thread);

  std::optional<FileIdentity> m_ipc_namespace = ipc_namespace_of("/proc/self");
  std::map<int, std::vector<pid_t>> m_of_sets;  // by identifier
  std::map<FileIdentity, std::vector<pid_t>> m_of_files;
};

void WaitingThreads::look_at_process(pid_t pid) {
  const auto threads = fmt::format("/proc/{}/task", pid);
  try {
    for (const auto& leaf : Directory{threads}.leaves())
      look_at_thread(pid, fmt::format("{}/{}", threads, leaf));
  } catch (const Error&) {  // of this process alone, whose threads stay unknown
  }
}

void WaitingThreads::look_at_thread(pid_t pid, const std::string& thread) {
  const auto sleep = sleep_of(thread);
  if (!sleep) return;
  if (is_semaphore_wait(*sleep) && m_ipc_namespace && ipc_namespace_of(thread) == m_ipc_namespace)
    m_of_sets[static_cast<int>(sleep->arguments[0])].push_back(pid);
  if (!is_futex_wait(*sleep)) return;
  if (const auto file = semaphore_file_at(pid, sleep->arguments[0])) m_of_files[*file].push_back(pid);
}

std::vector<pid_t> WaitingThreads::waiting_for(const Object& object) const {
  if (object.file) {
    const auto found = m_of_files.find(*object.file);
    return found != m_of_files.end() ? found->second : std::vector<pid_t>{};
  }
  const auto found = object.id ? m_of_sets.find(*object.id) : m_of_sets.end();
  return found != m_of_sets.end() ? found->second : std::vector<pid_t>{};
}

// How many threads are known to wait. Nothing: it is no semaphore, or nobody tells.
std::optional<std::uint64_t> count_waiters(const Object& object) {
  const auto* status = std::get_if<SemaphoreStatus>(&object.status);
  if (status == nullptr || !status->states) return std::nullopt;
  std::uint64_t count = 0;
  for (const auto& state : *status->states) {
    if (!state.waiting_to_take) return std::nullopt;
    count += *state.waiting_to_take + state.waiting_for_zero.value_or(0);
  }
  return count;
}

// Each process once, however many of its threads wait.
WaiterList list_of(std::vector<pid_t> threads, std::uint64_t count) {
  WaiterList waiters{.known = {}, .unknown = count - std::min<std::uint64_t>(count, threads.size())};
  std::ranges::sort(threads);
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  for (const auto pid : threads) waiters.known.push_back({pid, process_name(pid)});
  return waiters;
}

}  // namespace

void look_for_waiters(std::span<Object> objects) {
  std::optional<WaitingThreads> threads;  // looked at when somebody waits
  for (auto& object : objects) {
    const auto count = count_waiters(object);
    if (!count) continue;
    if (*count > 0 && !threads) threads.emplace();
    object.waiters = list_of(*count > 0 ? threads->waiting_for(object) : std::vector<pid_t>{}, *count);
  }
}

}  // namespace ipcutils
