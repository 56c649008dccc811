// What the message queues of both APIs have in common.
#include <ipcutils/message_queue.hpp>

#include <mqueue.h>
#include <sys/msg.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>
#include <limits>

#include "catch.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Use = MessageQueue::Use;
using Feature = MessageQueue::Feature;

namespace {

// The permissions that the system knows of.
mode_t mode_of(const Reference& canonical) {
  if (is_posix(canonical)) {
    const FileDescriptor queue{
        require_call(::mq_open(std::get<PosixName>(canonical.name).text.c_str(), O_RDONLY), "mq_open")};
    struct stat status;
    require_call(::fstat(queue.get(), &status), "fstat");
    return status.st_mode & 0777;
  }
  msqid_ds status;
  require_call(::msgctl(sysv_id(canonical), IPC_STAT, &status), "msgctl");
  return status.msg_perm.mode & 0777;
}

}  // namespace

TEST_CASE("message queue: a missing one is no error of open_if_exists and ENOENT of open") {
  const auto use = GENERATE(Use::send, Use::receive);
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    CHECK_FALSE(MessageQueue::open_if_exists(reference, use));
    const auto error = error_of([&] { MessageQueue::open(reference, use); });
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(error.what() == "cannot open message queue " + reference.quoted() + ": No such file or directory");
    CHECK_FALSE(MessageQueue::remove_if_exists(reference));
  }
}

TEST_CASE("message queue: what is sent is received in that order") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    make_queue(reference);
    auto sender = MessageQueue::open(reference, Use::send);
    for (const char* text : {"first", "second", "third"}) CHECK(send(sender, text));
    auto receiver = MessageQueue::open(reference, Use::receive);
    CHECK(drain(receiver) == "first second third");
    CHECK_FALSE(receive(receiver));
  }
}

TEST_CASE("message queue: a message has what its API knows of") {
  const BothApis<ScratchQueue> apis;
  auto posix = make_queue(apis.posix());
  REQUIRE(send(posix, "x"));
  CHECK((posix.receive({}, Deadline::immediate()).value().properties == MessageProperties{.priority = 0}));
  auto sysv = make_queue(apis.sysv());
  REQUIRE(send(sysv, "x"));
  CHECK((sysv.receive({}, Deadline::immediate()).value().properties == MessageProperties{.type = 1}));
}

TEST_CASE("message queue: any bytes, none at all, and as many as fit") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto queue = make_queue(reference);
    const auto longest = pattern(queue.max_message_size());
    for (const auto& text : {std::string{}, std::string(3, '\0'), std::string{"\n\xff\x80\0x", 5}, longest}) {
      REQUIRE(send(queue, text));
      const auto received = receive(queue);
      REQUIRE(received);
      CHECK((*received == text));
    }
  }
}

TEST_CASE("message queue: a message that was received is valid until the next one") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    auto queue = make_queue(reference);
    REQUIRE(send(queue, "one"));
    const auto message = queue.receive({}, Deadline::immediate());
    auto other = MessageQueue::open(reference, Use::send);
    REQUIRE(send(other, "two"));
    CHECK(text_of(*message) == "one");
    REQUIRE(send(queue, "three"));
    CHECK(drain(queue) == "two three");
  }
}

TEST_CASE("message queue: what was received can be sent as it is") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    auto queue = make_queue(reference);
    REQUIRE(send(queue, "there and back"));
    const auto message = queue.receive({}, Deadline::immediate());
    REQUIRE(message);
    CHECK(queue.send(*message, Deadline::immediate()));
    CHECK(drain(queue) == "there and back");
  }
}

TEST_CASE("message queue: made once, and known by the canonical reference") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    const auto options = small_queue(reference);
    const auto made = MessageQueue::create(reference, options);
    REQUIRE(made);
    CHECK(std::holds_alternative<SysvId>(made->name) != is_posix(reference));
    CHECK_FALSE(MessageQueue::create(reference, options));
    CHECK(MessageQueue::open(reference, Use::send).reference() == *made);
    CHECK(MessageQueue::open(*made, Use::send).reference() == *made);
    CHECK(MessageQueue::remove_if_exists(*made));
    CHECK_FALSE(MessageQueue::open_if_exists(*made, Use::send));
    CHECK_FALSE(MessageQueue::open_if_exists(reference, Use::send));
    CHECK_FALSE(MessageQueue::remove_if_exists(*made));
  }
}

