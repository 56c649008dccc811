// Values of options, and parts of them.
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace ipcutils::sockcat {

// What stands behind the '=' of an option, checked. Throws Error (EINVAL) that names option and text. Looks
// names of users and groups up.
Value parse_value(const Option& option, std::string_view text);

// The value of an option without '='. Throws Error (EINVAL) if it needs one.
Value value_without_text(const Option& option);

struct HostAndPort {
  std::string host;  // empty: any
  std::string port;  // a number or the name of a service; empty: any
};

// "HOST", "HOST:PORT", ":PORT", where a HOST with colons stands in brackets: "[::1]:80". Throws Error
// (EINVAL).
HostAndPort parse_host_and_port(std::string_view text);

// "GROUP:INTERFACE", checked before. The group without brackets.
struct Membership {
  std::string group;
  std::string interface;
};
Membership parse_membership(std::string_view text);

// "LEVEL:NAME:VALUE" of setsockopt(2).
struct SocketOption {
  int level;
  int name;
  std::string value;  // as it was written
};
// Throws Error (EINVAL).
SocketOption parse_socket_option(std::string_view text);

// The bytes of such a VALUE: "5" and "i5" are an int, "x00ff" is bytes in hexadecimal. Throws Error (EINVAL).
std::string parse_socket_bytes(std::string_view text);

}  // namespace ipcutils::sockcat
