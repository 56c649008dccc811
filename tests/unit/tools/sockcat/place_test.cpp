#include "sockcat/place.hpp"

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "catch.hpp"

using namespace ipcutils;
using sockcat::Place;
using sockcat::Settings;

namespace {

// Where an address listens.
std::string listens_at(std::string_view address, int preferred_family = AF_UNSPEC) {
  Settings settings{.first = sockcat::parse_end(address)};
  settings.preferred_family = preferred_family;
  return Place{settings.first.read, SOCK_STREAM, settings}.listen_address().text();
}

// The local address of a socket that sends to a peer.
std::string sends_from(std::string_view options, std::string_view peer) {
  const Settings settings{.first = sockcat::parse_end("udp-datagram:unused:1" + std::string{options})};
  return Place{settings.first.read, SOCK_DGRAM, settings}.own_or_default(SocketAddress::parse(peer)).text();
}

}  // namespace

TEST_CASE("sockcat place: who listens does so on loopback, unless bind says otherwise") {
  CHECK(listens_at("tcp-l:80") == "127.0.0.1:80");
  CHECK(listens_at("tcp6-l:80") == "[::1]:80");
  CHECK(listens_at("tcp-l:80", AF_INET6) == "[::1]:80");
  CHECK(listens_at("tcp-l:80,bind=127.0.0.2") == "127.0.0.2:80");
  CHECK(listens_at("tcp-l:80,bind=[::1]:81") == "[::1]:81");
}

TEST_CASE("sockcat place: bind without host, or with *, is all addresses") {
  CHECK(listens_at("tcp-l:80,bind=*") == "0.0.0.0:80");
  CHECK(listens_at("tcp-l:80,bind=*:81") == "0.0.0.0:81");
  CHECK(listens_at("tcp-l:80,bind=:81") == "0.0.0.0:81");
  CHECK(listens_at("tcp6-l:80,bind=*") == "[::]:80");
  CHECK(listens_at("tcp-l:80,bind=*", AF_INET6) == "[::]:80");
  CHECK(sends_from(",bind=*", "127.0.0.1:5") == "0.0.0.0:0");
  CHECK(sends_from(",bind=:6", "[2001:db8::1]:5") == "[::]:6");
}

TEST_CASE("sockcat place: who sends to loopback is bound to loopback") {
  CHECK(sends_from("", "127.0.0.1:5") == "127.0.0.1:0");
  CHECK(sends_from("", "[::1]:5") == "[::1]:0");
  CHECK(sends_from("", "[::ffff:127.0.0.1]:5") == "[::ffff:127.0.0.1]:0");
  CHECK(sends_from(",sp=7", "127.0.0.1:5") == "127.0.0.1:7");
  CHECK(sends_from("", "192.0.2.1:5") == "0.0.0.0:0");
  CHECK(sends_from("", "239.1.1.1:5") == "0.0.0.0:0");
  CHECK(sends_from(",sp=7", "192.0.2.1:5") == "0.0.0.0:7");
  CHECK(sends_from(",bind=127.0.0.3:8", "127.0.0.1:5") == "127.0.0.3:8");
}
