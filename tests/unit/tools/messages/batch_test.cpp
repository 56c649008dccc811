#include "messages/batch.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <ipcutils/signals.hpp>
#include <optional>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using messages::Batch;
using messages::MessageFormat;

namespace {

// Another standard output, for a while.
class StandardOutput {
 public:
  explicit StandardOutput(const FileDescriptor& replacement)
      : m_old{require_call(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "fcntl")} {
    std::fflush(stdout);
    require_call(::dup2(replacement.get(), STDOUT_FILENO), "dup2");
  }
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;
  ~StandardOutput() { ::dup2(m_old.get(), STDOUT_FILENO); }

 private:
  FileDescriptor m_old;
};

// It looks what standard output is as it begins.
Batch batch_for(const FileDescriptor& output, MessageFormat format) {
  const StandardOutput replaced{output};
  return Batch{std::move(format), messages::Keep::copies};
}

void add(Batch& batch, std::string_view text, const MessageProperties& properties = {}) {
  batch.reserve(text.size());
  batch.add({{std::as_bytes(std::span{text}), properties}}, 1);
}

std::string text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.data.data()), message.data.size()};
}

std::vector<std::string> undelivered(Batch& batch) {
  std::vector<std::string> texts;
  for (const auto& message : batch.undelivered()) texts.push_back(text_of(message));
  return texts;
}

