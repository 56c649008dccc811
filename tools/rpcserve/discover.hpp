// What a server tells of its methods.
#pragma once

#include <string>

#include "methods.hpp"

namespace ipcutils::rpcserve {

// The result of rpc.discover: a document of OpenRPC, https://spec.open-rpc.org. A method without a signature
// has params [] and says "x-signature": false.
std::string describe_service(const Methods& methods);

}  // namespace ipcutils::rpcserve
