#include <ipcutils/datagram.hpp>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <array>
#include <cstring>
#include <sstream>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

constexpr auto loopback = "lo";

// A group of loopback, with a socket that receives what is sent to it.
struct Group {
  explicit Group(int family) : Group{family, family == AF_INET ? "239.255.77.1" : "ff01::7701"} {}
  Group(int family, const char* name) {
    const auto host = SocketAddress::parse_host_if_numeric(name).value();
    socket = open_socket(family, {.type = SOCK_DGRAM, .bind = SocketAddress::any(family)});
    address = host.with_port(*local_address(socket.get()).port());
  }

  FileDescriptor socket;
  SocketAddress address;
};

// Why there can be no multicast over loopback here; empty: there can.
std::string obstacle(int family) {
  try {
    const Group group{family};
    join_group(group.socket.get(), group.address, loopback);
    const auto sender = open_socket(family, {.type = SOCK_DGRAM});
    set_multicast_interface(sender.get(), loopback);
    send_to(sender.get(), bytes("x"), group.address, Deadline::immediate());
    return receive_text(group.socket.get(), Deadline::after(200ms)) == "x" ? "" : "nothing arrives";
  } catch (const Error& error) {
    return error.what();
  }
}

int option_of(const FileDescriptor& socket, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(socket.get(), level, option, &value, &size);
  return value;
}

}  // namespace

TEST_CASE("multicast: members receive what is sent to the group, until they leave") {
  const int family = GENERATE_COPY(from_range(internet_families()));
  if (const auto reason = obstacle(family); !reason.empty()) {
    WARN("skipped: no multicast over loopback for family " << family << ": " << reason);
    return;
  }
  const Group group{family};
  const auto index = std::to_string(::if_nametoindex(loopback));
  const auto interface =
      GENERATE_COPY(as<std::string>{}, std::string{loopback}, index, family == AF_INET ? "127.0.0.1" : "::1");
  CAPTURE(interface);
  const auto sender = open_socket(family, {.type = SOCK_DGRAM});
  set_multicast_interface(sender.get(), interface);
  const auto send = [&](const char* text) {
    send_to(sender.get(), bytes(text), group.address, Deadline::never());
  };
  join_group(group.socket.get(), group.address, interface);
  CHECK(error_of([&] { join_group(group.socket.get(), group.address, interface); }).code() ==
        std::errc::address_in_use);
  send("one");
  CHECK(receive_text(group.socket.get()) == "one");
  leave_group(group.socket.get(), group.address, interface);
  CHECK(error_of([&] { leave_group(group.socket.get(), group.address, interface); }).code() ==
        std::errc::address_not_available);
}

