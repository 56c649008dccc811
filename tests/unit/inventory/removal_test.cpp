#include <sys/stat.h>

#include <functional>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

struct Row {
  Reference reference;
  std::function<void()> make;
};

// One of each kind and API.
class EveryObject {
 public:
  EveryObject() {
    for (const auto* reference : m_memory.references())
      m_rows.push_back({*reference, [reference] { make_object(*reference, "content"); }});
    for (const auto& reference : m_queues)
      m_rows.push_back({reference, [reference] { make_queue(reference); }});
    for (const auto& reference : m_semaphores)
      m_rows.push_back({reference, [reference] { make_semaphores(reference); }});
  }

  auto begin() const { return m_rows.begin(); }
  auto end() const { return m_rows.end(); }

 private:
  EveryApi m_memory;
  BothApis<ScratchQueue> m_queues;
  BothApis<ScratchSemaphores> m_semaphores;
  std::vector<Row> m_rows;
};

}  // namespace

TEST_CASE("removal: what was looked at goes, once") {
  for (const EveryObject objects; const auto& [reference, make] : objects) {
    CAPTURE(reference.to_string());
    make();
    const auto object = find_object(reference).value();
    CHECK(remove_object_if_same(object));
    CHECK_FALSE(find_object(reference));
    CHECK_FALSE(remove_object_if_same(object));
  }
}

TEST_CASE("removal: another that has the name or the key meanwhile stays") {
  for (const EveryObject objects; const auto& [reference, make] : objects) {
    // Other file systems than tmpfs may give the new file the number of the old one.
    if (std::holds_alternative<FilePath>(reference.name)) continue;
    CAPTURE(reference.to_string());
    make();
    const auto old = find_object(reference).value();
    REQUIRE(remove_object_if_exists(reference));
    make();
    CHECK_FALSE(remove_object_if_same(old));
    const auto now = find_object(reference);
    REQUIRE(now);
    CHECK(remove_object_if_same(*now));
  }
}

TEST_CASE("removal: another object at the same place of the kernel's table stays") {
  // An identifier is the place in the table and a count of its uses.
  const auto references = {ScratchReference::sysv().get(), ScratchQueue::sysv().get(),
                           ScratchSemaphores::sysv().get()};
  for (const auto& reference : references) {
    CAPTURE(reference.to_string());
    const auto make = [&] {
      if (reference.kind == Kind::shm) return make_object(reference, "content");
      if (reference.kind == Kind::mq) return static_cast<void>(make_queue(reference));
      static_cast<void>(make_semaphores(reference));
    };
    make();
    const auto old = find_object(reference).value();
    REQUIRE(remove_object_if_exists(reference));
    make();
    const auto next = find_object(reference).value();
    CHECK(next.id != old.id);
    CHECK_FALSE(remove_object_if_same(old));
    CHECK(find_object(next.reference));
    CHECK(remove_object_if_same(next));
  }
}

TEST_CASE("removal: what was renamed or linked elsewhere stays there") {
  const auto reference = ScratchReference::posix(), elsewhere = ScratchReference::posix();
  make_object(reference, "content");
  const auto object = find_object(reference).value();
  REQUIRE(::rename(reference.path().c_str(), elsewhere.path().c_str()) == 0);
  CHECK_FALSE(remove_object_if_same(object));
  CHECK(find_object(elsewhere));
}

TEST_CASE("removal: what is no object and took the name stays") {
  const auto memory = ScratchReference::posix();
  const auto semaphore = ScratchSemaphores::posix();
  make_object(memory, "content");
  make_semaphores(semaphore);
  const auto target = ScratchReference::posix();
  make_object(target, "content");
  const std::pair<Reference, std::string> rows[] = {
      {memory, memory.path()}, {semaphore, std::string{"/dev/shm/sem."} + (semaphore.posix_name() + 1)}};
  for (const auto& [reference, path] : rows) {
    CAPTURE(reference.to_string());
    const auto object = find_object(reference).value();
    const std::function<int()> thieves[] = {
        [&path = path] { return ::mkdir(path.c_str(), 0700); },
        [&path = path] { return ::mkfifo(path.c_str(), 0600); },
        [&path = path, &target] { return ::symlink(target.path().c_str(), path.c_str()); }};
    for (const auto& take_name : thieves) {
      std::filesystem::remove(path);
      REQUIRE(take_name() == 0);
      CHECK_FALSE(remove_object_if_same(object));
      CHECK(std::filesystem::symlink_status(path).type() != std::filesystem::file_type::not_found);
    }
    std::filesystem::remove(path);
  }
  CHECK(find_object(target));
}

TEST_CASE("removal: a change of what it is makes no other object of it") {
  for (const EveryObject objects; const auto& [reference, make] : objects) {
    CAPTURE(reference.to_string());
    make();
    auto object = find_object(reference).value();
    object.mode = 0;
    object.uid = other_user();
    CHECK(remove_object_if_same(object));
  }
}

TEST_CASE("removal: others' objects stay") {
  if (::geteuid() != 0) return;
  for (const EveryObject objects; const auto& [reference, make] : objects) {
    if (std::holds_alternative<FilePath>(reference.name)) continue;
    CAPTURE(reference.to_string());
    make();
    const auto object = find_object(reference).value();
    const auto status = ChildProcess{[&, object = object] {
                          require_call(::setgid(other_user()), "setgid");
                          require_call(::setuid(other_user()), "setuid");
                          try {
                            remove_object_if_same(object);
                          } catch (const Error& error) {
                            const int errnum = error.code().value();
                            return errnum == EPERM || errnum == EACCES ? 0 : errnum;
                          }
                          return 1;
                        }}.wait();
    CHECK(status == 0);
    CHECK(find_object(reference));
  }
}
