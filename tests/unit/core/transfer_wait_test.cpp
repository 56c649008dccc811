// Transfers that end also in other ways than at the end of the source: TransferOptions::wait.
#include <ipcutils/fifo.hpp>
#include <ipcutils/poll.hpp>
#include <ipcutils/transfer.hpp>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

constexpr std::size_t large = 3 * 1024 * 1024 + 1027;
constexpr EndType every_end[] = {EndType::file, EndType::pipe, EndType::socket, EndType::device};

bool wait_for_ever(int fd, short events) { return poll_until(fd, events, Deadline::never()); }

}  // namespace

TEST_CASE("transfer with a wait: every pair of descriptors") {
  const auto from_type = GENERATE(from_range(std::begin(every_end), std::end(every_end)));
  const auto to_type = GENERATE(from_range(std::begin(every_end), std::end(every_end)));
  const bool nonblocking = GENERATE(false, true);
  CAPTURE(from_type, to_type, nonblocking);
  TestSource source{from_type, pattern(large)};
  Sink sink{to_type};
  if (nonblocking) {
    set_nonblocking(source.end());
    set_nonblocking(sink.end());
  }
  const std::uint64_t length = from_type == EndType::device ? large : until_end;
  CHECK(transfer(source.endpoint(), sink.endpoint(), {.length = length, .wait = wait_for_ever}) == large);
  if (sink.tells()) CHECK((sink.content() == source.content()));
}

TEST_CASE("transfer with a wait: it is asked about the two endpoints, and for nothing else") {
  const auto from_type = GENERATE(EndType::pipe, EndType::socket);
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  CAPTURE(from_type, to_type);
  TestSource source{from_type, pattern(large)};
  Sink sink{to_type};
  set_nonblocking(source.end());
  set_nonblocking(sink.end());
  bool is_asked_well = true;
  const auto wait = [&](int fd, short events) {
    const bool is_source = fd == source.end().get() && events == POLLIN;
    const bool is_sink = fd == sink.end().get() && events == POLLOUT;
    is_asked_well = is_asked_well && (is_source || is_sink);
    return wait_for_ever(fd, events);
  };
  CHECK(transfer(source.endpoint(), sink.endpoint(), {.wait = wait}) == large);
  CHECK(is_asked_well);
}

TEST_CASE("transfer with a wait: false about the source ends it, and nothing has been lost") {
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  const bool nonblocking = GENERATE(false, true);
  CAPTURE(to_type, nonblocking);
  if (nonblocking) set_nonblocking(channel.out);
  Sink sink{to_type};
  write_all(channel.in.get(), pattern(5000));
  const auto wait = [&](int fd, short events) {
    return events == POLLOUT || poll_until(fd, events, Deadline::immediate());
  };
  CHECK(transfer({channel.out.get(), "source"}, sink.endpoint(), {.wait = wait}) == 5000);
  write_all(channel.in.get(), "and more");
  CHECK(transfer({channel.out.get(), "source"}, sink.endpoint(), {.wait = wait}) == 8);
  CHECK((sink.content() == pattern(5000) + "and more"));
}

TEST_CASE("transfer with a wait: false about a full destination ends it, and the rest is in the source") {
  const auto from_type = GENERATE(EndType::pipe, EndType::socket);
  CAPTURE(from_type);
  TestSource source{from_type, pattern(large)};
  auto channel = make_pipe();
  ::fcntl(channel.in.get(), F_SETPIPE_SZ, 4096);  // a page of a socket can be large
  set_nonblocking(channel.in);
  set_nonblocking(source.end());
  const auto wait = [&](int fd, short events) {
    return events == POLLIN ? wait_for_ever(fd, events) : poll_until(fd, events, Deadline::immediate());
  };
  const auto moved =
      transfer(source.endpoint(), {channel.in.get(), "sink"}, {.widen_pipes = false, .wait = wait});
  CHECK(moved > 0);
  CHECK(moved < large);
  channel.in.reset();
  auto content = read_all(channel.out.get());
  CHECK(content.size() == moved);
  Sink rest{EndType::file};
  transfer(source.endpoint(), rest.endpoint());
  CHECK((content + rest.content() == source.content()));
}

