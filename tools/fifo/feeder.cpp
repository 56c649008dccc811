#include "feeder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ipcutils/fifo.hpp>
#include <ipcutils/pump.hpp>

#include "../cli/exit_status.hpp"

namespace ipcutils::fifo {

namespace {

void carry(Source& from, Descriptor to, Medium medium, int steps) {
  const auto sink = byte_sink(std::move(to), medium, "COMMAND");
  // A step that finds no room need not be told: nobody has taken note of those before it yet.
  const auto tell = [steps](std::uint64_t) { [[maybe_unused]] const auto told = ::write(steps, "", 1); };
  Pump{&from, sink.get(), {}}.run(Deadline::never(), tell);
}

[[noreturn]] void feed(FileDescriptor request, Pipe& pipe, int steps) {
  Child::die_with_parent(SIGKILL);
  pipe.read_end.reset();  // COMMAND's
  try {
    const auto source = byte_source(Descriptor::owned(std::move(request)), Medium::pipe, "the request");
    carry(*source, Descriptor::owned(std::move(pipe.write_end)), Medium::pipe, steps);
    FileDescriptor nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    carry(*source, Descriptor::owned(std::move(nowhere)), Medium::null_device, steps);
  } catch (...) {  // unwinding would destroy copies of the server's objects, and with them its FIFOs
    ::_exit(cli::exit_failure);
  }
  ::_exit(cli::exit_success);
}

}  // namespace

Feeder::Feeder(FileDescriptor request, Pipe& pipe)
    : m_request{std::move(request)}, m_steps{make_pipe(PipeMode::nonblocking)}, m_process{Child::fork()} {
  if (!m_process) feed(std::move(m_request), pipe, m_steps.write_end.get());
  pipe.write_end.reset();
  m_steps.write_end.reset();
}

Feeder::~Feeder() {
  m_process->send(SIGKILL);
  if (m_process->pid() != 0) m_process->wait(Deadline::never());
}

bool Feeder::has_moved() {
  std::array<char, 64 * 1024> steps;  // all that the pipe holds
  const auto count = ::read(m_steps.read_end.get(), steps.data(), steps.size());
  if (count == 0) m_steps.read_end.reset();  // the process has ended, which is told once
  return count >= 0;
}

bool Feeder::has_backlog() const { return unread_bytes(m_request.get()) > 0; }

}  // namespace ipcutils::fifo
