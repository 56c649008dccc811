#include "params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_message.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "../cli/usage_error.hpp"

namespace ipcutils::rpccall {

namespace {

struct Param {
  std::string_view name;  // empty: by position
  std::string value;      // JSON text
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(std::string_view text) {
  const auto continues = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  return !text.empty() && is_letter(text[0]) && std::ranges::all_of(text, continues);
}

std::string checked_json(const std::string& operand, std::string_view json) {
  if (const auto fault = json_fault(json))
    throw cli::UsageError{fmt::format("the value of {} is no JSON: {}", quote(operand), *fault)};
  return std::string{json};
}

Param parse_param(const std::string& operand) {
  const std::string_view text{operand};
  if (!is_utf8(text)) throw cli::UsageError{fmt::format("{} is not UTF-8, as JSON must be", quote(operand))};
  const auto equals = text.find('=');
  const auto before = text.substr(0, equals);
  const bool is_json = equals != text.npos && before.ends_with(':');
  const auto name = before.substr(0, before.size() - (is_json ? 1 : 0));
  const bool has_name = equals != text.npos && is_name(name);
  if (is_json && (has_name || name.empty())) return {name, checked_json(operand, text.substr(equals + 1))};
  return has_name ? Param{name, json_string(text.substr(equals + 1))} : Param{{}, json_string(text)};
}

}  // namespace

std::string params_of(std::span<const std::string> operands) {
  if (operands.empty()) return {};
  std::vector<Param> params;
  for (const auto& operand : operands) {
    auto param = parse_param(operand);
    const auto has_its_name = [&](const Param& other) { return other.name == param.name; };
    if (!params.empty() && params.front().name.empty() != param.name.empty())
      throw cli::UsageError{
          fmt::format("{} is a parameter {}, unlike those before (all have names, or none has)",
                      quote(operand), param.name.empty() ? "without name" : "with name")};
    if (!param.name.empty() && std::ranges::any_of(params, has_its_name))
      throw cli::UsageError{fmt::format("the parameter {} is given twice", quote(param.name))};
    params.push_back(std::move(param));
  }
  const bool by_name = !params.front().name.empty();
  std::string text;
  for (const auto& param : params) {
    text += text.empty() ? (by_name ? '{' : '[') : ',';
    if (by_name) text += fmt::format("{}:", json_string(param.name));
    text += param.value;
  }
  return text + (by_name ? '}' : ']');
}

}  // namespace ipcutils::rpccall