TEST_CASE("message queue: one that was removed does not exist any more, whoever has its name now") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    const auto queue = make_queue(reference);
    CHECK_NOTHROW(queue.require_exists());
    CHECK(MessageQueue::remove_if_exists(reference));
    const auto next = make_queue(reference);
    CHECK_NOTHROW(next.require_exists());
    const auto error = error_of([&] { queue.require_exists(); });
    CHECK(error.code() == std::errc::identifier_removed);
    CHECK(error.what() == "cannot use message queue " + reference.quoted() + ": Identifier removed");
  }
}

TEST_CASE("message queue: the umask does not apply to the mode") {
  const auto mask = GENERATE(as<mode_t>{}, 0, 022, 0777);
  const auto mode = GENERATE(as<mode_t>{}, 0600, 0640, 0666, 0420);
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string(), mask, mode);
    const Umask umask{mask};
    const auto made = MessageQueue::create(reference, small_queue(reference, mode));
    REQUIRE(made);
    CHECK(mode_of(*made) == mode);
  }
}

TEST_CASE("message queue: of several makers at the same time one makes it") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    for (int round = 0; round < 20; ++round) {
      std::vector<std::future<bool>> makers;
      for (int i = 0; i < 4; ++i)
        makers.push_back(std::async(std::launch::async, [&reference] {
          return MessageQueue::create(reference, small_queue(reference)).has_value();
        }));
      CHECK(std::ranges::count_if(makers, [](auto& maker) { return maker.get(); }) == 1);
      CHECK(MessageQueue::remove_if_exists(reference));
    }
  }
}

TEST_CASE("message queue: who opens or creates it at the same time as others has the same one") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    for (int round = 0; round < 20; ++round) {
      std::vector<std::future<Reference>> openers;
      for (int i = 0; i < 4; ++i)
        openers.push_back(std::async(std::launch::async, [&reference] {
          return MessageQueue::open_or_create(reference, Use::receive, small_queue(reference)).reference();
        }));
      std::vector<Reference> opened;
      for (auto& opener : openers) opened.push_back(opener.get());
      CHECK(std::ranges::count(opened, opened.front()) == 4);
      MessageQueue::remove_if_exists(reference);
    }
  }
}

TEST_CASE("message queue: created and opened in one, or not at all") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto made = MessageQueue::create_and_open(reference, Use::receive, small_queue(reference));
    REQUIRE(made);
    CHECK(send(*made, "x"));
    CHECK_FALSE(MessageQueue::create_and_open(reference, Use::receive, small_queue(reference)));
    CHECK(MessageQueue::remove_if_exists(reference));
    if (::geteuid() == 0) continue;  // root may open what has no permissions
    CHECK(error_of([&] {
            MessageQueue::create_and_open(reference, Use::send, small_queue(reference, 0));
          }).code() == std::errc::permission_denied);
    CHECK_FALSE(MessageQueue::remove_if_exists(reference));
  }
}

TEST_CASE("message queue: who opens or creates it while others remove it has one in the end") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    std::atomic<bool> is_over = false;
    auto remover = std::async(std::launch::async, [&] {
      while (!is_over) MessageQueue::remove_if_exists(reference);
    });
    int failed = 0;
    for (int i = 0; i < 500; ++i) {
      try {
        MessageQueue::open_or_create(reference, Use::receive, small_queue(reference));
      } catch (const Error& error) {
        UNSCOPED_INFO(error.what());
        if (error.code() != std::errc::file_exists) ++failed;  // which ten attempts can end with
      }
    }
    is_over = true;
    remover.get();
    CHECK(failed == 0);
  }
}

TEST_CASE("message queue: open or create leaves a queue that exists as it is") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto first = MessageQueue::open_or_create(reference, Use::receive, small_queue(reference, 0640));
    REQUIRE(send(first, "kept"));
    auto options = small_queue(reference, 0600);
    options.max_message_size.reset();
    auto second = MessageQueue::open_or_create(reference, Use::receive, options);
    CHECK(mode_of(second.reference()) == 0640);
    CHECK(second.max_message_size() == first.max_message_size());
    CHECK(drain(second) == "kept");
  }
}

