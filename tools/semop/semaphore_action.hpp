// What is to be done to a semaphore, as an operand says it.
#pragma once

#include <ipcutils/semaphore_set.hpp>
#include <string_view>
#include <variant>

namespace ipcutils::semop {

struct SemaphoreValue {
  unsigned number;  // of the semaphore in its set
  unsigned value;   // that it gets
  bool operator==(const SemaphoreValue&) const = default;
};

using SemaphoreAction = std::variant<SemaphoreOperation, SemaphoreValue>;

// "[NUM:]DELTA", where DELTA is -N, +N or 0, or "[NUM:]=VALUE". Throws Error (EINVAL) that names the bad
// part.
SemaphoreAction parse_semaphore_action(std::string_view text);

}  // namespace ipcutils::semop
