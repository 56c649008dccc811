// Locks on files: what sets them apart.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

// A file that is to be locked, and what makes it one that exists.
struct ScratchLock {
  TemporaryDirectory directory;
  Reference reference{Kind::sem, FilePath{directory.path("lock")}};

  SemaphoreSet make() const { return make_semaphores(reference); }
  SemaphoreSet open() const { return SemaphoreSet::open(reference, Access::write); }
  const std::string& path() const { return std::get<FilePath>(reference.name).text; }
};

FileDescriptor open_file(const std::string& path) {
  return FileDescriptor{require_call(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open")};
}

bool can_be_locked(const std::string& path) { return ::flock(open_file(path).get(), LOCK_EX | LOCK_NB) == 0; }

}  // namespace

TEST_CASE("lock on a file: one has it at a time, until it is released or its set is gone") {
  const ScratchLock lock;
  auto first = lock.make();
  auto second = lock.open();
  CHECK((values_of(second) == std::vector{1u}));
  CHECK(take(first));
  CHECK_FALSE(take(second));
  CHECK_FALSE(take(second, Deadline::after(20ms)));
  CHECK((values_of(first) == std::vector{0u}));
  CHECK((values_of(second) == std::vector{0u}));
  CHECK(operate(first, {{0, 1}}));
  CHECK(take(second));
  { const auto gone = std::move(second); }
  CHECK(take(first));
}

TEST_CASE("lock on a file: to look leaves it as it was") {
  const ScratchLock lock;
  auto holder = lock.make();
  take(holder);
  CHECK((values_of(holder) == std::vector{0u}));
  CHECK_FALSE(can_be_locked(lock.path()));
  operate(holder, {{0, 1}});
  CHECK((values_of(holder) == std::vector{1u}));
  CHECK(can_be_locked(lock.path()));
}

TEST_CASE("lock on a file: who waits gets it when it is released, also by a program that knows flock alone") {
  const ScratchLock lock;
  auto waiting = lock.make();
  auto theirs = open_file(lock.path());
  require_call(::flock(theirs.get(), LOCK_EX), "flock");
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  const auto giver = when_asleep([&] { theirs.reset(); });
  CHECK(take(waiting, deadline));
  CHECK_FALSE(can_be_locked(lock.path()));
}

TEST_CASE("lock on a file: a child keeps it when it is shared, until the lock is released") {
  const ScratchLock lock;
  auto set = lock.make();
  take(set);
  set.share_with_children();
  auto gate = make_pipe();
  ChildProcess child{[&] {
    gate.write_end.reset();
    read_all(gate.read_end.get());
    return 0;
  }};
  CHECK(operate(set, {{0, 1}}));
  CHECK(can_be_locked(lock.path()));
  CHECK(take(set));
  { const auto gone = std::move(set); }
  CHECK_FALSE(can_be_locked(lock.path()));
  gate.write_end.reset();
  CHECK(child.wait() == 0);
  CHECK(can_be_locked(lock.path()));
}

TEST_CASE("lock on a file: nobody gets that of a file which has lost its name") {
  const ScratchLock lock;
  auto set = lock.make();
  std::filesystem::remove(lock.path());
  SECTION("removed") {}
  SECTION("replaced") { lock.make(); }
  const auto error = error_of([&] { take(set); });
  CHECK(error.code().value() == ESTALE);
  CHECK(error.reason() == "its file has been removed or replaced meanwhile");
}

TEST_CASE("lock on a file: made empty with its mode, and any file can be one") {
  const ScratchLock lock;
  const Umask umask{0777};
  auto set = SemaphoreSet::open_or_create(lock.reference, {.mode = 0640}, Deadline::never());
  REQUIRE(set);
  CHECK(set->reference() == lock.reference);
  struct stat status;
  require_call(::stat(lock.path().c_str(), &status), "stat");
  CHECK((status.st_mode == (S_IFREG | 0640) && status.st_size == 0));
  CHECK_FALSE(SemaphoreSet::create(lock.reference, {}));
  write_file(lock.path(), "content");
  CHECK(take(*set));
  CHECK((read_file(lock.path()) == "content"));
}

TEST_CASE("lock on a file: a link is followed, and what is no regular file is refused") {
  const ScratchLock lock;
  auto set = lock.make();
  const Reference link{Kind::sem, FilePath{lock.directory.path("link")}};
  std::filesystem::create_symlink("lock", lock.directory.path("link"));
  auto linked = SemaphoreSet::open(link, Access::write);
  CHECK(take(linked));
  CHECK_FALSE(take(set));
  const Reference directory{Kind::sem, FilePath{lock.directory.path()}};
  CHECK(error_of([&] { SemaphoreSet::open(directory, Access::write); }).reason() ==
        "it is not a regular file");
  require_call(::chmod(lock.directory.path().c_str(), 01777), "chmod");
  CHECK(error_of([&] { SemaphoreSet::open(link, Access::write); }).code() ==
        std::errc::too_many_symbolic_link_levels);
}

TEST_CASE("lock on a file: it is no set, and has no value but 0 and 1") {
  const ScratchLock lock;
  CHECK_FALSE(SemaphoreSet::has_undo(lock.reference));
  CHECK_FALSE(SemaphoreSet::has_several(lock.reference));
  for (const auto& options :
       {SemaphoreSet::CreateOptions{.count = 2}, SemaphoreSet::CreateOptions{.value = 0}})
    CHECK(error_of([&] { SemaphoreSet::create(lock.reference, options); }).code() ==
          std::errc::invalid_argument);
  auto set = lock.make();
  const std::vector<SemaphoreOperation> impossible[] = {
      {{0, -1}, {0, 1}}, {{1, -1}}, {{0, 0}}, {{0, -2}}, {{0, 1}}};
  for (const auto& operations : impossible)
    CHECK(error_of([&] { set.operate(operations, Deadline::immediate()); }).code() ==
          std::errc::invalid_argument);
  CHECK_THROWS_AS(set.set_value(0, 1), Error);
  CHECK_THROWS_AS(operate(set, {{0, -1}}, Deadline::immediate(), SemaphoreSet::Undo::at_exit), Error);
  CHECK(take(set));
  CHECK_THROWS_AS(take(set), Error);
}

TEST_CASE("lock on a file: the inventory finds it, and its value") {
  const ScratchLock lock;
  CHECK_FALSE(find_object(lock.reference));
  auto set = lock.make();
  take(set);
  const auto object = find_object(lock.reference).value();
  CHECK((object.api == Api::file && object.reference == lock.reference));
  CHECK((std::get<SemaphoreStatus>(object.status).states.value().at(0).value == 0));
  CHECK(remove_object_if_exists(lock.reference));
  CHECK_FALSE(std::filesystem::exists(lock.path()));
}
