// mkfifo-pipe --private: a FIFO that nobody else can reach, for one command.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ipcutils/interruption.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signals.hpp>

#include "../cli/command_status.hpp"
#include "../cli/guarded_main.hpp"
#include "used_fifo.hpp"

namespace ipcutils::fifo {

namespace {

// A new directory that only its owner can enter. The destructor removes it, if it is empty.
class PrivateDirectory {
 public:
  PrivateDirectory() {
    const char* const parent = std::getenv("TMPDIR");
    m_path = fmt::format("{}/{}.XXXXXX", parent != nullptr && *parent != '\0' ? parent : "/tmp", tool);
    if (::mkdtemp(m_path.data()) == nullptr)
      throw Error{errno, fmt::format("cannot create directory {}", quote(m_path))};
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  ~PrivateDirectory() {
    if (::rmdir(m_path.c_str()) == 0 || errno == ENOENT) return;
    cli::report(tool, Error{errno, fmt::format("cannot remove directory {}", quote(m_path))});
  }

  const std::string& path() const noexcept { return m_path; }

 private:
  std::string m_path;
};

}  // namespace

int run_with_private_fifo(const Options& options) {
  Interruption interruption{fatal_signals};
  const PrivateDirectory directory;
  const auto path = directory.path() + "/fifo";
  auto in_it = options;
  in_it.removes = true;
  in_it.is_exclusive = true;
  const UsedFifo fifo{in_it, path};
  auto arguments = options.command;
  std::ranges::replace(arguments, "{}", path);
  Command command{arguments};
  command.set_variable("FIFO", path);
  return cli::ended_like(command.run(STDIN_FILENO, interruption));
}

}  // namespace ipcutils::fifo
