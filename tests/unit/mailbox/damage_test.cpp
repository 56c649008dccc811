// Mailboxes that somebody broke: errors, and nothing worse.
#include <cstddef>

#include "catch.hpp"
#include "error_of.hpp"
#include "mailbox.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using mailbox::Header;
using mailbox::Record;
using Outcome = Mailbox::Sender::Outcome;
using Sender = Mailbox::Sender;
using Receiver = Mailbox::Receiver;

namespace {

// A mailbox with three messages of 8 bytes. The first message lies at the beginning of the ring.
class Example {
 public:
  explicit Example(OnFull on_full = OnFull::block) : m_mailbox{{.size = 4096, .on_full = on_full}} {
    auto sender = Sender::open(m_mailbox);
    for (const char* text : {"message0", "message1", "message2"}) send(sender, text);
  }

  const MadeMailbox& name() const { return m_mailbox; }
  MailboxFile file() const { return MailboxFile{m_mailbox}; }
  std::size_t ring() const { return file().read<std::uint32_t>(offsetof(mailbox::Beginning, ring_offset)); }

 private:
  MadeMailbox m_mailbox;
};

}  // namespace

TEST_CASE("damaged mailbox: a file of another form is none") {
  const Example example;
  const auto file = example.file();
  const auto refuses = [&] {
    const auto error = error_of([&] { Sender::open(example.name()); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.reason() == "the file is no mailbox");
    CHECK_THROWS_AS(Receiver::open(example.name(), StartAt::oldest), Error);
  };
  struct Field {
    std::size_t offset;
    std::uint32_t value;
  };
  for (const auto& [offset, value] :
       {Field{0, 0x12345678}, Field{offsetof(mailbox::Beginning, version), 2},
        Field{offsetof(mailbox::Beginning, ring_offset), 4096},
        Field{offsetof(mailbox::Beginning, ring_offset), 0xfffff000},
        Field{offsetof(mailbox::Beginning, ring_offset), 20001},
        Field{offsetof(mailbox::Beginning, capacity), 4097}, Field{offsetof(mailbox::Beginning, capacity), 0},
        Field{offsetof(mailbox::Beginning, capacity), 0x80000000},
        Field{offsetof(mailbox::Beginning, on_full), 3},
        Field{offsetof(mailbox::Beginning, slot_count), 255}}) {
    CAPTURE(offset, value);
    const auto old = file.read<std::uint32_t>(offset);
    file.write(offset, value);
    refuses();
    file.write(offset, old);
  }
  CHECK_NOTHROW(Sender::open(example.name()));
  file.resize(file.size() - 1);
  refuses();
  file.resize(0);
  refuses();
}

TEST_CASE("damaged mailbox: a record that no sender wrote is not read") {
  const auto on_full = GENERATE(OnFull::block, OnFull::overwrite);
  const Example example{on_full};
  const auto file = example.file();
  const auto second = example.ring() + sizeof(Record) + 8;
  const auto size = second + offsetof(Record, size);
  for (const std::uint32_t value : {7u, 9u, 100u, 4096u, 0xffffffffu}) {
    CAPTURE(value);
    file.write(size, value);
    auto receiver = Receiver::open(example.name(), StartAt::oldest);
    CHECK(receive(receiver) == "message0");
    CHECK(error_of([&] { receive(receiver); }).code() == std::errc::bad_message);
  }
  file.write(size, 8u);
  auto receiver = Receiver::open(example.name(), StartAt::oldest);
  CHECK(drain(receiver) == "message0 message1 message2");
}

TEST_CASE("damaged mailbox: positions that cannot be are errors") {
  const Example example;
  const auto file = example.file();
  auto receiver = Receiver::open(example.name(), StartAt::oldest);
  auto sender = Sender::open(example.name());
  for (const std::uint64_t head : {std::uint64_t{71}, std::uint64_t{4104}, ~std::uint64_t{0}}) {
    CAPTURE(head);
    file.write(offsetof(Header, head), head);
    auto reader = [&] {
      auto other = Receiver::open(example.name(), StartAt::oldest);
      while (receive(other)) continue;
    };
    CHECK_THROWS_AS(reader(), Error);
    // Whatever a sender makes of it, it touches nothing but the mailbox.
    try {
      for (int i = 0; i < 500; ++i) send(sender, "12345678");
    } catch (const Error&) {
    }
  }
}

TEST_CASE("damaged mailbox: one that is shortened is an error, and no signal") {
  for (const off_t left : {off_t{0}, off_t{4096}}) {
    const Example example;
    auto receiver = Receiver::open(example.name(), StartAt::oldest);
    auto sender = Sender::open(example.name());
    example.file().resize(left);
    CHECK(error_of([&] {
            for (int i = 0; i < 500; ++i) send(sender, "12345678", Deadline::after(10s));
          }).code() == std::errc::bad_message);
    CHECK(error_of([&] {
            while (receive(receiver, Deadline::after(10s))) continue;
            receive(receiver, Deadline::after(10s));
          }).code() == std::errc::bad_message);
  }
}

TEST_CASE("damaged mailbox: the turn of a sender that died is taken over, and what it left is repaired") {
  const Example example;
  const auto file = example.file();
  CHECK(ChildProcess{[&] {
          auto sender = Sender::open(example.name());
          auto loan = sender.loan(8, Deadline::immediate());
          ::_exit(0);
          return 0;
        }}.wait() == 0);
  CHECK(file.read<std::uint32_t>(offsetof(Header, turn)) != 0);
  // As if it had died right after it published the third message.
  file.write(offsetof(Header, last), std::uint64_t{24});
  file.write(offsetof(Header, sent), std::uint64_t{2});
  // A new handle gets the slot of the dead one, or another one.
  if (GENERATE(true, false)) file.write(offsetof(mailbox::Content, slots), mailbox::SlotState::free);
  auto sender = Sender::open(example.name());
  CHECK(send(sender, "message3", Deadline::after(10s)) == Outcome::sent);
  CHECK(file.read<std::uint64_t>(offsetof(Header, sent)) == 4);
  auto last = Receiver::open(example.name(), StartAt::last);
  CHECK(drain(last) == "message3");
  auto all = Receiver::open(example.name(), StartAt::oldest);
  CHECK(drain(all) == "message0 message1 message2 message3");
}

TEST_CASE("damaged mailbox: a turn of a sender that cannot be is an error") {
  const Example example;
  auto sender = Sender::open(example.name());
  example.file().write(offsetof(Header, turn), std::uint32_t{5000});
  CHECK(error_of([&] { send(sender, "x", Deadline::after(10s)); }).code() == std::errc::bad_message);
}
