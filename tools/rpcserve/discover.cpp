#include "discover.hpp"

#include <fmt/format.h>

#include <ipcutils/rpc_message.hpp>
#include <ipcutils/version.hpp>

#include "options.hpp"

namespace ipcutils::rpcserve {

std::string describe_service(const Methods& methods) {
  std::string list;
  for (const auto& [name, signature] : methods.list()) {
    if (!list.empty()) list += ',';
    list += signature ? signature->method_object(name)
                      : fmt::format(R"({{"name":{},"params":[],"x-signature":false}})", json_string(name));
  }
  return fmt::format(R"({{"openrpc":"1.3.2","info":{{"title":"{}","version":"{}"}},"methods":[{}]}})", tool,
                     IPCUTILS_VERSION, list);
}

}  // namespace ipcutils::rpcserve
