// Semaphores that nobody will give back.
#pragma once

#include <ipcutils/semaphore_set.hpp>

#include "../cli/timeout.hpp"

namespace ipcutils::semop {

// Says, once, that nobody has the semaphore open that is waited for, and how it is given back.
class Abandonment {
 public:
  Abandonment(const SemaphoreSet& set, cli::TimeoutMessage message)
      : m_set{set}, m_is_silent{message == cli::TimeoutMessage::suppressed} {}

  // False when another look would tell nothing: it has been said, or cannot be known.
  bool look();

 private:
  const SemaphoreSet& m_set;
  bool m_is_silent;
};

}  // namespace ipcutils::semop
