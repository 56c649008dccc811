// System V message queues: what sets them apart.
#include <sched.h>
#include <sys/msg.h>

#include <algorithm>
#include <limits>

#include "catch.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Use = MessageQueue::Use;

namespace {

constexpr auto highest_type = std::numeric_limits<long>::max();

msqid_ds status_of(int id) {
  msqid_ds status;
  require_call(::msgctl(id, IPC_STAT, &status), "msgctl");
  return status;
}

// A queue with the messages "a1" of type 1, "b3", "c2", "d3" and "e1" in this order.
MessageQueue make_mixed_queue(const Reference& reference) {
  auto queue = make_queue(reference);
  for (const char* text : {"a1", "b3", "c2", "d3", "e1"}) {
    const long type = text[1] - '0';
    if (!send(queue, text, {.type = type})) throw std::runtime_error{"the queue is full"};
  }
  return queue;
}

// Whether the kernel can copy messages (CONFIG_CHECKPOINT_RESTORE).
bool can_peek(MessageQueue& queue) {
  try {
    queue.peek(0, Deadline::immediate());
    return true;
  } catch (const Error& error) {
    REQUIRE(error.code() == std::errc::function_not_supported);
    return false;
  }
}

// Runs `work` in another process, where kernel.msgmax and kernel.msgmnb have this value; nothing when the
// user may not set them, otherwise whether `work` has returned true.
template <typename Work>
std::optional<bool> with_limits(std::size_t max_message_size, Work work) {
  constexpr int may_not = 99;
  ChildProcess child{[&] {
    const auto become_root = "0 " + std::to_string(::geteuid()) + " 1";
    if (::unshare(CLONE_NEWIPC) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0) return may_not;
    write_file("/proc/self/uid_map", become_root);
    for (const char* limit : {"msgmax", "msgmnb"})
      write_file(std::string{"/proc/sys/kernel/"} + limit, std::to_string(max_message_size));
    if (std::stoul("0" + read_file("/proc/sys/kernel/msgmax")) != max_message_size) return may_not;
    return work() ? 0 : 1;
  }};
  const auto status = child.wait();
  if (status == may_not) return std::nullopt;
  return status == 0;
}

Reference private_queue() { return {Kind::mq, SysvPrivate{}}; }

}  // namespace

TEST_CASE("System V queue: selectors take what msgrcv takes") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_mixed_queue(reference);
  SECTION("any") { CHECK(drain(queue) == "a1 b3 c2 d3 e1"); }
  SECTION("one type") {
    CHECK(drain(queue, {.type = 3}) == "b3 d3");
    CHECK(drain(queue, {.type = 4}) == "");
    CHECK(drain(queue) == "a1 c2 e1");
  }
  SECTION("all but one") {
    CHECK(drain(queue, {.type = 3, .except = true}) == "a1 c2 e1");
    CHECK(drain(queue) == "b3 d3");
  }
  SECTION("the lowest up to one") {
    CHECK(drain(queue, {.type = -2}) == "a1 e1 c2");
    CHECK(drain(queue, {.type = -highest_type}) == "b3 d3");
  }
  SECTION("the lowest of all") {
    CHECK(drain(queue, {.type = std::numeric_limits<long>::min()}) == "a1 e1 c2 b3 d3");
  }
}

TEST_CASE("System V queue: a message has its type, up to the highest") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  REQUIRE(send(queue, "x", {.type = highest_type}));
  const auto message = queue.receive({.type = highest_type}, Deadline::immediate());
  REQUIRE(message);
  CHECK((message->properties == MessageProperties{.type = highest_type}));
}

TEST_CASE("System V queue: types below 1 are refused, and mean no removed queue") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  const auto type = GENERATE(as<long>{}, 0, -1);
  const auto error = error_of([&] { send(queue, "x", {.type = type}); });
  CHECK(error.code() == std::errc::invalid_argument);
}

TEST_CASE("System V queue: falling types make it last in, first out") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  for (const char* text : {"a", "b", "c"}) REQUIRE(send(queue, text, {.type = falling_message_type()}));
  CHECK(drain(queue, {.type = -highest_type}) == "c b a");
}

