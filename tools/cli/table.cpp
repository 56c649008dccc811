#include "table.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ipcutils/error.hpp>
#include <memory>

#include "aligned_table.h"
#include "output.hpp"

namespace ipcutils::cli {

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

using FormatFunction = decltype(&ipcutils_format_aligned);

#if IPCUTILS_SINGLE_BINARY && IPCUTILS_HAVE_STATIC_SMARTCOLS
FormatFunction find_format_function() { return &ipcutils_format_aligned; }
#elif IPCUTILS_SINGLE_BINARY
FormatFunction find_format_function() { return nullptr; }
#else
// libsmartcols is loaded when a table is to be printed and not before: every tool starts faster without it.
// The path is relative to the library that this is part of; dlopen(3).
FormatFunction find_format_function() {
  void* const library = ::dlopen("$ORIGIN/libipcutils-table.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  return reinterpret_cast<FormatFunction>(::dlsym(library, "ipcutils_format_aligned"));
}
#endif

}  // namespace

void print_aligned(const Table& table) {
  const auto format = find_format_function();
  // libsmartcols prints nothing at all of a table without rows.
  if (format == nullptr || table.rows.empty()) return print_raw(table);
  std::vector<ipcutils_aligned_column> columns;
  for (const auto& column : table.columns)
    columns.push_back({column.heading.c_str(), column.is_right_aligned});
  std::vector<const char*> cells;
  for (const auto& row : table.rows)
    for (const auto& cell : row) cells.push_back(cell.c_str());
  const ipcutils_aligned_table view{columns.data(), columns.size(), cells.data(), table.rows.size(),
                                    table.has_headings};
  char* text = nullptr;
  if (const int errnum = format(&view, &text); errnum != 0) throw Error{errnum, "cannot print a table"};
  const std::unique_ptr<char, decltype(&std::free)> owner{text, std::free};
  print("{}\n", text);
}

void print_raw(const Table& table) {
  const auto print_row = [](const auto& cells, auto text_of) {
    auto separator = std::string_view{};
    for (const auto& cell : cells) {
      print("{}{}", separator, raw_cell(text_of(cell)));
      separator = " ";
    }
    print("\n");
  };
  if (table.has_headings) print_row(table.columns, [](const TableColumn& column) { return column.heading; });
  for (const auto& row : table.rows) print_row(row, [](const std::string& cell) { return cell; });
}

}  // namespace ipcutils::cli
