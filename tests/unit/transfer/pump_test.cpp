#include <ipcutils/pump.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ipcutils/fifo.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/terminal.hpp>
#include <string>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Stop = Pump::Stop;

namespace {

constexpr std::size_t large = 3 * 1024 * 1024 + 1027;

Deadline soon() { return Deadline::after(10s); }  // so that no failure hangs

// What is in a pipe or socket now.
std::string take_all(const FileDescriptor& from) {
  std::string all;
  while (wait_for_event(from.get(), POLLIN, Deadline::immediate()) == Waited::ready) {
    std::string some(1'000'000, '\0');
    const auto count = ::read(from.get(), some.data(), some.size());
    if (count <= 0) break;
    all += some.substr(0, static_cast<std::size_t>(count));
  }
  return all;
}

}  // namespace

TEST_CASE("pump: a source that is silent for too long ends it, and nothing has been lost") {
  const auto to_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  CAPTURE(to_type);
  TestSink sink{to_type};
  const auto from = source_of(channel.read_end, holders);
  const auto to = sink_of(sink.end(), holders);
  write_all(channel.write_end.get(), pattern(5000));
  Pump pump{from.get(), to.get(), {.source_timeout = 20ms}};
  const auto begin = std::chrono::steady_clock::now();
  CHECK(pump.run(soon()) == Stop::timed_out);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  CHECK(pump.count().bytes == 5000);
  CHECK_FALSE(pump.is_done());
  write_all(channel.write_end.get(), "and more");
  CHECK(pump.run(soon()) == Stop::timed_out);
  CHECK(pump.count().bytes == 5008);
  channel.write_end.reset();
  CHECK(pump.run(soon()) == Stop::ended);
  CHECK(pump.is_done());
  CHECK(pump.count().has_ended);
  CHECK((sink.content() == pattern(5000) + "and more"));
}

TEST_CASE("pump: a sink that is full for too long ends it, and nothing has been lost") {
  const auto from_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const auto pages = GENERATE(Pages::copied, Pages::by_reference);
  CAPTURE(from_type);
  TestSource source{from_type, pattern(large)};
  const auto from = source_of(source.end(), holders);
  auto to = sink_of(channel.write_end, holders);
  Pump pump{from.get(), to.get(), {.pages = pages, .sink_timeout = 0ns}};
  std::string content;
  int times = 0;
  for (auto stop = Stop::timed_out; stop == Stop::timed_out && content.size() < large + 1; ++times) {
    stop = pump.run(soon());
    CHECK((stop == Stop::timed_out || stop == Stop::ended));
    content += take_all(channel.read_end);
    CHECK(content.size() == pump.count().bytes);
  }
  CHECK(times > 0);
  CHECK((content == source.content()));
}

TEST_CASE("pump: what it has taken and not written when it gives up was not sent") {
  auto input = make_socketpair();
  auto output = make_socketpair();
  const auto from = source_of(input.read_end);
  const auto to = sink_of(output.write_end);
  while (to->write(bytes(std::string(65536, 'x'))).step == Step::moved) continue;
  write_all(input.write_end.get(), "0123");
  Pump pump{from.get(), to.get(), {.sink_timeout = 0ns}};
  CHECK(pump.run(soon()) == Stop::timed_out);
  pump.give_up();
  CHECK(pump.is_done());
  CHECK(pump.count().has_unsent);
  CHECK(pump.count().bytes == 0);
}

