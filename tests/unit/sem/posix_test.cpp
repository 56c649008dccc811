// POSIX semaphores: what sets them apart.
#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;

namespace {

std::string path_of(const ScratchSemaphores& reference) {
  return "/dev/shm/sem." + std::string{reference.posix_name() + 1};
}

// What is no semaphore and therefore none that the library removes.
class Planted {
 public:
  explicit Planted(const ScratchSemaphores& reference) : m_path{path_of(reference)} {}
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;
  ~Planted() { std::remove(m_path.c_str()); }

  const std::string& path() const { return m_path; }

 private:
  std::string m_path;
};

// A semaphore as sem_open(3) opens it.
class Opened {
 public:
  explicit Opened(sem_t* semaphore) : m_semaphore{semaphore} {
    if (m_semaphore == SEM_FAILED) throw std::system_error{errno, std::system_category(), "sem_open"};
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { ::sem_close(m_semaphore); }

  sem_t* get() const { return m_semaphore; }
  int value() const {
    int value = -1;
    ::sem_getvalue(m_semaphore, &value);
    return value;
  }

 private:
  sem_t* m_semaphore;
};

}  // namespace

TEST_CASE("POSIX semaphore: sem_open takes ours") {
  const auto reference = ScratchSemaphores::posix();
  auto ours = make_semaphores(reference, {.value = 2});
  const Opened theirs{::sem_open(reference.posix_name(), 0)};
  CHECK(theirs.value() == 2);
  CHECK(::sem_wait(theirs.get()) == 0);
  CHECK((values_of(ours) == std::vector{1u}));
  CHECK(take(ours));
  CHECK(::sem_trywait(theirs.get()) == -1);
  CHECK(operate(ours, {{0, 1}}));
  CHECK(::sem_trywait(theirs.get()) == 0);
}

TEST_CASE("POSIX semaphore: ours takes that of sem_open") {
  const auto reference = ScratchSemaphores::posix();
  const Opened theirs{::sem_open(reference.posix_name(), O_CREAT | O_EXCL, 0600, 5)};
  CHECK_FALSE(SemaphoreSet::create(reference, {.value = 1}));
  auto ours = SemaphoreSet::open(reference, Access::write, Trust::self_and_root);
  CHECK((values_of(ours) == std::vector{5u}));
  CHECK(take(ours));
  CHECK(theirs.value() == 4);
}

TEST_CASE("POSIX semaphore: it has neither last user nor those who wait for zero") {
  const auto reference = ScratchSemaphores::posix();
  const auto states = make_semaphores(reference).states();
  REQUIRE(states.size() == 1);
  CHECK_FALSE(states[0].waiting_for_zero);
  CHECK_FALSE(states[0].last_user);
}

TEST_CASE("POSIX semaphore: a file of another size is none") {
  const auto reference = ScratchSemaphores::posix();
  const auto size = GENERATE(as<std::size_t>{}, 0, 4, 31, 33, 4096);
  const auto access = GENERATE(Access::read, Access::write);
  CAPTURE(size);
  write_file(path_of(reference), std::string(size, '\1'));
  for (const auto& error : {error_of([&] { SemaphoreSet::open_if_exists(reference, access); }),
                            error_of([&] { SemaphoreSet::open(reference, access); }), error_of([&] {
                              SemaphoreSet::open_or_create(reference, {}, Deadline::immediate());
                            })}) {
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.what() == "cannot use semaphore " + reference.get().quoted() + ": its file has " +
                              std::to_string(size) + " bytes, and a semaphore 32");
  }
  CHECK((read_file(path_of(reference)) == std::string(size, '\1')));
}

TEST_CASE("POSIX semaphore: what is no regular file is none, and is left alone") {
  const auto reference = ScratchSemaphores::posix();
  const Planted planted{reference};
  const auto access = GENERATE(Access::read, Access::write);
  SECTION("a directory") { std::filesystem::create_directory(planted.path()); }
  SECTION("a FIFO") { require_call(::mkfifo(planted.path().c_str(), 0600), "mkfifo"); }
  CHECK_THROWS_AS(SemaphoreSet::open_if_exists(reference, access), Error);
  CHECK_THROWS_AS(SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()), Error);
  CHECK_THROWS_AS(SemaphoreSet::remove_if_exists(reference), Error);
  CHECK(std::filesystem::exists(planted.path()));
}

