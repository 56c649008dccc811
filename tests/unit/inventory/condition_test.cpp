#include <ipcutils/condition.hpp>

#include <mqueue.h>
#include <sys/prctl.h>
#include <sys/shm.h>

#include <csignal>
#include <functional>
#include <ipcutils/interruption.hpp>
#include <ipcutils/inventory.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using What = Condition::What;

namespace {

const Condition exists{What::exists}, gone{What::gone}, empty{What::empty}, nonempty{What::nonempty},
    zero{What::zero}, unattached{What::unattached}, changed{What::changed};

Condition value(unsigned least) { return {What::value, least}; }

bool is_now(const Reference& reference, const Condition& condition) {
  return wait_for(reference, condition, Deadline::immediate());
}

// Whether it becomes true when `action` has been done meanwhile.
template <typename Action>
bool becomes_true(const Reference& reference, const Condition& condition, Action action) {
  if (is_now(reference, condition)) return false;
  const auto acting = when_asleep(action);
  return wait_for(reference, condition, Deadline::after(10s));
}

// One of each kind and API, how it is made, and a condition that is not true of it then.
struct Row {
  Reference reference;
  std::function<void()> make;
  std::vector<Condition> unfulfilled;
};

class EveryObject {
 public:
  EveryObject() {
    for (const auto* reference : m_memory.references())
      m_rows.push_back({*reference, [this, reference] { make_object(*reference, "content"); }, {gone}});
    for (const auto& reference : m_queues)
      m_rows.push_back({reference, [reference] { make_queue(reference); }, {gone, nonempty}});
    for (const auto& reference : m_semaphores)
      m_rows.push_back({reference, [reference] { make_semaphores(reference); }, {gone, zero, value(2)}});
  }

  auto begin() const { return m_rows.begin(); }
  auto end() const { return m_rows.end(); }

 private:
  EveryApi m_memory;
  BothApis<ScratchQueue> m_queues;
  BothApis<ScratchSemaphores> m_semaphores;
  std::vector<Row> m_rows;
};

int errno_of_wait(const Reference& reference, const Condition& condition,
                  const Deadline& deadline = Deadline::immediate()) {
  return error_of([&] { wait_for(reference, condition, deadline); }).code().value();
}

void change_by(const Reference& reference, unsigned number, int delta) {
  auto set = SemaphoreSet::open(reference, Access::write);
  if (!operate(set, {{number, delta}})) throw std::runtime_error{"it would have to wait"};
}

}  // namespace

TEST_CASE("condition: the texts of all of them") {
  CHECK(Condition::parse("exists") == exists);
  CHECK(Condition::parse("gone") == gone);
  CHECK(Condition::parse("empty") == empty);
  CHECK(Condition::parse("nonempty") == nonempty);
  CHECK(Condition::parse("zero") == zero);
  CHECK(Condition::parse("unattached") == unattached);
  CHECK(Condition::parse("changed") == changed);
  CHECK(Condition::parse("value:0") == value(0));
  CHECK(Condition::parse("value:17") == value(17));
  CHECK(Condition::parse("value:2147483647") == value(2147483647));
  for (const auto* text : {"", "exist", "exists ", " exists", "Exists", "value", "value:", "value:-1",
                           "value:x", "value:1x", "value:2147483648", "value=1", "zero:1"}) {
    CAPTURE(text);
    CHECK(error_of([&] { Condition::parse(text); }).code() == std::errc::invalid_argument);
  }
}

TEST_CASE("condition: which there are of what kind") {
  const Condition all[] = {exists, gone, empty, nonempty, zero, value(1), unattached};
  const auto is_possible = [](Kind kind, const Condition& condition) {
    switch (condition.what) {
      case What::exists:
      case What::gone:
        return true;
      case What::empty:
      case What::nonempty:
        return kind == Kind::mq;
      case What::zero:
      case What::value:
        return kind == Kind::sem;
      default:
        return kind == Kind::shm;
    }
  };
  for (const auto kind : {Kind::shm, Kind::mq, Kind::sem})
    for (const Name& name : {Name{PosixName{"/ipcutils-test-none"}}, Name{SysvKey{0x7fffffff}}})
      for (const auto& condition : all) {
        const Reference reference{kind, name};
        CAPTURE(reference.to_string(), static_cast<int>(condition.what));
        if (is_possible(kind, condition)) {
          CHECK_NOTHROW(require_possible(reference, condition));
        } else {
          CHECK_THROWS_AS(require_possible(reference, condition), Error);
          CHECK(errno_of_wait(reference, condition) == EINVAL);
        }
      }
}

