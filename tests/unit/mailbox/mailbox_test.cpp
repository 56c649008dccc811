// Mailboxes: what senders and receivers see of each other.
#include "mailbox.hpp"

#include <sys/stat.h>

#include <vector>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Outcome = Mailbox::Sender::Outcome;
using Sender = Mailbox::Sender;
using Receiver = Mailbox::Receiver;

namespace {

const std::string a_quarter(1024 - sizeof(mailbox::Record), 'q');  // of a mailbox of 4096 bytes

}  // namespace

TEST_CASE("mailbox: every receiver gets every message since it joined, in the same order") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto first = Receiver::open(mailbox, StartAt::now);
  CHECK(send(sender, "one") == Outcome::sent);
  auto second = Receiver::open(mailbox, StartAt::now);
  auto other_sender = Sender::open(mailbox);
  CHECK(send(other_sender, "two") == Outcome::sent);
  CHECK(send(sender, "three") == Outcome::sent);
  CHECK(drain(first) == "one two three");
  CHECK(drain(second) == "two three");
}

TEST_CASE("mailbox: a receiver begins where it is told to") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  const auto from = [&](StartAt start) {
    auto receiver = Receiver::open(mailbox, start);
    return drain(receiver);
  };
  for (const auto start : {StartAt::now, StartAt::oldest, StartAt::last}) CHECK(from(start).empty());
  for (const char* text : {"one", "two", "three"}) send(sender, text);
  CHECK(from(StartAt::now).empty());
  CHECK(from(StartAt::oldest) == "one two three");
  CHECK(from(StartAt::last) == "three");
}

TEST_CASE("mailbox: the oldest messages go when nobody has to read them") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  for (int i = 0; i < 1000; ++i) REQUIRE(send(sender, std::to_string(i)) == Outcome::sent);
  auto receiver = Receiver::open(mailbox, StartAt::oldest);
  auto expected = 1000 - 4096 / 24;  // a record of 24 bytes for up to eight
  while (const auto text = receive(receiver)) CHECK(*text == std::to_string(expected++));
  CHECK(expected == 1000);
}

TEST_CASE("mailbox: messages of every size are whole, up to the longest one") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  const auto longest = sender.max_message_size();
  CHECK(longest == 4096 - sizeof(mailbox::Record));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8},
                                 std::size_t{9}, std::size_t{2000}, longest - 1, longest}) {
    const auto text = pattern(size);
    REQUIRE(send(sender, text) == Outcome::sent);
    CHECK(receive(receiver) == text);
    receiver.release();
  }
  CHECK(error_of([&] { send(sender, std::string(longest + 1, 'x')); }).code() == std::errc::message_size);
}

TEST_CASE("mailbox: a full one makes a sender wait for the slowest receiver, and not for longer") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto fast = Receiver::open(mailbox, StartAt::now);
  auto slow = Receiver::open(mailbox, StartAt::now);
  for (int i = 0; i < 4; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  drain(fast);
  CHECK(send(sender, "more") == Outcome::timed_out);
  CHECK(send(sender, "more", Deadline::after(20ms)) == Outcome::timed_out);
  auto reading = when_asleep([&] {
    receive(slow);
    slow.release();
  });
  CHECK(send(sender, "more", Deadline::after(10s)) == Outcome::sent);
  reading.get();
  CHECK(drain(fast) == "more");
}

TEST_CASE("mailbox: a message that a receiver has is not overwritten before it is released") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  for (int i = 0; i < 4; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  const auto message = receiver.receive(Deadline::immediate());
  REQUIRE(message);
  CHECK(send(sender, "more") == Outcome::timed_out);
  CHECK(text_of(message->data) == a_quarter);
  receiver.release();
  CHECK(send(sender, "more") == Outcome::sent);
}

TEST_CASE("mailbox: a receiver that died or left does not hold up a sender") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  for (const bool dies : {true, false}) {
    CHECK(ChildProcess{[&] {
            auto receiver = Receiver::open(mailbox, StartAt::now);
            if (dies) ::_exit(0);
            return 0;
          }}.wait() == 0);
    for (int i = 0; i < 8; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  }
}

TEST_CASE("mailbox: a receiver that is stopped holds up a sender until its deadline") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  ChildProcess stopped{[&] {
    auto receiver = Receiver::open(mailbox, StartAt::now);
    ::raise(SIGSTOP);
    return 0;
  }};
  REQUIRE(sender.wait_for_receivers(1, Deadline::after(10s)));
  for (int i = 0; i < 4; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  CHECK(send(sender, a_quarter, Deadline::after(20ms)) == Outcome::timed_out);
  ::kill(stopped.pid(), SIGKILL);
  CHECK(send(sender, a_quarter, Deadline::after(10s)) == Outcome::sent);
}

