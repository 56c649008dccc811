// Mailboxes: messages that every receiver gets, through shared memory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ipcutils/access.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/export.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/reference.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace ipcutils {

// What a sender does when the slowest receiver has left no room.
enum class OnFull : std::uint32_t {
  block,      // wait until every receiver that lives has read enough
  drop,       // drop the new message, and count it
  overwrite,  // overwrite the oldest messages: who has not read them counts them as lost
};

// "block", "drop", "overwrite"
IPCUTILS_EXPORT std::string_view on_full_name(OnFull on_full) noexcept;

// Throws Error (EINVAL) for any other word.
IPCUTILS_EXPORT OnFull parse_on_full(std::string_view text);

// A ring of messages in a file in /dev/shm, laid out as mailbox(5) says. Senders append, and every receiver
// reads every message that was sent since it joined, in one order for all. A process that is killed at any
// instruction leaves the mailbox usable.
//
// Sender and Receiver are handles, each with a descriptor and a mapping of its own. Both are move-only and
// not thread-safe: a thread that sends and receives has one of each. Destructors leave the mailbox, and never
// remove it. A child made by fork(2) must execute another program or end soon: as long as it holds the
// descriptors, the handles of its parent seem to live.
class IPCUTILS_EXPORT Mailbox {
 public:
  class Sender;
  class Receiver;
  class Loan;

  struct CreateOptions {
    mode_t mode = 0600;                // the umask does not apply
    std::uint64_t size = 1024 * 1024;  // bytes of messages; rounded up to a power of two, at least a page
    OnFull on_full = OnFull::block;
  };

  // How many handles can be open on a mailbox at once, in all processes.
  static constexpr unsigned max_participants = 256;

  // The largest size. One message needs 16 bytes besides its own, and may fill the mailbox.
  static constexpr std::uint64_t max_size = std::uint64_t{1} << 40;

  // Makes an empty mailbox with memory for all of it, and returns its reference; nothing when there is one of
  // that name. Errors: ENOSPC, with a hint at the room that there is.
  static std::optional<Reference> create(const Reference& reference, const CreateOptions& options);

  // Removes it; false when there is none. Whoever waits for a message or for room gets EIDRM.
  static bool remove_if_exists(const Reference& reference);
};

// Which message a receiver gets first.
enum class StartAt {
  now,     // the next one to be sent
  oldest,  // the oldest one that is still there
  last,    // the last one that was sent, if any
};

// Sends to a mailbox. Errors of every call: EIDRM (the mailbox has been removed), EBADMSG (what the mailbox
// holds does not have the form of mailbox(5), or it has been shortened).
class IPCUTILS_EXPORT Mailbox::Sender {
 public:
  // Opens a mailbox; nothing when there is none. Errors: EACCES; EPERM (the owner is not trusted); EINVAL
  // (the file is no mailbox); EUSERS (max_participants handles are open).
  static std::optional<Sender> open_if_exists(const Reference& reference, Trust trust = Trust::anybody);

  // The same, with ENOENT as an Error.
  static Sender open(const Reference& reference, Trust trust = Trust::anybody);

  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();

  const Reference& reference() const noexcept;
  OnFull on_full() const noexcept;
  std::size_t max_message_size() const noexcept;  // bytes

  // Throws Error (EMSGSIZE), with a hint at the limit, for more bytes than a message can have.
  void require_fits(std::size_t size) const;

  // Throws Error (EIDRM) if the mailbox has been removed.
  void require_exists() const;

  enum class Outcome { sent, dropped, timed_out };

  // Sends a message. It is `dropped` when there is no room and on_full() says so. With OnFull::block it waits
  // for room until the deadline; another sender that is stopped while it sends delays any.
  Outcome send(std::span<const std::byte> data, const Deadline& deadline);

  // Sends the first of the messages as send() does, and with it as many of those behind it as there is room
  // for: they appear at once, and receivers are woken once. Returns how many it sent, or 1 when the first was
  // `dropped`; 0 when that timed out. None is sent if one of them is too long.
  using Messages = std::span<const std::span<const std::byte>>;
  std::size_t send_some(Messages messages, const Deadline& deadline);

  // Room for a message in the mailbox itself, for the caller to write it there; nothing when there was none
  // (the outcome is last_outcome() then). Other senders wait as long as the loan lives. One at a time.
  std::optional<Loan> loan(std::size_t size, const Deadline& deadline);
  Outcome last_outcome() const noexcept;

  // Waits until so many receivers have joined and live; false when the deadline passes first.
  bool wait_for_receivers(unsigned count, const Deadline& deadline);

  // How many messages of this handle were dropped.
  std::uint64_t dropped() const noexcept;

 private:
  friend class Loan;
  class State;
  explicit Sender(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

// Memory of a mailbox that is to become its next message. Move-only. It must not outlive its Sender. The
// destructor gives up what was not committed.
class IPCUTILS_EXPORT Mailbox::Loan {
 public:
  Loan(Loan&& other) noexcept;
  Loan& operator=(Loan&&) = delete;
  ~Loan();

  // Writable until commit(), with whatever bytes it held before.
  std::span<std::byte> data() const noexcept { return m_data; }

  // Publishes the message and wakes the receivers that wait. Once.
  void commit();

 private:
  friend class Sender;
  Loan(Sender::State& sender, std::span<std::byte> data) noexcept : m_sender{&sender}, m_data{data} {}
  Sender::State* m_sender;
  std::span<std::byte> m_data;
};

// Receives from a mailbox. Errors of every call: as those of Sender.
class IPCUTILS_EXPORT Mailbox::Receiver {
 public:
  // Opens a mailbox and joins it: from here on no message is missed, and senders that block count this
  // receiver. Otherwise as Sender::open_if_exists().
  static std::optional<Receiver> open_if_exists(const Reference& reference, StartAt start,
                                                Trust trust = Trust::anybody);

  // The same, with ENOENT as an Error.
  static Receiver open(const Reference& reference, StartAt start, Trust trust = Trust::anybody);

  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

  const Reference& reference() const noexcept;
  OnFull on_full() const noexcept;
  std::size_t max_message_size() const noexcept;  // bytes

  // The next message; nothing when none came until the deadline. Its bytes lie in the mailbox itself, or with
  // OnFull::overwrite in a copy. They are valid until release(), or the next call, which releases them first.
  std::optional<Message> receive(const Deadline& deadline);

  // Gives the last message back, so that senders can use its memory.
  void release();

  // How many messages were overwritten before this receiver could read them.
  std::uint64_t lost() const noexcept;

 private:
  class State;
  explicit Receiver(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace ipcutils
