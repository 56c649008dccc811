#include <fcntl.h>
#include <sys/socket.h>

#include <ipcutils/datagram.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"
#include "transfer/ends.hpp"

using namespace ipcutils;

namespace {

void send(const FileDescriptor& socket, std::string_view packet) {
  REQUIRE(send_to(socket.get(), bytes(packet), {}, Deadline::after(std::chrono::seconds{10})));
}

}  // namespace

TEST_CASE("packet ends: a source keeps the borders of packets") {
  TestPair pair{SOCK_SEQPACKET};
  mark_packets(pair.here.get());
  const bool empty_packet_ends = GENERATE(true, false);
  const auto source = packet_source(descriptor_of(pair.here), "the source");
  source->set_rules({.empty_packet_ends = empty_packet_ends});
  CHECK(source->medium() == Medium::packets);
  CHECK(taken(*source) == "(blocked)");
  for (const auto* text : {"one", "", "three"}) send(pair.there, text);
  CHECK(taken(*source) == "one");
  CHECK(taken(*source) == (empty_packet_ends ? "(ended)" : ""));
  CHECK(taken(*source) == "three");
  pair.there.reset();
  CHECK(taken(*source) == "(ended)");
}

TEST_CASE("packet ends: a look tells of a packet, with or without bytes, and of the end") {
  TestPair pair{SOCK_SEQPACKET};
  const auto source = packet_source(descriptor_of(pair.here), "the source");
  CHECK(source->look(100).step == Step::blocked);
  send(pair.there, "0123");
  CHECK(source->look(100).size == 4);
  CHECK(source->look(3).size == 3);
  CHECK(taken(*source) == "0123");
  pair.there.reset();
  CHECK(source->look(100).step == Step::ended);
  const TestPair datagrams{SOCK_DGRAM};
  const auto other = packet_source(descriptor_of(datagrams.here), "the source");
  send(datagrams.there, "");
  CHECK(other->look(100).step == Step::moved);
}

TEST_CASE("packet ends: packets that are not accepted do not keep others from their turn") {
  const auto receiver = open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = SocketAddress::loopback(AF_INET)});
  const auto sender = open_socket(AF_INET, {.type = SOCK_DGRAM});
  const auto at = local_address(receiver.get());
  int asked = 0;
  bool is_accepted = false;
  const auto source =
      packet_source(descriptor_of(receiver), "the source", {.accepts = [&](const SocketAddress& peer) {
                      CHECK(peer.is_loopback());
                      ++asked;
                      return is_accepted;
                    }});
  for (const auto* text : {"one", "two", ""}) send_to(sender.get(), bytes(text), at, Deadline::never());
  CHECK(taken(*source) == "(blocked)");
  CHECK(asked == 3);
  is_accepted = true;
  send_to(sender.get(), bytes("three"), at, Deadline::never());
  CHECK(taken(*source) == "three");
}

