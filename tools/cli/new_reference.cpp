#include "new_reference.hpp"

#include <unistd.h>

#include <ipcutils/inventory.hpp>
#include <ipcutils/signals.hpp>
#include <ipcutils/wait.hpp>

#include "output.hpp"
#include "signalled.hpp"

namespace ipcutils::cli {

void print_new_reference(const Reference& made) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  try {
    // A full pipe is waited for here, since a signal does not end the write.
    const auto deadline = Deadline::never().interrupted_by_any();
    if (!Environment::current().destination() &&
        wait_for_event(STDOUT_FILENO, POLLOUT, deadline) == Waited::interrupted)
      throw Signalled{Interruption::alive()->signal()};
    print("{}\n", made.to_string());
    flush_output();
  } catch (...) {
    remove_object_if_exists(made);
    throw;
  }
}

}  // namespace ipcutils::cli