TEST_CASE("message queue: a message that is too long is refused with its limit, also of a full queue") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto queue = make_queue(reference);
    const auto limit = queue.max_message_size();
    CHECK_NOTHROW(queue.require_fits(0));
    CHECK_NOTHROW(queue.require_fits(limit));
    const auto refuses = [&](auto call) {
      const auto error = error_of(call);
      CHECK(error.code() == std::errc::message_size);
      CHECK(error.what() == "cannot send to message queue " + reference.quoted() + ": Message too long");
      CHECK(error.hint().find(std::to_string(limit)) != std::string::npos);
      CHECK(error.hint().find(is_posix(reference) ? "fs.mqueue.msgsize_max (" : "kernel.msgmax (") !=
            std::string::npos);
    };
    refuses([&] { queue.require_fits(limit + 1); });
    refuses([&] { queue.require_fits(std::numeric_limits<std::size_t>::max()); });
    refuses([&] { send(queue, std::string(limit + 1, 'x'), {}, Deadline::never()); });
    CHECK(drain(queue) == "");
    fill(queue);
    refuses([&] { send(queue, std::string(limit + 1, 'x'), {}, Deadline::never()); });
  }
}

TEST_CASE("message queue: a full one takes nothing until there is room") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    auto queue = make_queue(reference);
    fill(queue);
    CHECK_FALSE(send(queue, "x"));
    CHECK(receive(queue));
    CHECK(send(queue, "x"));
  }
}

TEST_CASE("message queue: who waits for a message gets the one that comes") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string(), deadline.is_never());
    auto queue = make_queue(reference);
    const auto sender = when_asleep([&reference] {
      auto other = MessageQueue::open(reference, Use::send);
      send(other, "it has come");
    });
    CHECK(receive(queue, {}, deadline) == "it has come");
  }
}

TEST_CASE("message queue: who waits for room gets it when a message is taken") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string(), deadline.is_never());
    auto queue = make_queue(reference);
    fill(queue);
    const auto receiver = when_asleep([&reference] {
      auto other = MessageQueue::open(reference, Use::receive);
      receive(other);
    });
    CHECK(send(queue, "x", {}, deadline));
  }
}

TEST_CASE("message queue: nothing is lost, doubled or out of order between a sender and a receiver") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  constexpr int count = 5000;
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string(), deadline.is_never());
    auto queue = make_queue(reference);
    auto sender = std::async(std::launch::async, [&reference] {
      auto other = MessageQueue::open(reference, Use::send);
      for (int i = 0; i < count; ++i)
        if (!send(other, std::to_string(i), {}, Deadline::after(1min))) return i;
      return count;
    });
    int received = 0;
    while (received < count && receive(queue, {}, deadline) == std::to_string(received)) ++received;
    CHECK(received == count);
    while (sender.wait_for(0s) != std::future_status::ready) receive(queue);
    CHECK(sender.get() == count);
    CHECK_FALSE(receive(queue));
  }
}

TEST_CASE("message queue: several senders and receivers with short deadlines share it without loss") {
  constexpr int each = 1000;
  constexpr int parties = 2;
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    make_queue(reference);
    std::vector<std::future<int>> senders;
    std::vector<std::future<int>> receivers;
    std::atomic<int> left = each * parties;
    for (int party = 0; party < parties; ++party) {
      senders.push_back(std::async(std::launch::async, [&reference] {
        auto queue = MessageQueue::open(reference, Use::send);
        for (int i = 0; i < each; ++i)
          while (!send(queue, "message", {}, Deadline::after(50us))) continue;
        return each;
      }));
      receivers.push_back(std::async(std::launch::async, [&reference, &left] {
        auto queue = MessageQueue::open(reference, Use::receive);
        int count = 0;
        while (left > 0)
          if (receive(queue, {}, Deadline::after(50us)) == "message") ++count, --left;
        return count;
      }));
    }
    int received = 0;
    for (auto& receiver : receivers) received += receiver.get();
    CHECK(received == each * parties);
    for (auto& sender : senders) sender.get();
  }
}

