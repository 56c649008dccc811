// ipcmk: makes objects exactly as util-linux's ipcmk does. Manual page: ipcutils-compat(7).
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ipcutils/error.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/sysv.hpp>

#include "../cli/entry.hpp"
#include "frame.hpp"
#include "numbers.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view help = R"(
Usage:
 {0} [options]

Create various IPC resources.

Options:
 -M, --shmem <size>       create shared memory segment of size <size>
 -S, --semaphore <number> create semaphore array with <number> elements
 -Q, --queue              create message queue
 -p, --mode <mode>        permission for the resource (default is 0644)

 -m, --posix-shmem <size> create POSIX shared memory of size <size>
 -s, --posix-semaphore    create POSIX semaphore
 -q, --posix-mqueue       create POSIX message queue
 -n, --name <name>        name of the POSIX resource

 -h, --help               display this help
 -V, --version            display version

Arguments:
 <size> arguments may be followed by the suffixes for
   GiB, TiB, PiB, EiB, ZiB, and YiB (the "iB" is optional)

For more details see ipcmk(1).
)";

struct Options {
  std::optional<std::uint64_t> segment_size;
  bool queue = false;
  std::optional<int> semaphores;
  int mode = 0644;

  std::optional<std::uint64_t> posix_size;
  bool posix_queue = false;
  bool posix_semaphore = false;
  std::optional<std::string> name;

  bool wants_posix() const { return posix_size || posix_queue || posix_semaphore; }
};

Options parse(int argc, char** argv) {
  constexpr option long_options[] = {
      {"shmem", required_argument, nullptr, 'M'},
      {"semaphore", required_argument, nullptr, 'S'},
      {"queue", no_argument, nullptr, 'Q'},
      {"mode", required_argument, nullptr, 'p'},
      {"posix-shmem", required_argument, nullptr, 'm'},
      {"posix-semaphore", no_argument, nullptr, 's'},
      {"posix-mqueue", no_argument, nullptr, 'q'},
      {"name", required_argument, nullptr, 'n'},
      {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'V'},
      {nullptr, 0, nullptr, 0},
  };
  Options options;
  for (int letter; (letter = ::getopt_long(argc, argv, "hm:M:qQsS:p:n:V", long_options, nullptr)) != -1;) {
    switch (letter) {
      case 'M':
        options.segment_size = compat::parse_size(optarg);
        break;
      case 'Q':
        options.queue = true;
        break;
      case 'S':
        options.semaphores = compat::parse_int(optarg, "failed to parse elements");
        break;
      case 'p':
        options.mode = compat::parse_mode(optarg);
        break;
      case 'm':
        options.posix_size = compat::parse_size(optarg);
        break;
      case 'q':
        options.posix_queue = true;
        break;
      case 's':
        options.posix_semaphore = true;
        break;
      case 'n':
        options.name = optarg;
        break;
      case 'h':
        compat::print_help(help);
      case 'V':
        compat::print_version();
      default:
        compat::refuse();
    }
  }
  if (!options.segment_size && !options.queue && !options.semaphores && !options.wants_posix()) {
    compat::warn("bad usage");
    compat::refuse();
  }
  if (options.wants_posix() && !options.name) {
    compat::warn("a POSIX resource needs a name (--name)");
    compat::refuse();
  }
  return options;
}

std::uint32_t random_key() {
  std::uint32_t key = 0;
  while (key == 0)
    if (::getrandom(&key, sizeof key, 0) != sizeof key) key = 0;
  return key;
}

// Prints what has been made, or fails with the reason.
template <typename Make>
void report(const char* success, const char* failure, Make make) {
  try {
    std::fputs(fmt::format("{}: {}\n", success, make()).c_str(), stdout);
  } catch (const Error& error) {
    compat::fail(fmt::format("{}: {}", failure, std::strerror(error.code().value())));
  }
}

// Tries keys until one is free: an object that somebody else has made is never taken for a new one.
void make_sysv(Kind kind, std::uint64_t size, int mode, const char* success, const char* failure) {
  report(success, failure, [&] {
    for (;;)
      if (const auto id = sysv::create(kind, random_key(), size, mode)) return *id;
  });
}

// Memory only for what is written: the original makes it by ftruncate(2).
bool make_memory(const Reference& reference, std::uint64_t size, mode_t mode) {
  auto draft = SharedMemoryDraft::begin(reference, {.size = size, .mode = mode});
  return draft && draft->publish();
}

// The name may leave out its slash. The umask applies.
void make_posix(Kind kind, const Options& options, const char* success, const char* failure) {
  const auto name = fmt::format("{}{}", options.name->starts_with('/') ? "" : "/", *options.name);
  const auto mask = ::umask(0);
  ::umask(mask);
  const auto mode = static_cast<mode_t>(options.mode) & 0777 & ~mask;
  report(success, failure, [&] {
    const auto reference = Reference::parse(name, kind);
    const bool made =
        kind == Kind::shm ? make_memory(reference, options.posix_size.value_or(0), mode)
        : kind == Kind::mq
            ? MessageQueue::create(reference, {.mode = mode}).has_value()
            : SemaphoreSet::create(reference, {.mode = mode, .count = 1, .value = 0}).has_value();
    if (!made) throw Error{EEXIST, "cannot create"};
    return *options.name;
  });
}

int work(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (options.segment_size)
    make_sysv(Kind::shm, *options.segment_size, options.mode, "Shared memory id",
              "create share memory failed");
  if (options.queue) make_sysv(Kind::mq, 0, options.mode, "Message queue id", "create message queue failed");
  if (options.semaphores)
    make_sysv(Kind::sem, static_cast<std::uint64_t>(*options.semaphores), options.mode, "Semaphore id",
              "create semaphore failed");
  if (options.posix_size)
    make_posix(Kind::shm, options, "POSIX shared memory name", "create POSIX shared memory failed");
  if (options.posix_queue)
    make_posix(Kind::mq, options, "POSIX message queue name", "create POSIX message queue failed");
  if (options.posix_semaphore)
    make_posix(Kind::sem, options, "POSIX semaphore name", "create POSIX semaphore failed");
  return EXIT_SUCCESS;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcmk(ipcutils_environment*, int argc, char** argv) {
  return compat::run(argc, argv, work);
}
