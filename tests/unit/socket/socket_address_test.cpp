#include <ipcutils/socket_address.hpp>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;

TEST_CASE("socket address: text becomes an address and the same text again") {
  const auto text =
      GENERATE(as<std::string>{}, "127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:80", "[::]:0",
               "[fe80::1%lo]:1", "[2001:db8::5]:443", "[::ffff:10.0.0.1]:7", "/path/x", "./x", "@", "@name",
               "@a b", "@with\\\\backslash", "@\\000\\001\\377", "@ü", "/a:b", "@1.2.3.4:5");
  CHECK(SocketAddress::parse(text).text() == text);
}

TEST_CASE("socket address: what it is made of") {
  const auto four = SocketAddress::parse("127.0.0.1:80");
  CHECK(four.family() == AF_INET);
  CHECK(four.host() == "127.0.0.1");
  CHECK(four.port() == 80);
  CHECK(four.size() == sizeof(sockaddr_in));
  CHECK_FALSE(four.path());
  const auto six = SocketAddress::parse("[::1]:8080");
  CHECK(six.family() == AF_INET6);
  CHECK(six.host() == "::1");
  CHECK(six.port() == 8080);
  CHECK(six.scope() == 0);
  const auto path = SocketAddress::parse("/run/x");
  CHECK(path.family() == AF_UNIX);
  CHECK(path.path() == "/run/x");
  CHECK_FALSE(path.abstract_name());
  CHECK_FALSE(path.port());
  CHECK(path.host().empty());
  const auto abstract = SocketAddress::parse("@a\\n\\000b");
  CHECK(abstract.abstract_name() == std::string("a\n\0b", 4));
  CHECK_FALSE(abstract.path());
  CHECK(abstract.size() == offsetof(sockaddr_un, sun_path) + 5);
  const auto unnamed = SocketAddress::parse("@");
  CHECK(unnamed.family() == AF_UNIX);
  CHECK_FALSE(unnamed.path());
  CHECK_FALSE(unnamed.abstract_name());
  CHECK(SocketAddress{}.family() == AF_UNSPEC);
  CHECK(SocketAddress{}.text().empty());
}

TEST_CASE("socket address: a scope is a name or an index") {
  const auto index = ::if_nametoindex("lo");
  const auto by_name = SocketAddress::parse("[fe80::1%lo]:1");
  CHECK(by_name.scope() == index);
  CHECK(by_name == SocketAddress::parse("[fe80::1%" + std::to_string(index) + "]:1"));
  CHECK(SocketAddress::parse("[fe80::1%999999]:1").host() == "fe80::1%999999");
  CHECK_FALSE(SocketAddress::parse_host_if_numeric("fe80::1%"));
  CHECK_FALSE(SocketAddress::parse_host_if_numeric("fe80::1%no-such-interface"));
  CHECK_FALSE(SocketAddress::parse_host_if_numeric("127.0.0.1%lo"));
}

TEST_CASE("socket address: text that is none is refused with what is wrong") {
  const auto text =
      GENERATE(as<std::string>{}, "", "80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
               "127.0.0.1:65536", "127.0.0.1:-1", "127.1:80", "::1:80", "[::1]", "[::1:80", "[::1]80",
               "[127.0.0.1]:80", "::1]:80", "[]:1", "]:1", ":1", "[:1", "[", "@\\", "@\\8", "@\\400", "@\\01",
               "1.2.3.4\0:5", "@\\x41");
  CAPTURE(text);
  CHECK(error_of([&] { SocketAddress::parse(text); }).code() == std::errc::invalid_argument);
}

TEST_CASE("socket address: names too long for the kernel name the limit") {
  const std::string longest(SocketAddress::longest_path, 'x');
  CHECK(SocketAddress::of_path(longest).path() == longest);
  CHECK(SocketAddress::abstract(longest).abstract_name() == longest);
  CHECK(SocketAddress::abstract(longest).size() == sizeof(sockaddr_un));
  for (const auto& call : {&SocketAddress::of_path, &SocketAddress::abstract}) {
    const auto error = error_of([&] { call(longest + "x"); });
    CHECK(error.code() == std::errc::filename_too_long);
    CHECK(error.hint() == "it has 108 bytes; the limit is 107");
    CHECK(error_of([&] { call(""); }).code() == std::errc::invalid_argument);
  }
  CHECK(error_of([] { SocketAddress::of_path(std::string("a\0b", 3)); }).code() ==
        std::errc::invalid_argument);
}

