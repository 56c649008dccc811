#include <sys/socket.h>
#include <syslog.h>

#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "cli/usage_error.hpp"
#include "error_of.hpp"
#include "sockcat/settings.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using sockcat::LogLevel;
using sockcat::LogSettings;
using sockcat::Option;
using sockcat::Settings;
using Words = std::vector<std::string>;
using Id = sockcat::Keyword::Id;

namespace {

Settings parsed(Words words) {
  words.insert(words.begin(), "sockcat");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return sockcat::parse_command_line(static_cast<int>(pointers.size()), pointers.data());
}

// Why it is wrong usage.
std::string refusal(const Words& words) {
  try {
    parsed(words);
  } catch (const cli::UsageError& error) {
    return error.what();
  } catch (const Error& error) {
    CHECK(error.code() == std::errc::invalid_argument);
    return error.what();
  }
  return "(nothing)";
}

}  // namespace

TEST_CASE("sockcat command line: one address has standard input and output before it") {
  const auto settings = parsed({"tcp:localhost:80"});
  CHECK(settings.first.read.keyword->id == Id::stdio);
  REQUIRE(settings.second);
  CHECK(settings.second->read.keyword->id == Id::tcp_connect);
  CHECK(settings.command.empty());
}

TEST_CASE("sockcat command line: two addresses, or one and a command") {
  const auto two = parsed({"unix-listen:/x,fork", "-"});
  CHECK(two.first.read.has(Option::fork));
  CHECK(two.second->read.keyword->id == Id::stdio);
  const auto command = parsed({"tcp-l:80", "--", "cat", "-u", "--", "-x"});
  CHECK(command.first.read.keyword->id == Id::tcp_listen);
  CHECK_FALSE(command.second);
  CHECK(command.command == Words{"cat", "-u", "--", "-x"});
  CHECK(command.goes_forward);
  CHECK_FALSE(command.dumps_hexadecimal);
}

TEST_CASE("sockcat command line: what is not said") {
  const auto settings = parsed({"tcp:a:1"});
  CHECK((settings.goes_forward && settings.goes_backward));
  CHECK(settings.block == 0);
  CHECK_FALSE(settings.half_close_timeout);
  CHECK(settings.idle == unlimited);
  CHECK_FALSE(settings.timeout);
  CHECK(settings.timeout_status == 124);
  CHECK_FALSE(settings.count);
  CHECK(settings.log.level == LogLevel::error);
  CHECK_FALSE(settings.log.has_been_chosen);
  CHECK(settings.preferred_family == 0);
}

TEST_CASE("sockcat command line: standard input has one reader") {
  const auto is_both = [](const Words& words) {
    const auto settings = parsed(words);
    return settings.goes_forward && settings.goes_backward;
  };
  CHECK(parsed({"-"}).goes_forward);
  CHECK_FALSE(is_both({"-"}));
  CHECK_FALSE(is_both({"stdio", "-"}));
  CHECK(parsed({"-U", "-"}).goes_backward);
  CHECK(is_both({"-", "tcp:a:1"}));
}

