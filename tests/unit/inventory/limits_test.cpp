#include <ipcutils/limits.hpp>

#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// The numbers in a file of /proc/sys.
std::vector<std::uint64_t> sysctl_numbers(const std::string& path) {
  std::istringstream file{read_file("/proc/sys/" + path)};
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 0; file >> number;) numbers.push_back(number);
  return numbers;
}

std::uint64_t pages(std::uint64_t size) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page;
}

std::uint64_t used(const char* name, const Selection& selection) {
  return find_limit(list_limits(selection), name)->used.value();
}

// Of a queue as small_queue() makes it: 4 messages of 64 bytes.
constexpr std::uint64_t charge_of_small_queue = 4 * 64 + 2 * 4 * 6 * sizeof(void*);

// Where there is no object but those that `work` makes, in a process of its own; what it returns, or nothing
// where nobody may have that.
template <typename Work>
std::optional<int> in_new_namespace(Work work) {
  constexpr int none = 99;
  const auto status = ChildProcess{[&] {
                        if (::unshare(CLONE_NEWIPC) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0)
                          return none;
                        return work();
                      }}.wait();
  REQUIRE(status);
  return status == none ? std::nullopt : status;
}

}  // namespace

TEST_CASE("limits: those of System V agree with /proc/sys") {
  const auto limits = list_limits();
  const auto value = [&](const char* name) {
    const auto* limit = find_limit(limits, name);
    REQUIRE(limit);
    return limit->value;
  };
  CHECK(value("kernel.shmmni") == sysctl_numbers("kernel/shmmni").at(0));
  CHECK(value("kernel.shmall") == sysctl_numbers("kernel/shmall").at(0));
  CHECK(value("kernel.shmmax") == sysctl_numbers("kernel/shmmax").at(0));
  CHECK(value("SHMMIN") == 1u);
  CHECK(value("kernel.msgmni") == sysctl_numbers("kernel/msgmni").at(0));
  CHECK(value("kernel.msgmax") == sysctl_numbers("kernel/msgmax").at(0));
  CHECK(value("kernel.msgmnb") == sysctl_numbers("kernel/msgmnb").at(0));
  const auto sem = sysctl_numbers("kernel/sem");
  CHECK(value("kernel.sem.SEMMSL") == sem.at(0));
  CHECK(value("kernel.sem.SEMMNS") == sem.at(1));
  CHECK(value("kernel.sem.SEMOPM") == sem.at(2));
  CHECK(value("kernel.sem.SEMMNI") == sem.at(3));
  CHECK(value("SEMVMX") == 32767u);
}

TEST_CASE("limits: those of POSIX agree with /proc/sys and the resource limit") {
  const auto limits = list_limits();
  for (const char* name : {"queues_max", "msg_max", "msg_default", "msgsize_max", "msgsize_default"}) {
    CAPTURE(name);
    const auto* limit = find_limit(limits, std::string{"fs.mqueue."} + name);
    REQUIRE(limit);
    CHECK(limit->value == sysctl_numbers(std::string{"fs/mqueue/"} + name).at(0));
  }
  CHECK(find_limit(limits, "SEM_VALUE_MAX")->value == 2147483647u);
}

TEST_CASE("limits: the resource limit of this process") {
  const auto with_limit = [](rlim_t limit, std::optional<std::uint64_t> expected) {
    return ChildProcess{[=] {
             struct rlimit resource;
             require_call(::getrlimit(RLIMIT_MSGQUEUE, &resource), "getrlimit");
             resource.rlim_cur = limit;
             if (limit == RLIM_INFINITY) resource.rlim_max = limit;
             if (::setrlimit(RLIMIT_MSGQUEUE, &resource) != 0) return 2;
             const auto limits = list_limits();
             return find_limit(limits, "RLIMIT_MSGQUEUE")->value == expected ? 0 : 1;
           }}
        .wait();
  };
  CHECK(with_limit(12345, 12345u) == 0);
  const auto status = with_limit(RLIM_INFINITY, std::nullopt);
  CHECK((status == 0 || status == 2));  // 2: it may not be raised
}

TEST_CASE("limits: each has a description, and System V comes first of each kind") {
  const auto limits = list_limits();
  std::vector<std::pair<int, int>> order;
  std::set<std::tuple<int, std::string_view, std::string_view>> different;
  for (const auto& limit : limits) {
    CHECK_FALSE(limit.name.empty());
    CHECK_FALSE(limit.description.empty());
    const int kind = static_cast<int>(limit.kind);  // in the order of the enumerators
    order.emplace_back(kind, limit.api == Api::sysv ? 0 : 1);
    different.emplace(kind, limit.name, limit.description);
  }
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(different.size() == limits.size());
}

