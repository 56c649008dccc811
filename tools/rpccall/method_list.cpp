#include "method_list.hpp"

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <nlohmann/json.hpp>

#include "../cli/output.hpp"

namespace ipcutils::rpccall {

namespace {

using nlohmann::json;

[[noreturn]] void refuse() {
  throw Error::because(EBADMSG, "cannot list the methods", "the server's answer is no OpenRPC document");
}

const json& array_in(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_array()) refuse();
  return object[name];
}

std::string name_in(const json& object) {
  if (!object.is_object() || !object.contains("name") || !object["name"].is_string()) refuse();
  return escape(object["name"].get<std::string>());
}

}  // namespace

void print_methods(const std::string& document) {
  const auto parsed = json::parse(document);
  for (const auto& method : array_in(parsed, "methods")) {
    auto line = name_in(method);
    if (method.contains("params"))
      for (const auto& param : array_in(method, "params")) line += ' ' + name_in(param);
    cli::print("{}\n", line);
  }
}

}  // namespace ipcutils::rpccall
