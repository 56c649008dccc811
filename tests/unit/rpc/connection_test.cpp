#include <sys/socket.h>
#include <unistd.h>

#include <ipcutils/datagram.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/rpc_connection.hpp>
#include <ipcutils/wait.hpp>
#include <string>

#include "../catch.hpp"

using namespace ipcutils;

namespace {

constexpr std::size_t max_size = 8 * 1024 * 1024;

RpcConnection connection_of(FileDescriptor socket) {
  return {socket_side(Descriptor::owned(std::move(socket)), "a peer"), RpcFraming::line, max_size};
}

struct Both {
  RpcConnection one;
  RpcConnection other;
};

Both connected() {
  auto [first, second] = make_socket_pair(SOCK_STREAM);
  return {connection_of(std::move(first)), connection_of(std::move(second))};
}

void step(RpcConnection& connection) {
  auto entries = connection.wanted();
  wait_for_events(entries, Deadline::immediate());
  connection.advance(entries);
}

std::string message_at(Both& both) {
  for (;;) {
    if (auto message = both.other.next()) return *message;
    REQUIRE_FALSE(both.other.has_ended());
    step(both.one);
    step(both.other);
  }
}

}  // namespace

TEST_CASE("rpc connection: messages arrive in their order, whatever their size") {
  auto both = connected();
  const std::string large(max_size - 1, 'x');
  for (const auto* const text : {"1", large.c_str(), "3"}) both.one.send(text);
  CHECK(both.one.queued() > 0);
  CHECK(message_at(both) == "1");
  CHECK(message_at(both) == large);
  CHECK(message_at(both) == "3");
  CHECK(both.one.queued() == 0);
}

TEST_CASE("rpc connection: half a message is one that has begun") {
  auto [socket, peer] = make_socket_pair(SOCK_STREAM);
  auto connection = connection_of(std::move(peer));
  REQUIRE(::write(socket.get(), "{", 1) == 1);
  step(connection);
  CHECK(connection.may_have_next());
  CHECK_FALSE(connection.next());
  CHECK_FALSE(connection.may_have_next());
  CHECK(connection.is_amid_message());
}

TEST_CASE("rpc connection: a peer that has ended may still receive, one that has left may not") {
  auto [socket, peer] = make_socket_pair(SOCK_STREAM);
  auto connection = connection_of(std::move(peer));
  ::shutdown(socket.get(), SHUT_WR);
  step(connection);
  CHECK(connection.has_ended());
  CHECK_FALSE(connection.has_left());
  socket.reset();
  step(connection);
  CHECK(connection.has_left());
  connection.send("1");
  CHECK(connection.queued() == 0);
}

TEST_CASE("rpc connection: a descriptor comes with its message, to who accepts any") {
  const bool accepts = GENERATE(true, false);
  auto both = connected();
  if (accepts) both.other.accept_passed();
  auto pipe = make_pipe();
  both.one.send("1");
  both.one.send_with("2", std::move(pipe.write_end));
  CHECK(message_at(both) == "1");
  if (accepts) CHECK(message_at(both) == "2");
  step(both.other);
  auto passed = both.other.take_passed();
  REQUIRE(passed.has_value() == accepts);
  if (!accepts) return;
  REQUIRE(::write(passed->get(), "x", 1) == 1);
  passed.reset();
  char byte;
  CHECK(::read(pipe.read_end.get(), &byte, 1) == 1);
  CHECK(::read(pipe.read_end.get(), &byte, 1) == 0);  // the end: nobody else has it
}
