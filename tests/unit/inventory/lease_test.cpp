#include "inventory/lease.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <functional>

#include "catch.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// One object of each kind that POSIX has, and how programs open it.
class EveryKind {
 public:
  EveryKind() {
    make_object(m_memory, "content");
    make_semaphores(m_semaphore);
    make_queue(m_queue);
  }

  struct Row {
    Reference reference;
    std::function<int(int flags)> open;
  };
  const std::array<Row, 3>& rows() const { return m_rows; }

 private:
  static int open_file(const std::string& path, int flags) {
    return require_call(::open(path.c_str(), flags | O_CLOEXEC), "open");
  }

  ScratchReference m_memory = ScratchReference::posix();
  ScratchSemaphores m_semaphore = ScratchSemaphores::posix();
  ScratchQueue m_queue = ScratchQueue::posix();
  std::array<Row, 3> m_rows{
      Row{m_memory, [this](int flags) { return open_file(m_memory.path(), flags); }},
      Row{m_semaphore,
          [this](int flags) {
            return open_file(std::string{"/dev/shm/sem."} + (m_semaphore.posix_name() + 1), flags);
          }},
      Row{m_queue,
          [this](int flags) { return require_call(::mq_open(m_queue.posix_name(), flags), "mq_open"); }}};
};

Answer is_in_use(const Reference& reference) { return ipcutils::is_in_use(find_object(reference).value()); }

// Not every file system knows leases.
ScratchReference file_on_tmpfs() {
  return ScratchReference{{Kind::shm, FilePath{ScratchReference::posix().path()}}};
}

bool is_blocked(int signal) {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return ::sigismember(&blocked, signal) == 1;
}

}  // namespace

TEST_CASE("lease: what nobody has open is not in use") {
  for (const EveryKind kinds; const auto& [reference, open] : kinds.rows()) {
    CAPTURE(reference.to_string());
    CHECK(is_in_use(reference) == Answer::no);
    CHECK(is_in_use(reference) == Answer::no);  // the first one has left none
  }
}

TEST_CASE("lease: what somebody has open is in use, for whatever") {
  for (const EveryKind kinds; const auto& [reference, open] : kinds.rows())
    for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
      CAPTURE(reference.to_string(), flags);
      FileDescriptor file{open(flags)};
      CHECK(is_in_use(reference) == Answer::yes);
      file.reset();
      CHECK(is_in_use(reference) == Answer::no);
    }
}

TEST_CASE("lease: what somebody has mapped is in use") {
  const EveryKind kinds;
  for (const auto& [reference, open] : {kinds.rows()[0], kinds.rows()[1]})
    for (const int protection : {PROT_READ, PROT_READ | PROT_WRITE}) {
      CAPTURE(reference.to_string(), protection);
      FileDescriptor file{open(protection == PROT_READ ? O_RDONLY : O_RDWR)};
      void* const memory = ::mmap(nullptr, 4096, protection, MAP_SHARED, file.get(), 0);
      REQUIRE(memory != MAP_FAILED);
      file.reset();
      CHECK(is_in_use(reference) == Answer::yes);
      ::munmap(memory, 4096);
      CHECK(is_in_use(reference) == Answer::no);
    }
}

TEST_CASE("lease: a mapped file that somebody has open or mapped, also by a link") {
  const auto reference = file_on_tmpfs();
  make_object(reference, "content");
  const TemporaryDirectory directory;
  const auto link = ScratchReference::file(directory);
  REQUIRE(::symlink(reference.path().c_str(), link.path().c_str()) == 0);
  for (const auto* each : {&reference, &link}) {
    CHECK(is_in_use(*each) == Answer::no);
    FileDescriptor file{require_call(::open(reference.path().c_str(), O_RDONLY | O_CLOEXEC), "open")};
    CHECK(is_in_use(*each) == Answer::yes);
    void* const memory = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file.get(), 0);
    REQUIRE(memory != MAP_FAILED);
    file.reset();
    CHECK(is_in_use(*each) == Answer::yes);
    ::munmap(memory, 4096);
    CHECK(is_in_use(*each) == Answer::no);
  }
}

