// Messages while it runs.
#pragma once

#include <fmt/format.h>

#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <string_view>
#include <utility>

#include "../cli/command_status.hpp"
#include "settings.hpp"

namespace ipcutils::sockcat {

// Writes messages of at least the level that was asked for. Lines look as socat's do,
// `2026/11/25 14:30:00 sockcat[4711] N listening on …`, but for errors where no place was chosen, which look
// as those of every tool.
class Log {
 public:
  // Opens the file, for appending; it is made with permissions 0600. Throws Error.
  explicit Log(const LogSettings& settings);

  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    add(LogLevel::warning, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    add(LogLevel::notice, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void inform(fmt::format_string<Args...> format, Args&&... args) {
    add(LogLevel::information, format, std::forward<Args>(args)...);
  }

  // A peer or packet that was refused; shown by default.
  void refuse(const std::string& what, const std::string& reason) {
    report(Error::because(EACCES, what, reason));
  }

  // A failure, with its hint.
  void report(const Error& error);

  // From now on data is transferred.
  void begin_transfer();

 private:
  template <typename... Args>
  void add(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (level <= m_settings.level) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  void write(LogLevel level, std::string_view text);
  // Escaped as a whole, so that no name in it can forge a line or control a terminal.
  std::string line(LogLevel level, std::string_view text) const;

  LogSettings m_settings;
  FileDescriptor m_file;
};

// Calls `work`, which returns an exit status. A failure is reported, and `failure` returned; also that nobody
// reads any more, since it may be a peer of many who has gone.
template <typename Work>
int report_failure(Log& log, int failure, Work work) {
  try {
    return work();
  } catch (const CommandError& error) {
    log.report(error);
    return cli::status_of(error);
  } catch (const Error& error) {
    log.report(error);
    return failure;
  }
}

}  // namespace ipcutils::sockcat
