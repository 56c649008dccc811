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
    {Option::accept_timeout, "accept-timeout", "listen-timeout", ValueKind::duration, Phase::listen,
     group::listen, "the wait for a connection ends then"},
    {Option::append, "append", "o-append", ValueKind::flag, Phase::opening, group::regular,
     "write at the end of the file, wherever that is"},
    {Option::backlog, "backlog", "", ValueKind::number, Phase::listen, group::accept,
     "connections that may wait to be accepted"},
    {Option::bind, "bind", "", ValueKind::address, Phase::bind, group::bound, "our own address"},
    {Option::bind_tempname, "bind-tempname", "unix-bind-tempname", ValueKind::flag, Phase::bind, group::local,
     "bind to a name of its own, made for it"},
    {Option::broadcast, "broadcast", "so-broadcast", ValueKind::flag, Phase::before_bind, group::udp,
     "to and from broadcast addresses"},
    {Option::chdir, "chdir", "cd", ValueKind::path, Phase::early, group::named | group::command,
     "where relative names begin"},
    {Option::connect_timeout, "connect-timeout", "", ValueKind::duration, Phase::connect, group::stream,
     "an attempt to connect ends then"},
    {Option::cr, "cr", "", ValueKind::none, Phase::transfer, group::any, "lines end in CR there"},
    {Option::creat, "creat", "o-creat create o-create o_create", ValueKind::flag, Phase::opening, group::open,
     "make it if missing"},
    {Option::crnl, "crnl", "crlf", ValueKind::none, Phase::transfer, group::any,
     "lines end in CR and NL there"},
    {Option::ctty, "ctty", "tiocsctty", ValueKind::flag, Phase::in_child, group::command,
     "its terminal controls it"},
    {Option::end_close, "end-close", "close", ValueKind::none, Phase::end, group::any,
     "close only, shut nothing down"},
    {Option::escape, "escape", "", ValueKind::number, Phase::transfer, group::any,
     "the byte that ends the input", 0, 255},
    {Option::excl, "excl", "o-excl o_excl", ValueKind::flag, Phase::opening, group::open,
     "with creat: it must be missing"},
    {Option::f_setpipe_sz, "f-setpipe-sz", "pipesz", ValueKind::size, Phase::descriptor, group::pipe,
     "capacity of the pipe", 1},
    {Option::fdin, "fdin", "", ValueKind::number, Phase::in_child, group::command,
     "it reads from that descriptor"},
    {Option::fdout, "fdout", "", ValueKind::number, Phase::in_child, group::command,
     "it writes to that descriptor"},
    {Option::forever, "forever", "", ValueKind::flag, Phase::early, group::retry, "attempts without end"},
    {Option::fork, "fork", "", ValueKind::flag, Phase::listen, group::child,
     "a process for each connection, again and again"},
    {Option::group, "group", "gid", ValueKind::group, Phase::descriptor, group::owned, "group"},
    {Option::ignoreeof, "ignoreeof", "ignoreof", ValueKind::flag, Phase::transfer, group::any,
     "go on at the end, as tail -f"},
    {Option::interface, "interface", "so-bindtodevice bindtodevice if", ValueKind::text, Phase::before_bind,
     group::socket, "network interface; of a multicast address, that of the group"},
    {Option::interval, "interval", "intervall", ValueKind::duration, Phase::early, group::retry,
     "between attempts"},
    {Option::ip_add_membership, "ip-add-membership", "ip-membership membership add-membership",
     ValueKind::membership, Phase::before_bind, group::udp,
     "receive from a group; INTERFACE by address, name or number"},
    {Option::ip_multicast_if, "ip-multicast-if", "multicast-if", ValueKind::text, Phase::before_bind,
     group::udp, "interface for sending to groups, by address"},
    {Option::ip_multicast_loop, "ip-multicast-loop", "multicast-loop ipmulticastloop multicastloop",
     ValueKind::flag, Phase::before_bind, group::udp, "this host hears what it sends to groups"},
    {Option::ip_multicast_ttl, "ip-multicast-ttl", "multicast-ttl ipmulticastttl multicastttl",
     ValueKind::number, Phase::before_bind, group::udp, "hops that packets to groups may take", 0, 255},
    {Option::ipv6_join_group, "ipv6-join-group", "ipv6-add-membership join-group", ValueKind::membership,
     Phase::before_bind, group::ip6, "receive from a group; INTERFACE by name or number"},
    {Option::ipv6_unicast_hops, "ipv6-unicast-hops", "unicast-hops", ValueKind::number, Phase::before_bind,
     group::ip6, "hops that packets may take", 0, 255},
    {Option::ipv6only, "ipv6only", "ipv6-v6only v6only", ValueKind::flag, Phase::before_bind, group::ip6,
     "no IPv4 on the same socket"},
    {Option::keepalive, "keepalive", "so-keepalive", ValueKind::flag, Phase::before_bind, group::socket,
     "find out when the peer has gone silently"},
    {Option::keepcnt, "keepcnt", "tcp-keepcnt", ValueKind::number, Phase::before_bind, group::tcp,
     "probes before a silent peer is given up", 1, 127},
    {Option::keepidle, "keepidle", "tcp-keepidle", ValueKind::number, Phase::before_bind, group::tcp,
     "seconds of silence before the first probe", 1, 32767},
    {Option::keepintvl, "keepintvl", "tcp-keepintvl", ValueKind::number, Phase::before_bind, group::tcp,
     "seconds between probes", 1, 32767},
    {Option::linger, "linger", "so-linger", ValueKind::number, Phase::before_bind, group::socket,
     "seconds that closing waits for what is unsent"},
    {Option::login, "login", "dash", ValueKind::flag, Phase::in_child, group::command,
     "a dash before its name, as for a login shell"},
    {Option::lowport, "lowport", "", ValueKind::flag, Phase::bind, group::low_port,
     "a port of our own below 1024, or, of a listener, of its clients"},
    {Option::max_children, "max-children", "maxchildren", ValueKind::number, Phase::listen, group::child,
     "no more processes than that at a time", 1},
    {Option::mode, "mode", "perm", ValueKind::mode, Phase::opening, group::owned, "permissions"},
    {Option::nodelay, "nodelay", "tcp-nodelay", ValueKind::flag, Phase::before_bind, group::tcp,
     "send small pieces at once"},
    {Option::nofollow, "nofollow", "o-nofollow o_nofollow", ValueKind::flag, Phase::opening, group::open,
     "no symbolic link"},
    {Option::nofork, "nofork", "", ValueKind::flag, Phase::in_child, group::command, "it takes our place"},
    {Option::nonblock, "nonblock", "o-nonblock o-ndelay o_ndelay ndelay", ValueKind::flag, Phase::opening,
     group::fifo, "do not wait for the other end while opening"},
    {Option::null_eof, "null-eof", "", ValueKind::flag, Phase::transfer, group::socket,
     "an empty datagram is the end"},
    {Option::path, "path", "", ValueKind::text, Phase::in_child, group::command,
     "where programs are looked for"},
    {Option::pf, "pf", "protocol-family", ValueKind::family, Phase::opening, group::host, "IP version"},
    {Option::pipes, "pipes", "", ValueKind::flag, Phase::opening, group::command,
     "two pipes instead of a socket"},
    {Option::protocol, "protocol", "so-protocol prototype so-prototype", ValueKind::number, Phase::opening,
     group::new_socket, "protocol of the socket"},
    {Option::pty, "pty", "", ValueKind::flag, Phase::opening, group::command, "a terminal of its own"},
    {Option::range, "range", "", ValueKind::range, Phase::listen, group::range, "only peers of that network"},
    {Option::rcvbuf, "rcvbuf", "so-rcvbuf", ValueKind::size, Phase::before_bind, group::socket,
     "buffer for receiving", 1},
    {Option::rdonly, "rdonly", "o-rdonly o_rdonly", ValueKind::flag, Phase::opening, group::open,
     "for reading"},
    {Option::rdwr, "rdwr", "o-rdwr o_rdwr", ValueKind::flag, Phase::opening, group::open, "for both"},
    {Option::readbytes, "readbytes", "bytes", ValueKind::size, Phase::transfer, group::any,
     "read no more than that", 1, no_limit},
    {Option::retry, "retry", "", ValueKind::number, Phase::early, group::retry, "so many attempts more", 0,
     4294967295},
    {Option::reuseaddr, "reuseaddr", "so-reuseaddr", ValueKind::flag, Phase::before_bind, group::socket,
     "bind though connections of a former socket linger"},
    {Option::reuseport, "reuseport", "so-reuseport", ValueKind::flag, Phase::before_bind, group::socket,
     "bind beside other sockets that have it"},
    {Option::setsid, "setsid", "sid", ValueKind::flag, Phase::in_child, group::command,
     "a session of its own"},
    {Option::setsockopt, "setsockopt", "sockopt", ValueKind::socket_option, Phase::connect, group::socket,
     "any option of setsockopt(2), VALUE as i1, x00ff…"},
    {Option::setsockopt_int, "setsockopt-int", "sockopt-int", ValueKind::socket_option, Phase::connect,
     group::socket, "any option of setsockopt(2) with a number"},
    {Option::setsockopt_listen, "setsockopt-listen", "sockopt-listen", ValueKind::socket_option,
     Phase::before_bind, group::socket, "as setsockopt, to the listener"},
    {Option::setsockopt_string, "setsockopt-string", "sockopt-string", ValueKind::socket_option,
     Phase::connect, group::socket, "any option of setsockopt(2) with a text"},
    {Option::shut_close, "shut-close", "", ValueKind::none, Phase::end, group::any,
     "at the end of what it gets: close(2)"},
    {Option::shut_down, "shut-down", "", ValueKind::none, Phase::end, group::any,
     "at the end of what it gets: shutdown(2)"},
    {Option::shut_none, "shut-none", "", ValueKind::none, Phase::end, group::any,
     "at the end of what it gets: nothing"},
    {Option::shut_null, "shut-null", "", ValueKind::none, Phase::end, group::any,
     "at the end of what it gets: an empty datagram"},
    {Option::sndbuf, "sndbuf", "so-sndbuf", ValueKind::size, Phase::before_bind, group::socket,
     "buffer for sending", 1},
    {Option::socktype, "socktype", "so-type type", ValueKind::number, Phase::opening, group::new_socket,
     "type of the socket: 1 stream, 2 datagram, 5 seqpacket"},
    {Option::sourceport, "sourceport", "sp", ValueKind::number, Phase::bind, group::port,
     "our own port, or, of a listener, that of its clients", 1, 65535},
    {Option::child_stderr, "stderr", "", ValueKind::flag, Phase::in_child, group::command,
     "its standard error comes with its output"},
    {Option::tos, "tos", "ip-tos iptos", ValueKind::number, Phase::before_bind, group::ip, "type of service",
     0, 255},
    {Option::trunc, "trunc", "o-trunc", ValueKind::flag, Phase::opening, group::open, "empty it"},
    {Option::ttl, "ttl", "ip-ttl ipttl", ValueKind::number, Phase::before_bind, group::ip,
     "hops that packets may take", 1, 255},
    {Option::umask, "umask", "", ValueKind::octal, Phase::early, group::named | group::command,
     "permissions that new files do not get"},
    {Option::unlink, "unlink", "delete remove", ValueKind::flag, Phase::opening, group::made,
     "remove the name before it is made"},
    {Option::unlink_close, "unlink-close", "", ValueKind::flag, Phase::end, group::named,
     "remove the name at the end"},
    {Option::unlink_early, "unlink-early", "new", ValueKind::flag, Phase::early, group::made,
     "remove the name before everything else"},
    {Option::user, "user", "uid owner", ValueKind::user, Phase::descriptor, group::owned, "owner"},
    {Option::wronly, "wronly", "o-wronly o_wronly", ValueKind::flag, Phase::opening, group::open,
     "for writing"},
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
