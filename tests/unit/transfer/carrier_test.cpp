#include "transfer/carrier.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ostream>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "processes.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;
using Outcome = Move::Outcome;

namespace ipcutils {

std::ostream& operator<<(std::ostream& out, Move::Outcome outcome) {
  constexpr const char* names[] = {"moved",       "source blocked", "sink blocked", "source ended",
                                   "source gone", "sink gone",      "refused"};
  return out << names[static_cast<int>(outcome)];
}

}  // namespace ipcutils

namespace {

enum class Type { pipe, file, unix_socket, internet_socket, packets };

// What is read from, and what is written to.
struct Ends {
  FileDescriptor read;
  FileDescriptor write;
};

Ends make_ends(Type type) {
  if (type == Type::pipe) {
    auto pipe = make_pipe();
    return {std::move(pipe.read_end), std::move(pipe.write_end)};
  }
  if (type == Type::file) {
    auto file = make_file();
    const std::string again = "/proc/self/fd/" + std::to_string(file.get());
    FileDescriptor writer{::open(again.c_str(), O_WRONLY | O_CLOEXEC)};
    return {std::move(file), std::move(writer)};
  }
  if (type == Type::internet_socket) {
    auto pair = TestPair::over_tcp();
    return {std::move(pair.here), std::move(pair.there)};
  }
  TestPair pair{type == Type::packets ? SOCK_SEQPACKET : SOCK_STREAM};
  return {std::move(pair.here), std::move(pair.there)};
}

struct Way {
  Way(Type from_type, Type to_type, Holders holders = Holders::we_alone)
      : input{make_ends(from_type)},
        output{make_ends(to_type)},
        from{source_of(input.read, holders)},
        to{sink_of(output.write, holders)} {}

  void put(std::string_view text) const {
    REQUIRE(write_all(input.write.get(), text));
    // TCP takes its time, also within a host.
    wait_for_event(input.read.get(), POLLIN, Deadline::after(std::chrono::seconds{10}));
  }

