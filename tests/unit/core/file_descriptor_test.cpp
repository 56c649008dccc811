#include <fcntl.h>

#include <ipcutils/file_descriptor.hpp>
#include <type_traits>

#include "catch.hpp"
#include "channel.hpp"

using namespace ipcutils;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

static_assert(!std::is_copy_constructible_v<FileDescriptor> && !std::is_copy_assignable_v<FileDescriptor>);
static_assert(std::is_nothrow_move_constructible_v<FileDescriptor> &&
              std::is_nothrow_move_assignable_v<FileDescriptor>);

TEST_CASE("file descriptor: none is not open") {
  const FileDescriptor none;
  CHECK(none.get() == -1);
  CHECK_FALSE(none.is_open());
}

TEST_CASE("file descriptor: the destructor closes") {
  int fd;
  {
    const auto file = make_file();
    fd = file.get();
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("file descriptor: a move leaves none behind") {
  auto first = make_file();
  const int fd = first.get();
  FileDescriptor second{std::move(first)};
  CHECK(second.get() == fd);
  CHECK_FALSE(first.is_open());  // NOLINT: a moved-from descriptor owns nothing

  auto third = make_file();
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == fd);
  CHECK_FALSE(is_open(replaced));
}

TEST_CASE("file descriptor: a move to itself keeps it") {
  auto file = make_file();
  const int fd = file.get();
  auto& same = file;
  file = std::move(same);
  CHECK(file.get() == fd);
  CHECK(is_open(fd));
}

TEST_CASE("file descriptor: release gives it away") {
  auto file = make_file();
  FileDescriptor other{file.release()};
  CHECK_FALSE(file.is_open());
  CHECK(is_open(other.get()));
}

TEST_CASE("file descriptor: reset closes and takes another") {
  auto file = make_file();
  const int old = file.get();
  const int fd = make_file().release();
  file.reset(fd);
  CHECK(file.get() == fd);
  CHECK_FALSE(is_open(old));
  file.reset();
  CHECK_FALSE(is_open(fd));
  CHECK_FALSE(file.is_open());
}
