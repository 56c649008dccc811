// Where bytes go, on one way of a channel.
#pragma once

#include <ipcutils/source.hpp>

namespace ipcutils {

// One end to write to. It never blocks.
class IPCUTILS_EXPORT Sink : public TransferEnd {
 public:
  // How the reader learns that no more comes.
  enum class End : std::uint8_t {
    shut_down,  // shutdown(2): of a socket, which can still be read
    close,      // this end lets go of the descriptor
    packet,     // a packet without bytes
    nothing,
  };

  // As many of the bytes as can be written at once; a packet goes in one piece.
  virtual StepResult write(std::span<const std::byte> data) = 0;

  // Memory that the source can read into directly. The caller then passes the same bytes to write(). Empty:
  // none.
  virtual std::span<std::byte> borrow() { return {}; }

  // Tells the reader that no more comes. Blocked when there is no room for that yet.
  StepResult tell_end();

  // Lets the reader see a reset instead of an end, when the descriptor is closed: of TCP alone, else false.
  // SO_LINGER of socket(7).
  bool reset_at_close() const noexcept;

  // The error that the kernel has noted about the peer (SO_ERROR), and forgets by this; 0: none.
  int take_error() const noexcept;

  End end() const noexcept { return m_end; }
  void set_end(End end) noexcept { m_end = end; }

  // splice(2) and sendfile(2) to it do not block.
  bool takes_splices() const noexcept { return m_takes_splices; }
  // poll(2) says that there is room when there is none.
  virtual bool is_polled_in_vain() const noexcept { return false; }

 protected:
  Sink(Descriptor descriptor, Medium medium, std::string name, End end)
      : TransferEnd{std::move(descriptor), medium, std::move(name)}, m_end{end} {}

  bool m_takes_splices = false;

 private:
  End m_end;
};

// A sink of bytes: a pipe, stream socket, file, terminal, device. The end of a socket is shutdown(2), that of
// others close(2). An exclusive descriptor becomes non-blocking.
IPCUTILS_EXPORT std::unique_ptr<Sink> byte_sink(Descriptor descriptor, Medium medium, std::string name);

// Memory, which must outlive it. What does not fit stays in the source.
IPCUTILS_EXPORT std::unique_ptr<Sink> memory_sink(std::span<std::byte> memory);

}  // namespace ipcutils
