#include "writer.hpp"

#include <fmt/format.h>

#include "../cli/diagnostic.hpp"
#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"

namespace ipcutils::fifo {

// To open another end waits for a reader, and then the one that there is serves as well: what has not been
// read stays in the pipe as long as that is open.
bool Writer::wait_for_reader(const Deadline& until) {
  for (;;) {
    // Asked before the wait: a reader may open the FIFO, and its name go right after that.
    const bool is_lost = m_fifo.fifo().loss().has_value();
    // open(2) cannot wait for a reader and for the loss of the name at the same time.
    if (auto end = m_fifo.fifo().open_writer(until.within(FileWatch::look_interval))) {
      if (!m_sink) take(std::move(*end));
      return true;
    }
    if (is_lost) m_fifo.fifo().require_reachable();
    if (until.has_passed()) return stop(Stop::no_reader);
  }
}

void Writer::take(FileDescriptor end) {
  m_fifo.set_capacity(end.get());
  m_sink = byte_sink(Descriptor::owned(std::move(end)), Medium::pipe, m_fifo.name());
  m_sink->set_end(Sink::End::nothing);  // drain() comes first
}

bool Writer::is_open_at_once() {
  if (m_sink) return true;
  auto end = m_fifo.fifo().open_writer(Deadline::immediate());
  if (end) take(std::move(*end));
  return m_sink != nullptr;
}

bool Writer::go_on_after_reader() {
  return m_options.keeps_open ? wait_for_reader(deadline()) : stop(Stop::reader_left);
}

bool Writer::wait() {
  for (;;) {
    if (wait_for_event(descriptor(), POLLOUT, deadline()) != Waited::ready) return stop(Stop::stalled);
    if (has_reader(descriptor())) return true;
    if (!go_on_after_reader()) return false;
  }
}

bool Writer::drain() {
  for (;;) {
    switch (wait_until_drained(descriptor(), deadline())) {
      case Drained::yes:
        return true;
      case Drained::too_late:
        return stop(Stop::stalled);
      case Drained::reader_left:
        if (!go_on_after_reader()) return false;
    }
  }
}

int Writer::report_stop(std::optional<std::uint64_t> unsent) const {
  const auto in_fifo = m_sink ? unread_bytes(descriptor()) : 0;
  const auto unread = in_fifo + unsent.value_or(0);
  const auto loss = fmt::format("{} bytes {} {}{} were not read", unread, unread > in_fifo ? "for" : "in",
                                m_fifo.name(), unsent ? "" : " and the rest of the input");
  if (m_interruption.has_come()) {
    if (in_fifo > 0) cli::write_diagnostic(fmt::format("{}: {}\n", tool, loss));
    cli::require_no_signal(m_interruption);
  }
  switch (m_reason) {
    case Stop::no_reader:
      return cli::timed_out(tool, in_fifo > 0 ? loss : fmt::format("{} had no reader", m_fifo.name()));
    case Stop::stalled:
      return cli::timed_out(tool, loss);
    case Stop::reader_left:
    case Stop::none:
      break;
  }
  cli::write_diagnostic(unread > 0
                            ? fmt::format("{}: {}: its reader has gone\n", tool, loss)
                            : fmt::format("{}: cannot write {}: its reader has gone\n", tool, m_fifo.name()));
  return cli::exit_failure;
}

}  // namespace ipcutils::fifo
