// What a remote procedure takes and gives.
#pragma once

#include <ipcutils/export.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ipcutils {

// A method object of OpenRPC (https://spec.open-rpc.org) without its name: "params", an array of
// {"name", "required", "schema"}; "paramStructure"; "summary", "description"; "result". Of JSON Schema these
// keywords are heard: type, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength,
// maxLength, items, minItems, maxItems, properties, required, additionalProperties; others are passed over.
// Copyable; unchangeable.
class IPCUTILS_EXPORT RpcSignature {
 public:
  // Errors: EBADMSG, with what is wrong: "its params are no array".
  static RpcSignature parse(std::string_view json);

  // What a file holds; nothing when there is none. Errors: also those of open(2).
  static std::optional<RpcSignature> read_if_exists(const std::string& path);

  // Why `params` (JSON text of an array or object; empty: none) do not fit, "a: is no integer"; nothing when
  // they do. Unknown names and superfluous positions do not fit.
  std::optional<std::string> objection(std::string_view params) const;

  // The names of its parameters, in the order of their positions.
  std::vector<std::string> parameters() const;
  std::string summary() const;  // or the description; empty: none

  // As JSON text: the method object with `name`; and the JSON Schema of an object that has all params by
  // name.
  std::string method_object(std::string_view name) const;
  std::string input_schema() const;

 private:
  struct Content;
  explicit RpcSignature(std::shared_ptr<const Content> content) : m_content{std::move(content)} {}
  std::shared_ptr<const Content> m_content;
};

// The strings, numbers, true and false among params, with their names: as members of an object have them, or
// as `names` gives them to positions, else "1", "2", …. A string is its text, all else its JSON.
IPCUTILS_EXPORT std::vector<std::pair<std::string, std::string>> scalar_rpc_params(
    std::string_view params, const std::vector<std::string>& names = {});

}  // namespace ipcutils
