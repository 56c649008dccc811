// A file that holds the number of this process as long as it runs.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <ipcutils/error.hpp>
#include <ipcutils/output_file.hpp>
#include <string>

namespace ipcutils::signals {

// Written in one step, and removed at the end unless another file has its name by then.
class PidFile {
 public:
  explicit PidFile(const std::string& path)
      : m_name{write_file_atomically(path, fmt::format("{}\n", ::getpid()), 0644, "PID file")} {}
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile() {
    try {
      m_name.remove_if_same();
    } catch (const Error&) {  // the directory may have lost its permissions
    }
  }

 private:
  RemovableName m_name;
};

}  // namespace ipcutils::signals