TEST_CASE("socket address: equal is what means the same") {
  auto raw = sockaddr_un{};
  raw.sun_family = AF_UNIX;
  raw.sun_path[0] = 'x';
  const auto of = [&](std::size_t size) {
    return SocketAddress::from_raw(reinterpret_cast<sockaddr*>(&raw), static_cast<socklen_t>(size));
  };
  const auto offset = offsetof(sockaddr_un, sun_path);
  CHECK(of(offset + 1) == of(sizeof raw));  // no terminator, and more than one
  CHECK(of(offset + 1).path() == "x");
  CHECK(of(offset) == SocketAddress::parse("@"));
  CHECK(of(0).family() == AF_UNSPEC);
  CHECK_FALSE(SocketAddress::abstract("a") == SocketAddress::abstract(std::string("a\0", 2)));
  CHECK_FALSE(SocketAddress::abstract("x") == of(sizeof raw));
  CHECK_FALSE(SocketAddress::parse("1.2.3.4:5") == SocketAddress::parse("1.2.3.4:6"));
  CHECK_FALSE(SocketAddress::parse("1.2.3.4:5") == SocketAddress::parse("1.2.3.5:5"));
  CHECK_FALSE(SocketAddress::parse("[fe80::1%lo]:5") == SocketAddress::parse("[fe80::1]:5"));
  sockaddr_in dirty{};
  dirty.sin_family = AF_INET;
  std::fill_n(dirty.sin_zero, sizeof dirty.sin_zero, static_cast<unsigned char>(7));
  CHECK(SocketAddress::from_raw(reinterpret_cast<sockaddr*>(&dirty), sizeof dirty) ==
        SocketAddress::any(AF_INET));
}

TEST_CASE("socket address: it is ordered") {
  std::vector<SocketAddress> sorted;
  for (const auto* text :
       {"@", "@a", "/a", "/b", "1.2.3.4:5", "1.2.3.4:6", "1.2.3.5:1", "[::1]:1", "[::1]:2"})
    sorted.push_back(SocketAddress::parse(text));
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j) CHECK((sorted[i] < sorted[j]) == (i < j));
}

TEST_CASE("socket address: loopback, any, and groups") {
  CHECK(SocketAddress::loopback(AF_INET, 80).text() == "127.0.0.1:80");
  CHECK(SocketAddress::loopback(AF_INET6).text() == "[::1]:0");
  CHECK(SocketAddress::any(AF_INET).text() == "0.0.0.0:0");
  CHECK(SocketAddress::any(AF_INET6, 1).text() == "[::]:1");
  CHECK(error_of([] { SocketAddress::loopback(AF_UNIX); }).code() == std::errc::address_family_not_supported);
  for (const auto* text : {"127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"})
    CHECK(SocketAddress::parse(text).is_loopback());
  for (const auto* text : {"128.0.0.1:1", "[::2]:1", "[::]:1", "/x", "@x"})
    CHECK_FALSE(SocketAddress::parse(text).is_loopback());
  for (const auto* text : {"224.0.0.1:1", "239.255.255.255:1", "[ff02::1]:1"})
    CHECK(SocketAddress::parse(text).is_multicast());
  for (const auto* text : {"223.0.0.1:1", "240.0.0.1:1", "[fe80::1]:1", "/x"})
    CHECK_FALSE(SocketAddress::parse(text).is_multicast());
  CHECK(SocketAddress::parse("[fe80::1%lo]:5").with_port(6).text() == "[fe80::1%lo]:6");
  CHECK(SocketAddress::parse("/x").with_port(6).text() == "/x");
}