TEST_CASE("lease: what has another object's name is unknown") {
  for (const EveryKind kinds; const auto& [reference, open] : kinds.rows()) {
    CAPTURE(reference.to_string());
    auto object = find_object(reference).value();
    ++object.file->inode;
    CHECK(ipcutils::is_in_use(object) == Answer::unknown);
    object = find_object(reference).value();
    REQUIRE(remove_object_if_exists(reference));
    CHECK(ipcutils::is_in_use(object) == Answer::unknown);
  }
}

TEST_CASE("lease: System V objects have no file") {
  const auto segment = ScratchReference::sysv();
  make_object(segment, "content");
  const auto set = ScratchSemaphores::sysv();
  make_semaphores(set);
  const auto queue = ScratchQueue::sysv();
  make_queue(queue);
  for (const Reference& reference : {segment.get(), set.get(), queue.get()})
    CHECK(is_in_use(reference) == Answer::unknown);
}

TEST_CASE("lease: others' objects are unknown, as are those that may not be read") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content", 0644);
  const auto object = find_object(reference).value();
  if (::geteuid() == 0) {
    const auto ask_as_other = [&] {
      return ChildProcess{[&] {
               require_call(::seteuid(other_user()), "seteuid");
               return static_cast<int>(ipcutils::is_in_use(object));
             }}
          .wait();
    };
    CHECK(ask_as_other() == static_cast<int>(Answer::unknown));
    const FileDescriptor held{::open(reference.path().c_str(), O_RDONLY | O_CLOEXEC)};
    CHECK(ask_as_other() == static_cast<int>(Answer::unknown));
    REQUIRE(::chmod(reference.path().c_str(), 0600) == 0);
    CHECK(ask_as_other() == static_cast<int>(Answer::unknown));
  } else {
    REQUIRE(::chmod(reference.path().c_str(), 0) == 0);
    CHECK(is_in_use(reference) == Answer::unknown);
  }
}

TEST_CASE("lease: a link or a FIFO that took the name is unknown, and is not waited for") {
  const auto reference = ScratchReference::posix(), target = ScratchReference::posix();
  make_object(reference, "content");
  make_object(target, "content");
  const auto object = find_object(reference).value();
  auto of_target = find_object(target).value();
  of_target.reference = reference;
  REQUIRE(::unlink(reference.path().c_str()) == 0);
  REQUIRE(::symlink(target.path().c_str(), reference.path().c_str()) == 0);
  CHECK(ipcutils::is_in_use(object) == Answer::unknown);
  CHECK(ipcutils::is_in_use(of_target) == Answer::unknown);
  REQUIRE(::unlink(reference.path().c_str()) == 0);
  REQUIRE(::mkfifo(reference.path().c_str(), 0600) == 0);
  CHECK(ipcutils::is_in_use(object) == Answer::unknown);
  ::unlink(reference.path().c_str());
}

TEST_CASE("lease: signals are as before") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  CHECK(is_in_use(reference) == Answer::no);
  CHECK_FALSE(is_blocked(SIGIO));
  CHECK_FALSE(is_blocked(SIGTERM));
}

TEST_CASE("lease: who opens the object meanwhile waits for no longer than a moment, and no signal is seen") {
  static std::atomic<int> signals;
  signals = 0;
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) { ++signals; };
  REQUIRE(::sigaction(SIGIO, &action, &old) == 0);
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto object = find_object(reference).value();

  ChildProcess opener{[&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) FileDescriptor{::open(reference.path().c_str(), O_RDWR | O_CLOEXEC)};
    return 0;
  }};
  // Not in the first thread of the process, which is the one that gets what is sent to the process.
  bool was_free = false;
  std::thread{[&] {
    const auto ask = [&] { return ipcutils::is_in_use(object) == Answer::no; };
    for (int i = 0; i < 3000; ++i) was_free |= ask();
    was_free |= eventually(ask);
  }}.join();
  ::kill(opener.pid(), SIGKILL);
  opener.wait();
  ::sigaction(SIGIO, &old, nullptr);
  CHECK(was_free);
  CHECK(signals == 0);
}
