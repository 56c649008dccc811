#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/socket_address.hpp>
#include <limits>
#include <tuple>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
static_assert(SocketAddress::longest_path == sizeof(sockaddr_un::sun_path) - 1);

constexpr std::size_t port_offset = offsetof(sockaddr_in, sin_port);
static_assert(port_offset == offsetof(sockaddr_in6, sin6_port));

template <typename Raw>
SocketAddress address_of(const Raw& raw, std::size_t size = sizeof(Raw)) {
  return SocketAddress::from_raw(reinterpret_cast<const sockaddr*>(&raw), static_cast<socklen_t>(size));
}

template <typename Raw>
Raw raw_of(const SocketAddress& address) {
  Raw raw{};
  std::memcpy(&raw, address.data(), std::min<std::size_t>(sizeof raw, address.size()));
  return raw;
}

// What there is of sun_path.
std::string_view name_in(const SocketAddress& address) {
  if (address.family() != AF_UNIX || address.size() <= path_offset) return {};
  return {reinterpret_cast<const char*>(address.data()) + path_offset, address.size() - path_offset};
}

// What tells two addresses of a family apart, but for scope and port.
std::string_view identity_of(const SocketAddress& address) {
  const auto text_of = [](std::span<const std::byte> bytes) {
    return std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  };
  if (address.is_internet()) return text_of(address.host_bytes());
  if (address.family() != AF_UNIX)
    return text_of({reinterpret_cast<const std::byte*>(address.data()), address.size()});
  const auto name = name_in(address);
  return name.starts_with('\0') ? name : name.substr(0, name.find('\0'));  // a path ends at its NUL, if any
}

void require_short(std::string_view name, const char* noun) {
  if (name.size() <= SocketAddress::longest_path) return;
  throw Error{ENAMETOOLONG, fmt::format("cannot use the {} {}", noun, quote(name)),
              fmt::format("it has {} bytes; the limit is {}", name.size(), SocketAddress::longest_path)};
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

std::string escape_name(std::string_view name) {
  const bool all = is_printable(name);
  std::string text;
  for (const char c : name) {
    if (c == '\\')
      text += "\\\\";
    else if (all || (c >= ' ' && c <= '~'))
      text += c;
    else
      fmt::format_to(std::back_inserter(text), "\\{:03o}", static_cast<unsigned char>(c));
  }
  return text;
}

std::string unescape_name(std::string_view text) {
  const auto invalid = [text] {
    return Error::invalid(fmt::format("invalid abstract name {}", quote(text)),
                          "a backslash is followed by three octal digits, n, t or a backslash");
  };
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      name += text[i];
      continue;
    }
    const auto rest = text.substr(i + 1);
    if (rest.empty()) throw invalid();
    if (rest[0] == '\\' || rest[0] == 'n' || rest[0] == 't') {
      name += rest[0] == 'n' ? '\n' : rest[0] == 't' ? '\t' : '\\';
      i += 1;
      continue;
    }
    if (rest.size() < 3 || !std::all_of(rest.begin(), rest.begin() + 3, is_octal) || rest[0] > '3')
      throw invalid();
    name += static_cast<char>((rest[0] - '0') << 6 | (rest[1] - '0') << 3 | (rest[2] - '0'));
    i += 3;
  }
  return name;
}

std::uint16_t parse_port(std::string_view text) {
  return static_cast<std::uint16_t>(parse_number(text, "port", 0, std::numeric_limits<std::uint16_t>::max()));
}

int require_internet(int family) {
  if (family == AF_INET || family == AF_INET6) return family;
  throw Error{EAFNOSUPPORT, fmt::format("cannot make an address of family {}", family)};
}

SocketAddress internet_address(int family, in_addr_t four, const in6_addr& six, std::uint16_t port) {
  if (require_internet(family) == AF_INET) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_port = htons(port);
    raw.sin_addr.s_addr = htonl(four);
    return address_of(raw);
  }
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(port);
  raw.sin6_addr = six;
  return address_of(raw);
}

// The index of an interface by its name or number; 0: there is none.
std::uint32_t scope_index(const std::string& name) {
  if (const auto index = ::if_nametoindex(name.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto* const end = name.data() + name.size();
  const auto result = std::from_chars(name.data(), end, number);
  return result.ec == std::errc{} && result.ptr == end ? number : 0;
}

}  // namespace

SocketAddress SocketAddress::from_raw(const sockaddr* data, socklen_t size) noexcept {
  SocketAddress address;
  address.m_size = std::min<socklen_t>(size, sizeof address.m_storage);
  if (address.m_size > 0) std::memcpy(&address.m_storage, data, address.m_size);
  return address;
}

const sockaddr* SocketAddress::data() const noexcept { return reinterpret_cast<const sockaddr*>(&m_storage); }

SocketAddress SocketAddress::of_path(std::string_view path) {
  if (path.empty() || path.find('\0') != path.npos)
    throw Error::invalid(fmt::format("invalid path {}", quote(path)),
                         path.empty() ? "it is empty" : "it contains a NUL");
  require_short(path, "socket");
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  path.copy(raw.sun_path, path.size());
  return address_of(raw, path_offset + path.size() + 1);
}

SocketAddress SocketAddress::abstract(std::string_view name) {
  if (name.empty()) throw Error::invalid("invalid abstract name ''", "it is empty");
  require_short(name, "abstract name");
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  name.copy(raw.sun_path + 1, name.size());
  return address_of(raw, path_offset + 1 + name.size());
}

SocketAddress SocketAddress::loopback(int family, std::uint16_t port) {
  return internet_address(family, INADDR_LOOPBACK, in6addr_loopback, port);
}

SocketAddress SocketAddress::any(int family, std::uint16_t port) {
  return internet_address(family, INADDR_ANY, in6addr_any, port);
}

std::optional<SocketAddress> SocketAddress::parse_host_if_numeric(std::string_view name, std::uint16_t port) {
  const auto percent = name.find('%');
  const std::string number{name.substr(0, percent)};
  if (number.find('\0') != number.npos) return std::nullopt;
  in_addr four;
  if (percent == name.npos && ::inet_pton(AF_INET, number.c_str(), &four) == 1)
    return internet_address(AF_INET, ntohl(four.s_addr), in6addr_any, port);
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, number.c_str(), &raw.sin6_addr) != 1) return std::nullopt;
  if (percent != name.npos) {
    raw.sin6_scope_id = scope_index(std::string{name.substr(percent + 1)});
    if (raw.sin6_scope_id == 0) return std::nullopt;
  }
  return address_of(raw);
}

