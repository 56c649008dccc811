// The two ends of one way of a relay. Internal.
#pragma once

#include <cstddef>
#include <deque>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/relay.hpp>
#include <span>
#include <string>

namespace ipcutils {

enum class DescriptorType { pipe, file, unix_socket, other_socket, null_device, other };

DescriptorType descriptor_type(int fd);
inline bool is_socket(DescriptorType type) {
  return type == DescriptorType::unix_socket || type == DescriptorType::other_socket;
}

inline bool would_block(int errnum) { return errnum == EAGAIN || errnum == EWOULDBLOCK; }

// What came of an attempt to move something without waiting. Of one that went wrong for good, but only for
// this way, errno tells more.
enum class Step {
  moved,
  blocked,  // poll(2) will tell when it is time to try again
  ended,    // of a source: nothing comes any more
  broken,   // the other side has gone: EPIPE, ECONNRESET
  refused,  // not by this method
};

struct StepResult {
  Step step;
  std::size_t size = 0;  // bytes that were moved; else those that are not on their way any more
};

// Where one way comes from.
class Source {
 public:
  explicit Source(const RelaySide& side);

  // The next bytes, or the next packet, which can have no byte. What is not to be heard is left out.
  StepResult read(std::span<std::byte> into);

  // Bytes that can be moved at once, for who moves them without read(): what pipes, sockets and files hold.
  StepResult look(std::size_t limit) const;

  // Of a pipe: it holds more, so that fewer steps are needed. One that was set stays as it is.
  void widen();

  bool has_packets() const { return m_side.units == RelaySide::Units::packets; }
  bool is_always_ready() const { return !m_before.empty() || m_side.in == -1 || m_has_escaped; }
  bool has_some_before() const { return !m_before.empty(); }
  bool needs_reading() const;  // not to be moved without read()
  int fd() const { return m_side.in; }
  DescriptorType type() const { return m_type; }
  const std::string& name() const { return m_side.name; }
  bool ignores_end() const { return m_side.ignores_end; }

 private:
  StepResult read_before(std::span<std::byte> into);
  StepResult read_bytes(std::span<std::byte> into) const;
  StepResult read_packet(std::span<std::byte> into) const;
  StepResult up_to_escape(std::span<std::byte> data);

  const RelaySide& m_side;
  DescriptorType m_type;
  std::deque<std::string> m_before;
  bool m_has_escaped = false;
};

// Where one way goes.
class Destination {
 public:
  explicit Destination(const RelaySide& side);

  // As many of the bytes as can be written at once; packets go in one piece.
  StepResult write(std::span<const std::byte> data);

  // Tells who reads that no more comes. False when there is no room for that yet.
  bool end();

  // As Source::widen().
  void widen();

  bool has_packets() const { return m_side.units == RelaySide::Units::packets; }
  bool takes_splices() const { return m_takes_splices; }  // splice(2) to it does not block
  int fd() const { return m_own.is_open() ? m_own.get() : m_side.out; }
  DescriptorType type() const { return m_type; }
  const std::string& name() const { return m_side.name; }

  // Whether poll(2) says that there is room when there is none.
  bool is_polled_in_vain() const { return m_side.to && m_side.to->family() == AF_UNIX; }

 private:
  StepResult write_packet(std::span<const std::byte> data) const;

  const RelaySide& m_side;
  DescriptorType m_type;
  bool m_takes_splices;
  bool m_blocks = false;  // write(2) of much waits, although there is room for something
  FileDescriptor m_own;   // of a pipe: opened anew, in non-blocking mode
};

// The step that errno means after a call that failed, or an Error "cannot VERB NAME".
StepResult failed_step(int errnum, const char* verb, const std::string& name);

}  // namespace ipcutils
