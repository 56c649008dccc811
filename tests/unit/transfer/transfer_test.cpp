#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ipcutils/transfer.hpp>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

constexpr EndType every_end[] = {EndType::file, EndType::pipe, EndType::socket, EndType::device};

// Larger than every pipe, buffer and step but that of sendfile and splice, and a multiple of none.
constexpr std::size_t large = 3 * 1024 * 1024 + 1027;

auto every_type() { return GENERATE_COPY(from_range(std::begin(every_end), std::end(every_end))); }

// Pages of memory that a file is behind.
class Mapping {
 public:
  Mapping(const FileDescriptor& file, std::size_t size)
      : m_size{size}, m_data{::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0)} {
    if (m_data == MAP_FAILED) throw std::system_error{errno, std::system_category(), "mmap"};
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(m_data, m_size); }

  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(m_data), m_size}; }

 private:
  std::size_t m_size;
  void* m_data;
};

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span{text}); }
std::span<std::byte> bytes_of(std::string& text) { return std::as_writable_bytes(std::span{text}); }

// Takes note of progress and checks that it grows.
struct Log {
  std::uint64_t last = 0;
  bool grows = true;
  Progress progress() {
    return [this](std::uint64_t moved) {
      grows = grows && moved > last;
      last = moved;
    };
  }
};

}  // namespace

TEST_CASE("transfer: every pair of descriptors") {
  const auto from_type = every_type();
  const auto to_type = every_type();
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  const bool nonblocking = GENERATE(false, true);
  CAPTURE(from_type, to_type, nonblocking);

  TestSource source{from_type, pattern(large)};
  TestSink sink{to_type};
  if (nonblocking) {
    set_nonblocking(source.end());
    set_nonblocking(sink.end());
  }
  Log log;
  const std::uint64_t length = from_type == EndType::device ? large : until_end;
  const auto moved = transfer(source.endpoint(), sink.endpoint(),
                              {.length = length, .pages = pages, .progress = log.progress()});
  CHECK(moved == large);
  CHECK(log.last == moved);
  CHECK(log.grows);
  if (sink.tells()) CHECK((sink.content() == source.content()));
}

