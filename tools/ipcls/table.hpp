// Tables on standard output.
#pragma once

#include <string>
#include <vector>

#include "../cli/human_size.hpp"

namespace ipcutils::ipcls {

struct TableColumn {
  std::string heading;
  bool is_right_aligned = false;
};

struct TableStyle {
  bool has_headings = true;
  cli::Sizes sizes = cli::Sizes::exact;
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> rows;  // a cell a column, as escape_distinctly() has it
  bool has_headings = true;
};

// Columns of equal width, with one space between. An empty cell is blank.
void print_aligned(const Table& table);

// Columns with one space between. A space within a cell stands as \040, an empty cell as "-".
void print_raw(const Table& table);

}  // namespace ipcutils::ipcls
