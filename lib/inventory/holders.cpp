#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/filter.hpp>
#include <ipcutils/holders.hpp>
#include <map>
#include <string>
#include <string_view>

#include "../core/read_file.hpp"
#include "lease.hpp"
#include "mappings.hpp"
#include "open_files.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

// The inode of the first PID namespace, <linux/proc_ns.h>: processes outside any other cannot be seen.
constexpr std::string_view first_pid_namespace = "pid:[4026531836]";

void add(std::vector<pid_t>& holders, pid_t pid) {
  if (holders.empty() || holders.back() != pid) holders.push_back(pid);
}

// Whether /proc lists every process. It lacks those outside a PID namespace; mounted with hidepid it lacks
// those of others, of which the first is one.
bool is_list_complete() {
  return link_target("/proc/self/ns/pid") == first_pid_namespace && ::access("/proc/1", F_OK) == 0;
}

// Whether processes open or attach an object, so that it can be found out which. A System V queue or set is
// used without: who holds a semaphore has only changed its value.
bool has_holders(const Object& object) {
  return object.api != Api::sysv || std::holds_alternative<SharedMemoryStatus>(object.status);
}

// What all processes hold, at one moment.
class ProcessTable {
 public:
  ProcessTable() {
    const auto processes = list_processes();
    m_has_processes = processes.has_value();
    if (!processes) m_is_complete = false;
    for (const auto pid : processes.value_or(std::vector<pid_t>{})) look_at_process(pid);
  }

  bool has_processes() const { return m_has_processes; }
  HolderList holders_of(const Object& object);

 private:
  void look_at_process(pid_t pid);
  void look_at_mappings(pid_t pid, bool is_in_our_ipc_namespace);
  void look_at_descriptors(pid_t pid);
  std::vector<pid_t> processes_with(const Object& object) const;
  Answer others_with(const Object& object, std::size_t known) const;
  const std::string& command_of(pid_t pid);

  std::string m_ipc_namespace = link_target("/proc/self/ns/ipc");
  bool m_is_complete = is_list_complete();
  bool m_has_processes = false;
  std::map<FileIdentity, std::vector<pid_t>> m_of_files;
  std::map<int, std::vector<pid_t>> m_of_segments;  // by identifier
  std::map<pid_t, std::string> m_commands;
};

void ProcessTable::look_at_process(pid_t pid) {
  const auto ipc_namespace = link_target(fmt::format("/proc/{}/ns/ipc", pid));
  if (!ipc_namespace.empty()) {
    look_at_mappings(pid, ipc_namespace == m_ipc_namespace);
    look_at_descriptors(pid);
  } else if (errno != ENOENT && errno != ESRCH && !is_kernel_thread(pid)) {
    m_is_complete = false;  // it is there and may not be looked at
  }
}

void ProcessTable::look_at_mappings(pid_t pid, bool is_in_our_ipc_namespace) {
  const bool is_known = for_each_mapping(pid, [&](const Mapping& mapping) {
    if (!mapping.path.starts_with("/SYSV")) {
      if (mapping.file.inode != 0) add(m_of_files[mapping.file], pid);
    } else if (is_in_our_ipc_namespace) {
      add(m_of_segments[static_cast<int>(mapping.file.inode)], pid);
    }
  });
  if (!is_known) m_is_complete = m_is_complete && ::kill(pid, 0) == -1 && errno == ESRCH;
}

void ProcessTable::look_at_descriptors(pid_t pid) {
  const bool is_known = for_each_open_file(pid, [&](const std::string&, const struct stat& file) {
    add(m_of_files[{file.st_dev, file.st_ino}], pid);
  });
  if (!is_known) m_is_complete = false;
}

std::vector<pid_t> ProcessTable::processes_with(const Object& object) const {
  if (object.file) {
    const auto found = m_of_files.find(*object.file);
    if (found != m_of_files.end()) return found->second;
  } else if (object.reference.kind == Kind::shm && object.id) {
    const auto found = m_of_segments.find(*object.id);
    if (found != m_of_segments.end()) return found->second;
  }
  return {};
}

