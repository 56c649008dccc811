// POSIX message queues: what sets them apart.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "channel.hpp"
#include "core/sysctl.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Use = MessageQueue::Use;

namespace {

mq_attr attributes_of(const ScratchQueue& reference) {
  const FileDescriptor queue{require_call(::mq_open(reference.posix_name(), O_RDONLY), "mq_open")};
  mq_attr attributes;
  require_call(::mq_getattr(queue.get(), &attributes), "mq_getattr");
  return attributes;
}

// Fewer bytes of queues for this user, for a while.
class QueueBytes {
 public:
  explicit QueueBytes(rlim_t bytes) {
    require_call(::getrlimit(RLIMIT_MSGQUEUE, &m_old), "getrlimit");
    const rlimit lower{.rlim_cur = bytes, .rlim_max = m_old.rlim_max};
    require_call(::setrlimit(RLIMIT_MSGQUEUE, &lower), "setrlimit");
  }
  QueueBytes(const QueueBytes&) = delete;
  QueueBytes& operator=(const QueueBytes&) = delete;
  ~QueueBytes() { ::setrlimit(RLIMIT_MSGQUEUE, &m_old); }

 private:
  rlimit m_old;
};

}  // namespace

TEST_CASE("POSIX queue: the highest priority first, equal ones in their order") {
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference);
  REQUIRE(send(queue, "low", {.priority = 1}));
  REQUIRE(send(queue, "high", {.priority = MessageProperties::max_priority}));
  REQUIRE(send(queue, "low too", {.priority = 1}));
  REQUIRE(send(queue, "none"));
  const auto first = queue.receive({}, Deadline::immediate());
  REQUIRE(first);
  CHECK(text_of(*first) == "high");
  CHECK((first->properties == MessageProperties{.priority = MessageProperties::max_priority}));
  CHECK(drain(queue) == "low low too none");
}

TEST_CASE("POSIX queue: a priority above the highest is refused") {
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference);
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::immediate() : Deadline::never();
  const auto error =
      error_of([&] { send(queue, "x", {.priority = MessageProperties::max_priority + 1}, deadline); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK_FALSE(receive(queue));
}

TEST_CASE("POSIX queue: has the limits that were asked for, and otherwise those of the system") {
  const auto small = ScratchQueue::posix();
  const auto usual = ScratchQueue::posix();
  REQUIRE(MessageQueue::create(small, {.max_messages = 3, .max_message_size = 77}));
  CHECK(attributes_of(small).mq_maxmsg == 3);
  CHECK(attributes_of(small).mq_msgsize == 77);
  CHECK(MessageQueue::open(small, Use::send).max_message_size() == 77);
  REQUIRE(MessageQueue::create(usual, {}));
  const auto limit = [](const char* preset, const char* ceiling) {
    return static_cast<long>(std::min(sysctl(preset).value(), sysctl(ceiling).value()));
  };
  CHECK(attributes_of(usual).mq_maxmsg == limit("fs.mqueue.msg_default", "fs.mqueue.msg_max"));
  CHECK(attributes_of(usual).mq_msgsize == limit("fs.mqueue.msgsize_default", "fs.mqueue.msgsize_max"));
}

TEST_CASE("POSIX queue: one limit that was asked for leaves the other as it is by default") {
  const auto reference = ScratchQueue::posix();
  REQUIRE(MessageQueue::create(reference, {.max_message_size = 77}));
  CHECK(attributes_of(reference).mq_msgsize == 77);
  CHECK(attributes_of(reference).mq_maxmsg ==
        static_cast<long>(
            std::min(sysctl("fs.mqueue.msg_default").value(), sysctl("fs.mqueue.msg_max").value())));
}

TEST_CASE("POSIX queue: limits that no queue can have are refused with those of the system") {
  const auto reference = ScratchQueue::posix();
  const auto impossible =
      GENERATE(as<MessageQueue::CreateOptions>{},
               MessageQueue::CreateOptions{.max_messages = 0, .max_message_size = 8},
               MessageQueue::CreateOptions{.max_messages = 1, .max_message_size = 0},
               MessageQueue::CreateOptions{.max_messages = 1'000'000'000, .max_message_size = 8},
               MessageQueue::CreateOptions{.max_messages = ~std::uint64_t{0}},
               MessageQueue::CreateOptions{.max_message_size = ~std::uint64_t{0}});
  const auto error = error_of([&] { MessageQueue::create(reference, impossible); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == "cannot create message queue " + reference.get().quoted() + ": Invalid argument");
  CHECK(error.hint().find("fs.mqueue.msg_max (") != std::string::npos);
  CHECK(error.hint().find("fs.mqueue.msgsize_max (") != std::string::npos);
  CHECK_FALSE(MessageQueue::remove_if_exists(reference));
}

TEST_CASE("POSIX queue: more than the user may have is told as RLIMIT_MSGQUEUE") {
  const auto reference = ScratchQueue::posix();
  const QueueBytes limit{100};
  const auto error = error_of([&] { MessageQueue::create(reference, small_queue(reference)); });
  CHECK(error.code() == std::errc::too_many_files_open);
  CHECK(error.hint().find("RLIMIT_MSGQUEUE (100)") != std::string::npos);
  CHECK_FALSE(MessageQueue::open_if_exists(reference, Use::send));
}

TEST_CASE("POSIX queue: one of another user is not trusted") {
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference, small_queue(reference, 0666));
  CHECK(MessageQueue::open_if_exists(reference, Use::send, Trust::self_and_root));
  const FileDescriptor file{require_call(::mq_open(reference.posix_name(), O_RDONLY), "mq_open")};
  if (::fchown(file.get(), other_user(), static_cast<gid_t>(-1)) != 0) return;  // root alone can
  for (const auto use : {Use::send, Use::receive}) {
    const auto error = error_of([&] { MessageQueue::open_if_exists(reference, use, Trust::self_and_root); });
    CHECK(error.code() == std::errc::operation_not_permitted);
    CHECK(error.what() ==
          "cannot use message queue " + reference.get().quoted() + ": Operation not permitted");
    CHECK(error.hint() ==
          "it belongs to another user (uid " + std::to_string(other_user()) + "), who may have planted it");
  }
  CHECK(error_of([&] { MessageQueue::open_or_create(reference, Use::send, {}); }).code() ==
        std::errc::operation_not_permitted);
  CHECK(MessageQueue::open_if_exists(reference, Use::send));
}

TEST_CASE("POSIX queue: who has it open keeps it when it is removed") {
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference);
  REQUIRE(send(queue, "kept"));
  CHECK(MessageQueue::remove_if_exists(reference));
  CHECK_FALSE(MessageQueue::open_if_exists(reference, Use::send));
  CHECK(receive(queue) == "kept");
  CHECK(send(queue, "and more"));
}

TEST_CASE("POSIX queue: who waits for room in one that is removed is told") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference);
  fill(queue);
  const auto remover = when_asleep([&] { MessageQueue::remove_if_exists(reference); });
  const auto error = error_of([&] { send(queue, "x", {}, deadline); });
  CHECK(error.code() == std::errc::identifier_removed);
  CHECK(error.what() == "cannot send to message queue " + reference.get().quoted() + ": Identifier removed");
  CHECK(error_of([&] { send(queue, "x"); }).code() == std::errc::identifier_removed);
  CHECK(receive(queue));
  CHECK(send(queue, "into what is still open"));
}

