// Where a server of remote procedures is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ipcutils::rpc {

struct Address {
  enum class Family {
    unix_path,  // unix:PATH; a text with a slash alone
    abstract,   // abstract:NAME
    tcp,        // tcp:HOST:PORT, tcp:PORT; an IPv6 HOST in brackets
    command,    // exec:COMMAND: standard input and output of a program; for clients
    stdio,      // -: our own; for servers
    inherited,  // accept-fd:N: a socket that listens already, as systemd passes it; for servers
  };
  Family family;
  std::string name;        // PATH, NAME, COMMAND, or HOST, without brackets; empty: this host
  std::uint16_t port = 0;  // 0: of a server, any that is free
  int descriptor = -1;     // N

  // Errors: EINVAL, with what is wrong and a hint what to type.
  static Address parse(std::string_view text);

  // As parse() takes it.
  std::string text() const;
};

}  // namespace ipcutils::rpc
