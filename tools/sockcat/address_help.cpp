#include "address_help.hpp"

#include <fmt/format.h>

#include "keywords.hpp"
#include "options.hpp"
#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

// "any", or the names of the groups.
std::string names_of(Groups groups) {
  std::string names;
  for (const auto& [group, name] : group_names())
    if ((groups & group) != 0) names += fmt::format("{}{}", names.empty() ? "" : " ", name);
  return names;
}

template <typename Row>
void append(std::string& out, const Row& row) {
  fmt::format_to(std::back_inserter(out), "  {}\n      {}\n", row.synopsis(), row.help);
  if (!row.aliases.empty()) fmt::format_to(std::back_inserter(out), "      also: {}\n", row.aliases);
  fmt::format_to(std::back_inserter(out), "      groups: {}\n", names_of(row.groups));
}

}  // namespace

std::string address_help() {
  std::string out =
      "ADDRESS is KEYWORD[:PARAMETER]...[,OPTION[=VALUE]]..., or READ!!WRITE with one address for each\n"
      "direction. A digit is a descriptor, a text with '/' a file or socket. An address takes the options "
      "that\n"
      "share a group with it.\n\nAddresses:\n";
  for (const auto& keyword : keywords()) append(out, keyword);
  out += "\nOptions:\n";
  for (const auto& option : options()) append(out, option);
  return out;
}

}  // namespace ipcutils::sockcat