TEST_CASE("pump: a reader that leaves ends it, and the next one gets the rest") {
  const IgnoredSigpipe ignored;
  const auto from_type = GENERATE(EndType::file, EndType::pipe, EndType::socket);
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  CAPTURE(from_type);
  TestSource source{from_type, pattern(large)};
  const TemporaryDirectory directory;
  const auto fifo = Fifo::create(directory.path("fifo")).value();
  auto reader = fifo.open_reader();
  const auto writer = fifo.open_writer(Deadline::immediate()).value();
  const auto from = source_of(source.end(), holders);
  const auto to = sink_of(writer, holders);
  to->set_end(Sink::End::nothing);
  Pump pump{from.get(), to.get(), {.sink_timeout = 0ns}};
  std::string content;
  // Each of five readers reads a little of a pipe that is full, and leaves.
  for (int i = 0; i < 5; ++i) {
    REQUIRE(pump.run(soon()) == Stop::timed_out);
    std::string some(10'001, '\0');
    REQUIRE(::read(reader.get(), some.data(), some.size()) == 10'001);
    content += some;
    reader.reset();
    REQUIRE(pump.run(soon()) == Stop::sink_gone);
    CHECK(pump.is_done());
    CHECK(pump.count().errnum == EPIPE);
    CHECK(pump.count().has_unsent);
    reader = fifo.open_reader();
    pump.resume();
    CHECK_FALSE(pump.is_done());
  }
  for (auto stop = Stop::timed_out; stop == Stop::timed_out && content.size() <= large;) {
    stop = pump.run(soon());
    content += take_all(reader);
  }
  CHECK(pump.count().has_ended);
  CHECK_FALSE(pump.count().sink_gone);
  CHECK(pump.count().bytes == large);
  CHECK((content == source.content()));
}

TEST_CASE("pump: with a reader that has gone before, it moves nothing") {
  const IgnoredSigpipe ignored;
  const auto from_type = GENERATE(EndType::file, EndType::pipe, EndType::socket, EndType::device);
  CAPTURE(from_type);
  auto channel = GENERATE(false, true) ? make_pipe() : make_socketpair();
  TestSource source{from_type, pattern(large)};
  channel.read_end.reset();
  const auto from = source_of(source.end());
  const auto to = sink_of(channel.write_end);
  Pump pump{from.get(), to.get(), {}};
  CHECK(pump.run(soon()) == Stop::sink_gone);
  CHECK(pump.count().bytes == 0);
  CHECK(pump.count().has_unsent);
}

TEST_CASE("pump: a reader that leaves a silent source behind can end it at once") {
  auto input = make_pipe();
  auto output = GENERATE(false, true) ? make_pipe() : make_socketpair();
  const auto from = source_of(input.read_end);
  const auto to = sink_of(output.write_end);
  const auto goer = when_asleep([&] { output.read_end.reset(); });
  SECTION("if its source is not awaited") {
    Pump pump{from.get(), to.get(), {.gone_timeout = 0ns}};
    CHECK(pump.run(soon()) == Stop::sink_gone);
    CHECK_FALSE(pump.count().has_unsent);
  }
  SECTION("if it need not read all") {
    to->let_peer_leave();
    Pump pump{from.get(), to.get(), {}};
    CHECK(pump.run(soon()) == Stop::sink_gone);
    CHECK_FALSE(pump.count().has_unsent);
  }
  SECTION("and does not otherwise") {
    Pump pump{from.get(), to.get(), {}};
    CHECK(pump.run(Deadline::after(50ms)) == Stop::timed_out);
    CHECK_FALSE(pump.count().sink_gone);
  }
}

TEST_CASE("pump: a source that follows has no end to wait for when its reader has left") {
  const auto file = make_file("text");
  TestPair pair;
  const auto from = source_of(file);
  from->set_rules({.follows = true});
  const auto to = sink_of(pair.here);
  Pump pump{from.get(), to.get(), {}};
  CHECK(pump.run(Deadline::after(1ms)) == Stop::timed_out);
  CHECK(take_all(pair.there) == "text");
  const auto goer = when_asleep([&] { pair.there.reset(); });
  CHECK(pump.run(soon()) == Stop::sink_gone);
  CHECK_FALSE(pump.count().has_unsent);
}

TEST_CASE("pump: its deadline ends it, and a signal") {
  auto input = GENERATE(false, true) ? make_pipe() : make_socketpair();
  TestSink sink{GENERATE(EndType::file, EndType::pipe, EndType::socket)};
  const auto from = source_of(input.read_end);
  const auto to = sink_of(sink.end());
  Pump pump{from.get(), to.get(), {}};
  SECTION("the deadline") {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(pump.run(Deadline::after(20ms)) == Stop::timed_out);
    CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  }
  SECTION("a signal") {
    const Interruption interruption{SIGUSR1};
    // The thread that reads has not blocked the signal.
    const auto sender = when_asleep([self = ::pthread_self()] { ::pthread_kill(self, SIGUSR1); });
    CHECK(pump.run(soon().interrupted_by(interruption)) == Stop::interrupted);
  }
  SECTION("a signal that has come before") {
    write_all(input.write_end.get(), "x");
    const Interruption interruption{SIGUSR1};
    ::raise(SIGUSR1);
    CHECK(pump.run(soon().interrupted_by(interruption)) == Stop::interrupted);
  }
  CHECK(pump.count().bytes == 0);
}

TEST_CASE("pump: a connection in blocking mode does not hold it up after a large step") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  auto pair = TestPair::over_tcp();
  auto output = make_pipe();
  REQUIRE(::fcntl(output.write_end.get(), F_SETPIPE_SZ, 1024 * 1024) > 0);
  const auto from = source_of(pair.here, holders);
  const auto to = sink_of(output.write_end);
  constexpr std::size_t size = 200'000;
  const auto sent = std::async(std::launch::async, [&] { write_all(pair.there.get(), pattern(size)); });
  // The peer ends some time later, so that a failure does not hang.
  const auto rescue = std::async(std::launch::async, [&] {
    wait_for_event(pair.there.get(), POLLIN, Deadline::after(20s));
    ::shutdown(pair.there.get(), SHUT_WR);
  });
  Pump pump{from.get(), to.get(), {.source_timeout = 20ms}};
  while (pump.count().bytes < size && !pump.is_done()) pump.run(soon());
  CHECK(pump.run(soon()) == Stop::timed_out);
  CHECK(pump.count().bytes == size);
  CHECK_FALSE(pump.count().has_ended);
  ::shutdown(pair.here.get(), SHUT_RDWR);
}

TEST_CASE("pump: a source that was reset is an error of reading") {
  TestPair pair;
  write_all(pair.here.get(), "never read");
  pair.there.reset();
  const auto file = make_file();
  const auto from = source_of(pair.here);
  const auto to = sink_of(file);
  Pump pump{from.get(), to.get(), {}};
  const auto error = error_of([&] { pump.run(soon()); });
  CHECK(error.code() == std::errc::connection_reset);
  CHECK(error.attempt() == "cannot read the source");
  CHECK(pump.count().source_gone);
}

TEST_CASE("pump: without a source or a sink it is done") {
  const auto from = source_of(make_file("x"));
  const auto file = make_file();
  const auto to = sink_of(file);
  for (const auto& [source, sink] : {std::pair{from.get(), static_cast<Sink*>(nullptr)},
                                     std::pair{static_cast<Source*>(nullptr), to.get()}}) {
    Pump pump{source, sink, {}};
    CHECK(pump.is_done());
    CHECK(pump.run(Deadline::never()) == Stop::ended);
    CHECK(pump.count().bytes == 0);
  }
}

TEST_CASE("pump: a FIFO whose reader has left while the source was silent has a new one by the next byte") {
  const IgnoredSigpipe ignored;
  auto input = GENERATE(false, true) ? make_pipe() : make_socketpair();
  const TemporaryDirectory directory;
  const auto fifo = Fifo::create(directory.path("fifo")).value();
  auto reader = fifo.open_reader();
  const auto writer = fifo.open_writer(Deadline::immediate()).value();
  const auto from = source_of(input.read_end);
  const auto to = sink_of(writer, GENERATE(Holders::we_alone, Holders::others));
  Pump pump{from.get(), to.get(), {}};
  const auto goer = when_asleep([&] { reader.reset(); });
  CHECK(pump.run(Deadline::after(50ms)) == Stop::timed_out);
  reader = fifo.open_reader();
  for (const std::string text : {"first", "second"}) {
    write_all(input.write_end.get(), text);
    CHECK(pump.run(Deadline::after(10ms)) == Stop::timed_out);
    CHECK(take_all(reader) == text);
  }
  CHECK(pump.count().bytes == 11);
}

TEST_CASE("pump: its deadline ends it while bytes flow") {
  const FileDescriptor endless{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  const FileDescriptor nothing{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  const auto from = source_of(endless);
  const auto to = sink_of(nothing);
  Pump pump{from.get(), to.get(), {}};
  CHECK(pump.run(Deadline::after(5ms)) == Stop::timed_out);
  CHECK(pump.count().bytes > 0);
}

TEST_CASE("pump: a terminal that nobody reads does not keep it from its deadline") {
  const FileDescriptor endless{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
  const auto pseudoterminal = make_pseudoterminal();
  const auto from = source_of(endless);
  const auto to = sink_of(pseudoterminal.terminal);
  Pump pump{from.get(), to.get(), {}};
  CHECK(pump.run(Deadline::after(50ms)) == Stop::timed_out);
  CHECK(pump.count().bytes > 0);
}
