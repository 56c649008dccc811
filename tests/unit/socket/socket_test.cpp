#include <ipcutils/socket.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <vector>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

// A UNIX listener whose backlog is full.
struct FullListener {
  SocketAddress address = scratch_abstract();
  Listener listener = listen_on(address, 0);
  FileDescriptor first = connect_to(address, {}, Deadline::immediate()).value();
};

}  // namespace

TEST_CASE("socket: a connection over loopback goes both ways") {
  const int family = GENERATE_COPY(from_range(internet_families()));
  auto listener = listen_on(SocketAddress::loopback(family), 5);
  const auto deadline = GENERATE(true, false) ? Deadline::never() : Deadline::after(1min);
  const auto client = connect_to(listener.local_address(), {}, deadline);
  REQUIRE(client);
  const auto server = listener.accept(deadline);
  REQUIRE(server);
  CHECK(server->peer == local_address(client->get()));
  CHECK(server->peer == peer_address(server->socket.get()));
  CHECK(peer_address(client->get()) == listener.local_address());
  CHECK(*listener.local_address().port() != 0);
  for (const auto* socket : {&*client, &server->socket}) {
    CHECK(is_cloexec(*socket));
    CHECK_FALSE(is_nonblocking(*socket));
    CHECK_FALSE(peer_credentials(socket->get()));
    CHECK(socket_family(socket->get()) == family);
    CHECK(socket_type(socket->get()) == SOCK_STREAM);
  }
  write_all(client->get(), "question");
  ::shutdown(client->get(), SHUT_WR);
  CHECK(read_all(server->socket.get()) == "question");
  write_all(server->socket.get(), "answer");
  ::shutdown(server->socket.get(), SHUT_WR);
  CHECK(read_all(client->get()) == "answer");
}

TEST_CASE("socket: an abstract name, and who is at its other end") {
  const int type = GENERATE(SOCK_STREAM, SOCK_SEQPACKET);
  const auto address = scratch_abstract();
  auto listener = listen_on(address, 5, {.type = type});
  CHECK(listener.local_address() == address);
  const auto client = connect_to(address, {.type = type}, Deadline::never()).value();
  const auto server = listener.accept(Deadline::never()).value();
  const PeerCredentials we{::getpid(), ::geteuid(), ::getegid()};
  CHECK(peer_credentials(client.get()) == we);
  CHECK(peer_credentials(server.socket.get()) == we);
  CHECK(server.peer == SocketAddress::parse("@"));
  CHECK(error_of([&] { listen_on(address, 5, {.type = type}); }).code() == std::errc::address_in_use);
}

TEST_CASE("socket: a client has the address that it is bound to") {
  const auto address = scratch_abstract();
  auto listener = listen_on(address, 5);
  const auto own = scratch_abstract();
  const auto client = connect_to(address, {.bind = own}, Deadline::never());
  CHECK(listener.accept(Deadline::never())->peer == own);
}

TEST_CASE("socket: a socket that is not connected has no peer") {
  const auto tcp = open_socket(AF_INET);
  CHECK(peer_address(tcp.get()) == SocketAddress{});
  CHECK_FALSE(peer_credentials(tcp.get()));
  const auto local = open_socket(AF_UNIX);
  CHECK(local_address(local.get()) == SocketAddress::parse("@"));
  CHECK_FALSE(peer_credentials(local.get()));
  const auto file = make_file();
  CHECK(error_of([&] { socket_type(file.get()); }).code() == std::errc::not_a_socket);
}

TEST_CASE("socket: hooks come before and after it is bound, and what they throw ends it") {
  std::string order;
  SocketOptions options{.bind = SocketAddress::loopback(AF_INET)};
  options.before_bind = [&](int socket) {
    order += local_address(socket).port() == 0 ? "unbound " : "bound ";
  };
  options.after_bind = [&](int socket) {
    order += local_address(socket).port() == 0 ? "unbound " : "bound ";
  };
  open_socket(AF_INET, options);
  CHECK(order == "unbound bound ");
  const int next = FileDescriptor{::dup(0)}.get();
  options.after_bind = [](int) { throw std::runtime_error{"no"}; };
  CHECK_THROWS_AS(open_socket(AF_INET, options), std::runtime_error);
  CHECK(FileDescriptor{::dup(0)}.get() == next);
}

TEST_CASE("socket: nobody there is an error that names the address") {
  const auto deaf = deaf_socket(AF_INET);
  const auto address = local_address(deaf.get());
  const auto error = error_of([&] { connect_to(address, {}, Deadline::never()); });
  CHECK(error.what() == "cannot connect to '" + address.text() + "': Connection refused");
  const auto missing = error_of([] { connect_to(scratch_abstract(), {}, Deadline::never()); });
  CHECK(missing.code() == std::errc::connection_refused);
  const auto taken = error_of([&] { open_socket(AF_INET, {.bind = address}); });
  CHECK(taken.what() == "cannot bind to '" + address.text() + "': Address already in use");
}

TEST_CASE("socket: a full backlog is waited for, and no longer than until the deadline") {
  FullListener full;
  CHECK_FALSE(connect_to(full.address, {}, Deadline::immediate()));
  const auto duration = GENERATE(3ms, 120ms);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(connect_to(full.address, {}, Deadline::after(duration)));
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  CHECK(elapsed >= duration);
  CHECK(elapsed < duration + 1s);
  const auto server = when_asleep([&] { full.listener.accept(Deadline::never()); });
  const auto client = connect_to(full.address, {}, Deadline::after(10s));
  server.wait();
  REQUIRE(client);
  CHECK_FALSE(is_nonblocking(*client));
  timeval timeout{};
  socklen_t size = sizeof timeout;
  ::getsockopt(client->get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, &size);
  CHECK(timeout.tv_sec == 0);
  CHECK(timeout.tv_usec == 0);
}

