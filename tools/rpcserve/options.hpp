// What the command line of rpcserve says.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <ipcutils/rpc_framing.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../cli/allowed_peers.hpp"
#include "../rpc/address.hpp"

namespace ipcutils::rpcserve {

inline constexpr std::string_view tool = "rpcserve";

struct Options {
  rpc::Address address = {};
  std::vector<std::pair<std::string, std::string>> methods = {};  // NAME and PATH
  std::string directory = {};                                     // of methods; empty: none
  std::string name = {};                                          // of COMMAND's method
  std::vector<std::string> command = {};

  RpcFraming framing = RpcFraming::line;
  bool has_raw_results = false;  // standard output is a string, not JSON
  bool is_mcp = false;
  bool offers_memory = false;

  Duration call_timeout = unlimited;
  Duration message_timeout = std::chrono::seconds{30};  // for the rest of a message that has begun
  std::uint64_t max_children = 64;
  std::uint64_t max_clients = 256;
  std::size_t max_request = 16 * 1024 * 1024;  // bytes
  std::size_t max_result = 256 * 1024 * 1024;  // bytes

  cli::AllowedPeers allowed_peers = {};
  std::optional<int> ready_fd = std::nullopt;
  std::string port_file = {};
  bool is_verbose = false;
};

}  // namespace ipcutils::rpcserve
