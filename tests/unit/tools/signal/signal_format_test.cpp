#include <csignal>
#include <ipcutils/error.hpp>

#include "catch.hpp"
#include "signal/signal_format.hpp"

using namespace ipcutils;
using signals::SignalFormat;

TEST_CASE("signal format: what a line has") {
  const ReceivedSignal queued{SIGRTMIN + 3, 7, 1234, 1000, SI_QUEUE};
  const ReceivedSignal sent{SIGTERM, std::nullopt, 1, 0, SI_USER};
  CHECK(SignalFormat::usual().line_for(queued) == "RTMIN+3 37 7 1234 1000 queue\n");
  CHECK(SignalFormat::usual().line_for(sent) == "TERM 15 - 1 0 user\n");
  CHECK(SignalFormat::parse("100%% %v%v: %s.").line_for(queued) == "100% 77: RTMIN+3.\n");
  CHECK(SignalFormat::parse("").line_for(queued) == "\n");
  CHECK(SignalFormat::json().line_for(queued) ==
        R"({"signal":"RTMIN+3","number":37,"value":7,"pid":1234,"uid":1000,"code":"queue"})"
        "\n");
  CHECK(SignalFormat::json().line_for(sent) ==
        R"({"signal":"TERM","number":15,"value":null,"pid":1,"uid":0,"code":"user"})"
        "\n");
  for (const char* text : {"%", "%m", "%s%"}) CHECK_THROWS_AS(SignalFormat::parse(text), Error);
}
