// How received signals are written.
#pragma once

#include <ipcutils/signal_receiver.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../cli/format.hpp"

namespace ipcutils::signals {

// The format of one line. A value.
class SignalFormat {
 public:
  // Text in which %s stands for the name, %S for the number, %v for the value ("-": none), %p and %u for the
  // sender's process and user, %c for the code and %% for a percent sign. Throws Error (EINVAL) for anything
  // else behind a '%'.
  static SignalFormat parse(std::string_view text);
  static SignalFormat usual() { return parse("%s %S %v %p %u %c"); }

  // {"signal":"RTMIN+3","number":37,"value":7,"pid":1234,"uid":1000,"code":"queue"}
  static SignalFormat json() { return {}; }

  // With a newline.
  std::string line_for(const ReceivedSignal& received) const;

 private:
  std::vector<cli::FormatPart> m_parts;
  bool m_is_json = true;
};

}  // namespace ipcutils::signals
