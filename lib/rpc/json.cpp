#include "json.hpp"

#include <algorithm>
#include <ipcutils/rpc_message.hpp>
#include <nlohmann/json.hpp>

namespace ipcutils {

namespace {

using nlohmann::json;

// Up to the first byte that `is_end` chooses, from an offset on.
template <typename IsEnd>
std::size_t find_byte(std::string_view text, std::size_t from, IsEnd is_end) {
  const auto* const begin = text.data();
  return static_cast<std::size_t>(std::find_if(begin + from, begin + text.size(), is_end) - begin);
}

// The offset after a string that begins at `begin`.
std::size_t string_end(std::string_view text, std::size_t begin) {
  const auto is_special = [](char c) { return c == '"' || c == '\\'; };
  auto at = find_byte(text, begin + 1, is_special);
  while (text[at] == '\\') at = find_byte(text, at + 2, is_special);
  return at + 1;
}

std::size_t structure_end(std::string_view text) {
  // A bracket of ASCII is a brace but for one bit.
  const auto is_special = [](char c) { return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}'; };
  std::size_t at = 0;
  std::size_t depth = 0;
  do {
    at = find_byte(text, at, is_special);
    if (text[at] == '"') {
      at = string_end(text, at);
      continue;
    }
    (text[at] | 0x20) == '{' ? ++depth : --depth;
    ++at;
  } while (depth > 0);
  return at;
}

// The size of the value with which a text begins.
std::size_t value_size(std::string_view text) {
  switch (json_type(text)) {
    case JsonType::string:
      return string_end(text, 0);
    case JsonType::array:
    case JsonType::object:
      return structure_end(text);
    default:
      return find_byte(text, 0, [](char c) { return is_json_blank(c) || c == ',' || c == ']' || c == '}'; });
  }
}

std::string_view without_blanks_before(std::string_view text) {
  text.remove_prefix(find_byte(text, 0, [](char c) { return !is_json_blank(c); }));
  return text;
}

}  // namespace

std::string_view trim_json(std::string_view json) {
  json = without_blanks_before(json);
  while (!json.empty() && is_json_blank(json.back())) json.remove_suffix(1);
  return json;
}

JsonType json_type(std::string_view json) {
  switch (without_blanks_before(json).front()) {
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case '"':
      return JsonType::string;
    case 'n':
      return JsonType::null;
    case 't':
    case 'f':
      return JsonType::boolean;
    default:
      return JsonType::number;
  }
}

bool is_structured_json(std::string_view json) {
  const auto type = json_type(json);
  return type == JsonType::array || type == JsonType::object;
}

std::string decode_json_string(std::string_view quoted) {
  if (quoted.find('\\') == quoted.npos) return std::string{quoted.substr(1, quoted.size() - 2)};
  return json::parse(quoted).get<std::string>();
}

JsonParts::JsonParts(std::string_view json)
    : m_rest{without_blanks_before(json)}, m_has_names{m_rest.front() == '{'} {
  m_rest.remove_prefix(1);
}

bool JsonParts::next() {
  m_rest = without_blanks_before(m_rest);
  if (m_rest.front() == ']' || m_rest.front() == '}') return false;
  if (m_rest.front() == ',') m_rest.remove_prefix(1);
  if (m_has_names) {
    m_name = take();
    m_rest = without_blanks_before(m_rest).substr(1);  // the colon
  }
  m_value = take();
  return true;
}

std::string_view JsonParts::take() {
  m_rest = without_blanks_before(m_rest);
  const auto part = m_rest.substr(0, value_size(m_rest));
  m_rest.remove_prefix(part.size());
  return part;
}

std::string json_string(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> string_in_json(std::string_view json) {
  if (json_fault(json) || json_type(json) != JsonType::string) return std::nullopt;
  return decode_json_string(trim_json(json));
}

}  // namespace ipcutils
