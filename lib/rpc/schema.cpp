#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <ipcutils/quote.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "json.hpp"

namespace ipcutils {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Objection = std::optional<std::string>;

// Holds 64 bits and doubles exactly where it has 64 bits of mantissa or more, as on x86-64 and AArch64.
using Number = long double;

Number number_in(std::string_view text) { return json::parse(text).get<Number>(); }

bool is_of_type(std::string_view text, std::string_view type) {
  switch (json_type(text)) {
    case JsonType::null:
      return type == "null";
    case JsonType::boolean:
      return type == "boolean";
    case JsonType::number:
      return type == "number" || (type == "integer" && number_in(text) == std::floor(number_in(text)));
    case JsonType::string:
      return type == "string";
    case JsonType::array:
      return type == "array";
    case JsonType::object:
      return type == "object";
  }
  return false;
}

bool is_equal(std::string_view text, const ordered_json& expected) {
  const auto expected_text = expected.dump();
  if (json_type(text) != json_type(expected_text)) return false;
  if (expected.is_number()) return number_in(text) == expected.get<Number>();
  return json::parse(text) == json::parse(expected_text);  // whatever the order of members is
}

// Faults

bool is_type_name(const ordered_json& value) {
  static constexpr std::string_view names[] = {"null",   "boolean", "number", "integer",
                                               "string", "array",   "object"};
  return value.is_string() && std::ranges::count(names, value.get_ref<const std::string&>()) == 1;
}

template <typename IsElement>
bool is_array_of(const ordered_json& value, IsElement is_element) {
  return value.is_array() && std::ranges::all_of(value, is_element);
}

struct Keyword {
  std::string_view name;
  std::string_view noun;
  bool (*is_well_formed)(const ordered_json& value);
};

constexpr auto is_number = [](const ordered_json& value) { return value.is_number(); };
constexpr auto is_count = [](const ordered_json& value) { return value.is_number_unsigned(); };

constexpr Keyword keywords[] = {
    {"type", "type of JSON, or an array of them",
     [](const ordered_json& value) { return is_type_name(value) || is_array_of(value, is_type_name); }},
    {"enum", "array", [](const ordered_json& value) { return value.is_array(); }},
    {"minimum", "number", is_number},
    {"maximum", "number", is_number},
    {"exclusiveMinimum", "number", is_number},
    {"exclusiveMaximum", "number", is_number},
    {"minLength", "count", is_count},
    {"maxLength", "count", is_count},
    {"minItems", "count", is_count},
    {"maxItems", "count", is_count},
    {"required", "array of strings",
     [](const ordered_json& value) {
       return is_array_of(value, [](const ordered_json& name) { return name.is_string(); });
     }},
    {"properties", "object", [](const ordered_json& value) { return value.is_object(); }},
};

}  // namespace

std::optional<std::string> schema_fault(const ordered_json& schema) {
  if (schema.is_boolean()) return std::nullopt;
  if (!schema.is_object()) return "it is neither an object nor true or false";
  for (const auto& [name, noun, is_well_formed] : keywords)
    if (const auto value = schema.find(name); value != schema.end() && !is_well_formed(*value))
      return fmt::format("its {} is no {}", name, noun);
  for (const auto* const name : {"items", "additionalProperties"})
    if (const auto inner = schema.find(name); inner != schema.end())
      if (const auto fault = schema_fault(*inner)) return fmt::format("its {}: {}", name, *fault);
  if (const auto inner = schema.find("properties"); inner != schema.end())
    for (const auto& [name, property] : inner->items())
      if (const auto fault = schema_fault(property))
        return fmt::format("its property {}: {}", quote(name), *fault);
  return std::nullopt;
}

