#include <ipcutils/holders.hpp>

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>

#include "catch.hpp"
#include "mq/queue.hpp"
#include "processes.hpp"
#include "sem/semaphores.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// A process that tells when it is ready, then goes on until the test lets it go or ends itself.
class HoldingProcess {
 public:
  // `hold` is called with what it calls when it holds what it is to hold, and does not return.
  template <typename Hold>
  static HoldingProcess that_announces(Hold hold) {
    return HoldingProcess{Announced{}, hold};
  }

  // Holds what `hold` returns.
  template <typename Hold>
  explicit HoldingProcess(Hold hold)
      : HoldingProcess{Announced{}, [hold](auto announce) {
                         [[maybe_unused]] const auto held = hold();
                         announce();
                         for (;;) ::pause();
                       }} {}
  HoldingProcess(const HoldingProcess&) = delete;
  HoldingProcess& operator=(const HoldingProcess&) = delete;
  ~HoldingProcess() { end(); }

  pid_t pid() const { return m_pid; }

  void end() {
    if (!std::exchange(m_is_running, false)) return;
    ::kill(m_pid, SIGKILL);
    m_child.wait();
  }

 private:
  struct Announced {};

  template <typename Hold>
  HoldingProcess(Announced, Hold hold)
      : m_child{[this, hold] {
          ::prctl(PR_SET_PDEATHSIG, SIGKILL);
          hold([this] { write_all(m_ready.write_end.get(), "r"); });
          return 0;
        }} {
    m_ready.write_end.reset();
    char byte;
    if (::read(m_ready.read_end.get(), &byte, 1) != 1) throw std::runtime_error{"the child holds nothing"};
  }

  TestChannel m_ready = make_pipe();
  ChildProcess m_child;
  pid_t m_pid = m_child.pid();
  bool m_is_running = true;
};

FileDescriptor open_file(const std::string& path) {
  return FileDescriptor{require_call(::open(path.c_str(), O_RDWR | O_CLOEXEC), "open")};
}

// Of the first page of a file, which stays when the file is closed.
void* map_file(const std::string& path) {
  const auto file = open_file(path);
  void* const memory = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"mmap"};
  return memory;
}

void send_descriptor(const FileDescriptor& socket, const FileDescriptor& file) {
  char byte = 'x';
  struct iovec data {
    &byte, 1
  };
  union {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control{};
  struct msghdr message {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int descriptor = file.get();
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  require_call(static_cast<int>(::sendmsg(socket.get(), &message, 0)), "sendmsg");
}

// 'R', 'S', 'Z', …; proc(5).
char state_of(pid_t pid) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(") ");
  return name_end == stat.npos ? '?' : stat[name_end + 2];
}

Object looked_at(const Reference& reference) {
  auto object = find_object(reference).value();
  look_for_holders({&object, 1});
  return object;
}

std::vector<pid_t> holders_of(const Object& object) {
  std::vector<pid_t> pids;
  for (const auto& holder : object.holders.value().known) pids.push_back(holder.pid);
  return pids;
}

// What has ended, and has been waited for.
pid_t dead_process() {
  ChildProcess child{[] { return 0; }};
  const auto pid = child.pid();
  child.wait();
  return pid;
}

int run_in_child(const std::function<void()>& work) {
  return ChildProcess{[&] {
           work();
           return 0;
         }}
      .wait()
      .value_or(-1);
}

// A System V object as it might be.
Object sysv_object(decltype(Object::status) status) {
  const Kind kinds[] = {Kind::shm, Kind::mq, Kind::sem};
  return {.reference = {kinds[status.index()], SysvId{7}},
          .api = Api::sysv,
          .key = 0,
          .id = 7,
          .file = std::nullopt,
          .mode = 0600,
          .uid = 0,
          .gid = 0,
          .creator_uid = 0,
          .creator_gid = 0,
          .change_time = 1,
          .modification_time = std::nullopt,
          .status = std::move(status)};
}

Object posix_object(std::optional<HolderList> holders) {
  auto object = sysv_object(SharedMemoryStatus{});
  object.reference = {Kind::shm, PosixName{"/x"}};
  object.api = Api::posix;
  object.id.reset();
  object.holders = std::move(holders);
  return object;
}

Object segment(std::uint64_t attached, pid_t creator, pid_t last_user, std::time_t attach_time) {
  SharedMemoryStatus status{};
  status.attached = attached;
  status.creator = creator;
  status.last_user = last_user;
  status.attach_time = attach_time;
  return sysv_object(status);
}

Object queue(std::optional<pid_t> sender, std::optional<pid_t> receiver,
             std::optional<std::time_t> receive_time = 1) {
  MessageQueueStatus status{};
  status.receive_time = receive_time;
  status.last_sender = sender;
  status.last_receiver = receiver;
  return sysv_object(status);
}

Object set(std::optional<std::vector<SemaphoreState>> states) {
  SemaphoreStatus status{};
  status.count = states ? static_cast<unsigned>(states->size()) : 1;
  status.states = std::move(states);
  return sysv_object(status);
}

SemaphoreState state(pid_t last_user, unsigned waiting_to_take = 0, unsigned waiting_for_zero = 0) {
  return {.value = 1,
          .waiting_to_take = waiting_to_take,
          .waiting_for_zero = waiting_for_zero,
          .last_user = last_user};
}

}  // namespace

