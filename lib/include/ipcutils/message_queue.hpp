// Message queues: POSIX and System V behind one interface.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ipcutils/access.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/reference.hpp>
#include <memory>
#include <optional>
#include <span>

namespace ipcutils {

// What a message carries besides its bytes. A message that is received has what its API knows of. In one to
// be sent, what is absent is 0 (priority) or 1 (type), and what the API does not know is an Error (ENOTSUP).
struct MessageProperties {
  static constexpr unsigned max_priority = 32767;  // MQ_PRIO_MAX of Linux, less one

  std::optional<unsigned> priority =
      std::nullopt;                         // POSIX: up to max_priority, the highest is received first
  std::optional<long> type = std::nullopt;  // System V: at least 1
  bool operator==(const MessageProperties&) const = default;
};

// A message, whose bytes are somebody else's.
struct Message {
  std::span<const std::byte> data;
  MessageProperties properties;
};

// Which messages are taken, as msgrcv(2) has it: 0 any; a type above 0 that one, or with `except` all others;
// below 0 the lowest type that is at most its absolute value. POSIX queues know 0 alone.
struct MessageSelector {
  long type = 0;
  bool except = false;
  bool matches(long message_type) const noexcept;
};

// An open message queue.
//
// Messages are received in the order of their priority (POSIX) or as a selector says (System V), equal ones
// in the order in which they were sent. Waits end by the deadline without returning early; those for System V
// queues, which the kernel does not time, use a timer and the signal SIGRTMAX (see Interruption).
//
// Move-only. The destructor closes; only remove_if_exists() removes. Not thread-safe; several processes may
// send and receive at once. Manual pages: mq_overview(7), sysvipc(7), msgop(2).
class IPCUTILS_EXPORT MessageQueue {
 public:
  enum class Use {
    send,
    receive,  // and send back, where permissions allow it
  };

  // What not every API has.
  enum class Feature { priority, type, peek, message_limits, byte_limit };

  static bool supports(const Reference& reference, Feature feature) noexcept;

  struct CreateOptions {
    mode_t mode = 0600;                                            // the umask does not apply
    std::optional<std::uint64_t> max_messages = std::nullopt;      // that it holds; POSIX
    std::optional<std::uint64_t> max_message_size = std::nullopt;  // bytes of the longest one; POSIX
    std::optional<std::uint64_t> max_bytes = std::nullopt;         // that it holds; System V
  };

  // Opens an existing queue; nothing when there is none. Does not block. Errors: EACCES, EPERM (an owner who
  // is not trusted).
  static std::optional<MessageQueue> open_if_exists(const Reference& reference, Use use,
                                                    Trust trust = Trust::anybody);

  // The same, with ENOENT as an Error.
  static MessageQueue open(const Reference& reference, Use use, Trust trust = Trust::anybody);

  // Makes a queue and returns its canonical reference; nothing when there is one of that name. Errors carry
  // hints at the limit that was hit.
  static std::optional<Reference> create(const Reference& reference, const CreateOptions& options);

  // Makes a queue and opens it; nothing when there is one of that name. One that its maker may not open, by
  // the mode that it is given, does not stay (EACCES).
  static std::optional<MessageQueue> create_and_open(const Reference& reference, Use use,
                                                     const CreateOptions& options);

  // Opens a queue of the caller's or root's, which is made if it is missing.
  static MessageQueue open_or_create(const Reference& reference, Use use, const CreateOptions& options);

  // Removes a queue, whoever has it open; false when there is none. Whoever waits for a System V queue, or
  // for room in a POSIX queue, gets EIDRM; a POSIX queue goes when the last one closes it.
  static bool remove_if_exists(const Reference& reference);

  MessageQueue(MessageQueue&&) noexcept;
  MessageQueue& operator=(MessageQueue&&) noexcept;
  ~MessageQueue();

  // Canonical: a System V queue by its identifier, whatever it was opened by.
  const Reference& reference() const noexcept;

  // Throws Error (EIDRM) if it has been removed. A POSIX queue still works then for those who have it open,
  // but nobody else can open it any more, so a message that is sent to it may never be received.
  void require_exists() const;

  // Bytes of the longest message that it takes.
  std::size_t max_message_size() const;

  // Throws Error (EMSGSIZE), with a hint at the limit, for more bytes than a message can have.
  void require_fits(std::size_t size) const;

  // Sends a message; false when there was no room for it until the deadline. Errors: EMSGSIZE, ENOTSUP, EIDRM
  // (removed; of a POSIX queue only while there is no room, within a second), EACCES.
  bool send(const Message& message, const Deadline& deadline);

  // Takes a message; nothing when none came until the deadline. Its bytes are valid until the next call.
  // Errors: EIDRM, EACCES.
  std::optional<Message> receive(const MessageSelector& selector, const Deadline& deadline);

  // Copies the message at an index, 0 for the next one to be received, and leaves it in the queue; nothing
  // when there are not so many until the deadline. Looks again after 1 to 50 ms, since the kernel does not
  // tell. System V, where the kernel has CONFIG_CHECKPOINT_RESTORE (ENOSYS).
  std::optional<Message> peek(std::uint64_t index, const Deadline& deadline);

  class Backend;                                            // one for each API
  explicit MessageQueue(std::unique_ptr<Backend> backend);  // for the library's own use

 private:
  std::unique_ptr<Backend> m_backend;
};

// A System V type that is lower than all that this system has made in this way before: who receives the
// lowest type, { .type = -LONG_MAX }, gets the last message first. From CLOCK_MONOTONIC.
IPCUTILS_EXPORT long falling_message_type() noexcept;

}  // namespace ipcutils