TEST_CASE("transfer with a wait: false about a destination that is copied to loses no more than a buffer") {
  const auto to_type = GENERATE(EndType::pipe, EndType::socket);
  CAPTURE(to_type);
  TestSource source{EndType::file, pattern(large)};
  auto channel = to_type == EndType::pipe ? make_pipe() : make_socketpair();
  set_nonblocking(channel.in);
  const auto wait = [](int fd, short events) { return poll_until(fd, events, Deadline::immediate()); };
  const auto moved = transfer(source.endpoint(), {channel.in.get(), "sink"}, {.wait = wait});
  channel.in.reset();
  const auto content = read_all(channel.out.get());
  CHECK((content == source.content().substr(0, moved)));
  const auto position = static_cast<std::uint64_t>(::lseek(source.end().get(), 0, SEEK_CUR));
  CHECK(position >= moved);
  CHECK(position - moved <= 128 * 1024);
}

TEST_CASE("transfer with a wait: one that is never ready moves nothing") {
  const auto from_type = GENERATE(EndType::pipe, EndType::socket);
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  auto from = from_type == EndType::pipe ? make_pipe() : make_socketpair();
  Sink sink{to_type};
  CHECK(transfer({from.out.get(), "source"}, sink.endpoint(), {.wait = [](int, short) { return false; }}) ==
        0);
}

TEST_CASE("transfer with a wait: a reader that has gone is asked about, and a new one gets the rest") {
  const auto from_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  CAPTURE(from_type);
  TestSource source{from_type, pattern(large)};
  const TemporaryDirectory directory;
  const auto fifo = Fifo::create(directory.path("fifo")).value();
  // Each reader reads a little, and goes; the last one reads all.
  std::optional<FileDescriptor> reader = fifo.open_reader();
  const auto writer = fifo.open_writer(Deadline::immediate()).value();
  set_nonblocking(writer);
  std::string content;
  const auto read_some = [&](std::size_t size) {
    std::string part(size, '\0');
    const auto count = ::read(reader->get(), part.data(), size);
    if (count > 0) content += part.substr(0, static_cast<std::size_t>(count));
  };
  int losses = 0;
  const auto wait = [&](int fd, short events) {
    if (events == POLLIN) return wait_for_ever(fd, events);
    if (!has_reader(fd)) {
      ++losses;
      reader = fifo.open_reader();
    } else if (losses < 5) {
      read_some(70'001);
      reader.reset();
      reader = std::nullopt;
    }
    if (reader) read_some(300'000);
    return true;
  };
  CHECK(transfer(source.endpoint(), {writer.get(), "fifo"}, {.wait = wait}) == large);
  while (reader && content.size() < large) read_some(large);
  if (!reader) {
    reader = fifo.open_reader();
    while (content.size() < large) read_some(large);
  }
  CHECK(losses > 0);
  CHECK((content == source.content()));
}

TEST_CASE("transfer with a wait: false about a reader that has gone ends it without an error") {
  const auto from_type = GENERATE(from_range(std::begin(every_end), std::end(every_end)));
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  TestSource source{from_type, pattern(large)};
  channel.out.reset();
  CAPTURE(from_type);
  const auto wait = [&](int fd, short events) {
    if (events == POLLIN) return wait_for_ever(fd, events);
    pollfd entry{fd, POLLOUT, 0};
    poll_until({&entry, 1}, Deadline::never());
    return (entry.revents & (POLLERR | POLLHUP)) == 0;
  };
  CHECK(transfer(source.endpoint(), {channel.in.get(), "sink"}, {.length = large, .wait = wait}) == 0);
}

TEST_CASE("transfer with a wait: what cannot be read or written is an error as ever") {
  const FileDescriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  TestSource source{GENERATE(EndType::file, EndType::pipe), pattern(5000)};
  Sink sink{GENERATE(EndType::file, EndType::pipe)};
  const auto writing = error_of([&] {
    transfer(source.endpoint(), {full.get(), "standard output"}, {.wait = wait_for_ever});
  });
  CHECK(writing.what() == std::string{"cannot write standard output: No space left on device"});
  const auto reading = error_of([&] {
    transfer({directory.get(), "standard input"}, sink.endpoint(), {.wait = wait_for_ever});
  });
  CHECK(reading.what() == std::string{"cannot read standard input: Is a directory"});
}

TEST_CASE("transfer with a wait: one that throws ends it") {
  auto channel = make_pipe();
  Sink sink{GENERATE(EndType::file, EndType::pipe)};
  const auto wait = [](int, short) -> bool { throw std::runtime_error{"enough"}; };
  CHECK_THROWS_AS(transfer({channel.out.get(), "source"}, sink.endpoint(), {.wait = wait}),
                  std::runtime_error);
}
