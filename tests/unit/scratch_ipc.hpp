// Message queues and semaphores that are gone when the test is over.
#pragma once

#include <array>
#include <exception>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <string>
#include <utility>

#include "scratch.hpp"

namespace ipcutils {

// A reference to no object yet; what has the name at the end is removed.
template <typename Object, Kind kind>
class Scratch {
 public:
  explicit Scratch(Name name) : m_reference{kind, std::move(name)} {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    try {
      Object::remove_if_exists(m_reference);
    } catch (const std::exception&) {  // what is left is told of by scripts/check
    }
  }

  static Scratch posix() {
    return Scratch{
        PosixName{"/ipcutils-test-" + std::to_string(::getpid()) + "-" + std::to_string(next_number())}};
  }
  static Scratch sysv() {
    const auto pid = static_cast<std::uint32_t>(::getpid());
    return Scratch{SysvKey{0x40000000u | pid << 8 | (next_number() & 0xffu)}};
  }

  const Reference& get() const noexcept { return m_reference; }
  operator const Reference&() const noexcept { return m_reference; }

  const char* posix_name() const { return std::get<PosixName>(m_reference.name).text.c_str(); }
  key_t key() const { return static_cast<key_t>(std::get<SysvKey>(m_reference.name).value); }

 private:
  Reference m_reference;
};

using ScratchQueue = Scratch<MessageQueue, Kind::mq>;
using ScratchSemaphores = Scratch<SemaphoreSet, Kind::sem>;

// One of each API, for what they have in common.
template <typename Scratch>
class BothApis {
 public:
  auto begin() const noexcept { return m_references.begin(); }
  auto end() const noexcept { return m_references.end(); }
  const Reference& posix() const noexcept { return m_posix; }
  const Reference& sysv() const noexcept { return m_sysv; }

 private:
  Scratch m_posix = Scratch::posix();
  Scratch m_sysv = Scratch::sysv();
  std::array<Reference, 2> m_references{m_posix.get(), m_sysv.get()};
};

inline bool is_posix(const Reference& reference) { return std::holds_alternative<PosixName>(reference.name); }

// By what a new object is opened: its name, which messages show then, if it has one.
inline const Reference& openable(const Reference& reference, const Reference& canonical) {
  return std::holds_alternative<SysvPrivate>(reference.name) ? canonical : reference;
}

inline int sysv_id(const Reference& canonical) { return std::get<SysvId>(canonical.name).value; }

}  // namespace ipcutils
