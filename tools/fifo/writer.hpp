// The end of a FIFO that mkfifo-pipe writes to.
#pragma once

#include <ipcutils/interruption.hpp>
#include <ipcutils/sink.hpp>
#include <ipcutils/wait.hpp>
#include <optional>

#include "used_fifo.hpp"

namespace ipcutils::fifo {

// Why no more can be written.
enum class Stop { none, no_reader, stalled, reader_left };

// Opened when somebody reads. With --keep-open a reader that has left is waited for again, and what it has
// not read is there for the next: a pipe keeps it as long as one end is open.
class Writer {
 public:
  Writer(const Options& options, const UsedFifo& fifo, const Interruption& interruption)
      : m_options{options}, m_fifo{fifo}, m_interruption{interruption} {}

  // Blocks until somebody reads, and opens the end. False: see reason(). Throws Error when the FIFO is
  // removed or replaced meanwhile.
  bool open() { return open(deadline()); }
  bool open(const Deadline& until) { return wait_for_reader(until); }

  // The same without waiting.
  bool is_open_at_once();

  // The reader has left: another is waited for if the options say so.
  bool go_on_after_reader();

  // Blocks until there is room and somebody to read it. False: see reason().
  bool wait();

  // There was no room for longer than the options allow.
  bool stall() { return stop(Stop::stalled); }

  // Blocks until all has been read. False: see reason().
  bool drain();

  void close() noexcept { m_sink.reset(); }

  Sink* sink() const noexcept { return m_sink.get(); }
  int descriptor() const noexcept { return m_sink ? m_sink->fd() : -1; }
  Stop reason() const noexcept { return m_reason; }

  // Tells why it has stopped, and how much has not been read; `unsent` is what never reached the FIFO, if
  // that is known. Returns the exit status. Throws Signalled if a signal has come.
  int report_stop(std::optional<std::uint64_t> unsent = 0) const;

 private:
  bool wait_for_reader(const Deadline& until);
  void take(FileDescriptor end);
  bool stop(Stop reason) {
    m_reason = reason;
    return false;
  }
  Deadline deadline() const {
    return Deadline::after(m_options.timeout.value_or(unlimited)).interrupted_by(m_interruption);
  }

  const Options& m_options;
  const UsedFifo& m_fifo;
  const Interruption& m_interruption;
  std::unique_ptr<Sink> m_sink;
  Stop m_reason = Stop::none;
};

}  // namespace ipcutils::fifo