SocketAddress SocketAddress::parse(std::string_view text) {
  if (text == "@") {
    sockaddr_un raw{};
    raw.sun_family = AF_UNIX;
    return address_of(raw, path_offset);
  }
  if (text.substr(0, 1) == "@") return abstract(unescape_name(text.substr(1)));
  if (text.find('/') != text.npos) return of_path(text);

  const auto invalid = [text](const char* reason) {
    return Error::invalid(fmt::format("invalid address {}", quote(text)), reason);
  };
  const auto colon = text.rfind(':');
  if (colon == text.npos) throw invalid("it is neither HOST:PORT nor a path with a slash nor @NAME");
  const bool in_brackets = text[0] == '[';
  if (in_brackets && (colon == 0 || text[colon - 1] != ']'))
    throw invalid("a port belongs after the bracket");
  const auto host = in_brackets ? text.substr(1, colon - 2) : text.substr(0, colon);
  if (!in_brackets && host.find(':') != host.npos) throw invalid("IPv6 addresses are written in brackets");
  const auto address = parse_host_if_numeric(host, parse_port(text.substr(colon + 1)));
  if (!address) throw invalid("the host is no number");
  if (in_brackets != (address->family() == AF_INET6)) throw invalid("brackets are for IPv6 addresses");
  return *address;
}

bool SocketAddress::is_multicast() const noexcept {
  if (family() == AF_INET) return IN_MULTICAST(ntohl(raw_of<sockaddr_in>(*this).sin_addr.s_addr));
  if (family() != AF_INET6) return false;
  const auto raw = raw_of<sockaddr_in6>(*this);
  return IN6_IS_ADDR_MULTICAST(&raw.sin6_addr);
}

bool SocketAddress::is_loopback() const noexcept {
  if (family() == AF_INET) return ntohl(raw_of<sockaddr_in>(*this).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  if (family() != AF_INET6) return false;
  const auto raw = raw_of<sockaddr_in6>(*this);
  return IN6_IS_ADDR_LOOPBACK(&raw.sin6_addr) ||
         (IN6_IS_ADDR_V4MAPPED(&raw.sin6_addr) && raw.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}

std::string SocketAddress::host() const {
  char number[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const auto raw = raw_of<sockaddr_in>(*this);
    ::inet_ntop(AF_INET, &raw.sin_addr, number, sizeof number);
    return number;
  }
  if (family() != AF_INET6) return {};
  const auto raw = raw_of<sockaddr_in6>(*this);
  ::inet_ntop(AF_INET6, &raw.sin6_addr, number, sizeof number);
  if (raw.sin6_scope_id == 0) return number;
  char name[IF_NAMESIZE];
  if (::if_indextoname(raw.sin6_scope_id, name) != nullptr) return fmt::format("{}%{}", number, name);
  return fmt::format("{}%{}", number, raw.sin6_scope_id);
}

std::span<const std::byte> SocketAddress::host_bytes() const noexcept {
  const auto all = std::as_bytes(std::span{&m_storage, 1});
  if (family() == AF_INET) return all.subspan(offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
  if (family() == AF_INET6) return all.subspan(offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
  return {};
}

std::optional<std::uint16_t> SocketAddress::port() const noexcept {
  if (!is_internet()) return std::nullopt;
  return ntohs(raw_of<sockaddr_in>(*this).sin_port);
}

std::uint32_t SocketAddress::scope() const noexcept {
  return family() == AF_INET6 ? raw_of<sockaddr_in6>(*this).sin6_scope_id : 0;
}

std::optional<std::string> SocketAddress::path() const {
  const auto name = name_in(*this);
  if (name.empty() || name[0] == '\0') return std::nullopt;
  return std::string{name.substr(0, name.find('\0'))};  // which may have no terminator
}

std::optional<std::string> SocketAddress::abstract_name() const {
  const auto name = name_in(*this);
  if (name.size() < 2 || name[0] != '\0') return std::nullopt;
  return std::string{name.substr(1)};
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const noexcept {
  auto address = *this;
  const auto raw = htons(port);
  if (is_internet())
    std::memcpy(reinterpret_cast<std::byte*>(&address.m_storage) + port_offset, &raw, sizeof raw);
  return address;
}

std::string SocketAddress::text() const {
  if (family() == AF_INET) return fmt::format("{}:{}", host(), *port());
  if (family() == AF_INET6) return fmt::format("[{}]:{}", host(), *port());
  if (family() == AF_UNSPEC) return {};
  if (family() != AF_UNIX) return fmt::format("family {}", family());
  if (const auto name = path()) return *name;
  return fmt::format("@{}", escape_name(abstract_name().value_or("")));
}

std::strong_ordering SocketAddress::compare(const SocketAddress& left, const SocketAddress& right) noexcept {
  const auto meaning = [](const SocketAddress& address) {
    return std::tuple{address.family(), identity_of(address), address.scope(), address.port()};
  };
  return meaning(left) <=> meaning(right);
}

}  // namespace ipcutils