TEST_CASE("holders: a POSIX object is unused when it is known that nobody holds it") {
  CHECK(is_unused(posix_object(HolderList{{}, Answer::no})) == Answer::yes);
  CHECK(is_unused(posix_object(HolderList{{}, Answer::yes})) == Answer::no);
  CHECK(is_unused(posix_object(HolderList{{}, Answer::unknown})) == Answer::unknown);
  CHECK(is_unused(posix_object(std::nullopt)) == Answer::unknown);
  for (const auto others : {Answer::no, Answer::yes, Answer::unknown})
    CHECK(is_unused(posix_object(HolderList{{{1, "init"}}, others})) == Answer::no);
}

TEST_CASE("holders: a POSIX object is orphaned when it is unused") {
  CHECK(is_orphaned(posix_object(HolderList{{}, Answer::no})) == Answer::yes);
  CHECK(is_orphaned(posix_object(HolderList{{{1, "init"}}, Answer::no})) == Answer::no);
  CHECK(is_orphaned(posix_object(HolderList{{}, Answer::unknown})) == Answer::unknown);
  CHECK(is_orphaned(posix_object(std::nullopt)) == Answer::unknown);
}

TEST_CASE("holders: of System V only segments tell whether they are unused") {
  CHECK(is_unused(segment(0, 1, 1, 1)) == Answer::yes);
  CHECK(is_unused(segment(1, 1, 1, 1)) == Answer::no);
  CHECK(is_unused(sysv_object(SharedMemoryStatus{})) == Answer::unknown);
  CHECK(is_unused(queue(0, 0)) == Answer::unknown);
  CHECK(is_unused(set(std::vector{state(0)})) == Answer::unknown);
}

TEST_CASE("holders: a segment is orphaned when its creator and last user are dead and nobody has it") {
  const pid_t dead = dead_process(), living = ::getpid();
  CHECK(is_orphaned(segment(0, dead, dead, 1)) == Answer::yes);
  CHECK(is_orphaned(segment(1, dead, dead, 1)) == Answer::no);
  CHECK(is_orphaned(segment(0, living, dead, 1)) == Answer::no);
  CHECK(is_orphaned(segment(0, dead, living, 1)) == Answer::no);
  CHECK(is_orphaned(segment(0, 1, dead, 1)) == Answer::no);       // even who may not be sent a signal lives
  CHECK(is_orphaned(segment(0, 0, dead, 1)) == Answer::unknown);  // 0: of another PID namespace
  CHECK(is_orphaned(segment(0, dead, 0, 1)) == Answer::unknown);
  CHECK(is_orphaned(segment(0, 0, living, 1)) == Answer::no);
  CHECK(is_orphaned(segment(0, dead, 0, 0)) == Answer::yes);  // nobody has ever attached it
  CHECK(is_orphaned(segment(0, living, 0, 0)) == Answer::no);
}

