// Trigger: systemd's ProcSubset=pid hides /proc/sysvipc, and lists were empty. A source that cannot be read
// is no empty one.
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <ipcutils/condition.hpp>
#include <ipcutils/fifo.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/sysv.hpp>
#include <memory>

#include "catch.hpp"
#include "error_of.hpp"
#include "inventory/mq.hpp"
#include "inventory/sem.hpp"
#include "inventory/shm.hpp"
#include "inventory/sysvipc.hpp"
#include "processes.hpp"
#include "scratch_ipc.hpp"

using namespace ipcutils;

namespace {

constexpr Kind kinds[] = {Kind::shm, Kind::mq, Kind::sem};

// A System V object that is removed when the test is over.
class BareObject {
 public:
  explicit BareObject(Kind kind) : m_kind{kind}, m_id{sysv::create(kind, 0, 3, 0600).value()} {}
  BareObject(const BareObject&) = delete;
  BareObject& operator=(const BareObject&) = delete;
  ~BareObject() { sysv::remove(m_kind, m_id); }
  Reference reference() const { return {m_kind, SysvId{m_id}}; }

 private:
  Kind m_kind;
  int m_id;
};

// The row of an object; nothing when the table has none.
std::optional<SysvRow> row_of(const std::vector<SysvRow>& rows, int id) {
  const auto found =
      std::ranges::find(rows, static_cast<std::uint64_t>(id), [](auto& row) { return row[1]; });
  return found == rows.end() ? std::nullopt : std::optional{*found};
}

template <typename Status>
void compare(const SysvSource<Status>& source, Kind kind) {
  CAPTURE(source.name);
  const BareObject object{kind};
  const int id = std::get<SysvId>(object.reference().name).value;
  const auto shown = read_sysvipc(source.name, source.column_count);
  const auto called = table_by_calls(source);
  REQUIRE(shown);
  CHECK(called.hidden == 0);
  auto wanted = row_of(shown.value(), id);
  const auto row = row_of(called.rows, id);
  REQUIRE(wanted);
  REQUIRE(row);
  std::fill(wanted->begin() + static_cast<std::ptrdiff_t>(called.column_count), wanted->end(), 0u);
  CHECK(*row == *wanted);
}

// What `change_mounts` makes of /proc and the like is seen by `work` alone. Its result is the status of a
// process: 0, or what failed; nothing where the kernel refuses namespaces.
constexpr int refused = 77;

std::optional<int> status_among(const std::function<bool()>& change_mounts,
                                const std::function<int()>& work) {
  ChildProcess child{[&] {
    const bool has_namespace =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return has_namespace && change_mounts() ? work() : refused;
  }};
  const auto status = child.wait();
  return status == refused ? std::nullopt : std::optional{status.value_or(-1)};
}

bool hide(const char* directory) { return ::mount("tmpfs", directory, "tmpfs", 0, "mode=755") == 0; }
bool show_pids_alone() { return ::mount("proc", "/proc", "proc", 0, "subset=pid") == 0; }

struct BrokenProc {
  const char* name;
  std::function<bool()> make;
};

const BrokenProc broken_procs[] = {
    {"subset=pid", show_pids_alone},
    {"nothing in /proc/sysvipc", [] { return hide("/proc/sysvipc"); }},
    {"nothing in /proc", [] { return hide("/proc"); }},
    {"tables without headings",
     [] { return ::mount("/dev/null", "/proc/sysvipc/shm", nullptr, MS_BIND, nullptr) == 0; }},
};

bool contains(const std::vector<Object>& objects, const Reference& reference) {
  return std::ranges::find(objects, reference, &Object::reference) != objects.end();
}

}  // namespace

TEST_CASE("sysvipc: the kernel's calls give the rows of /proc/sysvipc") {
  compare(segment_source, Kind::shm);
  compare(queue_source, Kind::mq);
  compare(semaphore_set_source, Kind::sem);
}

TEST_CASE("sysvipc: when neither /proc nor a call can be read, it is an Error") {
  auto source = segment_source;
  source.name = "none";
  source.control = [](int, int, shmid_ds&) {
    errno = ENOSYS;
    return -1;
  };
  const auto error = error_of([&] { sysv_table(source); });
  CHECK(error.code().value() == ENOSYS);
  CHECK(error.attempt() == "cannot list System V segments of shared memory");
}

TEST_CASE("sysvipc: objects that the kernel does not show are counted, and free places are not") {
  auto source = segment_source;
  source.name = "none";
  source.control = [](int index, int command, shmid_ds& status) {
    if (command == SHM_INFO) return 3;
    status = {};
    errno = index == 1 ? EINVAL : EACCES;
    return index == 0 ? 32768 : -1;
  };
  const auto table = sysv_table(source);
  CHECK(table.rows.size() == 1);
  CHECK(table.hidden == 2);
}

TEST_CASE("sysvipc: without the call for everybody the objects that may be read are there") {
  auto source = segment_source;
  source.name = "none";
  source.control = [](int id, int command, shmid_ds& status) {
    if (command == segment_source.stat_any_command) {
      errno = EINVAL;
      return -1;
    }
    return segment_source.control(id, command, status);
  };
  const BareObject object{Kind::shm};
  CHECK(row_of(sysv_table(source).rows, std::get<SysvId>(object.reference().name).value));
}

