// The options that addresses take.
#pragma once

#include <cstdint>
#include <ipcutils/deadline.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "keywords.hpp"

namespace ipcutils::sockcat {

// What stands behind the '='.
enum class ValueKind : std::uint8_t {
  none,           // nothing
  flag,           // a number, 0 for no; yes without it
  number,         // decimal, 0x… or 0…, as in C
  size,           // a number, or bytes with a unit
  duration,       // seconds, or with a unit
  mode,           // permissions as chmod(1) takes them
  octal,          // permissions in octal
  user,           // by name or number
  group,          //
  family,         // ip4, ip6
  text,           // anything but nothing
  path,           //
  address,        // HOST, HOST:PORT or :PORT of an IP socket, the name of a UNIX socket
  range,          // HOST/BITS or HOST:MASK
  membership,     // GROUP:INTERFACE
  socket_option,  // LEVEL:NAME:VALUE
};

// As help writes it: N.
std::string_view value_name(ValueKind kind);

// One option.
struct Option {
  // Their names; stderr is a macro.
  enum Id : std::uint8_t {
    accept_timeout,
    append,
    backlog,
    bind,
    bind_tempname,
    broadcast,
    chdir,
    connect_timeout,
    cr,
    creat,
    crnl,
    ctty,
    end_close,
    escape,
    excl,
    f_setpipe_sz,
    fdin,
    fdout,
    forever,
    fork,
    group,
    ignoreeof,
    interface,
    interval,
    ip_add_membership,
    ip_multicast_if,
    ip_multicast_loop,
    ip_multicast_ttl,
    ipv6_join_group,
    ipv6_unicast_hops,
    ipv6only,
    keepalive,
    keepcnt,
    keepidle,
    keepintvl,
    linger,
    login,
    lowport,
    max_children,
    mode,
    nodelay,
    nofollow,
    nofork,
    nonblock,
    null_eof,
    path,
    pf,
    pipes,
    protocol,
    pty,
    range,
    rcvbuf,
    rdonly,
    rdwr,
    readbytes,
    retry,
    reuseaddr,
    reuseport,
    setsid,
    setsockopt,
    setsockopt_int,
    setsockopt_listen,
    setsockopt_string,
    shut_close,
    shut_down,
    shut_none,
    shut_null,
    sndbuf,
    socktype,
    sourceport,
    child_stderr,
    tos,
    trunc,
    ttl,
    umask,
    unlink,
    unlink_close,
    unlink_early,
    user,
    wronly,
  };

  Id id;
  std::string_view name;
  std::string_view aliases;  // separated by spaces
  ValueKind kind;
  Groups groups;  // of the addresses that take it
  std::string_view help;
  std::uint64_t minimum = 0;  // of numbers and sizes
  std::uint64_t maximum = 2147483647;

  bool fits(const Keyword& keyword) const { return (groups & keyword.groups) != 0; }
  std::string synopsis() const;  // "backlog=N", "fork"
};

std::span<const Option> options();

// Of that name or alias, in whatever case; null when there is none.
const Option* find_option(std::string_view name);

const Option& option(Option::Id id);

// All names and aliases of those that an address takes.
std::vector<std::string_view> option_spellings(const Keyword& keyword);

// A flag or an option without value; numbers, sizes, modes, users, groups and families (AF_…); time; the
// rest.
using Value = std::variant<bool, std::uint64_t, Duration, std::string>;

struct OptionValue {
  const Option* option;
  Value value;
};

}  // namespace ipcutils::sockcat