TEST_CASE("holders: a queue is orphaned when both who sent and who received last are known and dead") {
  const pid_t dead = dead_process(), living = ::getpid();
  CHECK(is_orphaned(queue(dead, dead)) == Answer::yes);
  CHECK(is_orphaned(queue(living, dead)) == Answer::no);
  CHECK(is_orphaned(queue(dead, living)) == Answer::no);
  CHECK(is_orphaned(queue(0, dead)) == Answer::unknown);
  CHECK(is_orphaned(queue(dead, 0)) == Answer::unknown);
  CHECK(is_orphaned(queue(0, 0)) == Answer::unknown);
  CHECK(is_orphaned(queue(0, living)) == Answer::no);
  CHECK(is_orphaned(queue(std::nullopt, dead)) == Answer::unknown);
}

TEST_CASE("holders: a queue that nobody has received from is orphaned when who sent last is dead") {
  const pid_t dead = dead_process(), living = ::getpid();
  CHECK(is_orphaned(queue(dead, 0, 0)) == Answer::yes);
  CHECK(is_orphaned(queue(living, 0, 0)) == Answer::no);
  CHECK(is_orphaned(queue(0, 0, 0)) == Answer::unknown);     // new, or sent to from elsewhere
  CHECK(is_orphaned(queue(dead, 0, 1)) == Answer::unknown);  // received from elsewhere
  CHECK(is_orphaned(queue(dead, std::nullopt, 0)) == Answer::unknown);
}

TEST_CASE("holders: a set is orphaned when all its last users are known and dead, and nobody waits") {
  const pid_t dead = dead_process(), living = ::getpid();
  using States = std::vector<SemaphoreState>;
  CHECK(is_orphaned(set(States{state(dead), state(dead)})) == Answer::yes);
  CHECK(is_orphaned(set(States{state(dead), state(living)})) == Answer::no);
  CHECK(is_orphaned(set(States{state(living), state(dead)})) == Answer::no);
  CHECK(is_orphaned(set(States{state(dead), state(0)})) == Answer::unknown);
  CHECK(is_orphaned(set(States{state(0), state(dead)})) == Answer::unknown);
  CHECK(is_orphaned(set(States{state(0), state(living)})) == Answer::no);
  CHECK(is_orphaned(set(States{state(dead), state(dead, 1)})) == Answer::no);
  CHECK(is_orphaned(set(States{state(dead), state(dead, 0, 1)})) == Answer::no);
  CHECK(is_orphaned(set(States{state(0), state(dead, 1)})) == Answer::no);
  CHECK(is_orphaned(set(std::nullopt)) == Answer::unknown);
}

TEST_CASE("holders: who has a POSIX object open") {
  const auto memory = ScratchReference::posix();
  make_object(memory, "content");
  const auto semaphore = ScratchSemaphores::posix();
  make_semaphores(semaphore);
  const auto message_queue = ScratchQueue::posix();
  make_queue(message_queue);
  const auto open_queue = [&] {
    return FileDescriptor{require_call(::mq_open(message_queue.posix_name(), O_WRONLY), "mq_open")};
  };
  const auto semaphore_path = std::string{"/dev/shm/sem."} + (semaphore.posix_name() + 1);
  const std::pair<Reference, std::function<FileDescriptor()>> rows[] = {
      {memory, [&] { return open_file(memory.path()); }},
      {memory, [&] { return FileDescriptor{::open(memory.path().c_str(), O_PATH | O_CLOEXEC)}; }},
      {semaphore, [&] { return open_file(semaphore_path); }},
      {message_queue, open_queue}};
  for (const auto& [reference, open] : rows) {
    CAPTURE(reference.to_string());
    CHECK(is_unused(looked_at(reference)) == Answer::yes);
    HoldingProcess process{open};
    const auto held = looked_at(reference);
    CHECK(holders_of(held) == std::vector{process.pid()});
    CHECK(is_unused(held) == Answer::no);
    CHECK(is_orphaned(held) == Answer::no);
    process.end();
    const auto free = looked_at(reference);
    CHECK(holders_of(free).empty());
    CHECK(is_unused(free) == Answer::yes);
    CHECK(is_orphaned(free) == Answer::yes);
  }
}

