// The open file of a mailbox, in memory. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ipcutils/access.hpp>
#include <memory>
#include <optional>
#include <span>

#include "../core/bus_error.hpp"
#include "../core/named_file.hpp"
#include "beginning.hpp"
#include "layout.hpp"

namespace ipcutils::mailbox {

// The ring is mapped twice in a row, so that every message is in one piece. The header's constants are read
// once, when the mailbox is opened: later changes by others do not matter.
class MappedFile {
 public:
  // Null when there is none. Errors as those of Mailbox::Sender::open_if_exists().
  static std::unique_ptr<MappedFile> open_if_exists(const Reference& reference, Trust trust);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  const Reference& reference() const noexcept { return m_reference; }
  Header& header() noexcept { return m_content->header; }
  Slot& slot(std::uint32_t index) noexcept { return m_content->slots[index]; }
  std::uint64_t capacity() const noexcept { return m_capacity; }
  OnFull on_full() const noexcept { return m_on_full; }

  // Of the byte at a position; capacity() bytes follow.
  std::byte* at(std::uint64_t position) const noexcept { return m_ring + (position & (m_capacity - 1)); }

  // Takes the lock that owns a slot; false when a handle that lives has it.
  bool lock_slot(std::uint32_t index) const;
  void unlock_slot(std::uint32_t index) const noexcept;

  // Whether another handle that lives owns the slot.
  bool is_slot_locked(std::uint32_t index) const;

  // Throws Error (EBADMSG).
  [[noreturn]] void fail_damaged(const char* reason) const;

  // Throws Error (EBADMSG) if the file has been shortened.
  void require_whole() const {
    if (m_guard->has_failed()) fail_damaged("it has been shortened");
  }

  // Throws Error (EIDRM) if somebody has said that the mailbox is removed. No system call.
  void require_not_removed() const;

  // The same, also if somebody has removed its name by other means.
  void require_exists() const;

 private:
  MappedFile(const Reference& reference, NamedFile file, const Beginning& beginning);

  Reference m_reference;
  NamedFile m_file;
  std::uint64_t m_capacity;
  OnFull m_on_full;
  std::span<std::byte> m_memory;
  Content* m_content = nullptr;
  std::byte* m_ring = nullptr;
  std::optional<BusErrorGuard> m_guard;
};

}  // namespace ipcutils::mailbox
