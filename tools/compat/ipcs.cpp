// ipcs: shows System V objects exactly as util-linux's ipcs does. Manual page: ipcutils-compat(7).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ipcutils/inventory.hpp>
#include <ipcutils/limits.hpp>
#include <ipcutils/sysv.hpp>
#include <set>

#include "../cli/entry.hpp"
#include "frame.hpp"
#include "ipcs_formats.hpp"
#include "numbers.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view help = R"(
Usage:
 {0} [resource-option...] [output-option]
 {0} -m|-q|-s -i <id>

Show information on IPC facilities.

Options:
 -i, --id <id>  print details on resource identified by <id>
 -h, --help     display this help
 -V, --version  display version

Resource options:
 -m, --shmems      shared memory segments
 -q, --queues      message queues
 -s, --semaphores  semaphores
 -a, --all         all (default)

Output options:
 -t, --time        show attach, detach and change times
 -p, --pid         show PIDs of creator and last operator
 -c, --creator     show creator and owner
 -l, --limits      show resource limits
 -u, --summary     show status summary
     --human       show sizes in human-readable format
 -b, --bytes       show sizes in bytes

For more details see ipcs(1).
)";

struct Options {
  std::set<Kind> kinds;
  compat::Format format = compat::Format::objects;
  compat::Unit unit = compat::Unit::usual;
  std::optional<int> id;
};

Options parse(int argc, char** argv) {
  constexpr int human = 256;
  constexpr option long_options[] = {
      {"id", required_argument, nullptr, 'i'},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'V'},
      {"shmems", no_argument, nullptr, 'm'},
      {"queues", no_argument, nullptr, 'q'},
      {"semaphores", no_argument, nullptr, 's'},
      {"all", no_argument, nullptr, 'a'},
      {"time", no_argument, nullptr, 't'},
      {"pid", no_argument, nullptr, 'p'},
      {"creator", no_argument, nullptr, 'c'},
      {"limits", no_argument, nullptr, 'l'},
      {"summary", no_argument, nullptr, 'u'},
      {"human", no_argument, nullptr, human},
      {"bytes", no_argument, nullptr, 'b'},
      {nullptr, 0, nullptr, 0},
  };
  using compat::Format, compat::Unit;
  Options options;
  for (int letter; (letter = ::getopt_long(argc, argv, "i:qmsatpclubVh", long_options, nullptr)) != -1;) {
    switch (letter) {
      case 'i':
        options.id = compat::parse_int(optarg, "failed to parse id argument");
        break;
      case 'm':
        options.kinds.insert(Kind::shm);
        break;
      case 'q':
        options.kinds.insert(Kind::mq);
        break;
      case 's':
        options.kinds.insert(Kind::sem);
        break;
      case 'a':
        options.kinds = {Kind::shm, Kind::mq, Kind::sem};
        break;
      case 't':
        options.format = Format::times;
        break;
      case 'p':
        options.format = Format::processes;
        break;
      case 'c':
        options.format = Format::owners;
        break;
      case 'l':
        options.format = Format::limits;
        break;
      case 'u':
        options.format = Format::usage;
        break;
      case human:
        options.unit = Unit::human;
        break;
      case 'b':
        options.unit = Unit::bytes;
        break;
      case 'h':
        compat::print_help(help);
      case 'V':
        compat::print_version();
      default:
        compat::refuse();
    }
  }
  if (options.id && options.kinds.size() != 1)
    compat::fail("when using an ID, a single resource must be specified");
  if (options.kinds.empty()) options.kinds = {Kind::shm, Kind::mq, Kind::sem};
  return options;
}

void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void put_object(std::string_view pattern, const Object& object, compat::Unit unit) {
  put(compat::fill_in(pattern, unit,
                      [&](std::string_view name) { return compat::object_cell(object, name, unit); }));
}