TEST_CASE("holders: who has a POSIX object mapped and no longer open") {
  const auto memory = ScratchReference::posix();
  make_object(memory, "content");
  const auto semaphore = ScratchSemaphores::posix();
  make_semaphores(semaphore);
  const auto open_semaphore = [&]() -> void* {
    sem_t* const opened = ::sem_open(semaphore.posix_name(), 0);
    if (opened == SEM_FAILED) throw std::runtime_error{"sem_open"};
    return opened;
  };
  const std::pair<Reference, std::function<void*()>> rows[] = {
      {memory, [&] { return map_file(memory.path()); }}, {semaphore, open_semaphore}};
  for (const auto& [reference, map] : rows) {
    CAPTURE(reference.to_string());
    HoldingProcess process{map};
    CHECK(holders_of(looked_at(reference)) == std::vector{process.pid()});
    CHECK(is_unused(looked_at(reference)) == Answer::no);
    process.end();
    CHECK(is_unused(looked_at(reference)) == Answer::yes);
  }
}

TEST_CASE("holders: who has a mapped file open") {
  // On tmpfs, since not every file system knows leases.
  const ScratchReference reference{{Kind::shm, FilePath{ScratchReference::posix().path()}}};
  make_object(reference, "content");
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
  HoldingProcess process{[&] { return open_file(reference.path()); }};
  CHECK(holders_of(looked_at(reference)) == std::vector{process.pid()});
  CHECK(is_unused(looked_at(reference)) == Answer::no);
  process.end();
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
}

TEST_CASE("holders: each is told once, by process, with its name") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto hold = [&] {
    ::prctl(PR_SET_NAME, "a (b) c\nd");
    map_file(reference.path());
    map_file(reference.path());
    return std::pair{open_file(reference.path()), open_file(reference.path())};
  };
  const HoldingProcess first{hold}, second{hold};
  const auto object = looked_at(reference);
  auto expected = std::vector{Holder{first.pid(), "a (b) c\nd"}, Holder{second.pid(), "a (b) c\nd"}};
  std::sort(expected.begin(), expected.end());
  CHECK((object.holders.value().known == expected));
}

TEST_CASE("holders: the process that looks is one, too") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto own = open_file(reference.path());
  CHECK(holders_of(looked_at(reference)) == std::vector{::getpid()});
  own.reset();
  CHECK(holders_of(looked_at(reference)).empty());
}

TEST_CASE("holders: each of several objects has its own") {
  const auto first = ScratchReference::posix(), second = ScratchReference::posix(),
             third = ScratchReference::posix();
  for (const auto* reference : {&first, &second, &third}) make_object(*reference, "content");
  const HoldingProcess of_first{[&] { return open_file(first.path()); }};
  const HoldingProcess of_second{[&] { return map_file(second.path()); }};
  std::vector<Object> objects;
  for (const auto* reference : {&first, &second, &third}) objects.push_back(*find_object(*reference));
  look_for_holders(objects);
  CHECK(holders_of(objects[0]) == std::vector{of_first.pid()});
  CHECK(holders_of(objects[1]) == std::vector{of_second.pid()});
  CHECK(holders_of(objects[2]).empty());
  CHECK(is_unused(objects[2]) == Answer::yes);
}

TEST_CASE("holders: of nothing nothing is looked for") {
  look_for_holders({});
  SUCCEED();
}

