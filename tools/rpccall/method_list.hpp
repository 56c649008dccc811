// The methods of a server.
#pragma once

#include <string>

namespace ipcutils::rpccall {

inline constexpr std::string_view discover_method = "rpc.discover";

// Prints the methods of an OpenRPC document: a line for each, its name and those of its parameters. Errors:
// EBADMSG, it is no such document.
void print_methods(const std::string& document);

}  // namespace ipcutils::rpccall