TEST_CASE("POSIX semaphore: a link is not followed, not even to a semaphore") {
  const auto target = ScratchSemaphores::posix();
  const auto reference = ScratchSemaphores::posix();
  const Planted planted{reference};
  make_semaphores(target);
  struct stat directory;
  require_call(::stat("/dev/shm", &directory), "stat");
  if ((directory.st_mode & S_ISVTX) == 0) return;  // nobody else can plant one there
  const auto missing = path_of(ScratchSemaphores::posix());
  std::filesystem::create_symlink(GENERATE(false, true) ? path_of(target) : missing, planted.path());
  for (const auto access : {Access::read, Access::write}) {
    const auto error = error_of([&] { SemaphoreSet::open_if_exists(reference, access); });
    CHECK(error.code() == std::errc::too_many_symbolic_link_levels);
    CHECK(error.hint() == "a symbolic link is not followed in a sticky directory");
  }
  CHECK_THROWS_AS(SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()), Error);
  CHECK_FALSE(std::filesystem::exists(missing));
  CHECK((values_of(SemaphoreSet::open(target, Access::read)) == std::vector{1u}));
}

TEST_CASE("POSIX semaphore: one that is cut short while it is looked at is an error") {
  const auto reference = ScratchSemaphores::posix();
  make_semaphores(reference);
  const auto set = SemaphoreSet::open(reference, Access::read);
  std::filesystem::resize_file(path_of(reference), 4);
  const auto error = error_of([&] { set.states(); });
  CHECK(error.code() == std::errc::io_error);
}

TEST_CASE("POSIX semaphore: a file with the size of a semaphore and anything in it is none") {
  const auto reference = ScratchSemaphores::posix();
  for (const char byte : {'\xff', 'x', '\0'}) {
    write_file(path_of(reference), std::string(32, byte));
    const auto error = error_of([&] { SemaphoreSet::open(reference, Access::read); });
    CHECK(error.reason() == "what its file holds is no semaphore");
  }
}

TEST_CASE("POSIX semaphore: one of another user is not trusted") {
  const auto reference = ScratchSemaphores::posix();
  make_semaphores(reference, {.mode = 0666});
  CHECK(SemaphoreSet::open_if_exists(reference, Access::write, Trust::self_and_root));
  if (::chown(path_of(reference).c_str(), other_user(), static_cast<gid_t>(-1)) != 0)
    return;  // root alone can
  const auto error =
      error_of([&] { SemaphoreSet::open_if_exists(reference, Access::write, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() ==
        "it belongs to another user (uid " + std::to_string(other_user()) + "), who may have planted it");
  CHECK(error_of([&] { SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()); }).code() ==
        std::errc::operation_not_permitted);
  CHECK(SemaphoreSet::open_if_exists(reference, Access::write));
}

TEST_CASE("POSIX semaphore: there is no set of several") {
  const auto reference = ScratchSemaphores::posix();
  const auto count = GENERATE(as<unsigned>{}, 0, 2);
  const auto error = error_of([&] { SemaphoreSet::create(reference, {.count = count}); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK_FALSE(SemaphoreSet::open_if_exists(reference, Access::read));
}

TEST_CASE("POSIX semaphore: who has it open keeps it when it is removed") {
  const auto reference = ScratchSemaphores::posix();
  auto set = make_semaphores(reference);
  CHECK(SemaphoreSet::remove_if_exists(reference));
  CHECK(take(set));
  CHECK_FALSE(take(set));
  CHECK((values_of(make_semaphores(reference)) == std::vector{1u}));
}

TEST_CASE("POSIX semaphore: whether anybody else has it open") {
  const auto reference = ScratchSemaphores::posix();
  const auto ours = make_semaphores(reference);
  // Who lists all objects has it open for a moment.
  const auto is_ours_alone = [&] { return ours.is_open_elsewhere() == std::optional{false}; };
  CHECK(eventually(is_ours_alone));
  {
    const auto also_ours = SemaphoreSet::open(reference, Access::write);
    CHECK(ours.is_open_elsewhere() == std::optional{true});
  }
  {
    const Opened theirs{::sem_open(reference.posix_name(), 0)};
    CHECK(ours.is_open_elsewhere() == std::optional{true});
  }
  CHECK(eventually(is_ours_alone));
  const auto sysv = ScratchSemaphores::sysv();
  CHECK_FALSE(make_semaphores(sysv).is_open_elsewhere());
}