TEST_CASE("condition: what cannot exist is not waited for") {
  for (const auto& condition : {exists, gone})
    CHECK(errno_of_wait({Kind::shm, SysvPrivate{}}, condition) == EINVAL);
}

TEST_CASE("condition: existence, at once") {
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    CAPTURE(reference.to_string());
    CHECK(is_now(reference, gone));
    CHECK_FALSE(is_now(reference, exists));
    make();
    CHECK(is_now(reference, exists));
    CHECK_FALSE(is_now(reference, gone));
  }
}

TEST_CASE("condition: what comes into existence and goes again") {
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    CAPTURE(reference.to_string());
    CHECK(becomes_true(reference, exists, make));
    CHECK(becomes_true(reference, gone, [&] { remove_object_if_exists(reference); }));
  }
}

TEST_CASE("condition: existence is noticed at once where the kernel tells of it") {
  // A wait without limit that is no busy one: who waits sleeps in one system call until the name comes.
  const auto reference = ScratchReference::posix();
  const auto acting = when_asleep([&] { make_object(reference, "content"); });
  CHECK(wait_for(reference, exists, Deadline::never()));
}

TEST_CASE("condition: messages in a queue") {
  for (const BothApis<ScratchQueue> references; const auto& reference : references) {
    CAPTURE(reference.to_string());
    auto queue = make_queue(reference);
    CHECK(is_now(reference, empty));
    CHECK_FALSE(is_now(reference, nonempty));
    CHECK(becomes_true(reference, nonempty, [&] { send(queue, "one"); }));
    CHECK_FALSE(is_now(reference, empty));
    CHECK(is_now(reference, nonempty));
    CHECK(becomes_true(reference, empty, [&] { receive(queue); }));
    REQUIRE(send(queue, ""));
    CHECK(is_now(reference, nonempty));  // a message without bytes is one
    CHECK_FALSE(is_now(reference, empty));
    CHECK(drain(queue).empty());
  }
}

TEST_CASE("condition: waiting takes no message and leaves no trace") {
  const auto reference = ScratchQueue::posix();
  auto queue = make_queue(reference);
  REQUIRE(send(queue, "one"));
  CHECK(is_now(reference, nonempty));
  CHECK_FALSE(is_now(reference, empty));
  CHECK(drain(queue) == "one");
}

TEST_CASE("condition: values of a semaphore") {
  for (const BothApis<ScratchSemaphores> references; const auto& reference : references) {
    CAPTURE(reference.to_string());
    const auto set = make_semaphores(reference, {.value = 2});
    for (const unsigned least : {0, 1, 2}) CHECK(is_now(reference, value(least)));
    for (const unsigned least : {3u, 32767u}) CHECK_FALSE(is_now(reference, value(least)));
    CHECK_FALSE(is_now(reference, zero));
    CHECK(values_of(set) == std::vector{2u});
    CHECK(becomes_true(reference, value(3), [&] { change_by(reference, 0, 1); }));
    CHECK(values_of(set) == std::vector{3u});  // and nothing is taken
    CHECK(becomes_true(reference, zero, [&] {
      for (int i = 0; i < 3; ++i) change_by(reference, 0, -1);
    }));
    CHECK(is_now(reference, zero));
    CHECK(is_now(reference, value(0)));
    CHECK_FALSE(is_now(reference, value(1)));
    CHECK(values_of(set) == std::vector{0u});
  }
}

TEST_CASE("condition: every semaphore of a set must have the value") {
  const auto reference = ScratchSemaphores::sysv();
  const auto set = make_semaphores(reference, {.count = 3, .value = 1});
  CHECK(is_now(reference, value(1)));
  change_by(reference, 2, -1);
  CHECK_FALSE(is_now(reference, value(1)));
  CHECK_FALSE(is_now(reference, zero));
  CHECK(values_of(set) == std::vector{1u, 1u, 0u});
  CHECK(becomes_true(reference, value(1), [&] { change_by(reference, 2, 1); }));
  for (const unsigned number : {0u, 1u}) change_by(reference, number, -1);
  CHECK(becomes_true(reference, zero, [&] { change_by(reference, 2, -1); }));
}

