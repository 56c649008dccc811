// The addresses that there are.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::sockcat {

// What an address is made of, which decides what options it takes: it takes those of each of its groups.
using Groups = std::uint32_t;

namespace group {
inline constexpr Groups any = 1 << 0;         // every address
inline constexpr Groups named = 1 << 1;       // has a name in the file system
inline constexpr Groups made = 1 << 2;        // can make that name
inline constexpr Groups owned = 1 << 3;       // has an owner and permissions
inline constexpr Groups regular = 1 << 4;     // can be a regular file
inline constexpr Groups open = 1 << 5;        // is opened by open(2)
inline constexpr Groups socket = 1 << 6;      // is a socket
inline constexpr Groups new_socket = 1 << 7;  // is made by socket(2) or socketpair(2)
inline constexpr Groups bound = 1 << 8;       // can have a local address of its choice
inline constexpr Groups stream = 1 << 9;      // is made by connect(2)
inline constexpr Groups listen = 1 << 10;     // waits for peers
inline constexpr Groups accept = 1 << 11;     // has a queue of connections
inline constexpr Groups child = 1 << 12;      // can have a process for each connection
inline constexpr Groups retry = 1 << 13;      // can be tried again
inline constexpr Groups range = 1 << 14;      // receives from peers that it did not choose
inline constexpr Groups host = 1 << 15;       // looks up hosts and services
inline constexpr Groups ip = 1 << 16;         // IP of either version
inline constexpr Groups ip6 = 1 << 17;        // can be IPv6
inline constexpr Groups port = 1 << 18;       // can choose the port of one side
inline constexpr Groups low_port = 1 << 19;   // can require a port below 1024
inline constexpr Groups tcp = 1 << 20;        //
inline constexpr Groups udp = 1 << 21;        //
inline constexpr Groups local = 1 << 22;      // connects a UNIX socket
inline constexpr Groups command = 1 << 23;    // runs a command
inline constexpr Groups pipe = 1 << 24;       // can be a pipe
inline constexpr Groups fifo = 1 << 25;       // can be a FIFO, whose other end may have to be awaited
}  // namespace group

struct GroupName {
  Groups group;
  std::string_view name;
};
// In the order of their bits.
std::span<const GroupName> group_names();

// What an address takes behind its colons.
enum class Parameter : std::uint8_t {
  none,
  host,
  port,
  path,
  name,
  descriptor,
  command,
  script,
  group,
  text
};

// As help writes it: HOST.
std::string_view parameter_name(Parameter parameter);

// IP versions (any, as the host has it, or one), and the two places where names of UNIX sockets are.
enum class Family : std::uint8_t { none, ip, ip4, ip6, path, abstract };

// What opens an address: each has a factory of openers in opener.hpp.
enum class Mechanism : std::uint8_t {
  given,        // a descriptor that is open already
  file,         // whatever has a path
  fifo,         // a pipe with a name, or without
  loop,         // what is here alone: a pair of sockets, a text
  process,      // a command
  internet,     // a TCP socket, or a UDP socket that is connected to its peer
  udp,          // a UDP socket that receives from any peer
  unix_socket,  // a path or an abstract name
};

// A kind of address.
struct Keyword {
  // What it does. The family says which variant it is.
  enum class Id : std::uint8_t {
    stdio,
    standard_input,
    standard_output,
    standard_error,
    descriptor,
    open,
    create,
    gopen,
    unnamed_or_named_pipe,
    socketpair,
    exec,
    system,
    shell,
    text,
    stall,
    tcp_connect,
    tcp_listen,
    udp_connect,
    udp_listen,
    udp_sendto,
    udp_recv,
    udp_recvfrom,
    udp_datagram,
    udp_multicast,
    unix_connect,
    unix_listen,
    unix_sendto,
    unix_recv,
    unix_recvfrom,
    unix_client,
    unix_seqpacket_connect,
    unix_seqpacket_listen,
  };

  Id id;
  Mechanism mechanism;
  Family family;
  std::string_view name;
  std::string_view aliases;  // separated by spaces
  std::array<Parameter, 2> parameters;
  bool needs_parameters;  // all of them; else all or none
  Groups groups;
  std::string_view help;  // a few words

  std::size_t parameter_count() const;
  std::string synopsis() const;  // "tcp-connect:HOST:PORT"
};

std::span<const Keyword> keywords();

// Of that name or alias, in whatever case; null when there is none.
const Keyword* find_keyword(std::string_view name);

// There must be one of that name.
const Keyword& keyword(std::string_view name);

// All names and aliases, for completions and for hints.
std::vector<std::string_view> keyword_spellings();

}  // namespace ipcutils::sockcat
