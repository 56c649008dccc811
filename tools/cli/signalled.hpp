// Ending by a signal that has come, once all has been put in order.
#pragma once

#include <ipcutils/interruption.hpp>

namespace ipcutils::cli {

// Thrown to end the tool: it dies of the signal then.
struct Signalled {
  int signal;
};

// Throws Signalled if one has come.
inline void require_no_signal(const Interruption& interruption) {
  if (interruption.has_come()) throw Signalled{interruption.signal()};
}

}  // namespace ipcutils::cli
