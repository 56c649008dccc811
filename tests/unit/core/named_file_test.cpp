#include "core/named_file.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

// A file in a directory of its own, opened by name.
struct Scratch {
  TemporaryDirectory directory;
  std::string path = directory.path("x");
  NamedFile file = (write_file(path, "text"), open(path).value());

  static std::optional<NamedFile> open(const std::string& path, int flags = O_PATH,
                                       Links links = Links::not_followed) {
    return NamedFile::open_if_exists(FileName::of(path, "file"), flags, links);
  }
};

void make_sticky(const TemporaryDirectory& directory) {
  REQUIRE(::chmod(directory.path().c_str(), 01777) == 0);
}

std::string content_of(const FileDescriptor& file) {
  std::string text(16, '\0');
  const auto count = ::read(file.get(), text.data(), text.size());
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text;
}

}  // namespace

TEST_CASE("file name: a path is a directory, a leaf, and what messages call it") {
  const struct {
    const char* path;
    const char* leaf;
  } rows[] = {{"/tmp/x", "x"}, {"x", "x"}, {"/x", "x"}, {"./a b", "a b"}, {"/tmp/", "."}, {"/", "."}};
  for (const auto& [path, leaf] : rows) {
    CAPTURE(path);
    const auto name = FileName::of(path);
    CHECK(name.path() == path);
    CHECK(name.leaf() == leaf);
    CHECK(name.description() == std::string{"'"} + path + "'");
  }
  CHECK(FileName::of("x", "FIFO").description() == "FIFO 'x'");
  CHECK(FileName::of("/tmp/x").sibling("y").path() == "/tmp/y");
  CHECK(FileName::of("x").sibling("y").path() == "y");
}

TEST_CASE("file name: links may be followed only where nobody else can put one") {
  const TemporaryDirectory directory;
  const auto name = FileName::of(directory.path("x"));
  CHECK(name.links_may_be_followed());
  make_sticky(directory);
  CHECK_FALSE(name.links_may_be_followed());
  CHECK_FALSE(FileName::of(directory.path("none/x")).links_may_be_followed());
}

TEST_CASE("file name: it stays the same when the directory is renamed") {
  const TemporaryDirectory parent;
  std::filesystem::create_directory(parent.path("old"));
  const auto name = FileName::of(parent.path("old/x"));
  std::filesystem::rename(parent.path("old"), parent.path("new"));
  CHECK(name.open(O_WRONLY | O_CREAT, 0600).is_open());
  CHECK(std::filesystem::exists(parent.path("new/x")));
  CHECK(std::filesystem::equivalent(name.short_path(), parent.path("new/x")));
  CHECK(name.remove() == 0);
  CHECK_FALSE(std::filesystem::exists(parent.path("new/x")));
}

TEST_CASE("file name: without its directory every call fails as by the path") {
  const TemporaryDirectory directory;
  write_file(directory.path("file"), "");
  const struct {
    std::string path;
    int errnum;
  } rows[] = {{directory.path("none/x"), ENOENT}, {directory.path("file/x"), ENOTDIR}, {"", ENOENT}};
  for (const auto& [path, errnum] : rows) {
    CAPTURE(path);
    const auto name = FileName::of(path);
    struct stat status;
    CHECK_FALSE(name.open(O_RDONLY).is_open());
    CHECK(errno == errnum);
    CHECK(name.status(status) == -1);
    CHECK(errno == errnum);
    CHECK(name.make_fifo(0600) == -1);
    CHECK(errno == errnum);
    CHECK(name.remove() == -1);
    CHECK(errno == errnum);
    CHECK_FALSE(name.open_unnamed().is_open());
    CHECK(errno == errnum);
  }
}

TEST_CASE("file name: a temporary one is unused, hidden, and short enough") {
  const TemporaryDirectory directory;
  const auto name = FileName::of(directory.path(std::string(255, 'n')));
  const auto make = [](const FileName& unused) { return unused.make_fifo(0600); };
  const auto first = name.make_temporary(make);
  const auto second = name.make_temporary(make);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->leaf().starts_with(".n"));
  CHECK(first->leaf() != second->leaf());
  CHECK_FALSE(name.make_temporary([](const FileName&) {
    errno = EROFS;
    return -1;
  }));
  CHECK(errno == EROFS);
}

TEST_CASE("named file: a missing one is nothing, and any other failure an error with its description") {
  const TemporaryDirectory directory;
  CHECK_FALSE(Scratch::open(directory.path("x")));
  CHECK_FALSE(Scratch::open(directory.path("none/x")));
  write_file(directory.path("file"), "");
  const auto path = directory.path("file/x");
  CHECK(error_of([&] { Scratch::open(path); }).what() == "cannot open file '" + path + "': Not a directory");
}

