#include "allowed_peers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "account.hpp"
#include "command_line.hpp"

namespace ipcutils::cli {

std::optional<std::string> AllowedPeers::objection(const std::optional<PeerCredentials>& credentials) const {
  if (!are_named()) return std::nullopt;
  if (!credentials) return "its credentials are not known";
  const bool is_allowed = std::ranges::find(users, credentials->uid) != users.end() ||
                          std::ranges::find(groups, credentials->gid) != groups.end();
  if (is_allowed) return std::nullopt;
  return fmt::format("neither user {} nor group {} is allowed", credentials->uid, credentials->gid);
}

void add_allowed_peers_options(CommandLine& command_line, AllowedPeers& allowed) {
  command_line.option("allow-uid", "USER", "only this user may be at the other end of a UNIX socket",
                      [&](auto text) { allowed.users.push_back(parse_user(text)); });
  command_line.option("allow-gid", "GROUP", "only this group may be",
                      [&](auto text) { allowed.groups.push_back(parse_group(text)); });
}

}  // namespace ipcutils::cli
