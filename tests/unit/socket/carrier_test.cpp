#include "socket/carrier.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <ostream>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "error_of.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;

namespace {

enum class Type { pipe, file, unix_socket, internet_socket };

// What is read from or written to, and the partner.
struct Pair {
  FileDescriptor read;
  FileDescriptor write;
};

Pair make_pair(Type type, int socket_type = SOCK_STREAM) {
  std::array<int, 2> ends;
  if (type == Type::pipe) {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
  }
  if (type == Type::unix_socket) {
    REQUIRE(::socketpair(AF_UNIX, socket_type | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
  }
  if (type == Type::internet_socket) {
    auto listener = listen_on(SocketAddress::loopback(AF_INET), 1);
    auto client = connect_to(listener.local_address(), {}, Deadline::never()).value();
    return {listener.accept(Deadline::never()).value().socket, std::move(client)};
  }
  FileDescriptor file{::memfd_create("ipcutils-test", MFD_CLOEXEC)};
  const std::string again = "/proc/self/fd/" + std::to_string(file.get());
  FileDescriptor writer{::open(again.c_str(), O_WRONLY | O_CLOEXEC)};
  return {std::move(file), std::move(writer)};
}

void put(const FileDescriptor& to, std::string_view text) {
  REQUIRE(::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string got(const FileDescriptor& from) {
  std::string text(1000, '\0');
  const auto count = ::read(from.get(), text.data(), text.size());
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

// What can still be read.
std::size_t left_in(const FileDescriptor& from) {
  int count = 0;
  REQUIRE(::ioctl(from.get(), FIONREAD, &count) == 0);
  return static_cast<std::size_t>(count);
}

struct Way {
  Way(Type from_type, Type to_type, bool exclusive = true, RelaySide::Units units = RelaySide::Units::bytes)
      : input{make_pair(from_type, units == RelaySide::Units::packets ? SOCK_SEQPACKET : SOCK_STREAM)},
        output{make_pair(to_type, units == RelaySide::Units::packets ? SOCK_SEQPACKET : SOCK_STREAM)},
        from_side{.in = input.read.get(), .name = "the source", .units = units, .exclusive = exclusive},
        to_side{
            .out = output.write.get(), .name = "the destination", .units = units, .exclusive = exclusive} {}

  Pair input;
  Pair output;
  RelaySide from_side;
  RelaySide to_side;
  Source from{from_side};
  Destination to{to_side};
};

// Where the bytes are between load() and unload().
enum class Place { source, pipe, memory };

struct Case {
  Type from;
  Type to;
  bool exclusive;
  Place place;
};

std::ostream& operator<<(std::ostream& out, const Case& row) {
  constexpr const char* names[] = {"pipe", "file", "UNIX socket", "TCP"};
  return out << names[static_cast<int>(row.from)] << " to " << names[static_cast<int>(row.to)]
             << (row.exclusive ? ", exclusive" : "");
}

constexpr Case cases[] = {
    {Type::pipe, Type::pipe, false, Place::source},
    {Type::pipe, Type::file, false, Place::source},
    {Type::pipe, Type::unix_socket, true, Place::source},
    {Type::pipe, Type::unix_socket, false, Place::memory},
    {Type::pipe, Type::internet_socket, true, Place::source},
    {Type::pipe, Type::internet_socket, false, Place::memory},
    {Type::file, Type::pipe, false, Place::source},
    {Type::file, Type::file, false, Place::memory},
    {Type::file, Type::unix_socket, true, Place::source},
    {Type::file, Type::unix_socket, false, Place::memory},
    {Type::file, Type::internet_socket, true, Place::source},
    {Type::unix_socket, Type::pipe, false, Place::source},
    {Type::unix_socket, Type::file, true, Place::pipe},
    {Type::unix_socket, Type::unix_socket, true, Place::pipe},
    {Type::unix_socket, Type::unix_socket, false, Place::memory},
    {Type::unix_socket, Type::internet_socket, true, Place::pipe},
    {Type::internet_socket, Type::pipe, false, Place::source},
    {Type::internet_socket, Type::file, true, Place::pipe},
    {Type::internet_socket, Type::unix_socket, true, Place::pipe},
    {Type::internet_socket, Type::internet_socket, true, Place::pipe},
    {Type::internet_socket, Type::internet_socket, false, Place::memory},
};

}  // namespace

TEST_CASE("carrier: each pair has one, which moves what there is up to a limit") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(row);
  Way way{row.from, row.to, row.exclusive};
  const auto carrier = carrier_for(way.from, way.to, {});
  CHECK_FALSE(carrier->is_loaded());
  put(way.input.write, "0123456789");
  const auto loaded = carrier->load(way.from, 4);
  CHECK(loaded.step == Step::moved);
  CHECK(loaded.size == 4);
  CHECK(carrier->is_loaded());
  if (row.from != Type::file) CHECK(left_in(way.input.read) == (row.place == Place::source ? 10 : 6));
  const auto unloaded = carrier->unload(way.to);
  CHECK(unloaded.step == Step::moved);
  CHECK(unloaded.size == 4);
  CHECK_FALSE(carrier->is_loaded());
  CHECK(got(way.output.read) == "0123");
  CHECK(carrier->load(way.from, 100).size == 6);
  CHECK(carrier->unload(way.to).size == 6);
  CHECK(got(way.output.read) == "456789");
  way.input.write.reset();
  CHECK(carrier->load(way.from, 100).step == Step::ended);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: nothing is there yet") {
  const auto from = GENERATE(Type::pipe, Type::unix_socket, Type::internet_socket);
  const auto to = GENERATE(Type::pipe, Type::unix_socket, Type::file);
  // splice(2) of a TCP socket in blocking mode waits, whatever its flags: it is for one that is ready.
  if (from == Type::internet_socket && to != Type::pipe) return;
  Way way{from, to};
  const auto carrier = carrier_for(way.from, way.to, {});
  CHECK(carrier->load(way.from, 100).step == Step::blocked);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: what does not fit waits in it") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  if (row.to == Type::file || row.from == Type::internet_socket) return;
  CAPTURE(row);
  Way way{row.from, row.to, row.exclusive};
  const auto carrier = carrier_for(way.from, way.to, {});
  const std::string some(30'000, 'x');
  std::size_t put_in = 0;
  std::size_t taken_out = 0;
  Step step = Step::moved;
  while (step == Step::moved) {
    put(way.input.write, some);
    put_in += some.size();
    while (taken_out < put_in && step == Step::moved) {
      if (!carrier->is_loaded()) REQUIRE(carrier->load(way.from, some.size()).step == Step::moved);
      const auto result = carrier->unload(way.to);
      step = result.step;
      taken_out += result.size;
    }
  }
  CHECK(step == Step::blocked);
  CHECK(carrier->is_loaded());
  std::string rest(10'000'000, '\0');
  std::size_t come = 0;
  while (come < put_in) {
    const auto count = ::recv(way.output.read.get(), rest.data(), rest.size(), MSG_DONTWAIT);
    const auto read = count == -1 && errno == ENOTSOCK
                          ? (come < taken_out ? ::read(way.output.read.get(), rest.data(), rest.size()) : 0)
                          : count;
    if (read > 0) {
      come += static_cast<std::size_t>(read);
      continue;
    }
    if (!carrier->is_loaded()) REQUIRE(carrier->load(way.from, some.size()).step == Step::moved);
    taken_out += carrier->unload(way.to).size;
  }
  CHECK(come == put_in);
}

TEST_CASE("carrier: with a filter all are copied, and it says what passes") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(row);
  Way way{row.from, row.to, row.exclusive};
  std::string seen;
  std::string answer = "other";
  bool has_answer = true;
  const auto carrier =
      carrier_for(way.from, way.to, [&](std::span<const std::byte> data, std::string& replacement) {
        seen.assign(reinterpret_cast<const char*>(data.data()), data.size());
        replacement = answer;
        return has_answer;
      });
  put(way.input.write, "one");
  CHECK(carrier->load(way.from, 100).size == 3);
  CHECK(seen == "one");
  CHECK(carrier->unload(way.to).size == 5);
  CHECK(got(way.output.read) == "other");
  has_answer = false;
  put(way.input.write, "two");
  carrier->load(way.from, 100);
  CHECK(carrier->unload(way.to).size == 3);
  CHECK(got(way.output.read) == "two");
  has_answer = true;
  answer.clear();
  put(way.input.write, "three");
  CHECK(carrier->load(way.from, 100).size == 5);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: a packet without bytes is on its way to packets, and nothing to bytes") {
  Way way{Type::unix_socket, Type::unix_socket, true, RelaySide::Units::packets};
  mark_packets(way.input.read.get());
  way.to_side.units = GENERATE(RelaySide::Units::packets, RelaySide::Units::bytes);
  const bool keeps = way.to_side.units == RelaySide::Units::packets;
  const auto carrier = carrier_for(way.from, way.to, {});
  REQUIRE(send_to(way.input.write.get(), {}, {}, Deadline::never()));
  const auto loaded = carrier->load(way.from, 100);
  CHECK(loaded.step == Step::moved);
  CHECK(loaded.size == 0);
  CHECK(carrier->is_loaded() == keeps);
  if (!keeps) return;
  CHECK(carrier->unload(way.to).step == Step::moved);
  CHECK_FALSE(carrier->is_loaded());
  CHECK(receive_text(way.output.read.get()).empty());
}

TEST_CASE("carrier: a packet comes as a whole, whatever the limit is") {
  Way way{Type::unix_socket, Type::unix_socket, true, RelaySide::Units::packets};
  const auto carrier = carrier_for(way.from, way.to, {});
  const std::string packet(100'000, 'x');
  REQUIRE(send_to(way.input.write.get(), bytes(packet), {}, Deadline::never()));
  CHECK(carrier->load(way.from, 3).size == packet.size());
  CHECK(carrier->unload(way.to).size == packet.size());
  CHECK(receive_text(way.output.read.get()) == packet);
}

TEST_CASE("carrier: a file that was shortened meanwhile has nothing on its way any more") {
  const auto to = GENERATE(Type::pipe, Type::unix_socket);
  Way way{Type::file, to};
  const auto carrier = carrier_for(way.from, way.to, {});
  put(way.input.write, "0123");
  REQUIRE(carrier->load(way.from, 100).size == 4);
  REQUIRE(::ftruncate(way.input.read.get(), 0) == 0);
  const auto result = carrier->unload(way.to);
  CHECK(result.step == Step::blocked);
  CHECK(result.size == 4);  // not on their way any more
  CHECK_FALSE(carrier->is_loaded());
  CHECK(carrier->load(way.from, 100).step == Step::ended);
}

TEST_CASE("carrier: what somebody else has read meanwhile is not on its way any more") {
  const auto from = GENERATE(Type::pipe, Type::unix_socket);
  const auto to = GENERATE(Type::pipe, Type::unix_socket);
  Way way{from, to};
  const auto carrier = carrier_for(way.from, way.to, {});
  put(way.input.write, "0123");
  REQUIRE(carrier->load(way.from, 100).size == 4);
  const bool is_stolen = left_in(way.input.read) == 4;
  if (is_stolen) REQUIRE(got(way.input.read) == "0123");
  const auto result = carrier->unload(way.to);
  CHECK(result.step == (is_stolen ? Step::blocked : Step::moved));
  CHECK(result.size == 4);
  CHECK_FALSE(carrier->is_loaded());
}

TEST_CASE("carrier: a copying one goes on with what another has on its way") {
  const auto row = GENERATE(from_range(std::begin(cases), std::end(cases)));
  if (row.place == Place::memory) return;
  CAPTURE(row);
  Way way{row.from, row.to, row.exclusive};
  const auto refused = carrier_for(way.from, way.to, {});
  put(way.input.write, "0123456789");
  REQUIRE(refused->load(way.from, 4).size == 4);
  const auto carrier = copying_carrier_after(*refused, way.from, way.to);
  CHECK(carrier->is_loaded() == (row.place == Place::pipe));
  if (!carrier->is_loaded()) CHECK(carrier->load(way.from, 4).size == 4);
  CHECK(carrier->unload(way.to).size == 4);
  CHECK_FALSE(carrier->is_loaded());
  CHECK(carrier->load(way.from, 100).size == 6);
  CHECK(carrier->unload(way.to).size == 6);
  CHECK(got(way.output.read) == "0123456789");
}

TEST_CASE("carrier: a file to which splice(2) does not go is copied to") {
  Way way{Type::pipe, Type::file};
  FileDescriptor name{::open("/proc/thread-self/comm", O_RDWR | O_CLOEXEC)};
  REQUIRE(name.is_open());
  const auto old = got(name);
  const RelaySide side{.out = name.get(), .name = "the name of the thread"};
  Destination to{side};
  const auto refused = carrier_for(way.from, to, {});
  put(way.input.write, "renamed");
  REQUIRE(refused->load(way.from, 100).size == 7);
  CHECK(refused->unload(to).step == Step::refused);
  const auto carrier = copying_carrier_after(*refused, way.from, to);
  if (!carrier->is_loaded()) carrier->load(way.from, 100);
  CHECK(carrier->unload(to).size == 7);
  ::lseek(name.get(), 0, SEEK_SET);
  CHECK(got(name) == "renamed\n");
  put(name, old);
}
