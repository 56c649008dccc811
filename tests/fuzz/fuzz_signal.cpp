#include <algorithm>
#include <ipcutils/process_reference.hpp>
#include <ipcutils/signal_name.hpp>

#include "property.hpp"

using namespace ipcutils;

namespace {

void require_round_trip(int signal) {
  const auto all = all_signals();
  require(std::ranges::find(all, signal) != all.end(), "what is parsed is a signal");
  require(parse_signal(signal_name(signal)) == signal, "a signal comes back from its name");
  require(parse_signal(std::to_string(signal)) == signal, "a signal comes back from its number");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  const auto signal = parsed([&] { return parse_signal(text); });
  if (signal) require_round_trip(*signal);
  const auto list = parsed([&] { return parse_signals(text); });
  require(!signal || (list && *list == std::vector{*signal}), "one signal is a list");
  for (const int one : list.value_or(std::vector<int>{})) require_round_trip(one);
  if (const auto process = parsed([&] { return ProcessReference::parse(text); })) {
    const auto again = ProcessReference::parse(process->text());
    require(again.pid == process->pid && again.start_time == process->start_time,
            "a process comes back from its text");
  }
  return 0;
}
