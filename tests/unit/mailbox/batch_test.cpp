// Mailboxes: several messages that a sender sends in one step.
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"
#include "mailbox.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Outcome = Mailbox::Sender::Outcome;
using Sender = Mailbox::Sender;
using Receiver = Mailbox::Receiver;
using Texts = std::vector<std::string>;

namespace {

std::size_t send_some(Sender& sender, const Texts& texts, const Deadline& deadline = Deadline::immediate()) {
  std::vector<std::span<const std::byte>> messages;
  for (const auto& text : texts) messages.push_back(bytes_of(text));
  return sender.send_some(messages, deadline);
}

// One character each; four fill a mailbox of 4096 bytes.
Texts quarters(std::string_view characters) {
  Texts texts;
  for (const char c : characters) texts.emplace_back(1024 - sizeof(mailbox::Record), c);
  return texts;
}

// The first characters of all messages that there are.
std::string drain_first(Receiver& receiver) {
  std::string all;
  while (const auto text = receive(receiver)) all += text->front();
  return all;
}

}  // namespace

TEST_CASE("mailbox batch: its messages are like those that are sent alone") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  CHECK(send_some(sender, {}) == 0);
  for (int i = 0; i < 500; ++i) {  // the ring begins again and again, at another place of the batch each time
    const auto number = std::to_string(i);
    REQUIRE(send_some(sender, {"a" + number, "", "c" + number}) == 3);
    REQUIRE(send(sender, "d" + number) == Outcome::sent);
    REQUIRE(drain(receiver) == "a" + number + "  c" + number + " d" + number);
  }
  CHECK(MailboxFile{mailbox}.read<std::uint64_t>(offsetof(mailbox::Header, sent)) == 2000);
  send_some(sender, {"x", "y"});
  auto late = Receiver::open(mailbox, StartAt::last);
  CHECK(drain(late) == "y");
}

TEST_CASE("mailbox batch: of more than the mailbox holds a part is sent, and none overwrites another") {
  const auto on_full = GENERATE(OnFull::block, OnFull::drop, OnFull::overwrite);
  const MadeMailbox mailbox{{.size = 4096, .on_full = on_full}};
  auto sender = Sender::open(mailbox);
  CHECK(send_some(sender, quarters("abcdef")) == 4);
  CHECK(send_some(sender, quarters("ghijk")) == 4);
  auto receiver = Receiver::open(mailbox, StartAt::oldest);
  CHECK(drain_first(receiver) == "ghij");
}

TEST_CASE("mailbox batch: a receiver that has not read holds up the rest") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  CHECK(send_some(sender, quarters("a")) == 1);
  CHECK(send_some(sender, quarters("bcdef"), Deadline::never()) == 3);
  CHECK(send_some(sender, quarters("ef"), Deadline::after(5ms)) == 0);
  CHECK(sender.last_outcome() == Outcome::timed_out);
  auto reading = when_asleep([&] {
    receive(receiver);
    receiver.release();
  });
  CHECK(send_some(sender, quarters("ef"), Deadline::after(10s)) == 1);
  reading.get();
  CHECK(drain_first(receiver) == "bcde");
}

TEST_CASE("mailbox batch: a full mailbox drops the messages one by one") {
  const MadeMailbox mailbox{{.size = 4096, .on_full = OnFull::drop}};
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  CHECK(send_some(sender, quarters("abcde")) == 4);
  CHECK(sender.dropped() == 0);
  CHECK(send_some(sender, quarters("ef"), Deadline::never()) == 1);
  CHECK(sender.last_outcome() == Outcome::dropped);
  CHECK(sender.dropped() == 1);
  CHECK(drain_first(receiver) == "abcd");
}

TEST_CASE("mailbox batch: it overwrites what a receiver has not read") {
  const MadeMailbox mailbox{{.size = 4096, .on_full = OnFull::overwrite}};
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  CHECK(send_some(sender, quarters("abc")) == 3);
  CHECK(send_some(sender, quarters("def")) == 3);
  CHECK(drain_first(receiver) == "cdef");
  CHECK(receiver.lost() == 2);
}

TEST_CASE("mailbox batch: none is sent when one is too long") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::oldest);
  const auto error = error_of([&] { send_some(sender, {"a", std::string(4096, 'b')}); });
  CHECK(error.code() == std::errc::message_size);
  CHECK_FALSE(receive(receiver));
}

TEST_CASE("mailbox batch: a damaged mailbox ends it, and its turn") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  REQUIRE(send_some(sender, quarters("abcd")) == 4);
  const MailboxFile file{mailbox};
  const auto second = file.read<std::uint32_t>(offsetof(mailbox::Beginning, ring_offset)) + 1024;
  file.write(second + offsetof(mailbox::Record, size), 1u);
  CHECK(error_of([&] { send_some(sender, quarters("ef")); }).code() == std::errc::bad_message);
  CHECK(file.read<std::uint32_t>(offsetof(mailbox::Header, turn)) == 0);
}