TEST_CASE("multicast: IPv6 groups, in a network of its own") {
  // Loopback has no route to them; an Ethernet without anybody on it has.
  ChildProcess child{[] {
    constexpr int skipped = 77;
    ::alarm(20);
    if (::unshare(CLONE_NEWNET) != 0) return skipped;
    write_file("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    const FileDescriptor tap{::open("/dev/net/tun", O_RDWR | O_CLOEXEC)};
    const auto control = open_socket(AF_INET, {.type = SOCK_DGRAM});
    ifreq request{};
    std::strcpy(request.ifr_name, "tap");
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.get(), TUNSETIFF, &request) != 0) return skipped;
    request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
    if (::ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) return skipped;

    // The kernel gives it an address by and by; flag 40: not yet to be used.
    const bool has_address = eventually([] {
      std::istringstream list{read_file("/proc/net/if_inet6")};
      for (std::string address, number, length, scope, flags, name;
           list >> address >> number >> length >> scope >> flags >> name;)
        if (name == "tap" && (std::stoul(flags, nullptr, 16) & 0x40) == 0) return true;
      return false;
    });
    if (!has_address) return skipped;

    const auto index = std::to_string(::if_nametoindex("tap"));
    std::vector<std::string> interfaces{"tap", index};
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
      const auto& interface = interfaces[i];
      const Group group{AF_INET6, "ff12::7701"};
      const auto sender = open_socket(AF_INET6, {.type = SOCK_DGRAM});
      set_multicast_interface(sender.get(), interface);
      join_group(group.socket.get(), group.address, interface);
      if (!send_to(sender.get(), bytes("x"), group.address, Deadline::never())) return 1;
      std::array<std::byte, 9> buffer;
      const auto datagram = receive_from(group.socket.get(), buffer, Deadline::after(10s));
      if (!datagram || datagram->size != 1) return 2;
      leave_group(group.socket.get(), group.address, interface);
      // By its address as well, with the scope and without.
      const auto host = datagram->from.host();
      if (i == 0) interfaces.insert(interfaces.end(), {host, host.substr(0, host.find('%'))});
    }
    const Group group{AF_INET6, "ff12::7701%tap"};
    join_group(group.socket.get(), group.address);
    const auto sender = open_socket(AF_INET6, {.type = SOCK_DGRAM});
    if (!send_to(sender.get(), bytes("z"), group.address, Deadline::never())) return 3;
    return receive_text(group.socket.get()) == "z" ? 0 : 4;
  }};
  const int result = child.wait().value_or(-1);
  if (result == 77)
    WARN("skipped: there can be no network namespace with an Ethernet here");
  else
    CHECK(result == 0);
}

TEST_CASE("multicast: every member gets every datagram") {
  if (!obstacle(AF_INET).empty()) return;
  const Group first{AF_INET};
  const auto reuse = [](int socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  };
  std::vector<FileDescriptor> members;
  SocketAddress where = SocketAddress::any(AF_INET);
  for (int i = 0; i < 3; ++i) {
    members.push_back(open_socket(AF_INET, {.type = SOCK_DGRAM, .bind = where, .before_bind = reuse}));
    where = local_address(members[0].get());
    join_group(members.back().get(), first.address, loopback);
  }
  const auto sender = open_socket(AF_INET, {.type = SOCK_DGRAM});
  set_multicast_interface(sender.get(), loopback);
  send_to(sender.get(), bytes("all"), first.address.with_port(*where.port()), Deadline::never());
  for (const auto& member : members) CHECK(receive_text(member.get()) == "all");
}

TEST_CASE("multicast: the interface for sending is that of the socket's family") {
  if (!has_ipv6()) return;
  const auto six = open_socket(AF_INET6, {.type = SOCK_DGRAM});
  set_multicast_interface(six.get(), loopback);
  CHECK(option_of(six, IPPROTO_IPV6, IPV6_MULTICAST_IF) == static_cast<int>(::if_nametoindex(loopback)));
}

TEST_CASE("multicast: an interface is a name, an index or an address") {
  const auto index = ::if_nametoindex(loopback);
  CHECK(interface_index("") == 0);
  CHECK(interface_index(loopback) == index);
  CHECK(interface_index(std::to_string(index)) == index);
  CHECK(interface_index("127.0.0.1") == index);
  if (has_ipv6()) CHECK(interface_index("::1") == index);
  const auto name = GENERATE(as<std::string>{}, "no-such-one", "999999", "99999999999999999999", "192.0.2.77",
                             "2001:db8::77", "0");
  CAPTURE(name);
  const auto error = error_of([&] { interface_index(name); });
  CHECK(error.code() == std::errc::no_such_device);
  CHECK(error.attempt() == "cannot use interface '" + name + "'");
}

TEST_CASE("multicast: what is no group is refused") {
  const auto socket = open_socket(AF_INET, {.type = SOCK_DGRAM});
  const auto error = error_of([&] { join_group(socket.get(), SocketAddress::loopback(AF_INET)); });
  CHECK(error.what() == std::string{"cannot join group '127.0.0.1': it is no multicast address"});
}