TEST_CASE("holders: another object that had the name is not this one") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "old");
  const HoldingProcess of_old{[&] { return open_file(reference.path()); }};
  SharedMemory::remove_if_exists(reference);
  make_object(reference, "new");
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
}

TEST_CASE("holders: a process that has ended and has not been waited for holds nothing") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  ChildProcess child{[&] {
    open_file(reference.path()).release();
    return 0;
  }};
  siginfo_t info;
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
}

TEST_CASE("holders: what a process holds whose first thread has ended is in use") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  // Such a process looks like one that has ended and has not been waited for.
  const auto process = HoldingProcess::that_announces([&](auto announce) {
    std::thread{[&] {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const auto held = open_file(reference.path());
      eventually([] { return state_of(::getpid()) == 'Z'; });
      announce();
      for (;;) ::pause();
    }}.detach();
    ::syscall(SYS_exit, 0);
  });
  CHECK(is_unused(looked_at(reference)) == Answer::no);
}

TEST_CASE("holders: what a thread with descriptors of its own holds is in use") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto process = HoldingProcess::that_announces([&](auto announce) {
    std::thread{[&] {
      require_call(::unshare(CLONE_FILES), "unshare");
      const auto held = open_file(reference.path());
      announce();
      for (;;) ::pause();
    }}.join();
  });
  CHECK(is_unused(looked_at(reference)) == Answer::no);
}

TEST_CASE("holders: a descriptor that is under way in a socket keeps its object in use") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto channel = make_socketpair();
  send_descriptor(channel.write_end, open_file(reference.path()));
  CHECK(is_unused(looked_at(reference)) == Answer::no);
  channel.read_end.reset();
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
}

TEST_CASE("holders: who has a segment attached") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "content");
  const int id = find_object(reference)->id.value();
  const auto attach = [id] {
    void* const memory = ::shmat(id, nullptr, SHM_RDONLY);
    if (memory == reinterpret_cast<void*>(-1)) throw std::runtime_error{"shmat"};
    return memory;
  };
  CHECK(holders_of(looked_at(reference)).empty());
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
  HoldingProcess process{attach};
  CHECK(holders_of(looked_at(reference)) == std::vector{process.pid()});
  CHECK(is_unused(looked_at(reference)) == Answer::no);
  process.end();
  CHECK(holders_of(looked_at(reference)).empty());
  CHECK(is_unused(looked_at(reference)) == Answer::yes);
}

TEST_CASE("holders: who has the segment 0 attached, and not that of another namespace") {
  // The inode of a mapping is the identifier of the segment, and 0 otherwise that of no file.
  const auto attach_segment_0 = [] {
    require_call(::unshare(CLONE_NEWIPC), "unshare");
    const int id = require_call(::shmget(IPC_PRIVATE, 4096, 0600), "shmget");
    if (id != 0) throw std::runtime_error{"the first segment is not 0"};
    return ::shmat(id, nullptr, 0);
  };
  const auto look_in_new_namespaces = [&] {
    if (::unshare(CLONE_NEWIPC) != 0) return 2;
    const int id = require_call(::shmget(IPC_PRIVATE, 4096, 0600), "shmget");
    const HoldingProcess of_another{attach_segment_0};
    const auto holders = [&] { return holders_of(looked_at({Kind::shm, SysvId{id}})); };
    if (id != 0 || !holders().empty()) return 1;
    void* const memory = ::shmat(id, nullptr, 0);
    if (memory == reinterpret_cast<void*>(-1)) return 1;
    return holders() == std::vector{::getpid()} ? 0 : 1;
  };
  const auto status = ChildProcess{look_in_new_namespaces}.wait();
  CHECK((status == 0 || (status == 2 && ::geteuid() != 0)));
}

