#include <ipcutils/change.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "core/sysctl.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// One of each kind and API.
class EveryObject {
 public:
  EveryObject() {
    for (const auto* reference : m_memory.references()) {
      make_object(*reference, "content");
      m_references.push_back(*reference);
    }
    for (const auto& reference : m_queues) {
      make_queue(reference);
      m_references.push_back(reference);
    }
    for (const auto& reference : m_semaphores) {
      make_semaphores(reference);
      m_references.push_back(reference);
    }
  }

  auto begin() const { return m_references.begin(); }
  auto end() const { return m_references.end(); }

 private:
  EveryApi m_memory;
  BothApis<ScratchQueue> m_queues;
  BothApis<ScratchSemaphores> m_semaphores;
  std::vector<Reference> m_references;
};

const Reference missing[] = {{Kind::shm, PosixName{"/ipcutils-test-none"}},
                             {Kind::shm, SysvId{2147483647}},
                             {Kind::shm, SysvKey{0x7fffffff}},
                             {Kind::shm, FilePath{"/nonexistent/file"}},
                             {Kind::mq, PosixName{"/ipcutils-test-none"}},
                             {Kind::mq, SysvId{2147483647}},
                             {Kind::sem, PosixName{"/ipcutils-test-none"}},
                             {Kind::sem, SysvId{2147483647}}};

Object object_at(const Reference& reference) { return find_object(reference).value(); }

std::uint64_t size_of(const Reference& reference) {
  return std::get<SharedMemoryStatus>(object_at(reference).status).size;
}
bool is_locked(const Reference& reference) {
  return std::get<SharedMemoryStatus>(object_at(reference).status).locked;
}
std::optional<std::uint64_t> max_bytes_of(const Reference& reference) {
  return std::get<MessageQueueStatus>(object_at(reference).status).max_bytes;
}

int error_of_change(const Reference& reference, const ObjectChange& change) {
  return error_of([&] { change_if_exists(reference, change); }).code().value();
}

// The exit status of a process of another user that does this: 0 for true.
int as_other_user(const std::function<bool()>& work) {
  return ChildProcess{[&] {
           require_call(::setgid(other_user()), "setgid");
           require_call(::setuid(other_user()), "setuid");
           return work() ? 0 : 1;
         }}
      .wait()
      .value_or(-1);
}

bool fails_with(int errnum, const Reference& reference, const ObjectChange& change) {
  try {
    change_if_exists(reference, change);
  } catch (const Error& error) {
    return error.code().value() == errnum;
  }
  return false;
}

}  // namespace

TEST_CASE("change: whether there is any") {
  CHECK_FALSE(ObjectChange{}.is_any());
  for (const auto& change :
       {ObjectChange{.owner = 0}, ObjectChange{.group = 0}, ObjectChange{.mode = 0}, ObjectChange{.size = 0},
        ObjectChange{.max_bytes = 0}, ObjectChange{.is_locked = false}})
    CHECK(change.is_any());
}

TEST_CASE("change: the mode of every kind of object, whatever the umask") {
  const Umask umask{077};
  for (const auto& reference : EveryObject{}) {
    CAPTURE(reference.to_string());
    const auto before = object_at(reference);
    for (const mode_t mode : {0640, 0604, 0666}) {
      CHECK(change_if_exists(reference, {.mode = mode}));
      const auto object = object_at(reference);
      CHECK(object.mode == mode);
      CHECK(object.uid == before.uid);
      CHECK(object.gid == before.gid);
      CHECK(object.file == before.file);
      CHECK(object.id == before.id);
    }
  }
}

TEST_CASE("change: permission to execute means nothing to System V") {
  for (const auto& reference : EveryObject{}) {
    CAPTURE(reference.to_string());
    CHECK(change_if_exists(reference, {.mode = 0711}));
    CHECK(object_at(reference).mode == (object_at(reference).id ? 0600 : 0711));
  }
}

