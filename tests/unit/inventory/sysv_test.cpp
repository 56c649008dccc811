#include <ipcutils/sysv.hpp>

#include <sys/ipc.h>
#include <sys/sem.h>

#include <algorithm>
#include <functional>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "scratch.hpp"
#include "scratch_ipc.hpp"

using namespace ipcutils;

namespace {

constexpr Kind kinds[] = {Kind::shm, Kind::mq, Kind::sem};

// An object that is gone when the test is over.
class BareObject {
 public:
  BareObject(Kind kind, std::uint32_t key, std::uint64_t size = 3, int flags = 0600)
      : m_kind{kind}, m_id{sysv::create(kind, key, size, flags).value()} {}
  BareObject(const BareObject&) = delete;
  BareObject& operator=(const BareObject&) = delete;
  ~BareObject() {
    try {
      sysv::remove(m_kind, m_id);
    } catch (const Error&) {  // removed already
    }
  }
  int id() const { return m_id; }

 private:
  Kind m_kind;
  int m_id;
};

std::uint32_t new_key() { return std::get<SysvKey>(ScratchReference::sysv().get().name).value; }

std::optional<Object> object_with(Kind kind, int id) { return find_object({kind, SysvId{id}}); }

int errno_of(const std::function<void()>& call) { return error_of(call).code().value(); }

bool is_listed(Kind kind, int id) {
  const auto ids = sysv::list_readable(kind);
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

TEST_CASE("bare System V: an object with a key is made once") {
  for (const auto kind : kinds) {
    CAPTURE(std::string{kind_name(kind)});
    const auto key = new_key();
    CHECK(errno_of([&] { sysv::id_of(kind, key); }) == ENOENT);
    const BareObject object{kind, key};
    CHECK(sysv::id_of(kind, key) == object.id());
    CHECK_FALSE(sysv::create(kind, key, 3, 0600));
    CHECK(object_with(kind, object.id())->key == key);
  }
}

TEST_CASE("bare System V: the key 0 makes a new object each time") {
  for (const auto kind : kinds) {
    const BareObject first{kind, 0}, second{kind, 0};
    CHECK(first.id() != second.id());
    CHECK(object_with(kind, first.id())->key == 0u);
  }
}

TEST_CASE("bare System V: keys with the uppermost bit") {
  for (const auto kind : kinds) {
    const auto key = 0x80000000u | new_key();
    const BareObject object{kind, key};
    CHECK(sysv::id_of(kind, key) == object.id());
    CHECK(object_with(kind, object.id())->key == key);
  }
}

TEST_CASE("bare System V: the mode is what is asked for, whatever the umask") {
  const Umask umask{077};
  for (const auto kind : kinds) {
    const BareObject object{kind, 0, 3, 0646};
    CHECK(object_with(kind, object.id())->mode == 0646);
  }
}

TEST_CASE("bare System V: the size of a segment and the number of semaphores, which are 0") {
  const BareObject segment{Kind::shm, 0, 12345};
  CHECK(std::get<SharedMemoryStatus>(object_with(Kind::shm, segment.id())->status).size == 12345);
  const BareObject set{Kind::sem, 0, 5};
  const auto status = std::get<SemaphoreStatus>(object_with(Kind::sem, set.id())->status);
  CHECK(status.count == 5);
  CHECK(status.operation_time == 0);  // not initialised
  for (const auto& state : status.states.value()) CHECK(state.value == 0);
}

TEST_CASE("bare System V: a size that is too small or too large is the error of the call") {
  for (const std::uint64_t size : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    const auto error = error_of([&] { sysv::create(Kind::shm, 0, size, 0600); });
    CHECK(
        (error.code().value() == EINVAL || error.code().value() == ENOSPC || error.code().value() == ENOMEM));
    CHECK(error.attempt() == "cannot create shared memory '0x00000000'");
  }
  CHECK(errno_of([] { sysv::create(Kind::sem, 0, 0, 0600); }) == EINVAL);
  CHECK(errno_of([] { sysv::create(Kind::sem, 0, 2147483647, 0600); }) == EINVAL);
}

TEST_CASE("bare System V: a number of semaphores beyond an int is not cut to another one") {
  CHECK_THROWS_AS(BareObject(Kind::sem, 0, (std::uint64_t{1} << 32) + 3), Error);
}

TEST_CASE("bare System V: an object is removed once, and no other by its identifier") {
  for (const auto kind : kinds) {
    CAPTURE(std::string{kind_name(kind)});
    const BareObject object{kind, 0};
    sysv::remove(kind, object.id());
    CHECK_FALSE(object_with(kind, object.id()));
    const auto error = error_of([&] { sysv::remove(kind, object.id()); });
    CHECK((error.code().value() == EINVAL || error.code().value() == EIDRM));
    CHECK(error.attempt().find("'@" + std::to_string(object.id()) + "'") != std::string::npos);
    const BareObject next{kind, 0};
    CHECK_THROWS_AS(sysv::remove(kind, object.id()), Error);
    CHECK(object_with(kind, next.id()));
  }
}

TEST_CASE("bare System V: what may be read is listed") {
  for (const auto kind : kinds) {
    CAPTURE(std::string{kind_name(kind)});
    const BareObject first{kind, 0}, second{kind, new_key()};
    for (const auto* object : {&first, &second}) CHECK(is_listed(kind, object->id()));
    const auto id = second.id();
    sysv::remove(kind, id);
    CHECK_FALSE(is_listed(kind, id));
  }
}

TEST_CASE("bare System V: what may not be read or removed is not") {
  for (const auto kind : kinds) {
    CAPTURE(std::string{kind_name(kind)});
    const auto key = new_key();
    const BareObject readable{kind, 0, 3, 0644}, secret{kind, key, 3, ::geteuid() == 0 ? 0600 : 0000};
    const auto look = [&] {
      if (!is_listed(kind, readable.id())) return 1;
      if (is_listed(kind, secret.id())) return 2;
      return 0;
    };
    const auto remove_as_other = [&] {
      for (const int id : {readable.id(), secret.id()})
        if (errno_of([&] { sysv::remove(kind, id); }) != EPERM) return 3;
      return 0;
    };
    if (::geteuid() != 0) {
      CHECK(look() == 0);
      continue;
    }
    CHECK(ChildProcess{[&] {
            require_call(::setgid(other_user()), "setgid");
            require_call(::setuid(other_user()), "setuid");
            const int looked = look();
            return looked != 0 ? looked : remove_as_other();
          }}.wait() == 0);
    CHECK(object_with(kind, readable.id()));
  }
}

TEST_CASE("bare System V: there is nothing of other kinds") {
  for (const auto kind : {Kind::fifo, Kind::mb}) {
    CHECK(errno_of([&] { sysv::create(kind, 0, 1, 0600); }) == ENOTSUP);
    CHECK(errno_of([&] { sysv::id_of(kind, 1); }) == ENOTSUP);
    CHECK(errno_of([&] { sysv::remove(kind, 1); }) == ENOTSUP);
    CHECK(errno_of([&] { sysv::list_readable(kind); }) == ENOTSUP);
  }
}
