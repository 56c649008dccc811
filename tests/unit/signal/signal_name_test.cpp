#include <ipcutils/signal_name.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;

TEST_CASE("signal name: names and numbers as kill -l has them") {
  struct Case {
    const char* text;
    int signal;
    const char* name;
  };
  for (const auto& [text, signal, name] : {Case{"TERM", SIGTERM, "TERM"},
                                           {"SIGTERM", SIGTERM, "TERM"},
                                           {"sigterm", SIGTERM, "TERM"},
                                           {"15", SIGTERM, "TERM"},
                                           {"1", SIGHUP, "HUP"},
                                           {"IOT", SIGABRT, "ABRT"},
                                           {"CLD", SIGCHLD, "CHLD"},
                                           {"POLL", SIGIO, "IO"},
                                           {"31", SIGSYS, "SYS"},
                                           {"RTMIN", SIGRTMIN, "RTMIN"},
                                           {"SIGRTMIN+3", SIGRTMIN + 3, "RTMIN+3"},
                                           {"RTMIN+0", SIGRTMIN, "RTMIN"},
                                           {"rtmin+30", SIGRTMAX, "RTMAX"},
                                           {"RTMAX-1", SIGRTMAX - 1, "RTMAX-1"},
                                           {"RTMAX-30", SIGRTMIN, "RTMIN"},
                                           {"49", SIGRTMIN + 15, "RTMIN+15"},
                                           {"50", SIGRTMAX - 14, "RTMAX-14"}}) {
    CAPTURE(text);
    CHECK(parse_signal(text) == signal);
    CHECK(signal_name(signal) == name);
  }
}

TEST_CASE("signal name: every signal comes back from its name and its number") {
  const auto signals = all_signals();
  CHECK(signals.size() == 62);
  for (const int signal : signals) {
    CHECK(parse_signal(signal_name(signal)) == signal);
    CHECK(parse_signal(std::to_string(signal)) == signal);
  }
  CHECK(signal_name(33) == "33");
}

TEST_CASE("signal name: what is none is refused") {
  for (const char* text :
       {"", "0", "32", "33", "65", "4294967297", "TERM ", "NONE", "SIG", "SIGSIGTERM", "RTMIN+", "RTMIN-1",
        "RTMIN+31", "RTMAX+1", "RTMAX-31", "RTMAX-x", "15x", "-15", "SIG15"}) {
    CAPTURE(text);
    CHECK(error_of([&] { parse_signal(text); }).code() == std::errc::invalid_argument);
  }
  const auto error = error_of([] { parse_signal("NONE"); });
  CHECK(error.what() == std::string{"invalid signal 'NONE': there is none of this name"});
  CHECK(error.hint() == "'kill -l' lists the names");
}

TEST_CASE("signal name: lists keep their order and name each signal once") {
  CHECK(parse_signals("TERM,RTMIN,15,HUP") == std::vector{SIGTERM, SIGRTMIN, SIGHUP});
  for (const char* text : {"", "TERM,", ",TERM", "TERM,,HUP"}) CHECK_THROWS_AS(parse_signals(text), Error);
}
