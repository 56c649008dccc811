#include "progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/quote.hpp>
#include <ipcutils/terminal.hpp>

#include "command_line.hpp"
#include "diagnostic.hpp"

namespace ipcutils::cli {

namespace {

constexpr auto redraw_interval = std::chrono::milliseconds{100};
constexpr int bar_width = 24;

// "999 B", "1.21 GiB"
std::string format_bytes(double bytes) {
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 2, units[unit]);
}

// "0:07", "1:02:03"
std::string format_time(double seconds) {
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

void add_progress_option(CommandLine& command_line, ProgressWhen& when) {
  command_line.option_with_optional_argument(
      "progress", "WHEN", "show progress on standard error: auto (on a terminal; the default), always, never",
      [&when](std::optional<std::string_view> text) {
        if (!text || *text == "auto")
          when = ProgressWhen::automatic;
        else if (*text == "always")
          when = ProgressWhen::always;
        else if (*text == "never")
          when = ProgressWhen::never;
        else
          throw UsageError{
              fmt::format("invalid progress {}: it is one of auto, always, never", quote(*text))};
      });
}

ProgressBar::ProgressBar(ProgressWhen when, std::optional<std::uint64_t> total)
    : m_is_shown{when == ProgressWhen::always ||
                 (when == ProgressWhen::automatic && is_terminal(STDERR_FILENO))},
      m_total{total} {}

ProgressBar::~ProgressBar() {
  if (!m_is_shown) return;
  draw();
  write_diagnostic("\n");
}

Progress ProgressBar::callback() {
  return [this](std::uint64_t moved) {
    m_moved = moved;
    if (!m_is_shown) return;
    if (const auto now = Clock::now(); now >= m_next_draw) {
      m_next_draw = now + redraw_interval;
      draw();
    }
  };
}

void ProgressBar::draw() const {
  const double seconds = std::chrono::duration<double>{Clock::now() - m_start}.count();
  const auto moved = static_cast<double>(m_moved);
  const double rate = seconds > 0 ? moved / seconds : 0;
  auto line =
      fmt::format("{:>11} {:>11}/s {:>7}", format_bytes(moved), format_bytes(rate), format_time(seconds));
  if (m_total && *m_total > 0) {
    const double share = std::min(1.0, moved / static_cast<double>(*m_total));
    const auto filled = static_cast<int>(share * bar_width);
    const double left = rate > 0 ? (static_cast<double>(*m_total) - moved) / rate : 0;
    line += fmt::format(" [{:=<{}}{:{}}] {:3.0f}% {:>7} left", "", filled, "", bar_width - filled,
                        share * 100, format_time(std::max(0.0, left)));
  }
  write_diagnostic("\r" + line);
}

}  // namespace ipcutils::cli
