// What an API has to offer to be semaphores. Internal.
#pragma once

#include <ipcutils/semaphore_set.hpp>
#include <memory>

namespace ipcutils {

// An open set; the contracts are SemaphoreSet's.
class SemaphoreSet::Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  virtual const Reference& reference() const noexcept = 0;
  virtual unsigned size() const = 0;
  virtual bool is_initialised() const = 0;  // false: another process is about to give it its values
  virtual bool operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
                       Undo undo) = 0;
  virtual bool set_value(unsigned number, unsigned value, const Deadline& deadline) = 0;
  virtual std::vector<SemaphoreState> states() const = 0;
  virtual void share_with_children() {}
  virtual std::optional<bool> is_open_elsewhere() const { return std::nullopt; }
};

}  // namespace ipcutils
