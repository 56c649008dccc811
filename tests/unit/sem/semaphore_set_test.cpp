// What the semaphores of both APIs have in common.
#include <ipcutils/semaphore_set.hpp>

#include <sys/sem.h>
#include <sys/stat.h>

#include <algorithm>
#include <future>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Undo = SemaphoreSet::Undo;

namespace {

// The permissions that the system knows of.
mode_t mode_of(const Reference& canonical) {
  if (is_posix(canonical)) {
    const auto path = "/dev/shm/sem." + std::get<PosixName>(canonical.name).text.substr(1);
    struct stat status;
    require_call(::stat(path.c_str(), &status), "stat");
    return status.st_mode & 0777;
  }
  semid_ds status;
  union {
    semid_ds* status;
  } argument{&status};
  require_call(::semctl(sysv_id(canonical), 0, IPC_STAT, argument), "semctl");
  return status.sem_perm.mode & 0777;
}

}  // namespace

TEST_CASE("semaphores: missing ones are no error of open_if_exists and ENOENT of open") {
  const auto access = GENERATE(Access::read, Access::write);
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    CHECK_FALSE(SemaphoreSet::open_if_exists(reference, access));
    const auto error = error_of([&] { SemaphoreSet::open(reference, access); });
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(error.what() == "cannot open semaphore " + reference.quoted() + ": No such file or directory");
    CHECK_FALSE(SemaphoreSet::remove_if_exists(reference));
  }
}

TEST_CASE("semaphores: made once with their value, known by the canonical reference, removed") {
  const auto value = GENERATE(as<unsigned>{}, 0, 1, 5, 32767);
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string(), value);
    const auto made = SemaphoreSet::create(reference, {.value = value});
    REQUIRE(made);
    CHECK(std::holds_alternative<SysvId>(made->name) != is_posix(reference));
    CHECK_FALSE(SemaphoreSet::create(reference, {.value = 3}));
    const auto set = SemaphoreSet::open(reference, Access::read);
    CHECK(set.reference() == *made);
    CHECK(set.size() == 1);
    CHECK((values_of(set) == std::vector{value}));
    CHECK(SemaphoreSet::open(*made, Access::write).reference() == *made);
    CHECK(SemaphoreSet::remove_if_exists(*made));
    CHECK_FALSE(SemaphoreSet::remove_if_exists(reference));
    CHECK_FALSE(SemaphoreSet::open_if_exists(*made, Access::write));
  }
}

TEST_CASE("semaphores: the umask does not apply to the mode") {
  const auto mask = GENERATE(as<mode_t>{}, 0, 022, 0777);
  const auto mode = GENERATE(as<mode_t>{}, 0600, 0640, 0666, 0420, 0);
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string(), mask, mode);
    if (mode == 0 && !is_posix(reference) && ::geteuid() != 0) continue;  // nobody can look at it then
    const Umask umask{mask};
    const auto made = SemaphoreSet::create(reference, {.mode = mode});
    REQUIRE(made);
    CHECK(mode_of(*made) == mode);
  }
}

TEST_CASE("semaphores: taken and given, and not below zero") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto set = make_semaphores(reference, {.value = 2});
    CHECK(take(set));
    CHECK(take(set, Deadline::never()));
    CHECK_FALSE(take(set));
    CHECK((values_of(set) == std::vector{0u}));
    CHECK(operate(set, {{0, 3}}));
    CHECK((values_of(set) == std::vector{3u}));
    CHECK(operate(set, {}));
    CHECK((values_of(set) == std::vector{3u}));
  }
}

TEST_CASE("semaphores: who waits for one gets it when it is given") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string(), deadline.is_never());
    auto set = make_semaphores(reference, {.value = 0});
    const auto giver = when_asleep([&reference] {
      auto other = SemaphoreSet::open(reference, Access::write);
      operate(other, {{0, 1}});
    });
    CHECK(take(set, deadline));
    CHECK((values_of(set) == std::vector{0u}));
  }
}

TEST_CASE("semaphores: a value lets go who waits for it") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto set = make_semaphores(reference, {.value = 0});
    const auto giver = when_asleep([&reference] {
      auto other = SemaphoreSet::open(reference, Access::write);
      other.set_value(0, 3);
    });
    CHECK(take(set, Deadline::after(1min)));
    giver.wait();
    // POSIX semaphores get it by posts, and who waits can go on before the last one.
    const auto left = values_of(set).at(0);
    CHECK((left == 2 || (is_posix(reference) && left == 3)));
  }
}

TEST_CASE("semaphores: a value is set upwards, downwards and to what it is") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto set = make_semaphores(reference, {.value = 1});
    for (const unsigned value : {0u, 1u, 1000u, 1000u, 7u, 0u, 0u}) {
      set.set_value(0, value);
      CHECK((values_of(set) == std::vector{value}));
    }
  }
}