namespace {
// Objections. Each function hears the keywords for one type of value.

const ordered_json* find(const ordered_json& schema, std::string_view keyword) {
  const auto value = schema.find(keyword);
  return value == schema.end() ? nullptr : &*value;
}

Objection objection_to_number(const ordered_json& schema, std::string_view text) {
  const auto number = number_in(text);
  const auto breaks = [&](std::string_view keyword, auto is_fitting) {
    const auto* const limit = find(schema, keyword);
    return limit != nullptr && !is_fitting(number, limit->get<Number>()) ? limit : nullptr;
  };
  if (const auto* const limit = breaks("minimum", std::greater_equal{}))
    return ": is less than " + limit->dump();
  if (const auto* const limit = breaks("maximum", std::less_equal{}))
    return ": is greater than " + limit->dump();
  if (const auto* const limit = breaks("exclusiveMinimum", std::greater{}))
    return ": is not greater than " + limit->dump();
  if (const auto* const limit = breaks("exclusiveMaximum", std::less{}))
    return ": is not less than " + limit->dump();
  return std::nullopt;
}

Objection objection_to_count(const ordered_json& schema, std::size_t count, std::string_view minimum,
                             std::string_view maximum, std::string_view noun) {
  if (const auto* const limit = find(schema, minimum); limit && count < limit->get<std::size_t>())
    return fmt::format(": has fewer than {} {}", limit->dump(), noun);
  if (const auto* const limit = find(schema, maximum); limit && count > limit->get<std::size_t>())
    return fmt::format(": has more than {} {}", limit->dump(), noun);
  return std::nullopt;
}

Objection objection_to_string(const ordered_json& schema, std::string_view text) {
  const auto is_lead = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto length = std::ranges::count_if(decode_json_string(text), is_lead);
  return objection_to_count(schema, static_cast<std::size_t>(length), "minLength", "maxLength", "characters");
}

Objection objection_to_array(const ordered_json& schema, std::string_view text) {
  const auto* const items = find(schema, "items");
  std::size_t count = 0;
  for (JsonParts elements{text}; elements.next(); ++count)
    if (items != nullptr)
      if (const auto objection = objection_of_schema(*items, elements.value()))
        return fmt::format("[{}]{}", count, *objection);
  return objection_to_count(schema, count, "minItems", "maxItems", "elements");
}

Objection objection_to_object(const ordered_json& schema, std::string_view text) {
  const auto* const properties = find(schema, "properties");
  const auto* const others = find(schema, "additionalProperties");
  const auto* const required = find(schema, "required");
  auto missing = required != nullptr ? required->get<std::vector<std::string>>() : std::vector<std::string>{};
  for (JsonParts members{text}; members.next();) {
    const auto name = members.name();
    std::erase(missing, name);
    const auto* known = properties != nullptr ? find(*properties, name) : nullptr;
    if (known == nullptr && others != nullptr && *others == false)
      return fmt::format(".{}: is unknown", escape(name));
    if (known == nullptr) known = others;
    if (known == nullptr) continue;
    if (const auto objection = objection_of_schema(*known, members.value()))
      return fmt::format(".{}{}", escape(name), *objection);
  }
  if (!missing.empty()) return fmt::format(".{}: is missing", escape(missing.front()));
  return std::nullopt;
}

Objection objection_to_type(const ordered_json& type, std::string_view text) {
  const auto types =
      type.is_array() ? type.get<std::vector<std::string>>() : std::vector{type.get<std::string>()};
  if (std::ranges::any_of(types, [&](std::string_view name) { return is_of_type(text, name); }))
    return std::nullopt;
  return fmt::format(": is no {}", fmt::join(types, " or "));
}

}  // namespace

std::optional<std::string> objection_of_schema(const ordered_json& schema, std::string_view json) {
  if (schema.is_boolean()) return schema ? std::nullopt : Objection{": must not be given"};
  if (const auto* const type = find(schema, "type"))
    if (auto objection = objection_to_type(*type, json)) return objection;
  if (const auto* const expected = find(schema, "const"); expected && !is_equal(json, *expected))
    return ": is not " + expected->dump();
  if (const auto* const choices = find(schema, "enum"))
    if (std::ranges::none_of(*choices, [&](const auto& choice) { return is_equal(json, choice); }))
      return ": is none of " + choices->dump();
  switch (json_type(json)) {
    case JsonType::number:
      return objection_to_number(schema, json);
    case JsonType::string:
      return objection_to_string(schema, json);
    case JsonType::array:
      return objection_to_array(schema, json);
    case JsonType::object:
      return objection_to_object(schema, json);
    default:
      return std::nullopt;
  }
}

}  // namespace ipcutils
