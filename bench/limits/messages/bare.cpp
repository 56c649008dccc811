// The limits, for one receiver: a ring that both sides watch all the time, and one message behind a futex.
// Nothing is checked, and nobody survives the other's death.
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <new>

#include "shared.hpp"

namespace {

constexpr std::size_t cache_line = 64;

// Both count messages.
struct RingState {
  alignas(cache_line) std::atomic<std::size_t> sent;
  alignas(cache_line) std::atomic<std::size_t> received;
};

class RingChannel : public Channel {
 public:
  explicit RingChannel(const Shape& shape)
      : Channel{shape},
        m_slots{std::bit_floor(shape.capacity() / shape.size)},
        m_memory{sizeof(RingState) + m_slots * shape.size},
        m_state{new (m_memory.data()) RingState{}} {}

  void begin_receiving(unsigned) final {}
  void begin_sending() final {}

  std::span<std::byte> next() final {
    watch(m_state->received, [this] { return m_mine - m_others < m_slots; });
    return slot();
  }

  void send() final { m_state->sent.store(++m_mine, std::memory_order_release); }

  std::span<const std::byte> receive() final {
    m_state->received.store(m_mine, std::memory_order_release);
    watch(m_state->sent, [this] { return m_others != m_mine; });
    const std::span<const std::byte> message = slot();
    ++m_mine;
    return message;
  }

 private:
  // On a busy processor the other side may wait for this one's.
  void watch(const std::atomic<std::size_t>& others, const auto& is_enough) {
    for (int polls = 0; !is_enough(); m_others = others.load(std::memory_order_acquire))
      if (++polls % 1024 == 0) sched_yield();
  }

  std::span<std::byte> slot() const {
    return {m_memory.data() + sizeof(RingState) + m_mine % m_slots * shape().size, shape().size};
  }

  std::size_t m_slots;
  SharedBytes m_memory;
  RingState* m_state;
  std::size_t m_mine = 0;    // messages that this side has sent or received
  std::size_t m_others = 0;  // those of the other side, when last seen
};

// For round trips alone: a message overwrites the one before.
class FutexChannel : public Channel {
 public:
  explicit FutexChannel(const Shape& shape)
      : Channel{shape},
        m_memory{cache_line + shape.size},
        m_sent{new (m_memory.data()) std::atomic<unsigned>{}} {}

  void begin_receiving(unsigned) final {}
  void begin_sending() final {}
  std::span<std::byte> next() final { return slot(); }

  void send() final {
    m_sent->fetch_add(1, std::memory_order_release);
    syscall(SYS_futex, m_sent, FUTEX_WAKE, 1);
  }

  std::span<const std::byte> receive() final {
    while (m_sent->load(std::memory_order_acquire) == m_received)
      syscall(SYS_futex, m_sent, FUTEX_WAIT, m_received, nullptr);
    ++m_received;
    return slot();
  }

 private:
  std::span<std::byte> slot() const { return {m_memory.data() + cache_line, shape().size}; }

  SharedBytes m_memory;
  std::atomic<unsigned>* m_sent;  // messages, ever
  unsigned m_received = 0;
};

}  // namespace

std::unique_ptr<Channel> make_ring(const Shape& shape) { return std::make_unique<RingChannel>(shape); }
std::unique_ptr<Channel> make_futex(const Shape& shape) { return std::make_unique<FutexChannel>(shape); }