// The original shows nothing of what it cannot list, and says nothing.
bool put_objects(const compat::Section& section, compat::Unit unit) {
  std::vector<Error> failures;
  const auto objects = list_objects(
      {.kinds = {section.kind}, .apis = {Api::sysv}, .contents = false, .order = SysvOrder::table},
      &failures);
  put(compat::fill_in(section.head, unit, {}));
  for (const auto& object : objects) put_object(section.row, object, unit);
  for (const auto& failure : failures) compat::warn(failure.what());
  return failures.empty();
}

void put_limits(const compat::Section& section, compat::Unit unit) {
  const auto limits = list_limits({.kinds = {section.kind}, .apis = {Api::sysv}, .contents = false});
  if (limits.empty())
    return put(fmt::format("unable to fetch {} limits\n", section.kind == Kind::mq    ? "message"
                                                          : section.kind == Kind::shm ? "shared memory"
                                                                                      : "semaphore"));
  put(compat::fill_in(section.head, unit,
                      [&](std::string_view name) { return compat::limit_cell(limits, name, unit); }));
}

template <typename Usage>
void put_usage(const compat::Section& section, compat::Unit unit, const std::optional<Usage>& usage,
               std::string_view what) {
  if (!usage) return put(fmt::format("kernel not configured for {}\n", what));
  put(compat::fill_in(section.head, unit,
                      [&](std::string_view name) { return compat::usage_cell(*usage, name, unit); }));
}

void put_usage(const compat::Section& section, compat::Unit unit) {
  if (section.kind == Kind::mq) return put_usage(section, unit, queue_usage(), "message queues");
  if (section.kind == Kind::shm) return put_usage(section, unit, segment_usage(), "shared memory");
  put_usage(section, unit, semaphore_usage(), "semaphores");
}

// Whether all of it could be put.
bool put_section(const compat::Section& section, compat::Unit unit) {
  switch (section.format) {
    case compat::Format::limits:
      put_limits(section, unit);
      return true;
    case compat::Format::usage:
      put_usage(section, unit);
      return true;
    default:
      return put_objects(section, unit);
  }
}

// The original asks the kernel for the limit of a queue, and shows 0 where that is refused.
void hide_limit_of_unreadable(Object& object) {
  auto* queue = std::get_if<MessageQueueStatus>(&object.status);
  if (queue == nullptr) return;
  const auto readable = sysv::list_readable(Kind::mq);
  if (std::ranges::find(readable, object.id) == readable.end()) queue->max_bytes = 0;
}

// That there is no such object is told, and no failure.
int put_details(const Options& options) {
  const auto kind = *options.kinds.begin();
  auto object = find_object({kind, SysvId{*options.id}});
  if (!object) {
    compat::warn(fmt::format("id {} not found", *options.id));
    return EXIT_SUCCESS;
  }
  hide_limit_of_unreadable(*object);
  const auto& section = *compat::find_section(compat::Format::details, kind);
  if (kind != Kind::sem) {
    put_object(section.row, *object, options.unit);
    return EXIT_SUCCESS;
  }
  const auto& states = std::get<SemaphoreStatus>(object->status).states;
  if (!states) compat::fail("semctl(GETVAL) failed: Permission denied");
  put_object(section.head, *object, options.unit);
  for (unsigned i = 0; i < states->size(); ++i)
    put(compat::fill_in(section.row, options.unit, [&](std::string_view name) {
      return compat::semaphore_cell((*states)[i], i, name);
    }));
  put("\n");
  return EXIT_SUCCESS;
}

int work(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (options.id) return put_details(options);
  put("\n");
  bool is_complete = true;
  for (const auto kind : {Kind::mq, Kind::shm, Kind::sem}) {
    if (!options.kinds.contains(kind)) continue;
    if (const auto* section = compat::find_section(options.format, kind))
      is_complete = put_section(*section, options.unit) && is_complete;
    put("\n");
  }
  return is_complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcs(ipcutils_environment*, int argc, char** argv) {
  return compat::run(argc, argv, work);
}
