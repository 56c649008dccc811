#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch_ipc.hpp"

using namespace ipcutils;

namespace {

Message text_message(std::string_view text) { return {std::as_bytes(std::span{text}), {}}; }

MessageQueue queue_with(const Reference& reference, std::initializer_list<std::string_view> texts,
                        const MessageQueue::CreateOptions& options = {}) {
  auto queue = MessageQueue::open_or_create(reference, MessageQueue::Use::receive, options);
  for (const auto text : texts) REQUIRE(queue.send(text_message(text), Deadline::immediate()));
  return queue;
}

const MessageQueueStatus& queue(const Object& object) { return std::get<MessageQueueStatus>(object.status); }
const SemaphoreStatus& semaphores(const Object& object) { return std::get<SemaphoreStatus>(object.status); }

std::vector<unsigned> values(const Object& object) {
  std::vector<unsigned> all;
  for (const auto& state : semaphores(object).states.value()) all.push_back(state.value);
  return all;
}

bool contains(const std::vector<Object>& objects, const Reference& reference) {
  return std::any_of(objects.begin(), objects.end(),
                     [&](const Object& object) { return object.reference == reference; });
}

std::vector<Object> list(Kind kind, Api api, bool contents = true) {
  std::vector<Error> failures;  // POSIX queues cannot be listed everywhere
  return list_objects({.kinds = {kind}, .apis = {api}, .contents = contents}, &failures);
}

}  // namespace

TEST_CASE("inventory: a System V queue has messages, bytes, limit, processes and times") {
  const auto reference = ScratchQueue::sysv();
  auto open = queue_with(reference, {"one", "three"}, {.mode = 0640, .max_bytes = 3000});
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->reference == open.reference());
  CHECK(object->api == Api::sysv);
  CHECK(object->mode == 0640);
  CHECK(object->uid == ::geteuid());
  CHECK(queue(*object).messages == 2u);
  CHECK(queue(*object).bytes == 8u);
  CHECK(queue(*object).max_bytes == 3000u);
  CHECK_FALSE(queue(*object).max_messages);
  CHECK(queue(*object).last_sender == ::getpid());
  CHECK(queue(*object).last_receiver == 0);
  CHECK(queue(*object).send_time.value() > 0);
  CHECK(queue(*object).receive_time == 0);
  CHECK(contains(list(Kind::mq, Api::sysv), open.reference()));
}

TEST_CASE("inventory: a POSIX queue has messages, bytes and limits, and needs no mount to be found") {
  const auto reference = ScratchQueue::posix();
  auto open =
      queue_with(reference, {"one", "three"}, {.mode = 0640, .max_messages = 4, .max_message_size = 50});
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->reference == reference.get());
  CHECK(object->api == Api::posix);
  CHECK(object->mode == 0640);
  CHECK_FALSE(object->id);
  CHECK(queue(*object).messages == 2u);
  CHECK(queue(*object).bytes == 8u);
  CHECK(queue(*object).max_messages == 4u);
  CHECK(queue(*object).max_message_size == 50u);
  CHECK_FALSE(queue(*object).max_bytes);
  CHECK_FALSE(queue(*object).last_sender);
  CHECK(open.receive({}, Deadline::immediate()));
  CHECK(queue(find_object(reference).value()).messages == 1u);
}

TEST_CASE("inventory: POSIX queues are listed, or it is an Error that they cannot be") {
  const auto reference = ScratchQueue::posix();
  queue_with(reference, {"x"});
  std::vector<Error> failures;
  const auto objects = list_objects({.kinds = {Kind::mq}, .apis = {Api::posix}}, &failures);
  if (failures.empty()) {
    CHECK(contains(objects, reference));
  } else {
    CHECK(objects.empty());
    CHECK(failures.size() == 1);
    CHECK_FALSE(failures[0].hint().empty());
    CHECK_THROWS_AS(list_objects({.kinds = {Kind::mq}, .apis = {Api::posix}}), Error);
  }
}

TEST_CASE("inventory: a System V set has its number of semaphores, their values and a time") {
  const auto reference = ScratchSemaphores::sysv();
  const auto made = SemaphoreSet::create(reference, {.mode = 0640, .count = 3, .value = 7});
  REQUIRE(made);
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->reference == *made);
  CHECK(object->mode == 0640);
  CHECK(semaphores(*object).count == 3);
  CHECK(values(*object) == std::vector<unsigned>{7, 7, 7});
  CHECK(semaphores(*object).operation_time.value() > 0);
  CHECK(contains(list(Kind::sem, Api::sysv), *made));
  CHECK_FALSE(contains(list(Kind::sem, Api::posix), *made));
}

TEST_CASE("inventory: a POSIX semaphore is a set of one") {
  const auto reference = ScratchSemaphores::posix();
  REQUIRE(SemaphoreSet::create(reference, {.value = 5}));
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->reference == reference.get());
  CHECK(semaphores(*object).count == 1);
  CHECK(values(*object) == std::vector<unsigned>{5});
  CHECK_FALSE(semaphores(*object).operation_time);
  CHECK(contains(list(Kind::sem, Api::posix), reference));
}

TEST_CASE("inventory: a file that only has a semaphore's name is none") {
  const auto reference = ScratchSemaphores::posix();
  const auto path = std::string{"/dev/shm/sem."} + (reference.posix_name() + 1);
  for (const auto* content : {"", "1234", "a text that is longer than any semaphore can be"}) {
    write_file(path, content);
    CHECK_FALSE(find_object(reference));
    CHECK_FALSE(contains(list(Kind::sem, Api::posix), reference));
  }
  ::unlink(path.c_str());
}

TEST_CASE("inventory: contents are not looked at unless they are asked for") {
  const auto set = ScratchSemaphores::sysv();
  const auto made = SemaphoreSet::create(set, {}).value();
  for (const auto& object : list(Kind::sem, Api::sysv, false)) CHECK_FALSE(semaphores(object).states);
  CHECK(contains(list(Kind::sem, Api::sysv, false), made));
}

TEST_CASE("inventory: an object of any kind is removed once") {
  const auto posix_queue = ScratchQueue::posix(), sysv_queue = ScratchQueue::sysv();
  const auto posix_set = ScratchSemaphores::posix(), sysv_set = ScratchSemaphores::sysv();
  MessageQueue::create(posix_queue, {});
  MessageQueue::create(sysv_queue, {});
  SemaphoreSet::create(posix_set, {});
  SemaphoreSet::create(sysv_set, {});
  for (const Reference& reference : {posix_queue.get(), sysv_queue.get(), posix_set.get(), sysv_set.get()}) {
    CHECK(remove_object_if_exists(reference));
    CHECK_FALSE(remove_object_if_exists(reference));
    CHECK_FALSE(find_object(reference));
  }
}