TEST_CASE("change: what its owner may not open gets its permissions back") {
  const EveryApi memory;
  const BothApis<ScratchSemaphores> semaphores;
  std::vector<Reference> references;
  for (const auto* reference : memory.references()) {
    make_object(*reference, "content", 0);
    references.push_back(*reference);
  }
  for (const auto& reference : semaphores) {
    SemaphoreSet::create(reference, {.mode = 0});
    references.push_back(reference);
  }
  for (const auto& reference : references) {
    CAPTURE(reference.to_string());
    CHECK(object_at(reference).mode == 0);
    CHECK(change_if_exists(reference, {.mode = 0600}));
    CHECK(object_at(reference).mode == 0600);
  }
}

TEST_CASE("change: nothing at all") {
  for (const auto& reference : EveryObject{}) {
    CAPTURE(reference.to_string());
    const auto before = object_at(reference);
    CHECK(change_if_exists(reference, {}));
    const auto after = object_at(reference);
    CHECK(after.mode == before.mode);
    CHECK(after.uid == before.uid);
    CHECK(after.gid == before.gid);
  }
}

TEST_CASE("change: owner and group, each alone and together") {
  const auto other = other_user(), self = ::geteuid();
  const auto own_group = ::getegid();
  for (const auto& reference : EveryObject{}) {
    CAPTURE(reference.to_string());
    const bool is_file = !object_at(reference).id;
    if (::geteuid() != 0 && is_file) {
      CHECK(error_of_change(reference, {.owner = other}) == EPERM);
      CHECK(error_of_change(reference, {.group = other}) == EPERM);
      CHECK(object_at(reference).uid == self);
      continue;
    }
    CHECK(change_if_exists(reference, {.group = other}));
    CHECK(object_at(reference).uid == self);
    CHECK(object_at(reference).gid == other);
    CHECK(change_if_exists(reference, {.owner = other}));
    CHECK(object_at(reference).uid == other);
    CHECK(object_at(reference).gid == other);
    CHECK(object_at(reference).mode == 0600);
    // The creator of a System V object may take it back.
    CHECK(change_if_exists(reference, {.owner = self, .group = own_group, .mode = 0640}));
    CHECK(object_at(reference).uid == self);
    CHECK(object_at(reference).gid == own_group);
    CHECK(object_at(reference).mode == 0640);
  }
}

TEST_CASE("change: a mode that comes with an owner stays") {
  if (::geteuid() != 0) return;
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  // By chown(2) a set-group-ID bit goes, and the other way round it would.
  CHECK(change_if_exists(reference, {.owner = other_user(), .mode = 02710}));
  struct stat status;
  REQUIRE(::stat(reference.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 02710);
}

TEST_CASE("change: others' objects stay as they are") {
  if (::geteuid() != 0) return;
  const EveryObject objects;
  for (const auto& reference : objects) {
    if (std::holds_alternative<FilePath>(reference.name)) continue;  // its directory is closed to others
    CAPTURE(reference.to_string());
    REQUIRE(change_if_exists(reference, {.mode = 0666}));
    CHECK(as_other_user([&] { return fails_with(EPERM, reference, {.mode = 0600}); }) == 0);
    CHECK(as_other_user([&] { return fails_with(EPERM, reference, {.owner = other_user()}); }) == 0);
    CHECK(object_at(reference).mode == 0666);
    CHECK(object_at(reference).uid == 0);
  }
}

TEST_CASE("change: the size of shared memory and files") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    if (!std::holds_alternative<PosixName>(reference->get().name) &&
        !std::holds_alternative<FilePath>(reference->get().name))
      continue;
    CAPTURE(reference->get().to_string());
    make_object(*reference, "content");
    CHECK(change_if_exists(*reference, {.size = 10}));
    CHECK(read_file(reference->path()) == std::string{"content\0\0\0", 10});
    CHECK(change_if_exists(*reference, {.size = 4}));
    CHECK(read_file(reference->path()) == "cont");
    CHECK(change_if_exists(*reference, {.size = 5}));
    CHECK(read_file(reference->path()) == std::string{"cont\0", 5});  // what was cut off has gone
    CHECK(change_if_exists(*reference, {.size = 0}));
    CHECK(size_of(*reference) == 0);
  }
}

