// System V semaphore sets: what sets them apart.
#include <sys/sem.h>

#include <csignal>
#include <future>
#include <ipcutils/interruption.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Undo = SemaphoreSet::Undo;
using Values = std::vector<unsigned>;

namespace {

union Argument {
  int value;
  semid_ds* status;
};

semid_ds status_of(int id) {
  semid_ds status;
  require_call(::semctl(id, 0, IPC_STAT, Argument{.status = &status}), "semctl");
  return status;
}

// What semget(2) makes, which has values when its maker gives it some.
int make_without_values(const ScratchSemaphores& reference) {
  return require_call(::semget(reference.key(), 1, IPC_CREAT | IPC_EXCL | 0600), "semget");
}

}  // namespace

TEST_CASE("System V semaphores: all of them have the first value") {
  const auto reference = ScratchSemaphores::sysv();
  const auto set = make_semaphores(reference, {.count = 3, .value = 7});
  CHECK(set.size() == 3);
  CHECK((values_of(set) == Values{7, 7, 7}));
  CHECK(status_of(sysv_id(set.reference())).sem_otime != 0);
}

TEST_CASE("System V semaphores: several operations are one step, or none") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.count = 3, .value = 1});
  CHECK(operate(set, {{0, -1}, {1, 2}, {2, -1}}));
  CHECK((values_of(set) == Values{0, 3, 0}));
  CHECK_FALSE(operate(set, {{1, -1}, {2, -1}}));
  CHECK_FALSE(operate(set, {{1, 5}, {0, -1}}, Deadline::after(1ms)));
  CHECK((values_of(set) == Values{0, 3, 0}));
  CHECK(operate(set, {{0, 0}, {0, 1}}));  // taken by whom it was free for
  CHECK_FALSE(operate(set, {{0, 0}, {0, 1}}));
  CHECK(operate(set, {{1, -3}, {1, 1}, {1, -1}}));
  CHECK((values_of(set) == Values{1, 0, 0}));
}

TEST_CASE("System V semaphores: a step that needs two semaphores waits for both") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.count = 2, .value = 0});
  auto waiter = std::async(std::launch::async, [&reference] {
    auto other = SemaphoreSet::open(reference, Access::write);
    return operate(other, {{0, -1}, {1, -1}}, Deadline::after(1min));
  });
  CHECK(eventually([&] { return set.states().at(0).waiting_to_take == 1u; }));
  CHECK(operate(set, {{0, 1}}));
  CHECK(eventually([&] { return set.states().at(1).waiting_to_take == 1u; }));
  CHECK((values_of(set) == Values{1, 0}));
  CHECK(operate(set, {{1, 1}}));
  CHECK(waiter.get());
  CHECK((values_of(set) == Values{0, 0}));
}

TEST_CASE("System V semaphores: the wait for zero") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference);
  const auto taker = std::async(std::launch::async, [&reference] {
    auto other = SemaphoreSet::open(reference, Access::write);
    eventually([&] { return other.states().at(0).waiting_for_zero == 1u; });
    take(other);
  });
  CHECK(operate(set, {{0, 0}}, deadline));
  CHECK(set.states().at(0).waiting_for_zero == 0u);
}

TEST_CASE("System V semaphores: a value of 0 lets go who waits for zero") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.value = 9});
  const auto setter = when_asleep([&reference] {
    auto other = SemaphoreSet::open(reference, Access::write);
    other.set_value(0, 0);
  });
  CHECK(operate(set, {{0, 0}}, Deadline::after(1min)));
}

TEST_CASE("System V semaphores: the state tells whose operation was the last") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.count = 2});
  ChildProcess child{[&] { return operate(set, {{1, -1}}) ? 0 : 1; }};
  const auto pid = child.pid();
  CHECK(child.wait() == 0);
  CHECK(take(set));
  CHECK(set.states().at(0).last_user == ::getpid());
  CHECK(set.states().at(1).last_user == pid);
}

