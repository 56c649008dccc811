// ipcrm: removes objects exactly as util-linux's ipcrm does. Manual page: ipcutils-compat(7).
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ipcutils/inventory.hpp>
#include <ipcutils/sysv.hpp>

#include "../cli/entry.hpp"
#include "frame.hpp"
#include "numbers.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view help = R"(
Usage:
 {0} [options]
 {0} shm|msg|sem <id>...

Remove certain IPC resources.

Options:
 -m, --shmem-id <id>        remove shared memory segment by id
 -M, --shmem-key <key>      remove shared memory segment by key
 -q, --queue-id <id>        remove message queue by id
 -Q, --queue-key <key>      remove message queue by key
 -s, --semaphore-id <id>    remove semaphore by id
 -S, --semaphore-key <key>  remove semaphore by key
 -a, --all[=shm|msg|sem]    remove all (in the specified category)
 -v, --verbose              explain what is being done

     --posix-shmem <name>      remove POSIX shared memory by name
     --posix-mqueue <name>     remove POSIX message queue by name
     --posix-semaphore <name>  remove POSIX semaphore by name

 -h, --help                 display this help
 -V, --version              display version

For more details see ipcrm(1).
)";

struct KindWords {
  Kind kind;
  std::string_view word;  // on the command line
  std::string_view noun;
  std::string_view noun_of_all;  // where the kernel has none
};

constexpr KindWords kinds[] = {
    // in the order in which --all removes
    {Kind::shm, "shm", "shared memory segment", "shared memory"},
    {Kind::sem, "sem", "semaphore", "semaphores"},
    {Kind::mq, "msg", "message queue", "message queues"},
};

const KindWords& words_of(Kind kind) {
  for (const auto& words : kinds)
    if (words.kind == kind) return words;
  std::abort();
}

const KindWords* find_kind(std::string_view word) {
  for (const auto& words : kinds)
    if (words.word == word) return &words;
  return nullptr;
}

// What a failure of a call on an object by identifier, key or name is called; nothing for one that ends the
// tool.
std::string_view word_for(int errnum) {
  switch (errnum) {
    case EACCES:
    case EPERM:
      return "permission denied for";
    case EIDRM:
      return "already removed";
    case EINVAL:
    case ENOENT:
      return "invalid";
    default:
      return {};
  }
}

// Warns that something failed and returns false.
bool warn_of(int errnum, std::string_view by, std::string_view which) {
  const auto word = word_for(errnum);
  if (word.empty()) compat::fail(fmt::format("{} failed: {}", by, std::strerror(errnum)));
  compat::warn(fmt::format("{} {} ({})", word, by, which));
  return false;
}

// `by` is "id" or "key", by which the object was asked for.
bool remove(Kind kind, int id, std::string_view by, bool verbose) {
  if (verbose) std::printf("removing %s id `%d'\n", words_of(kind).noun.data(), id);
  try {
    sysv::remove(kind, id);
    return true;
  } catch (const Error& error) {
    return warn_of(error.code().value(), by, fmt::format("{}", id));
  }
}

bool remove_by_id(Kind kind, const char* text, bool verbose) {
  return remove(kind, compat::parse_int(text, "failed to parse argument"), "id", verbose);
}

bool remove_by_key(Kind kind, const char* text, bool verbose) {
  const auto key = compat::parse_key(text, "failed to parse argument");
  if (key == 0) {
    compat::warn(fmt::format("illegal key ({})", text));
    return false;
  }
  int id = 0;
  try {
    id = sysv::id_of(kind, key);
  } catch (const Error& error) {
    const int errnum = error.code().value();
    if (errnum == EPERM || errnum == EINVAL)
      compat::fail(fmt::format("key failed: {}", std::strerror(errnum)));
    return warn_of(errnum, "key", text);
  }
  return remove(kind, id, "key", verbose);
}

// POSIX objects. A name may leave out its slash.
bool remove_by_name(Kind kind, const char* name, bool verbose) {
  if (verbose) std::printf("removing POSIX %s `%s'\n", std::string{kind_noun(kind)}.c_str(), name);
  try {
    const auto reference = Reference::parse(fmt::format("{}{}", *name == '/' ? "" : "/", name), kind);
    return remove_object_if_exists(reference) || warn_of(ENOENT, "name", name);
  } catch (const Error& error) {
    return warn_of(error.code().value(), "name", name);
  }
}

