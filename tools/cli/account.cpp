#include "account.hpp"

#include <grp.h>
#include <pwd.h>

#include <cstdio>
#include <map>

namespace ipcutils::cli {

namespace {

#if IPCUTILS_SINGLE_BINARY
// A static program has no name service switch: /etc/passwd and /etc/group alone.
template <typename Entry, typename Id>
const Entry* find_entry(const char* path, Entry* (*next)(std::FILE*), Id Entry::*id_member, Id id) {
  std::FILE* const file = std::fopen(path, "re");
  if (file == nullptr) return nullptr;
  const Entry* entry = next(file);
  while (entry != nullptr && entry->*id_member != id) entry = next(file);
  std::fclose(file);
  return entry;
}

const passwd* find_user(uid_t uid) { return find_entry("/etc/passwd", ::fgetpwent, &passwd::pw_uid, uid); }
const group* find_group(gid_t gid) { return find_entry("/etc/group", ::fgetgrent, &group::gr_gid, gid); }
#else
const passwd* find_user(uid_t uid) { return ::getpwuid(uid); }
const group* find_group(gid_t gid) { return ::getgrgid(gid); }
#endif

}  // namespace

std::string user_name(uid_t uid) {
  static std::map<uid_t, std::string> known;
  auto& name = known[uid];
  if (name.empty()) {
    const passwd* const entry = find_user(uid);
    name = entry != nullptr ? entry->pw_name : std::to_string(uid);
  }
  return name;
}

std::string group_name(gid_t gid) {
  static std::map<gid_t, std::string> known;
  auto& name = known[gid];
  if (name.empty()) {
    const group* const entry = find_group(gid);
    name = entry != nullptr ? entry->gr_name : std::to_string(gid);
  }
  return name;
}

}  // namespace ipcutils::cli