TEST_CASE("mailbox: a full one drops new messages when it was made so, and counts them") {
  const MadeMailbox mailbox{{.size = 4096, .on_full = OnFull::drop}};
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  for (int i = 0; i < 4; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  CHECK(send(sender, "dropped", Deadline::never()) == Outcome::dropped);
  CHECK(sender.dropped() == 1);
  receive(receiver);
  receiver.release();
  CHECK(send(sender, "kept") == Outcome::sent);
  CHECK(MailboxFile{mailbox}.read<std::uint64_t>(offsetof(mailbox::Header, dropped)) == 1);
}

TEST_CASE("mailbox: a receiver that was overtaken knows how many messages it lost") {
  const MadeMailbox mailbox{{.size = 4096, .on_full = OnFull::overwrite}};
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  REQUIRE(send(sender, "0") == Outcome::sent);
  CHECK(receive(receiver) == "0");
  for (int i = 1; i < 1000; ++i) REQUIRE(send(sender, std::to_string(i)) == Outcome::sent);
  const auto next = receive(receiver);
  REQUIRE(next);
  CHECK(receiver.lost() == std::stoull(*next) - 1);
  CHECK(receiver.lost() > 0);
  auto expected = std::stoi(*next);
  while (const auto text = receive(receiver)) CHECK(*text == std::to_string(++expected));
  CHECK(expected == 999);
}

TEST_CASE("mailbox: a loan is a message once it is committed") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  REQUIRE(sender.loan(100, Deadline::immediate()));  // and given up
  CHECK_FALSE(receive(receiver));
  auto loan = sender.loan(5, Deadline::immediate());
  REQUIRE(loan);
  const auto text = bytes_of("hello");
  std::copy(text.begin(), text.end(), loan->data().begin());
  CHECK_FALSE(receive(receiver));
  loan->commit();
  CHECK(receive(receiver) == "hello");
}

TEST_CASE("mailbox: a receiver that waits gets a message as soon as it is sent") {
  const MadeMailbox mailbox;
  auto receiver = Receiver::open(mailbox, StartAt::now);
  auto sending = when_asleep([&] {
    auto sender = Sender::open(mailbox);
    send(sender, "x");
  });
  CHECK(receive(receiver, Deadline::never()) == "x");
  sending.get();
}

TEST_CASE("mailbox: a sender can wait for receivers") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  CHECK(sender.wait_for_receivers(0, Deadline::immediate()));
  CHECK_FALSE(sender.wait_for_receivers(1, Deadline::after(5ms)));
  std::optional<Receiver> receiver;
  auto joining = when_asleep([&] { receiver.emplace(Receiver::open(mailbox, StartAt::now)); });
  CHECK(sender.wait_for_receivers(1, Deadline::after(10s)));
  joining.get();
  CHECK_FALSE(sender.wait_for_receivers(2, Deadline::immediate()));
  receiver.reset();
  CHECK_FALSE(sender.wait_for_receivers(1, Deadline::immediate()));
}

TEST_CASE("mailbox: one that was removed ends every wait, once its messages are read") {
  const MadeMailbox mailbox;
  auto sender = Sender::open(mailbox);
  auto receiver = Receiver::open(mailbox, StartAt::now);
  const bool by_us = GENERATE(true, false);
  for (int i = 0; i < 4; ++i) REQUIRE(send(sender, a_quarter) == Outcome::sent);
  auto removing = when_asleep([&] {
    if (by_us)
      Mailbox::remove_if_exists(mailbox);
    else
      ::unlink(mailbox.file().c_str());
  });
  CHECK(error_of([&] { send(sender, "more", Deadline::never()); }).code() == std::errc::identifier_removed);
  removing.get();
  for (int i = 0; i < 4; ++i) CHECK(receive(receiver, Deadline::never()) == a_quarter);
  CHECK(error_of([&] { receive(receiver, Deadline::never()); }).code() == std::errc::identifier_removed);
  CHECK(error_of([&] { sender.require_exists(); }).code() == std::errc::identifier_removed);
}

TEST_CASE("mailbox: it has the mode and the size that it is made with") {
  const Umask mask{077};
  const MadeMailbox mailbox{{.mode = 0640, .size = 5000}};
  struct stat status;
  REQUIRE(::stat(mailbox.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(status.st_blocks * 512 >= 8192);  // with memory for all of it
  CHECK(Sender::open(mailbox).max_message_size() == 8192 - sizeof(mailbox::Record));
  CHECK_FALSE(Mailbox::create(mailbox, {}));
  CHECK(error_of([] { Mailbox::create(ScratchMailbox::posix(), {.size = std::uint64_t{1} << 60}); }).code() ==
        std::errc::file_too_large);
}

TEST_CASE("mailbox: a missing one is an error, or nothing") {
  const auto mailbox = ScratchMailbox::posix();
  CHECK_FALSE(Sender::open_if_exists(mailbox));
  CHECK_FALSE(Receiver::open_if_exists(mailbox, StartAt::now));
  CHECK(error_of([&] { Sender::open(mailbox); }).code() == std::errc::no_such_file_or_directory);
  CHECK(error_of([&] { Receiver::open(mailbox, StartAt::now); }).code() ==
        std::errc::no_such_file_or_directory);
  CHECK_FALSE(Mailbox::remove_if_exists(mailbox));
}

TEST_CASE("mailbox: only so many handles can be open at once") {
  const MadeMailbox mailbox;
  std::vector<Sender> senders;
  for (unsigned i = 0; i < Mailbox::max_participants; ++i) senders.push_back(Sender::open(mailbox));
  CHECK(error_of([&] { Receiver::open(mailbox, StartAt::now); }).code().value() == EUSERS);
  senders.pop_back();
  CHECK_NOTHROW(Receiver::open(mailbox, StartAt::now));
}
