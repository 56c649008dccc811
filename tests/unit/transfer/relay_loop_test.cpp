#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ipcutils/datagram.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/relay_loop.hpp>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

// A connection that the loop relays, with both peers.
struct Peers {
  FileDescriptor client;
  FileDescriptor server;
};

Peers add_to(RelayLoop& loop, RelayLoop::Done done, RelayOptions options = {}) {
  auto first = make_socket_pair(SOCK_STREAM);
  auto second = make_socket_pair(SOCK_STREAM);
  loop.add(socket_side(Descriptor::owned(std::move(first.second)), "a client"),
           socket_side(Descriptor::owned(std::move(second.first)), "a server"), std::move(options),
           std::move(done));
  return {std::move(first.first), std::move(second.second)};
}

void put(const FileDescriptor& socket, const std::string& text) {
  REQUIRE(::write(socket.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string got(const FileDescriptor& socket) {
  std::string text(1000, '\0');
  const auto count = ::recv(socket.get(), text.data(), text.size(), MSG_DONTWAIT);
  return text.substr(0, count > 0 ? static_cast<std::size_t>(count) : 0);
}

}  // namespace

TEST_CASE("relay loop: hundreds of connections in one process, each with an end of its own") {
  RelayLoop loop;
  std::size_t ended = 0;
  std::vector<Peers> all;
  for (int i = 0; i < 300; ++i)
    all.push_back(add_to(loop, [&](const RelayResult& result, const std::exception_ptr& failure) {
      CHECK(failure == nullptr);
      CHECK(result.reason == RelayResult::Reason::ended);
      ++ended;
    }));
  CHECK(loop.size() == 300);
  for (std::size_t i = 0; i < all.size(); ++i) put(all[i].client, "question " + std::to_string(i));
  CHECK(loop.run(Deadline::after(50ms)) == Waited::timed_out);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(got(all[i].server) == "question " + std::to_string(i));
    put(all[i].server, "answer " + std::to_string(i));
    all[i].server.reset();
  }
  CHECK(loop.run(Deadline::after(50ms)) == Waited::timed_out);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(got(all[i].client) == "answer " + std::to_string(i));
    all[i].client.reset();
  }
  CHECK(loop.run(Deadline::after(10s)) == Waited::ready);
  CHECK(ended == 300);
}

TEST_CASE("relay loop: silence ends a relay and leaves the others") {
  RelayLoop loop;
  auto reason = RelayResult::Reason::ended;
  const auto idle =
      add_to(loop, [&](const RelayResult& result, const std::exception_ptr&) { reason = result.reason; },
             {.idle = 20ms});
  const auto other = add_to(loop, nullptr);
  while (loop.size() > 1) CHECK(loop.run(Deadline::after(25ms)) == Waited::timed_out);
  CHECK(reason == RelayResult::Reason::idle);
  put(other.client, "still there");
  loop.run(Deadline::after(50ms));
  CHECK(got(other.server) == "still there");
}

TEST_CASE("relay loop: a failure ends its relay alone") {
  RelayLoop loop;
  bool has_failed = false;
  const FileDescriptor full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  auto input = make_socket_pair(SOCK_STREAM);
  Side first = socket_side(Descriptor::owned(std::move(input.second)), "a client");
  Side second;
  second.sink = byte_sink(Descriptor::borrowed(full.get()), Medium::other, "a full device");
  loop.add(std::move(first), std::move(second), {},
           [&](const RelayResult&, const std::exception_ptr& failure) { has_failed = failure != nullptr; });
  const auto other = add_to(loop, nullptr);
  put(input.first, "too much");
  while (loop.size() > 1) loop.run(Deadline::after(25ms));
  CHECK(has_failed);
}

TEST_CASE("relay loop: devices and files, which epoll(7) refuses, are always ready") {
  RelayLoop loop;
  RelayResult result{};
  const auto read_from = [](const char* path) {
    FileDescriptor file{::open(path, O_RDONLY | O_CLOEXEC)};
    const auto medium = medium_of(file.get());
    return Side{.source = byte_source(Descriptor::owned(std::move(file)), medium, path)};
  };
  FileDescriptor nothing{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  Side first = read_from(GENERATE("/dev/zero", "/proc/self/exe"));
  Side second{.sink = byte_sink(Descriptor::owned(std::move(nothing)), Medium::null_device, "nowhere")};
  first.source->set_rules({.length = 100'000});
  loop.add(std::move(first), std::move(second), {},
           [&](const RelayResult& of, const std::exception_ptr&) { result = of; });
  CHECK(loop.run(Deadline::after(10s)) == Waited::ready);
  CHECK(result.forward.bytes == 100'000);
}
