#include "address_hint.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>
#include <ipcutils/socket_address.hpp>
#include <span>

#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_port(std::string_view text) {
  constexpr std::size_t max_digits = 5;
  return is_number(text) && text.size() <= max_digits;
}

bool is_ipv6(std::string_view text) {
  const auto address = SocketAddress::parse_host_if_numeric(text);
  return address && address->family() == AF_INET6;
}

bool looks_like_host(std::string_view text) {
  return text == "localhost" || text.find('.') != text.npos || text.starts_with('[');
}

std::string in_brackets(std::string_view host) {
  return is_ipv6(host) ? fmt::format("[{}]", host) : std::string{host};
}

std::string suggestion(std::string_view address) { return fmt::format("did you mean {}?", quote(address)); }

std::string joined(std::span<const std::string> parts) { return fmt::format("{}", fmt::join(parts, ":")); }

// HOST:PORT, or HOST alone, whose HOST is an IPv6 address without brackets.
std::string bracketed(std::span<const std::string> parameters) {
  const auto host = joined(parameters.first(parameters.size() - 1));
  if (is_ipv6(host)) return fmt::format("[{}]:{}", host, parameters.back());
  const auto all = joined(parameters);
  return is_ipv6(all) ? fmt::format("[{}]:PORT", all) : std::string{};
}

}  // namespace

std::string unknown_keyword_hint(std::string_view word, std::string_view parameter) {
  constexpr std::size_t max_digits = 10;
  if (is_number(word) && word.size() <= max_digits) return suggestion(fmt::format("fd:{}", word));
  if (!is_port(parameter)) return spelling_hint(word, keyword_spellings());
  if (word.empty()) return suggestion(fmt::format("tcp-listen:{}", parameter));
  if (word == "*") return suggestion(fmt::format("tcp-listen:{},bind=*", parameter));
  const auto spelling = looks_like_host(word) ? std::string{} : spelling_hint(word, keyword_spellings());
  return spelling.empty() ? suggestion(fmt::format("tcp:{}:{}", word, parameter)) : spelling;
}

std::string surplus_parameter_hint(const AddressSpec& spec) {
  const auto& parameters = spec.parameters;
  const auto& keyword = *spec.keyword;
  if (keyword.parameters[0] == Parameter::host || keyword.parameters[0] == Parameter::group) {
    const auto right = bracketed(parameters);
    if (!right.empty())
      return fmt::format("an IPv6 address needs brackets: {}",
                         quote(fmt::format("{}:{}", keyword.name, right)));
  }
  if (keyword.parameters[0] == Parameter::port && is_port(parameters.back())) {
    const auto host = joined(std::span{parameters}.first(parameters.size() - 1));
    return suggestion(fmt::format("{}:{},bind={}", keyword.name, parameters.back(), in_brackets(host)));
  }
  return keyword.parameter_count() == 0 ? "" : "a ':' that belongs to a name or command is written '\\:'";
}

std::string host_and_port_hint(std::string_view host, std::string_view port) {
  const bool is_word = host.find_first_of(":,/!") == host.npos && find_keyword(host) == nullptr;
  if (!is_port(port) || is_number(host) || !(is_word || is_ipv6(host))) return {};
  return suggestion(fmt::format("tcp:{}:{}", in_brackets(host), port));
}

std::string listening_hint(std::string_view text) {
  if (is_port(text)) return suggestion(fmt::format("tcp-listen:{}", text));
  return text.starts_with("-p") ? "to listen, write 'tcp-listen:PORT'" : "";
}

}  // namespace ipcutils::sockcat