TEST_CASE("change: more memory is there before it is touched") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  CHECK(change_if_exists(reference, {.size = 100'000}));
  struct stat status;
  REQUIRE(::stat(reference.path().c_str(), &status) == 0);
  CHECK(status.st_size == 100'000);
  CHECK(status.st_blocks * 512 >= 100'000);
}

TEST_CASE("change: a size for which there is no room changes nothing") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  for (const auto size : {std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    const int errnum = error_of_change(reference, {.mode = 0640, .size = size});
    CHECK((errnum == ENOSPC || errnum == EFBIG));
    CHECK(size_of(reference) == 7);
    CHECK(object_at(reference).mode == 0600);
  }
}

TEST_CASE("change: how much a System V queue holds") {
  const auto reference = ScratchQueue::sysv();
  auto queue = make_queue(reference);
  REQUIRE(send(queue, "one"));
  CHECK(change_if_exists(reference, {.max_bytes = 100}));
  CHECK(max_bytes_of(reference) == 100u);
  CHECK(object_at(reference).mode == 0600);
  CHECK(change_if_exists(reference, {.mode = 0640, .max_bytes = 3}));
  CHECK(max_bytes_of(reference) == 3u);
  CHECK(object_at(reference).mode == 0640);
  CHECK_FALSE(send(queue, "two"));
  CHECK(change_if_exists(reference, {.max_bytes = 6}));
  CHECK(send(queue, "two"));
  CHECK(drain(queue) == "one two");
}

TEST_CASE("change: a queue that would hold more than it may stays as it is") {
  const auto reference = ScratchQueue::sysv();
  make_queue(reference);
  const auto limit = sysctl("kernel.msgmnb").value();
  const auto is_refused = [&] {
    try {
      change_if_exists(reference, {.mode = 0640, .max_bytes = limit + 1});
    } catch (const Error& error) {
      return error.code().value() == EPERM && error.hint().find("kernel.msgmnb") != std::string::npos;
    }
    return false;
  };
  if (::geteuid() == 0) {
    REQUIRE(change_if_exists(reference, {.owner = other_user()}));
    CHECK(as_other_user(is_refused) == 0);
  } else {
    CHECK(is_refused());
  }
  CHECK(object_at(reference).mode == 0600);
  CHECK(max_bytes_of(reference) == 256u);
}

TEST_CASE("change: a segment is locked in memory and no longer") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  struct rlimit limit;
  REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  if (::geteuid() != 0 && limit.rlim_cur < 4096) return;
  CHECK(change_if_exists(reference, {.is_locked = true}));
  CHECK(is_locked(reference));
  CHECK(change_if_exists(reference, {.mode = 0640}));
  CHECK(is_locked(reference));
  CHECK(object_at(reference).mode == 0640);
  CHECK(change_if_exists(reference, {.mode = 0600, .is_locked = false}));
  CHECK_FALSE(is_locked(reference));
  CHECK(object_at(reference).mode == 0600);
}

TEST_CASE("change: a segment that may not be locked stays as it is") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, pattern(100'000));
  const auto is_refused = [&](int errnum) {
    const struct rlimit small { 4096, 4096 };
    require_call(::setrlimit(RLIMIT_MEMLOCK, &small), "setrlimit");
    try {
      change_if_exists(reference, {.mode = 0640, .is_locked = true});
    } catch (const Error& error) {
      return error.code().value() == errnum && error.hint().find("RLIMIT_MEMLOCK") != std::string::npos;
    }
    return false;
  };
  if (::geteuid() == 0) {
    REQUIRE(change_if_exists(reference, {.owner = other_user()}));
    CHECK(as_other_user([&] { return is_refused(ENOMEM); }) == 0);
  } else {
    CHECK(ChildProcess{[&] { return is_refused(ENOMEM) ? 0 : 1; }}.wait() == 0);
  }
  CHECK_FALSE(is_locked(reference));
  CHECK(object_at(reference).mode == 0600);
}

TEST_CASE("change: what an object of that kind does not have is wrong, and nothing is changed") {
  for (const auto& reference : EveryObject{}) {
    CAPTURE(reference.to_string());
    const bool is_sysv = object_at(reference).id.has_value();
    const struct {
      bool is_possible;
      ObjectChange change;
    } rows[] = {{reference.kind == Kind::shm && !is_sysv, {.mode = 0640, .size = 5}},
                {reference.kind == Kind::mq && is_sysv, {.mode = 0640, .max_bytes = 100}},
                {reference.kind == Kind::shm && is_sysv, {.mode = 0640, .is_locked = false}}};
    for (const auto& [is_possible, change] : rows) {
      if (is_possible) {
        CHECK_NOTHROW(require_changeable(reference, change));
        continue;
      }
      const auto error = error_of([&] { require_changeable(reference, change); });
      CHECK(error.code() == std::errc::invalid_argument);
      CHECK(error.attempt() == "cannot change " + reference.description());
      CHECK(error_of_change(reference, change) == EINVAL);
      CHECK(object_at(reference).mode == 0600);
    }
  }
}

TEST_CASE("change: what is no existing object, and kinds that have nothing to change") {
  for (const Reference& reference : {Reference{Kind::shm, SysvPrivate{}}, Reference{Kind::mq, SysvPrivate{}},
                                     Reference{Kind::fifo, FilePath{"/x"}}}) {
    CHECK(error_of([&] { require_changeable(reference, {}); }).code() == std::errc::invalid_argument);
    CHECK(error_of_change(reference, {.mode = 0600}) == EINVAL);
  }
}

TEST_CASE("change: a missing object is a value") {
  for (const auto& reference : missing) {
    CAPTURE(reference.to_string());
    CHECK_FALSE(change_if_exists(reference, {.mode = 0600}));
  }
  CHECK_FALSE(change_if_exists(missing[0], {.size = 5}));
}

TEST_CASE("change: of a link in /dev/shm neither it nor its target is changed") {
  const auto link = ScratchReference::posix(), target = ScratchReference::posix();
  make_object(target, "content");
  REQUIRE(::symlink(target.path().c_str(), link.path().c_str()) == 0);
  CHECK_FALSE(change_if_exists(link, {.mode = 0666}));
  CHECK_FALSE(change_if_exists(link, {.size = 0}));
  CHECK(object_at(target).mode == 0600);
  CHECK(size_of(target) == 7);
  ::unlink(link.path().c_str());
}

TEST_CASE("change: a mapped file is changed through a link where links are followed") {
  const TemporaryDirectory directory;
  const auto link = ScratchReference::file(directory), target = ScratchReference::file(directory);
  make_object(target, "content");
  REQUIRE(::symlink(target.path().c_str(), link.path().c_str()) == 0);
  CHECK(change_if_exists(link, {.size = 4}));
  CHECK(change_if_exists(link, {.mode = 0640}));
  CHECK(size_of(target) == 4);
  CHECK(object_at(target).mode == 0640);
  if (::geteuid() != 0) return;
  CHECK(change_if_exists(link, {.owner = other_user()}));
  CHECK(object_at(target).uid == other_user());
  struct stat status;
  REQUIRE(::lstat(link.path().c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

TEST_CASE("change: a mapped file is not changed through a link that anybody can have put there") {
  const TemporaryDirectory directory;
  const auto link = ScratchReference::file(directory), target = ScratchReference::file(directory);
  make_object(target, "content");
  REQUIRE(::symlink(target.path().c_str(), link.path().c_str()) == 0);
  REQUIRE(::chmod(directory.path().c_str(), 01777) == 0);
  for (const auto& change :
       {ObjectChange{.mode = 0640}, ObjectChange{.owner = ::geteuid()}, ObjectChange{.size = 4}})
    CHECK(error_of_change(link, change) == ELOOP);
  CHECK(object_at(target).mode == 0600);
  CHECK(size_of(target) == 7);
}
