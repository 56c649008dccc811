#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_framing.hpp>
#include <ipcutils/rpc_message.hpp>
#include <utility>

#include "json.hpp"

namespace ipcutils {

namespace {

constexpr std::size_t max_header_size = 4096;

[[noreturn]] void refuse(int errnum, std::string reason) {
  throw Error::because(errnum, "cannot read a message", std::move(reason));
}

// Of ASCII alone, whatever the locale is.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_of_header_name(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_content_length(std::string_view name) {
  return std::ranges::equal(name, std::string_view{"content-length"}, {}, lower);
}

std::size_t parse_length(std::string_view text, std::size_t maximum) {
  text = trim_json(text);
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument)
    refuse(EBADMSG, fmt::format("its Content-Length is {}, which is no number", quote(text.substr(0, 64))));
  if (error != std::errc{} || length > maximum)
    refuse(EMSGSIZE, fmt::format("it is longer than {} bytes", maximum));
  return length;
}

}  // namespace

std::optional<std::string> RpcReader::next() {
  for (;;) {
    auto message = m_framing == RpcFraming::lsp ? next_counted() : next_ended();
    if (!message) drop_taken();
    if (!message || !std::ranges::all_of(*message, is_json_blank)) return message;
  }
}

std::optional<std::string> RpcReader::last() {
  const std::string_view rest{std::string_view{m_bytes}.substr(m_begin)};
  const bool is_in_header = m_header_size > 0;
  if (!is_in_header && std::ranges::all_of(rest, is_json_blank)) return std::nullopt;
  if (m_framing != RpcFraming::line) refuse(EBADMSG, "its end is missing");
  return take(rest.size(), 0);
}

std::optional<std::string> RpcReader::next_ended() {
  const auto end = m_bytes.find(m_framing == RpcFraming::line ? '\n' : '\0', m_searched);
  m_searched = std::min(end, m_bytes.size());
  const auto size = m_searched - m_begin;
  if (size > m_max_size) refuse(EMSGSIZE, fmt::format("it is longer than {} bytes", m_max_size));
  if (end == m_bytes.npos) return std::nullopt;
  return take(size, 1);
}

std::optional<std::string> RpcReader::next_counted() {
  while (!m_is_in_body)
    if (!take_header_line()) return std::nullopt;
  if (m_bytes.size() - m_begin < *m_length) return std::nullopt;
  m_is_in_body = false;
  m_header_size = 0;
  return take(*std::exchange(m_length, std::nullopt), 0);
}

bool RpcReader::take_header_line() {
  const auto end = m_bytes.find('\n', m_searched);
  m_searched = std::min(end, m_bytes.size());
  const auto size = m_searched - m_begin;
  if (m_header_size + size > max_header_size)
    refuse(EBADMSG, fmt::format("its header is longer than {} bytes", max_header_size));
  if (end == m_bytes.npos) return false;
  read_header_line(std::string_view{m_bytes}.substr(m_begin, size));
  m_header_size += size + 1;
  m_searched = m_begin = end + 1;
  return true;
}

void RpcReader::read_header_line(std::string_view line) {
  const auto name = line.substr(0, line.find(':'));
  const bool is_end = line == "\r";
  if (!is_end && (!line.ends_with('\r') || name.empty() || !std::ranges::all_of(name, is_of_header_name)))
    refuse(EBADMSG, fmt::format("{} is no line of a header", quote(line.substr(0, 64))));
  if (is_content_length(name)) {
    if (m_length) refuse(EBADMSG, "it has a second Content-Length");
    m_length = parse_length(line.substr(name.size() + 1), m_max_size);
  } else if (is_end) {
    if (!m_length) refuse(EBADMSG, "its header has no Content-Length");
    m_is_in_body = true;
  }
}

std::string RpcReader::take(std::size_t size, std::size_t ending) {
  std::string message;
  if (m_begin == 0 && size + ending == m_bytes.size()) {
    m_bytes.resize(size);
    message = std::exchange(m_bytes, {});
  } else {
    message = m_bytes.substr(m_begin, size);
    m_begin += size + ending;
  }
  m_searched = m_begin;
  return message;
}

void RpcReader::drop_taken() {
  if (m_begin == 0) return;
  m_bytes = m_bytes.substr(m_begin);
  m_searched -= m_begin;
  m_begin = 0;
}

std::string frame_rpc(std::string message, RpcFraming framing) {
  switch (framing) {
    case RpcFraming::line:
      // Some peers take a CR for the end of a line, too.
      std::ranges::replace_if(
          message, [](char c) { return c == '\n' || c == '\r'; }, ' ');
      message += '\n';
      break;
    case RpcFraming::lsp:
      message.insert(0, fmt::format("Content-Length: {}\r\n\r\n", message.size()));
      break;
    case RpcFraming::nul:
      message += '\0';
  }
  return message;
}

}  // namespace ipcutils
