#include "object_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ipcutils/filter.hpp>

#include "../cli/account.hpp"

namespace ipcutils::ipcls {

namespace {

using Look = ObjectColumn::Look;
using Source = ObjectColumn::Source;

using Shm = SharedMemoryStatus;
using Mq = MessageQueueStatus;
using Sem = SemaphoreStatus;
using Mb = MailboxStatus;

Cell as_cell(Cell cell) { return cell; }
Cell as_cell(bool value) { return value; }
Cell as_cell(std::uint64_t value) { return value; }
Cell as_cell(unsigned value) { return std::uint64_t{value}; }
Cell as_cell(pid_t value) { return std::int64_t{value}; }

// 0 is how the kernel says "never".
Cell as_cell(std::time_t value) { return value == 0 ? Cell{} : Cell{std::int64_t{value}}; }

Cell as_cell(const timespec& value) { return as_cell(value.tv_sec); }

template <typename T>
Cell as_cell(const std::optional<T>& value) {
  return value ? as_cell(*value) : Cell{};
}

// Whose member something is, or what it is a function of.
template <typename Class, typename Value>
Class subject_of(Value Class::*);
template <typename Class, typename Value>
Class subject_of(Value (*)(const Class&));

// A member of objects, or of what one kind of them has; absent for the other kinds.
template <auto member>
Cell field(const Object& object) {
  using Subject = decltype(subject_of(member));
  if constexpr (std::is_same_v<Subject, Object>) {
    return as_cell(std::invoke(member, object));
  } else {
    const auto* status = std::get_if<Subject>(&object.status);
    return status == nullptr ? Cell{} : as_cell(std::invoke(member, *status));
  }
}

Cell name_of(const Object& object) {
  if (const auto* name = std::get_if<PosixName>(&object.reference.name)) return name->text;
  if (const auto* path = std::get_if<FilePath>(&object.reference.name)) return path->text;
  return {};
}

Cell key_of(const Object& object) {
  if (!object.key) return {};
  return fmt::format("0x{:08x}", *object.key);
}

Cell status_of(const Shm& status) {
  if (status.removed) return status.locked ? "dest,locked" : "dest";
  return status.locked ? Cell{"locked"} : Cell{};
}

Cell values_of(const Sem& status) {
  if (!status.states) return {};
  std::vector<std::uint64_t> values;
  for (const auto& state : *status.states) values.push_back(state.value);
  return values;
}

Cell states_of(const Sem& status) { return status.states ? Cell{*status.states} : Cell{}; }

Cell on_full_of(const Mb& status) {
  return status.on_full ? Cell{std::string{on_full_name(*status.on_full)}} : Cell{};
}

Cell receivers_of(const Mb& status) { return status.receivers ? Cell{*status.receivers} : Cell{}; }

Cell lost_of(const Mb& status) {
  if (!status.receivers) return {};
  std::uint64_t lost = 0;
  for (const auto& receiver : *status.receivers) lost += receiver.lost;
  return lost;
}

Cell holders_of(const Object& object) { return object.holders ? Cell{object.holders->known} : Cell{}; }

Cell waiters_of(const Object& object) { return object.waiters ? Cell{*object.waiters} : Cell{}; }

Cell others_of(const Object& object) {
  if (!object.holders || object.holders->others == Answer::unknown) return {};
  return object.holders->others == Answer::yes;
}

constexpr ObjectColumn columns[] = {
    {"REF", "reference", Look::text, [](const Object& o) -> Cell { return o.reference.to_string(); }},
    {"KIND", "shm, mq, sem, mb or fifo", Look::text,
     [](const Object& o) -> Cell { return std::string{kind_name(o.reference.kind)}; }},
    {"API", "sysv, posix or file", Look::text,
     [](const Object& o) -> Cell { return std::string{api_name(o.api)}; }},
    {"NAME", "POSIX name, or path", Look::text, name_of},
    {"KEY", "System V key; 0x00000000: private, or removed", Look::text, key_of},
    {"ID", "System V identifier", Look::number, field<&Object::id>},
    {"OWNER", "user who owns it", Look::text, [](const Object& o) -> Cell { return cli::user_name(o.uid); }},
    {"GROUP", "group that owns it", Look::text,
     [](const Object& o) -> Cell { return cli::group_name(o.gid); }},
    {"UID", "user ID of the owner", Look::number, field<&Object::uid>},
    {"GID", "group ID of the owner", Look::number, field<&Object::gid>},
    {"CUID", "user ID of the creator", Look::number, field<&Object::creator_uid>},
    {"CGID", "group ID of the creator", Look::number, field<&Object::creator_gid>},
    {"MODE", "permissions, octal", Look::text,
     [](const Object& o) -> Cell { return fmt::format("{:03o}", o.mode); }},
    {"SIZE", "bytes of shared memory or a mailbox, of the messages in a queue, or in a FIFO", Look::size,
     field<size_of>, Source::contents},
    {"NATTCH", "times attached", Look::number, field<&Shm::attached>},
    {"STATUS", "dest: removed but attached; locked", Look::text, field<status_of>},
    {"REMOVED", "whether it goes with the last detachment", Look::text, field<&Shm::removed>},
    {"LOCKED", "whether it is locked in memory", Look::text, field<&Shm::locked>},
    {"RSS", "bytes in memory", Look::size, field<&Shm::resident>},
    {"SWAP", "bytes in swap", Look::size, field<&Shm::swapped>},
    {"CPID", "process that made it", Look::number, field<&Shm::creator>},
    {"LPID", "process that attached or detached last", Look::number, field<&Shm::last_user>},
    {"ATIME", "last attachment", Look::time, field<&Shm::attach_time>},
    {"DTIME", "last detachment", Look::time, field<&Shm::detach_time>},
    {"MSGS", "messages in the queue, or that the slowest receiver has not read", Look::number,
     field<messages_in>, Source::contents},
    {"MAXMSGS", "messages that it holds", Look::number, field<&Mq::max_messages>, Source::contents},
    {"MSGSIZE", "bytes of its longest message", Look::size, field<&Mq::max_message_size>, Source::contents},
    {"QBYTES", "bytes that it holds", Look::size, field<&Mq::max_bytes>, Source::contents},
    {"FILL", "how much of its limit it holds, in per cent", Look::number,
     [](const Object& o) { return as_cell(fill_of(o.status)); }, Source::contents},
    {"LSPID", "process that sent last", Look::number, field<&Mq::last_sender>},
    {"LRPID", "process that received last", Look::number, field<&Mq::last_receiver>},
    {"STIME", "last sending", Look::time, field<&Mq::send_time>},
    {"RTIME", "last receiving", Look::time, field<&Mq::receive_time>},
    {"NSEMS", "semaphores in the set", Look::number, field<&Sem::count>},
    {"VALUES", "their values", Look::text, field<values_of>, Source::contents},
    {"SEMAPHORES", "the state of each: value, ncount, zcount, pid", Look::text, field<states_of>,
     Source::contents},
    {"OTIME", "last operation", Look::time, field<&Sem::operation_time>},
    {"READERS", "who reads from a FIFO or mailbox", Look::number, field<readers_of>, Source::contents},
    {"WRITERS", "who writes to it", Look::number, field<writers_of>, Source::contents},
    {"ONFULL", "what senders do when a mailbox is full", Look::text, field<on_full_of>, Source::contents},
    {"RECEIVERS", "who receives from a mailbox, and is how far behind", Look::text, field<receivers_of>,
     Source::contents},
    {"LOST", "messages that these have lost", Look::number, field<lost_of>, Source::contents},
    {"DROPPED", "messages that senders have dropped", Look::number, field<&Mb::dropped>, Source::contents},
    {"SENT", "messages ever sent", Look::number, field<&Mb::sent>, Source::contents},
    {"CTIME", "last change of owner or mode", Look::time, field<&Object::change_time>},
    {"MTIME", "last write", Look::time, field<&Object::modification_time>},
    {"HOLDERS", "processes that hold it, with --holders", Look::text, holders_of},
    {"OTHERS", "whether others hold it, who cannot be seen; with --holders", Look::text, others_of},
    {"WAITERS", "processes that wait for a semaphore, with --holders", Look::text, waiters_of,
     Source::contents},
};

}  // namespace

std::span<const ObjectColumn> all_object_columns() { return columns; }

}  // namespace ipcutils::ipcls