TEST_CASE("sockcat command line: each option, short and long") {
  const auto check = [](const Words& options, auto is_right) {
    CAPTURE(options);
    auto words = options;
    words.insert(words.end(), {"tcp-l:1,fork", "-"});
    CHECK(is_right(parsed(words)));
  };
  const auto both = [&](std::string_view short_name, std::string_view long_name, auto is_right) {
    check({std::string{short_name}}, is_right);
    check({std::string{long_name}}, is_right);
  };
  const auto with_value = [&](char letter, const std::string& name, const std::string& value, auto is_right) {
    check({std::string{"-"} + letter, value}, is_right);
    check({std::string{"-"} + letter + value}, is_right);
    check({"--" + name, value}, is_right);
    check({"--" + name + "=" + value}, is_right);
  };
  both("-u", "--unidirectional", [](const auto& s) { return s.goes_forward && !s.goes_backward; });
  both("-U", "--reverse", [](const auto& s) { return !s.goes_forward && s.goes_backward; });
  both("-v", "--verbose", [](const auto& s) { return s.dumps_text; });
  both("-x", "--hex", [](const auto& s) { return s.dumps_hexadecimal; });
  both("-s", "--sloppy", [](const auto& s) { return s.is_sloppy; });
  both("-d", "--debug", [](const auto& s) { return s.log.level == LogLevel::warning; });
  both("-4", "--ipv4", [](const auto& s) { return s.preferred_family == AF_INET; });
  both("-6", "--ipv6", [](const auto& s) { return s.preferred_family == AF_INET6; });
  with_value('b', "block-size", "4K", [](const auto& s) { return s.block == 4096; });
  with_value('t', "linger", "250ms", [](const auto& s) { return s.half_close_timeout == Duration{250ms}; });
  with_value('T', "idle", "2", [](const auto& s) { return s.idle == 2s; });
  with_value('w', "timeout", "1m", [](const auto& s) { return s.timeout == Duration{1min}; });
  with_value('E', "timeout-status", "7", [](const auto& s) { return s.timeout_status == 7; });
  with_value('n', "count", "3", [](const auto& s) { return s.count == 3u; });
  with_value('r', "record-forward", "/r", [](const auto& s) { return s.forward_record == "/r"; });
  with_value('R', "record-backward", "/r", [](const auto& s) { return s.backward_record == "/r"; });
  check({"--nonblock"}, [](const auto& s) { return s.timeout == Duration::zero(); });
  check({"--port-file", "/p"}, [](const auto& s) { return s.port_file == "/p"; });
  check({"--stats"}, [](const auto& s) { return s.shows_statistics; });
  check({"-vx"}, [](const auto& s) { return s.dumps_text && s.dumps_hexadecimal; });
  check({"-4", "-6"}, [](const auto& s) { return s.preferred_family == AF_INET6; });
}

TEST_CASE("sockcat command line: more is told with each -d, up to four times") {
  const std::pair<Words, LogLevel> rows[] = {{{"-d", "-d"}, LogLevel::notice},
                                             {{"-ddd"}, LogLevel::information},
                                             {{"-dddd"}, LogLevel::debugging},
                                             {{"-ddddd"}, LogLevel::debugging}};
  for (auto [words, level] : rows) {
    words.emplace_back("-");
    CHECK(parsed(words).log.level == level);
  }
}

TEST_CASE("sockcat command line: messages go where socat's -l says") {
  const auto log = [](Words words) {
    words.emplace_back("-");
    return parsed(words).log;
  };
  for (const Words& words : {Words{"-lf/f"}, Words{"-lf", "/f"}, Words{"-l", "f/f"}, Words{"--log=f/f"}}) {
    CHECK(log(words).sink == LogSettings::Sink::file);
    CHECK(log(words).file == "/f");
  }
  CHECK(log({"-ls"}).sink == LogSettings::Sink::standard_error);
  CHECK(log({"-ls"}).has_been_chosen);
  CHECK(log({"-ly"}).sink == LogSettings::Sink::syslog);
  CHECK(log({"-ly"}).facility == LOG_DAEMON);
  CHECK(log({"-lylocal3"}).facility == LOG_LOCAL3);
  CHECK(log({"-lmuser"}).is_mixed);
  CHECK(log({"-lmuser"}).facility == LOG_USER);
  CHECK(log({"-lp", "name"}).program == "name");
  CHECK(log({"-lpname"}).program == "name");
  CHECK_FALSE(log({"-lpname"}).has_been_chosen);
  CHECK(log({"-lu"}).has_microseconds);
  CHECK(log({"-lh"}).has_host);
  CHECK(refusal({"-lz", "-"}) == "unknown option '-lz'");
  CHECK(refusal({"-lynone", "-"}) == "unknown facility 'none' of syslog");
  CHECK(refusal({"-lf"}) == "missing FILE after '-lf'");
  CHECK(refusal({"-lp"}) == "missing NAME after '-lp'");
}

TEST_CASE("sockcat command line: standard input and output with options") {
  const auto settings = parsed({"-,readbytes=3", "-!!open:/x,append"});
  CHECK(settings.first.read.keyword->id == Id::stdio);
  CHECK(settings.first.read.number(Option::readbytes) == 3u);
  CHECK(settings.second->read.keyword->id == Id::stdio);
  REQUIRE(settings.second->write);
  CHECK(settings.second->write->keyword->id == Id::open);
}

