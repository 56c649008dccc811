#include <ipcutils/datagram.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>

#include <array>
#include <cstring>

#include <ipcutils/interruption.hpp>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct Receiver {
  explicit Receiver(const SocketAddress& address)
      : socket{open_socket(address.family(), {.type = SOCK_DGRAM, .bind = address})} {}
  SocketAddress address() const { return local_address(socket.get()); }

  FileDescriptor socket;
};

Receiver make_receiver(int family) {
  return Receiver{family == AF_UNIX ? scratch_abstract() : SocketAddress::loopback(family)};
}

FileDescriptor make_sender(int family) { return open_socket(family, {.type = SOCK_DGRAM}); }

std::vector<int> families() {
  auto list = internet_families();
  list.push_back(AF_UNIX);
  return list;
}

struct Pair {
  FileDescriptor first, second;
};

Pair make_pair(int type) {
  int ends[2];
  require_call(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
}

}  // namespace

TEST_CASE("datagram: an abstract name belongs to the user of the socket that has it") {
  const auto name = scratch_abstract();
  CHECK_FALSE(owner_of_receiver(name));
  const auto stream = open_socket(AF_UNIX, {.bind = name});
  CHECK_FALSE(owner_of_receiver(name));
  auto socket = open_socket(AF_UNIX, {.type = SOCK_DGRAM, .bind = name});
  CHECK(owner_of_receiver(name).value_or(::geteuid()) == ::geteuid());  // nothing: the kernel does not tell
  socket.reset();
  CHECK_FALSE(owner_of_receiver(name));
}

TEST_CASE("datagram: boundaries are kept, and no byte is a datagram") {
  const int family = GENERATE_COPY(from_range(families()));
  const auto receiver = make_receiver(family);
  const auto sender = make_sender(family);
  const std::vector<std::string> texts{"a", "", "bcd", pattern(9000), "", "e"};
  for (const auto& text : texts)
    REQUIRE(send_to(sender.get(), bytes(text), receiver.address(), Deadline::after(10s)));
  for (const auto& text : texts) CHECK(receive_text(receiver.socket.get()) == text);
  CHECK(receive_text(receiver.socket.get(), Deadline::immediate()) == "(nothing)");
}

TEST_CASE("datagram: it tells from whom it is, who can be answered") {
  const int family = GENERATE_COPY(from_range(families()));
  const auto server = make_receiver(family);
  const auto client = make_receiver(family);
  send_to(client.socket.get(), bytes("question"), server.address(), Deadline::never());
  std::array<std::byte, 100> buffer;
  const auto datagram = receive_from(server.socket.get(), buffer, Deadline::never()).value();
  CHECK(datagram.size == 8);
  CHECK(datagram.from == client.address());
  CHECK_FALSE(datagram.credentials);
  CHECK_FALSE(datagram.is_end);
  send_to(server.socket.get(), bytes("answer"), datagram.from, Deadline::never());
  CHECK(receive_text(client.socket.get()) == "answer");
}

TEST_CASE("datagram: one that does not fit is an error with both sizes, and the next one is whole") {
  const int family = GENERATE_COPY(from_range(families()));
  const auto receiver = make_receiver(family);
  const auto sender = make_sender(family);
  send_to(sender.get(), bytes("0123456789"), receiver.address(), Deadline::never());
  send_to(sender.get(), bytes("abcd"), receiver.address(), Deadline::never());
  std::array<std::byte, 4> buffer;
  const auto error = error_of([&] { receive_from(receiver.socket.get(), buffer, Deadline::never()); });
  CHECK(error.code() == std::errc::message_size);
  CHECK(error.what() == std::string{"cannot receive a datagram: it has 10 bytes, and there is room for 4"});
  CHECK(receive_from(receiver.socket.get(), buffer, Deadline::never())->size == 4);
}

