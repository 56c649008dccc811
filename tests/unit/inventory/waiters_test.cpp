#include <ipcutils/waiters.hpp>

#include <csignal>
#include <fstream>

#include "catch.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"

using namespace ipcutils;

namespace {

WaiterList waiters_of(const Reference& reference) {
  auto object = find_object(reference).value();
  look_for_waiters({&object, 1});
  return object.waiters.value();
}

// Whether /proc tells what a process waits for, to whom may trace it.
bool is_told(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/syscall"};
  return file.get() != std::ifstream::traits_type::eof();
}

}  // namespace

TEST_CASE("waiters: the processes that wait for a semaphore, and nobody else's") {
  const BothApis<ScratchSemaphores> references, others;
  const auto own_name = read_file("/proc/self/comm");
  for (const auto& reference : references) {
    const auto& other = is_posix(reference) ? others.posix() : others.sysv();
    auto set = make_semaphores(reference, {.value = 0});
    make_semaphores(other, {.value = 0});
    CHECK(waiters_of(set.reference()) == WaiterList{});
    ChildProcess child{[&set] { return take(set, Deadline::never()) ? 0 : 1; }};
    WaiterList expected{{}, 1};
    if (is_told(child.pid())) expected = {{{child.pid(), own_name.substr(0, own_name.find('\n'))}}, 0};
    CHECK(eventually([&] { return waiters_of(set.reference()) == expected; }));
    CHECK(waiters_of(other) == WaiterList{});
    ::kill(child.pid(), SIGKILL);
    child.wait();
  }
}

TEST_CASE("waiters: only semaphores whose state is known have them") {
  Object object{};
  object.status = SemaphoreStatus{};
  for (const auto& status : {object.status, decltype(object.status){SharedMemoryStatus{}}}) {
    object.status = status;
    look_for_waiters({&object, 1});
    CHECK_FALSE(object.waiters);
  }
}
