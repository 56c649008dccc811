#include <ipcutils/command.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ipcutils/signals.hpp>
#include <ipcutils/terminal.hpp>
#include <optional>
#include <string>

#include "catch.hpp"
#include "processes.hpp"
#include "scratch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string& script) { return Command{{"sh", "-c", script}}; }

// What it writes to its standard output.
std::string output_of(Command command, const Command::Session& session = {}) {
  auto channel = make_pipe();
  auto child = command.start({.output = channel.write_end.get()}, session);
  channel.write_end.reset();
  auto output = read_all(channel.read_end.get());
  CHECK(child.wait(Deadline::after(10s)) == 0);
  return output;
}

CommandError error_of_command(const std::vector<std::string>& arguments) {
  try {
    Command{arguments};
  } catch (const CommandError& error) {
    return error;
  }
  throw std::logic_error{"the command was found"};
}

}  // namespace

TEST_CASE("command: a program of $PATH, or by its path, with its arguments as they are") {
  CHECK(output_of(Command{{"printf", "%s|", "a b", "", "$x"}}) == "a b||$x|");
  CHECK(output_of(Command{{"/bin/echo", "x"}}) == "x\n");
}

TEST_CASE("command: its own variables take the place of ours, and ours stay as they are") {
  ::setenv("IPCUTILS_OURS", "ours", 1);
  auto command = shell("echo $IPCUTILS_OURS $IPCUTILS_NEW");
  CHECK(output_of(command) == "ours\n");
  command.set_variable("IPCUTILS_OURS", "no longer");
  command.set_variable("IPCUTILS_OURS", "its own");
  command.set_variable("IPCUTILS_NEW", std::string{"x=y\0z", 5});
  CHECK(output_of(command) == "its own x=y\n");
  command.unset_variable("IPCUTILS_OURS");
  command.unset_variable("IPCUTILS_NEW");
  CHECK(output_of(command) == "\n");
  CHECK(std::getenv("IPCUTILS_OURS") == std::string{"ours"});
  CHECK(std::getenv("IPCUTILS_NEW") == nullptr);
  ::unsetenv("IPCUTILS_OURS");
}

TEST_CASE("command: a signal to its group reaches the children of one with a session of its own") {
  auto channel = make_pipe();
  auto child = shell("sleep 1000 & echo; wait").start({.output = channel.write_end.get()}, {.is_own = true});
  channel.write_end.reset();
  char newline;
  REQUIRE(::read(channel.read_end.get(), &newline, 1) == 1);
  child.send_to_group(SIGKILL);
  CHECK(child.wait(Deadline::never()) == 128 + SIGKILL);
  CHECK(::read(channel.read_end.get(), &newline, 1) == 0);  // the end: nobody has the other end open
}

TEST_CASE("command: one that is missing, or no program") {
  const TemporaryDirectory directory;
  write_file(directory.path("text"), "x");
  const std::string old_path = std::getenv("PATH");
  ::setenv("PATH", directory.path().c_str(), 1);  // with no folder that this user may not search
  CHECK(error_of_command({"ipcutils-no-such-program"}).is_missing());
  CHECK(error_of_command({directory.path("none")}).is_missing());
  CHECK(error_of_command({directory.path("text/x")}).is_missing());
  CHECK(error_of_command({""}).is_missing());
  const auto error = error_of_command({directory.path("text")});
  CHECK_FALSE(error.is_missing());
  CHECK(error.code() == std::errc::permission_denied);
  CHECK(error.attempt() == "cannot run '" + directory.path("text") + "'");
  CHECK_FALSE(error_of_command({directory.path()}).is_missing());
  ::setenv("PATH", old_path.c_str(), 1);
}

TEST_CASE("command: a file that is no program is given to a shell") {
  const TemporaryDirectory directory;
  const auto path = directory.path("script");
  write_file(path, "echo \"$1\"\n");
  require_call(::chmod(path.c_str(), 0700), "chmod");
  CHECK(output_of(Command{{path, "argument"}}) == "argument\n");
}

TEST_CASE("command: it gets descriptors under the numbers that are asked for, also crosswise") {
  auto to = make_pipe();
  auto from = make_pipe();
  write_all(to.write_end.get(), "text");
  to.write_end.reset();
  SECTION("others than standard ones") {
    auto child = shell("cat <&5 >&6")
                     .start({.input = to.read_end.get(),
                             .output = from.write_end.get(),
                             .input_number = 5,
                             .output_number = 6});
    from.write_end.reset();
    CHECK(read_all(from.read_end.get()) == "text");
    CHECK(child.wait(Deadline::after(10s)) == 0);
  }
  SECTION("whose numbers must be swapped") {
    const int input = to.read_end.get();
    const int output = from.write_end.get();
    auto child =
        shell("cat <&" + std::to_string(output) + " >&" + std::to_string(input))
            .start({.input = input, .output = output, .input_number = output, .output_number = input});
    from.write_end.reset();
    CHECK(read_all(from.read_end.get()) == "text");
    CHECK(child.wait(Deadline::after(10s)) == 0);
  }
}

