#include <ipcutils/content_watch.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

void replace(const Reference& reference, std::string_view content) {
  auto draft = SharedMemoryDraft::begin(reference, {.collision = SharedMemoryDraft::Collision::replace});
  write_at(draft->object(), 0, content);
  draft->publish();
}

void write_in_place(const Reference& reference, std::string_view content) {
  auto object = SharedMemory::open(reference, Access::write);
  write_at(object, 0, content);
}

}  // namespace

TEST_CASE("content watch: what happens to an object and to its name") {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink("target", directory.path("link"));
  const auto posix = ScratchReference::posix();
  const Reference file{Kind::shm, FilePath{directory.path("target")}};
  const Reference link{Kind::shm, FilePath{directory.path("link")}};
  struct Row {
    std::string_view name;
    bool writes;
    std::function<void(const Reference&)> happen;
  };
  const Row rows[] = {
      {"written", true, [](const auto& reference) { write_in_place(reference, "CONTENT"); }},
      {"resized", true,
       [](const auto& reference) { SharedMemory::open(reference, Access::write).resize(3); }},
      {"replaced", false, [](const auto& reference) { replace(reference, "content"); }},
  };
  make_object(posix, "content");
  make_object(file, "content");
  for (const auto& reference : {posix.get(), file, link})
    for (const auto& row : rows) {
      CAPTURE(reference.to_string(), row.name);
      const auto object = SharedMemory::open(reference, Access::read);
      ContentWatch watch{object};
      CHECK_FALSE(watch.has_changed());
      CHECK_FALSE(watch.wait(Deadline::immediate()));
      row.happen(reference);
      CHECK(watch.is_written() == row.writes);
      CHECK(watch.has_changed());
      CHECK(watch.wait(Deadline::never()));
    }
}

TEST_CASE("content watch: an object that is removed or renamed, and one whose time is set") {
  const auto reference = ScratchReference::posix();
  const auto path = reference.path();
  for (const auto* how : {"removed", "renamed", "touched"}) {
    CAPTURE(how);
    make_object(reference, "content");
    const auto object = SharedMemory::open(reference, Access::read);
    ContentWatch watch{object};
    if (how == std::string{"removed"}) SharedMemory::remove_if_exists(reference);
    if (how == std::string{"renamed"}) std::filesystem::rename(path, path + "b");
    if (how == std::string{"touched"}) {
      const struct timespec times[] = {{1, 1}, {1, 1}};
      REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    }
    CHECK(watch.wait(Deadline::after(1min)));
    std::filesystem::remove(path + "b");
  }
}

TEST_CASE("content watch: permissions are no content") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto object = SharedMemory::open(reference, Access::read);
  ContentWatch watch{object};
  REQUIRE(::chmod(reference.path().c_str(), 0640) == 0);
  CHECK_FALSE(watch.wait(Deadline::after(5ms)));
}

TEST_CASE("content watch: the wait ends when nobody reads the output any more") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto object = SharedMemory::open(reference, Access::read);
  ContentWatch watch{object};
  auto pipe = make_pipe();
  pipe.read_end.reset();
  const auto error = error_of([&] { watch.wait(Deadline::never(), {pipe.write_end.get(), "the output"}); });
  CHECK(error.code() == std::errc::broken_pipe);
}

TEST_CASE("content watch: a System V segment cannot be watched") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  const auto object = SharedMemory::open(reference, Access::read);
  CHECK(error_of([&] { ContentWatch{object}; }).code() == std::errc::not_supported);
}