TEST_CASE("POSIX queue: it is closed by the destructor and by a move onto it, and not passed on") {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                         std::filesystem::directory_iterator{});
  };
  const auto reference = ScratchQueue::posix();
  make_queue(reference);
  const auto before = open_files();
  {
    auto queue = MessageQueue::open(reference, Use::receive);
    CHECK(open_files() == before + 1);
    queue = MessageQueue::open(reference, Use::send);
    CHECK(open_files() == before + 1);
  }
  CHECK(open_files() == before);
}

TEST_CASE("POSIX queue: what mq_open has made is a queue, and ours can be opened by it") {
  const auto reference = ScratchQueue::posix();
  mq_attr attributes{};
  attributes.mq_maxmsg = 2;
  attributes.mq_msgsize = 10;
  const FileDescriptor theirs{require_call(
      ::mq_open(reference.posix_name(), O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes),
      "mq_open")};
  auto ours = MessageQueue::open(reference, Use::receive);
  CHECK(ours.max_message_size() == 10);
  REQUIRE(::mq_send(theirs.get(), "theirs", 6, 3) == 0);
  const auto message = ours.receive({}, Deadline::never());
  REQUIRE(message);
  CHECK(text_of(*message) == "theirs");
  CHECK(message->properties.priority == 3u);
  REQUIRE(send(ours, "ours", {.priority = 9}));
  char buffer[10];
  unsigned priority = 0;
  CHECK(::mq_receive(theirs.get(), buffer, sizeof buffer, &priority) == 4);
  CHECK(priority == 9);
}

TEST_CASE("POSIX queue: the longest name") {
  const ScratchQueue reference{
      PosixName{"/ipcutils-test-" + std::to_string(::getpid()) + std::string(255, 'n')}};
  auto name = std::get<PosixName>(reference.get().name);
  name.text.resize(256);  // with the slash
  const ScratchQueue longest{name};
  auto queue = make_queue(longest);
  CHECK(send(queue, "x"));
  CHECK(error_of([&] { MessageQueue::create(reference, {}); }).code() == std::errc::filename_too_long);
}
