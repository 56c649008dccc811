// /dev/shm is everybody's: what others have put there must neither hinder nor deceive who lists it.

#include <fcntl.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;

namespace {

// Something in /dev/shm that is gone when the test is over. `before` and `after` stand around a text that no
// other test has.
class Planted {
 public:
  using Put = std::function<void(const std::string& path)>;

  Planted(const std::string& before, const std::string& after, const Put& put)
      : m_leaf{before + "ipcutils-test-" + std::to_string(::getpid()) + "-" + std::to_string(next_number()) +
               after} {
    put(path());
  }
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;
  ~Planted() {
    std::error_code ignored;
    std::filesystem::remove_all(path(), ignored);
  }

  const std::string& leaf() const { return m_leaf; }
  std::string path() const { return "/dev/shm/" + m_leaf; }

 private:
  std::string m_leaf;
};

Planted::Put file_of(std::size_t size) {
  return [size](const std::string& path) {
    write_file(path, std::string(size, 'x'));
    if (!std::filesystem::exists(path)) throw std::runtime_error{"cannot write " + path};
  };
}

void make_socket(const std::string& path) {
  const FileDescriptor socket{require_call(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  require_call(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
}

// What is there and no regular file.
std::vector<Planted::Put> odd_things() {
  return {[](const std::string& path) { require_call(::mkdir(path.c_str(), 0700), "mkdir"); },
          [](const std::string& path) { require_call(::mkfifo(path.c_str(), 0600), "mkfifo"); },
          [](const std::string& path) { require_call(::symlink("/etc/passwd", path.c_str()), "symlink"); },
          [](const std::string& path) { require_call(::symlink("none", path.c_str()), "symlink"); },
          [](const std::string& path) { require_call(::symlink(path.c_str(), path.c_str()), "symlink"); },
          // The size of a link is the length of its target: here that of a semaphore.
          [](const std::string& path) {
            require_call(::symlink(std::string(sizeof(sem_t), 'x').c_str(), path.c_str()), "symlink");
          },
          make_socket};
}

Reference reference_to(Kind kind, const std::string& leaf) { return {kind, PosixName{"/" + leaf}}; }

bool is_listed(const Reference& reference) {
  const auto objects = list_objects({.kinds = {reference.kind}, .apis = {Api::posix}});
  return std::any_of(objects.begin(), objects.end(),
                     [&](const Object& object) { return object.reference == reference; });
}

}  // namespace

TEST_CASE("hostile names: any bytes are the name of an object") {
  for (const auto* after :
       {"a\nb", "\n", " ", "\x01\x7f", "\xff\xfe", "\xc3\x28", "*", "'\"\\", "@7", ":", "-"}) {
    const Planted planted{"", after, file_of(5)};
    const auto reference = reference_to(Kind::shm, planted.leaf());
    CAPTURE(reference.to_string());
    CHECK(is_listed(reference));
    const auto object = find_object(reference);
    REQUIRE(object);
    CHECK(object->reference == reference);
    CHECK(remove_object_if_same(*object));
    CHECK_FALSE(std::filesystem::exists(planted.path()));
  }
}

TEST_CASE("hostile names: one with dots in front, and one of the greatest length") {
  for (const auto* before : {".", "..", "...", "sem", "semx", "mb"}) {
    const Planted planted{before, "", file_of(5)};
    CHECK(is_listed(reference_to(Kind::shm, planted.leaf())));
  }
  const Planted planted{"", std::string(255 - std::string{"ipcutils-test-"}.size() - 20, 'l'), file_of(5)};
  CHECK(is_listed(reference_to(Kind::shm, planted.leaf())));
}

TEST_CASE("hostile names: what is no regular file is neither shared memory nor a semaphore") {
  for (const auto& put : odd_things()) {
    const Planted memory{"", "", put}, semaphore{"sem.", "", put};
    CAPTURE(memory.leaf());
    const auto of_memory = reference_to(Kind::shm, memory.leaf());
    const auto of_semaphore = reference_to(Kind::sem, semaphore.leaf().substr(4));
    for (const auto& reference : {of_memory, of_semaphore}) {
      CHECK_FALSE(is_listed(reference));
      CHECK_FALSE(find_object(reference));
    }
  }
}

TEST_CASE("hostile names: a file of another size is no semaphore, and no shared memory either") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, sizeof(sem_t) - 1, sizeof(sem_t) + 1}) {
    CAPTURE(size);
    const Planted planted{"sem.", "", file_of(size)};
    const auto as_semaphore = reference_to(Kind::sem, planted.leaf().substr(4));
    CHECK_FALSE(is_listed(as_semaphore));
    CHECK_FALSE(find_object(as_semaphore));
    CHECK_FALSE(is_listed(reference_to(Kind::shm, planted.leaf())));
  }
}