TEST_CASE("System V queue: a peek copies by index, in the order of the queue, and takes nothing") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_mixed_queue(reference);
  if (!can_peek(queue)) return;
  std::string all;
  std::vector<long> types;
  for (std::uint64_t index = 0;; ++index) {
    const auto message = queue.peek(index, Deadline::immediate());
    if (!message) break;
    all += text_of(*message);
    types.push_back(message->properties.type.value());
  }
  CHECK(all == "a1b3c2d3e1");
  CHECK((types == std::vector<long>{1, 3, 2, 3, 1}));
  CHECK_FALSE(queue.peek(highest_type, Deadline::immediate()));
  CHECK(drain(queue) == "a1 b3 c2 d3 e1");
  CHECK_FALSE(queue.peek(0, Deadline::immediate()));
}

TEST_CASE("System V queue: a peek waits until there are so many messages, or the deadline passes") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  if (!can_peek(queue)) return;
  REQUIRE(send(queue, "zero"));
  const auto deadline = Deadline::after(GENERATE(1us, 3ms, 30ms));
  CHECK_FALSE(queue.peek(1, deadline));
  CHECK(deadline.has_passed());
  const auto sender = when_asleep([&reference] {
    auto other = MessageQueue::open(reference, Use::send);
    send(other, "one");
  });
  const auto message = queue.peek(1, Deadline::after(1min));
  REQUIRE(message);
  CHECK(text_of(*message) == "one");
}

TEST_CASE("System V queue: messages longer than the usual limit are received and copied whole") {
  const std::size_t limit = 100'000;
  const auto result = with_limits(limit, [&] {
    auto queue = make_queue(private_queue(), {});
    auto receiver = MessageQueue::open(queue.reference(), Use::receive);
    if (queue.max_message_size() != limit) return false;
    const auto text = pattern(limit);
    if (!send(queue, text, {.type = 5})) return false;
    if (can_peek(receiver) && text_of(receiver.peek(0, Deadline::immediate()).value()) != text) return false;
    return receive(receiver) == text && !receive(receiver);
  });
  if (!result) return;
  CHECK(*result);
}

TEST_CASE("System V queue: a limit that is raised later is known by those who have it open") {
  const auto result = with_limits(50'000, [&] {
    write_file("/proc/sys/kernel/msgmax", "4000");
    auto queue = make_queue(private_queue(), {});
    auto receiver = MessageQueue::open(queue.reference(), Use::receive);
    if (queue.max_message_size() != 4'000) return false;
    write_file("/proc/sys/kernel/msgmax", "50000");
    const auto text = pattern(50'000);
    return send(queue, text) && receive(receiver) == text;
  });
  if (!result) return;
  CHECK(*result);
}

TEST_CASE("System V queue: a limit lower than the usual one is known, and told of") {
  const auto result = with_limits(100, [&] {
    auto queue = make_queue(private_queue(), {});
    const auto error = error_of([&] { send(queue, std::string(101, 'x'), {}, Deadline::never()); });
    return queue.max_message_size() == 100 && send(queue, std::string(100, 'x')) &&
           error.code() == std::errc::message_size &&
           error.hint().find("kernel.msgmax (100)") != std::string::npos;
  });
  if (!result) return;
  CHECK(*result);
}

TEST_CASE("System V queue: a message that the queue could never hold does not wait") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference, {.max_bytes = 100});
  CHECK(queue.max_message_size() == 100);
  const auto error = error_of([&] { send(queue, std::string(101, 'x'), {}, Deadline::never()); });
  CHECK(error.code() == std::errc::message_size);
  CHECK(error.hint().find("this queue holds 100") != std::string::npos);
  CHECK(send(queue, std::string(100, 'x'), {}, Deadline::never()));
}

