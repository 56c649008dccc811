#include "source.hpp"

#include <fmt/format.h>

namespace ipcutils::messages {

int MessageSource::end() const {
  if (m_options.drain || is_done()) return cli::exit_success;
  return cli::timed_out(m_options.tool, fmt::format("no message in {}", m_origin.description()),
                        m_options.timeout_status, m_options.timeout_message);
}

void end_by_signal(int earlier, const Interruption& interruption) {
  if (earlier != 0) throw cli::Signalled{earlier};
  cli::require_no_signal(interruption);
}

}  // namespace ipcutils::messages
