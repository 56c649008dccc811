#include <ipcutils/object_watch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "mq/queue.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// Others may change objects of theirs meanwhile, so only that something is told is certain.
bool is_told(const ObjectWatch& watch) {
  const auto waited =
      wait_for_event(watch.files.descriptor(), POLLIN, Deadline::after(std::chrono::minutes{1}));
  watch.files.drain();
  return waited == Waited::ready;
}

}  // namespace

TEST_CASE("object watch: what happens to POSIX shared memory is told") {
  const auto reference = ScratchReference::posix();
  const auto watch = watch_objects({.kinds = {Kind::shm}, .apis = {Api::posix}});
  REQUIRE(watch.is_complete);
  make_object(reference, "content");
  CHECK(is_told(watch));
  REQUIRE(::truncate(reference.path().c_str(), 100) == 0);
  CHECK(is_told(watch));
  REQUIRE(::chmod(reference.path().c_str(), 0640) == 0);
  CHECK(is_told(watch));
  REQUIRE(SharedMemory::remove_if_exists(reference));
  CHECK(is_told(watch));
}

TEST_CASE("object watch: that a POSIX queue comes and goes is told where queues can be listed") {
  const auto watch = watch_objects({.kinds = {Kind::mq}, .apis = {Api::posix}});
  if (!watch.is_complete) return;
  const auto reference = ScratchQueue::posix();
  make_queue(reference);
  CHECK(is_told(watch));
  REQUIRE(MessageQueue::remove_if_exists(reference));
  CHECK(is_told(watch));
}

TEST_CASE("object watch: it is not complete for System V objects") {
  CHECK_FALSE(watch_objects({.apis = {Api::sysv}}).is_complete);
  CHECK_FALSE(watch_objects({}).is_complete);
}
