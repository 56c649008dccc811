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

constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

// In the order of Option::Id.
constexpr Option table[] = {
    {Option::accept_timeout, "accept-timeout", "listen-timeout", ValueKind::duration, group::listen,
     "the wait for a connection ends then"},
    {Option::append, "append", "o-append", ValueKind::flag, group::regular,
     "write at the end of the file, wherever that is"},
    {Option::backlog, "backlog", "", ValueKind::number, group::accept,
     "connections that may wait to be accepted"},
    {Option::bind, "bind", "", ValueKind::address, group::bound, "our own address"},
    {Option::bind_tempname, "bind-tempname", "unix-bind-tempname", ValueKind::flag, group::local,
     "bind to a name of its own, made for it"},
    {Option::broadcast, "broadcast", "so-broadcast", ValueKind::flag, group::udp,
     "to and from broadcast addresses"},
    {Option::chdir, "chdir", "cd", ValueKind::path, group::named | group::command,
     "where relative names begin"},
    {Option::connect_timeout, "connect-timeout", "", ValueKind::duration, group::stream,
     "an attempt to connect ends then"},
    {Option::cr, "cr", "", ValueKind::none, group::any, "lines end in CR there"},
    {Option::creat, "creat", "o-creat create o-create o_create", ValueKind::flag, group::open,
     "make it if missing"},
    {Option::crnl, "crnl", "crlf", ValueKind::none, group::any, "lines end in CR and NL there"},
    {Option::ctty, "ctty", "tiocsctty", ValueKind::flag, group::command, "its terminal controls it"},
    {Option::end_close, "end-close", "close", ValueKind::none, group::any, "close only, shut nothing down"},
    {Option::escape, "escape", "", ValueKind::number, group::any, "the byte that ends the input", 0, 255},
    {Option::excl, "excl", "o-excl o_excl", ValueKind::flag, group::open, "with creat: it must be missing"},
    {Option::f_setpipe_sz, "f-setpipe-sz", "pipesz", ValueKind::size, group::pipe, "capacity of the pipe", 1},
    {Option::fdin, "fdin", "", ValueKind::number, group::command, "it reads from that descriptor"},
    {Option::fdout, "fdout", "", ValueKind::number, group::command, "it writes to that descriptor"},
    {Option::forever, "forever", "", ValueKind::flag, group::retry, "attempts without end"},
    {Option::fork, "fork", "", ValueKind::flag, group::child,
     "a process for each connection, again and again"},
    {Option::group, "group", "gid", ValueKind::group, group::owned, "group"},
    {Option::ignoreeof, "ignoreeof", "ignoreof", ValueKind::flag, group::any, "go on at the end, as tail -f"},
    {Option::interface, "interface", "so-bindtodevice bindtodevice if", ValueKind::text, group::socket,
     "network interface; of a multicast address, that of the group"},
    {Option::interval, "interval", "intervall", ValueKind::duration, group::retry, "between attempts"},
    {Option::ip_add_membership, "ip-add-membership", "ip-membership membership add-membership",
     ValueKind::membership, group::udp, "receive from a group; INTERFACE by address, name or number"},
    {Option::ip_multicast_if, "ip-multicast-if", "multicast-if", ValueKind::text, group::udp,
     "interface for sending to groups, by address"},
    {Option::ip_multicast_loop, "ip-multicast-loop", "multicast-loop ipmulticastloop multicastloop",
     ValueKind::flag, group::udp, "this host hears what it sends to groups"},
    {Option::ip_multicast_ttl, "ip-multicast-ttl", "multicast-ttl ipmulticastttl multicastttl",
     ValueKind::number, group::udp, "hops that packets to groups may take", 0, 255},
    {Option::ipv6_join_group, "ipv6-join-group", "ipv6-add-membership join-group", ValueKind::membership,
     group::ip6, "receive from a group; INTERFACE by name or number"},
    {Option::ipv6_unicast_hops, "ipv6-unicast-hops", "unicast-hops", ValueKind::number, group::ip6,
     "hops that packets may take", 0, 255},
    {Option::ipv6only, "ipv6only", "ipv6-v6only v6only", ValueKind::flag, group::ip6,
     "no IPv4 on the same socket"},
    {Option::keepalive, "keepalive", "so-keepalive", ValueKind::flag, group::socket,
     "find out when the peer has gone silently"},
    {Option::keepcnt, "keepcnt", "tcp-keepcnt", ValueKind::number, group::tcp,
     "probes before a silent peer is given up", 1, 127},
    {Option::keepidle, "keepidle", "tcp-keepidle", ValueKind::number, group::tcp,
     "seconds of silence before the first probe", 1, 32767},
    {Option::keepintvl, "keepintvl", "tcp-keepintvl", ValueKind::number, group::tcp, "seconds between probes",
     1, 32767},
    {Option::linger, "linger", "so-linger", ValueKind::number, group::socket,
     "seconds that closing waits for what is unsent"},
    {Option::login, "login", "dash", ValueKind::flag, group::command,
     "a dash before its name, as for a login shell"},
    {Option::lowport, "lowport", "", ValueKind::flag, group::low_port,
     "a port of our own below 1024, or, of a listener, of its clients"},
    {Option::max_children, "max-children", "maxchildren", ValueKind::number, group::child,
     "no more processes than that at a time", 1},
    {Option::mode, "mode", "perm", ValueKind::mode, group::owned, "permissions"},
    {Option::nodelay, "nodelay", "tcp-nodelay", ValueKind::flag, group::tcp, "send small pieces at once"},
    {Option::nofollow, "nofollow", "o-nofollow o_nofollow", ValueKind::flag, group::open, "no symbolic link"},
    {Option::nofork, "nofork", "", ValueKind::flag, group::command, "it takes our place"},
    {Option::nonblock, "nonblock", "o-nonblock o-ndelay o_ndelay ndelay", ValueKind::flag, group::fifo,
     "do not wait for the other end while opening"},
    {Option::null_eof, "null-eof", "", ValueKind::flag, group::socket, "an empty datagram is the end"},
    {Option::path, "path", "", ValueKind::text, group::command, "where programs are looked for"},
    {Option::pf, "pf", "protocol-family", ValueKind::family, group::host, "IP version"},
    {Option::pipes, "pipes", "", ValueKind::flag, group::command, "two pipes instead of a socket"},
    {Option::protocol, "protocol", "so-protocol prototype so-prototype", ValueKind::number, group::new_socket,
     "protocol of the socket"},
    {Option::pty, "pty", "", ValueKind::flag, group::command, "a terminal of its own"},
    {Option::range, "range", "", ValueKind::range, group::range, "only peers of that network"},
    {Option::rcvbuf, "rcvbuf", "so-rcvbuf", ValueKind::size, group::socket, "buffer for receiving", 1},
    {Option::rdonly, "rdonly", "o-rdonly o_rdonly", ValueKind::flag, group::open, "for reading"},
    {Option::rdwr, "rdwr", "o-rdwr o_rdwr", ValueKind::flag, group::open, "for both"},
    {Option::readbytes, "readbytes", "bytes", ValueKind::size, group::any, "read no more than that", 1,
     no_limit},
    {Option::retry, "retry", "", ValueKind::number, group::retry, "so many attempts more", 0, 4294967295},
    {Option::reuseaddr, "reuseaddr", "so-reuseaddr", ValueKind::flag, group::socket,
     "bind though connections of a former socket linger"},
    {Option::reuseport, "reuseport", "so-reuseport", ValueKind::flag, group::socket,
     "bind beside other sockets that have it"},
    {Option::setsid, "setsid", "sid", ValueKind::flag, group::command, "a session of its own"},
    {Option::setsockopt, "setsockopt", "sockopt", ValueKind::socket_option, group::socket,
     "any option of setsockopt(2), VALUE as i1, x00ff…"},
    {Option::setsockopt_int, "setsockopt-int", "sockopt-int", ValueKind::socket_option, group::socket,
     "any option of setsockopt(2) with a number"},
    {Option::setsockopt_listen, "setsockopt-listen", "sockopt-listen", ValueKind::socket_option,
     group::socket, "as setsockopt, to the listener"},
    {Option::setsockopt_string, "setsockopt-string", "sockopt-string", ValueKind::socket_option,
     group::socket, "any option of setsockopt(2) with a text"},
    {Option::shut_close, "shut-close", "", ValueKind::none, group::any,
     "at the end of what it gets: close(2)"},
    {Option::shut_down, "shut-down", "", ValueKind::none, group::any,
     "at the end of what it gets: shutdown(2)"},
    {Option::shut_none, "shut-none", "", ValueKind::none, group::any, "at the end of what it gets: nothing"},
    {Option::shut_null, "shut-null", "", ValueKind::none, group::any,
     "at the end of what it gets: an empty datagram"},
    {Option::sndbuf, "sndbuf", "so-sndbuf", ValueKind::size, group::socket, "buffer for sending", 1},
    {Option::socktype, "socktype", "so-type type", ValueKind::number, group::new_socket,
     "type of the socket: 1 stream, 2 datagram, 5 seqpacket"},
    {Option::sourceport, "sourceport", "sp", ValueKind::number, group::port,
     "our own port, or, of a listener, that of its clients", 1, 65535},
    {Option::child_stderr, "stderr", "", ValueKind::flag, group::command,
     "its standard error comes with its output"},
    {Option::tos, "tos", "ip-tos iptos", ValueKind::number, group::ip, "type of service", 0, 255},
    {Option::trunc, "trunc", "o-trunc", ValueKind::flag, group::open, "empty it"},
    {Option::ttl, "ttl", "ip-ttl ipttl", ValueKind::number, group::ip, "hops that packets may take", 1, 255},
    {Option::umask, "umask", "", ValueKind::octal, group::named | group::command,
     "permissions that new files do not get"},
    {Option::unlink, "unlink", "delete remove", ValueKind::flag, group::made,
     "remove the name before it is made"},
    {Option::unlink_close, "unlink-close", "", ValueKind::flag, group::named, "remove the name at the end"},
    {Option::unlink_early, "unlink-early", "new", ValueKind::flag, group::made,
     "remove the name before everything else"},
    {Option::user, "user", "uid owner", ValueKind::user, group::owned, "owner"},
    {Option::wronly, "wronly", "o-wronly o_wronly", ValueKind::flag, group::open, "for writing"},
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