TEST_CASE("semaphores: a POSIX value that is far off is set until the deadline, and the part stays") {
  const auto reference = ScratchSemaphores::posix();
  constexpr unsigned far = 2'147'483'647;
  auto set = make_semaphores(reference, {.value = far});
  CHECK_FALSE(set.set_value(0, 0, Deadline::immediate()));
  const auto left = values_of(set).at(0);
  CHECK((left > 0 && left < far));
  CHECK(set.set_value(0, left - 5, Deadline::immediate()));
  CHECK((values_of(set) == std::vector{left - 5}));
}

TEST_CASE("semaphores: one process at a time") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    make_semaphores(reference);
    std::atomic<int> inside = 0;
    std::vector<std::future<int>> parties;
    for (int party = 0; party < 3; ++party)
      parties.push_back(std::async(std::launch::async, [&] {
        auto set = SemaphoreSet::open(reference, Access::write);
        int crowded = 0;
        for (int i = 0; i < 500; ++i) {
          while (!take(set, i % 2 == 0 ? Deadline::never() : Deadline::after(20us))) continue;
          if (++inside != 1) ++crowded;
          --inside;
          operate(set, {{0, 1}});
        }
        return crowded;
      }));
    for (auto& party : parties) CHECK(party.get() == 0);
    CHECK((values_of(SemaphoreSet::open(reference, Access::read)) == std::vector{1u}));
  }
}

TEST_CASE("semaphores: of several makers at the same time one gives them their value") {
  constexpr unsigned makers = 4;
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    for (int round = 0; round < 100; ++round) {
      std::vector<std::future<void>> parties;
      for (unsigned maker = 0; maker < makers; ++maker)
        parties.push_back(std::async(std::launch::async, [&reference] {
          auto set = SemaphoreSet::open_or_create(reference, {.value = 10}, Deadline::never());
          operate(set.value(), {{0, 1}});
        }));
      for (auto& party : parties) party.get();
      // A second initialisation would have undone what somebody has given.
      REQUIRE((values_of(SemaphoreSet::open(reference, Access::read)) == std::vector{10 + makers}));
      REQUIRE(SemaphoreSet::remove_if_exists(reference));
    }
  }
}

TEST_CASE("semaphores: of several makers in different processes one gives them their value") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    for (int round = 0; round < 20; ++round) {
      auto start = make_pipe();
      std::vector<ChildProcess> children;
      for (int child = 0; child < 4; ++child)
        children.emplace_back([&] {
          start.write_end.reset();
          read_all(start.read_end.get());  // until all have been made
          auto set = SemaphoreSet::open_or_create(reference, {.value = 0}, Deadline::after(1min));
          return set && operate(*set, {{0, 1}}) ? 0 : 1;
        });
      start.write_end.reset();
      for (auto& child : children) CHECK(child.wait() == 0);
      REQUIRE((values_of(SemaphoreSet::open(reference, Access::read)) == std::vector{4u}));
      REQUIRE(SemaphoreSet::remove_if_exists(reference));
    }
  }
}

TEST_CASE("semaphores: created and opened in one") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto made = SemaphoreSet::create_and_open(reference, Access::write, {.value = 2});
    REQUIRE(made);
    CHECK(take(*made));
    CHECK_FALSE(SemaphoreSet::create_and_open(reference, Access::write, {.value = 2}));
    CHECK((values_of(*made) == std::vector{1u}));
  }
}

TEST_CASE("semaphores: who opens or creates them while others remove them has some in the end") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    std::atomic<bool> is_over = false;
    auto remover = std::async(std::launch::async, [&] {
      while (!is_over) SemaphoreSet::remove_if_exists(reference);
    });
    int failed = 0;
    for (int i = 0; i < 500; ++i) {
      try {
        if (!SemaphoreSet::open_or_create(reference, {}, Deadline::after(1min))) ++failed;
      } catch (const Error& error) {
        UNSCOPED_INFO(error.what());
        if (error.code() != std::errc::file_exists) ++failed;  // which ten attempts can end with
      }
    }
    is_over = true;
    remover.get();
    CHECK(failed == 0);
  }
}

TEST_CASE("semaphores: open or create leaves what exists as it is") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto set = make_semaphores(reference, {.mode = 0640, .value = 4});
    take(set);
    const auto again =
        SemaphoreSet::open_or_create(reference, {.mode = 0600, .value = 9}, Deadline::immediate());
    REQUIRE(again);
    CHECK((values_of(*again) == std::vector{3u}));
    CHECK(mode_of(again->reference()) == 0640);
  }
}

