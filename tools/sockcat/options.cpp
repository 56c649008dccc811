#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::string_view names_of_values[] = {
    "",      "0|1",    "N",    "SIZE", "DURATION", "MODE",      "OCTAL",           "USER",
    "GROUP", "FAMILY", "TEXT", "PATH", "ADDRESS",  "HOST/BITS", "GROUP:INTERFACE", "LEVEL:NAME:VALUE"};

using enum Option::Id;

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

// In the order of Option::Id.
constexpr Option table[] = {
    {accept_timeout, "accept-timeout", "listen-timeout", ValueKind::duration, group::listen,
     "the wait for a connection ends then"},
    {append, "append", "o-append", ValueKind::flag, group::regular,
     "write at the end of the file, wherever that is"},
    {backlog, "backlog", "", ValueKind::number, group::accept, "connections that may wait to be accepted"},
    {bind, "bind", "", ValueKind::address, group::bound, "our own address"},
    {bind_tempname, "bind-tempname", "unix-bind-tempname", ValueKind::flag, group::local,
     "bind to a name of its own, made for it"},
    {broadcast, "broadcast", "so-broadcast", ValueKind::flag, group::udp, "to and from broadcast addresses"},
    {chdir, "chdir", "cd", ValueKind::path, group::named | group::command, "where relative names begin"},
    {connect_timeout, "connect-timeout", "", ValueKind::duration, group::stream,
     "an attempt to connect ends then"},
    {cr, "cr", "", ValueKind::none, group::any, "lines end in CR there"},
    {creat, "creat", "o-creat create o-create o_create", ValueKind::flag, group::open, "make it if missing"},
    {crnl, "crnl", "crlf", ValueKind::none, group::any, "lines end in CR and NL there"},
    {ctty, "ctty", "tiocsctty", ValueKind::flag, group::command, "its terminal controls it"},
    {end_close, "end-close", "close", ValueKind::none, group::any, "close only, shut nothing down"},
    {escape, "escape", "", ValueKind::number, group::any, "the byte that ends the input", 0, 255},
    {excl, "excl", "o-excl o_excl", ValueKind::flag, group::open, "with creat: it must be missing"},
    {f_setpipe_sz, "f-setpipe-sz", "pipesz", ValueKind::size, group::pipe, "capacity of the pipe", 1},
    {fdin, "fdin", "", ValueKind::number, group::command, "it reads from that descriptor"},
    {fdout, "fdout", "", ValueKind::number, group::command, "it writes to that descriptor"},
    {forever, "forever", "", ValueKind::flag, group::retry, "attempts without end"},
    {fork, "fork", "", ValueKind::flag, group::child, "a process for each connection, again and again"},
    {group, "group", "gid", ValueKind::group, group::owned, "group"},
    {ignoreeof, "ignoreeof", "ignoreof", ValueKind::flag, group::any, "go on at the end, as tail -f"},
    {interface, "interface", "so-bindtodevice bindtodevice if", ValueKind::text, group::socket,
     "network interface; of a multicast address, that of the group"},
    {interval, "interval", "intervall", ValueKind::duration, group::retry, "between attempts"},
    {ip_add_membership, "ip-add-membership", "ip-membership membership add-membership", ValueKind::membership,
     group::udp, "receive from a group; INTERFACE by address, name or number"},
    {ip_multicast_if, "ip-multicast-if", "multicast-if", ValueKind::text, group::udp,
     "interface for sending to groups, by address"},
    {ip_multicast_loop, "ip-multicast-loop", "multicast-loop ipmulticastloop multicastloop", ValueKind::flag,
     group::udp, "this host hears what it sends to groups"},
    {ip_multicast_ttl, "ip-multicast-ttl", "multicast-ttl ipmulticastttl multicastttl", ValueKind::number,
     group::udp, "hops that packets to groups may take", 0, 255},
    {ipv6_join_group, "ipv6-join-group", "ipv6-add-membership join-group", ValueKind::membership, group::ip6,
     "receive from a group; INTERFACE by name or number"},
    {ipv6_unicast_hops, "ipv6-unicast-hops", "unicast-hops", ValueKind::number, group::ip6,
     "hops that packets may take", 0, 255},
    {ipv6only, "ipv6only", "ipv6-v6only v6only", ValueKind::flag, group::ip6, "no IPv4 on the same socket"},
    {keepalive, "keepalive", "so-keepalive", ValueKind::flag, group::socket,
     "find out when the peer has gone silently"},
    {keepcnt, "keepcnt", "tcp-keepcnt", ValueKind::number, group::tcp,
     "probes before a silent peer is given up", 1, 127},
    {keepidle, "keepidle", "tcp-keepidle", ValueKind::number, group::tcp,
     "seconds of silence before the first probe", 1, 32767},
    {keepintvl, "keepintvl", "tcp-keepintvl", ValueKind::number, group::tcp, "seconds between probes", 1,
     32767},
    {linger, "linger", "so-linger", ValueKind::number, group::socket,
     "seconds that closing waits for what is unsent"},
    {login, "login", "dash", ValueKind::flag, group::command, "a dash before its name, as for a login shell"},
    {lowport, "lowport", "", ValueKind::flag, group::low_port,
     "a port of our own below 1024, or, of a listener, of its clients"},
    {max_children, "max-children", "maxchildren", ValueKind::number, group::child,
     "no more processes than that at a time", 1},
    {mode, "mode", "perm", ValueKind::mode, group::owned, "permissions"},
    {nodelay, "nodelay", "tcp-nodelay", ValueKind::flag, group::tcp, "send small pieces at once"},
    {nofollow, "nofollow", "o-nofollow o_nofollow", ValueKind::flag, group::open, "no symbolic link"},
    {nofork, "nofork", "", ValueKind::flag, group::command, "it takes our place"},
    {nonblock, "nonblock", "o-nonblock o-ndelay o_ndelay ndelay", ValueKind::flag, group::fifo,
     "do not wait for the other end while opening"},
    {null_eof, "null-eof", "", ValueKind::flag, group::socket, "an empty datagram is the end"},
    {path, "path", "", ValueKind::text, group::command, "where programs are looked for"},
    {pf, "pf", "protocol-family", ValueKind::family, group::host, "IP version"},
    {pipes, "pipes", "", ValueKind::flag, group::command, "two pipes instead of a socket"},
    {protocol, "protocol", "so-protocol prototype so-prototype", ValueKind::number, group::new_socket,
     "protocol of the socket"},
    {pty, "pty", "", ValueKind::flag, group::command, "a terminal of its own"},
    {range, "range", "", ValueKind::range, group::range, "only peers of that network"},
    {rcvbuf, "rcvbuf", "so-rcvbuf", ValueKind::size, group::socket, "buffer for receiving", 1},
    {rdonly, "rdonly", "o-rdonly o_rdonly", ValueKind::flag, group::open, "for reading"},
    {rdwr, "rdwr", "o-rdwr o_rdwr", ValueKind::flag, group::open, "for both"},
    {readbytes, "readbytes", "bytes", ValueKind::size, group::any, "read no more than that", 1, no_limit},
    {retry, "retry", "", ValueKind::number, group::retry, "so many attempts more", 0, 4294967295},
    {reuseaddr, "reuseaddr", "so-reuseaddr", ValueKind::flag, group::socket,
     "bind though connections of a former socket linger"},
    {reuseport, "reuseport", "so-reuseport", ValueKind::flag, group::socket,
     "bind beside other sockets that have it"},
    {setsid, "setsid", "sid", ValueKind::flag, group::command, "a session of its own"},
    {setsockopt, "setsockopt", "sockopt", ValueKind::socket_option, group::socket,
     "any option of setsockopt(2), VALUE as i1, x00ff…"},
    {setsockopt_int, "setsockopt-int", "sockopt-int", ValueKind::socket_option, group::socket,
     "any option of setsockopt(2) with a number"},
    {setsockopt_listen, "setsockopt-listen", "sockopt-listen", ValueKind::socket_option, group::socket,
     "as setsockopt, to the listener"},
    {setsockopt_string, "setsockopt-string", "sockopt-string", ValueKind::socket_option, group::socket,
     "any option of setsockopt(2) with a text"},
    {shut_close, "shut-close", "", ValueKind::none, group::any, "at the end of what it gets: close(2)"},
    {shut_down, "shut-down", "", ValueKind::none, group::any, "at the end of what it gets: shutdown(2)"},
    {shut_none, "shut-none", "", ValueKind::none, group::any, "at the end of what it gets: nothing"},
    {shut_null, "shut-null", "", ValueKind::none, group::any,
     "at the end of what it gets: an empty datagram"},
    {sndbuf, "sndbuf", "so-sndbuf", ValueKind::size, group::socket, "buffer for sending", 1},
    {socktype, "socktype", "so-type type", ValueKind::number, group::new_socket,
     "type of the socket: 1 stream, 2 datagram, 5 seqpacket"},
    {sourceport, "sourceport", "sp", ValueKind::number, group::port,
     "our own port, or, of a listener, that of its clients", 1, 65535},
    {child_stderr, "stderr", "", ValueKind::flag, group::command, "its standard error comes with its output"},
    {tos, "tos", "ip-tos iptos", ValueKind::number, group::ip, "type of service", 0, 255},
    {trunc, "trunc", "o-trunc", ValueKind::flag, group::open, "empty it"},
    {ttl, "ttl", "ip-ttl ipttl", ValueKind::number, group::ip, "hops that packets may take", 1, 255},
    {umask, "umask", "", ValueKind::octal, group::named | group::command,
     "permissions that new files do not get"},
    {unlink, "unlink", "delete remove", ValueKind::flag, group::made, "remove the name before it is made"},
    {unlink_close, "unlink-close", "", ValueKind::flag, group::named, "remove the name at the end"},
    {unlink_early, "unlink-early", "new", ValueKind::flag, group::made,
     "remove the name before everything else"},
    {user, "user", "uid owner", ValueKind::user, group::owned, "owner"},
    {wronly, "wronly", "o-wronly o_wronly", ValueKind::flag, group::open, "for writing"},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < std::size(table); ++i)
    if (table[i].id != i) return false;
  return true;
}
static_assert(is_in_order());

}  // namespace

std::string_view value_name(ValueKind kind) { return names_of_values[static_cast<std::size_t>(kind)]; }

std::string Option::synopsis() const {
  if (kind == ValueKind::none) return std::string{name};
  const bool is_optional = kind == ValueKind::flag;
  return fmt::format("{}{}={}{}", name, is_optional ? "[" : "", value_name(kind), is_optional ? "]" : "");
}

std::span<const Option> options() { return table; }

const Option* find_option(std::string_view name) {
  const auto lower = folded(name);
  const auto found = std::ranges::find_if(
      table, [&](const Option& option) { return has_spelling(option.name, option.aliases, lower); });
  return found == std::end(table) ? nullptr : found;
}

const Option& option(Option::Id id) { return table[id]; }

std::vector<std::string_view> option_spellings(const Keyword& keyword) {
  std::vector<Option> fitting;
  std::ranges::copy_if(table, std::back_inserter(fitting),
                       [&](const Option& option) { return option.fits(keyword); });
  return spellings_of(fitting);
}

}  // namespace ipcutils::sockcat
