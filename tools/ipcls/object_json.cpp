#include "object_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../cli/json_line.hpp"
#include "../cli/output.hpp"

namespace ipcutils::ipcls {

namespace {

using nlohmann::ordered_json;

template <typename T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

struct CellJson {
  ordered_json operator()(std::monostate) const { return nullptr; }
  template <typename T>
  ordered_json operator()(const T& value) const {
    return value;
  }
  ordered_json operator()(const std::vector<SemaphoreState>& states) const {
    auto array = ordered_json::array();
    for (const auto& state : states)
      array.push_back({{"value", state.value},
                       {"ncount", or_null(state.waiting_to_take)},
                       {"zcount", or_null(state.waiting_for_zero)},
                       {"pid", or_null(state.last_user)}});
    return array;
  }
  ordered_json operator()(const std::vector<Holder>& holders) const {
    auto array = ordered_json::array();
    for (const auto& holder : holders) array.push_back({{"pid", holder.pid}, {"command", holder.command}});
    return array;
  }
  ordered_json operator()(const WaiterList& waiters) const {
    auto array = (*this)(waiters.known);
    for (std::uint64_t i = 0; i < waiters.unknown; ++i)
      array.push_back({{"pid", nullptr}, {"command", nullptr}});
    return array;
  }
};

}  // namespace

std::string object_as_json(const Object& object, const ObjectColumns& columns) {
  ordered_json line;
  for (const auto* column : columns) {
    std::string key{column->name};
    std::ranges::transform(key, key.begin(), ::tolower);
    line[key] = std::visit(CellJson{}, column->cell(object));
  }
  return cli::json_line(line);
}

void print_objects_as_json(const std::vector<Object>& objects, const ObjectColumns& columns) {
  for (const auto& object : objects) cli::print("{}\n", object_as_json(object, columns));
}

}  // namespace ipcutils::ipcls