bool remove_all(const KindWords* only, bool verbose) {
  bool all_removed = true;
  for (const auto& words : kinds) {
    if (only != nullptr && only != &words) continue;
    std::vector<int> ids;
    try {
      ids = sysv::list_readable(words.kind);
    } catch (const Error&) {
      compat::fail(fmt::format("kernel not configured for {}", words.noun_of_all));
    }
    for (const int id : ids) all_removed = remove(words.kind, id, "id", verbose) && all_removed;
  }
  return all_removed;
}

// The old form: ipcrm shm ID...
int remove_listed(const KindWords& words, int argc, char** argv) {
  if (argc < 3) {
    compat::warn("not enough arguments");
    compat::refuse();
  }
  bool all_removed = true;
  for (char** argument = argv + 2; *argument != nullptr; ++argument) {
    char* end;
    errno = 0;
    const long id = std::strtol(*argument, &end, 10);
    if (errno != 0 || *end != '\0') {
      compat::warn(fmt::format("invalid id: {}", *argument));
      all_removed = false;
      continue;
    }
    all_removed = remove(words.kind, static_cast<int>(id), "id", false) && all_removed;
  }
  if (!all_removed) return EXIT_FAILURE;
  std::puts("resource(s) deleted");
  return EXIT_SUCCESS;
}

// Objects are removed as the options come: a mistake behind them does not save them.
int work(int argc, char** argv) {
  if (argc > 1)
    if (const auto* words = find_kind(argv[1])) return remove_listed(*words, argc, argv);

  enum { posix_shmem = 256, posix_mqueue, posix_semaphore };
  constexpr option long_options[] = {
      {"shmem-id", required_argument, nullptr, 'm'},
      {"shmem-key", required_argument, nullptr, 'M'},
      {"queue-id", required_argument, nullptr, 'q'},
      {"queue-key", required_argument, nullptr, 'Q'},
      {"semaphore-id", required_argument, nullptr, 's'},
      {"semaphore-key", required_argument, nullptr, 'S'},
      {"all", optional_argument, nullptr, 'a'},
      {"verbose", no_argument, nullptr, 'v'},
      {"posix-shmem", required_argument, nullptr, posix_shmem},
      {"posix-mqueue", required_argument, nullptr, posix_mqueue},
      {"posix-semaphore", required_argument, nullptr, posix_semaphore},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'V'},
      {nullptr, 0, nullptr, 0},
  };
  bool all_removed = true;
  bool verbose = false;
  bool all = false;
  const KindWords* only = nullptr;
  const auto removed = [&](bool is) { all_removed = is && all_removed; };
  for (int letter; (letter = ::getopt_long(argc, argv, "q:m:s:Q:M:S:a::vhV", long_options, nullptr)) != -1;) {
    switch (letter) {
      case 'm':
        removed(remove_by_id(Kind::shm, optarg, verbose));
        break;
      case 'M':
        removed(remove_by_key(Kind::shm, optarg, verbose));
        break;
      case 'q':
        removed(remove_by_id(Kind::mq, optarg, verbose));
        break;
      case 'Q':
        removed(remove_by_key(Kind::mq, optarg, verbose));
        break;
      case 's':
        removed(remove_by_id(Kind::sem, optarg, verbose));
        break;
      case 'S':
        removed(remove_by_key(Kind::sem, optarg, verbose));
        break;
      case posix_shmem:
        removed(remove_by_name(Kind::shm, optarg, verbose));
        break;
      case posix_mqueue:
        removed(remove_by_name(Kind::mq, optarg, verbose));
        break;
      case posix_semaphore:
        removed(remove_by_name(Kind::sem, optarg, verbose));
        break;
      case 'a':
        all = true;
        if (optarg == nullptr) break;
        only = find_kind(optarg);
        if (only == nullptr) compat::fail(fmt::format("unknown argument: {}", optarg));
        break;
      case 'v':
        verbose = true;
        break;
      case 'h':
        compat::print_help(help);
      case 'V':
        compat::print_version();
      default:
        compat::refuse();
    }
  }
  if (all) removed(remove_all(only, verbose));
  if (optind < argc) {
    compat::warn(fmt::format("unknown argument: {}", argv[optind]));
    compat::refuse();
  }
  return all_removed ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcrm(ipcutils_environment*, int argc, char** argv) {
  return compat::run(argc, argv, work);
}