TEST_CASE("holders: who holds System V queues and semaphores is unknown") {
  const auto message_queue = ScratchQueue::sysv();
  make_queue(message_queue);
  const auto semaphores = ScratchSemaphores::sysv();
  auto set = make_semaphores(semaphores);
  CHECK(operate(set, {{0, -1}}, Deadline::immediate(), SemaphoreSet::Undo::at_exit));
  for (const Reference& reference : {message_queue.get(), semaphores.get()}) {
    const auto object = looked_at(reference);
    CHECK(holders_of(object).empty());
    CHECK(object.holders.value().others == Answer::unknown);
    CHECK(is_unused(object) == Answer::unknown);
  }
}

TEST_CASE("holders: a segment outlives its creator and its users") {
  const auto reference = ScratchReference::sysv();
  const auto make = [&] {
    if (::shmget(std::get<SysvKey>(reference.get().name).value, 10, IPC_CREAT | IPC_EXCL | 0600) == -1)
      throw std::runtime_error{"shmget"};
    return 0;
  };
  const auto attach_and_detach = [&] {
    const void* const memory = ::shmat(find_object(reference)->id.value(), nullptr, SHM_RDONLY);
    require_call(::shmdt(memory), "shmdt");
  };
  const auto is_orphan = [&] { return is_orphaned(find_object(reference).value()); };
  HoldingProcess creator{make};
  CHECK(is_orphan() == Answer::no);
  creator.end();
  CHECK(is_orphan() == Answer::yes);
  REQUIRE(run_in_child(attach_and_detach) == 0);
  CHECK(is_orphan() == Answer::yes);
  attach_and_detach();  // here
  CHECK(is_orphan() == Answer::no);
}

TEST_CASE("holders: a System V queue outlives who sent and who received last") {
  const auto reference = ScratchQueue::sysv();
  auto here = make_queue(reference);
  const auto is_orphan = [&] { return is_orphaned(find_object(reference).value()); };
  const auto send_there = [&] { return run_in_child([&] { send(here, "x"); }); };
  const auto receive_there = [&] { return run_in_child([&] { receive(here); }); };
  CHECK(is_orphan() == Answer::unknown);
  REQUIRE(send_there() == 0);
  CHECK(is_orphan() == Answer::yes);  // nobody has ever received from it
  REQUIRE(receive_there() == 0);
  CHECK(is_orphan() == Answer::yes);
  REQUIRE(send(here, "x"));
  CHECK(is_orphan() == Answer::no);
  REQUIRE(send_there() == 0);
  CHECK(receive(here) == "x");
  CHECK(is_orphan() == Answer::no);
}

TEST_CASE("holders: a System V set outlives who operated last, and is no orphan while somebody waits") {
  const auto reference = ScratchSemaphores::sysv();
  const int id = require_call(::semget(reference.key(), 2, IPC_CREAT | IPC_EXCL | 0600), "semget");
  const auto is_orphan = [&] { return is_orphaned(find_object(reference).value()); };
  const auto add_there = [&](unsigned number) {
    return run_in_child([&] {
      struct sembuf add {
        static_cast<unsigned short>(number), 1, 0
      };
      require_call(::semop(id, &add, 1), "semop");
    });
  };
  CHECK(is_orphan() == Answer::unknown);
  REQUIRE(add_there(0) == 0);
  CHECK(is_orphan() == Answer::unknown);  // of the other nobody is known
  REQUIRE(add_there(1) == 0);
  CHECK(is_orphan() == Answer::yes);

  for (const short delta : {short{-2}, short{0}}) {
    ChildProcess waiting{[&] {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      struct sembuf wait {
        1, delta, 0
      };
      return ::semop(id, &wait, 1);
    }};
    CHECK(eventually([&] { return ::semctl(id, 1, delta == 0 ? GETZCNT : GETNCNT) == 1; }));
    CHECK(is_orphan() == Answer::no);
    ::kill(waiting.pid(), SIGKILL);
    waiting.wait();
    CHECK(is_orphan() == Answer::yes);
  }

  struct sembuf add {
    0, 1, 0
  };
  REQUIRE(::semop(id, &add, 1) == 0);
  CHECK(is_orphan() == Answer::no);
}
