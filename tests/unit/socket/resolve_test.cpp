#include <ipcutils/socket_address.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;

namespace {

std::vector<std::string> texts(const std::string& host, const std::string& service,
                               const ResolveOptions& options = {}) {
  std::vector<std::string> result;
  for (const auto& address : resolve(host, service, options)) result.push_back(address.text());
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("resolve: numbers are what they say") {
  CHECK(texts("127.0.0.1", "80") == Texts{"127.0.0.1:80"});
  CHECK(texts("::1", "80") == Texts{"[::1]:80"});
  CHECK(texts("[::1]", "080") == Texts{"[::1]:80"});
  CHECK(texts("::1", "", {.family = AF_INET6}) == Texts{"[::1]:0"});
  CHECK(texts("127.0.0.1", "80", {.type = SOCK_DGRAM, .numeric_only = true}) == Texts{"127.0.0.1:80"});
}

TEST_CASE("resolve: an empty host is loopback") {
  CHECK(texts("", "80", {.family = AF_INET}) == Texts{"127.0.0.1:80"});
}

TEST_CASE("resolve: each address comes once, in the order that was asked for") {
  const auto any_type = resolve("", "80", {.type = 0, .order = AddressOrder::ipv6_first});
  REQUIRE_FALSE(any_type.empty());
  for (std::size_t i = 1; i < any_type.size(); ++i) CHECK_FALSE(any_type[i] == any_type[i - 1]);
  if (any_type.size() == 2) {
    CHECK(any_type[0].family() == AF_INET6);
    CHECK(resolve("", "80", {.type = 0})[0].family() == AF_INET);
  }
}

TEST_CASE("resolve: names of hosts and services") {
  CHECK(texts("localhost", "80", {.family = AF_INET}) == Texts{"127.0.0.1:80"});
  const auto no_names = error_of([] { resolve("localhost", "80", {.numeric_only = true}); });
  CHECK(no_names.code() == std::errc::no_such_file_or_directory);
  CHECK(no_names.attempt() == "cannot resolve 'localhost:80'");
  CHECK_FALSE(no_names.reason().empty());
  CHECK_THROWS_AS(resolve("127.0.0.1", "no-such-service"), Error);
  CHECK_THROWS_AS(resolve("::1", "80", {.family = AF_INET, .numeric_only = true}), Error);
}

TEST_CASE("resolve: ports that are none, and names with a NUL, are refused") {
  const auto service = GENERATE(as<std::string>{}, "65536", "99999999999999999999", "80x", "-1", " 80",
                                std::string("80\0", 3));
  CAPTURE(service);
  CHECK_THROWS_AS(resolve("127.0.0.1", service), Error);
  CHECK_THROWS_AS(resolve(std::string("127.0.0.1\0x", 11), "80"), Error);
}