TEST_CASE("message queue: what the API does not have is refused, and nothing happens") {
  const BothApis<ScratchQueue> apis;
  CHECK(MessageQueue::supports(apis.posix(), Feature::priority));
  CHECK(MessageQueue::supports(apis.posix(), Feature::message_limits));
  for (const auto feature : {Feature::type, Feature::peek, Feature::byte_limit}) {
    CHECK_FALSE(MessageQueue::supports(apis.posix(), feature));
    CHECK(MessageQueue::supports(apis.sysv(), feature));
  }
  CHECK_FALSE(MessageQueue::supports(apis.sysv(), Feature::priority));
  CHECK_FALSE(MessageQueue::supports(apis.sysv(), Feature::message_limits));

  const auto refuses = [](auto call) { CHECK(error_of(call).code() == std::errc::not_supported); };
  refuses([&] { MessageQueue::create(apis.posix(), {.max_bytes = 100}); });
  refuses([&] { MessageQueue::create(apis.sysv(), {.max_messages = 1}); });
  refuses([&] { MessageQueue::create(apis.sysv(), {.max_message_size = 1}); });
  for (const auto& reference : apis) CHECK_FALSE(MessageQueue::open_if_exists(reference, Use::send));

  auto posix = make_queue(apis.posix());
  auto sysv = make_queue(apis.sysv());
  refuses([&] { send(posix, "x", {.type = 1}); });
  refuses([&] { send(sysv, "x", {.priority = 0}); });
  REQUIRE(send(posix, "there"));
  refuses([&] { receive(posix, {.type = 1}); });
  refuses([&] { posix.peek(0, Deadline::immediate()); });
  CHECK(drain(posix) == "there");
  CHECK(drain(sysv) == "");
}

TEST_CASE("message queue: handles move") {
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    auto first = make_queue(reference);
    REQUIRE(send(first, "a"));
    MessageQueue second{std::move(first)};
    REQUIRE(send(second, "b"));
    first = MessageQueue::open(reference, Use::receive);
    CHECK(receive(first) == "a");
    first = std::move(second);
    CHECK(receive(first) == "b");
  }
}

TEST_CASE("message queue: permissions are the system's") {
  if (::geteuid() == 0) return;  // they do not bind root
  const auto denied = [](auto call) { CHECK(error_of(call).code() == std::errc::permission_denied); };
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    REQUIRE(MessageQueue::create(reference, small_queue(reference, 0)));
    denied([&] {
      auto queue = MessageQueue::open(reference, Use::send);
      send(queue, "x");
    });
    denied([&] {
      auto queue = MessageQueue::open(reference, Use::receive);
      receive(queue);
    });
    CHECK(MessageQueue::remove_if_exists(reference));
  }
}

TEST_CASE("message queue: one that can only be read can be received from, and not be sent to") {
  if (::geteuid() == 0) return;
  for (const auto& reference : BothApis<ScratchQueue>{}) {
    CAPTURE(reference.to_string());
    REQUIRE(MessageQueue::create(reference, small_queue(reference, 0400)));
    auto queue = MessageQueue::open(reference, Use::receive);
    CHECK_FALSE(receive(queue));
    CHECK(error_of([&] { send(queue, "x"); }).code() == std::errc::permission_denied);
  }
}

TEST_CASE("message selector: matches as msgrcv does") {
  const auto max = std::numeric_limits<long>::max();
  const auto min = std::numeric_limits<long>::min();
  CHECK(MessageSelector{}.matches(1));
  CHECK(MessageSelector{}.matches(max));
  CHECK(MessageSelector{.type = 5}.matches(5));
  CHECK_FALSE(MessageSelector{.type = 5}.matches(4));
  CHECK(MessageSelector{.type = 5, .except = true}.matches(4));
  CHECK_FALSE(MessageSelector{.type = 5, .except = true}.matches(5));
  CHECK(MessageSelector{.type = -5}.matches(5));
  CHECK(MessageSelector{.type = -5}.matches(1));
  CHECK_FALSE(MessageSelector{.type = -5}.matches(6));
  CHECK(MessageSelector{.type = -max}.matches(max));
  CHECK(MessageSelector{.type = min}.matches(max));
}

TEST_CASE("falling message types: each is lower than all before, in every process") {
  auto last = falling_message_type();
  for (int i = 0; i < 10'000; ++i) {
    const auto type = falling_message_type();
    if (type >= last) REQUIRE(type < last);
    last = type;
  }
  CHECK(last > 0);
  const auto made_by_child = [] {
    auto channel = make_pipe();
    ChildProcess child{[&channel] {
      const auto type = falling_message_type();
      return write_all(channel.write_end.get(), std::to_string(type)) ? 0 : 1;
    }};
    channel.write_end.reset();
    return std::stol(read_all(channel.read_end.get()));
  };
  const auto first = made_by_child();
  const auto second = made_by_child();
  CHECK(second < first);
  // What this process has made in advance of the clock it has made up for by now.
  CHECK(first < last);
  CHECK(falling_message_type() < second);
}