// Whether more hold it than the processes that are known to.
Answer ProcessTable::others_with(const Object& object, std::size_t known) const {
  if (!has_holders(object)) return Answer::unknown;
  const Answer guess = m_is_complete ? Answer::no : Answer::unknown;
  if (object.api == Api::sysv) {
    if (std::get<SharedMemoryStatus>(object.status).attached == known) return Answer::no;
    return known == 0 ? Answer::yes : guess;
  }
  if (known > 0) return guess;
  // Not all that is held is in a /proc/PID/fd: there are descriptors under way in a socket, those of a thread
  // with a table of its own, and processes whose first thread has ended.
  const Answer in_use = is_in_use(object);
  return in_use == Answer::unknown ? guess : in_use;
}

HolderList ProcessTable::holders_of(const Object& object) {
  HolderList holders{};
  for (const pid_t pid : processes_with(object)) holders.known.push_back({pid, command_of(pid)});
  std::ranges::sort(holders.known);
  holders.others = others_with(object, holders.known.size());
  return holders;
}

const std::string& ProcessTable::command_of(pid_t pid) {
  const auto [entry, is_new] = m_commands.try_emplace(pid);
  if (is_new) entry->second = process_name(pid);
  return entry->second;
}

enum class Life { living, dead, unknown };

Life life_of(std::optional<pid_t> pid) {
  if (!pid || *pid == 0) return Life::unknown;
  const bool has_ended = (::kill(*pid, 0) == -1 && errno == ESRCH) || is_zombie(*pid);
  return has_ended ? Life::dead : Life::living;
}

Answer all_dead(std::initializer_list<Life> lives) {
  if (std::ranges::find(lives, Life::living) != lives.end()) return Answer::no;
  return std::ranges::find(lives, Life::unknown) != lives.end() ? Answer::unknown : Answer::yes;
}

Answer is_orphaned_segment(const SharedMemoryStatus& status) {
  if (status.attached != 0u) return Answer::no;
  const bool was_never_attached = status.attach_time == 0 && status.last_user == 0;
  return all_dead({life_of(status.creator), was_never_attached ? Life::dead : life_of(status.last_user)});
}

// A queue that nobody has ever sent to is new: its maker, whom the kernel does not name, may be about to.
Answer is_orphaned_queue(const MessageQueueStatus& status) {
  const bool was_never_received_from = status.receive_time == 0 && status.last_receiver == 0;
  return all_dead(
      {life_of(status.last_sender), was_never_received_from ? Life::dead : life_of(status.last_receiver)});
}

Answer is_orphaned_set(const SemaphoreStatus& status) {
  if (!status.states) return Answer::unknown;
  Answer answer = Answer::yes;
  for (const auto& state : *status.states) {
    if (state.waiting_to_take.value_or(0) + state.waiting_for_zero.value_or(0) > 0) return Answer::no;
    const auto life = life_of(state.last_user);
    if (life == Life::living) return Answer::no;
    if (life == Life::unknown) answer = Answer::unknown;
  }
  return answer;
}

}  // namespace

void look_for_holders(std::span<Object> objects, std::vector<Error>* failures) {
  ProcessTable table;
  bool has_unknown = false;
  for (auto& object : objects) {
    object.holders = table.holders_of(object);
    has_unknown = has_unknown || (has_holders(object) && object.holders->others == Answer::unknown);
  }
  if (has_unknown && !table.has_processes() && failures != nullptr)
    failures->push_back(no_process_list("cannot look for the holders of objects"));
}

Answer is_unused(const Object& object) {
  if (!has_holders(object)) return Answer::unknown;
  if (object.api == Api::sysv) {
    const auto& attached = std::get<SharedMemoryStatus>(object.status).attached;
    if (!attached) return Answer::unknown;
    return *attached == 0 ? Answer::yes : Answer::no;
  }
  // The ends of a mailbox are known also of processes that cannot be looked at.
  if (readers_of(object).value_or(0) + writers_of(object).value_or(0) > 0) return Answer::no;
  if (!object.holders) return Answer::unknown;
  if (!object.holders->known.empty() || object.holders->others == Answer::yes) return Answer::no;
  return object.holders->others == Answer::no ? Answer::yes : Answer::unknown;
}

Answer is_orphaned(const Object& object) {
  if (object.api != Api::sysv) return is_unused(object);
  if (const auto* memory = std::get_if<SharedMemoryStatus>(&object.status))
    return is_orphaned_segment(*memory);
  if (const auto* queue = std::get_if<MessageQueueStatus>(&object.status)) return is_orphaned_queue(*queue);
  return is_orphaned_set(std::get<SemaphoreStatus>(object.status));
}

}  // namespace ipcutils
