#include "signal_format.hpp"

#include <cstdlib>
#include <ipcutils/signal_name.hpp>
#include <nlohmann/json.hpp>

#include "../cli/json_line.hpp"
#include "../cli/json_values.hpp"

namespace ipcutils::signals {

namespace {

std::string text_of(char letter, const ReceivedSignal& received) {
  switch (letter) {
    case 's':
      return signal_name(received.signal);
    case 'S':
      return std::to_string(received.signal);
    case 'v':
      return received.value ? std::to_string(*received.value) : "-";
    case 'p':
      return std::to_string(received.pid);
    case 'u':
      return std::to_string(received.uid);
    case 'c':
      return signal_code_name(received);
  }
  std::abort();  // a letter without a text
}

std::string json_of(const ReceivedSignal& received) {
  return cli::json_line({{"signal", signal_name(received.signal)},
                         {"number", received.signal},
                         {"value", or_null(received.value)},
                         {"pid", received.pid},
                         {"uid", received.uid},
                         {"code", signal_code_name(received)}});
}

}  // namespace

SignalFormat SignalFormat::parse(std::string_view text) {
  SignalFormat format;
  format.m_parts = cli::parse_format(text, "sSvpuc");
  format.m_is_json = false;
  return format;
}

std::string SignalFormat::line_for(const ReceivedSignal& received) const {
  if (m_is_json) return json_of(received) + '\n';
  std::string line;
  for (const auto& part : m_parts) line += part.letter ? text_of(*part.letter, received) : part.text;
  return line + '\n';
}

}  // namespace ipcutils::signals