TEST_CASE("named file: whether the name still means it, and whether it has any") {
  const Scratch scratch;
  const auto& [directory, path, file] = scratch;
  CHECK(file.is_named());
  CHECK_FALSE(file.is_removed());
  SECTION("renamed") {
    std::filesystem::rename(path, directory.path("y"));
    CHECK_FALSE(file.is_named());
    CHECK_FALSE(file.is_removed());
    CHECK_FALSE(file.remove_if_same());
    CHECK(std::filesystem::exists(directory.path("y")));
  }
  SECTION("replaced") {
    write_file(directory.path("y"), "");
    std::filesystem::rename(directory.path("y"), path);
    CHECK_FALSE(file.is_named());
    CHECK(file.is_removed());
    CHECK_FALSE(file.remove_if_same());
    CHECK(std::filesystem::exists(path));
  }
  SECTION("removed, once") {
    CHECK(file.remove_if_same());
    CHECK_FALSE(file.is_named());
    CHECK(file.is_removed());
    CHECK_FALSE(file.remove_if_same());
  }
  SECTION("a link to it has the name") {
    std::filesystem::rename(path, directory.path("y"));
    std::filesystem::create_symlink("y", path);
    CHECK_FALSE(file.is_named());
    CHECK_FALSE(file.remove_if_same());
  }
}

TEST_CASE("named file: what takes the name while it is being removed stays") {
  for (int round = 0; round < 20; ++round) {
    const Scratch scratch;
    const auto other_path = scratch.directory.path("y");
    write_file(other_path, "other");
    const auto other = Scratch::open(other_path).value();
    const auto exchange = [&] {
      return ::renameat2(AT_FDCWD, scratch.path.c_str(), AT_FDCWD, other_path.c_str(), RENAME_EXCHANGE);
    };
    if (exchange() != 0) return;  // not on this file system
    std::atomic<bool> is_over = false;
    std::thread thief{[&] {
      while (!is_over) exchange();
    }};
    const bool was_removed = eventually([&] { return scratch.file.remove_if_same(); });
    is_over = true;
    thief.join();
    CHECK(was_removed);
    CHECK(scratch.file.is_removed());
    CHECK_FALSE(other.is_removed());
    CHECK((std::filesystem::exists(scratch.path) || std::filesystem::exists(other_path)));
  }
}

TEST_CASE("named file: a name that cannot be removed is an error") {
  if (::geteuid() == 0) return;  // who may remove everything
  const Scratch scratch;
  REQUIRE(::chmod(scratch.directory.path().c_str(), 0500) == 0);
  const auto error = error_of([&] { scratch.file.remove_if_same(); });
  CHECK(error.what() == "cannot remove file '" + scratch.path + "': Permission denied");
  ::chmod(scratch.directory.path().c_str(), 0700);
}

TEST_CASE("named file: it is opened once more and changed whatever has its name") {
  const Scratch scratch;
  const auto& [directory, path, file] = scratch;
  std::filesystem::rename(path, directory.path("y"));
  write_file(path, "another");
  CHECK(content_of(file.reopen(O_RDONLY)) == "text");
  CHECK((::fcntl(file.reopen(O_RDONLY).get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(std::filesystem::equivalent(file.path_of_inode(), directory.path("y")));
  CHECK(file.set_mode(0640) == 0);
  CHECK(set_owner(file.descriptor(), static_cast<uid_t>(-1), ::getegid()) == 0);
  CHECK((file.status().st_mode & 07777) == 0640);
  struct stat status;
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) != 0640);
}

TEST_CASE("named file: links are followed when asked for, but not in a sticky directory") {
  const Scratch scratch;
  const auto link = scratch.directory.path("link");
  std::filesystem::create_symlink("x", link);
  const int flags = GENERATE(O_PATH, O_RDONLY);
  CAPTURE(flags);
  const auto followed = Scratch::open(link, flags, Links::followed_unless_sticky);
  REQUIRE(followed);
  CHECK(is_same_file(followed->status(), scratch.file.status()));
  CHECK_FALSE(followed->is_named());  // the name is the link's
  CHECK(S_ISLNK(Scratch::open(link)->status().st_mode));

  make_sticky(scratch.directory);
  const auto error = error_of([&] { Scratch::open(link, flags, Links::followed_unless_sticky); });
  CHECK(error.code() == std::errc::too_many_symbolic_link_levels);
  CHECK(error.attempt() == "cannot open file '" + link + "'");
  CHECK(error.hint() == "a symbolic link is not followed in a sticky directory");
}
