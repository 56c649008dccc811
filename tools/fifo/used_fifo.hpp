// A FIFO that mkfifo-pipe uses.
#pragma once

#include <chrono>
#include <ipcutils/fifo.hpp>
#include <utility>

#include "options.hpp"

namespace ipcutils::fifo {

// How often the name of a FIFO is looked at where nothing tells when it is lost.
inline constexpr std::chrono::milliseconds look_at_name{250};

// The same deadline, or the next look where the watch has no descriptor: inotify(7) has limits for each user.
inline Deadline until_next_look(const FileWatch& watch, const Deadline& deadline) {
  return watch.descriptor() != -1 ? deadline : deadline.within(look_at_name);
}

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