TEST_CASE("packet ends: a packet that needs more room tells its size, and stays") {
  const TestPair pair{GENERATE(SOCK_DGRAM, SOCK_SEQPACKET)};
  const std::string large(100'000, 'x');
  const auto source = packet_source(descriptor_of(pair.here), "the source");
  send(pair.there, large);
  std::string small(1000, '\0');
  const auto refused = source->read(std::as_writable_bytes(std::span{small}));
  CHECK(refused.step == Step::refused);
  CHECK(refused.size == large.size());
  CHECK(taken(*source, large.size()) == large);
}

TEST_CASE("packet ends: many small packets are no large one") {
  const TestPair pair{SOCK_SEQPACKET};
  const auto source = packet_source(descriptor_of(pair.here), "the source");
  const std::string packet(3500, 'x');
  for (int i = 0; i < 20; ++i) send(pair.there, packet);
  REQUIRE(unread_in(pair.here) > 65536);
  for (int i = 0; i < 20; ++i) REQUIRE(taken(*source, 4000) == packet);
}

TEST_CASE("packet ends: the next packet of any size, with its sender") {
  TestPair pair{SOCK_SEQPACKET};
  CHECK_FALSE(receive_packet(pair.here.get(), Deadline::immediate()));
  const std::string large(150'000, 'x');
  for (const auto& packet : {std::string{"one"}, large}) {
    send(pair.there, packet);
    const auto received = receive_packet(pair.here.get(), Deadline::after(std::chrono::seconds{10}));
    REQUIRE(received);
    CHECK((received->data == packet));
  }
}

TEST_CASE("packet ends: packets are written as a whole or not at all") {
  const auto holders = GENERATE(Holders::we_alone, Holders::others);
  const TestPair pair{SOCK_DGRAM};
  const auto sink = packet_sink(descriptor_of(pair.here, holders), "the sink");
  CHECK(is_nonblocking(pair.here) == (holders == Holders::we_alone));
  for (const auto* text : {"one", "", "three"}) {
    const auto result = sink->write(bytes(text));
    CHECK(result.step == Step::moved);
    CHECK(result.size == std::string_view{text}.size());
  }
  for (const auto* text : {"one", "", "three"}) CHECK(receive_text(pair.there.get()) == text);
  while (sink->write(bytes(std::string(10'000, 'x'))).step == Step::moved) continue;
  CHECK(sink->write(bytes(std::string(10'000, 'x'))).step == Step::blocked);
}

TEST_CASE("packet ends: a full receiver, for which poll(2) reports room all the same") {
  const TestPair pair{SOCK_DGRAM};
  const auto is_polled_in_vain = [&](const std::optional<SocketAddress>& to) {
    return packet_sink(descriptor_of(pair.here), "the sink", to)->is_polled_in_vain();
  };
  CHECK_FALSE(is_polled_in_vain({}));
  CHECK_FALSE(is_polled_in_vain(SocketAddress::loopback(AF_INET, 1)));
  CHECK(is_polled_in_vain(scratch_abstract()));
}

TEST_CASE("packet ends: a packet that nobody gets is an error with the name") {
  const auto sender = open_socket(AF_UNIX, {.type = SOCK_DGRAM});
  const auto sink = packet_sink(descriptor_of(sender), "the sink", scratch_abstract());
  const auto error = error_of([&] { sink->write(bytes("x")); });
  CHECK(error.code() == std::errc::connection_refused);
  CHECK(error.attempt() == "cannot write the sink");
}

TEST_CASE("packet ends: each manner of an end") {
  TestPair pair{SOCK_SEQPACKET};
  mark_packets(pair.there.get());
  const auto sink = packet_sink(descriptor_of(pair.here), "the sink");
  SECTION("shut down") {
    CHECK(sink->end() == Sink::End::shut_down);
    CHECK(sink->tell_end().step == Step::moved);
    CHECK(receive_text(pair.there.get()) == "(end)");
  }
  SECTION("a packet") {
    sink->set_end(Sink::End::packet);
    CHECK(sink->tell_end().step == Step::moved);
    CHECK(receive_text(pair.there.get()).empty());
    CHECK(receive_text(pair.there.get(), Deadline::immediate()) == "(nothing)");
  }
  SECTION("nothing, as of datagrams") {
    const TestPair datagrams{SOCK_DGRAM};
    CHECK(packet_sink(descriptor_of(datagrams.here), "the sink")->end() == Sink::End::nothing);
    sink->set_end(GENERATE(Sink::End::nothing, Sink::End::close));
    sink->tell_end();
    CHECK(receive_text(pair.there.get(), Deadline::immediate()) == "(nothing)");
  }
  SECTION("a reader that has gone needs none") {
    sink->set_end(GENERATE(Sink::End::shut_down, Sink::End::packet, Sink::End::nothing));
    pair.there.reset();
    CHECK_NOTHROW(sink->tell_end());
  }
}

TEST_CASE("packet ends: a socket's side is of its type") {
  CHECK(socket_side(descriptor_of(TestPair{}.here), "x").source->medium() == Medium::unix_stream);
  CHECK(socket_side(descriptor_of(TestPair::over_tcp().here), "x").sink->medium() == Medium::internet_stream);
  const auto side = socket_side(descriptor_of(TestPair{SOCK_DGRAM}.here), "x");
  CHECK(side.source->medium() == Medium::packets);
  CHECK(side.sink->medium() == Medium::packets);
  CHECK(side.name == "x");
}
