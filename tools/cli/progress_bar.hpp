// A bar on standard error for long transfers.
#pragma once

#include <chrono>
#include <cstdint>
#include <ipcutils/transfer.hpp>
#include <optional>

namespace ipcutils::cli {

class CommandLine;

enum class ProgressWhen { never, automatic, always };  // automatic: if standard error is a terminal

// Adds --progress[=WHEN].
void add_progress_option(CommandLine& command_line, ProgressWhen& when);

// Draws bytes, rate and time, and with a known total also the share and what is left, ten times a second at
// most. The destructor draws the final state and ends the line.
class ProgressBar {
 public:
  ProgressBar(ProgressWhen when, std::optional<std::uint64_t> total);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  // To be called by a transfer, which must not outlive the bar.
  Progress callback();

  // The bytes that the transfer has moved so far, whether the bar is shown or not.
  std::uint64_t moved() const noexcept { return m_moved; }

 private:
  using Clock = std::chrono::steady_clock;
  void draw() const;

  bool m_is_shown;
  std::optional<std::uint64_t> m_total;
  std::uint64_t m_moved = 0;
  Clock::time_point m_start = Clock::now();
  Clock::time_point m_next_draw = m_start;
};

}  // namespace ipcutils::cli
