// Where bytes come from, on one way of a channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <ipcutils/descriptor.hpp>
#include <ipcutils/export.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ipcutils {

inline constexpr std::uint64_t until_end = std::numeric_limits<std::uint64_t>::max();

// What a descriptor is, as far as moving bytes goes. Whoever opens it knows.
enum class Medium : std::uint8_t {
  file,
  pipe,
  unix_stream,
  internet_stream,
  packets,      // datagrams, or SOCK_SEQPACKET
  null_device,  // /dev/null
  terminal,
  memory,  // no descriptor at all
  other,
};

constexpr bool is_stream_socket(Medium medium) {
  return medium == Medium::unix_stream || medium == Medium::internet_stream;
}

// Looks: for descriptors that somebody else has opened. A socket that keeps packets is Medium::packets.
IPCUTILS_EXPORT Medium medium_of(int fd) noexcept;

// What came of an attempt to move something without waiting.
enum class Step : std::uint8_t {
  moved,
  blocked,  // poll(2) tells when it is time to try again
  ended,    // of a source: nothing more comes
  gone,     // the peer has disconnected; errnum tells how: EPIPE, ECONNRESET
  refused,  // not by this method
};

struct StepResult {
  Step step;
  std::size_t size = 0;  // bytes that were moved
  int errnum = 0;        // of `gone`
};

// What errnum means after a call on one end that failed; throws Error "cannot VERB NAME" for what does not
// only end this way.
StepResult failed_step(int errnum, const char* verb, const std::string& name);

// What a source and a sink have in common: the descriptor, shared with whoever else holds a copy.
class IPCUTILS_EXPORT TransferEnd {
 public:
  TransferEnd(const TransferEnd&) = delete;
  TransferEnd& operator=(const TransferEnd&) = delete;
  virtual ~TransferEnd() = default;

  int fd() const noexcept { return m_descriptor.get(); }
  const Descriptor& descriptor() const noexcept { return m_descriptor; }
  Medium medium() const noexcept { return m_medium; }
  const std::string& name() const noexcept { return m_name; }
  void set_name(std::string name) { m_name = std::move(name); }

  // The peer is a program that need neither read all that it gets nor end properly: when it leaves, or resets
  // its socket because input is left unread, its way is over, and nothing has failed.
  bool peer_may_leave() const noexcept { return m_peer_may_leave; }
  void let_peer_leave() noexcept { m_peer_may_leave = true; }

  // Lets a pipe hold more. A capacity that somebody has set stays.
  void widen() const noexcept;

  // It does not block when poll(2) has not been asked before.
  virtual bool can_be_tried() const noexcept { return true; }

 protected:
  TransferEnd(Descriptor descriptor, Medium medium, std::string name)
      : m_descriptor{std::move(descriptor)}, m_medium{medium}, m_name{std::move(name)} {}
  void let_go() noexcept { m_descriptor.reset(); }

 private:
  Descriptor m_descriptor;
  Medium m_medium;
  std::string m_name;  // for messages: "TCP 127.0.0.1:80", "standard input"
  bool m_peer_may_leave = false;
};

// One end to read from. It never blocks.
class IPCUTILS_EXPORT Source : public TransferEnd {
 public:
  // Which bytes are read, and what ends them.
  struct Rules {
    std::uint64_t length = until_end;  // bytes; then the end
    std::optional<char> escape = {};   // a byte that is the end
    bool follows = false;              // at the end look again and again, as tail -f
    bool empty_packet_ends = false;    // a packet without bytes is the end
  };

  // The next bytes, or the next packet, which can have no byte.
  StepResult read(std::span<std::byte> into);

  // Bytes that can be moved at once without read(), `limit` at most. Blocked or ended when there are none.
  virtual StepResult look(std::size_t limit) const = 0;

  // Bytes that can be written from where they are; empty where they have to be read.
  virtual std::span<const std::byte> lend(std::size_t) { return {}; }

  void set_rules(const Rules& rules) noexcept { m_rules = rules; }
  const Rules& rules() const noexcept { return m_rules; }

  // Has been read before, and comes first, packet by packet.
  void prefetch(std::string piece) { m_prefetched.push_back(std::move(piece)); }

  // It will never give anything: when nobody is left to wait for it, nothing is lost.
  bool is_silent() const noexcept { return m_is_silent; }
  void set_silent() noexcept { m_is_silent = true; }

  bool has_prefetched() const noexcept { return !m_prefetched.empty(); }
  // A read would give bytes or the end, although poll(2) does not report any.
  bool is_always_ready() const noexcept {
    return has_prefetched() || m_has_escaped || !descriptor().is_open();
  }
  // Its bytes must be looked at, so that the kernel alone cannot move them.
  bool needs_reading() const noexcept;

 protected:
  Source(Descriptor descriptor, Medium medium, std::string name)
      : TransferEnd{std::move(descriptor), medium, std::move(name)} {}
  virtual StepResult read_next(std::span<std::byte> into) = 0;

 private:
  StepResult read_prefetched(std::span<std::byte> into);
  StepResult up_to_escape(std::span<std::byte> data);

  Rules m_rules;
  std::deque<std::string> m_prefetched;
  bool m_has_escaped = false;
  bool m_is_silent = false;
};

// A source of bytes: a pipe, stream socket, file, terminal, device.
IPCUTILS_EXPORT std::unique_ptr<Source> byte_source(Descriptor descriptor, Medium medium, std::string name);

// A text, or with Medium::packets one packet, and then the end.
IPCUTILS_EXPORT std::unique_ptr<Source> text_source(std::string text, std::string name,
                                                    Medium medium = Medium::other);

// Memory, which must outlive it.
IPCUTILS_EXPORT std::unique_ptr<Source> memory_source(std::span<const std::byte> memory);

}  // namespace ipcutils
