#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_message.hpp>
#include <ipcutils/rpc_signature.hpp>
#include <nlohmann/json.hpp>

#include "json.hpp"
#include "schema.hpp"

namespace ipcutils {

namespace {

using nlohmann::ordered_json;

[[noreturn]] void refuse(std::string reason) {
  throw Error::because(EBADMSG, "invalid signature", std::move(reason));
}

struct Parameter {
  std::string name;
  bool is_required;
  ordered_json schema;
};

std::string text_member(const ordered_json& object, const char* name) {
  const auto value = object.find(name);
  if (value == object.end()) return {};
  if (!value->is_string()) refuse(fmt::format("its {} is no string", name));
  return value->get<std::string>();
}

Parameter parse_parameter(const ordered_json& descriptor) {
  if (!descriptor.is_object()) refuse("one of its params is no object");
  Parameter parameter{text_member(descriptor, "name"), false,
                      descriptor.value("schema", ordered_json::object())};
  if (parameter.name.empty()) refuse("one of its params has no name");
  if (const auto required = descriptor.find("required"); required != descriptor.end()) {
    if (!required->is_boolean())
      refuse(fmt::format("required of its param {} is neither true nor false", quote(parameter.name)));
    parameter.is_required = *required;
  }
  if (const auto fault = schema_fault(parameter.schema))
    refuse(fmt::format("the schema of its param {}: {}", quote(parameter.name), *fault));
  for (const auto* const source : {"description", "summary"})
    if (const auto text = text_member(descriptor, source); !text.empty() && parameter.schema.is_object())
      parameter.schema.emplace("description", text);
  return parameter;
}

}  // namespace

struct RpcSignature::Content {
  ordered_json method;  // without its name
  std::vector<Parameter> parameters;
  std::string structure;
  std::string summary;

  // The size of `parameters`: unknown.
  std::size_t position_of(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &Parameter::name);
    return static_cast<std::size_t>(found - parameters.begin());
  }
};

RpcSignature RpcSignature::parse(std::string_view json) {
  if (const auto fault = json_fault(json)) refuse("it is no JSON, " + *fault);
  auto content = std::make_shared<Content>();
  auto& [method, parameters, structure, summary] = *content;
  method = ordered_json::parse(json);
  if (!method.is_object()) refuse("it is no object");
  const auto params = method.find("params");
  if (params == method.end() || !params->is_array()) refuse("its params are no array");
  for (const auto& descriptor : *params) {
    auto parameter = parse_parameter(descriptor);
    if (content->position_of(parameter.name) < parameters.size())
      refuse(fmt::format("two of its params are named {}", quote(parameter.name)));
    parameters.push_back(std::move(parameter));
  }
  structure = text_member(method, "paramStructure");
  constexpr std::string_view structures[] = {"", "either", "by-name", "by-position"};
  if (std::ranges::count(structures, structure) == 0)
    refuse("its paramStructure is none of by-name, by-position, either");
  const auto description = text_member(method, "description");
  summary = text_member(method, "summary");
  if (summary.empty()) summary = description;
  method.erase("name");
  return RpcSignature{std::move(content)};
}

std::optional<std::string> RpcSignature::objection(std::string_view params) const {
  const auto& parameters = m_content->parameters;
  std::vector<bool> is_given(parameters.size());
  if (!params.empty()) {
    if (!is_structured_json(params)) return "params: is neither an array nor an object";
    const bool is_by_name = json_type(params) == JsonType::object;
    if (m_content->structure == (is_by_name ? "by-position" : "by-name"))
      return fmt::format("params: must be given {}",
                         m_content->structure == "by-name" ? "by name" : "by position");
    std::size_t index = 0;
    for (JsonParts parts{params}; parts.next(); ++index) {
      const auto position = is_by_name ? m_content->position_of(parts.name()) : index;
      if (position == parameters.size())
        return is_by_name ? escape(parts.name()) + ": is unknown"
                          : fmt::format("params: has more than {} elements", position);
      is_given[position] = true;
      const auto& [name, is_required, schema] = parameters[position];
      if (const auto objection = objection_of_schema(schema, parts.value())) return escape(name) + *objection;
    }
  }
  for (std::size_t position = 0; position < parameters.size(); ++position)
    if (parameters[position].is_required && !is_given[position])
      return escape(parameters[position].name) + ": is missing";
  return std::nullopt;
}

std::vector<std::string> RpcSignature::parameters() const {
  std::vector<std::string> names;
  for (const auto& parameter : m_content->parameters) names.push_back(parameter.name);
  return names;
}

std::string RpcSignature::summary() const { return m_content->summary; }

std::string RpcSignature::method_object(std::string_view name) const {
  auto text = R"({"name":)" + json_string(name);
  return text + ',' + m_content->method.dump().substr(1);  // which has params at least
}

std::string RpcSignature::input_schema() const {
  auto properties = ordered_json::object();
  auto required = ordered_json::array();
  for (const auto& parameter : m_content->parameters) {
    properties[parameter.name] = parameter.schema;
    if (parameter.is_required) required.push_back(parameter.name);
  }
  const ordered_json schema{{"type", "object"},
                            {"properties", properties},
                            {"required", required},
                            {"additionalProperties", false}};
  return schema.dump();
}

std::vector<std::pair<std::string, std::string>> scalar_rpc_params(std::string_view params,
                                                                   const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> scalars;
  if (params.empty() || !is_structured_json(params)) return scalars;
  const bool is_by_name = json_type(params) == JsonType::object;
  std::size_t index = 0;
  for (JsonParts parts{params}; parts.next(); ++index) {
    const auto type = json_type(parts.value());
    if (type == JsonType::null || is_structured_json(parts.value())) continue;
    auto name = is_by_name ? parts.name() : index < names.size() ? names[index] : std::to_string(index + 1);
    scalars.emplace_back(std::move(name), type == JsonType::string ? decode_json_string(parts.value())
                                                                   : std::string{parts.value()});
  }
  return scalars;
}

}  // namespace ipcutils
