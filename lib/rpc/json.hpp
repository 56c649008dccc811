// JSON texts, cut into the texts of their parts. Values built of them would need many times their memory.
// Every text here is one that json_fault() accepts. Internal.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils {

enum class JsonType { null, boolean, number, string, array, object };

constexpr bool is_json_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

JsonType json_type(std::string_view json);

// Whether it has parts.
bool is_structured_json(std::string_view json);

// The string that a text with its quotes, and without blanks around, means.
std::string decode_json_string(std::string_view json);

// The members of an object, or the elements of an array, one after the other. Keeps a view of the text.
class JsonParts {
 public:
  explicit JsonParts(std::string_view json);

  // Moves to the next part, at first to the first one; false after the last.
  bool next();

  std::string name() const { return decode_json_string(m_name); }  // of a member
  std::string_view value() const noexcept { return m_value; }      // without blanks around

 private:
  std::string_view take();

  std::string_view m_rest;
  bool m_has_names;
  std::string_view m_name;
  std::string_view m_value;
};

// The texts of the members of an object that have these names, in the order of the names.
template <std::convertible_to<std::string_view>... Names>
std::array<std::optional<std::string_view>, sizeof...(Names)> json_members(std::string_view json,
                                                                           Names... names) {
  std::array<std::optional<std::string_view>, sizeof...(Names)> values;
  for (JsonParts members{json}; members.next();) {
    const auto name = members.name();
    auto value = values.begin();
    ((name == names ? void(*value = members.value()) : void(), ++value), ...);
  }
  return values;
}

}  // namespace ipcutils
