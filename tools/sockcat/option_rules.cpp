#include "option_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/error.hpp>
#include <string>
#include <vector>

namespace ipcutils::sockcat {

namespace {

struct Need {
  Option::Id option;
  std::vector<Option::Id> any_of;
};

struct Exclusion {
  Option::Id option;
  Option::Id other;
};

constexpr Exclusion exclusions[] = {
    {Option::pipes, Option::nofork},
    {Option::pty, Option::nofork},
    {Option::pipes, Option::pty},
};

[[noreturn]] void refuse(Option::Id id, const std::string& why) {
  throw Error::invalid(fmt::format("invalid option '{}'", option(id).name),
                       fmt::format("it counts for nothing {}", why));
}

std::vector<Need> needs_of(const Keyword& keyword) {
  std::vector<Need> needs{{Option::max_children, {Option::fork}},
                          {Option::ctty, {Option::pty}},
                          {Option::interval, {Option::retry, Option::forever, Option::fork}}};
  // A client makes no file but the one that it binds to.
  if (keyword.mechanism == Mechanism::unix_socket && (keyword.groups & group::local) != 0)
    for (const auto id : {Option::group, Option::mode, Option::umask, Option::unlink_close, Option::user})
      needs.push_back({id, {Option::bind, Option::bind_tempname}});
  if (keyword.id == Keyword::Id::open) needs.push_back({Option::umask, {Option::creat}});
  return needs;
}

void require(const AddressSpec& spec, const Need& need) {
  const auto is_there = [&](Option::Id id) { return spec.has(id); };
  if (spec.find(need.option) == nullptr || std::ranges::any_of(need.any_of, is_there)) return;
  std::vector<std::string_view> names;
  for (const auto id : need.any_of) names.push_back(option(id).name);
  refuse(need.option, fmt::format("without {}", fmt::join(names, " or ")));
}

// A pipe that has no name is neither made nor found anywhere.
void require_no_file_options(const AddressSpec& spec) {
  constexpr Groups of_files = group::named | group::made | group::owned;
  for (const auto& given : spec.options)
    if ((given.option->groups & of_files) != 0) refuse(given.option->id, "without PATH");
}

}  // namespace

void require_effective_options(const AddressSpec& spec) {
  for (const auto& need : needs_of(*spec.keyword)) require(spec, need);
  for (const auto& [id, other] : exclusions)
    if (spec.has(id) && spec.has(other)) refuse(id, fmt::format("with {}", option(other).name));
  if (spec.keyword->id == Keyword::Id::unnamed_or_named_pipe && spec.parameters.empty())
    require_no_file_options(spec);
}

}  // namespace ipcutils::sockcat
