#include <fcntl.h>
#include <unistd.h>

#include <ipcutils/condition.hpp>
#include <ipcutils/fifo.hpp>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct ScratchFifo {
  TemporaryDirectory directory;
  std::string path = directory.path("fifo");
  Reference reference{Kind::fifo, FilePath{path}};
  Fifo fifo = Fifo::create(path, 0640).value();
};

FifoStatus status_of(const Reference& reference) {
  return std::get<FifoStatus>(find_object(reference).value().status);
}

}  // namespace

TEST_CASE("inventory: a FIFO that nobody has open") {
  const ScratchFifo scratch;
  const auto object = find_object(scratch.reference).value();
  CHECK(object.reference == scratch.reference);
  CHECK(object.api == Api::file);
  CHECK(object.mode == 0640);
  CHECK(object.uid == ::geteuid());
  const auto status = std::get<FifoStatus>(object.status);
  CHECK(status.readers == 0);
  CHECK(status.writers == 0);
  CHECK_FALSE(status.bytes);
}

TEST_CASE("inventory: the readers and writers of a FIFO, and what is in it") {
  const ScratchFifo scratch;
  auto reader = scratch.fifo.open_reader();
  CHECK(status_of(scratch.reference).readers == 1);
  CHECK(status_of(scratch.reference).writers == 0);
  const auto writer = scratch.fifo.open_writer(Deadline::immediate()).value();
  REQUIRE(::write(writer.get(), "hello", 5) == 5);
  auto status = status_of(scratch.reference);
  CHECK(status.writers == 1);
  CHECK(status.bytes == 5u);
  // A process counts once, however often it has it open.
  const auto second_reader = scratch.fifo.open_reader();
  CHECK(status_of(scratch.reference).readers == 1);
}

TEST_CASE("inventory: what has the path and is no FIFO is an error, and nothing is nothing") {
  const ScratchFifo scratch;
  CHECK_FALSE(find_object({Kind::fifo, FilePath{scratch.directory.path("none")}}));
  CHECK_FALSE(find_object({Kind::fifo, FilePath{scratch.path + "/none"}}));
  const Reference directory{Kind::fifo, FilePath{scratch.directory.path()}};
  CHECK(error_of([&] { find_object(directory); }).reason() == "it is no FIFO");
}

TEST_CASE("inventory: a FIFO is removed once, and not one that has got its name") {
  const ScratchFifo scratch;
  const auto object = find_object(scratch.reference).value();
  CHECK(remove_object_if_exists(scratch.reference));
  CHECK_FALSE(remove_object_if_exists(scratch.reference));
  const auto other = Fifo::create(scratch.path).value();
  const bool has_same_inode = find_object(scratch.reference).value().file == object.file;
  if (!has_same_inode) CHECK_FALSE(remove_object_if_same(object));
}

TEST_CASE("condition: what happens to a FIFO is noticed") {
  const ScratchFifo scratch;
  FileDescriptor reader;
  const Condition readers{Condition::What::readers};
  CHECK_FALSE(wait_for(scratch.reference, readers, Deadline::immediate()));
  const auto opened = when_asleep([&] { reader = scratch.fifo.open_reader(); });
  CHECK(wait_for(scratch.reference, readers, Deadline::after(10s)));
  opened.wait();

  const auto writer = scratch.fifo.open_writer(Deadline::immediate()).value();
  const Condition nonempty{Condition::What::nonempty};
  CHECK_FALSE(wait_for(scratch.reference, nonempty, Deadline::immediate()));
  const auto written = when_asleep([&] { REQUIRE(::write(writer.get(), "x", 1) == 1); });
  CHECK(wait_for(scratch.reference, nonempty, Deadline::after(10s)));
  written.wait();
}
