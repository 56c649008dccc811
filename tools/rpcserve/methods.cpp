#include "methods.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>

namespace ipcutils::rpcserve {

namespace {

bool is_executable(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<RpcSignature> signature_of(const std::string& path) {
  return RpcSignature::read_if_exists(path + ".json");
}

// Of the executable files of a directory, in no order.
std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry{directory, error};
  for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (is_method_name(name) && is_executable(entry->path().string())) names.push_back(std::move(name));
  }
  if (error) throw Error{error.value(), fmt::format("cannot list directory {}", quote(directory))};
  return names;
}

}  // namespace

bool is_method_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name[0] != '.' && !name.starts_with("rpc.") &&
         std::ranges::all_of(name, is_allowed);
}

Methods::Methods(const Options& options) : m_directory{options.directory} {
  for (const auto& [name, path] : options.methods)
    m_named.insert_or_assign(name, Named{Command{{path}}, path});
  if (!options.command.empty()) m_named.insert_or_assign(options.name, Named{Command{options.command}, {}});
  list();  // for its errors
}

std::optional<Method> Methods::find(const std::string& name) const {
  if (const auto named = m_named.find(name); named != m_named.end()) {
    const auto& [command, path] = named->second;
    return Method{command, path.empty() ? std::nullopt : signature_of(path)};
  }
  if (m_directory.empty() || !is_method_name(name)) return std::nullopt;
  const auto path = fmt::format("{}/{}", m_directory, name);
  if (!is_executable(path)) return std::nullopt;
  return Method{Command{{path}}, signature_of(path)};
}

std::vector<Methods::Entry> Methods::list() const {
  std::map<std::string, std::optional<RpcSignature>> found;
  for (const auto& [name, named] : m_named)
    found.emplace(name, named.path.empty() ? std::nullopt : signature_of(named.path));
  if (!m_directory.empty())
    for (auto& name : names_in(m_directory))
      found.try_emplace(name, signature_of(fmt::format("{}/{}", m_directory, name)));
  std::vector<Entry> entries;
  for (auto& [name, signature] : found) entries.push_back({name, std::move(signature)});
  return entries;
}

}  // namespace ipcutils::rpcserve
