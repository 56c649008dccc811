#include <ipcutils/signal_state.hpp>

#include <ipcutils/signal_name.hpp>
#include <string_view>

#include "../core/failure.hpp"
#include "../core/read_file.hpp"
#include "../core/words.hpp"
#include "proc_number.hpp"

namespace ipcutils {

namespace {

// What stands behind a label in /proc/PID/status, to the end of its line.
std::string_view field(std::string_view status, std::string_view label) {
  const auto line = fmt::format("\n{}:\t", label);
  const auto found = status.find(line);
  if (found == status.npos) return {};
  status.remove_prefix(found + line.size());
  return status.substr(0, status.find('\n'));
}

// A set is a number in which bit N - 1 is signal N.
std::vector<int> signals_in(std::uint64_t set) {
  std::vector<int> signals;
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if ((set >> (signal - 1) & 1) != 0) signals.push_back(signal);
  return signals;
}

}  // namespace

SignalState find_signal_state(const ProcessReference& reference) {
  const auto process = ProcessHandle::open(reference);
  const auto attempt = fmt::format("cannot look at process {}", reference.text());
  const auto path = fmt::format("/proc/{}/status", number_in_proc(process.fd(), attempt));
  // The first line begins as the others do.
  const auto status = "\n" + read_file_if_readable(path).value_or("");
  number_in_proc(process.fd(), attempt);  // it may have become another's before the file was read
  const auto set = [&](std::string_view label) { return number_in<std::uint64_t>(field(status, label), 16); };
  if (field(status, "SigBlk").empty())
    throw Error::because(EACCES, attempt, fmt::format("'{}' cannot be read", path));
  const auto queue = field(status, "SigQ");  // QUEUED/LIMIT
  const auto limit = number_in<std::uint64_t>(queue.substr(std::min(queue.find('/') + 1, queue.size())), 10);
  constexpr auto none = static_cast<std::uint64_t>(-1);
  return {.pid = reference.pid,
          .command = std::string{field(status, "Name")},
          .pending = signals_in(set("SigPnd") | set("ShdPnd")),
          .blocked = signals_in(set("SigBlk")),
          .ignored = signals_in(set("SigIgn")),
          .caught = signals_in(set("SigCgt")),
          .queued = number_in<std::uint64_t>(queue, 10),
          .limit = limit == none ? std::nullopt : std::optional{limit}};
}

}  // namespace ipcutils
