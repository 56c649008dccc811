#include "account.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include <cstdio>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <limits>

#include "environment.hpp"
#include "usage_error.hpp"

namespace ipcutils::cli {

namespace {

#if IPCUTILS_SINGLE_BINARY
// A static program has no name service switch: /etc/passwd and /etc/group alone.
template <typename Entry, typename IsIt>
const Entry* find_entry(const char* path, Entry* (*next)(std::FILE*), IsIt is_it) {
  std::FILE* const file = std::fopen(path, "re");
  if (file == nullptr) return nullptr;
  const Entry* entry = next(file);
  while (entry != nullptr && !is_it(*entry)) entry = next(file);
  std::fclose(file);
  return entry;
}

const passwd* find_user(uid_t uid) {
  return find_entry("/etc/passwd", ::fgetpwent, [uid](const passwd& user) { return user.pw_uid == uid; });
}
const passwd* find_user(const std::string& name) {
  return find_entry("/etc/passwd", ::fgetpwent, [&](const passwd& user) { return user.pw_name == name; });
}
const group* find_group(gid_t gid) {
  return find_entry("/etc/group", ::fgetgrent, [gid](const group& group) { return group.gr_gid == gid; });
}
const group* find_group(const std::string& name) {
  return find_entry("/etc/group", ::fgetgrent, [&](const group& group) { return group.gr_name == name; });
}
#else
const passwd* find_user(uid_t uid) { return ::getpwuid(uid); }
const passwd* find_user(const std::string& name) { return ::getpwnam(name.c_str()); }
const group* find_group(gid_t gid) { return ::getgrgid(gid); }
const group* find_group(const std::string& name) { return ::getgrnam(name.c_str()); }
#endif

// As chown(1) has it: a name, or else a number. The highest one means "nobody" to the kernel.
template <typename Id, typename Entry>
Id parse_account(std::string_view text, std::string_view noun, const Entry* entry, Id Entry::*id) {
  if (entry != nullptr) return entry->*id;
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos)
    throw UsageError{fmt::format("unknown {} {}", noun, quote(text))};
  return static_cast<Id>(parse_number(text, noun, 0, std::numeric_limits<Id>::max() - 1));
}

}  // namespace

uid_t parse_user(std::string_view text) {
  return parse_account(text, "user", find_user(std::string{text}), &passwd::pw_uid);
}

gid_t parse_group(std::string_view text) {
  return parse_account(text, "group", find_group(std::string{text}), &group::gr_gid);
}

std::string user_name(uid_t uid) {
  auto& name = Environment::current().accounts().users[uid];
  if (name.empty()) {
    const passwd* const entry = find_user(uid);
    name = entry != nullptr ? entry->pw_name : std::to_string(uid);
  }
  return name;
}

std::string group_name(gid_t gid) {
  auto& name = Environment::current().accounts().groups[gid];
  if (name.empty()) {
    const group* const entry = find_group(gid);
    name = entry != nullptr ? entry->gr_name : std::to_string(gid);
  }
  return name;
}

}  // namespace ipcutils::cli
