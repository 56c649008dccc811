// What an API has to offer to be shared memory. Internal.
#pragma once

#include <ipcutils/shared_memory.hpp>
#include <memory>

namespace ipcutils {

// An open object; the contracts are SharedMemory's.
class SharedMemory::Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual const Reference& reference() const noexcept = 0;
  virtual std::uint64_t size() const = 0;
  virtual std::uint64_t capacity() const = 0;
  virtual int descriptor() const noexcept = 0;
  virtual bool is_removed() const = 0;
  virtual std::uint64_t read_to(const Endpoint& to, std::uint64_t offset, const TransferOptions& options) = 0;
  virtual std::uint64_t write_from(const Endpoint& from, std::uint64_t offset,
                                   const TransferOptions& options) = 0;
  virtual std::size_t read(std::span<std::byte> to, std::uint64_t offset) const = 0;
  virtual std::size_t write(std::span<const std::byte> from, std::uint64_t offset) = 0;
  virtual std::uint64_t length_until_nul(std::uint64_t offset, std::uint64_t length) const = 0;
  virtual void reserve(std::uint64_t offset, std::uint64_t length) = 0;
  virtual void resize(std::uint64_t size) = 0;
  virtual void remove() = 0;
};

// How an object in the making gets its name, or goes; the contracts are SharedMemoryDraft's.
class SharedMemoryDraft::Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual bool publish() = 0;
  virtual void discard() noexcept = 0;
};

}  // namespace ipcutils
