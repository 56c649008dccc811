#include "object_columns.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <functional>
#include <ipcutils/filter.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/account.hpp"
#include "../cli/usage_error.hpp"

namespace ipcutils::ipcls {

namespace {

using Look = ObjectColumn::Look;
using Source = ObjectColumn::Source;

using Shm = SharedMemoryStatus;
using Mq = MessageQueueStatus;
using Sem = SemaphoreStatus;

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

Cell holders_of(const Object& object) { return object.holders ? Cell{object.holders->known} : Cell{}; }

Cell waiters_of(const Object& object) { return object.waiters ? Cell{*object.waiters} : Cell{}; }

Cell others_of(const Object& object) {
  if (!object.holders || object.holders->others == Answer::unknown) return {};
  return object.holders->others == Answer::yes;
}

constexpr ObjectColumn columns[] = {
    {"REF", "reference", Look::text, [](const Object& o) -> Cell { return o.reference.to_string(); }},
    {"KIND", "shm, mq, sem or fifo", Look::text,
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
    {"SIZE", "bytes of shared memory, of the messages in a queue, or in a FIFO", Look::size, field<size_of>,
     Source::contents},
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
    {"MSGS", "messages in the queue", Look::number, field<&Mq::messages>, Source::contents},
    {"MAXMSGS", "messages that it holds", Look::number, field<&Mq::max_messages>, Source::contents},
    {"MSGSIZE", "bytes of its longest message", Look::size, field<&Mq::max_message_size>, Source::contents},
    {"QBYTES", "bytes that it holds", Look::size, field<&Mq::max_bytes>, Source::contents},
    {"FILL", "how much of its limit it holds, in per cent", Look::number, field<fill_of>, Source::contents},
    {"LSPID", "process that sent last", Look::number, field<&Mq::last_sender>},
    {"LRPID", "process that received last", Look::number, field<&Mq::last_receiver>},
    {"STIME", "last sending", Look::time, field<&Mq::send_time>},
    {"RTIME", "last receiving", Look::time, field<&Mq::receive_time>},
    {"NSEMS", "semaphores in the set", Look::number, field<&Sem::count>},
    {"VALUES", "their values", Look::text, field<values_of>, Source::contents},
    {"SEMAPHORES", "the state of each: value, ncount, zcount, pid", Look::text, field<states_of>,
     Source::contents},
    {"OTIME", "last operation", Look::time, field<&Sem::operation_time>},
    {"READERS", "processes that read from a FIFO", Look::number, field<&FifoStatus::readers>},
    {"WRITERS", "processes that write to it", Look::number, field<&FifoStatus::writers>},
    {"CTIME", "last change of owner or mode", Look::time, field<&Object::change_time>},
    {"MTIME", "last write", Look::time, field<&Object::modification_time>},
    {"HOLDERS", "processes that hold it, with --holders", Look::text, holders_of},
    {"OTHERS", "whether others hold it, who cannot be seen; with --holders", Look::text, others_of},
    {"WAITERS", "processes that wait for a semaphore, with --holders", Look::text, waiters_of,
     Source::contents},
};

const ObjectColumn& column_named(std::string_view name) {
  const auto has_name = [&](const ObjectColumn& column) {
    return std::ranges::equal(column.name, name, [](char a, char b) { return a == ::toupper(b); });
  };
  const auto found = std::ranges::find_if(columns, has_name);
  if (found != std::end(columns)) return *found;
  std::string known;
  for (const auto& column : columns) known += fmt::format("{}{}", known.empty() ? "" : " ", column.name);
  throw cli::UsageError{fmt::format("unknown column {}: there are {}", quote(name), known)};
}

}  // namespace

std::span<const ObjectColumn> all_object_columns() { return columns; }

ObjectColumns parse_columns(std::string_view text, const ObjectColumns& preset) {
  ObjectColumns chosen;
  if (text.starts_with('+')) {
    chosen = preset;
    text.remove_prefix(1);
  }
  for (;;) {
    const auto comma = text.find(',');
    chosen.push_back(&column_named(text.substr(0, comma)));
    if (comma == text.npos) return chosen;
    text.remove_prefix(comma + 1);
  }
}

SortOrder parse_sort_order(std::string_view text) {
  const bool is_descending = text.starts_with('-');
  return {&column_named(text.substr(is_descending ? 1 : 0)), is_descending};
}

void sort_objects(std::vector<Object>& objects, const SortOrder& order) {
  std::vector<std::pair<Cell, std::size_t>> keys;
  for (std::size_t i = 0; i < objects.size(); ++i) keys.emplace_back(order.column->cell(objects[i]), i);
  const auto is_less = [](const auto& a, const auto& b) { return a.first < b.first; };
  const auto is_greater = [](const auto& a, const auto& b) { return b.first < a.first; };
  if (order.is_descending)
    std::ranges::stable_sort(keys, is_greater);
  else
    std::ranges::stable_sort(keys, is_less);
  std::vector<Object> sorted;
  for (const auto& [cell, i] : keys) sorted.push_back(std::move(objects[i]));
  objects = std::move(sorted);
}

ObjectColumns default_columns(const std::set<Kind>& kinds) {
  auto columns = parse_columns("REF,KEY,OWNER,MODE", {});
  const auto add = [&](std::string_view names) {
    std::ranges::move(parse_columns(names, {}), std::back_inserter(columns));
  };
  if (kinds.contains(Kind::shm) || kinds.contains(Kind::mq) || kinds.contains(Kind::fifo)) add("SIZE");
  if (kinds.contains(Kind::shm)) add("NATTCH,STATUS");
  if (kinds.contains(Kind::mq)) add("MSGS");
  if (kinds.contains(Kind::sem)) add("NSEMS,VALUES");
  if (kinds.contains(Kind::fifo)) add("READERS,WRITERS");
  return columns;
}

ObjectColumns every_column() {
  ObjectColumns all;
  for (const auto& column : columns) all.push_back(&column);
  return all;
}

}  // namespace ipcutils::ipcls
