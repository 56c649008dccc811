#include "limit_table.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "../cli/json_values.hpp"
#include "../cli/output.hpp"

namespace ipcutils::ipcls {

namespace {

std::string text_of(const Limit& limit, const std::optional<std::uint64_t>& value, const TableStyle& style) {
  if (!value) return "unlimited";
  return limit.unit == LimitUnit::bytes ? cli::size_text(*value, style.sizes) : std::to_string(*value);
}

}  // namespace

std::string share_text(std::uint64_t used, const std::optional<std::uint64_t>& limit) {
  if (limit.value_or(0) == 0) return {};
  return fmt::format("{:.2f}%", 100 * static_cast<double>(used) / static_cast<double>(*limit));
}

Table table_of_limits(const std::vector<Limit>& limits, const TableStyle& style) {
  Table table{.columns = {{"KIND"}, {"API"}, {"NAME"}, {"DESCRIPTION"}, {"LIMIT", true}, {"UNIT"}},
              .rows = {},
              .has_headings = style.has_headings};
  for (const auto& limit : limits)
    table.rows.push_back({std::string{kind_name(limit.kind)}, api_name(limit.api), std::string{limit.name},
                          std::string{limit.description}, text_of(limit, limit.value, style),
                          std::string{limit_unit_name(limit.unit)}});
  return table;
}

Table table_of_usage(const std::vector<Limit>& limits, const TableStyle& style) {
  Table table{
      .columns =
          {{"KIND"}, {"API"}, {"NAME"}, {"DESCRIPTION"}, {"USED", true}, {"LIMIT", true}, {"SHARE", true}},
      .rows = {},
      .has_headings = style.has_headings};
  for (const auto& limit : limits)
    if (limit.used)
      table.rows.push_back({std::string{kind_name(limit.kind)}, api_name(limit.api), std::string{limit.name},
                            std::string{limit.description}, text_of(limit, limit.used, style),
                            text_of(limit, limit.value, style), share_text(*limit.used, limit.value)});
  return table;
}

void print_limits_as_json(const std::vector<Limit>& limits) {
  using nlohmann::ordered_json;
  for (const auto& limit : limits) {
    const ordered_json line{{"kind", kind_name(limit.kind)},
                            {"api", api_name(limit.api)},
                            {"name", limit.name},
                            {"description", limit.description},
                            {"unit", limit_unit_name(limit.unit)},
                            {"limit", or_null(limit.value)},
                            {"used", or_null(limit.used)}};
    cli::print("{}\n", line.dump());
  }
}

}  // namespace ipcutils::ipcls
