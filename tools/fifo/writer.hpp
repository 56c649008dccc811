// The end of a FIFO that mkfifo-pipe writes to.
#pragma once

#include <ipcutils/interruption.hpp>
#include <ipcutils/poll.hpp>
#include <optional>

#include "session.hpp"

namespace ipcutils::fifo {

// Why no more can be written.
enum class Stop { none, no_reader, stalled, reader_left };

// Opened when somebody reads. With --keep-open a reader that has left is waited for again, and what it has
// not read is there for the next: a pipe keeps it as long as one end is open.
class Writer {
 public:
  Writer(const Options& options, const Session& session, const Interruption& interruption)
      : m_options{options}, m_session{session}, m_interruption{interruption} {}

  // Blocks until somebody reads, and opens the end. False: see reason().
  bool open() { return wait_for_reader(); }

  // The same without waiting.
  bool is_open_at_once();

  // Blocks until there is room and somebody to read it. False: see reason().
  bool wait();

  // Blocks until all has been read. False: see reason().
  bool drain();

  void close() noexcept { m_end.reset(); }

  int descriptor() const noexcept { return m_end.get(); }
  Stop reason() const noexcept { return m_reason; }

  // Tells why it has stopped, and how much has not been read; returns the exit status. Throws Signalled if a
  // signal has come.
  int report_stop() const;

 private:
  bool wait_for_reader();
  void take(FileDescriptor end);
  bool stop(Stop reason) {
    m_reason = reason;
    return false;
  }
  Deadline deadline() const {
    return Deadline::after(m_options.timeout.value_or(unlimited)).interrupted_by(m_interruption);
  }

  const Options& m_options;
  const Session& m_session;
  const Interruption& m_interruption;
  FileDescriptor m_end;
  Stop m_reason = Stop::none;
};

}  // namespace ipcutils::fifo
