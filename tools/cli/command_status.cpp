#include "command_status.hpp"

#include "exit_status.hpp"
#include "signalled.hpp"

namespace ipcutils::cli {

int ended_like(const Command::Outcome& outcome) {
  if (outcome.passed_on != 0 && outcome.status == exit_signal + outcome.passed_on)
    throw Signalled{outcome.passed_on};
  return outcome.status;
}

int status_of(const CommandError& error) noexcept {
  return error.is_missing() ? exit_not_found : exit_not_executable;
}

}  // namespace ipcutils::cli
