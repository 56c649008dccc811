#include "memory_table.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>

#include "../cli/count_text.hpp"
#include "../cli/json_line.hpp"
#include "../cli/json_values.hpp"
#include "../cli/output.hpp"
#include "cell_text.hpp"
#include "limit_table.hpp"

namespace ipcutils::ipcls {

namespace {

using What = MemoryPart::What;

// " (2 processes and 1 directory cannot be looked at)", or nothing.
std::string hidden_text(const MemoryAccount& account) {
  std::vector<std::string> hidden;
  if (account.hidden_processes > 0)
    hidden.push_back(cli::count_text(account.hidden_processes, "process", "processes"));
  if (account.hidden_directories > 0)
    hidden.push_back(cli::count_text(account.hidden_directories, "directory", "directories"));
  return hidden.empty() ? "" : fmt::format(" ({} cannot be looked at)", fmt::join(hidden, " and "));
}

std::string description_of(const MemoryPart& part, const MemoryAccount& account) {
  const std::string name{memory_part_name(part.what)};
  if (part.what == What::unknown) return name + hidden_text(account);
  if (part.what == What::unlinked) return fmt::format("{}, held by {}", name, holders_text(part.holders));
  return fmt::format("{} ({})", name, cli::count_text(part.files, "file", "files"));
}

}  // namespace

void add_memory_parts(Table& table, const MemoryAccount& account, const std::vector<Limit>& limits,
                      const TableStyle& style) {
  const auto* limit = find_limit(limits, "/dev/shm");
  const auto size = limit != nullptr ? limit->value : std::nullopt;
  for (const auto& part : account.parts)
    table.rows.push_back({std::string{kind_name(Kind::shm)}, api_name(Api::posix),
                          escape_distinctly(part.path), description_of(part, account),
                          part.bytes ? cli::size_text(*part.bytes, style.sizes) : "", "",
                          part.bytes ? share_text(*part.bytes, size) : ""});
}

void print_memory_parts_as_json(const MemoryAccount& account) {
  using nlohmann::ordered_json;
  for (const auto& part : account.parts) {
    const bool is_unknown = part.what == What::unknown;
    ordered_json line{{"kind", kind_name(Kind::shm)},
                      {"api", api_name(Api::posix)},
                      {"name", part.path},
                      {"description", memory_part_name(part.what)},
                      {"unit", limit_unit_name(LimitUnit::bytes)},
                      {"limit", nullptr},
                      {"used", or_null(part.bytes)},
                      {"files", nullptr},
                      {"holders", nullptr},
                      {"hidden_processes", nullptr},
                      {"hidden_directories", nullptr}};
    if (!is_unknown) line["files"] = part.files;
    if (is_unknown) {
      line["hidden_processes"] = account.hidden_processes;
      line["hidden_directories"] = account.hidden_directories;
    }
    if (part.what == What::unlinked) line["holders"] = part.holders;
    cli::print("{}\n", cli::json_line(line));
  }
}

}  // namespace ipcutils::ipcls
