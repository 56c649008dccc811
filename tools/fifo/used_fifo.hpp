// A FIFO that mkfifo-pipe uses.
#pragma once

#include <ipcutils/fifo.hpp>
#include <utility>

#include "options.hpp"

namespace ipcutils::fifo {

// Found, or made if it is missing, as the options say; and removed at the end if they say so, unless another
// has its name meanwhile.
class UsedFifo {
 public:
  UsedFifo(const Options& options, const std::string& path);
  UsedFifo(const UsedFifo&) = delete;
  UsedFifo& operator=(const UsedFifo&) = delete;
  ~UsedFifo();

  const Fifo& fifo() const noexcept { return m_fifo; }
  std::string name() const { return m_fifo.reference().description(); }

  // Lets the name lead to a new FIFO from now on, see Fifo::replace(). Returns the old one.
  Fifo replace() { return std::exchange(m_fifo, m_fifo.replace()); }

  // Gives an end of it the capacity that the options ask for, if they do.
  void set_capacity(int end) const;

 private:
  const Options& m_options;
  Fifo m_fifo;
};

// Makes a FIFO, which must not exist.
Fifo make_new(const std::string& path, mode_t mode);

}  // namespace ipcutils::fifo