TEST_CASE("System V semaphores: what a process has taken comes back when it ends, however it does") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.count = 2, .value = 3});
  const bool is_killed = GENERATE(false, true);
  ChildProcess child{[&] {
    if (!operate(set, {{0, -2}, {1, -1}}, Deadline::immediate(), Undo::at_exit)) return 1;
    if ((values_of(set) != Values{1, 2})) return 2;
    if (is_killed) ::raise(SIGKILL);
    return 0;
  }};
  CHECK(child.wait().has_value() != is_killed);
  CHECK((values_of(set) == Values{3, 3}));
}

TEST_CASE("System V semaphores: without undo what a process has taken stays taken") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.value = 3});
  CHECK(ChildProcess{[&] { return take(set) ? 0 : 1; }}.wait() == 0);
  CHECK((values_of(set) == Values{2}));
}

TEST_CASE("System V semaphores: who waits for a holder gets it when that is killed") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference);
  auto ready = make_pipe();
  ChildProcess holder{[&] {
    operate(set, {{0, -1}}, Deadline::immediate(), Undo::at_exit);
    write_all(ready.write_end.get(), "x");
    return ::pause();
  }};
  ready.write_end.reset();
  char byte;
  CHECK(::read(ready.read_end.get(), &byte, 1) == 1);
  const auto killer = when_asleep([pid = holder.pid()] { ::kill(pid, SIGKILL); });
  CHECK(take(set, Deadline::after(1min)));
}

TEST_CASE("System V semaphores: who waits for one that is removed is told") {
  const auto deadline = GENERATE(as<bool>{}, true, false) ? Deadline::after(1min) : Deadline::never();
  const int delta = GENERATE(-2, 0);
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference);
  const auto remover = when_asleep([&] { SemaphoreSet::remove_if_exists(reference); });
  const auto error = error_of([&] { operate(set, {{0, delta}}, deadline); });
  CHECK(error.code() == std::errc::identifier_removed);
  CHECK(error.what() == "cannot operate on semaphore " + reference.get().quoted() + ": Identifier removed");
}

TEST_CASE("System V semaphores: one that was removed before is told as removed, too") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference);
  SemaphoreSet::remove_if_exists(reference);
  CHECK(error_of([&] { take(set); }).code() == std::errc::identifier_removed);
  CHECK(error_of([&] { take(set, Deadline::never()); }).code() == std::errc::identifier_removed);
  CHECK(error_of([&] { set.set_value(0, 1); }).code() == std::errc::identifier_removed);
  CHECK_THROWS_AS(set.states(), Error);
}

TEST_CASE("System V semaphores: a number that the set does not have is refused before anything happens") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.count = 2});
  const auto number = GENERATE(as<unsigned>{}, 2, 65535, 65536, 4294967295u);
  for (const auto& error : {error_of([&] {
                              operate(set, {{0, -1}, {number, -1}});
                            }),
                            error_of([&] { set.set_value(number, 1); })}) {
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.what() == "cannot operate on semaphore " + reference.get().quoted() +
                              ": there is no semaphore " + std::to_string(number) +
                              ": the set has 2, numbered from 0");
  }
  CHECK((values_of(set) == Values{1, 1}));
}

TEST_CASE("System V semaphores: more operations than one step can have are told of") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference);
  const std::vector<SemaphoreOperation> many(100'000, {0, 1});
  const auto error = error_of([&] { set.operate(many, Deadline::immediate()); });
  CHECK(error.code() == std::errc::argument_list_too_long);
  CHECK(error.hint() == "100000 operations are too many for one step, see kernel.sem");
  CHECK((values_of(set) == Values{1}));
}

