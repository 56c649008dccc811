#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <ipcutils/socket_address.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

namespace {

// A name too long is refused with an errno of its own.
std::optional<SocketAddress> parsed_address(std::string_view text) {
  return parsed([&]() -> SocketAddress {
    try {
      return SocketAddress::parse(text);
    } catch (const Error& error) {
      if (error.code() != std::errc::filename_too_long) throw;
      require(text.size() > SocketAddress::longest_path, "a name that is too long is long");
      throw Error::invalid(error.attempt(), error.reason(), error.hint());
    }
  });
}

void check_text(const SocketAddress& address) {
  const auto again = parsed_address(address.text());
  require(again && *again == address, "an address comes back from its text");
  require(again->text() == address.text(), "an address has one text");
}

void check(const SocketAddress& address) {
  require(address == address, "an address is itself");
  require(!(address < address), "an address is not before itself");
  require(SocketAddress::from_raw(address.data(), address.size()) == address,
          "an address comes back from its bytes");
  require(address.with_port(7).with_port(address.port().value_or(0)) == address,
          "a port that was changed comes back");
  require(!address.path() || !address.abstract_name(), "a UNIX socket has one name");
  require(address.is_abstract() == address.abstract_name().has_value(), "an abstract socket has a name");
  require(address.is_internet() == address.port().has_value(), "addresses of IP have ports");
  require(address.is_internet() != address.host().empty(), "addresses of IP have hosts");
  require(!address.is_loopback() || !address.is_multicast(), "no group is loopback");
  if (!address.is_internet()) return;
  const auto host = SocketAddress::parse_host_if_numeric(address.host(), *address.port());
  require(host && *host == address, "an address comes back from host and port");
}

// As system calls write them. The first byte chooses the family.
void check_raw(std::string_view bytes) {
  sockaddr_storage storage{};
  constexpr int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_UNIX};
  const auto family = families[static_cast<unsigned char>(bytes[0]) % 4];
  const auto most = family == AF_INET    ? sizeof(sockaddr_in)
                    : family == AF_INET6 ? sizeof(sockaddr_in6)
                                         : sizeof(sockaddr_un);
  const auto size = std::min(bytes.size() + 1, most);
  std::memcpy(reinterpret_cast<char*>(&storage) + 1, bytes.data(), size - 1);
  storage.ss_family = static_cast<sa_family_t>(family);
  if (size < sizeof storage.ss_family) return;
  const auto address =
      SocketAddress::from_raw(reinterpret_cast<const sockaddr*>(&storage), static_cast<socklen_t>(size));
  check(address);
  if (address.is_internet()) return check_text(address);
  const auto path = address.path();
  const bool is_empty_name = !path && !address.is_abstract() && size > offsetof(sockaddr_un, sun_path);
  const bool has_text = path ? path->find('/') != path->npos && path->front() != '@' : !is_empty_name;
  if (has_text && (!path || path->size() <= SocketAddress::longest_path)) check_text(address);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  if (const auto address = parsed_address(text)) {
    check(*address);
    check_text(*address);
    if (address->family() == AF_UNIX)
      require(address->path() ? *address->path() == text : text.starts_with('@'),
              "a path is what was written");
  }
  if (const auto host = SocketAddress::parse_host_if_numeric(text, 80)) {
    check(*host);
    check_text(*host);
  }
  if (!text.empty()) check_raw(text);
  return 0;
}