  // The next bytes that have come out.
  std::string got() const {
    std::string text(1000, '\0');
    const auto count = ::read(output.read.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

  std::size_t left() const { return unread_in(input.read); }

  Ends input;
  Ends output;
  std::unique_ptr<Source> from;
  std::unique_ptr<Sink> to;
};

// Where bytes are for which the sink has no room.
enum class Place { source, pipe, memory };

struct Case {
  Type from;
  Type to;
  Holders holders;
  Pages pages;
  Place place;
};

std::ostream& operator<<(std::ostream& out, const Case& row) {
  constexpr const char* names[] = {"pipe", "file", "UNIX socket", "TCP", "packets"};
  return out << names[static_cast<int>(row.from)] << " to " << names[static_cast<int>(row.to)]
             << (row.holders == Holders::we_alone ? ", exclusive" : "")
             << (row.pages == Pages::by_reference ? ", by reference" : "");
}

constexpr auto we = Holders::we_alone;
constexpr auto others = Holders::others;
constexpr auto by_reference = Pages::by_reference;
constexpr auto copied = Pages::copied;

constexpr Case cases[] = {
    {Type::pipe, Type::pipe, others, copied, Place::source},
    {Type::pipe, Type::pipe, we, copied, Place::source},
    {Type::pipe, Type::file, others, by_reference, Place::memory},
    {Type::pipe, Type::unix_socket, we, copied, Place::source},
    {Type::pipe, Type::unix_socket, others, copied, Place::memory},
    {Type::pipe, Type::internet_socket, we, copied, Place::source},
    {Type::pipe, Type::internet_socket, others, copied, Place::memory},
    {Type::file, Type::pipe, others, by_reference, Place::source},
    {Type::file, Type::pipe, others, copied, Place::memory},
    {Type::file, Type::file, others, copied, Place::source},
    {Type::file, Type::unix_socket, we, by_reference, Place::source},
    {Type::file, Type::unix_socket, we, copied, Place::memory},
    {Type::file, Type::unix_socket, others, by_reference, Place::memory},
    {Type::file, Type::internet_socket, we, by_reference, Place::source},
    {Type::unix_socket, Type::pipe, others, copied, Place::source},
    {Type::unix_socket, Type::file, we, copied, Place::pipe},
    {Type::unix_socket, Type::unix_socket, we, copied, Place::pipe},
    {Type::unix_socket, Type::unix_socket, others, copied, Place::memory},
    {Type::unix_socket, Type::internet_socket, we, copied, Place::pipe},
    {Type::internet_socket, Type::pipe, others, copied, Place::source},
    {Type::internet_socket, Type::file, we, copied, Place::pipe},
    {Type::internet_socket, Type::unix_socket, we, copied, Place::pipe},
    {Type::internet_socket, Type::internet_socket, we, copied, Place::pipe},
    {Type::internet_socket, Type::internet_socket, others, copied, Place::memory},
};

std::unique_ptr<Carrier> carrier_of(const Case& row, const Way& way) {
  return carrier_for(*way.from, *way.to, {.pages = row.pages});
}

// Writes to the sink until it has no room.
std::size_t fill_up(Sink& sink) {
  std::size_t written = 0;
  for (const std::size_t size : {65536, 1})
    while (const auto count = sink.write(bytes(std::string(size, 'x'))).size) written += count;
  return written;
}

}  // namespace

TEST_CASE("carrier: each pair has one, which moves what there is up to a limit") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(row);
  Way way{row.from, row.to, row.holders};
  auto carrier = carrier_of(row, way);
  CHECK_FALSE(carrier->is_loaded());
  way.put("0123456789");
  const auto moved = carrier->move(*way.from, *way.to, 4);
  CHECK(moved.outcome == Outcome::moved);
  CHECK(moved.taken == 4);
  CHECK(moved.written == 4);
  CHECK_FALSE(carrier->is_loaded());
  if (row.from != Type::file) CHECK(way.left() == 6);
  CHECK(way.got() == "0123");
  CHECK(carrier->move(*way.from, *way.to, 100).written == 6);
  CHECK(way.got() == "456789");
  way.input.write.reset();
  wait_for_event(way.input.read.get(), POLLIN, Deadline::after(std::chrono::seconds{10}));
  auto end = carrier->move(*way.from, *way.to, 100);
  // A file of which sendfile(2) moves nothing may still have something.
  if (row.from == Type::file && end.outcome == Outcome::refused) {
    carrier = copying_carrier_after(*carrier, *way.from, *way.to);
    end = carrier->move(*way.from, *way.to, 100);
  }
  CHECK(end.outcome == Outcome::source_ended);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: nothing is there yet") {
  const auto from = GENERATE(Type::pipe, Type::unix_socket, Type::internet_socket);
  const auto to = GENERATE(Type::pipe, Type::unix_socket, Type::file);
  Way way{from, to};
  const auto carrier = carrier_for(*way.from, *way.to, {});
  CHECK(carrier->move(*way.from, *way.to, 100).outcome == Outcome::source_blocked);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: what does not fit waits in it, or in the source") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  if (row.to == Type::file) return;
  CAPTURE(row);
  Way way{row.from, row.to, row.holders};
  const auto carrier = carrier_of(row, way);
  // TCP goes on taking bytes for a moment after it has refused some, so this is repeated until nothing moves.
  std::size_t sent = 0;
  Move blocked{};
  do {
    sent += fill_up(*way.to);
    if (!carrier->is_loaded()) way.put("0123");
    blocked = carrier->move(*way.from, *way.to, 4);
    sent += blocked.written;
  } while (blocked.outcome == Outcome::moved);
  CHECK(blocked.outcome == Outcome::sink_blocked);
  CHECK(carrier->is_loaded() == (row.place != Place::source));
  if (row.from != Type::file) CHECK(way.left() == (row.place == Place::source ? 4 : 0));
  std::string all;
  std::size_t written = 0;
  CHECK(eventually([&] {
    std::string some(1'000'000, '\0');
    pollfd entry{way.output.read.get(), POLLIN, 0};
    if (::poll(&entry, 1, 0) == 1) {
      const auto count = ::read(way.output.read.get(), some.data(), some.size());
      all += some.substr(0, static_cast<std::size_t>(count));
    }
    if (written < 4) written += carrier->move(*way.from, *way.to, 4).written;
    return all.size() == sent + 4;
  }));
  CHECK(written == 4);
  CHECK_FALSE(carrier->is_loaded());
  CHECK(all.substr(sent) == "0123");
}

TEST_CASE("carrier: with a filter all are copied, and it says what passes") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(row);
  Way way{row.from, row.to, row.holders};
  std::string seen;
  std::string answer = "other";
  bool has_answer = true;
  const auto filter = [&](std::span<const std::byte> data, std::string& replacement) {
    seen.assign(reinterpret_cast<const char*>(data.data()), data.size());
    replacement = answer;
    return has_answer;
  };
  const auto carrier = carrier_for(*way.from, *way.to, {.pages = row.pages, .filter = filter});
  way.put("one");
  const auto replaced = carrier->move(*way.from, *way.to, 100);
  CHECK(replaced.taken == 3);
  CHECK(replaced.written == 5);
  CHECK(seen == "one");
  CHECK(way.got() == "other");
  has_answer = false;
  way.put("two");
  CHECK(carrier->move(*way.from, *way.to, 100).written == 3);
  CHECK(way.got() == "two");
  has_answer = true;
  answer.clear();
  way.put("three");
  const auto swallowed = carrier->move(*way.from, *way.to, 100);
  CHECK(swallowed.outcome == Outcome::moved);
  CHECK(swallowed.taken == 5);
  CHECK(swallowed.written == 0);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: a packet without bytes goes on to packets, and is nothing to bytes") {
  const auto to = GENERATE(Type::packets, Type::unix_socket);
  Way way{Type::packets, to};
  mark_packets(way.input.read.get());
  const auto carrier = carrier_for(*way.from, *way.to, {});
  REQUIRE(send_to(way.input.write.get(), {}, {}, Deadline::never()));
  const auto moved = carrier->move(*way.from, *way.to, 100);
  CHECK(moved.outcome == Outcome::moved);
  CHECK(moved.taken == 0);
  CHECK(moved.written == 0);
  CHECK_FALSE(carrier->is_loaded());
  pollfd entry{way.output.read.get(), POLLIN, 0};
  CHECK(::poll(&entry, 1, 0) == (to == Type::packets ? 1 : 0));
}

