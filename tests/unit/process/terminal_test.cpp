#include <ipcutils/terminal.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

#include "catch.hpp"
#include "processes.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;

TEST_CASE("terminal: a new one passes on what is written to either side") {
  const auto pseudoterminal = make_pseudoterminal();
  CHECK(is_terminal(pseudoterminal.terminal.get()));
  CHECK(is_cloexec(pseudoterminal.control));
  CHECK(is_cloexec(pseudoterminal.terminal));
  CHECK(std::string{::ttyname(pseudoterminal.terminal.get())} == pseudoterminal.path);
  REQUIRE(write_all(pseudoterminal.control.get(), "typed\n"));
  std::string text(100, '\0');
  REQUIRE(::read(pseudoterminal.terminal.get(), text.data(), text.size()) == 6);
  CHECK(text.substr(0, 6) == "typed\n");
}

TEST_CASE("terminal: other files are none") {
  const auto pipe = make_pipe();
  CHECK_FALSE(is_terminal(pipe.read_end.get()));
  CHECK_FALSE(is_terminal(make_file().get()));
  CHECK_FALSE(is_terminal(-1));
  CHECK_FALSE(terminal_lines(pipe.read_end.get()));
}

TEST_CASE("terminal: how many lines it shows, where it tells") {
  const auto pseudoterminal = make_pseudoterminal();
  CHECK_FALSE(terminal_lines(pseudoterminal.terminal.get()));
  const struct winsize size { 24, 80, 0, 0 };
  REQUIRE(::ioctl(pseudoterminal.control.get(), TIOCSWINSZ, &size) == 0);
  CHECK(terminal_lines(pseudoterminal.terminal.get()) == 24u);
}

TEST_CASE("terminal: a process can lead a session of its own") {
  ChildProcess child{[] {
    begin_session();
    return ::getsid(0) == ::getpid() ? 0 : 1;
  }};
  CHECK(child.wait() == 0);
}
