#include "filters.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/transfer.hpp>
#include <iterator>

#include "../cli/diagnostic.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::size_t bytes_a_line = 16;

std::string head_line(Direction direction, std::size_t size, std::uint64_t position) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  const std::time_t seconds = nanoseconds / 1'000'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S", &parts);
  return fmt::format("{} {}.{:09}  length={} from={} to={}\n", direction == Direction::forward ? '>' : '<',
                     text.data(), nanoseconds % 1'000'000'000, size, position,
                     position + (size == 0 ? 0 : size - 1));
}

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::string as_readable(std::string_view data) {
  std::string text;
  for (const char c : data) {
    if (c == '\n' || c == '\t')
      text += c;
    else if (c == '\r')
      text += "\\r";
    else if (c == '\\')
      text += "\\\\";
    else
      text += is_printable(c) ? c : '.';
  }
  return text;
}

std::string in_hexadecimal(std::string_view data) {
  std::string text;
  for (const char c : data)
    fmt::format_to(std::back_inserter(text), " {:02x}", static_cast<unsigned char>(c));
  return text;
}

// Lines of 16 bytes, or of what ends in a newline, with the text beside them.
std::string in_two_columns(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const auto newline = data.substr(0, bytes_a_line).find('\n');
    const auto line = data.substr(0, newline == data.npos ? bytes_a_line : newline + 1);
    std::string readable;
    for (const char c : line) readable += is_printable(c) ? c : '.';
    fmt::format_to(std::back_inserter(text), "{:<{}}  {}\n", in_hexadecimal(line), bytes_a_line * 3,
                   readable);
    data.remove_prefix(line.size());
  }
  return text + "--\n";
}

FileDescriptor open_record(const std::string& path) {
  if (path.empty()) return {};
  return open_for_writing(path, O_WRONLY | O_APPEND | O_CREAT, 0600, "record");
}

}  // namespace

std::string with_newlines(std::string_view data, LineEnd from) {
  std::string result;
  for (const char c : data) {
    if (c != '\r')
      result += c;
    else if (from == LineEnd::cr)
      result += '\n';
  }
  return result;
}

std::string with_line_ends(std::string_view data, LineEnd to) {
  std::string result;
  for (const char c : data) {
    if (c != '\n')
      result += c;
    else
      result += to == LineEnd::cr ? "\r" : "\r\n";
  }
  return result;
}

std::string dump(Direction direction, std::string_view data, std::uint64_t position, bool as_text,
                 bool as_hexadecimal) {
  auto text = head_line(direction, data.size(), position);
  if (as_text && as_hexadecimal) return text + in_two_columns(data);
  return text + (as_text ? as_readable(data) : in_hexadecimal(data) + "\n");
}

Filters::Filters(const Channel& first, const Channel& second, const Settings& settings)
    : m_settings{settings},
      m_forward{first.read_lines, second.written_lines, settings.forward_record,
                open_record(settings.forward_record)},
      m_backward{second.read_lines, first.written_lines, settings.backward_record,
                 open_record(settings.backward_record)} {}

bool Filters::is_needed() const {
  const auto has_work = [](const Way& way) {
    return way.from != LineEnd::newline || way.to != LineEnd::newline || way.record.is_open();
  };
  return has_work(m_forward) || has_work(m_backward) || m_settings.dumps_text || m_settings.dumps_hexadecimal;
}

bool Filters::apply(Direction direction, std::span<const std::byte> data, std::string& replacement) {
  auto& way = direction == Direction::forward ? m_forward : m_backward;
  std::string_view text{reinterpret_cast<const char*>(data.data()), data.size()};
  std::string converted;
  if (way.from != LineEnd::newline) text = converted = with_newlines(text, way.from);
  if (m_settings.dumps_text || m_settings.dumps_hexadecimal)
    cli::write_diagnostic(
        dump(direction, text, way.position, m_settings.dumps_text, m_settings.dumps_hexadecimal));
  way.position += text.size();
  if (way.record.is_open())
    transfer(std::as_bytes(std::span{text}),
             {way.record.get(), fmt::format("record {}", quote(way.record_name))},
             {.deadline = Deadline::never().interrupted_by_any()});
  if (way.to != LineEnd::newline)
    replacement = with_line_ends(text, way.to);
  else if (way.from != LineEnd::newline)
    replacement = std::move(converted);
  return way.to != LineEnd::newline || way.from != LineEnd::newline;
}

}  // namespace ipcutils::sockcat