TEST_CASE("sockcat command line: arguments of COMMAND stay as they are") {
  const Words command{"x", "-lf", "file", "-,a", "-hh", "-?", "-u"};
  Words words{"tcp-l:1", "--"};
  words.insert(words.end(), command.begin(), command.end());
  CHECK(parsed(words).command == command);
}

TEST_CASE("sockcat command line: operands are one or two addresses") {
  CHECK(refusal({}) == "missing operand ADDRESS");
  CHECK(refusal({"--", "cat"}) == "missing operand ADDRESS");
  CHECK(refusal({"-", "-", "-"}) == "unexpected operand '-'");
  CHECK(refusal({"-", "-", "--", "cat"}) == "unexpected operand '-'");
  CHECK(refusal({"-", "--"}) == "missing COMMAND after '--'");
  CHECK(refusal({"nonsense"}) == "invalid address 'nonsense': there is no such keyword");
  CHECK(refusal({"-Z", "-"}) == "unknown option '-Z'");
}

TEST_CASE("sockcat command line: values are held to what they may be") {
  for (const Words& words :
       {Words{"-b0", "-"}, Words{"-b2G", "-"}, Words{"-bx", "-"}, Words{"-t-1", "-"}, Words{"-Tx", "-"},
        Words{"-w", "", "-"}, Words{"-n0", "tcp-l:1,fork"}, Words{"-E256", "-"},
        Words{"--port-file=", "tcp-l:1"}, Words{"--ready-fd=0", "-"},
        Words{"--allow-uid=no/body", "unix-l:/x"}, Words{"--allow-gid=no/body", "unix-l:/x"}}) {
    CAPTURE(words);
    CHECK(refusal(words) != "(nothing)");
  }
}

TEST_CASE("sockcat command line: what does not go together") {
  CHECK(refusal({"-u", "-U", "-"}) == "--reverse and --unidirectional exclude each other");
  CHECK(refusal({"-n1", "tcp-l:1"}) == "--count goes with fork");
  CHECK(refusal({"--port-file=/p", "tcp:a:1"}) == "--port-file goes with an address that listens at a port");
  CHECK(refusal({"--port-file=/p", "unix-l:/x"}) != "(nothing)");
  CHECK(refusal({"tcp-l:1,fork!!-", "-"}) == "fork does not go with '!!'");
  CHECK(refusal({"-!!tcp-l:1,fork", "-"}) == "fork does not go with '!!'");
  CHECK(refusal({"exec:cat", "tcp-l:1,fork"}) ==
        "fork of the second address does not go with a command as the first");
  CHECK(refusal({"exec:cat,nofork", "-"}) == "nofork goes with the second address");
  CHECK(refusal({"-", "exec:cat,nofork!!-"}) == "nofork goes with the second address");
  CHECK(refusal({"-", "exec:cat,nofork"}) == "(nothing)");
  CHECK(refusal({"tcp-l:1,range=host/8"}) != "(nothing)");
  CHECK(refusal({"-", "tcp-l:1,range=10.0.0.0/33"}) != "(nothing)");
}

TEST_CASE("sockcat command line: nofork goes with nothing that only a copying process can do") {
  for (const auto* first : {"text:x", "stall", "udp-listen:0", "udp4-recvfrom:0", "unix-recvfrom:/x",
                            "abstract-recvfrom:x", "-!!text:x"}) {
    CAPTURE(first);
    CHECK(refusal({first, "exec:cat,nofork"}).ends_with("which has no descriptor to give"));
  }
  for (const Words& words :
       {Words{"-v", "-"}, Words{"-x", "-"}, Words{"-r/f", "-"}, Words{"-R/f", "-"}, Words{"-b1", "-"},
        Words{"-t1", "-"}, Words{"-T1", "-"}, Words{"--stats", "-"}, Words{"--progress", "-"},
        Words{"-,crnl"}, Words{"-,readbytes=1"}, Words{"-,escape=1"}, Words{"-!!-,cr"}}) {
    CAPTURE(words);
    auto all = words;
    all.push_back("exec:cat,nofork");
    CHECK(refusal(all) == "nofork copies nothing, so options that say how to copy do not go with it");
  }
  CHECK(refusal({"-", "exec:cat,nofork,crnl"}) != "(nothing)");
  CHECK(refusal({"-u", "-d", "-w1", "tcp-l:1,fork", "exec:cat,nofork"}) == "(nothing)");
}