TEST_CASE("datagram: one too long to be sent is an error with its size") {
  const auto receiver = make_receiver(AF_INET);
  const auto sender = make_sender(AF_INET);
  const std::string text(70'000, 'x');
  const auto error =
      error_of([&] { send_to(sender.get(), bytes(text), receiver.address(), Deadline::never()); });
  CHECK(error.code() == std::errc::message_size);
  CHECK(error.attempt() == "cannot send a datagram of 70000 bytes to '" + receiver.address().text() + "'");
  CHECK(send_to(sender.get(), bytes(std::string(65'507, 'x')), receiver.address(), Deadline::never()));
  CHECK(receive_text(receiver.socket.get()).size() == 65'507);
}

TEST_CASE("datagram: nobody there is an error") {
  const auto sender = make_sender(AF_UNIX);
  CHECK(error_of([&] { send_to(sender.get(), bytes("x"), scratch_abstract(), Deadline::never()); }).code() ==
        std::errc::connection_refused);
  auto gone = make_receiver(AF_INET);
  const auto connected = connect_to(gone.address(), {.type = SOCK_DGRAM}, Deadline::never()).value();
  gone.socket.reset();
  send_to(connected.get(), bytes("x"), {}, Deadline::never());
  CHECK(error_of([&] { receive_text(connected.get()); }).code() == std::errc::connection_refused);
}

TEST_CASE("datagram: a full receiver is waited for, and no longer than until the deadline") {
  const auto receiver = make_receiver(AF_UNIX);
  const auto address = receiver.address();
  const bool is_connected = GENERATE(false, true);
  const auto sender = is_connected ? connect_to(address, {.type = SOCK_DGRAM}, Deadline::never()).value()
                                   : make_sender(AF_UNIX);
  const bool nonblocking = GENERATE(false, true);
  if (nonblocking) set_nonblocking(sender);
  const auto to = is_connected ? std::nullopt : std::optional{address};
  int sent = 0;
  while (send_to(sender.get(), bytes("x"), to, Deadline::immediate())) ++sent;
  CHECK(sent > 0);
  int early = 0;
  for (int i = 0; i < 60; ++i) {
    const Duration duration{i * 7919 % 60'000};
    const auto begin = std::chrono::steady_clock::now();
    if (send_to(sender.get(), bytes("x"), to, Deadline::after(duration)) ||
        std::chrono::steady_clock::now() - begin < duration)
      ++early;
  }
  CHECK(early == 0);
  SECTION("the receiver takes all") {
    const auto taking = when_asleep([&] {
      for (int i = 0; i < sent + 1; ++i) receive_text(receiver.socket.get());
    });
    CHECK(send_to(sender.get(), bytes("y"), to, Deadline::after(10s)));
    taking.wait();
  }
  SECTION("a signal comes") {
    const Interruption interruption{SIGUSR1};
    const auto signaller = when_asleep([self = ::pthread_self()] { ::pthread_kill(self, SIGUSR1); });
    CHECK_FALSE(send_to(sender.get(), bytes("y"), to, Deadline::never().interrupted_by(interruption)));
    signaller.wait();
  }
}

TEST_CASE("datagram: an empty packet is told from the end, also as the last one") {
  auto pair = make_pair(SOCK_SEQPACKET);
  auto& sender = pair.first;
  const bool is_marked = GENERATE(true, false);
  if (is_marked) mark_packets(pair.second.get());
  for (const auto* text : {"a", "", "b", ""}) send_to(sender.get(), bytes(text), {}, Deadline::never());
  CHECK(receive_text(pair.second.get()) == "a");
  CHECK(receive_text(pair.second.get()) == "");
  CHECK(receive_text(pair.second.get()) == "b");
  if (!is_marked) CHECK(receive_text(pair.second.get()) == "");
  sender.reset();
  if (is_marked) CHECK(receive_text(pair.second.get()) == "");
  CHECK(receive_text(pair.second.get()) == "(end)");
  CHECK(receive_text(pair.second.get()) == "(end)");
}

TEST_CASE("datagram: packets of connections that the library makes are marked") {
  const auto address = scratch_abstract();
  auto listener = listen_on(address, 5, {.type = SOCK_SEQPACKET});
  auto client = connect_to(address, {.type = SOCK_SEQPACKET}, Deadline::never()).value();
  auto server = listener.accept(Deadline::never()).value().socket;
  send_to(client.get(), bytes(""), {}, Deadline::never());
  ::shutdown(client.get(), SHUT_WR);
  CHECK(receive_text(server.get()) == "");
  CHECK(receive_text(server.get()) == "(end)");
  send_to(server.get(), bytes(""), {}, Deadline::never());
  ::shutdown(server.get(), SHUT_WR);
  CHECK(receive_text(client.get()) == "");
  CHECK(receive_text(client.get()) == "(end)");
}

TEST_CASE("datagram: a packet to who has gone is an error and no signal") {
  auto pair = make_pair(SOCK_SEQPACKET);
  pair.second.reset();
  struct sigaction action {
  }, old;
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &action, &old);
  CHECK(error_of([&] { send_to(pair.first.get(), bytes("x"), {}, Deadline::never()); }).code() ==
        std::errc::broken_pipe);
  ::sigaction(SIGPIPE, &old, nullptr);
}

TEST_CASE("datagram: who asks for credentials gets them") {
  const auto pair = make_pair(SOCK_DGRAM);
  const int on = 1;
  ::setsockopt(pair.second.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  send_to(pair.first.get(), bytes("x"), {}, Deadline::never());
  std::array<std::byte, 4> buffer;
  const auto datagram = receive_from(pair.second.get(), buffer, Deadline::never()).value();
  CHECK(datagram.credentials == PeerCredentials{::getpid(), ::geteuid(), ::getegid()});
}

TEST_CASE("datagram: descriptors that somebody sends are not kept") {
  const auto pair = make_pair(GENERATE(SOCK_DGRAM, SOCK_SEQPACKET));
  constexpr std::size_t count = 40;  // more than there is room for
  std::array<int, count> fds;
  fds.fill(0);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> control{};
  char byte = 'x';
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* entry = CMSG_FIRSTHDR(&message);
  entry->cmsg_level = SOL_SOCKET;
  entry->cmsg_type = SCM_RIGHTS;
  entry->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(entry), fds.data(), sizeof fds);
  require_call(static_cast<int>(::sendmsg(pair.first.get(), &message, 0)), "sendmsg");
  const int next = FileDescriptor{::dup(0)}.get();
  CHECK(receive_text(pair.second.get()) == "x");
  CHECK(FileDescriptor{::dup(0)}.get() == next);
}
