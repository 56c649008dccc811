#include "writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "../cli/diagnostic.hpp"
#include "../cli/fatal_signal.hpp"
#include "../cli/timeout.hpp"

namespace ipcutils::fifo {

// To open another end waits for a reader, and then the one that there is serves as well: what has not been
// read stays in the pipe as long as that is open.
bool Writer::wait_for_reader() {
  auto end = m_session.fifo().open_writer(deadline());
  if (!end) return stop(Stop::no_reader);
  if (!m_end.is_open()) take(std::move(*end));
  return true;
}

void Writer::take(FileDescriptor end) {
  m_end = std::move(end);
  ::fcntl(m_end.get(), F_SETFL, O_WRONLY | O_NONBLOCK);  // so that no wait is without limit
  m_session.set_capacity(m_end.get());
}

bool Writer::is_open_at_once() {
  if (m_end.is_open()) return true;
  auto end = m_session.fifo().open_writer(Deadline::immediate());
  if (end) take(std::move(*end));
  return m_end.is_open();
}

bool Writer::wait() {
  for (;;) {
    if (!poll_until(m_end.get(), POLLOUT, deadline())) return stop(Stop::stalled);
    if (has_reader(m_end.get())) return true;
    if (!m_options.keeps_open) return stop(Stop::reader_left);
    if (!wait_for_reader()) return false;
  }
}

bool Writer::drain() {
  for (;;) {
    switch (wait_until_drained(m_end.get(), deadline())) {
      case Drained::yes:
        return true;
      case Drained::too_late:
        return stop(Stop::stalled);
      case Drained::reader_left:
        if (!m_options.keeps_open) return stop(Stop::reader_left);
        if (!wait_for_reader()) return false;
    }
  }
}

int Writer::report_stop() const {
  const auto unread = m_end.is_open() ? unread_bytes(m_end.get()) : 0;
  const auto loss = fmt::format("{} bytes in {} were not read", unread, m_session.name());
  if (m_interruption.has_come()) {
    if (unread > 0) cli::write_diagnostic(fmt::format("{}: {}\n", tool, loss));
    throw cli::Signalled{m_interruption.signal()};
  }
  switch (m_reason) {
    case Stop::no_reader:
    case Stop::stalled:
      return cli::timed_out(tool, unread > 0 ? loss : fmt::format("{} had no reader", m_session.name()));
    case Stop::reader_left:
    case Stop::none:
      break;
  }
  cli::write_diagnostic(
      unread > 0 ? fmt::format("{}: {}: its reader has gone\n", tool, loss)
                 : fmt::format("{}: cannot write {}: its reader has gone\n", tool, m_session.name()));
  return cli::exit_failure;
}

}  // namespace ipcutils::fifo
