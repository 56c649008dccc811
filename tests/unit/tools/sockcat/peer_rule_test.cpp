#include "sockcat/peer_rule.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using sockcat::Network;
using sockcat::PeerRule;
using sockcat::Settings;

namespace {

bool is_in(std::string_view network, std::string_view peer) {
  return Network::parse(network).contains(SocketAddress::parse(peer));
}

Settings settings_of(std::string_view address) { return {.first = sockcat::parse_end(address)}; }

// What a rule says of a peer; empty: nothing against it.
std::string objection(std::string_view address, std::string_view peer) {
  const auto settings = settings_of(address);
  return PeerRule{settings.first.read, settings}.objection(SocketAddress::parse(peer)).value_or("");
}

std::string refusal(std::string_view network) {
  const auto error = error_of([&] { Network::parse(network); });
  CHECK(error.code() == std::errc::invalid_argument);
  return error.what();
}

}  // namespace

TEST_CASE("sockcat network: as many bits as are told") {
  CHECK(is_in("10.0.0.0/8", "10.255.1.2:1"));
  CHECK_FALSE(is_in("10.0.0.0/8", "11.0.0.0:1"));
  CHECK(is_in("192.168.1.1/32", "192.168.1.1:1"));
  CHECK_FALSE(is_in("192.168.1.1/32", "192.168.1.0:1"));
  CHECK(is_in("192.168.1.7/31", "192.168.1.6:1"));
  CHECK_FALSE(is_in("192.168.1.7/31", "192.168.1.8:1"));
  CHECK(is_in("10.128.0.0/9", "10.200.0.1:1"));
  CHECK_FALSE(is_in("10.128.0.0/9", "10.127.255.255:1"));
  CHECK(is_in("1.2.3.4/0", "200.1.1.1:1"));
}

TEST_CASE("sockcat network: bits of the host are left out") {
  CHECK(is_in("10.1.2.3/8", "10.9.9.9:1"));
  CHECK(is_in("[2001:db8::1]/32", "[2001:db8:ffff::]:1"));
}

TEST_CASE("sockcat network: a mask as socat has it") {
  CHECK(is_in("10.1.0.0:255.255.0.0", "10.1.9.9:1"));
  CHECK_FALSE(is_in("10.1.0.0:255.255.0.0", "10.2.0.1:1"));
  CHECK(is_in("10.0.0.5:255.0.0.255", "10.7.8.5:1"));
  CHECK_FALSE(is_in("10.0.0.5:255.0.0.255", "10.7.8.6:1"));
  CHECK(is_in("[fe80::]:[ffc0::]", "[febf::1]:1"));
  CHECK_FALSE(is_in("[fe80::]:[ffc0::]", "[fec0::1]:1"));
}

TEST_CASE("sockcat network: IPv6, with brackets or without") {
  for (const auto* network : {"[2001:db8::]/33", "[2001:db8:0000::]/33"}) {
    CHECK(is_in(network, "[2001:db8:7fff::1]:1"));
    CHECK_FALSE(is_in(network, "[2001:db8:8000::1]:1"));
  }
  CHECK(is_in("[::1]/128", "[::1]:1"));
  CHECK_FALSE(is_in("[::1]/128", "[::2]:1"));
  CHECK(is_in("[::]/0", "[2001:db8::1]:1"));
}

TEST_CASE("sockcat network: an IPv4 peer of an IPv6 socket is what it is") {
  CHECK(is_in("10.0.0.0/8", "[::ffff:10.1.2.3]:1"));
  CHECK_FALSE(is_in("10.0.0.0/8", "[::ffff:11.1.2.3]:1"));
  CHECK_FALSE(is_in("10.0.0.0/8", "[::ffff:0a01]:1"));
  CHECK_FALSE(is_in("10.0.0.0/8", "[::1]:1"));
  CHECK_FALSE(is_in("[::]/0", "10.0.0.1:1"));
  CHECK_FALSE(is_in("0.0.0.0/0", "[2001:db8::1]:1"));
}

TEST_CASE("sockcat network: a network of IPv4 peers, written as IPv6 sockets tell of them") {
  CHECK(is_in("[::ffff:10.0.0.0]/104", "[::ffff:10.1.2.3]:1"));
  CHECK_FALSE(is_in("[::ffff:10.0.0.0]/104", "[::ffff:11.1.2.3]:1"));
}

TEST_CASE("sockcat network: peers without address of IP are in none") {
  CHECK_FALSE(Network::parse("0.0.0.0/0").contains(SocketAddress{}));
  CHECK_FALSE(is_in("0.0.0.0/0", "/run/x"));
  CHECK_FALSE(is_in("[::]/0", "@"));
}

