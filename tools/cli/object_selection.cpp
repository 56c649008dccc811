#include "object_selection.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ipcutils/holders.hpp>
#include <ipcutils/number.hpp>
#include <iterator>
#include <limits>

#include "account.hpp"
#include "command_line.hpp"

namespace ipcutils::cli {

Selection ObjectSelection::selection() const {
  Selection selection;
  if (!kinds.empty()) selection.kinds = kinds;
  if (sysv != posix) selection.apis = {sysv ? Api::sysv : Api::posix};
  // Queues are not removed with messages in them, and sets have their last users inside.
  selection.contents = contents || filter.is_any();
  return selection;
}

void add_selection_options(CommandLine& command_line, ObjectSelection& selection) {
  auto& filter = selection.filter;
  command_line.flag("shmems,m", "shared memory", [&] { selection.kinds.insert(Kind::shm); });
  command_line.flag("queues,q", "message queues", [&] { selection.kinds.insert(Kind::mq); });
  command_line.flag("semaphores,s", "semaphores", [&] { selection.kinds.insert(Kind::sem); });
  command_line.flag("mb", "mailboxes", [&] { selection.kinds.insert(Kind::mb); });
  command_line.flag("sysv", "only System V objects", selection.sysv);
  command_line.flag("posix", "only POSIX objects", selection.posix);
  command_line.option("owner", "USER", "only objects of this user, a name or a number",
                      [&](auto text) { filter.owners.insert(parse_user(text)); });
  command_line.flag("mine", "only your own objects", [&] { filter.owners.insert(::geteuid()); });
  command_line.option("name", "GLOB", "only POSIX objects whose name matches, or with !GLOB does not",
                      [&](auto text) { filter.names.push_back(NamePattern::parse(text)); });
  command_line.option(
      "pid", "PID", "only System V objects that this process made or used last", [&](auto text) {
        constexpr auto highest = std::numeric_limits<pid_t>::max();
        filter.processes.insert(static_cast<pid_t>(parse_number(text, "process ID", 1, highest)));
      });
  command_line
      .option("larger-than", "SIZE", "only objects of more bytes than this",
              [&](auto text) { filter.larger_than = parse_size(text); })
      .only_once();
  command_line
      .option_with_optional_argument(
          "full", "PERCENT", "only queues and mailboxes that are full, or filled to PERCENT of their limit",
          [&](auto text) { filter.filled_to = text ? parse_number(*text, "percentage", 1, 100) : 100; })
      .only_once();
  command_line
      .option("older-than", "DURATION", "only objects not used or changed for this long",
              [&](auto text) { filter.older_than = parse_duration(text); })
      .only_once();
  command_line.flag("unused", "only objects that nobody holds", filter.unused);
  command_line.flag("orphaned", "only objects whose makers and users are dead", filter.orphaned);
}

Choice choose(std::vector<Object> objects, const ObjectSelection& selection, std::vector<Error>& failures) {
  const auto wanted = selection.selection();
  const Moment now = std::chrono::system_clock::now();
  auto without_holders = selection.filter;
  without_holders.unused = without_holders.orphaned = false;
  std::erase_if(objects, [&](const Object& object) {
    const bool is_wanted = (selection.kinds.empty() || wanted.kinds.contains(object.reference.kind)) &&
                           (object.api == Api::file || wanted.apis.contains(object.api));
    return !is_wanted || !without_holders.matches(object, now);
  });
  Choice choice{std::move(objects), {}};
  if (!selection.filter.needs_holders()) return choice;
  // Asking whether an object is in use opens it, so that another who asks at the same moment finds it in
  // use: only what can still be meant is asked about.
  look_for_holders(choice.chosen, &failures);
  const auto held =
      std::stable_partition(choice.chosen.begin(), choice.chosen.end(),
                            [&](const Object& object) { return selection.filter.matches(object, now); });
  choice.held.assign(std::move_iterator{held}, std::move_iterator{choice.chosen.end()});
  choice.chosen.erase(held, choice.chosen.end());
  return choice;
}

Choice find_objects(const ObjectSelection& selection, std::vector<Error>& failures) {
  return choose(list_objects(selection.selection(), &failures), selection, failures);
}

}  // namespace ipcutils::cli
