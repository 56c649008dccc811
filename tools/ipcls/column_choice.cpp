#include "column_choice.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <ipcutils/quote.hpp>

#include "../cli/usage_error.hpp"

namespace ipcutils::ipcls {

namespace {

const ObjectColumn& column_named(std::string_view name) {
  const auto has_name = [&](const ObjectColumn& column) {
    return std::ranges::equal(column.name, name, [](char a, char b) { return a == ::toupper(b); });
  };
  const auto found = std::ranges::find_if(all_object_columns(), has_name);
  if (found != all_object_columns().end()) return *found;
  std::string known;
  for (const auto& column : all_object_columns())
    known += fmt::format("{}{}", known.empty() ? "" : " ", column.name);
  throw cli::UsageError{fmt::format("unknown column {}: there are {}", quote(name), known)};
}

}  // namespace

ObjectColumns parse_columns(std::string_view text, const ObjectColumns& preset) {
  ObjectColumns chosen;
  if (text.starts_with('+')) {
    chosen = preset;
    text.remove_prefix(1);
  }
  for (;;) {
    const auto comma = text.find(',');
    chosen.push_back(&column_named(text.substr(0, comma)));
    if (comma == text.npos) return chosen;
    text.remove_prefix(comma + 1);
  }
}

SortOrder parse_sort_order(std::string_view text) {
  const bool is_descending = text.starts_with('-');
  return {&column_named(text.substr(is_descending ? 1 : 0)), is_descending};
}

void sort_objects(std::vector<Object>& objects, const SortOrder& order) {
  std::vector<std::pair<Cell, std::size_t>> keys;
  for (std::size_t i = 0; i < objects.size(); ++i) keys.emplace_back(order.column->cell(objects[i]), i);
  const auto is_less = [](const auto& a, const auto& b) { return a.first < b.first; };
  const auto is_greater = [](const auto& a, const auto& b) { return b.first < a.first; };
  if (order.is_descending)
    std::ranges::stable_sort(keys, is_greater);
  else
    std::ranges::stable_sort(keys, is_less);
  std::vector<Object> sorted;
  for (const auto& [cell, i] : keys) sorted.push_back(std::move(objects[i]));
  objects = std::move(sorted);
}

ObjectColumns default_columns(const std::set<Kind>& kinds) {
  auto columns = parse_columns("REF,KEY,OWNER,MODE", {});
  const auto add_if_any = [&](const std::set<Kind>& having, std::string_view names) {
    if (std::ranges::any_of(having, [&](Kind kind) { return kinds.contains(kind); }))
      std::ranges::move(parse_columns(names, {}), std::back_inserter(columns));
  };
  add_if_any({Kind::shm, Kind::mq, Kind::mb, Kind::fifo}, "SIZE");
  add_if_any({Kind::shm}, "NATTCH,STATUS");
  add_if_any({Kind::mq, Kind::mb}, "MSGS");
  add_if_any({Kind::sem}, "NSEMS,VALUES");
  if (kinds == std::set{Kind::mb})
    add_if_any(kinds, "ONFULL,WRITERS,RECEIVERS,LOST,DROPPED");
  else
    add_if_any({Kind::mb, Kind::fifo}, "READERS,WRITERS");
  return columns;
}

ObjectColumns every_column() {
  ObjectColumns all;
  for (const auto& column : all_object_columns()) all.push_back(&column);
  return all;
}

}  // namespace ipcutils::ipcls
