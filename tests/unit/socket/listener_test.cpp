#include <ipcutils/socket.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <map>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

void reset_connection(FileDescriptor socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

TEST_CASE("listener: it waits for who comes") {
  auto listener = listen_on(SocketAddress::loopback(AF_INET), 5);
  CHECK_FALSE(listener.accept(Deadline::immediate()));
  FileDescriptor client;
  const auto connecting =
      when_asleep([&] { client = connect_to(listener.local_address(), {}, Deadline::never()).value(); });
  CHECK(listener.accept(Deadline::never()));
  connecting.wait();
}

TEST_CASE("listener: a storm of clients is served, every one") {
  const bool is_local = GENERATE(false, true);
  auto listener = listen_on(is_local ? scratch_abstract() : SocketAddress::loopback(AF_INET), 5);
  const auto address = listener.local_address();
  constexpr int threads = 4, each = 150;
  std::vector<std::future<int>> clients;
  for (int i = 0; i < threads; ++i)
    clients.push_back(std::async(std::launch::async, [&] {
      int served = 0;
      for (int n = 0; n < each; ++n) {
        const auto client = connect_to(address, {}, Deadline::after(20s));
        if (client && read_all(client->get()) == "x") ++served;
      }
      return served;
    }));
  for (int n = 0; n < threads * each; ++n) {
    const auto connection = listener.accept(Deadline::after(20s));
    REQUIRE(connection);
    write_all(connection->socket.get(), "x");
  }
  int served = 0;
  for (auto& client : clients) served += client.get();
  CHECK(served == threads * each);
  CHECK_FALSE(listener.accept(Deadline::immediate()));
}

TEST_CASE("listener: clients that reset before they are accepted end nothing") {
  auto listener = listen_on(SocketAddress::loopback(AF_INET), 100);
  const auto address = listener.local_address();
  for (int i = 0; i < 50; ++i) reset_connection(connect_to(address, {}, Deadline::never()).value());
  const auto client = connect_to(address, {}, Deadline::never()).value();
  const auto own = local_address(client.get());
  bool found = false;
  while (const auto connection = listener.accept(Deadline::immediate())) found |= connection->peer == own;
  CHECK(found);
}

TEST_CASE("listener: without a free descriptor clients wait, and the loop does not spin") {
  // Another process: the limit would hit every thread of this one.
  ChildProcess child{[] {
    ::alarm(20);
    auto listener = listen_on(scratch_abstract(), 5);
    const auto client = connect_to(listener.local_address(), {}, Deadline::never());
    rlimit limit;
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<FileDescriptor> all;
    std::atomic<bool> is_running = false, is_time = false;
    // Begins before, since under a sanitizer a thread needs a descriptor for that.
    const auto closing = std::async(std::launch::async, [&] {
      is_running = true;
      while (!is_time) ::poll(nullptr, 0, 1);
      ::poll(nullptr, 0, 20);
      all.resize(all.size() / 2);  // some are for sanitizers
    });
    if (!eventually([&] { return is_running.load(); })) ::_exit(5);
    for (int fd; (fd = ::dup(0)) >= 0;) all.emplace_back(fd);
    rusage before, after;
    ::getrusage(RUSAGE_SELF, &before);
    if (listener.accept(Deadline::after(100ms))) ::_exit(1);
    ::getrusage(RUSAGE_SELF, &after);
    const auto used = (after.ru_utime.tv_usec - before.ru_utime.tv_usec) +
                      (after.ru_stime.tv_usec - before.ru_stime.tv_usec) +
                      1'000'000 * (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
                                   before.ru_stime.tv_sec);
    if (used > 50'000) ::_exit(2);
    if (listener.accept(Deadline::immediate())) ::_exit(3);
    is_time = true;
    return listener.accept(Deadline::never()) ? 0 : 4;
  }};
  CHECK(child.wait().value_or(-1) == 0);
}

TEST_CASE("listener: a thousand clients at once") {
  const auto address = scratch_abstract();
  rlimit limit;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int count = limit.rlim_cur > 2500 ? 1000 : 200;
  auto listener = listen_on(address, 4096);
  std::vector<FileDescriptor> clients;
  std::vector<AcceptedSocket> servers;
  for (int i = 0; i < count; ++i) {
    auto client = connect_to(address, {}, Deadline::after(10s));
    if (!client) break;
    clients.push_back(std::move(*client));
    // No more than a backlog that the system may have limited.
    if (i % 100 == 99)
      while (auto connection = listener.accept(Deadline::immediate()))
        servers.push_back(std::move(*connection));
  }
  CHECK(servers.size() == static_cast<std::size_t>(count));
}

TEST_CASE("listener: several threads share one") {
  auto listener = listen_on(scratch_abstract(), 100);
  std::atomic<int> accepted = 0;
  std::vector<std::future<void>> threads;
  for (int i = 0; i < 3; ++i)
    threads.push_back(std::async(std::launch::async, [&] {
      while (accepted < 100)
        if (listener.accept(Deadline::after(10ms))) ++accepted;
    }));
  for (int i = 0; i < 100; ++i) connect_to(listener.local_address(), {}, Deadline::after(10s));
  for (auto& thread : threads) thread.get();
  CHECK(accepted == 100);
}

TEST_CASE("listener: an address of which somebody else is, and a port of the privileged, are told") {
  const auto listener = listen_on(SocketAddress::loopback(AF_INET), 5);
  const auto error = error_of([&] { listen_on(listener.local_address(), 5); });
  CHECK(error.code() == std::errc::address_in_use);
  CHECK(error.attempt() == "cannot bind to '" + listener.local_address().text() + "'");
  if (::geteuid() == 0) return;
  try {
    listen_on(SocketAddress::loopback(AF_INET, 1), 5);
  } catch (const Error& refused) {
    CHECK(refused.code() == std::errc::permission_denied);
    CHECK(refused.hint().find("net.ipv4.ip_unprivileged_port_start") != std::string::npos);
  }
}

TEST_CASE("listener: what cannot listen is an error") {
  auto socket = open_socket(AF_INET, {.type = SOCK_DGRAM});
  const auto error = error_of([&] { Listener::on(std::move(socket), 5, "x"); });
  CHECK(error.what() == std::string{"cannot listen on 'x': Operation not supported"});
}