TEST_CASE("sockcat command line: users and groups are asked for only where they are known") {
  for (const auto* address : {"unix-listen:/x", "unix-connect:/x", "abstract-listen:x", "abstract-connect:x",
                              "unix-seqpacket:/x", "unix-seqpacket-listen:/x"}) {
    CAPTURE(address);
    CHECK(parsed({"--allow-uid=0", "--allow-uid=7", address}).allowed_peers.users ==
          std::vector<uid_t>{0, 7});
    CHECK(parsed({"--allow-gid=0", address, "-"}).allowed_peers.groups == std::vector<gid_t>{0});
  }
  for (const auto* address : {"tcp-l:1", "tcp:a:1", "unix-recv:/x", "unix-sendto:/x", "unix-recvfrom:/x", "-",
                              "exec:cat", "socketpair", "pipe", "gopen:/x", "unix-connect:/x,socktype=2"}) {
    CAPTURE(address);
    CHECK(refusal({"--allow-uid=0", address}) != "(nothing)");
    CHECK(refusal({"--allow-gid=0", address}) != "(nothing)");
  }
}

TEST_CASE("sockcat command line: users and groups are asked for at every UNIX socket") {
  const auto refuses = [](const char* first, const char* second) {
    return refusal({"--allow-uid=0", first, second}) ==
           "--allow-uid and --allow-gid need UNIX sockets that are connected: no other peer has credentials";
  };
  CHECK(refuses("unix-listen:/x", "unix-sendto:/y"));
  CHECK(refuses("abstract-recv:x", "unix-connect:/y"));
  CHECK(refuses("unix-recv:/x!!unix:/y", "-"));
  CHECK(refuses("unix-listen:/x", "unix-client:/y,type=2"));
  CHECK_FALSE(refuses("unix-listen:/x", "abstract-connect:y"));
  CHECK_FALSE(refuses("tcp-l:1,fork", "unix:/y"));
  CHECK_FALSE(refuses("unix-listen:/x!!-", "-"));
}

TEST_CASE("sockcat command line: a range behind '!!' is checked, too") {
  CHECK(refusal({"-!!tcp-l:1,range=host/8", "-"}) != "(nothing)");
}

TEST_CASE("sockcat command line: what nc takes is told in the words of sockcat") {
  CHECK(refusal({"-l", "8080"}) == "unknown option '-l8080' (did you mean 'tcp-listen:8080'?)");
  CHECK(refusal({"-l", "-p", "8080"}) == "unknown option '-l-p' (to listen, write 'tcp-listen:PORT')");
  const auto hint = [](const char* host, const char* port) {
    return error_of([&] { parsed({host, port}); }).hint();
  };
  CHECK(hint("host", "80") == "did you mean 'tcp:host:80'?");
  CHECK(hint("127.0.0.1", "80") == "did you mean 'tcp:127.0.0.1:80'?");
  CHECK(hint("::1", "80") == "did you mean 'tcp:[::1]:80'?");
  CHECK(refusal({"stdin", "1"}) == "(nothing)");
  CHECK(refusal({"0", "1"}) == "(nothing)");
  CHECK(refusal({"nonsense", "-"}) == "invalid address 'nonsense': there is no such keyword");
}

TEST_CASE("sockcat command line: a file for the port goes with what has one of its own") {
  for (const auto* address : {"tcp-l:0", "tcp6-listen:0", "udp-listen:0", "udp-recv:0", "udp-recvfrom:0"}) {
    CAPTURE(address);
    CHECK(parsed({"--port-file=/p", address}).port_file == "/p");
    CHECK(parsed({"--port-file=/p", std::string{"stdin!!"} + address, "-"}).port_file == "/p");
  }
}
