#include "keywords.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

using enum Keyword::Id;

constexpr GroupName names_of_groups[] = {
    {group::any, "any"},         {group::named, "named"},
    {group::made, "made"},       {group::owned, "owned"},
    {group::regular, "regular"}, {group::open, "open"},
    {group::socket, "socket"},   {group::new_socket, "new-socket"},
    {group::bound, "bound"},     {group::stream, "stream"},
    {group::listen, "listen"},   {group::accept, "accept"},
    {group::child, "child"},     {group::retry, "retry"},
    {group::range, "range"},     {group::host, "host"},
    {group::ip, "ip"},           {group::ip6, "ip6"},
    {group::port, "port"},       {group::low_port, "low-port"},
    {group::tcp, "tcp"},         {group::udp, "udp"},
    {group::local, "unix"},      {group::command, "command"},
    {group::pipe, "pipe"},       {group::fifo, "fifo"},
};

constexpr std::string_view names_of_parameters[] = {"",   "HOST",    "PORT",   "PATH",  "NAME",
                                                    "FD", "COMMAND", "SCRIPT", "GROUP", "TEXT"};

constexpr std::array<Parameter, 2> nothing{};
constexpr std::array a_peer{Parameter::host, Parameter::port};
constexpr std::array a_port{Parameter::port, Parameter::none};
constexpr std::array a_group{Parameter::group, Parameter::port};
constexpr std::array a_path{Parameter::path, Parameter::none};
constexpr std::array a_name{Parameter::name, Parameter::none};
constexpr std::array a_descriptor{Parameter::descriptor, Parameter::none};
constexpr std::array a_command{Parameter::command, Parameter::none};
constexpr std::array a_script{Parameter::script, Parameter::none};
constexpr std::array a_text{Parameter::text, Parameter::none};

// A descriptor that was given can be anything.
constexpr Groups given = group::any | group::owned | group::socket | group::ip | group::ip6 | group::tcp |
                         group::udp | group::pipe;
constexpr Groups created = group::any | group::named | group::made | group::owned;
constexpr Groups regular = created | group::regular;
constexpr Groups file = regular | group::open | group::pipe | group::fifo;
// It may be a socket, which is connected to as with unix-client.
constexpr Groups any_file = file | group::socket | group::new_socket | group::bound | group::local;
constexpr Groups any_pipe = created | group::pipe | group::fifo;
constexpr Groups process = group::any | group::socket | group::new_socket | group::command | group::pipe;

constexpr Groups own_socket = group::any | group::socket | group::new_socket;
constexpr Groups ip4 = own_socket | group::host | group::ip;
constexpr Groups ip6 = ip4 | group::ip6;
constexpr Groups bindable = group::bound | group::port;
constexpr Groups connecting = bindable | group::low_port | group::stream | group::child | group::retry;
constexpr Groups hearing = group::udp | group::range;
constexpr Groups receiving = hearing | bindable | group::low_port;
constexpr Groups answering = receiving | group::child;
constexpr Groups awaiting = answering | group::listen;
constexpr Groups listening =
    bindable | group::low_port | group::range | group::child | group::listen | group::accept | group::retry;

constexpr Groups local = own_socket | group::named | group::owned;
constexpr Groups local_connecting = group::local | group::bound | group::retry;
constexpr Groups local_receiving = local | group::made;
constexpr Groups local_listening = group::listen | group::accept | group::child | group::retry;