TEST_CASE("condition: a set of more semaphores than operations are taken in one step") {
  const auto reference = ScratchSemaphores::sysv();
  make_semaphores(reference, {.count = 300, .value = 1});
  CHECK(is_now(reference, value(1)));
  CHECK_FALSE(is_now(reference, value(2)));
  CHECK_FALSE(is_now(reference, zero));
  CHECK(becomes_true(reference, value(0), [] {}) == false);  // it is true already
  change_by(reference, 299, -1);
  CHECK(becomes_true(reference, value(1), [&] { change_by(reference, 299, 1); }));
}

TEST_CASE("condition: what is waiting for a value is a wait that the kernel knows of") {
  const auto reference = ScratchSemaphores::sysv();
  auto set = make_semaphores(reference, {.value = 1});
  for (const auto& condition : {value(2), zero}) {
    ChildProcess waiting{[&] {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      return wait_for(reference, condition, Deadline::after(10s)) ? 0 : 1;
    }};
    CHECK(eventually([&] {
      const auto state = set.states().at(0);
      return (condition == zero ? state.waiting_for_zero : state.waiting_to_take) == 1u;
    }));
    set.set_value(0, condition == zero ? 0 : 2);
    CHECK(waiting.wait() == 0);
    set.set_value(0, 1);
  }
}

TEST_CASE("condition: a value that a set can never have is an error") {
  const auto reference = ScratchSemaphores::sysv();
  make_semaphores(reference, {.value = 1});
  CHECK(errno_of_wait(reference, value(32769)) == ERANGE);
  CHECK(errno_of_wait(reference, value(2147483647)) == ERANGE);
}

TEST_CASE("condition: shared memory that somebody holds, and then nobody") {
  const auto posix = ScratchReference::posix(), sysv = ScratchReference::sysv();
  // On tmpfs, since not every file system knows leases.
  const ScratchReference file{{Kind::shm, FilePath{ScratchReference::posix().path()}}};
  for (const auto* reference : {&posix, &sysv, &file}) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "content");
    CHECK(is_now(*reference, unattached));
    auto held = std::optional{SharedMemory::open(*reference, Access::read)};
    CHECK(becomes_true(*reference, unattached, [&] { held.reset(); }));
  }
}

TEST_CASE("condition: shared memory that another process holds until it ends") {
  for (const auto& reference : {ScratchReference::posix().get(), ScratchReference::sysv().get()}) {
    const ScratchReference scratch{reference};
    CAPTURE(reference.to_string());
    make_object(reference, "content");
    auto ready = make_pipe();
    ChildProcess holder{[&] {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const auto held = SharedMemory::open(reference, Access::read);
      write_all(ready.write_end.get(), "r");
      for (;;) ::pause();
      return 0;
    }};
    ready.write_end.reset();
    char byte;
    const bool is_ready = ::read(ready.read_end.get(), &byte, 1) == 1;
    const bool is_free = is_now(reference, unattached);
    const auto acting = when_asleep([&] { ::kill(holder.pid(), SIGKILL); });
    CHECK(is_ready);
    CHECK_FALSE(is_free);
    CHECK(wait_for(reference, unattached, Deadline::after(10s)));
  }
}

TEST_CASE("condition: shared memory that is written, replaced or removed while it is waited for") {
  const auto posix = ScratchReference::posix(), sysv = ScratchReference::sysv();
  const TemporaryDirectory directory;
  const Reference file{Kind::shm, FilePath{directory.path("mapped")}};
  for (const auto& reference : {posix.get(), file}) {
    CAPTURE(reference.to_string());
    CHECK(errno_of_wait(reference, changed, Deadline::never()) == ENOENT);
    make_object(reference, "content");
    CHECK(becomes_true(reference, changed, [&] {
      auto object = SharedMemory::open(reference, Access::write);
      write_at(object, 3, "T");
    }));
    CHECK(becomes_true(reference, changed, [&] {
      SharedMemoryDraft::begin(reference, {.collision = SharedMemoryDraft::Collision::replace})->publish();
    }));
    CHECK(becomes_true(reference, changed, [&] { SharedMemory::remove_if_exists(reference); }));
  }
  for (const Reference& reference : {sysv.get(), Reference{Kind::sem, PosixName{"/x"}}})
    CHECK(errno_of_wait(reference, changed) == EINVAL);
}

