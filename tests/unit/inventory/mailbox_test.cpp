#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ipcutils/change.hpp>
#include <ipcutils/condition.hpp>
#include <ipcutils/filter.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/memory_account.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "mailbox/mailbox.hpp"

using namespace ipcutils;
using What = Condition::What;

namespace {

MailboxStatus status_of(const Reference& reference) {
  return std::get<MailboxStatus>(find_object(reference).value().status);
}

bool is_listed(const Reference& reference, const Selection& selection) {
  const auto objects = list_objects(selection);
  return std::ranges::find(objects, reference, &Object::reference) != objects.end();
}

bool is_now(const Reference& reference, What what) {
  return wait_for(reference, {what}, Deadline::immediate());
}

}  // namespace

TEST_CASE("inventory: a mailbox agrees with its file") {
  const auto mailbox = ScratchMailbox::posix();
  CHECK_FALSE(find_object(mailbox));
  REQUIRE(Mailbox::create(mailbox, {.mode = 0640, .size = 5000, .on_full = OnFull::drop}));
  struct stat file;
  REQUIRE(::stat(file_of(mailbox).c_str(), &file) == 0);
  const auto object = find_object(mailbox).value();
  CHECK(object.reference == mailbox.get());
  CHECK(object.api == Api::posix);
  CHECK(object.mode == 0640);
  CHECK(object.file == FileIdentity{file.st_dev, file.st_ino});
  CHECK(size_of(object) == 8192u);
  const auto status = std::get<MailboxStatus>(object.status);
  CHECK(status.on_full == OnFull::drop);
  CHECK(status.messages == 0u);
  CHECK(status.sent == 0u);
  CHECK(status.dropped == 0u);
  CHECK(status.senders == 0u);
  CHECK(status.receivers.value().empty());
  CHECK(is_listed(mailbox, {}));
  CHECK(is_listed(mailbox, {.kinds = {Kind::mb}, .apis = {Api::posix}}));
  CHECK_FALSE(is_listed(mailbox, {.kinds = {Kind::mb}, .apis = {Api::sysv}}));
  CHECK_FALSE(is_listed(mailbox, {.kinds = {Kind::shm, Kind::sem}}));
}

TEST_CASE("inventory: who receives from a mailbox, and how far behind each is") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {.size = 4096}));
  auto sender = Mailbox::Sender::open(mailbox);
  auto fast = Mailbox::Receiver::open(mailbox, StartAt::now);
  const auto slow = Mailbox::Receiver::open(mailbox, StartAt::now);
  CHECK(is_now(mailbox, What::empty));
  for (int i = 0; i < 2; ++i) REQUIRE(send(sender, std::string(1000, 'x')) == Mailbox::Sender::Outcome::sent);
  REQUIRE(receive(fast));
  fast.release();
  const auto status = status_of(mailbox);
  CHECK(status.senders == 1u);
  CHECK(status.messages == 2u);
  CHECK(status.sent == 2u);
  REQUIRE(status.receivers.value().size() == 2);
  for (const auto& receiver : *status.receivers) {
    CHECK(receiver.process.pid == ::getpid());
    CHECK_FALSE(receiver.process.command.empty());
    CHECK_FALSE(receiver.is_stopped);
  }
  CHECK(status.receivers->at(0).messages + status.receivers->at(1).messages == 3);
  const auto fill = fill_of(status);
  CHECK((fill >= 2000 * 100 / 4096 && fill <= 60u));
  CHECK(is_now(mailbox, What::nonempty));
  CHECK(is_now(mailbox, What::readers));
  CHECK(is_now(mailbox, What::writers));
  CHECK_FALSE(is_now(mailbox, What::unattached));
  CHECK(is_unused(find_object(mailbox).value()) == Answer::no);
}

TEST_CASE("inventory: a stopped receiver is told, and a dead one is none") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {.size = 4096}));
  ChildProcess child{[&] {
    const auto receiver = Mailbox::Receiver::open(mailbox, StartAt::now);
    ::raise(SIGSTOP);
    return 0;
  }};
  int state = 0;
  REQUIRE(::waitpid(child.pid(), &state, WUNTRACED) == child.pid());
  REQUIRE(WIFSTOPPED(state));
  const auto receivers = status_of(mailbox).receivers.value();
  ::kill(child.pid(), SIGKILL);
  REQUIRE(receivers.size() == 1);
  CHECK(receivers[0].process.pid == child.pid());
  CHECK(receivers[0].is_stopped);
  child.wait();
  CHECK(status_of(mailbox).receivers.value().empty());
  CHECK_FALSE(is_now(mailbox, What::readers));
  CHECK(is_now(mailbox, What::empty));
}

TEST_CASE("inventory: a file that is no mailbox is not listed, and an error by its name") {
  const auto mailbox = ScratchMailbox::posix();
  for (const auto size : {1, 1 << 20}) {
    write_file(file_of(mailbox), std::string(static_cast<std::size_t>(size), 'x'));
    CHECK_FALSE(is_listed(mailbox, {.kinds = {Kind::mb}}));
    CHECK(error_of([&] { find_object(mailbox); }).reason() == "it is no mailbox");
  }
  std::filesystem::remove(file_of(mailbox));
}

TEST_CASE("inventory: a mailbox is removed once, and not another that has got its name") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {}));
  auto object = find_object(mailbox).value();
  CHECK(remove_object_if_same(object));
  CHECK_FALSE(remove_object_if_same(object));
  REQUIRE(Mailbox::create(mailbox, {}));
  object = find_object(mailbox).value();
  ++object.file->inode;
  CHECK_FALSE(remove_object_if_same(object));
  CHECK(remove_object_if_exists(mailbox));
  CHECK_FALSE(remove_object_if_exists(mailbox));
}

TEST_CASE("change: a mailbox gets another mode, and keeps its size") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {}));
  CHECK(change_if_exists(mailbox, {.mode = 0644}));
  CHECK(find_object(mailbox).value().mode == 0644);
  CHECK(error_of([&] { change_if_exists(mailbox, {.size = 4096}); }).reason() == "a mailbox keeps its size");
}

TEST_CASE("filter: a mailbox by its name, and by that of its file") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {}));
  const auto object = find_object(mailbox).value();
  for (const auto* pattern : {"ipcutils-test-*", "/ipcutils-test-*", "mb.ipcutils-test-*"})
    CHECK(NamePattern{pattern}.matches(object));
  for (const auto* pattern : {"sem.ipcutils-test-*", "m*"}) CHECK_FALSE(NamePattern{pattern}.matches(object));
}

TEST_CASE("memory account: mailboxes have a part of their own") {
  const auto mailbox = ScratchMailbox::posix();
  REQUIRE(Mailbox::create(mailbox, {.size = 1 << 20}));
  const auto account = account_for_memory();
  const auto part = std::ranges::find(account.parts, MemoryPart::What::mailboxes, &MemoryPart::what);
  REQUIRE(part != account.parts.end());
  CHECK(part->files >= 1);
  CHECK(part->bytes >= std::uint64_t{1} << 20);
}