TEST_CASE("socket: an attempt without answer over TCP ends at its deadline") {
  // Who is in no accept queue gets no answer: Linux drops what is over the backlog.
  auto listener = listen_on(SocketAddress::loopback(AF_INET), 0);
  const auto address = listener.local_address();
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 4; ++i)
    if (auto client = connect_to(address, {}, Deadline::after(30ms))) clients.push_back(std::move(*client));
  REQUIRE(clients.size() < 4);
  int early = 0;
  for (int i = 0; i < 200; ++i) {
    const Duration duration{i * 7919 % 400'000};
    const auto begin = std::chrono::steady_clock::now();
    const auto client = connect_to(address, {}, Deadline::after(duration));
    if (client || std::chrono::steady_clock::now() - begin < duration) ++early;
  }
  CHECK(early == 0);
}

TEST_CASE("socket: of several addresses the first that answers is taken") {
  const auto deaf = deaf_socket(AF_INET);
  auto listener = listen_on(SocketAddress::loopback(AF_INET), 5);
  const std::array addresses{local_address(deaf.get()), scratch_abstract(), listener.local_address()};
  const auto client = connect_to_any(addresses, {}, Deadline::never());
  REQUIRE(client);
  CHECK(peer_address(client->get()) == listener.local_address());
  const auto error = error_of([&] { connect_to_any(std::span{addresses}.first(2), {}, Deadline::never()); });
  CHECK(error.what() == "cannot connect to '" + addresses[0].text() + "': Connection refused");
  CHECK(error_of([] { connect_to_any({}, {}, Deadline::never()); }).code() == std::errc::invalid_argument);
}

TEST_CASE("socket: one address without answer leaves time for the next") {
  FullListener full;
  const auto address = scratch_abstract();
  auto listener = listen_on(address, 5);
  const std::array addresses{full.address, address};
  CHECK(connect_to_any(addresses, {}, Deadline::after(60ms)));
  CHECK_FALSE(connect_to_any(std::span{addresses}.first(1), {}, Deadline::after(5ms)));
}

TEST_CASE("socket: an attempt for each address gets an equal share of what is left") {
  const std::array addresses{SocketAddress::loopback(AF_INET, 1), SocketAddress::loopback(AF_INET6, 1)};
  std::vector<Duration> shares;
  const auto late = [&](const SocketAddress& address,
                        const Deadline& until) -> std::optional<FileDescriptor> {
    CHECK(address == addresses[shares.size()]);
    shares.push_back(until.remaining());
    return std::nullopt;
  };
  CHECK_FALSE(connect_to_any(addresses, Deadline::after(100s), late));
  REQUIRE(shares.size() == 2);
  CHECK(shares[0] <= 50s);
  CHECK(shares[1] > shares[0]);
}

TEST_CASE("socket: it is tried again until somebody is there") {
  const auto address = scratch_abstract();
  std::optional<Listener> listener;
  int made = 0;
  const auto attempt = [&](const Deadline& deadline) {
    if (++made == 4) listener.emplace(listen_on(address, 5));
    return connect_to(address, {}, deadline);
  };
  const Retry retry{.first_pause = 1ms, .longest_pause = 2ms};
  CHECK(retry_until(Deadline::after(10s), retry, attempt));
  CHECK(made == 4);
}

TEST_CASE("socket: trying again ends with the deadline, the attempts, or another error") {
  int made = 0;
  const auto refused = [&](const Deadline&) -> std::optional<FileDescriptor> {
    ++made;
    throw Error{ECONNREFUSED, "cannot connect"};
  };
  SECTION("deadline") {
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(retry_until(Deadline::after(15ms), {.first_pause = 1ms}, refused));
    CHECK(std::chrono::steady_clock::now() - begin >= 15ms);
    CHECK(made > 1);
  }
  SECTION("immediate deadline") {
    CHECK_FALSE(retry_until(Deadline::immediate(), {}, refused));
    CHECK(made == 1);
  }
  SECTION("attempts") {
    CHECK(error_of([&] {
            retry_until(Deadline::never(), {.attempts = 3, .first_pause = 1ms}, refused);
          }).code() == std::errc::connection_refused);
    CHECK(made == 3);
  }
  SECTION("another error") {
    const auto attempt = [&](const Deadline&) -> std::optional<FileDescriptor> {
      ++made;
      throw Error{EACCES, "cannot connect"};
    };
    CHECK_THROWS_AS(retry_until(Deadline::never(), {}, attempt), Error);
    CHECK(made == 1);
  }
}

TEST_CASE("socket: nobody is connected to himself") {
  // The kernel connects a socket that is bound to the very address that it connects to.
  const auto reuse = [](int socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  };
  FileDescriptor free =
      open_socket(AF_INET, {.bind = SocketAddress::loopback(AF_INET), .before_bind = reuse});
  const auto own = local_address(free.get());
  free.reset();
  SocketOptions options;
  options.before_bind = [&](int socket) {
    reuse(socket);
    if (::bind(socket, own.data(), own.size()) != 0) throw Error{errno, "cannot bind"};
  };
  CHECK(error_of([&] { connect_to(own, options, Deadline::never()); }).code() ==
        std::errc::connection_refused);
}
