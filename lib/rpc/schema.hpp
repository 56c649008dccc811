// The part of JSON Schema that signatures use. Internal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils {

// What is wrong with a schema, "its minimum is no number"; nothing when objection_of_schema() can use it.
std::optional<std::string> schema_fault(const nlohmann::ordered_json& schema);

// Where and why a JSON text does not fit a schema without fault, ".size[2]: is no integer".
std::optional<std::string> objection_of_schema(const nlohmann::ordered_json& schema, std::string_view json);

}  // namespace ipcutils