TEST_CASE("semaphores: values that none can have are refused, and nothing is made or changed") {
  const BothApis<ScratchSemaphores> apis;
  const auto refuses = [](std::errc code, auto call) {
    const auto error = error_of(call);
    CHECK(error.code() == code);
    CHECK(error.hint().find("at most") != std::string::npos);
  };
  refuses(std::errc::result_out_of_range,
          [&] { SemaphoreSet::create(apis.posix(), {.value = 2147483648u}); });
  refuses(std::errc::result_out_of_range, [&] { SemaphoreSet::create(apis.sysv(), {.value = 32768}); });
  for (const auto& reference : apis) CHECK_FALSE(SemaphoreSet::open_if_exists(reference, Access::read));

  auto posix = make_semaphores(apis.posix(), {.value = 2147483647});
  refuses(std::errc::value_too_large, [&] { operate(posix, {{0, 1}}); });
  refuses(std::errc::result_out_of_range, [&] { posix.set_value(0, 2147483648u); });
  CHECK((values_of(posix) == std::vector{2147483647u}));
  auto sysv = make_semaphores(apis.sysv(), {.value = 32767});
  refuses(std::errc::result_out_of_range, [&] { operate(sysv, {{0, 1}}); });
  refuses(std::errc::result_out_of_range, [&] { operate(sysv, {{0, 32768}}); });
  refuses(std::errc::result_out_of_range, [&] { operate(sysv, {{0, -32769}}); });
  refuses(std::errc::result_out_of_range, [&] { sysv.set_value(0, 32768); });
  refuses(std::errc::result_out_of_range, [&] { sysv.set_value(0, 4294967295u); });
  CHECK((values_of(sysv) == std::vector{32767u}));
}

TEST_CASE("semaphores: the state tells who waits to take") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    auto set = make_semaphores(reference, {.value = 0});
    CHECK(set.states().at(0).waiting_to_take == 0u);
    std::vector<std::future<bool>> waiting;
    for (int i = 0; i < 2; ++i)
      waiting.push_back(std::async(std::launch::async, [&reference] {
        auto other = SemaphoreSet::open(reference, Access::write);
        return take(other, Deadline::after(1min));
      }));
    CHECK(eventually([&] { return set.states().at(0).waiting_to_take == 2u; }));
    CHECK(operate(set, {{0, 2}}));
    for (auto& waiter : waiting) CHECK(waiter.get());
    CHECK(set.states().at(0).waiting_to_take == 0u);
  }
}

TEST_CASE("semaphores: handles move") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    auto first = make_semaphores(reference, {.value = 3});
    SemaphoreSet second{std::move(first)};
    CHECK(take(second));
    first = SemaphoreSet::open(reference, Access::write);
    CHECK(take(first));
    first = std::move(second);
    CHECK(take(first));
    CHECK_FALSE(take(first));
  }
}

TEST_CASE("semaphores: permissions are the system's") {
  if (::geteuid() == 0) return;  // they do not bind root
  const auto denied = [](auto call) { CHECK(error_of(call).code() == std::errc::permission_denied); };
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    REQUIRE(SemaphoreSet::create(reference, {.mode = 0}));
    denied([&] { SemaphoreSet::open(reference, Access::read).states(); });
    denied([&] {
      auto set = SemaphoreSet::open(reference, Access::write);
      take(set);
    });
    CHECK(SemaphoreSet::remove_if_exists(reference));
  }
}

TEST_CASE("semaphores: what can only be read can be looked at, and not be operated on") {
  for (const auto& reference : BothApis<ScratchSemaphores>{}) {
    CAPTURE(reference.to_string());
    REQUIRE(SemaphoreSet::create(reference, {.mode = 0400, .value = 6}));
    auto set = SemaphoreSet::open(reference, Access::read);
    CHECK((values_of(set) == std::vector{6u}));
    if (!is_posix(reference) && ::geteuid() == 0) continue;  // permissions do not bind root
    CHECK_THROWS_AS(take(set), Error);
    CHECK((values_of(set) == std::vector{6u}));
  }
}

TEST_CASE("semaphores: the APIs differ in what is possible in one step") {
  const BothApis<ScratchSemaphores> apis;
  const auto require_possible = [](const Reference& reference, std::vector<SemaphoreOperation> operations) {
    SemaphoreSet::require_possible(reference, operations);
  };
  CHECK(SemaphoreSet::has_undo(apis.sysv()));
  CHECK(SemaphoreSet::has_several(apis.sysv()));
  CHECK_FALSE(SemaphoreSet::has_undo(apis.posix()));
  CHECK_FALSE(SemaphoreSet::has_several(apis.posix()));
  for (const auto& reference : apis)
    for (const int delta : {-1, 1, 100}) CHECK_NOTHROW(require_possible(reference, {{0, delta}}));

  auto posix = make_semaphores(apis.posix());
  const std::vector<SemaphoreOperation> impossible[] = {{{0, -1}, {0, -1}}, {{1, 1}}, {{0, 0}}, {{0, -2}}};
  for (const auto& operations : impossible) {
    CHECK_NOTHROW(require_possible(apis.sysv(), operations));
    const auto error = error_of([&] { require_possible(apis.posix(), operations); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.attempt() == "cannot operate on semaphore " + apis.posix().quoted());
    CHECK(error_of([&] { posix.operate(operations, Deadline::immediate()); }).code() ==
          std::errc::invalid_argument);
  }
  CHECK(error_of([&] {
          operate(posix, {{0, -1}}, Deadline::immediate(), Undo::at_exit);
        }).code() == std::errc::not_supported);
  CHECK_THROWS_AS(posix.set_value(1, 1), Error);
  CHECK((values_of(posix) == std::vector{1u}));
}