constexpr Keyword table[] = {
    {stdio, Mechanism::given, Family::none, "stdio", "-", nothing, true, given,
     "standard input and standard output"},
    {standard_input, Mechanism::given, Family::none, "stdin", "", nothing, true, given, "standard input"},
    {standard_output, Mechanism::given, Family::none, "stdout", "", nothing, true, given, "standard output"},
    {standard_error, Mechanism::given, Family::none, "stderr", "", nothing, true, given, "standard error"},
    {descriptor, Mechanism::given, Family::none, "fd", "", a_descriptor, true, given,
     "a descriptor that was inherited; a lone digit is one too"},
    {open, Mechanism::file, Family::none, "open", "file", a_path, true, file, "a file"},
    {create, Mechanism::file, Family::none, "create", "creat", a_path, true, regular,
     "a file, made or emptied, for writing"},
    {gopen, Mechanism::file, Family::none, "gopen", "", a_path, true, any_file,
     "whatever has that name: a socket is connected to, a file appended to"},
    {unnamed_or_named_pipe, Mechanism::fifo, Family::none, "pipe", "echo fifo", a_path, false, any_pipe,
     "a named pipe, or one without name that gives back what it gets"},
    {socketpair, Mechanism::loop, Family::none, "socketpair", "", nothing, true, own_socket,
     "two sockets, which give back what they get"},
    {exec, Mechanism::process, Family::none, "exec", "", a_command, true, process,
     "a program, whose arguments spaces separate"},
    {system, Mechanism::process, Family::none, "system", "", a_script, true, process, "a command line of sh"},
    {shell, Mechanism::process, Family::none, "shell", "", a_script, true, process,
     "a command line of $SHELL"},
    {text, Mechanism::loop, Family::none, "text", "", a_text, true, group::any, "that text, for reading"},
    {stall, Mechanism::loop, Family::none, "stall", "", nothing, true, group::any,
     "neither gives nor takes anything"},
    {tcp_connect, Mechanism::internet, Family::ip, "tcp-connect", "tcp inet inet-connect", a_peer, true,
     ip6 | group::tcp | connecting, "a TCP connection to a server"},
    {tcp_connect, Mechanism::internet, Family::ip4, "tcp4-connect", "tcp4 inet4 inet4-connect", a_peer, true,
     ip4 | group::tcp | connecting, "a TCP connection to a server over IPv4"},
    {tcp_connect, Mechanism::internet, Family::ip6, "tcp6-connect", "tcp6 inet6 inet6-connect", a_peer, true,
     ip6 | group::tcp | connecting, "a TCP connection to a server over IPv6"},
    {tcp_listen, Mechanism::internet, Family::ip, "tcp-listen", "tcp-l inet-l inet-listen", a_port, true,
     ip6 | group::tcp | listening, "TCP connections from clients"},
    {tcp_listen, Mechanism::internet, Family::ip4, "tcp4-listen", "tcp4-l inet4-l inet4-listen", a_port, true,
     ip4 | group::tcp | listening, "TCP connections from clients over IPv4"},
    {tcp_listen, Mechanism::internet, Family::ip6, "tcp6-listen", "tcp6-l inet6-l inet6-listen", a_port, true,
     ip6 | group::tcp | listening, "TCP connections from clients over IPv6"},
    {udp_connect, Mechanism::internet, Family::ip, "udp-connect", "udp", a_peer, true,
     ip6 | group::udp | bindable | group::low_port, "datagrams to and from one peer"},
    {udp_connect, Mechanism::internet, Family::ip4, "udp4-connect", "udp4", a_peer, true,
     ip4 | group::udp | bindable | group::low_port, "datagrams to and from one peer over IPv4"},
    {udp_connect, Mechanism::internet, Family::ip6, "udp6-connect", "udp6", a_peer, true,
     ip6 | group::udp | bindable | group::low_port, "datagrams to and from one peer over IPv6"},
    {udp_listen, Mechanism::udp, Family::ip, "udp-listen", "udp-l", a_port, true, ip6 | awaiting,
     "datagrams from the first peer that sends one, and back to it"},
    {udp_listen, Mechanism::udp, Family::ip4, "udp4-listen", "udp4-l", a_port, true, ip4 | awaiting,
     "datagrams from the first peer that sends one, and back to it over IPv4"},
    {udp_listen, Mechanism::udp, Family::ip6, "udp6-listen", "udp6-l", a_port, true, ip6 | awaiting,
     "datagrams from the first peer that sends one, and back to it over IPv6"},
    {udp_sendto, Mechanism::udp, Family::ip, "udp-sendto", "udp-send", a_peer, true,
     ip6 | group::udp | bindable, "datagrams to a peer, and its answers"},
    {udp_sendto, Mechanism::udp, Family::ip4, "udp4-sendto", "udp4-send", a_peer, true,
     ip4 | group::udp | bindable, "datagrams to a peer, and its answers over IPv4"},
    {udp_sendto, Mechanism::udp, Family::ip6, "udp6-sendto", "udp6-send", a_peer, true,
     ip6 | group::udp | bindable, "datagrams to a peer, and its answers over IPv6"},
    {udp_recv, Mechanism::udp, Family::ip, "udp-recv", "", a_port, true, ip6 | receiving,
     "datagrams from anybody"},
    {udp_recv, Mechanism::udp, Family::ip4, "udp4-recv", "", a_port, true, ip4 | receiving,
     "datagrams from anybody over IPv4"},
    {udp_recv, Mechanism::udp, Family::ip6, "udp6-recv", "", a_port, true, ip6 | receiving,
     "datagrams from anybody over IPv6"},
    {udp_recvfrom, Mechanism::udp, Family::ip, "udp-recvfrom", "", a_port, true, ip6 | answering,
     "one datagram from anybody, and answers to it"},
    {udp_recvfrom, Mechanism::udp, Family::ip4, "udp4-recvfrom", "", a_port, true, ip4 | answering,
     "one datagram from anybody, and answers to it over IPv4"},
    {udp_recvfrom, Mechanism::udp, Family::ip6, "udp6-recvfrom", "", a_port, true, ip6 | answering,
     "one datagram from anybody, and answers to it over IPv6"},
    {udp_datagram, Mechanism::udp, Family::ip, "udp-datagram", "udp-dgram", a_peer, true,
     ip6 | hearing | bindable, "datagrams to a peer, group or broadcast address, and from anybody"},
    {udp_datagram, Mechanism::udp, Family::ip4, "udp4-datagram", "udp4-dgram", a_peer, true,
     ip4 | hearing | bindable, "datagrams to a peer, group or broadcast address, and from anybody over IPv4"},
    {udp_datagram, Mechanism::udp, Family::ip6, "udp6-datagram", "udp6-dgram", a_peer, true,
     ip6 | hearing | bindable, "datagrams to a peer, group or broadcast address, and from anybody over IPv6"},
    {udp_multicast, Mechanism::udp, Family::ip, "udp-multicast", "", a_group, true, ip6 | hearing,
     "datagrams to and from a multicast group"},
    {udp_multicast, Mechanism::udp, Family::ip4, "udp4-multicast", "", a_group, true, ip4 | hearing,
     "datagrams to and from a multicast group over IPv4"},
    {udp_multicast, Mechanism::udp, Family::ip6, "udp6-multicast", "", a_group, true, ip6 | hearing,
     "datagrams to and from a multicast group over IPv6"},
    {unix_connect, Mechanism::unix_socket, Family::path, "unix-connect", "local", a_path, true,
     local | local_connecting | group::stream, "a stream connection to a UNIX socket"},
    {unix_listen, Mechanism::unix_socket, Family::path, "unix-listen", "unix-l", a_path, true,
     local_receiving | local_listening, "stream connections to a UNIX socket"},
    {unix_sendto, Mechanism::unix_socket, Family::path, "unix-sendto", "unix-send", a_path, true,
     local | local_connecting, "datagrams to a UNIX socket, and its answers"},
    {unix_recv, Mechanism::unix_socket, Family::path, "unix-recv", "", a_path, true, local_receiving,
     "datagrams to a UNIX socket"},
    {unix_recvfrom, Mechanism::unix_socket, Family::path, "unix-recvfrom", "", a_path, true,
     local_receiving | group::child, "one datagram to a UNIX socket, and answers to it"},
    {unix_client, Mechanism::unix_socket, Family::path, "unix-client", "unix", a_path, true,
     local | local_connecting | group::stream, "a UNIX socket of whatever type"},
    {unix_seqpacket_connect, Mechanism::unix_socket, Family::path, "unix-seqpacket", "unix-seqpacket-connect",
     a_path, true, local | local_connecting | group::stream,
     "a connection to a UNIX socket that keeps packets apart"},
    {unix_seqpacket_listen, Mechanism::unix_socket, Family::path, "unix-seqpacket-listen", "unix-seqpacket-l",
     a_path, true, local_receiving | local_listening,
     "connections to a UNIX socket that keeps packets apart"},
    {unix_connect, Mechanism::unix_socket, Family::abstract, "abstract-connect", "", a_name, true,
     own_socket | local_connecting | group::stream, "a stream connection to an abstract socket"},
    {unix_listen, Mechanism::unix_socket, Family::abstract, "abstract-listen", "abstract-l", a_name, true,
     own_socket | local_listening, "stream connections to an abstract socket"},
    {unix_sendto, Mechanism::unix_socket, Family::abstract, "abstract-sendto", "abstract-send", a_name, true,
     own_socket | local_connecting, "datagrams to an abstract socket, and its answers"},
    {unix_recv, Mechanism::unix_socket, Family::abstract, "abstract-recv", "", a_name, true, own_socket,
     "datagrams to an abstract socket"},
    {unix_recvfrom, Mechanism::unix_socket, Family::abstract, "abstract-recvfrom", "", a_name, true,
     own_socket | group::child, "one datagram to an abstract socket, and answers to it"},
    {unix_client, Mechanism::unix_socket, Family::abstract, "abstract-client", "abstract", a_name, true,
     own_socket | local_connecting | group::stream, "an abstract socket of whatever type"},
    {unix_seqpacket_connect, Mechanism::unix_socket, Family::abstract, "abstract-seqpacket",
     "abstract-seqpacket-connect", a_name, true, own_socket | local_connecting | group::stream,
     "a connection to an abstract socket that keeps packets apart"},
    {unix_seqpacket_listen, Mechanism::unix_socket, Family::abstract, "abstract-seqpacket-listen",
     "abstract-seqpacket-l", a_name, true, own_socket | local_listening,
     "connections to an abstract socket that keeps packets apart"},
};

}  // namespace

std::span<const GroupName> group_names() { return names_of_groups; }

std::string_view parameter_name(Parameter parameter) {
  return names_of_parameters[static_cast<std::size_t>(parameter)];
}

std::size_t Keyword::parameter_count() const {
  return parameters.size() - static_cast<std::size_t>(std::ranges::count(parameters, Parameter::none));
}

std::string Keyword::synopsis() const {
  std::string text{name};
  for (const auto parameter : parameters)
    if (parameter != Parameter::none)
      text += fmt::format(fmt::runtime(needs_parameters ? ":{}" : "[:{}]"), parameter_name(parameter));
  return text;
}

std::span<const Keyword> keywords() { return table; }

const Keyword* find_keyword(std::string_view name) {
  const auto lower = folded(name);
  const auto found = std::ranges::find_if(
      table, [&](const Keyword& keyword) { return has_spelling(keyword.name, keyword.aliases, lower); });
  return found == std::end(table) ? nullptr : found;
}

const Keyword& keyword(std::string_view name) { return *find_keyword(name); }

std::vector<std::string_view> keyword_spellings() { return spellings_of(keywords()); }

}  // namespace ipcutils::sockcat
