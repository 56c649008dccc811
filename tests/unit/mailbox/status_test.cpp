#include "mailbox/status.hpp"

#include <unistd.h>

#include <cstddef>

#include "catch.hpp"
#include "mailbox/mailbox.hpp"

using namespace ipcutils;
using mailbox::Beginning;
using mailbox::Content;
using mailbox::Slot;
using mailbox::SlotState;

namespace {

// A new mailbox, and its file.
struct Made {
  MadeMailbox mailbox{{.size = 4096, .on_full = OnFull::drop}};
  MailboxFile file{mailbox};

  std::optional<mailbox::Status> status() const { return mailbox::read_status(file.descriptor()); }

  void write_slot(std::size_t index, SlotState state, std::uint32_t process) const {
    const auto offset = offsetof(Content, slots) + index * sizeof(Slot);
    file.write(offset + offsetof(Slot, state), state);
    file.write(offset + offsetof(Slot, process), process);
  }
};

}  // namespace

TEST_CASE("mailbox status: what a mailbox is made with, and what was sent") {
  const Made made;
  auto sender = Mailbox::Sender::open(made.mailbox);
  send(sender, "hello");
  const auto status = made.status();
  REQUIRE(status);
  CHECK(status->capacity == 4096);
  CHECK(status->on_full == OnFull::drop);
  CHECK(status->sent == 1);
  CHECK(status->dropped == 0);
  REQUIRE(status->living.size() == 1);
  CHECK(status->living[0].state == SlotState::sending);
  CHECK(status->living[0].process == ::getpid());
}

TEST_CASE("mailbox status: a file that says what no mailbox can is none") {
  const Made made;
  const auto is_none_with = [&](std::size_t offset, auto value) {
    const auto old = made.file.read<decltype(value)>(offset);
    made.file.write(offset, value);
    const bool is_none = !made.status();
    made.file.write(offset, old);
    return is_none && made.status();
  };
  CHECK(is_none_with(offsetof(Beginning, magic), std::uint64_t{0}));
  CHECK(is_none_with(offsetof(Beginning, version), 2u));
  CHECK(is_none_with(offsetof(Beginning, on_full), 3u));
  CHECK(is_none_with(offsetof(Beginning, slot_count), 257u));
  for (const auto offset : {0u, 409'601u, 0xfffff000u})
    CHECK(is_none_with(offsetof(Beginning, ring_offset), offset));
  for (const auto capacity :
       {std::uint64_t{0}, std::uint64_t{4095}, std::uint64_t{8192}, std::uint64_t{1} << 63})
    CHECK(is_none_with(offsetof(Beginning, capacity), capacity));
}

TEST_CASE("mailbox status: a file that was shortened is no mailbox any more") {
  const Made made;
  for (const auto size : {made.file.size() - 1, off_t{4096}, off_t{10}, off_t{0}}) {
    made.file.resize(size);
    CHECK_FALSE(made.status());
  }
}

TEST_CASE("mailbox status: a slot without a living owner does not count") {
  const Made made;
  made.write_slot(3, SlotState::receiving, 1);
  CHECK(made.status().value().living.empty());
}

TEST_CASE("mailbox status: no process has the number of a group of processes") {
  const Made made;
  const auto receiver = Mailbox::Receiver::open(made.mailbox, StartAt::now);
  for (const auto process : {0xffffffffu, 0x80000000u}) {
    for (std::size_t i = 0; i < Mailbox::max_participants; ++i)
      made.write_slot(i, SlotState::receiving, process);
    const auto status = made.status().value();
    REQUIRE(status.living.size() == 1);
    CHECK(status.living[0].process == 0);
  }
}
