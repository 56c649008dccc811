// What rpccall does.
#pragma once

#include <cstddef>
#include <ipcutils/deadline.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../cli/variable.hpp"
#include "../rpc/address.hpp"
#include "answer.hpp"
#include "client.hpp"

namespace ipcutils::rpccall {

inline constexpr std::string_view tool = "rpccall";

struct CallOptions {
  enum class What {
    call,
    notify,
    batch,  // what standard input has, one request a line
    list,   // the methods of the server
  };
  What what = What::call;
  rpc::Address server = {};
  std::string method = {};
  std::string params = {};           // JSON text; empty: none
  bool has_params_on_input = false;  // instead
  bool takes_memory = false;         // --memfd
  AnswerForm form = {};
  ConnectOptions how = {.max_size = std::size_t{256} << 20};
  std::optional<Duration> timeout = std::nullopt;
  Client::Trace trace = Client::Trace::hidden;
  std::optional<cli::Variable> into = std::nullopt;
};

// Returns the exit status.
int call(const CallOptions& options);

}  // namespace ipcutils::rpccall
