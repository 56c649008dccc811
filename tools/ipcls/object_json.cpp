#include "object_json.hpp"

#include <algorithm>

#include "../cli/json_line.hpp"
#include "../cli/json_values.hpp"
#include "../cli/output.hpp"

namespace ipcutils::ipcls {

namespace {

using nlohmann::ordered_json;

struct CellJson {
  ordered_json operator()(std::monostate) const { return nullptr; }
  template <typename T>
  ordered_json operator()(const T& value) const {
    return value;
  }
  ordered_json operator()(const WaiterList& waiters) const {
    ordered_json array = waiters.known;
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