TEST_CASE("inventory: System V objects are found, listed and not gone under a broken /proc") {
  for (const auto& broken : broken_procs)
    for (const auto kind : kinds) {
      CAPTURE(broken.name, std::string{kind_name(kind)});
      const BareObject object{kind};
      const auto status = status_among(broken.make, [&] {
        if (!find_object(object.reference())) return 1;
        if (!contains(list_objects({.kinds = {kind}, .apis = {Api::sysv}}), object.reference())) return 2;
        if (wait_for(object.reference(), {Condition::What::gone}, Deadline::immediate())) return 3;
        return 0;
      });
      if (status) CHECK(*status == 0);
    }
}

TEST_CASE("inventory: how much of a segment is in memory is unknown without /proc/sysvipc") {
  const BareObject object{Kind::shm};
  const auto status = status_among(show_pids_alone, [&] {
    const auto memory = std::get<SharedMemoryStatus>(find_object(object.reference()).value().status);
    return memory.resident || memory.swapped || memory.size != 3 ? 1 : 0;
  });
  if (status) CHECK(*status == 0);
}

TEST_CASE("inventory: a FIFO is there without /proc, and who has it open is unknown") {
  const TemporaryDirectory directory;
  const auto path = directory.path("fifo");
  const Reference reference{Kind::fifo, FilePath{path}};
  const auto fifo = Fifo::create(path).value();
  const auto reader = fifo.open_reader();
  const auto writer = fifo.open_writer(Deadline::immediate()).value();
  REQUIRE(::write(writer.get(), "x", 1) == 1);
  const auto status = status_among(
      [] { return hide("/proc"); },
      [&] {
        const auto found = std::get<FifoStatus>(find_object(reference).value().status);
        if (found.readers || found.writers || found.bytes) return 1;
        using What = Condition::What;
        for (const auto what : {What::empty, What::nonempty, What::readers, What::writers}) {
          const auto error = error_of([&] { wait_for(reference, {what}, Deadline::immediate()); });
          if (error.reason() != "the processes of the system cannot be listed") return 2;
        }
        return wait_for(reference, {What::exists}, Deadline::immediate()) ? 0 : 3;
      });
  if (status) CHECK(*status == 0);
}

TEST_CASE("holders: without /proc it is an Error that they are unknown, unless the kernel answers") {
  const auto reference = ScratchReference::posix();
  write_file(reference.path(), "x");
  const auto status =
      status_among([] { return hide("/proc"); },
                   [&] {
                     auto object = find_object(reference).value();
                     std::vector<Error> failures;
                     look_for_holders({&object, 1}, &failures);
                     const bool is_answered = object.holders->others != Answer::unknown;
                     if (failures.size() != (is_answered ? 0u : 1u)) return 1;
                     ::chmod(reference.path().c_str(), 0);
                     if (::setresuid(other_user(), other_user(), other_user()) != 0) return 0;
                     look_for_holders({&object, 1}, &failures);
                     return object.holders->others == Answer::unknown && failures.size() == 1 ? 0 : 2;
                   });
  if (status) CHECK(*status == 0);
}

TEST_CASE("inventory: semaphores whose files are leased hold up a list only for a moment") {
  std::vector<std::unique_ptr<ScratchSemaphores>> semaphores;
  std::vector<FileDescriptor> leases;
  for (int i = 0; i < 12; ++i) {
    semaphores.emplace_back(new ScratchSemaphores{ScratchSemaphores::posix()});
    REQUIRE(SemaphoreSet::create(*semaphores.back(), {.value = 5}));
    const auto path = std::string{"/dev/shm/sem."} + (semaphores.back()->posix_name() + 1);
    leases.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ::fcntl(leases.back().get(), F_SETSIG, SIGURG);  // which is ignored, where SIGIO would end the process
    if (::fcntl(leases.back().get(), F_SETLEASE, F_WRLCK) != 0) return;  // not allowed to this user
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto objects = list_objects({.kinds = {Kind::sem}, .apis = {Api::posix}});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{6});  // a second each before
  for (const auto& semaphore : semaphores) CHECK(contains(objects, *semaphore));
}

TEST_CASE("inventory: the queues of another IPC namespace at /dev/mqueue are not listed") {
  const auto reference = ScratchQueue::posix();
  MessageQueue::create(reference, {});
  const auto mount = [] {
    return ::mount("mqueue", "/dev/mqueue", "mqueue", 0, nullptr) == 0 && ::unshare(CLONE_NEWIPC) == 0;
  };
  const auto work = [&](uid_t uid) {
    return [&reference, uid] {
      if (uid != 0 && ::setresuid(uid, uid, uid) != 0) return refused;
      std::vector<Error> failures;
      const auto queues = list_objects({.kinds = {Kind::mq}, .apis = {Api::posix}}, &failures);
      if (!queues.empty()) return 1;
      if (find_object(reference)) return 2;
      if (uid == 0) return failures.empty() ? 0 : 3;
      return failures.size() == 1 && failures.front().code().value() == ENODEV ? 0 : 4;
    };
  };
  for (const uid_t uid : {uid_t{0}, other_user()}) {
    CAPTURE(uid);
    if (const auto status = status_among(mount, work(uid))) CHECK(*status == 0);
  }
}
