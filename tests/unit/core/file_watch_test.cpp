#include <ipcutils/file_watch.hpp>

#include <sys/inotify.h>
#include <sys/stat.h>

#include <future>

#include "catch.hpp"
#include "scratch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("directory watch: what got a name since its construction ends the next wait") {
  const TemporaryDirectory directory;
  const auto watch = FileWatch::of_names_in(directory.path());
  const auto how = GENERATE("made", "linked", "renamed", "made readable");
  CAPTURE(how);
  const TemporaryDirectory elsewhere;
  if (how == std::string{"made"}) {
    write_file(directory.path("x"), "");
  } else if (how == std::string{"made readable"}) {
    write_file(directory.path("x"), "");
    watch.wait(Deadline::after(1min));
    ::chmod(directory.path("x").c_str(), 0600);
  } else {
    write_file(elsewhere.path("x"), "");
    if (how == std::string{"linked"})
      std::filesystem::create_hard_link(elsewhere.path("x"), directory.path("x"));
    else
      std::filesystem::rename(elsewhere.path("x"), directory.path("x"));
  }
  const auto deadline = Deadline::after(1min);
  watch.wait(deadline);
  CHECK_FALSE(deadline.has_passed());
}

TEST_CASE("directory watch: a name in another thread's time ends the wait") {
  const TemporaryDirectory directory;
  const auto watch = FileWatch::of_names_in(directory.path());
  const auto deadline = Deadline::after(1min);
  auto maker = std::async(std::launch::async, [&] { write_file(directory.path("x"), ""); });
  watch.wait(deadline);
  CHECK_FALSE(deadline.has_passed());
}

TEST_CASE("directory watch: the wait ends with the deadline") {
  const TemporaryDirectory directory;
  const auto watch = FileWatch::of_names_in(directory.path());
  const auto deadline = Deadline::after(GENERATE(0ms, 1ms, 20ms));
  watch.wait(deadline);
  CHECK(deadline.has_passed());
}

TEST_CASE("directory watch: what happened is told once") {
  const TemporaryDirectory directory;
  const auto watch = FileWatch::of_names_in(directory.path());
  for (int i = 0; i < 1000; ++i) write_file(directory.path(std::to_string(i)), "");
  watch.wait(Deadline::after(1min));
  const auto deadline = Deadline::after(20ms);
  watch.wait(deadline);
  CHECK(deadline.has_passed());
}

TEST_CASE("file watch: what is forgotten is told") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "");
  const FileWatch watch{directory.path("x"), IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB};
  CHECK(watch.drain() == 0);
  write_file(directory.path("x"), "text");
  ::chmod(directory.path("x").c_str(), 0640);
  CHECK(watch.drain() == (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB));
  CHECK(watch.drain() == 0);
  CHECK(FileWatch{}.drain() == 0);
}

TEST_CASE("directory watch: a directory that is not there is waited for a moment at a time") {
  const TemporaryDirectory directory;
  const auto watch = FileWatch::of_names_in(directory.path("none"));
  const auto deadline = Deadline::after(1min);
  watch.wait(deadline);
  CHECK_FALSE(deadline.has_passed());
}