// What the batch writes to a file, and whether it says that it has.
std::string written(Batch& batch) {
  const Interruption interruption{SIGUSR1};
  const auto file = make_file();
  {
    const StandardOutput output{file};
    if (!batch.write(interruption)) return "nothing was written";
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return read_all(file.get());
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("batch: what was added is written in one piece, and is done with then") {
  auto batch = batch_for(make_file(), MessageFormat::terminated('\n'));
  CHECK(batch.is_empty());
  add(batch, "a");
  add(batch, "");
  add(batch, "b");
  CHECK_FALSE(batch.is_empty());
  CHECK(written(batch) == "a\n\nb\n");
  CHECK(batch.is_empty());
  CHECK((undelivered(batch) == Texts{}));
  CHECK(written(batch) == "");
  add(batch, "c");
  CHECK(written(batch) == "c\n");
}

TEST_CASE("batch: what was not written is as it was received") {
  auto batch = batch_for(make_file(), MessageFormat::parse("%n", std::nullopt));
  add(batch, {"a\0", 2}, {.priority = 5});
  add(batch, "", {.type = 6});
  const auto messages = batch.undelivered();
  REQUIRE(messages.size() == 2);
  CHECK((text_of(messages[0]) == std::string{"a\0", 2}));
  CHECK((messages[0].properties == MessageProperties{.priority = 5}));
  CHECK(text_of(messages[1]).empty());
  CHECK((messages[1].properties == MessageProperties{.type = 6}));
}

TEST_CASE("batch: an output that fails leaves all of it undelivered") {
  const FileDescriptor full{require_call(::open("/dev/full", O_WRONLY | O_CLOEXEC), "open")};
  const Interruption interruption{SIGUSR1};
  auto batch = batch_for(full, MessageFormat::terminated('\n'));
  add(batch, "a");
  add(batch, "b");
  const StandardOutput output{full};
  const auto error = error_of([&] { batch.write(interruption); });
  CHECK(error.code() == std::errc::no_space_on_device);
  CHECK(error.attempt() == "cannot write standard output");
  CHECK((undelivered(batch) == Texts{"a", "b"}));
}

TEST_CASE("batch: an output that becomes full has got what it has accepted") {
  const auto file = make_file();
  auto batch = batch_for(file, MessageFormat::terminated('\n'));
  for (int i = 0; i < 5; ++i) add(batch, "12345");
  const Interruption interruption{SIGUSR1};
  rlimit old;
  ::getrlimit(RLIMIT_FSIZE, &old);
  const SignalIsError too_large{SIGXFSZ};
  const rlimit small{20, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::optional<Error> error;
  {
    const StandardOutput output{file};
    error = error_of([&] { batch.write(interruption); });
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  CHECK(error->code() == std::errc::file_too_large);
  CHECK((undelivered(batch) == Texts{"12345", "12345"}));
}

TEST_CASE("batch: a reader that leaves in the middle has got the messages that write(2) has accepted") {
  auto channel = make_pipe();
  const auto capacity = require_call(::fcntl(channel.write_end.get(), F_SETPIPE_SZ, 4096), "F_SETPIPE_SZ");
  auto batch = batch_for(channel.write_end, MessageFormat::terminated('\n'));
  const std::size_t count = static_cast<std::size_t>(capacity) / 100 + 20;
  for (std::size_t i = 0; i < count; ++i)
    add(batch, std::to_string(1000 + i) + std::string(95, 'x'));  // 100 with end
  const Interruption interruption{SIGUSR1};
  auto reader = when_asleep([&channel] { channel.read_end.reset(); });
  const StandardOutput output{channel.write_end};
  CHECK(error_of([&] { batch.write(interruption); }).code() == std::errc::broken_pipe);
  const auto left = undelivered(batch);
  const auto accepted = static_cast<std::size_t>(capacity) / 100;
  REQUIRE(left.size() == count - accepted);
  CHECK(left.front().substr(0, 4) == std::to_string(1000 + accepted));
  CHECK(left.back().substr(0, 4) == std::to_string(1000 + count - 1));
}

TEST_CASE("batch: a signal ends a write that waits for its reader") {
  const bool is_nonblocking = GENERATE(false, true);
  auto channel = make_pipe();
  const auto capacity = static_cast<std::size_t>(
      require_call(::fcntl(channel.write_end.get(), F_SETPIPE_SZ, 4096), "F_SETPIPE_SZ"));
  if (is_nonblocking) set_nonblocking(channel.write_end);
  auto batch = batch_for(channel.write_end, MessageFormat::terminated(std::nullopt));
  add(batch, std::string(capacity, 'a'));
  add(batch, "b");
  const Interruption interruption{SIGUSR1};
  {
    const StandardOutput output{channel.write_end};
    auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
    CHECK_FALSE(batch.write(interruption));
    sender.wait();
  }
  CHECK((undelivered(batch) == Texts{"b"}));
  channel.write_end.reset();
  CHECK((read_all(channel.read_end.get()) == std::string(capacity, 'a')));
}

TEST_CASE("batch: nothing is written after a signal") {
  const Interruption interruption{SIGUSR1};
  ::raise(SIGUSR1);
  const auto file = make_file();
  auto batch = batch_for(file, MessageFormat::terminated('\n'));
  add(batch, "a");
  {
    const StandardOutput output{file};
    CHECK_FALSE(batch.write(interruption));
  }
  CHECK((undelivered(batch) == Texts{"a"}));
  CHECK(::lseek(file.get(), 0, SEEK_END) == 0);
}

TEST_CASE("batch: more than its reader takes at once is written piece by piece") {
  auto channel = make_pipe();
  if (GENERATE(false, true)) set_nonblocking(channel.write_end);
  auto batch = batch_for(channel.write_end, MessageFormat::terminated('\n'));
  std::string expected;
  while (!batch.is_full()) {
    add(batch, pattern(5000));
    expected += pattern(5000) + "\n";
  }
  auto reader = std::async(std::launch::async, [&channel] { return read_all(channel.read_end.get()); });
  const Interruption interruption{SIGUSR1};
  {
    const StandardOutput output{channel.write_end};
    for (int i = 0; i < 5; ++i) {
      if (batch.is_empty())
        while (!batch.is_full()) add(batch, pattern(5000));
      REQUIRE(batch.write(interruption));
    }
  }
  channel.write_end.reset();
  std::string five_times;
  for (int i = 0; i < 5; ++i) five_times += expected;
  CHECK((reader.get() == five_times));
}

TEST_CASE("batch: it is full at 64 KiB of messages, however they are written") {
  const auto format = GENERATE(as<std::string>{}, "%m", "%n", "%m%m", "");
  auto batch = batch_for(make_file(), MessageFormat::parse(format, std::nullopt));
  std::size_t size = 0;
  while (!batch.is_full() && size < 1'000'000) {
    add(batch, std::string(1000, 'x'));
    size += 1000;
  }
  CAPTURE(format);
  CHECK(size < 64 * 1024 + 1000);
}

TEST_CASE("batch: a reader is required of a pipe or socket alone") {
  const auto has_reader = [](const FileDescriptor& output) {
    const StandardOutput replaced{output};
    try {
      messages::require_reader();
      return true;
    } catch (const Error& error) {
      CHECK(error.code() == std::errc::broken_pipe);
      return false;
    }
  };
  CHECK(has_reader(make_file()));
  CHECK(has_reader(FileDescriptor{require_call(::open("/dev/null", O_WRONLY | O_CLOEXEC), "open")}));
  for (const bool is_pipe : {true, false}) {
    auto channel = is_pipe ? make_pipe() : make_socketpair();
    CHECK(has_reader(channel.write_end));
    channel.read_end.reset();
    CHECK(has_reader(channel.write_end) == !is_pipe);
  }
}
