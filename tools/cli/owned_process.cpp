#include "owned_process.hpp"

#include <chrono>
#include <csignal>
#include <ipcutils/error.hpp>

namespace ipcutils::cli {

OwnedProcess::~OwnedProcess() {
  constexpr std::chrono::seconds patience{2};
  if (m_child.pid() == 0) return;  // waited for, or moved from
  try {
    m_child.send(SIGTERM);
    if (m_child.wait(Deadline::after(patience))) return;
    m_child.send(SIGKILL);
    m_child.wait(Deadline::never());
  } catch (const Error&) {
    // Somebody else has waited for it, so it has ended.
  }
}

}  // namespace ipcutils::cli