TEST_CASE("sockcat network: what is none is refused") {
  const auto text =
      GENERATE(as<std::string>{}, "", "/", ":", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
               "10.0.0.0/+8", "10.0.0.0/8x", "10.0.0/8", "host/8", "10.0.0.0:", "10.0.0.0:255",
               "10.0.0.0:[ff::]", "[::1]", "[::1]/129", "[::1]/", "[::1", "[::1]:255.0.0.0", "[::1]8",
               "[10.0.0.0/8", "/8", "10.0.0.0/8/8", "[]/8");
  CAPTURE(text);
  CHECK_FALSE(refusal(text).empty());
}

TEST_CASE("sockcat network: a refusal tells why") {
  CHECK(refusal("host/8") == "invalid range 'host/8': it is not HOST/BITS with a HOST in numbers");
  CHECK(refusal("10.0.0.0:x") == "invalid range '10.0.0.0:x': its mask is none");
  CHECK(refusal("10.0.0.0/33") == "invalid number of bits '33': it must be at most 32");
  CHECK(refusal("[::]/129") == "invalid number of bits '129': it must be at most 128");
}

TEST_CASE("sockcat peers: everybody is wanted where nothing is said") {
  const auto settings = settings_of("tcp-l:1");
  const PeerRule rule{settings.first.read, settings};
  for (const auto* peer : {"10.0.0.1:1", "[::1]:65535", "/x", "@"})
    CHECK_FALSE(rule.objection(SocketAddress::parse(peer)));
  CHECK_FALSE(rule.objection(SocketAddress{}, PeerCredentials{1, 2, 3}));
}

TEST_CASE("sockcat peers: a range, a port, a low port") {
  CHECK(objection("tcp-l:1,range=10.0.0.0/8", "10.0.0.1:5").empty());
  CHECK(objection("tcp-l:1,range=10.0.0.0/8", "11.0.0.1:5") == "it is out of range");
  CHECK(objection("tcp-l:1,sp=5", "11.0.0.1:5").empty());
  CHECK(objection("tcp-l:1,sp=5", "11.0.0.1:6") == "its port is another");
  CHECK(objection("tcp-l:1,lowport", "11.0.0.1:1023").empty());
  CHECK(objection("tcp-l:1,lowport", "11.0.0.1:1024") == "its port is not a low one");
  CHECK(objection("tcp-l:1,lowport=0", "11.0.0.1:1024").empty());
  CHECK(objection("udp-recvfrom:1,range=[::1]/128,sp=5,lowport", "[::1]:5").empty());
  CHECK_FALSE(objection("udp-recvfrom:1,range=[::1]/128,sp=5,lowport", "[::1]:6").empty());
}

TEST_CASE("sockcat peers: of who connects, the ports are its own") {
  for (const auto* address : {"tcp:host:1,sp=5,lowport", "udp-sendto:host:1,sp=5"}) {
    CAPTURE(address);
    const auto settings = settings_of(address);
    const PeerRule rule{settings.first.read, settings};
    CHECK_FALSE(rule.objection(SocketAddress::parse("1.2.3.4:60000")));
  }
}

TEST_CASE("sockcat peers: a range that is none is refused before anything is opened") {
  const auto settings = settings_of("tcp-l:1,range=host/8");
  CHECK(error_of([&] { PeerRule{settings.first.read, settings}; }).code() == std::errc::invalid_argument);
}

TEST_CASE("sockcat peers: one of the users or one of the groups is enough") {
  auto settings = settings_of("unix-listen:/x");
  const auto answer = [&](uid_t uid, gid_t gid) {
    return PeerRule{settings.first.read, settings}.objection(SocketAddress::parse("@"),
                                                             PeerCredentials{1, uid, gid});
  };
  CHECK_FALSE(answer(1, 2));
  SECTION("users") {
    settings.allowed_peers.users = {1, 7};
    CHECK_FALSE(answer(1, 2));
    CHECK_FALSE(answer(7, 2));
    CHECK(answer(2, 1) == "neither user 2 nor group 1 is allowed");
    CHECK(answer(0, 0) == "neither user 0 nor group 0 is allowed");
  }
  SECTION("groups") {
    settings.allowed_peers.groups = {2};
    CHECK_FALSE(answer(1, 2));
    CHECK(answer(2, 1));
  }
  SECTION("both") {
    settings.allowed_peers.users = {1};
    settings.allowed_peers.groups = {2};
    CHECK_FALSE(answer(1, 9));
    CHECK_FALSE(answer(9, 2));
    CHECK(answer(9, 9));
  }
}

TEST_CASE("sockcat peers: who is not known is nobody who is allowed") {
  auto settings = settings_of("unix-client:/x!!tcp-l:1");
  const auto answer = [&](const sockcat::AddressSpec& spec) {
    return PeerRule{spec, settings}.objection(SocketAddress::parse("/x"));
  };
  CHECK_FALSE(answer(settings.first.read));
  SECTION("users") { settings.allowed_peers.users = {0}; }
  SECTION("groups") { settings.allowed_peers.groups = {0}; }
  if (settings.allowed_peers.users.empty() && settings.allowed_peers.groups.empty()) return;
  CHECK(answer(settings.first.read) == "its credentials are not known");
  CHECK_FALSE(answer(*settings.first.write));
}