TEST_CASE("hostile names: a file of the size of a semaphore that is none has no values, and hinders nobody") {
  const Planted planted{"sem.", "", file_of(sizeof(sem_t))};
  const auto reference = reference_to(Kind::sem, planted.leaf().substr(4));
  const auto real = ScratchSemaphores::posix();
  make_semaphores(real, {.value = 7});
  CHECK(is_listed(real));
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK_FALSE(std::get<SemaphoreStatus>(object->status).states);
}

TEST_CASE("hostile names: one that has nothing behind sem. is no semaphore") {
  // No name of its own: another run may have put it there, and takes it away.
  const char* const path = "/dev/shm/sem.";
  const FileDescriptor file{::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.is_open()) REQUIRE(::ftruncate(file.get(), sizeof(sem_t)) == 0);
  const auto objects = list_objects({.kinds = {Kind::sem, Kind::shm}, .apis = {Api::posix}});
  if (file.is_open()) ::unlink(path);
  for (const auto& object : objects) {
    CHECK(std::get<PosixName>(object.reference.name).text != "/");
    CHECK(std::get<PosixName>(object.reference.name).text != "/sem.");
  }
}

TEST_CASE("hostile names: a semaphore with odd bytes in its name") {
  for (const auto* after : {"a\nb", "\xff", " sem."}) {
    const auto name =
        "/ipcutils-test-" + std::to_string(::getpid()) + "-" + std::to_string(next_number()) + after;
    const ScratchSemaphores reference{PosixName{name}};
    make_semaphores(reference, {.value = 3});
    CHECK(is_listed(reference));
    const auto object = find_object(reference).value();
    CHECK(std::get<SemaphoreStatus>(object.status).states.value().at(0).value == 3);
    CHECK(remove_object_if_same(object));
    CHECK_FALSE(find_object(reference));
  }
}

TEST_CASE("hostile names: a semaphore in shared memory's name and the other way round") {
  const auto semaphore = ScratchSemaphores::posix();
  make_semaphores(semaphore);
  const std::string leaf{semaphore.posix_name() + 1};
  CHECK_FALSE(is_listed(reference_to(Kind::shm, "sem." + leaf)));
  CHECK_FALSE(find_object(reference_to(Kind::shm, leaf)));
  const Planted memory{"", "", file_of(sizeof(sem_t))};
  CHECK_FALSE(is_listed(reference_to(Kind::sem, memory.leaf())));
  CHECK_FALSE(find_object(reference_to(Kind::sem, memory.leaf())));
}

TEST_CASE("hostile names: what comes and goes while it is listed hinders nobody") {
  const Planted stays{"", "", file_of(5)};
  std::atomic<bool> is_over = false;
  auto churn = std::async(std::launch::async, [&] {
    while (!is_over)
      for (const auto& put : {file_of(5), odd_things()[0], odd_things()[3]})
        const Planted planted{"", "", put};
  });
  int seen = 0;
  for (int i = 0; i < 200; ++i) seen += is_listed(reference_to(Kind::shm, stays.leaf()));
  is_over = true;
  churn.wait();
  CHECK(seen == 200);
}
