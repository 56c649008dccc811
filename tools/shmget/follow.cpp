#include "follow.hpp"

#include <unistd.h>

#include <algorithm>
#include <ipcutils/content_watch.hpp>
#include <ipcutils/fifo.hpp>
#include <ipcutils/size.hpp>
#include <vector>

#include "../cli/exit_status.hpp"

namespace ipcutils::shmget {

namespace {

// What the options choose of an object of this size.
std::vector<std::byte> read_version(const SharedMemory& object, std::uint64_t size, const Options& options) {
  std::vector<std::byte> version(std::min(options.length, bytes_between(options.offset, size)));
  version.resize(object.read(version, options.offset));
  if (options.until_nul) version.erase(std::ranges::find(version, std::byte{0}), version.end());
  if (options.ends_in_nul) version.push_back(std::byte{0});
  return version;
}

// A pipe would hold many small versions, and a slow reader get them all, late.
void wait_until_read(const Endpoint& output) {
  if (medium_of(output.fd) != Medium::pipe) return;
  if (wait_until_drained(output.fd, Deadline::never()) == Drained::reader_left)
    throw Error{EPIPE, fmt::format("cannot write {}", output.name)};
}

}  // namespace

// A version is kept in memory, because a slow reader of the output must not get the next one's end with it.
int follow(SharedMemory first, const Options& options) {
  const Endpoint output{STDOUT_FILENO, "standard output"};
  auto deadline = cli::wait_deadline(options.timeout);
  std::uint64_t count = 0;
  for (auto object = std::optional{std::move(first)}; object;
       object = SharedMemory::open_if_exists(options.source, Access::read)) {
    ContentWatch watch{*object};
    const auto size = object->size();
    const auto version = read_version(*object, size, options);
    const bool is_torn = watch.is_written();
    if (!is_torn) {
      require_offset_within(size, options);
      transfer(version, output);
      if (++count == options.count) return cli::exit_success;
      wait_until_read(output);
      deadline = cli::wait_deadline(options.timeout);
    }
    if ((is_torn && deadline.has_passed()) || !watch.wait(deadline, output))
      return cli::timed_out(tool, fmt::format("shared memory {} not changed", options.source.quoted()),
                            cli::exit_timeout, options.timeout_message);
  }
  return cli::exit_success;
}

}  // namespace ipcutils::shmget
