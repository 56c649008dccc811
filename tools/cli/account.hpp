// Names of users and groups.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ipcutils::cli {

// The name of a user or group, or the number as text where there is none. Looked up once each by a call of a
// tool.
std::string user_name(uid_t uid);
std::string group_name(gid_t gid);

// The user or group of that name, or number. Throws UsageError.
uid_t parse_user(std::string_view text);
gid_t parse_group(std::string_view text);

}  // namespace ipcutils::cli