TEST_CASE("limits: only those of the selection") {
  for (const auto kind : {Kind::shm, Kind::mq, Kind::sem})
    for (const auto api : {Api::sysv, Api::posix}) {
      const auto limits = list_limits({.kinds = {kind}, .apis = {api}});
      CHECK_FALSE(limits.empty());
      for (const auto& limit : limits) {
        CHECK(limit.kind == kind);
        CHECK(limit.api == api);
      }
    }
  CHECK(list_limits({.kinds = {}}).empty());
  CHECK(list_limits({.apis = {Api::file}}).empty());
}

TEST_CASE("limits: what is used is looked for when it is asked for") {
  for (const auto& limit : list_limits({.contents = false})) CHECK_FALSE(limit.used);
  const auto limits = list_limits();
  for (const char* name :
       {"kernel.shmmni", "kernel.shmall", "kernel.msgmni", "kernel.sem.SEMMNI", "kernel.sem.SEMMNS"}) {
    CAPTURE(name);
    CHECK(find_limit(limits, name)->used);
  }
  for (const char* name : {"kernel.shmmax", "kernel.msgmax", "kernel.msgmnb", "kernel.sem.SEMMSL", "SEMVMX",
                           "fs.mqueue.msg_max"}) {
    CAPTURE(name);
    CHECK_FALSE(find_limit(limits, name)->used);
  }
}

