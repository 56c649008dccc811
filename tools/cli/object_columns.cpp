#include "object_columns.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <ctime>
#include <ipcutils/quote.hpp>

#include "account.hpp"
#include "usage_error.hpp"

namespace ipcutils::cli {

namespace {

using Look = ObjectColumn::Look;

// The value of a member if there is one.
template <typename T>
Cell maybe(const std::optional<T>& value) {
  if (!value) return {};
  if constexpr (std::is_signed_v<T>)
    return static_cast<std::int64_t>(*value);
  else
    return static_cast<std::uint64_t>(*value);
}

const SharedMemoryStatus& shm(const Object& object) { return std::get<SharedMemoryStatus>(object.status); }

Cell name_of(const Object& object) {
  if (const auto* name = std::get_if<PosixName>(&object.reference.name)) return name->text;
  if (const auto* path = std::get_if<FilePath>(&object.reference.name)) return path->text;
  return {};
}

Cell key_of(const Object& object) {
  if (!object.key) return {};
  return fmt::format("0x{:08x}", *object.key);
}

Cell status_of(const Object& object) {
  const auto& status = shm(object);
  if (status.removed) return status.locked ? "dest,locked" : "dest";
  return status.locked ? Cell{"locked"} : Cell{};
}

// A time_t of 0 is how the kernel says "never".
Cell time_of(const std::optional<std::time_t>& time) {
  if (!time || *time == 0) return {};
  return static_cast<std::int64_t>(*time);
}

constexpr ObjectColumn columns[] = {
    {"REF", "reference", Look::text, [](const Object& o) -> Cell { return o.reference.to_string(); }},
    {"KIND", "shm", Look::text,
     [](const Object& o) -> Cell { return std::string{kind_name(o.reference.kind)}; }},
    {"API", "sysv, posix or file", Look::text,
     [](const Object& o) -> Cell { return std::string{api_name(o.api)}; }},
    {"NAME", "POSIX name, or path", Look::text, name_of},
    {"KEY", "System V key; 0x00000000: private, or removed", Look::text, key_of},
    {"ID", "System V identifier", Look::number, [](const Object& o) { return maybe(o.id); }},
    {"OWNER", "user who owns it", Look::text, [](const Object& o) -> Cell { return user_name(o.uid); }},
    {"GROUP", "group that owns it", Look::text, [](const Object& o) -> Cell { return group_name(o.gid); }},
    {"UID", "user ID of the owner", Look::number,
     [](const Object& o) -> Cell { return std::uint64_t{o.uid}; }},
    {"GID", "group ID of the owner", Look::number,
     [](const Object& o) -> Cell { return std::uint64_t{o.gid}; }},
    {"CUID", "user ID of the creator", Look::number, [](const Object& o) { return maybe(o.creator_uid); }},
    {"CGID", "group ID of the creator", Look::number, [](const Object& o) { return maybe(o.creator_gid); }},
    {"MODE", "permissions, octal", Look::text,
     [](const Object& o) -> Cell { return fmt::format("{:03o}", o.mode); }},
    {"SIZE", "bytes", Look::number, [](const Object& o) -> Cell { return shm(o).size; }},
    {"NATTCH", "times attached", Look::number, [](const Object& o) { return maybe(shm(o).attached); }},
    {"STATUS", "dest: removed but attached; locked", Look::text, status_of},
    {"REMOVED", "whether it goes with the last detachment", Look::text,
     [](const Object& o) -> Cell { return shm(o).removed; }},
    {"LOCKED", "whether it is locked in memory", Look::text,
     [](const Object& o) -> Cell { return shm(o).locked; }},
    {"RSS", "bytes in memory", Look::number, [](const Object& o) -> Cell { return shm(o).resident; }},
    {"SWAP", "bytes in swap", Look::number, [](const Object& o) -> Cell { return shm(o).swapped; }},
    {"CPID", "process that made it", Look::number, [](const Object& o) { return maybe(shm(o).creator); }},
    {"LPID", "process that attached or detached last", Look::number,
     [](const Object& o) { return maybe(shm(o).last_user); }},
    {"ATIME", "last attachment", Look::time, [](const Object& o) { return time_of(shm(o).attach_time); }},
    {"DTIME", "last detachment", Look::time, [](const Object& o) { return time_of(shm(o).detach_time); }},
    {"CTIME", "last change of owner or mode", Look::time,
     [](const Object& o) { return time_of(o.change_time); }},
    {"MTIME", "last write", Look::time, [](const Object& o) { return time_of(o.modification_time); }},
};

const ObjectColumn& column_named(std::string_view name) {
  const auto has_name = [&](const ObjectColumn& column) {
    return std::ranges::equal(column.name, name, [](char a, char b) { return a == ::toupper(b); });
  };
  const auto found = std::ranges::find_if(columns, has_name);
  if (found != std::end(columns)) return *found;
  std::string known;
  for (const auto& column : columns) known += fmt::format("{}{}", known.empty() ? "" : " ", column.name);
  throw UsageError{fmt::format("unknown column {}: there are {}", quote(name), known)};
}

std::string time_text(std::time_t time) {
  struct tm local;
  char text[32];
  if (::localtime_r(&time, &local) == nullptr) return std::to_string(time);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local)};
}

struct CellText {
  Look look;
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const {
    return look == Look::time ? time_text(value) : std::to_string(value);
  }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return escape(value); }
};

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

ObjectColumns default_columns() { return parse_columns("REF,KEY,OWNER,MODE,SIZE,NATTCH,STATUS", {}); }

ObjectColumns every_column() {
  ObjectColumns all;
  for (const auto& column : columns) all.push_back(&column);
  return all;
}

std::string cell_text(const Cell& cell, ObjectColumn::Look look) { return std::visit(CellText{look}, cell); }

}  // namespace ipcutils::cli
