#include "table.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cstdlib>

#include "../cli/output.hpp"

namespace ipcutils::ipcls {

namespace {

std::string raw_cell(const std::string& text) {
  if (text.empty()) return "-";
  std::string out;
  for (const char c : text) {
    if (c == ' ')
      out += "\\040";
    else
      out += c;
  }
  return out;
}

bool is_ascii(const std::string& text) {
  return std::ranges::none_of(text, [](char c) { return (c & 0x80) != 0; });
}

// While it lives, this thread has the locale. The rest of the process may be a shell, which has its own.
class LocaleInUse {
 public:
  explicit LocaleInUse(locale_t locale) : m_old{::uselocale(locale)} {}
  LocaleInUse(const LocaleInUse&) = delete;
  LocaleInUse& operator=(const LocaleInUse&) = delete;
  ~LocaleInUse() { ::uselocale(m_old); }

 private:
  locale_t m_old;
};

// How many places of a terminal printable UTF-8 takes. A locale is loaded for other than ASCII characters and
// not before: that takes as long as all the rest of a tool.
std::size_t width_of(const std::string& text) {
  if (is_ascii(text)) return text.size();
  static const locale_t knows_widths = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
  if (knows_widths == locale_t{}) return text.size();
  const LocaleInUse in_use{knows_widths};
  std::wstring characters(text.size(), L'\0');
  if (std::mbstowcs(characters.data(), text.c_str(), characters.size()) > characters.size())
    return text.size();
  const int width = ::wcswidth(characters.c_str(), characters.size());
  return width < 0 ? text.size() : static_cast<std::size_t>(width);
}

void for_each_line(const Table& table, auto use) {
  if (table.has_headings) {
    std::vector<std::string> headings;
    for (const auto& column : table.columns) headings.push_back(column.heading);
    use(headings);
  }
  for (const auto& row : table.rows) use(row);
}

}  // namespace

void print_aligned(const Table& table) {
  std::vector<std::size_t> widths(table.columns.size());
  for_each_line(table, [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  });
  // Blanks are owed until another cell follows: none end a line.
  for_each_line(table, [&](const std::vector<std::string>& cells) {
    std::string line;
    std::size_t owed = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto gap = widths[i] - width_of(cells[i]);
      const bool is_right_aligned = table.columns[i].is_right_aligned;
      if (is_right_aligned) owed += gap;
      if (!cells[i].empty()) {
        line.append(owed, ' ') += cells[i];
        owed = 0;
      }
      owed += is_right_aligned ? 1 : gap + 1;
    }
    cli::write_output(line += '\n');
  });
}

void print_raw(const Table& table) {
  for_each_line(table, [](const std::vector<std::string>& cells) {
    std::string line;
    for (const auto& cell : cells) {
      if (!line.empty()) line += ' ';
      line += raw_cell(cell);
    }
    cli::write_output(line += '\n');
  });
}

}  // namespace ipcutils::ipcls