TEST_CASE(
    "System V queue: holds the bytes that were asked for, above kernel.msgmnb only for the privileged") {
  const auto reference = ScratchQueue::sysv();
  const auto queue = make_queue(reference, {.max_bytes = 1234});
  CHECK(status_of(sysv_id(queue.reference())).msg_qbytes == 1234);
  if (::geteuid() == 0) return;
  const auto large = ScratchQueue::sysv();
  const auto error = error_of([&] { MessageQueue::create(large, {.max_bytes = 1'000'000'000}); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.what() == "cannot create message queue " + large.get().quoted() +
                            " for 1000000000 bytes: Operation not permitted");
  CHECK(error.hint().find("kernel.msgmnb (") != std::string::npos);
  CHECK_FALSE(MessageQueue::open_if_exists(large, Use::send));
}

TEST_CASE("System V queue: who waits for one that is removed is told") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  SECTION("to receive") {
    const auto remover = when_asleep([&] { MessageQueue::remove_if_exists(reference); });
    const auto error = error_of([&] { receive(queue, {}, deadline); });
    CHECK(error.code() == std::errc::identifier_removed);
    CHECK(error.what() ==
          "cannot receive from message queue " + reference.get().quoted() + ": Identifier removed");
  }
  SECTION("to send") {
    fill(queue);
    const auto remover = when_asleep([&] { MessageQueue::remove_if_exists(reference); });
    const auto error = error_of([&] { send(queue, "x", {}, deadline); });
    CHECK(error.code() == std::errc::identifier_removed);
    CHECK(error.what() ==
          "cannot send to message queue " + reference.get().quoted() + ": Identifier removed");
  }
  SECTION("to peek") {
    if (!can_peek(queue)) return;
    const auto remover = when_asleep([&] { MessageQueue::remove_if_exists(reference); });
    CHECK(error_of([&] { queue.peek(0, deadline); }).code() == std::errc::identifier_removed);
  }
}

TEST_CASE("System V queue: one that was removed before is told as removed, too") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::immediate() : Deadline::never();
  MessageQueue::remove_if_exists(reference);
  CHECK(error_of([&] { send(queue, "x", {}, deadline); }).code() == std::errc::identifier_removed);
  CHECK(error_of([&] { receive(queue, {}, deadline); }).code() == std::errc::identifier_removed);
}

TEST_CASE("System V queue: owner and creator have to be trusted") {
  const auto reference = ScratchQueue::sysv();
  const auto queue = make_queue(reference, small_queue(reference, 0666));
  auto status = status_of(sysv_id(queue.reference()));
  status.msg_perm.uid = other_user();
  if (::msgctl(sysv_id(queue.reference()), IPC_SET, &status) != 0)
    return;  // in a user namespace without that user
  const auto error =
      error_of([&] { MessageQueue::open_if_exists(reference, Use::send, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() == "it belongs to another user (owner uid " + std::to_string(other_user()) +
                            ", creator uid " + std::to_string(::geteuid()) + "), who may have planted it");
  CHECK(error_of([&] { MessageQueue::open_or_create(reference, Use::send, {}); }).code() ==
        std::errc::operation_not_permitted);
  CHECK(MessageQueue::open_if_exists(reference, Use::send));
}

TEST_CASE("System V queue: 'private' makes a new one each time, and opens none") {
  const auto first = make_queue(private_queue(), {}).reference();
  const auto second = make_queue(private_queue(), {}).reference();
  CHECK(first != second);
  CHECK_THROWS_AS(MessageQueue::open_if_exists(private_queue(), Use::send), Error);
  CHECK(MessageQueue::remove_if_exists(first));
  CHECK(MessageQueue::remove_if_exists(second));
}

TEST_CASE("System V queue: the kernel chooses identifiers, so that none is made by its own") {
  const auto reference = ScratchQueue::sysv();
  const auto id = make_queue(reference).reference();
  CHECK_THROWS_AS(MessageQueue::create(id, {}), Error);
  CHECK(MessageQueue::open_or_create(id, Use::send, {}).reference() == id);
  MessageQueue::remove_if_exists(id);
  CHECK_THROWS_AS(MessageQueue::open_or_create(id, Use::send, {}), Error);
}

TEST_CASE("System V queue: the key of a file") {
  const TemporaryDirectory directory;
  const ScratchQueue reference{SysvFileKey{directory.path(), 77}};
  auto queue = make_queue(reference, {});
  REQUIRE(send(queue, "x"));
  CHECK(::msgget(::ftok(directory.path().c_str(), 77), 0) == sysv_id(queue.reference()));
}

TEST_CASE("System V queue: a failure names what was asked for, and not the identifier") {
  const auto reference = ScratchQueue::sysv();
  make_queue(reference);
  auto queue = MessageQueue::open(reference, Use::send);
  CHECK(error_of([&] { send(queue, std::string(100'000, 'x')); }).attempt() ==
        "cannot send to message queue " + reference.get().quoted());
}
