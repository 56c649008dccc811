// System V segments: what sets them apart.
#include <sys/shm.h>
#include <sys/stat.h>

#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

shmid_ds status_of(int id) {
  shmid_ds status;
  require_call(::shmctl(id, IPC_STAT, &status), "shmctl");
  return status;
}

int id_of(const SharedMemory& object) { return std::get<SysvId>(object.reference().name).value; }

Reference by_id(int id) { return {Kind::shm, SysvId{id}}; }

// Also where it denies its owner everything.
mode_t mode_of(int id) { return find_object(by_id(id)).value().mode; }

// A segment whose maker died before it was complete.
int make_orphan(const Reference& reference) {
  run_and_kill([&] { return begin(reference, 4096); });
  const auto key = static_cast<key_t>(std::get<SysvKey>(reference.name).value);
  return require_call(::shmget(key, 0, 0), "shmget");
}

}  // namespace

TEST_CASE("segment: its reference is its identifier, by which it is found too") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  const Reference canonical = SharedMemory::open(reference, Access::read).reference();
  REQUIRE(std::holds_alternative<SysvId>(canonical.name));
  CHECK(content_of(SharedMemory::open(canonical, Access::read)) == "content");
  CHECK(SharedMemory::remove_if_exists(canonical));
  CHECK_FALSE(SharedMemory::remove_if_exists(canonical));
  CHECK_FALSE(SharedMemory::open_if_exists(canonical, Access::read));
}

TEST_CASE("segment: the key of a file") {
  const TemporaryDirectory directory;
  const ScratchReference reference{{Kind::shm, SysvFileKey{directory.path(), 77}}};
  CHECK_FALSE(SharedMemory::open_if_exists(reference, Access::read));
  make_object(reference, "content");
  CHECK(content_of(SharedMemory::open(reference, Access::read)) == "content");
  const Reference missing{Kind::shm, SysvFileKey{directory.path("none"), 1}};
  CHECK(error_of([&] { SharedMemory::open_if_exists(missing, Access::read); }).attempt() ==
        "cannot make a key from '" + directory.path("none") + "'");
}

TEST_CASE("segment: private makes one without key, and finds none") {
  const Reference reference{Kind::shm, SysvPrivate{}};
  auto draft = begin(reference, 100);
  CHECK(draft.publish());
  const ScratchReference made{draft.object().reference()};
  CHECK(status_of(id_of(draft.object())).shm_perm.__key == IPC_PRIVATE);
  CHECK(error_of([&] { SharedMemory::open_if_exists(reference, Access::read); }).code() ==
        std::errc::invalid_argument);
  CHECK(error_of([&] { SharedMemory::remove_if_exists(reference); }).code() == std::errc::invalid_argument);
}

TEST_CASE("segment: a new one needs a key, not an identifier") {
  const auto error = error_of([] { begin(by_id(5), 100); });
  CHECK(error.what() ==
        std::string{"cannot create shared memory '@5': there is no such object, and the kernel chooses the "
                    "identifier of a new one"});
}