TEST_CASE("limits: what is used counts what is made") {
  const auto segments = ScratchReference::sysv();
  const auto queues = ScratchQueue::sysv();
  const auto sets = ScratchSemaphores::sysv();
  make_object(segments, pattern(100'000));
  make_queue(queues);
  make_semaphores(sets, {.count = 17});
  // Others may have objects too.
  CHECK(used("kernel.shmmni", {}) >= 1);
  CHECK(used("kernel.shmall", {}) >= pages(100'000));
  CHECK(used("kernel.msgmni", {}) >= 1);
  CHECK(used("kernel.sem.SEMMNI", {}) >= 1);
  CHECK(used("kernel.sem.SEMMNS", {}) >= 17);
}

TEST_CASE("limits: usage of System V to the last object, in a namespace without any other") {
  const auto status = in_new_namespace([] {
    const auto is_used = [](std::uint64_t segments, std::uint64_t segment_pages, std::uint64_t queues,
                            std::uint64_t sets, std::uint64_t semaphores) {
      const Selection sysv{.apis = {Api::sysv}};
      return used("kernel.shmmni", sysv) == segments && used("kernel.shmall", sysv) == segment_pages &&
             used("kernel.msgmni", sysv) == queues && used("kernel.sem.SEMMNI", sysv) == sets &&
             used("kernel.sem.SEMMNS", sysv) == semaphores;
    };
    if (!is_used(0, 0, 0, 0, 0)) return 1;
    const int segment = require_call(::shmget(IPC_PRIVATE, 100'000, 0600), "shmget");
    require_call(::shmget(IPC_PRIVATE, 1, 0600), "shmget");
    if (!is_used(2, pages(100'000) + 1, 0, 0, 0)) return 2;
    void* const memory = ::shmat(segment, nullptr, 0);
    std::memset(memory, 1, 3 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
    const auto of_segments = segment_usage().value();
    if (of_segments.segments != 2 || of_segments.pages != pages(100'000) + 1) return 3;
    if (of_segments.resident_pages < 3 || of_segments.resident_pages >= of_segments.pages) return 4;
    if (of_segments.swapped_pages > 3) return 5;

    const int queue = require_call(::msgget(IPC_PRIVATE, 0600), "msgget");
    for (int i = 0; i < 2; ++i) require_call(::msgget(IPC_PRIVATE, 0600), "msgget");
    const struct {
      long type;
      char text[5];
    } message{1, "four"};
    for (int i = 0; i < 4; ++i) require_call(::msgsnd(queue, &message, 5, 0), "msgsnd");
    if (!is_used(2, pages(100'000) + 1, 3, 0, 0)) return 6;
    const auto of_queues = queue_usage().value();
    if (of_queues.queues != 3 || of_queues.messages != 4 || of_queues.bytes != 20) return 7;

    for (int i = 0; i < 2; ++i) require_call(::semget(IPC_PRIVATE, 7, 0600), "semget");
    if (!is_used(2, pages(100'000) + 1, 3, 2, 14)) return 8;
    const auto of_sets = semaphore_usage().value();
    return of_sets.sets == 2 && of_sets.semaphores == 14 ? 0 : 9;
  });
  if (status) CHECK(*status == 0);
}

TEST_CASE("limits: POSIX queues are counted, to the last one in a namespace without any other") {
  const auto reference = ScratchQueue::posix();
  make_queue(reference);
  const Selection posix{.kinds = {Kind::mq}, .apis = {Api::posix}};
  const auto limits = list_limits(posix);
  const auto* const limit = find_limit(limits, "fs.mqueue.queues_max");
  REQUIRE(limit);
  if (!limit->used) return;  // they cannot be listed here
  CHECK(*limit->used >= 1);
  if (::geteuid() != 0) return;
  const auto status = in_new_namespace([&] {
    if (used("fs.mqueue.queues_max", posix) != 0) return 1;
    for (int i = 0; i < 3; ++i)
      MessageQueue::create({Kind::mq, PosixName{"/" + std::to_string(i)}}, small_queue(reference));
    if (used("fs.mqueue.queues_max", posix) != 3) return 2;
    return used("RLIMIT_MSGQUEUE", posix) == 3 * charge_of_small_queue ? 0 : 3;
  });
  if (status) CHECK(*status == 0);
}

TEST_CASE("limits: the kernel charges a user as much for a POSIX queue as is counted for it") {
  if (::geteuid() != 0) return;
  const auto reference = ScratchQueue::posix();
  // As a user who has no queues: 1 means that the queue would take more.
  const auto create_within = [&](rlim_t limit) {
    return ChildProcess{[&] {
             const struct rlimit resource { limit, limit };
             require_call(::setrlimit(RLIMIT_MSGQUEUE, &resource), "setrlimit");
             if (::setuid(54321) != 0) return -1;
             try {
               MessageQueue::create(reference, small_queue(reference));
               return 0;
             } catch (const Error& error) {
               return error.code() == std::errc::too_many_files_open ? 1 : 2;
             }
           }}
        .wait();
  };
  const auto status = create_within(charge_of_small_queue - 1);
  if (status == 255) return;  // there is no such user
  CHECK(status == 1);
  CHECK(create_within(charge_of_small_queue) == 0);
}

TEST_CASE("limits: the file system of POSIX shared memory and semaphores") {
  const auto reference = ScratchReference::posix();
  make_object(reference, pattern(1'000'000));
  for (const auto kind : {Kind::shm, Kind::sem, Kind::mb})
    for (const auto& limit : list_limits({.kinds = {kind}, .apis = {Api::posix}})) {
      if (limit.name != "/dev/shm") continue;
      CAPTURE(std::string{limit.description});
      CHECK((limit.unit == LimitUnit::bytes || limit.unit == LimitUnit::files));
      CHECK(limit.used.has_value() == limit.value.has_value());  // neither where there is no limit
      if (!limit.value) continue;
      CHECK(*limit.used <= *limit.value);
      CHECK(*limit.used >= (limit.unit == LimitUnit::bytes ? 1'000'000u : 1u));
    }
}

TEST_CASE("limits: one by its name") {
  const auto limits = list_limits();
  CHECK(find_limit(limits, "kernel.shmmax")->name == "kernel.shmmax");
  CHECK(find_limit(limits, "kernel.shmmax")->unit == LimitUnit::bytes);
  CHECK(find_limit(limits, "kernel.shmall")->unit == LimitUnit::pages);
  for (const char* name : {"", "kernel.shm", "kernel.shmmaxx", "KERNEL.SHMMAX"})
    CHECK_FALSE(find_limit(limits, name));
  CHECK_FALSE(find_limit({}, "kernel.shmmax"));
}

TEST_CASE("limits: the names of units") {
  CHECK(limit_unit_name(LimitUnit::objects) == "objects");
  CHECK(limit_unit_name(LimitUnit::semaphores) == "semaphores");
  CHECK(limit_unit_name(LimitUnit::messages) == "messages");
  CHECK(limit_unit_name(LimitUnit::operations) == "operations");
  CHECK(limit_unit_name(LimitUnit::value) == "value");
  CHECK(limit_unit_name(LimitUnit::bytes) == "bytes");
  CHECK(limit_unit_name(LimitUnit::pages) == "pages");
  CHECK(limit_unit_name(LimitUnit::files) == "files");
}