TEST_CASE("condition: a missing object is an error at once, unless its existence is the question") {
  const ScratchReference memory[] = {ScratchReference::posix(), ScratchReference::sysv()};
  for (const auto& reference : memory)
    CHECK(errno_of_wait(reference, unattached, Deadline::never()) == ENOENT);
  CHECK(errno_of_wait({Kind::shm, FilePath{"/nonexistent/x"}}, unattached, Deadline::never()) == ENOENT);
  CHECK(errno_of_wait({Kind::shm, SysvId{2147483647}}, unattached, Deadline::never()) == ENOENT);
  for (const BothApis<ScratchQueue> queues; const auto& reference : queues)
    for (const auto& condition : {empty, nonempty})
      CHECK(errno_of_wait(reference, condition, Deadline::never()) == ENOENT);
  for (const BothApis<ScratchSemaphores> sets; const auto& reference : sets)
    for (const auto& condition : {zero, value(0), value(1)})
      CHECK(errno_of_wait(reference, condition, Deadline::never()) == ENOENT);
}

TEST_CASE("condition: what is removed meanwhile is an error, as far as the kernel tells") {
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    make();
    for (const auto& condition : unfulfilled) {
      // A POSIX queue stays for who waits for its messages; see ipcwait(1).
      if (condition == gone || (condition == nonempty && is_posix(reference))) continue;
      CAPTURE(reference.to_string(), static_cast<int>(condition.what));
      const auto acting = when_asleep([&] { remove_object_if_exists(reference); });
      const int errnum = errno_of_wait(reference, condition, Deadline::after(10s));
      CHECK((errnum == ENOENT || errnum == EIDRM));
      acting.wait();
      make();
    }
  }
}

TEST_CASE("condition: shared memory that is removed while somebody holds it is gone") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto held = SharedMemory::open(reference, Access::read);
  const auto acting = when_asleep([&] { SharedMemory::remove_if_exists(reference); });
  CHECK(errno_of_wait(reference, unattached, Deadline::after(10s)) == ENOENT);
}

TEST_CASE("condition: a wait ends by the deadline and never before") {
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    CAPTURE(reference.to_string());
    make();
    for (const auto& condition : unfulfilled) {
      CAPTURE(static_cast<int>(condition.what));
      const auto begin = std::chrono::steady_clock::now();
      CHECK_FALSE(wait_for(reference, condition, Deadline::after(5ms)));
      CHECK(std::chrono::steady_clock::now() - begin >= 5ms);
    }
  }
}

TEST_CASE("condition: a signal ends every wait") {
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    CAPTURE(reference.to_string());
    make();
    for (const auto& condition : unfulfilled) {
      CAPTURE(static_cast<int>(condition.what));
      const Interruption interruption{SIGUSR1};
      const auto sender = when_asleep([] { ::kill(::getpid(), SIGUSR1); });
      CHECK_FALSE(wait_for(reference, condition, Deadline::never().interrupted_by(interruption)));
      CHECK(interruption.signal() == SIGUSR1);
      sender.wait();
      CHECK_FALSE(wait_for(reference, condition, Deadline::never().interrupted_by(interruption)));
    }
  }
}

TEST_CASE("condition: a signal of which nobody waits to be told ends none") {
  struct sigaction action {
  }, old;
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGUSR2, &action, &old) == 0);
  for (const EveryObject objects; const auto& [reference, make, unfulfilled] : objects) {
    CAPTURE(reference.to_string());
    const auto acting = when_asleep([&, waiting = ::pthread_self(), thread = ::gettid()] {
      ::pthread_kill(waiting, SIGUSR2);
      eventually([thread] { return is_asleep(thread); });
      make();
    });
    CHECK(wait_for(reference, exists, Deadline::after(10s)));
    acting.wait();
  }
  ::sigaction(SIGUSR2, &old, nullptr);
}

TEST_CASE("condition: what may not be looked into is an error") {
  if (::geteuid() == 0) return;
  const auto queue = ScratchQueue::posix();
  REQUIRE(MessageQueue::create(queue, {.mode = 0200, .max_messages = 1, .max_message_size = 8}));
  CHECK(errno_of_wait(queue, empty) == EACCES);
  CHECK(errno_of_wait(queue, nonempty) == EACCES);
  for (const BothApis<ScratchSemaphores> sets; const auto& reference : sets) {
    CAPTURE(reference.to_string());
    REQUIRE(SemaphoreSet::create(reference, {.mode = 0, .value = 1}));
    CHECK(errno_of_wait(reference, zero) == EACCES);
    CHECK(errno_of_wait(reference, value(2)) == EACCES);
    CHECK(is_now(reference, exists));
  }
}
