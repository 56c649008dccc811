// Sources, sinks and sides of a test.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <sys/ioctl.h>

#include <array>
#include <csignal>
#include <future>
#include <ipcutils/datagram.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/relay.hpp>
#include <ipcutils/wait.hpp>
#include <string>
#include <utility>
#include <vector>

#include "channel.hpp"
#include "socket/sockets.hpp"

namespace ipcutils {

// Two sockets. What does not come within 10 seconds does not come at all, so that no failure hangs.
struct TestPair {
  explicit TestPair(int type = SOCK_STREAM) : TestPair{make_socket_pair(type)} {}

  static TestPair over_tcp() {
    auto listener = listen_on(SocketAddress::loopback(AF_INET), 1);
    auto client = connect_to(listener.local_address(), {}, Deadline::after(std::chrono::seconds{10})).value();
    auto server = listener.accept(Deadline::after(std::chrono::seconds{10})).value();
    return TestPair{SocketPair{std::move(server.socket), std::move(client)}};
  }

  FileDescriptor here;   // ours
  FileDescriptor there;  // the peer's

 private:
  explicit TestPair(SocketPair pair) : here{std::move(pair.first)}, there{std::move(pair.second)} {
    constexpr timeval patience{10, 0};
    ::setsockopt(there.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
};

// Whether other processes have the descriptor, too.
enum class Holders { we_alone, others };

// The file stays open in any case.
inline Descriptor descriptor_of(const FileDescriptor& file, Holders holders = Holders::others) {
  return holders == Holders::others ? Descriptor::borrowed(file.get())
                                    : Descriptor::owned(FileDescriptor{
                                          require_call(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0), "fcntl")});
}

inline std::unique_ptr<Source> source_of(Descriptor descriptor) {
  const auto medium = medium_of(descriptor.get());
  if (medium == Medium::packets) return packet_source(std::move(descriptor), "the source");
  return byte_source(std::move(descriptor), medium, "the source");
}
inline std::unique_ptr<Source> source_of(const FileDescriptor& file, Holders holders = Holders::others) {
  return source_of(descriptor_of(file, holders));
}

inline std::unique_ptr<Sink> sink_of(Descriptor descriptor) {
  const auto medium = medium_of(descriptor.get());
  if (medium == Medium::packets) return packet_sink(std::move(descriptor), "the sink");
  return byte_sink(std::move(descriptor), medium, "the sink");
}
inline std::unique_ptr<Sink> sink_of(const FileDescriptor& file, Holders holders = Holders::others) {
  return sink_of(descriptor_of(file, holders));
}

// What a source gives: the text, or what it says instead, in brackets.
inline std::string taken(Source& source, std::size_t most = 1000) {
  std::string text(most, '\0');
  const auto result = source.read(std::as_writable_bytes(std::span{text}));
  constexpr const char* steps[] = {"", "(blocked)", "(ended)", "(gone)", "(refused)"};
  if (result.step != Step::moved) return steps[static_cast<int>(result.step)];
  return text.substr(0, result.size);
}

// Writers to a pipe without reader get EPIPE.
class IgnoredSigpipe {
 public:
  IgnoredSigpipe() : m_old{std::signal(SIGPIPE, SIG_IGN)} {}
  IgnoredSigpipe(const IgnoredSigpipe&) = delete;
  IgnoredSigpipe& operator=(const IgnoredSigpipe&) = delete;
  ~IgnoredSigpipe() { std::signal(SIGPIPE, m_old); }

 private:
  void (*m_old)(int);
};

// What can still be read.
inline std::size_t unread_in(const FileDescriptor& file) {
  int count = 0;
  require_call(::ioctl(file.get(), FIONREAD, &count), "ioctl");
  return static_cast<std::size_t>(count);
}

}  // namespace ipcutils