TEST_CASE("segment: it needs a size") {
  const auto reference = ScratchReference::sysv();
  for (const auto size : {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{0}}) {
    const auto error = error_of([&] { SharedMemoryDraft::begin(reference, {.size = size}); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.hint() == "a segment has at least 1 byte and at most kernel.shmmax");
  }
}

TEST_CASE("segment: only a taken key is no new segment") {
  const auto reference = ScratchReference::sysv();
  CHECK(SharedMemoryDraft::has_fixed_size(reference));
  make_object(reference, "content");
  CHECK_FALSE(SharedMemoryDraft::begin(reference, {.size = 3}));
  CHECK(content_of(SharedMemory::open(reference, Access::read)) == "content");
}

TEST_CASE("segment: it takes nobody's place") {
  const auto reference = ScratchReference::sysv();
  const auto error = error_of([&] {
    SharedMemoryDraft::begin(reference, {.size = 3, .collision = SharedMemoryDraft::Collision::replace});
  });
  CHECK(error.code() == std::errc::not_supported);
  CHECK_FALSE(SharedMemory::remove_if_exists(reference));
}

TEST_CASE("segment: its mode is a mark until it is published, and then the wanted one") {
  const Umask mask{GENERATE(as<mode_t>{}, 0, 0777)};
  const mode_t mode = GENERATE(0600, 0644, 0666, 0);
  const auto reference = ScratchReference::sysv();
  auto draft = begin(reference, 100, mode);
  const int id = id_of(draft.object());
  CHECK(mode_of(id) == 0701);
  CHECK(draft.publish());
  CHECK(mode_of(id) == mode);
}

TEST_CASE("segment: an unfinished one is not there for readers and busy for writers") {
  const auto reference = ScratchReference::sysv();
  auto draft = begin(reference, 100);
  const int id = id_of(draft.object());
  CHECK_FALSE(SharedMemory::open_if_exists(reference, Access::read));
  CHECK_FALSE(SharedMemory::open_if_exists(by_id(id), Access::read));
  CHECK_FALSE(SharedMemory::wait_for(reference, Access::read, Deadline::immediate()));
  const auto error = error_of([&] { SharedMemory::open_if_exists(reference, Access::write); });
  CHECK(error.code() == std::errc::device_or_resource_busy);
  CHECK(error.hint() == "process " + std::to_string(::getpid()) + " is still filling it");
  CHECK_FALSE(SharedMemoryDraft::begin(reference, {.size = 100}));
  CHECK(draft.publish());
  CHECK(SharedMemory::open_if_exists(reference, Access::read));
  CHECK(SharedMemory::open_if_exists(reference, Access::write));
}

TEST_CASE("segment: one whose maker was killed is none, and goes when the next one begins") {
  const auto reference = ScratchReference::sysv();
  const int id = make_orphan(reference);
  CHECK(mode_of(id) == 0701);
  CHECK_FALSE(SharedMemory::open_if_exists(reference, Access::read));
  CHECK_FALSE(SharedMemory::open_if_exists(reference, Access::write));
  make_object(reference, "content");
  CHECK(content_of(SharedMemory::open(reference, Access::read)) == "content");
  CHECK_FALSE(SharedMemory::open_if_exists(by_id(id), Access::read));
}

TEST_CASE("segment: permission to execute means nothing and is left out, lest it look unfinished") {
  const auto reference = ScratchReference::sysv();
  const auto mode = GENERATE(as<mode_t>{}, 0701, 0777, 0640);
  make_object(reference, "content", mode);
  const auto object = SharedMemory::open_if_exists(reference, Access::read);
  REQUIRE(object);
  CHECK(mode_of(id_of(*object)) == (mode & 0666));
}

TEST_CASE("segment: an unfinished one can be removed") {
  const auto reference = ScratchReference::sysv();
  make_orphan(reference);
  CHECK(SharedMemory::remove_if_exists(reference));
  CHECK_FALSE(SharedMemory::remove_if_exists(reference));
}

TEST_CASE("segment: one that is removed before it is complete is not published") {
  const auto reference = ScratchReference::sysv();
  auto draft = begin(reference, 100);
  CHECK(SharedMemory::remove_if_exists(reference));
  CHECK(error_of([&] { draft.publish(); }).code() == std::errc::identifier_removed);
}

TEST_CASE("segment: it keeps its size") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  auto object = SharedMemory::open(reference, Access::write);
  CHECK_NOTHROW(object.resize(7));
  const auto error = error_of([&] { object.resize(8); });
  CHECK(error.code() == std::errc::not_supported);
  CHECK(error.hint() == "a System V segment keeps its size");
  CHECK(error_of([&] { object.reserve(0, 8); }).code() == std::errc::file_too_large);
  CHECK_NOTHROW(object.reserve(3, 4));
}

TEST_CASE("segment: owner and creator have to be trusted") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content", 0666);
  const int id = id_of(SharedMemory::open(reference, Access::read, Trust::self_and_root));
  auto status = status_of(id);
  status.shm_perm.uid = other_user();
  if (::shmctl(id, IPC_SET, &status) != 0) return;  // in a user namespace without that user
  const auto error =
      error_of([&] { SharedMemory::open_if_exists(reference, Access::write, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() == "it belongs to another user (owner uid " + std::to_string(other_user()) +
                            ", creator uid " + std::to_string(::geteuid()) + "), who may have planted it");
  CHECK(SharedMemory::open_if_exists(reference, Access::write, Trust::anybody));
}

TEST_CASE("segment: it is detached by the destructor") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  int id;
  {
    const auto object = SharedMemory::open(reference, Access::read);
    id = id_of(object);
    CHECK(status_of(id).shm_nattch == 1);
  }
  CHECK(status_of(id).shm_nattch == 0);
}

TEST_CASE("segment: a failed open leaves nothing attached") {
  const auto reference = ScratchReference::sysv();
  auto draft = begin(reference, 100);
  const int id = id_of(draft.object());
  const auto before = status_of(id).shm_nattch;
  CHECK_THROWS_AS(SharedMemory::open_if_exists(reference, Access::write), Error);
  CHECK_FALSE(SharedMemory::open_if_exists(reference, Access::read));
  CHECK(status_of(id).shm_nattch == before);
}

TEST_CASE("segment: removal by its handle fails once it is gone") {
  const auto reference = ScratchReference::sysv();
  auto draft = begin(reference, 100);
  CHECK(draft.publish());
  const auto id = draft.object().reference();
  { const SharedMemoryDraft gone{std::move(draft)}; }
  CHECK(SharedMemory::remove_if_exists(id));
  CHECK_FALSE(SharedMemory::remove_if_exists(id));
}

TEST_CASE("segment: permissions are the system's") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content", 0);
  if (::geteuid() == 0) return;  // they do not bind root
  CHECK(error_of([&] { SharedMemory::open_if_exists(reference, Access::read); }).code() ==
        std::errc::permission_denied);
  CHECK(SharedMemory::remove_if_exists(reference));
}
