#include <ipcutils/fifo.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <ipcutils/interruption.hpp>
#include <ipcutils/wait.hpp>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

// A FIFO in a directory of its own.
struct ScratchFifo {
  TemporaryDirectory directory;
  std::string path = directory.path("fifo");
  Fifo fifo = Fifo::create(path).value();
};

mode_t mode_of(const std::string& path) {
  struct stat status;
  require_call(::lstat(path.c_str(), &status), "lstat");
  return status.st_mode;
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

FileDescriptor writer_of(const Fifo& fifo) { return fifo.open_writer(Deadline::immediate()).value(); }

bool is_cloexec(const FileDescriptor& file) { return (::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0; }
bool is_nonblocking(const FileDescriptor& file) { return (::fcntl(file.get(), F_GETFL) & O_NONBLOCK) != 0; }

}  // namespace

TEST_CASE("fifo: a new one has the mode that was asked for, whatever the umask") {
  const TemporaryDirectory directory;
  const mode_t mask = GENERATE(as<mode_t>{}, 0, 077, 0777);
  const mode_t mode = GENERATE(as<mode_t>{}, 0, 0600, 0640, 0777);
  CAPTURE(mask, mode);
  const Umask umask{mask};
  const auto fifo = Fifo::create(directory.path("x"), mode);
  REQUIRE(fifo);
  CHECK(mode_of(directory.path("x")) == (S_IFIFO | mode));
  CHECK(fifo->reference() == Reference{Kind::fifo, FilePath{directory.path("x")}});
}

TEST_CASE("fifo: the mode is 600 unless told otherwise") {
  const ScratchFifo scratch;
  CHECK(mode_of(scratch.path) == (S_IFIFO | 0600));
}

TEST_CASE("fifo: what exists, whatever it is, is no new one and stays") {
  const TemporaryDirectory directory;
  const auto path = directory.path("x");
  SECTION("a FIFO") { require_call(::mkfifo(path.c_str(), 0640), "mkfifo"); }
  SECTION("a file") { write_file(path, "text"); }
  SECTION("a directory") { require_call(::mkdir(path.c_str(), 0700), "mkdir"); }
  SECTION("a link that leads nowhere") {
    require_call(::symlink(directory.path("y").c_str(), path.c_str()), "symlink");
  }
  const auto before = mode_of(path);
  CHECK_FALSE(Fifo::create(path));
  CHECK(mode_of(path) == before);
  CHECK_FALSE(exists(directory.path("y")));
}

TEST_CASE("fifo: a directory that is missing is an error of creating, and none of opening") {
  const TemporaryDirectory directory;
  const auto path = directory.path("missing/x");
  const auto error = error_of([&] { Fifo::create(path); });
  CHECK(error.code() == std::errc::no_such_file_or_directory);
  CHECK(error.attempt() == "cannot create FIFO '" + path + "'");
  CHECK_FALSE(Fifo::open_if_exists(path));
  CHECK_FALSE(Fifo::open_if_exists(directory.path("x")));
}

TEST_CASE("fifo: what is no FIFO is refused, and links are not followed") {
  const TemporaryDirectory directory;
  const auto path = directory.path("x");
  std::string reason;
  SECTION("a file") {
    write_file(path, "text");
    reason = "it is a regular file";
  }
  SECTION("a directory") {
    require_call(::mkdir(path.c_str(), 0700), "mkdir");
    reason = "it is a directory";
  }
  SECTION("a link to a FIFO") {
    require_call(::mkfifo(directory.path("y").c_str(), 0600), "mkfifo");
    require_call(::symlink(directory.path("y").c_str(), path.c_str()), "symlink");
    reason = "it is a symbolic link, which is not followed";
  }
  for (const auto trust : {Trust::anybody, Trust::self_and_root}) {
    const auto error = error_of([&] { Fifo::open_if_exists(path, trust); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.what() == "cannot open FIFO '" + path + "': " + reason);
  }
}

TEST_CASE("fifo: one of another user is for those who trust anybody") {
  if (::geteuid() != 0) return;
  const ScratchFifo scratch;
  CHECK(Fifo::open_if_exists(scratch.path, Trust::self_and_root));
  require_call(::chown(scratch.path.c_str(), other_user(), 0), "chown");
  CHECK(Fifo::open_if_exists(scratch.path, Trust::anybody));
  const auto error = error_of([&] { Fifo::open_if_exists(scratch.path, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint().find("uid " + std::to_string(other_user())) != std::string::npos);
}

TEST_CASE("fifo: to have it is to have none of its ends") {
  const ScratchFifo scratch;
  const auto again = Fifo::open_if_exists(scratch.path).value();
  const FileDescriptor writer{::open(scratch.path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  CHECK_FALSE(writer.is_open());
  CHECK(errno == ENXIO);
}

TEST_CASE("fifo: its ends do not block where they must not, and are not inherited") {
  const ScratchFifo scratch;
  const auto reader = scratch.fifo.open_reader();
  const auto writer = writer_of(scratch.fifo);
  CHECK(is_nonblocking(reader));
  CHECK(is_cloexec(reader));
  CHECK(is_cloexec(writer));
  char byte;
  CHECK(::read(reader.get(), &byte, 1) == -1);
  CHECK(errno == EAGAIN);
  write_all(writer.get(), "x");
  CHECK(::read(reader.get(), &byte, 1) == 1);
}

TEST_CASE("fifo: it is the same one when its name means another") {
  const ScratchFifo scratch;
  const auto& path = scratch.path;
  require_call(::rename(path.c_str(), scratch.directory.path("old").c_str()), "rename");
  require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
  const auto reader = scratch.fifo.open_reader();
  const FileDescriptor of_old{
      ::open(scratch.directory.path("old").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  CHECK(of_old.is_open());
  const FileDescriptor of_new{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  CHECK_FALSE(of_new.is_open());
}

TEST_CASE("fifo: one that may not be opened is an error") {
  if (::geteuid() == 0) return;  // who may open everything
  const ScratchFifo scratch;
  require_call(::chmod(scratch.path.c_str(), 0), "chmod");
  const auto reading = error_of([&] { scratch.fifo.open_reader(); });
  CHECK(reading.what() == "cannot open FIFO '" + scratch.path + "' for reading: Permission denied");
  const auto writing = error_of([&] { scratch.fifo.open_writer(Deadline::never()); });
  CHECK(writing.what() == "cannot open FIFO '" + scratch.path + "' for writing: Permission denied");
}

TEST_CASE("fifo: removed is what it is, and nothing else that has its name") {
  const ScratchFifo scratch;
  const auto& path = scratch.path;
  SECTION("itself, once") {
    CHECK(scratch.fifo.remove_if_same());
    CHECK_FALSE(exists(path));
    CHECK_FALSE(scratch.fifo.remove_if_same());
  }
  SECTION("another FIFO") {
    require_call(::unlink(path.c_str()), "unlink");
    require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
    CHECK_FALSE(scratch.fifo.remove_if_same());
    CHECK(exists(path));
  }
  SECTION("a link to it") {
    require_call(::rename(path.c_str(), scratch.directory.path("old").c_str()), "rename");
    require_call(::symlink("old", path.c_str()), "symlink");
    CHECK_FALSE(scratch.fifo.remove_if_same());
    CHECK(exists(path));
    CHECK(exists(scratch.directory.path("old")));
  }
  SECTION("a hard link of it is it") {
    require_call(::link(path.c_str(), scratch.directory.path("second").c_str()), "link");
    CHECK(scratch.fifo.remove_if_same());
    CHECK(exists(scratch.directory.path("second")));
  }
}

TEST_CASE("fifo: it is lost when nobody can reach it by its name, and a watch tells when that may be so") {
  const ScratchFifo scratch;
  const auto& [directory, path, fifo] = scratch;
  const auto other = directory.path("other");
  auto watch = fifo.watch();
  CHECK(fifo.is_named());
  CHECK_FALSE(fifo.loss());
  CHECK(wait_for_event(watch.descriptor(), POLLIN, Deadline::immediate()) == Waited::timed_out);
  SECTION("removed") {
    require_call(::unlink(path.c_str()), "unlink");
    CHECK(fifo.loss() == "has been removed");
  }
  SECTION("removed under one of two names") {
    require_call(::link(path.c_str(), other.c_str()), "link");
    require_call(::unlink(path.c_str()), "unlink");
    CHECK_FALSE(fifo.loss());
  }
  SECTION("replaced") {
    require_call(::mkfifo(other.c_str(), 0600), "mkfifo");
    require_call(::rename(other.c_str(), path.c_str()), "rename");
    CHECK(fifo.loss() == "has been replaced");
  }
  SECTION("renamed, and then another gets the name") {
    require_call(::rename(path.c_str(), other.c_str()), "rename");
    CHECK_FALSE(fifo.is_named());
    CHECK_FALSE(fifo.loss());
    CHECK(wait_for_event(watch.descriptor(), POLLIN, Deadline::immediate()) == Waited::ready);
    watch = fifo.watch();
    CHECK(wait_for_event(watch.descriptor(), POLLIN, Deadline::immediate()) == Waited::timed_out);
    require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
    CHECK(fifo.loss() == "has been replaced");
  }
  CHECK(wait_for_event(watch.descriptor(), POLLIN, Deadline::immediate()) == Waited::ready);
}

TEST_CASE("fifo: a replacement has mode and owner of the old one, and takes the name in one step") {
  const ScratchFifo scratch;
  const auto& [directory, path, fifo] = scratch;
  const Umask umask{077};
  require_call(::chmod(path.c_str(), 0666), "chmod");
  if (::geteuid() == 0) require_call(::chown(path.c_str(), other_user(), other_user()), "chown");
  const auto reader = fifo.open_reader();
  const auto fresh = fifo.replace();
  CHECK(fifo.loss() == "has been replaced");
  CHECK(fresh.is_named());
  CHECK(fresh.reference() == fifo.reference());
  struct stat status;
  require_call(::lstat(path.c_str(), &status), "lstat");
  CHECK(status.st_mode == (S_IFIFO | 0666));
  CHECK(status.st_uid == (::geteuid() == 0 ? other_user() : ::geteuid()));
  CHECK_FALSE(fresh.open_writer(Deadline::immediate()));  // the reader has the old one
  CHECK(fifo.open_writer(Deadline::immediate()));
  CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
}

TEST_CASE("fifo: what has the name by now is not replaced") {
  const ScratchFifo scratch;
  const auto& [directory, path, fifo] = scratch;
  require_call(::unlink(path.c_str()), "unlink");
  const bool is_replaced = GENERATE(false, true);
  if (is_replaced) require_call(::mkfifo(path.c_str(), 0640), "mkfifo");
  const auto error = error_of([&] { fifo.replace(); });
  CHECK(error.attempt() == "cannot replace FIFO '" + path + "'");
  CHECK(error.code().value() == ESTALE);
  CHECK(error.hint() == "another file, or none, has its name by now");
  CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == (is_replaced ? 1 : 0));
}

TEST_CASE("fifo: one in a directory that may not be written is not replaced, and the hint says so") {
  if (::geteuid() == 0) return;  // who may write everywhere
  const ScratchFifo scratch;
  require_call(::chmod(scratch.directory.path().c_str(), 0500), "chmod");
  const auto error = error_of([&] { scratch.fifo.replace(); });
  CHECK(error.code() == std::errc::permission_denied);
  CHECK(error.hint() == "its directory may not be written");
  require_call(::chmod(scratch.directory.path().c_str(), 0700), "chmod");
}

TEST_CASE("fifo: a writer waits for a reader") {
  const ScratchFifo scratch;
  CHECK_FALSE(scratch.fifo.open_writer(Deadline::immediate()));
  FileDescriptor reader;
  const auto opener = when_asleep([&] { reader = scratch.fifo.open_reader(); });
  const auto deadline = GENERATE(true, false) ? Deadline::never() : Deadline::after(1min);
  const auto writer = scratch.fifo.open_writer(deadline);
  opener.wait();
  REQUIRE(writer);
  CHECK_FALSE(is_nonblocking(*writer));
  CHECK(scratch.fifo.open_writer(Deadline::immediate()));
}

TEST_CASE("fifo: a reader who waits for a writer in open(2) is let go") {
  const ScratchFifo scratch;
  // Not a thread that might be left: the test would not end.
  ChildProcess child{[&] {
    ::alarm(20);
    const FileDescriptor reader{::open(scratch.path.c_str(), O_RDONLY | O_CLOEXEC)};
    return reader.is_open() ? 0 : 1;
  }};
  CHECK(scratch.fifo.open_writer(Deadline::after(10s)));
  CHECK(child.wait() == 0);
}

TEST_CASE("fifo: the capacity is what the kernel gives, in whole pages") {
  const ScratchFifo scratch;
  const auto reader = scratch.fifo.open_reader();
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  CHECK(set_pipe_capacity(reader.get(), 1, "x") == page);
  const auto writer = writer_of(scratch.fifo);
  CHECK(::fcntl(writer.get(), F_GETPIPE_SZ) == static_cast<int>(page));
  CHECK(set_pipe_capacity(writer.get(), 2 * page + 1, "x") == 4 * page);
  write_all(writer.get(), std::string(3 * page, 'x'));
  const auto busy = error_of([&] { set_pipe_capacity(writer.get(), page, "FIFO 'x'"); });
  CHECK(busy.code() == std::errc::device_or_resource_busy);
  CHECK(busy.attempt() == "cannot give FIFO 'x' a capacity of " + std::to_string(page) + " bytes");
  CHECK_FALSE(busy.hint().empty());
  CHECK(unread_bytes(reader.get()) == 3 * page);
  const auto size = GENERATE(as<std::uint64_t>{}, 1ull << 31, 1ull << 32, ~0ull);
  CHECK(error_of([&] { set_pipe_capacity(writer.get(), size, "x"); }).code() == std::errc::invalid_argument);
}

TEST_CASE("fifo: an ordinary user's capacity is limited, and the error names the limit") {
  if (::geteuid() == 0) return;
  const ScratchFifo scratch;
  const auto reader = scratch.fifo.open_reader();
  const auto error = error_of([&] { set_pipe_capacity(reader.get(), 1u << 30, "x"); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint().find("fs.pipe-max-size") != std::string::npos);
}

TEST_CASE("fifo: whether there is a writer, or what one has left, is asked without taking anything") {
  const ScratchFifo scratch;
  const auto reader = scratch.fifo.open_reader();
  CHECK_FALSE(has_writer(reader.get()));
  auto writer = writer_of(scratch.fifo);
  CHECK(has_writer(reader.get()));
  auto second = writer_of(scratch.fifo);
  writer.reset();
  CHECK(has_writer(reader.get()));
  write_all(second.get(), "ab");
  CHECK(has_writer(reader.get()));
  CHECK(unread_bytes(reader.get()) == 2);
  second.reset();
  CHECK(has_writer(reader.get()));  // what it has left
  CHECK(read_all(reader.get()) == "ab");
  CHECK_FALSE(has_writer(reader.get()));
}

TEST_CASE("fifo: whether there is a reader") {
  const ScratchFifo scratch;
  auto reader = scratch.fifo.open_reader();
  const auto writer = writer_of(scratch.fifo);
  CHECK(has_reader(writer.get()));
  ::fcntl(writer.get(), F_SETFL, O_NONBLOCK);
  while (::write(writer.get(), "x", 1) == 1) continue;  // also when it is full
  CHECK(has_reader(writer.get()));
  reader.reset();
  CHECK_FALSE(has_reader(writer.get()));
  reader = scratch.fifo.open_reader();
  CHECK(has_reader(writer.get()));
}

TEST_CASE("fifo: drained is what is empty, with a reader or without") {
  const ScratchFifo scratch;
  auto reader = scratch.fifo.open_reader();
  const auto writer = writer_of(scratch.fifo);
  CHECK(wait_until_drained(writer.get(), Deadline::immediate()) == Drained::yes);
  write_all(writer.get(), "text");
  CHECK(unread_bytes(writer.get()) == 4);
  CHECK(wait_until_drained(writer.get(), Deadline::immediate()) == Drained::too_late);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(wait_until_drained(writer.get(), Deadline::after(20ms)) == Drained::too_late);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  SECTION("the reader reads") {
    const auto reading = when_asleep([&] { read_all(reader.get()); });
    CHECK(wait_until_drained(writer.get(), Deadline::never()) == Drained::yes);
    reading.wait();
    reader.reset();
    CHECK(wait_until_drained(writer.get(), Deadline::never()) == Drained::yes);
  }
  SECTION("the reader goes") {
    const auto leaving = when_asleep([&] { reader.reset(); });
    CHECK(wait_until_drained(writer.get(), Deadline::never()) == Drained::reader_left);
    leaving.wait();
    CHECK(unread_bytes(writer.get()) == 4);
    CHECK(wait_until_drained(writer.get(), Deadline::immediate()) == Drained::reader_left);
  }
  SECTION("a signal comes") {
    const Interruption interruption{SIGUSR1};
    const auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
    CHECK(wait_until_drained(writer.get(), Deadline::never().interrupted_by(interruption)) ==
          Drained::too_late);
    sender.wait();
  }
}

TEST_CASE("fifo: a reader who reads the last byte and goes at once has read all") {
  const ScratchFifo scratch;
  for (int round = 0; round < 300; ++round) {
    auto reader = scratch.fifo.open_reader();
    const auto writer = writer_of(scratch.fifo);
    write_all(writer.get(), "x");
    const auto reading = std::async(std::launch::async, [&] {
      char byte;
      [[maybe_unused]] const auto count = ::read(reader.get(), &byte, 1);
      reader.reset();
    });
    REQUIRE(wait_until_drained(writer.get(), Deadline::after(10s)) == Drained::yes);
  }
}

TEST_CASE("fifo: an end for reading that is new does not see the writers that have gone") {
  const ScratchFifo scratch;
  const auto old = scratch.fifo.open_reader();
  writer_of(scratch.fifo).reset();
  pollfd entries[]{{old.get(), POLLIN, 0}, {-1, POLLIN, 0}};
  const auto fresh = scratch.fifo.open_reader();
  entries[1].fd = fresh.get();
  CHECK(::poll(entries, 2, 0) == 1);
  CHECK((entries[0].revents & POLLHUP) != 0);
  writer_of(scratch.fifo).reset();
  CHECK(::poll(entries, 2, 0) == 2);
}
