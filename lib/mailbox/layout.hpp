// What the file of a mailbox holds: mailbox(5). Internal.
//
// All numbers are little-endian, as the processor has them. Positions count the bytes that were ever sent,
// from 0, and never wrap; position P is byte P % capacity of the ring.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ipcutils/mailbox.hpp>

namespace ipcutils::mailbox {

inline constexpr std::array<char, 8> magic{'i', 'p', 'c', 'u', 't', 'i', 'l', 'M'};
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t alignment = 64;  // a cache line

// One handle that is open on the mailbox. Whoever holds the open file description lock (fcntl(2),
// F_OFD_SETLK) on byte `slot_locks + I` of the file owns slot I; the kernel gives the lock back when the
// handle closes or its process dies. So no process ID is ever compared.
inline constexpr std::uint64_t slot_locks = std::uint64_t{1} << 62;

enum class SlotState : std::uint32_t { free, joining, receiving, sending };

struct alignas(alignment) Slot {
  std::atomic<SlotState> state;
  std::atomic<std::uint32_t> process;        // its ID in its own PID namespace
  std::atomic<std::uint64_t> pid_namespace;  // the inode of /proc/PID/ns/pid; 0: unknown
  std::atomic<std::uint64_t> cursor;         // receivers: the position that is read next
  std::atomic<std::uint64_t> next;           // receivers: the number of the message that is read next
  std::atomic<std::uint64_t> lost;  // receivers: messages that were overwritten before they were read
};

// What never changes.
struct Beginning {
  std::array<char, 8> magic = mailbox::magic;
  std::uint32_t version = mailbox::version;
  std::uint32_t ring_offset;  // of the ring in the file, a multiple of the page size
  std::uint64_t capacity;     // bytes of the ring, a power of two
  OnFull on_full;
  std::uint32_t slot_count = Mailbox::max_participants;
};

struct Header {
  Beginning beginning;

  // Senders take turns: 0, or `1 + slot` of the one whose turn it is, with `others_wait` if others may sleep
  // until it ends, and `is_lent` while the caller of the library writes a message in the ring. A futex.
  alignas(alignment) std::atomic<std::uint32_t> turn;
  // The rest of this line, which senders have to themselves, is guarded by the turn. But a receiver that may
  // be overtaken looks at `oldest`.
  std::atomic<std::uint32_t> receiver_slots;  // no receiver has a slot from here on
  std::atomic<std::uint64_t> floor;           // no receiver that lives reads below it
  std::atomic<std::uint64_t> oldest;          // the position of the oldest message that is whole
  std::atomic<std::uint64_t> last;            // the position of the newest message, if there is any
  std::atomic<std::uint64_t> sent;            // messages, ever: the number of the next one

  // Where the next message begins. A message is there once this lies behind it.
  alignas(alignment) std::atomic<std::uint64_t> head;

  // What is seldom written.
  alignas(alignment) std::atomic<std::uint32_t> receivers_sleep;  // whether somebody may sleep on `arrivals`
  std::atomic<std::uint32_t> arrivals;  // a futex, counted up when receivers are woken
  std::atomic<std::uint32_t> is_removed;
  std::atomic<std::uint64_t> dropped;  // messages, ever

  // For senders that wait for room, or for receivers that join.
  alignas(alignment) std::atomic<std::uint32_t> senders_sleep;
  std::atomic<std::uint32_t> room;    // a futex, counted up when senders are woken
  std::atomic<std::uint64_t> wanted;  // a receiver that reads on from here wakes senders
};

struct Content {
  Header header;
  std::array<Slot, Mailbox::max_participants> slots;
};

// In `turn`.
inline constexpr std::uint32_t others_wait = std::uint32_t{1} << 31;
inline constexpr std::uint32_t is_lent = std::uint32_t{1} << 30;
inline constexpr std::uint32_t owner_bits = ~(others_wait | is_lent);

// What stands before each message in the ring. Messages begin at multiples of 8.
struct Record {
  std::uint64_t number;  // of the message, from 0
  std::uint32_t size;    // of its bytes, which follow
  std::uint32_t check;   // see check_of(): a record that was not written here shows
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(Slot) == alignment);
static_assert(sizeof(Record) == 16);

}  // namespace ipcutils::mailbox
