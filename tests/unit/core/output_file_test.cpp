#include <ipcutils/output_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

void make_sticky(const TemporaryDirectory& directory) {
  require_call(::chmod(directory.path().c_str(), 01777), "chmod");
}

mode_t mode_of(const std::string& path) {
  struct stat status;
  require_call(::lstat(path.c_str(), &status), "lstat");
  return status.st_mode;
}

std::size_t entries(const TemporaryDirectory& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{directory.path()}, {}));
}

}  // namespace

TEST_CASE("output file: opened as open(2) opens it, in every directory") {
  const TemporaryDirectory directory;
  if (GENERATE(false, true)) make_sticky(directory);
  const Umask umask{022};
  const auto path = directory.path("x");
  CHECK(error_of([&] { open_for_writing(path, O_WRONLY); }).what() ==
        "cannot open '" + path + "': No such file or directory");
  write_all(open_for_writing(path, O_WRONLY | O_CREAT | O_TRUNC, 0666).get(), "first");
  CHECK(mode_of(path) == (S_IFREG | 0644));
  write_all(open_for_writing(path, O_WRONLY | O_CREAT | O_APPEND).get(), " second");
  CHECK(read_file(path) == "first second");
  CHECK(error_of([&] { open_for_writing(path, O_WRONLY | O_CREAT | O_EXCL); }).code() ==
        std::errc::file_exists);
  const auto file = open_for_writing(path, O_RDWR | O_CREAT | O_TRUNC);
  CHECK(read_file(path).empty());
  CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(error_of([&] { open_for_writing(directory.path() + "/", O_WRONLY | O_CREAT); }).code() ==
        std::errc::is_a_directory);
}

TEST_CASE("output file: a link is followed, but not in a sticky directory") {
  const TemporaryDirectory directory;
  const auto link = directory.path("link"), target = directory.path("target");
  std::filesystem::create_symlink("target", link);
  const bool exists = GENERATE(false, true);
  if (exists) write_file(target, "old");
  SECTION("followed, also to a file that is made") {
    write_all(open_for_writing(link, O_WRONLY | O_CREAT | O_TRUNC).get(), "new");
    CHECK(read_file(target) == "new");
  }
  SECTION("refused") {
    make_sticky(directory);
    for (const int flags : {O_WRONLY, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR | O_APPEND | O_CREAT}) {
      const auto error = error_of([&] { open_for_writing(link, flags); });
      CHECK(error.code() == std::errc::too_many_symbolic_link_levels);
      CHECK(error.attempt() == "cannot open '" + link + "'");
      CHECK(error.hint() == "a symbolic link is not followed in a sticky directory");
    }
    CHECK(std::filesystem::exists(target) == exists);
    CHECK((!exists || read_file(target) == "old"));
  }
}

TEST_CASE("output file: another user's file in a sticky directory is written where its permissions allow") {
  if (::geteuid() != 0) return;
  const TemporaryDirectory directory;
  make_sticky(directory);
  const auto path = directory.path("log");
  write_file(path, "");
  require_call(::chown(path.c_str(), other_user(), other_user()), "chown");
  require_call(::chown(directory.path().c_str(), other_user() - 1, 0), "chown");
  // open(2) with O_CREAT is refused here by fs.protected_regular.
  write_all(open_for_writing(path, O_WRONLY | O_CREAT | O_APPEND).get(), "line");
  CHECK(read_file(path) == "line");
}

TEST_CASE("output file: an atomic write makes or replaces a file with its text and mode") {
  const TemporaryDirectory directory;
  const Umask umask{077};
  const auto path = directory.path("port");
  write_file_atomically(path, "1\n", 0644);
  CHECK(read_file(path) == "1\n");
  CHECK(mode_of(path) == (S_IFREG | 0644));
  write_file_atomically(path, "22\n", 0600);
  CHECK(read_file(path) == "22\n");
  CHECK(mode_of(path) == (S_IFREG | 0600));
  CHECK(entries(directory) == 1);
}

TEST_CASE("output file: an atomic write replaces a link, and its target stays") {
  const TemporaryDirectory directory;
  write_file(directory.path("target"), "old");
  std::filesystem::create_symlink("target", directory.path("link"));
  write_file_atomically(directory.path("link"), "new", 0600);
  CHECK(read_file(directory.path("target")) == "old");
  CHECK(mode_of(directory.path("link")) == (S_IFREG | 0600));
}

TEST_CASE("output file: an atomic write that fails leaves nothing") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("x"));
  const auto error = error_of([&] { write_file_atomically(directory.path("x"), "text", 0600); });
  CHECK(error.what() == "cannot write '" + directory.path("x") + "': Is a directory");
  CHECK(entries(directory) == 1);
  CHECK(error_of([&] { write_file_atomically(directory.path("none/x"), "text", 0600); }).code() ==
        std::errc::no_such_file_or_directory);
}

TEST_CASE("output file: one without a name is empty, can be read and written, and leaves nothing") {
  const TemporaryDirectory directory;
  const auto file = open_unnamed_file(directory.path());
  write_all(file.get(), "text");
  char text[5] = {};
  CHECK(::pread(file.get(), text, 4, 0) == 4);
  CHECK(text == std::string{"text"});
  CHECK(entries(directory) == 0);
  const auto missing = directory.path("none");
  CHECK(error_of([&] { open_unnamed_file(missing); }).what() ==
        "cannot make a temporary file in '" + missing + "': No such file or directory");
}