TEST_CASE("command: its signals are as they were before any interruption") {
  const std::string mask = "grep SigBlk /proc/self/status";
  const auto before = output_of(shell(mask));
  const Interruption interruption{SIGUSR1, SIGTERM};
  CHECK(output_of(shell(mask)) == before);
  const std::string ignored = "grep SigIgn /proc/self/status";
  const auto usual = output_of(shell(ignored));
  const SignalIsError pipe{SIGPIPE};
  CHECK(output_of(shell(ignored)) == usual);
}

TEST_CASE("command: it is told a name of its own") {
  CHECK(shell("").name() == "sh");
  auto named = Command{{"sh", "-c", "echo $0"}};
  named.set_name("another");
  CHECK(output_of(std::move(named)) == "another\n");
}

TEST_CASE("command: it runs in a session of its own if asked, at a terminal") {
  CHECK(output_of(shell("[ $(ps -o sid= -p $$) -eq $$ ] && echo own"), {.is_own = true}) == "own\n");
  const auto pseudoterminal = make_pseudoterminal();
  CHECK(output_of(shell("tty <>/dev/tty"), {.is_own = true, .terminal = pseudoterminal.path}).substr(0, 5) ==
        "/dev/");
}

TEST_CASE("command: its end, with what came meanwhile") {
  Interruption interruption{SIGUSR1};
  SECTION("nothing") {
    const auto outcome = shell("exit 5").run(STDIN_FILENO, interruption);
    CHECK(outcome.status == 5);
    CHECK(outcome.passed_on == 0);
  }
  SECTION("a signal, which is passed on and forgotten") {
    auto channel = make_pipe();
    auto child = shell("trap 'exit 9' USR1; echo; while :; do sleep 0.01; done")
                     .start({.output = channel.write_end.get()});
    char byte;
    REQUIRE(::read(channel.read_end.get(), &byte, 1) == 1);
    ::raise(SIGUSR1);
    const auto outcome = Command::finish(child, interruption);
    CHECK(outcome.status == 9);
    CHECK(outcome.passed_on == SIGUSR1);
    CHECK_FALSE(interruption.has_come());
  }
}

TEST_CASE("command: one that takes too long is ended by SIGTERM, and then by SIGKILL") {
  Interruption interruption{SIGUSR1};
  auto channel = make_pipe();
  const auto started = [&](const std::string& script) {
    auto child = shell(script).start({.output = channel.write_end.get()});
    char byte;
    REQUIRE(::read(channel.read_end.get(), &byte, 1) == 1);
    return child;
  };
  SECTION("not if it ends by itself") {
    auto child = started("echo; exit 3");
    CHECK(Command::finish_within(child, interruption, {10s, 10s}).status == 3);
  }
  SECTION("SIGTERM") {
    auto child = started("trap 'exit 4' TERM; echo; while :; do sleep 0.01; done");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(Command::finish_within(child, interruption, {50ms, 10s}).status == 4);
    CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  }
  SECTION("SIGKILL") {
    auto child = started("trap '' TERM; echo; while :; do sleep 0.01; done");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(Command::finish_within(child, interruption, {20ms, 40ms}).status == 128 + SIGKILL);
    CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
  }
}

TEST_CASE("command: an ignored SIGCHLD does not cost its status") {
  struct sigaction old;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGCHLD, &ignore, &old);
  Interruption interruption{SIGUSR1};
  CHECK(shell("exit 5").run(STDIN_FILENO, interruption).status == 5);
  ::sigaction(SIGCHLD, &old, nullptr);
}

TEST_CASE("command: it takes the place of this process, with its signals as they were") {
  auto channel = make_pipe();
  ChildProcess child{[&] {
    ::dup2(channel.write_end.get(), STDOUT_FILENO);
    const Interruption interruption{SIGUSR1};
    Command{{"grep", "SigBlk", "/proc/self/status"}}.execute();
    return 1;
  }};
  channel.write_end.reset();
  const auto here = output_of(Command{{"grep", "SigBlk", "/proc/self/status"}});
  CHECK(read_all(channel.read_end.get()) == here);
  CHECK(child.wait() == 0);
}
