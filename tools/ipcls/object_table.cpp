#include "object_table.hpp"

#include "cell_text.hpp"

namespace ipcutils::ipcls {

Table table_of_objects(const std::vector<Object>& objects, const ObjectColumns& columns,
                       const TableStyle& style) {
  Table table{.columns = {}, .rows = {}, .has_headings = style.has_headings};
  for (const auto* column : columns)
    table.columns.push_back({std::string{column->name}, is_number(column->look)});
  for (const auto& object : objects) {
    std::vector<std::string> row;
    row.reserve(columns.size());
    for (const auto* column : columns)
      row.push_back(cell_text(column->cell(object), column->look, style.sizes));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace ipcutils::ipcls
