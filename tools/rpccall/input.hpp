// What rpccall reads from standard input.
#pragma once

#include <string>
#include <vector>

namespace ipcutils::rpccall {

// All of it as params. Errors: EINVAL, it is no JSON array or object; EMSGSIZE.
std::string read_params();

struct Batch {
  std::vector<std::string> requests = {};  // JSON texts
  std::vector<std::string> ids = {};       // of those that are answered
};

// One request a line; blank lines are passed over. Errors: EINVAL, a line is no request of JSON-RPC 2.0, or
// has the id of another one; EMSGSIZE.
Batch read_batch();

}  // namespace ipcutils::rpccall
