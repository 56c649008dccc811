#include "log.hpp"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/diagnostic.hpp"
#include "../cli/guarded_main.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::string_view letters = "FEWNID";
constexpr std::array priorities{LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string now(bool has_microseconds) {
  using namespace std::chrono;
  const auto moment = system_clock::now();
  const auto seconds = system_clock::to_time_t(moment);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S", &parts);
  if (!has_microseconds) return text.data();
  return fmt::format("{}.{:06}", text.data(),
                     duration_cast<microseconds>(moment.time_since_epoch()).count() % 1'000'000);
}

}  // namespace

Log::Log(const LogSettings& settings) : m_settings{settings} {
  if (settings.sink != LogSettings::Sink::file) return;
  m_file = open_for_writing(settings.file, O_WRONLY | O_APPEND | O_CREAT, 0600, "log file");
}

void Log::report(const Error& error) {
  if (!m_settings.has_been_chosen) return cli::report(m_settings.program, error);
  write(LogLevel::error, error.what());
  if (!error.hint().empty()) write(LogLevel::error, fmt::format("hint: {}", error.hint()));
}

void Log::begin_transfer() {
  if (m_settings.is_mixed) m_settings.sink = LogSettings::Sink::syslog;
}

std::string Log::line(LogLevel level, std::string_view text) const {
  const auto host = m_settings.has_host ? host_name() + " " : "";
  const auto whole =
      fmt::format("{} {}{}[{}] {} {}", now(m_settings.has_microseconds), host, m_settings.program, ::getpid(),
                  letters[static_cast<std::size_t>(level)], text);
  return escape(whole) + '\n';
}

void Log::write(LogLevel level, std::string_view text) {
  switch (m_settings.sink) {
    case LogSettings::Sink::standard_error:
      return cli::write_diagnostic(line(level, text));
    case LogSettings::Sink::file: {
      const auto whole = line(level, text);
      // A log that cannot be written has nobody to be told of it.
      [[maybe_unused]] const auto written = ::write(m_file.get(), whole.data(), whole.size());
      return;
    }
    case LogSettings::Sink::syslog:
      ::openlog(m_settings.program.c_str(), LOG_PID, m_settings.facility);
      ::syslog(priorities[static_cast<std::size_t>(level)], "%s", escape(text).c_str());
      return;
  }
}

}  // namespace ipcutils::sockcat
