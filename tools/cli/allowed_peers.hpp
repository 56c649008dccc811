// Who may be at the other end of a UNIX socket.
#pragma once

#include <sys/types.h>

#include <ipcutils/socket.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ipcutils::cli {

class CommandLine;

struct AllowedPeers {
  std::vector<uid_t> users = {};
  std::vector<gid_t> groups = {};

  // Somebody is named, so all others are refused.
  bool are_named() const noexcept { return !users.empty() || !groups.empty(); }

  // Why a peer is refused; nothing when it is allowed. Who has no credentials is refused.
  std::optional<std::string> objection(const std::optional<PeerCredentials>& credentials) const;
};

// Adds --allow-uid USER and --allow-gid GROUP, each any number of times.
void add_allowed_peers_options(CommandLine& command_line, AllowedPeers& allowed);

}  // namespace ipcutils::cli