TEST_CASE("System V semaphores: sets that none can be are refused") {
  const auto reference = ScratchSemaphores::sysv();
  const auto count = GENERATE(as<unsigned>{}, 0, 10'000'000);
  const auto error = error_of([&] { SemaphoreSet::create(reference, {.count = count}); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.hint().find("kernel.sem") != std::string::npos);
  CHECK_FALSE(SemaphoreSet::open_if_exists(reference, Access::read));
}

TEST_CASE("System V semaphores: who opens what has no values yet waits until it has") {
  const auto reference = ScratchSemaphores::sysv();
  const int id = make_without_values(reference);
  CHECK_FALSE(SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()));
  const auto deadline = Deadline::after(5ms);
  CHECK_FALSE(SemaphoreSet::open_or_create(reference, {}, deadline));
  CHECK(deadline.has_passed());
  const auto maker = when_asleep([id] {
    ::semctl(id, 0, SETVAL, Argument{.value = 4});
    struct sembuf one {};
    one.sem_op = 1;
    ::semop(id, &one, 1);
  });
  const auto set = SemaphoreSet::open_or_create(reference, {.value = 99}, Deadline::after(1min));
  REQUIRE(set);
  CHECK((values_of(*set) == Values{5}));
}

TEST_CASE("System V semaphores: what never gets values is an error after some seconds") {
  const auto reference = ScratchSemaphores::sysv();
  make_without_values(reference);
  const auto begin = std::chrono::steady_clock::now();
  const auto error = error_of([&] { SemaphoreSet::open_or_create(reference, {}, Deadline::never()); });
  CHECK(std::chrono::steady_clock::now() - begin >= 5s);
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == "cannot use semaphore " + reference.get().quoted() + ": it has no values yet");
  CHECK_FALSE(error.hint().empty());
  // Without --create it can be used, and so recovered.
  auto set = SemaphoreSet::open(reference, Access::write);
  set.set_value(0, 1);
  CHECK(operate(set, {{0, 1}}));
  CHECK(SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()));
}

TEST_CASE("System V semaphores: a signal ends the wait for values") {
  const auto reference = ScratchSemaphores::sysv();
  make_without_values(reference);
  const Interruption interruption{SIGUSR1};
  const auto begin = std::chrono::steady_clock::now();
  auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
  CHECK_FALSE(SemaphoreSet::open_or_create(reference, {}, Deadline::never().interrupted_by(interruption))
                  .has_value());
  CHECK(std::chrono::steady_clock::now() - begin < 4s);  // of 5 that it would wait for the maker
}

TEST_CASE("System V semaphores: owner and creator have to be trusted") {
  const auto reference = ScratchSemaphores::sysv();
  const auto made = make_semaphores(reference, {.mode = 0666});
  const int id = sysv_id(made.reference());
  auto status = status_of(id);
  status.sem_perm.uid = other_user();
  if (::semctl(id, 0, IPC_SET, Argument{.status = &status}) != 0)
    return;  // in a user namespace without that user
  const auto error =
      error_of([&] { SemaphoreSet::open_if_exists(reference, Access::write, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() == "it belongs to another user (owner uid " + std::to_string(other_user()) +
                            ", creator uid " + std::to_string(::geteuid()) + "), who may have planted it");
  CHECK(error_of([&] { SemaphoreSet::open_or_create(reference, {}, Deadline::immediate()); }).code() ==
        std::errc::operation_not_permitted);
  CHECK(SemaphoreSet::open_if_exists(reference, Access::write));
}

TEST_CASE("System V semaphores: 'private' makes new ones each time, and opens none") {
  const Reference reference{Kind::sem, SysvPrivate{}};
  const auto first = make_semaphores(reference).reference();
  const auto second = make_semaphores(reference).reference();
  CHECK(first != second);
  CHECK_THROWS_AS(SemaphoreSet::open_if_exists(reference, Access::read), Error);
  CHECK(SemaphoreSet::remove_if_exists(first));
  CHECK(SemaphoreSet::remove_if_exists(second));
}

TEST_CASE("System V semaphores: the key of a file") {
  const TemporaryDirectory directory;
  const ScratchSemaphores reference{SysvFileKey{directory.path(), 77}};
  const auto set = make_semaphores(reference);
  CHECK(::semget(::ftok(directory.path().c_str(), 77), 0, 0) == sysv_id(set.reference()));
}