TEST_CASE("carrier: a packet without bytes for which there is no room waits") {
  Way way{Type::packets, Type::packets};
  const auto carrier = carrier_for(*way.from, *way.to, {});
  while (way.to->write(bytes(std::string(1000, 'x'))).step == Step::moved) continue;
  while (way.to->write({}).step == Step::moved) continue;
  REQUIRE(send_to(way.input.write.get(), {}, {}, Deadline::never()));
  CHECK(carrier->move(*way.from, *way.to, 100).outcome == Outcome::sink_blocked);
  CHECK(carrier->is_loaded());
}

TEST_CASE("carrier: a packet comes as a whole, whatever the limit is, and the buffer grows for it") {
  Way way{Type::packets, Type::packets};
  const auto carrier = carrier_for(*way.from, *way.to, {});
  const int room = 2'000'000;
  for (const auto* socket : {&way.input.write, &way.output.write})
    ::setsockopt(socket->get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  const bool may_be_long = ::geteuid() == 0;  // more than SO_SNDBUF allows others
  for (const std::size_t size : {100'000, 600'000, 3}) {
    if (size == 600'000 && !may_be_long) continue;
    const std::string packet = pattern(size);
    REQUIRE(send_to(way.input.write.get(), bytes(packet), {}, Deadline::never()));
    const auto moved = carrier->move(*way.from, *way.to, 3);
    CHECK(moved.outcome == Outcome::moved);
    CHECK(moved.written == size);
    const auto received = receive_packet(way.output.read.get(), Deadline::immediate());
    REQUIRE(received);
    CHECK((received->data == packet));
  }
}

TEST_CASE("carrier: a reader that has gone") {
  const IgnoredSigpipe ignored;
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  if (row.to == Type::file || row.to == Type::internet_socket) return;
  CAPTURE(row);
  Way way{row.from, row.to, row.holders};
  const auto carrier = carrier_of(row, way);
  way.put("lost");
  way.output.read.reset();
  const auto moved = carrier->move(*way.from, *way.to, 100);
  CHECK(moved.outcome == Outcome::sink_gone);
  CHECK(moved.written == 0);
  CHECK(moved.errnum == EPIPE);
}

TEST_CASE("carrier: a source that was reset") {
  const auto to = GENERATE(Type::pipe, Type::unix_socket, Type::file);
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  Way way{Type::unix_socket, to, holders};
  const auto carrier = carrier_for(*way.from, *way.to, {});
  REQUIRE(write_all(way.input.read.get(), "never read"));
  way.input.write.reset();
  const auto moved = carrier->move(*way.from, *way.to, 100);
  CHECK(moved.outcome == Outcome::source_gone);
  CHECK(moved.errnum == ECONNRESET);
}

TEST_CASE("carrier: a copying one goes on with what another has taken") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  if (row.place == Place::memory || row.to == Type::internet_socket) return;
  CAPTURE(row);
  Way way{row.from, row.to, row.holders};
  const auto first = carrier_of(row, way);
  way.put("0123456789");
  // What it has taken stays in it where the sink is full.
  if (row.to != Type::file) {
    fill_up(*way.to);
    REQUIRE(first->move(*way.from, *way.to, 4).outcome == Outcome::sink_blocked);
  }
  CHECK(first->is_loaded() == (row.place == Place::pipe && row.to != Type::file));
  const auto carrier = copying_carrier_after(*first, *way.from, *way.to);
  CHECK(carrier->is_loaded() == (row.place == Place::pipe && row.to != Type::file));
  std::string all;
  while (all.size() < 10 || all.substr(all.size() - 10) != "0123456789") {
    const auto moved = carrier->move(*way.from, *way.to, 4);
    if (row.to == Type::file && moved.outcome == Outcome::source_ended) break;
    if (row.to == Type::file && moved.written == 0) break;
    const auto some = way.got();
    if (some.empty()) break;
    all += some;
  }
  CHECK(all.substr(all.size() < 10 ? 0 : all.size() - 10) == "0123456789");
}

TEST_CASE("carrier: a file to which splice(2) does not go is copied to") {
  Way way{Type::unix_socket, Type::file};
  const FileDescriptor name{::open("/proc/thread-self/comm", O_RDWR | O_CLOEXEC)};
  REQUIRE(name.is_open());
  const auto old = read_all(name.get());
  const auto to = sink_of(name);
  const auto refused = carrier_for(*way.from, *to, {});
  way.put("renamed");
  CHECK(refused->move(*way.from, *to, 100).outcome == Outcome::refused);
  const auto carrier = copying_carrier_after(*refused, *way.from, *to);
  CHECK(carrier->is_loaded());
  CHECK(carrier->move(*way.from, *to, 100).written == 7);
  ::lseek(name.get(), 0, SEEK_SET);
  CHECK(read_all(name.get()) == "renamed\n");
  write_all(name.get(), old);
}
