#include "address.hpp"

#include <fmt/format.h>

#include <ipcutils/error.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket_address.hpp>
#include <limits>
#include <utility>

#include "../sockcat/lexer.hpp"

namespace ipcutils::rpc {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view abstract_prefix = "abstract:";
constexpr std::string_view tcp_prefix = "tcp:";
constexpr std::string_view command_prefix = "exec:";
constexpr std::string_view inherited_prefix = "accept-fd:";

[[noreturn]] void refuse(std::string_view text, std::string reason, std::string hint = {}) {
  throw Error::invalid(fmt::format("invalid address {}", quote(text)), std::move(reason), std::move(hint));
}

// HOST:PORT, :PORT or PORT.
Address parse_tcp(std::string_view text, std::string_view rest) {
  const auto colon = rest.rfind(':');
  const auto host = rest.substr(0, colon == rest.npos ? 0 : colon);
  const auto name = without_brackets(host);
  if (name.size() == host.size() && host.find(':') != host.npos)
    refuse(text, "an IPv6 address needs brackets", "tcp:[::1]:PORT");
  const auto port = colon == rest.npos ? rest : rest.substr(colon + 1);
  return {Address::Family::tcp, std::string{name},
          static_cast<std::uint16_t>(parse_number(port, "port", 0, 65535))};
}

Address parse_abstract(std::string_view rest) {
  SocketAddress::abstract(rest);  // for its error
  return {Address::Family::abstract, std::string{rest}};
}

Address parse_inherited(std::string_view rest) {
  constexpr std::uint64_t largest = std::numeric_limits<int>::max();
  const auto number = parse_number(rest, "descriptor", 0, largest);
  return {.family = Address::Family::inherited, .name = {}, .descriptor = static_cast<int>(number)};
}

}  // namespace

Address Address::parse(std::string_view text) {
  const auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
  if (text == "-") return {Family::stdio, {}};
  if (text.starts_with(abstract_prefix)) return parse_abstract(after(abstract_prefix));
  if (text.starts_with(tcp_prefix)) return parse_tcp(text, after(tcp_prefix));
  if (text.starts_with(inherited_prefix)) return parse_inherited(after(inherited_prefix));
  if (text.starts_with(command_prefix)) {
    const auto command = after(command_prefix);
    if (sockcat::split_command(command).empty()) refuse(text, "it names no program", "exec:COMMAND");
    return {Family::command, std::string{command}};
  }
  if (text == unix_prefix) refuse(text, "its path is empty", "unix:PATH");
  if (text.starts_with(unix_prefix)) return {Family::unix_path, std::string{after(unix_prefix)}};
  if (text.find('/') != text.npos) return {Family::unix_path, std::string{text}};
  refuse(text, "it begins with none of unix:, abstract:, tcp: and exec:",
         text.find(':') == text.npos ? fmt::format("unix:{}", text) : fmt::format("tcp:{}", text));
}

std::string Address::text() const {
  switch (family) {
    case Family::unix_path:
      return fmt::format("{}{}", unix_prefix, name);
    case Family::abstract:
      return fmt::format("{}{}", abstract_prefix, name);
    case Family::command:
      return fmt::format("{}{}", command_prefix, name);
    case Family::stdio:
      return "-";
    case Family::inherited:
      return fmt::format("{}{}", inherited_prefix, descriptor);
    case Family::tcp:
      break;
  }
  if (name.empty()) return fmt::format("{}{}", tcp_prefix, port);
  return name.find(':') == name.npos ? fmt::format("{}{}:{}", tcp_prefix, name, port)
                                     : fmt::format("{}[{}]:{}", tcp_prefix, name, port);
}

}  // namespace ipcutils::rpc
