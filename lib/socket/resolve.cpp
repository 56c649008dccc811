#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket_address.hpp>
#include <memory>
#include <utility>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

int errnum_of(int status) {
  constexpr std::pair<int, int> errnums[] = {{EAI_AGAIN, EAGAIN},
                                             {EAI_NONAME, ENOENT},
                                             {EAI_NODATA, ENOENT},
                                             {EAI_FAMILY, EAFNOSUPPORT},
                                             {EAI_ADDRFAMILY, EAFNOSUPPORT},
                                             {EAI_MEMORY, ENOMEM},
                                             {EAI_FAIL, EIO}};
  for (const auto& [known, errnum] : errnums)
    if (known == status) return errnum;
  return EINVAL;
}

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void sort(std::vector<SocketAddress>& addresses, AddressOrder order) {
  const int first = order == AddressOrder::ipv4_first ? AF_INET : AF_INET6;
  std::stable_partition(addresses.begin(), addresses.end(),
                        [first](const SocketAddress& address) { return address.family() == first; });
}

}  // namespace

std::string_view without_brackets(std::string_view host) {
  const bool has_brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  return has_brackets ? host.substr(1, host.size() - 2) : host;
}

std::vector<SocketAddress> resolve(const std::string& host, const std::string& service,
                                   const ResolveOptions& options) {
  const auto attempt = [&] {
    return fmt::format("cannot resolve {}", quote(service.empty() ? host : host + ":" + service));
  };
  if (host.find('\0') != host.npos || service.find('\0') != service.npos)
    throw Error::invalid(attempt(), "it contains a NUL");
  // getaddrinfo(3) would take these, and a port modulo 65536.
  if (!service.empty() && std::string_view{" \t\n\v\f\r+-"}.find(service[0]) != std::string_view::npos)
    throw Error::invalid(attempt(), "a service is a port or a name");
  std::optional<std::uint16_t> port;
  if (is_number(service))
    port = service.empty() ? std::uint16_t{0}
                           : static_cast<std::uint16_t>(parse_number(service, "port", 0, 65535));

  const std::string name{without_brackets(host)};
  if (port) {
    const auto address = SocketAddress::parse_host_if_numeric(name, *port);
    if (address && (options.family == AF_UNSPEC || options.family == address->family())) return {*address};
  }

  addrinfo hints{};
  hints.ai_family = options.family;
  hints.ai_socktype = options.type;
  if (options.numeric_only) hints.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const auto digits = port ? fmt::format("{}", *port) : service;  // 080 is 80, and not octal
  const int status = ::getaddrinfo(name.empty() ? nullptr : name.c_str(), digits.c_str(), &hints, &first);
  if (status == EAI_SYSTEM) fail(errno, "{}", attempt());
  if (status != 0) throw Error::because(errnum_of(status), attempt(), ::gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{first, ::freeaddrinfo};

  std::vector<SocketAddress> addresses;
  for (const auto* entry = first; entry != nullptr; entry = entry->ai_next) {
    const auto address = SocketAddress::from_raw(entry->ai_addr, entry->ai_addrlen);
    // Once for each type of socket, if any will do.
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(address);
  }
  sort(addresses, options.order);
  return addresses;
}

}  // namespace ipcutils
