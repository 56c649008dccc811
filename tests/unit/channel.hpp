// Descriptors of every type with somebody at their other end.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <future>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/transfer.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ipcutils {

inline int require_call(int result, const char* call) {
  if (result == -1) throw std::system_error{errno, std::system_category(), call};
  return result;
}

// Bytes that repeat after no power of two, so that a block in the wrong place shows.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + i % 89 + i / 4099 % 5);
  return text;
}

inline bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

inline std::string read_all(int fd) {
  std::string data;
  char buffer[8192];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return data;
    data.append(buffer, static_cast<std::size_t>(count));
  }
}

// A pipe, or a pair of sockets that is used as one.
using TestChannel = Pipe;

inline TestChannel make_socketpair() {
  auto pair = make_socket_pair(SOCK_STREAM);
  return {std::move(pair.first), std::move(pair.second)};
}

// An unnamed file of tmpfs, at its beginning.
inline FileDescriptor make_file(std::string_view content = {}) {
  FileDescriptor file{require_call(::memfd_create("ipcutils-test", MFD_CLOEXEC), "memfd_create")};
  if (!write_all(file.get(), content)) throw std::system_error{errno, std::system_category(), "write"};
  require_call(static_cast<int>(::lseek(file.get(), 0, SEEK_SET)), "lseek");
  return file;
}

inline void set_nonblocking(const FileDescriptor& file) {
  require_call(::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) | O_NONBLOCK), "fcntl");
}

enum class EndType { file, pipe, socket, device };

inline std::ostream& operator<<(std::ostream& out, EndType type) {
  constexpr const char* names[] = {"file", "pipe", "socket", "device"};
  return out << names[static_cast<int>(type)];
}

// Something to read `content` from; of a device, zeros without end.
class TestSource {
 public:
  TestSource(EndType type, std::string content) : m_content{std::move(content)} {
    if (type == EndType::file) {
      m_end = make_file(m_content);
    } else if (type == EndType::device) {
      m_end.reset(require_call(::open("/dev/zero", O_RDONLY | O_CLOEXEC), "open"));
      m_content.assign(m_content.size(), '\0');
    } else {
      auto channel = type == EndType::pipe ? make_pipe() : make_socketpair();
      m_end = std::move(channel.read_end);
      m_feeder = std::async(std::launch::async, [this, end = std::move(channel.write_end)]() mutable {
        write_all(end.get(), m_content);
        end.reset();
      });
    }
  }
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;
  ~TestSource() { m_end.reset(); }  // so that the feeder ends

  const FileDescriptor& end() const noexcept { return m_end; }
  Endpoint endpoint() const { return {m_end.get(), "the source"}; }
  const std::string& content() const noexcept { return m_content; }

 private:
  std::string m_content;
  std::future<void> m_feeder;  // waits when destroyed
  FileDescriptor m_end;
};

// Something to write to, which tells what came in.
class TestSink {
 public:
  explicit TestSink(EndType type) : m_type{type} {
    if (type == EndType::file) {
      m_end = make_file();
    } else if (type == EndType::device) {
      m_end.reset(require_call(::open("/dev/null", O_WRONLY | O_CLOEXEC), "open"));
    } else {
      auto channel = type == EndType::pipe ? make_pipe() : make_socketpair();
      m_end = std::move(channel.write_end);
      m_collector =
          std::async(std::launch::async, [end = std::move(channel.read_end)] { return read_all(end.get()); });
    }
  }
  TestSink(const TestSink&) = delete;
  TestSink& operator=(const TestSink&) = delete;
  ~TestSink() { m_end.reset(); }  // so that the collector ends

  const FileDescriptor& end() const noexcept { return m_end; }
  Endpoint endpoint() const { return {m_end.get(), "the sink"}; }
  bool tells() const noexcept { return m_type != EndType::device; }

  // What was written, once.
  std::string content() {
    if (m_type == EndType::file) {
      ::lseek(m_end.get(), 0, SEEK_SET);
      return read_all(m_end.get());
    }
    m_end.reset();
    return m_collector.valid() ? m_collector.get() : std::string{};
  }

 private:
  EndType m_type;
  std::future<std::string> m_collector;  // waits when destroyed
  FileDescriptor m_end;
};

}  // namespace ipcutils
