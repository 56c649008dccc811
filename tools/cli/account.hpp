// Names of users and groups.
#pragma once

#include <sys/types.h>

#include <string>

namespace ipcutils::cli {

// The name of a user or group, or the number as text where there is none. Looked up once each; not
// thread-safe.
std::string user_name(uid_t uid);
std::string group_name(gid_t gid);

}  // namespace ipcutils::cli
