#include "values.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <charconv>
#include <ipcutils/error.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/socket_address.hpp>
#include <limits>
#include <stdexcept>
#include <utility>

#include "../cli/account.hpp"
#include "../cli/usage_error.hpp"
#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

[[noreturn]] void refuse(std::string_view noun, std::string_view text, std::string reason) {
  throw Error::invalid(fmt::format("invalid {} {}", noun, shown(text)), std::move(reason));
}

// Decimal, 0x… or 0…, as socat takes it from strtoul(3).
std::uint64_t parse_c_number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum) {
  if (text.size() < 2 || text[0] != '0') return parse_number(text, "number", minimum, maximum);
  const bool is_hexadecimal = text[1] == 'x' || text[1] == 'X';
  const auto digits = text.substr(is_hexadecimal ? 2 : 1);
  const auto end = digits.data() + digits.size();
  std::uint64_t value = 0;
  const auto result = std::from_chars(digits.data(), end, value, is_hexadecimal ? 16 : 8);
  if (result.ec == std::errc::invalid_argument || result.ptr != end)
    refuse("number", text, is_hexadecimal ? "it is not hexadecimal" : "it is not octal");
  if (result.ec != std::errc{}) refuse("number", text, "the number is too large");
  return parse_number(fmt::to_string(value), "number", minimum, maximum);
}

std::uint64_t parse_octal(std::string_view text) {
  if (text.empty() || text.size() > 4 || text.find_first_not_of("01234567") != text.npos)
    refuse("permissions", text, "they are up to four octal digits");
  const auto value = parse_c_number(fmt::format("0{}", text), 0, 07777);
  if (value > 0777) refuse("permissions", text, "they are at most 777");
  return value;
}

std::uint64_t parse_size_within(const Option& option, std::string_view text) {
  const bool is_in_c = text.size() > 1 && text[0] == '0';
  const auto size = is_in_c ? parse_c_number(text, 0, option.maximum) : parse_size(text);
  return parse_number(fmt::to_string(size), "size", option.minimum, option.maximum);
}

std::uint64_t parse_family(std::string_view text) {
  constexpr std::pair<std::string_view, int> families[] = {
      {"ip4", AF_INET},  {"ipv4", AF_INET},  {"inet", AF_INET},   {"2", AF_INET},
      {"ip6", AF_INET6}, {"ipv6", AF_INET6}, {"inet6", AF_INET6}, {"10", AF_INET6},
  };
  for (const auto& [name, family] : families)
    if (name == folded(text)) return static_cast<std::uint64_t>(family);
  refuse("family", text, "it is neither ip4 nor ip6");
}

std::string checked_text(std::string_view text) {
  if (text.empty()) refuse("value", text, "it is empty");
  if (text.find('\0') != text.npos) refuse("value", text, "it contains a NUL");
  return std::string{text};
}

// Two parts that a separator divides, none of them empty.
std::string checked_pair(std::string_view text, std::string_view separators, std::string_view form) {
  const auto middle = text.find_first_of(separators, text.starts_with('[') ? text.find(']') : 0);
  if (middle == 0 || middle == text.npos || middle + 1 == text.size())
    refuse("value", text, fmt::format("it is not {}", form));
  return checked_text(text);
}

Value parse(const Option& option, std::string_view text) {
  switch (option.kind) {
    case ValueKind::none:
      refuse("value", text, "the option takes none");
    case ValueKind::flag:
      return parse_c_number(text, option.minimum, option.maximum) != 0;
    case ValueKind::number:
      return parse_c_number(text, option.minimum, option.maximum);
    case ValueKind::size:
      return parse_size_within(option, text);
    case ValueKind::duration:
      return parse_duration(text);
    case ValueKind::mode:
      return std::uint64_t{parse_mode(text, 0600)};
    case ValueKind::octal:
      return parse_octal(text);
    case ValueKind::user:
      return std::uint64_t{cli::parse_user(checked_text(text))};
    case ValueKind::group:
      return std::uint64_t{cli::parse_group(checked_text(text))};
    case ValueKind::family:
      return parse_family(text);
    case ValueKind::text:
    case ValueKind::path:
    case ValueKind::address:
      return checked_text(text);
    case ValueKind::range:
      return checked_pair(text, "/:", value_name(option.kind));
    case ValueKind::membership:
      return checked_pair(text, ":", value_name(option.kind));
    case ValueKind::socket_option:
      if (option.id != Option::setsockopt_string) parse_socket_bytes(parse_socket_option(text).value);
      parse_socket_option(text);
      return checked_text(text);
  }
  throw std::logic_error{"a kind of value without parser"};
}

}  // namespace

Value parse_value(const Option& option, std::string_view text) {
  const auto attempt = [&] { return fmt::format("invalid {} {}", option.name, shown(text)); };
  try {
    return parse(option, text);
  } catch (const Error& error) {
    throw Error::invalid(attempt(), error.reason(), error.hint());
  } catch (const cli::UsageError&) {
    throw Error::invalid(attempt(), "there is none of that name");
  }
}

Value value_without_text(const Option& option) {
  if (option.kind == ValueKind::none || option.kind == ValueKind::flag) return true;
  throw Error::invalid(fmt::format("invalid option '{}'", option.name), "its value is missing",
                       fmt::format("it is written {}", option.synopsis()));
}

HostAndPort parse_host_and_port(std::string_view text) {
  if (text.empty()) refuse("address", text, "it is empty");
  const auto end_of_host = text.starts_with('[') ? text.find(']') : text.find(':');
  if (end_of_host == text.npos) {
    if (text[0] == '[') refuse("address", text, "a bracket is not closed");
    return {std::string{text}, {}};
  }
  const auto colon = text[0] == '[' ? end_of_host + 1 : end_of_host;
  const auto host = without_brackets(text.substr(0, colon));
  if (colon == text.size()) return {std::string{host}, {}};
  const auto port = text.substr(colon + 1);
  if (text[colon] != ':' || port.empty()) refuse("address", text, "it is not HOST:PORT");
  if (port.find(':') != port.npos) refuse("address", text, "a host with colons stands in brackets");
  return {std::string{host}, std::string{port}};
}

Membership parse_membership(std::string_view text) {
  const auto colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
  return {std::string{without_brackets(text.substr(0, colon))}, std::string{text.substr(colon + 1)}};
}

SocketOption parse_socket_option(std::string_view text) {
  const auto first = text.find(':');
  const auto second = first == text.npos ? first : text.find(':', first + 1);
  if (second == text.npos) refuse("value", text, "it is not LEVEL:NAME:VALUE");
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
  const auto number = [](std::string_view part) {
    return static_cast<int>(parse_c_number(part, 0, largest));
  };
  return {number(text.substr(0, first)), number(text.substr(first + 1, second - first - 1)),
          std::string{text.substr(second + 1)}};
}

std::string parse_socket_bytes(std::string_view text) {
  if (!text.starts_with('x')) {
    const bool is_negative = text.starts_with('-') || text.starts_with("i-");
    const auto digits = text.substr((text.starts_with('i') ? 1 : 0) + (is_negative ? 1 : 0));
    const auto number = static_cast<int>(parse_c_number(digits, 0, std::numeric_limits<int>::max()));
    const int value = is_negative ? -number : number;
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }
  const auto digits = text.substr(1);
  if (digits.empty() || digits.size() % 2 != 0 ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
    refuse("value", text, "it is no bytes in hexadecimal");
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace ipcutils::sockcat
