// The request of a client of mkfifo-pipe --duplex.
#pragma once

#include <ipcutils/child.hpp>
#include <ipcutils/pipe.hpp>
#include <optional>

namespace ipcutils::fifo {

// A process that carries a request to COMMAND, and drops what COMMAND does not want: COMMAND may end before
// the request does, and the client shall not die of SIGPIPE. It ends with this object.
class Feeder {
 public:
  // Leaves `pipe` with the end that COMMAND reads.
  Feeder(FileDescriptor request, Pipe& pipe);
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;
  ~Feeder();

  // Blocks until the request has ended. False when `deadline` has passed before.
  bool wait(const Deadline& deadline) { return m_process->wait(deadline).has_value(); }

  // Whether a part of the request, or its end, has been carried since the last call.
  bool has_moved();

  // Whether the client has sent something that COMMAND has no room for yet.
  bool has_backlog() const;

 private:
  FileDescriptor m_request;
  Pipe m_steps;  // a byte for each step of the process
  std::optional<Child> m_process;
};

}  // namespace ipcutils::fifo