TEST_CASE("transfer: not a byte more than the length is taken") {
  const auto from_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  const auto to_type = every_type();
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  const std::uint64_t length = GENERATE(0, 1, 4096, 300'000);
  CAPTURE(from_type, to_type, length);

  TestSource source{from_type, pattern(400'000)};
  TestSink sink{to_type};
  CHECK(transfer(source.endpoint(), sink.endpoint(), {.length = length, .pages = pages}) == length);
  CHECK((read_all(source.end().get()) == source.content().substr(length)));
  if (sink.tells()) CHECK((sink.content() == source.content().substr(0, length)));
}

TEST_CASE("transfer: an empty source") {
  TestSource source{GENERATE(EndType::file, EndType::pipe, EndType::socket), ""};
  TestSink sink{every_type()};
  bool told = false;
  CHECK(transfer(source.endpoint(), sink.endpoint(), {.progress = [&](std::uint64_t) { told = true; }}) == 0);
  CHECK_FALSE(told);
}

TEST_CASE("transfer: files are read and written at their own position") {
  const auto from = make_file("0123456789");
  const auto to = make_file("abcdefghij");
  ::lseek(from.get(), 4, SEEK_SET);
  ::lseek(to.get(), 2, SEEK_SET);
  CHECK(transfer({from.get(), "from"}, {to.get(), "to"}, {.length = 3}) == 3);
  CHECK(::lseek(from.get(), 0, SEEK_CUR) == 7);
  CHECK(::lseek(to.get(), 0, SEEK_CUR) == 5);
  ::lseek(to.get(), 0, SEEK_SET);
  CHECK(read_all(to.get()) == "ab456fghij");
}

TEST_CASE("transfer: into a file that is appended to, where sendfile and splice are refused") {
  const auto from_type = GENERATE(EndType::file, EndType::pipe);
  TestSource source{from_type, "more"};
  const auto to = make_file("some ");
  require_call(::fcntl(to.get(), F_SETFL, O_APPEND), "fcntl");
  CHECK(transfer(source.endpoint(), {to.get(), "to"}) == 4);
  ::lseek(to.get(), 0, SEEK_SET);
  CHECK(read_all(to.get()) == "some more");
}

TEST_CASE("transfer: files of proc, which say that they are empty") {
  FileDescriptor from{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
  TestSink sink{GENERATE(EndType::file, EndType::pipe)};
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  CHECK(transfer({from.get(), "status"}, sink.endpoint(), {.pages = pages}) > 0);
  CHECK(sink.content().rfind("Name:\t", 0) == 0);
}

TEST_CASE("transfer: a signal every so often interrupts nothing") {
  static std::atomic<int> interruptions;
  interruptions = 0;
  const auto from_type = GENERATE(EndType::pipe, EndType::socket);
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  const bool nonblocking = GENERATE(false, true);
  CAPTURE(from_type, to_type, nonblocking);

  // Threads inherit the mask, so that only this one is interrupted.
  sigset_t alarm_set, old_set;
  ::sigemptyset(&alarm_set);
  ::sigaddset(&alarm_set, SIGALRM);
  ::pthread_sigmask(SIG_BLOCK, &alarm_set, &old_set);
  std::string fed;
  {
    TestSink sink{to_type};
    auto channel = from_type == EndType::pipe ? make_pipe() : make_socketpair();
    std::thread feeder{[&, in = std::move(channel.write_end)]() mutable {
      for (unsigned round = 0; interruptions < 20; ++round) {
        const auto block = pattern(1 + round * 7919 % 100'000);
        if (!write_all(in.get(), block)) break;
        fed += block;
      }
      in.reset();
    }};
    if (nonblocking) {
      set_nonblocking(channel.read_end);
      set_nonblocking(sink.end());
    }

    struct sigaction action = {}, old_action;
    action.sa_handler = [](int) { ++interruptions; };  // without SA_RESTART
    ::sigaction(SIGALRM, &action, &old_action);
    ::pthread_sigmask(SIG_UNBLOCK, &alarm_set, nullptr);
    const itimerval interval{{0, 500}, {0, 500}}, none{};
    ::setitimer(ITIMER_REAL, &interval, nullptr);
    std::uint64_t moved = 0;
    std::string failure;
    try {
      moved = transfer({channel.read_end.get(), "source"}, sink.endpoint());
    } catch (const std::exception& error) {
      failure = error.what();
    }
    ::setitimer(ITIMER_REAL, &none, nullptr);
    ::sigaction(SIGALRM, &old_action, nullptr);
    channel.read_end.reset();
    interruptions = 20;  // so that the feeder ends in any case
    feeder.join();
    CHECK(failure.empty());
    CHECK(moved == fed.size());
    CHECK((sink.content() == fed));
  }
  ::pthread_sigmask(SIG_SETMASK, &old_set, nullptr);
}

TEST_CASE("transfer: a non-blocking source is waited for") {
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket, EndType::device);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  set_nonblocking(channel.read_end);
  TestSink sink{to_type};
  std::promise<void> first_arrived;
  // Two parts, the second only when the first has moved: in between there is nothing to read.
  auto feeder = std::async(std::launch::async, [&, in = std::move(channel.write_end)]() mutable {
    write_all(in.get(), "first ");
    first_arrived.get_future().wait();
    write_all(in.get(), "second");
    in.reset();
  });
  bool told = false;
  const auto moved =
      transfer({channel.read_end.get(), "source"}, sink.endpoint(), {.progress = [&](std::uint64_t) {
                 if (!std::exchange(told, true)) first_arrived.set_value();
               }});
  CHECK(moved == 12);
  if (sink.tells()) CHECK(sink.content() == "first second");
}

TEST_CASE("transfer: a reader that is gone is EPIPE on the writing side") {
  const auto from_type = every_type();
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  if (GENERATE(false, true)) set_nonblocking(channel.write_end);
  CAPTURE(from_type);
  TestSource source{from_type, pattern(large)};
  channel.read_end.reset();
  const auto error = error_of([&] {
    transfer(source.endpoint(), {channel.write_end.get(), "standard output"},
             {.length = large, .pages = pages});
  });
  CHECK(error.code() == std::errc::broken_pipe);
  CHECK(error.what() == std::string{"cannot write standard output: Broken pipe"});
}

TEST_CASE("transfer: a full device is an error of the writing side") {
  const FileDescriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  TestSource source{every_type(), pattern(5000)};
  const auto error = error_of([&] {
    transfer(source.endpoint(), {full.get(), "standard output"}, {.length = 5000});
  });
  CHECK(error.what() == std::string{"cannot write standard output: No space left on device"});
}

TEST_CASE("transfer: what cannot be read is an error of the reading side") {
  const FileDescriptor directory{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  TestSink sink{every_type()};
  const auto error = error_of([&] { transfer({directory.get(), "standard input"}, sink.endpoint()); });
  CHECK(error.code() == std::errc::is_a_directory);
  CHECK(error.attempt() == "cannot read standard input");
}

TEST_CASE("transfer: a file opened for the other direction is an error") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "content");
  const FileDescriptor write_only{::open(directory.path("x").c_str(), O_WRONLY | O_CLOEXEC)};
  const FileDescriptor read_only{::open(directory.path("x").c_str(), O_RDONLY | O_CLOEXEC)};
  const auto file = make_file("content");
  TestSink sink{EndType::pipe};
  const auto of_from = error_of([&] {
    transfer({write_only.get(), "x"}, sink.endpoint(), {.pages = Pages::by_reference});
  });
  CHECK(of_from.what() == std::string{"cannot read x: Bad file descriptor"});
  const auto of_to = error_of([&] { transfer({file.get(), "file"}, {read_only.get(), "x"}); });
  CHECK(of_to.what() == std::string{"cannot write x: Bad file descriptor"});
}

TEST_CASE("transfer: by reference later writes to the file show through, copied they do not") {
  const bool to_socket = GENERATE(false, true);
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  auto channel = to_socket ? make_socketpair() : make_pipe();
  const auto file = make_file(std::string(8192, 'a'));
  REQUIRE(transfer({file.get(), "file"}, {channel.write_end.get(), "stream"}, {.pages = pages}) == 8192);
  REQUIRE(::pwrite(file.get(), "b", 1, 0) == 1);
  channel.write_end.reset();
  // A socket that others may have is not sent to by sendfile(2), which would wait.
  const bool shows = pages == Pages::by_reference && !to_socket;
  CHECK(read_all(channel.read_end.get()).front() == (shows ? 'b' : 'a'));
}

TEST_CASE("transfer: a pipe of a long transfer is widened, that of a short one is not") {
  auto widest = make_pipe();
  if (::fcntl(widest.write_end.get(), F_SETPIPE_SZ, 1 << 20) < 1 << 20)
    return;  // this user's limit is reached
  const auto channel = make_pipe();
  const int usual = ::fcntl(channel.write_end.get(), F_GETPIPE_SZ);
  const auto file = make_file(pattern(large));
  auto reader = std::async(std::launch::async, [&] {
    std::string all(large, '\0');
    for (std::size_t read = 0; read < large;) {
      const auto count = ::read(channel.read_end.get(), all.data(), all.size());
      if (count <= 0) break;
      read += static_cast<std::size_t>(count);
    }
  });
  transfer({file.get(), "file"}, {channel.write_end.get(), "pipe"}, {.length = 10});
  CHECK(::fcntl(channel.write_end.get(), F_GETPIPE_SZ) == usual);
  ::lseek(file.get(), 0, SEEK_SET);
  transfer({file.get(), "file"}, {channel.write_end.get(), "pipe"}, {.length = large - 10});
  reader.get();
  CHECK(::fcntl(channel.write_end.get(), F_GETPIPE_SZ) >= 1 << 20);
}

TEST_CASE("transfer: a capacity that somebody has set stays") {
  const auto channel = make_pipe();
  const int small = ::fcntl(channel.write_end.get(), F_SETPIPE_SZ, 8192);
  const auto file = make_file(pattern(10));
  transfer({file.get(), "file"}, {channel.write_end.get(), "pipe"});
  CHECK(::fcntl(channel.write_end.get(), F_GETPIPE_SZ) == small);
}

TEST_CASE("transfer: memory to every descriptor") {
  const auto to_type = every_type();
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  const bool nonblocking = GENERATE(false, true);
  const std::uint64_t length = GENERATE(as<std::uint64_t>{}, 0, 5000, large, until_end);
  CAPTURE(to_type, nonblocking, length);
  const auto content = pattern(large);
  TestSink sink{to_type};
  if (nonblocking) set_nonblocking(sink.end());
  Log log;
  const auto moved = transfer(bytes_of(content), sink.endpoint(),
                              {.length = length, .pages = pages, .progress = log.progress()});
  const auto expected = std::min<std::uint64_t>(length, large);
  CHECK(moved == expected);
  CHECK(log.last == expected);
  CHECK(log.grows);
  if (sink.tells()) CHECK((sink.content() == content.substr(0, expected)));
}

TEST_CASE("transfer: every descriptor to memory") {
  const auto from_type = every_type();
  const bool nonblocking = GENERATE(false, true);
  const std::size_t room = GENERATE(as<std::size_t>{}, 0, 5000, large, large + 100'000);
  CAPTURE(from_type, nonblocking, room);
  TestSource source{from_type, pattern(large)};
  if (nonblocking) set_nonblocking(source.end());
  std::string memory(room, '?');
  Log log;
  const auto moved = transfer(source.endpoint(), bytes_of(memory), {.progress = log.progress()});
  const auto expected = from_type == EndType::device ? room : std::min(room, large);
  CHECK(moved == expected);
  CHECK(log.last == moved);
  CHECK(log.grows);
  if (from_type != EndType::device) {
    CHECK((memory.substr(0, expected) == source.content().substr(0, expected)));
    CHECK((memory.substr(expected) == std::string(room - expected, '?')));
  }
}

TEST_CASE("transfer: a length limit into memory leaves the rest in the source") {
  TestSource source{EndType::pipe, pattern(50'000)};
  std::string memory(50'000, '?');
  CHECK(transfer(source.endpoint(), bytes_of(memory), {.length = 20'000}) == 20'000);
  CHECK((read_all(source.end().get()) == source.content().substr(20'000)));
  CHECK((memory == source.content().substr(0, 20'000) + std::string(30'000, '?')));
}

TEST_CASE("transfer: memory by reference shows later writes to a pipe's reader, copied it does not") {
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  auto channel = make_pipe();
  const auto file = make_file(std::string(8192, 'a'));
  const Mapping mapping{file, 8192};
  REQUIRE(transfer(mapping.bytes(), {channel.write_end.get(), "pipe"}, {.pages = pages}) == 8192);
  mapping.bytes()[0] = std::byte{'b'};
  channel.write_end.reset();
  CHECK(read_all(channel.read_end.get()).front() == (pages == Pages::copied ? 'a' : 'b'));
}

TEST_CASE("transfer: memory that was truncated underneath is EFAULT and no signal") {
  constexpr std::size_t size = 1 << 20, left = 64 * 1024;
  const auto file = make_file(std::string(size, 'a'));
  const Mapping mapping{file, size};
  require_call(::ftruncate(file.get(), left), "ftruncate");
  Log log;

  SECTION("as a source") {
    TestSink sink{every_type()};
    const auto pages = GENERATE(Pages::copied, Pages::by_reference);
    if (sink.tells()) {
      const auto error = error_of(
          [&] { transfer(mapping.bytes(), sink.endpoint(), {.pages = pages, .progress = log.progress()}); });
      CHECK(error.code() == std::errc::bad_address);
      CHECK(error.attempt() == "cannot write the sink");
      CHECK(log.last <= left);
    } else {
      CHECK_NOTHROW(transfer(mapping.bytes(), sink.endpoint()));  // /dev/null does not look
    }
  }
  SECTION("as a target") {
    TestSource source{every_type(), pattern(size)};
    const auto error =
        error_of([&] { transfer(source.endpoint(), mapping.bytes(), {.progress = log.progress()}); });
    CHECK(error.code() == std::errc::bad_address);
    CHECK(error.attempt() == "cannot read the source");
    CHECK(log.last <= left);
  }
}

TEST_CASE("transfer: a reader that is gone is EPIPE for memory too") {
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  channel.read_end.reset();
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  const std::string content(5000, 'a');
  const auto error = error_of([&] {
    transfer(bytes_of(content), {channel.write_end.get(), "standard output"}, {.pages = pages});
  });
  CHECK(error.what() == std::string{"cannot write standard output: Broken pipe"});
}

TEST_CASE("transfer: the known length is what lies behind a file's position") {
  const auto file = make_file("0123456789");
  CHECK(known_length(file.get()) == 10);
  ::lseek(file.get(), 4, SEEK_SET);
  CHECK(known_length(file.get()) == 6);
  ::lseek(file.get(), 100, SEEK_SET);
  CHECK(known_length(file.get()) == 0);
}

TEST_CASE("transfer: the length of what is no regular file, or says it is empty, is not known") {
  const auto channel = make_pipe();
  const FileDescriptor proc{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
  const FileDescriptor zero{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  const auto empty = make_file();
  CHECK_FALSE(known_length(channel.read_end.get()));
  CHECK_FALSE(known_length(proc.get()));
  CHECK_FALSE(known_length(zero.get()));
  CHECK_FALSE(known_length(empty.get()));
  CHECK_FALSE(known_length(-1));
}
