#include <ipcutils/filter.hpp>

#include <unistd.h>

#include <limits>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

constexpr std::time_t now = 1'800'000'000;

// A POSIX object that was changed a minute ago, and of which it is known that nobody holds it.
Object posix_object(const std::string& name = "/frame") {
  return {.reference = {Kind::shm, PosixName{name}},
          .api = Api::posix,
          .key = std::nullopt,
          .id = std::nullopt,
          .file = FileIdentity{1, 2},
          .mode = 0600,
          .uid = 1000,
          .gid = 1000,
          .creator_uid = std::nullopt,
          .creator_gid = std::nullopt,
          .change_time = std::nullopt,
          .modification_time = timespec{.tv_sec = now - 60, .tv_nsec = 0},
          .status = SharedMemoryStatus{},
          .holders = HolderList{{}, Answer::no}};
}

// A segment that was changed a minute ago, and that nobody has attached since this process made it.
Object segment() {
  SharedMemoryStatus status{};
  status.attached = 0;
  status.creator = ::getpid();
  status.last_user = 0;
  status.attach_time = 0;
  status.detach_time = 0;
  auto object = posix_object();
  object.reference = {Kind::shm, SysvId{7}};
  object.api = Api::sysv;
  object.id = 7;
  object.file.reset();
  object.creator_uid = 1000;
  object.change_time = now - 60;
  object.modification_time.reset();
  object.status = status;
  return object;
}

Moment moment(std::time_t second) { return Moment{std::chrono::seconds{second}}; }

bool matches(const Filter& filter, const Object& object) { return filter.matches(object, moment(now)); }

// The second of the last use.
std::time_t last_use_second(const Object& object) {
  return std::chrono::floor<std::chrono::seconds>(last_use_of(object).time_since_epoch()).count();
}

bool matches_name(const char* pattern, const std::string& name) {
  return matches({.names = {{pattern}}}, posix_object(name));
}

bool matches_names(std::vector<NamePattern> patterns, const std::string& name) {
  return matches({.names = std::move(patterns)}, posix_object(name));
}

}  // namespace

TEST_CASE("filter: nothing is asked of any object") {
  const Filter filter;
  CHECK_FALSE(filter.is_any());
  CHECK_FALSE(filter.needs_holders());
  CHECK(matches(filter, posix_object()));
  CHECK(matches(filter, segment()));
}

TEST_CASE("filter: which conditions there are, and which need the holders") {
  for (const auto& filter :
       {Filter{.owners = {0}}, Filter{.names = {{"x"}}}, Filter{.processes = {1}}, Filter{.larger_than = 0},
        Filter{.filled_to = 1}, Filter{.older_than = Duration::zero()}}) {
    CHECK(filter.is_any());
    CHECK_FALSE(filter.needs_holders());
  }
  for (const auto& filter : {Filter{.unused = true}, Filter{.orphaned = true}}) {
    CHECK(filter.is_any());
    CHECK(filter.needs_holders());
  }
}

TEST_CASE("filter: the owner") {
  for (const auto& object : {posix_object(), segment()}) {
    CHECK(matches({.owners = {1000}}, object));
    CHECK_FALSE(matches({.owners = {0}}, object));
    CHECK(matches({.owners = {0, 1000}}, object));
    CHECK_FALSE(matches({.owners = {0, 2000}}, object));
  }
  auto given_away = segment();  // the creator is not the owner
  given_away.uid = 2000;
  CHECK_FALSE(matches({.owners = {1000}}, given_away));
  CHECK(matches({.owners = {2000}}, given_away));
}

TEST_CASE("filter: a pattern of the whole name, with the slash or without") {
  CHECK(matches_name("frame", "/frame"));
  CHECK(matches_name("/frame", "/frame"));
  CHECK(matches_name("fr*", "/frame"));
  CHECK(matches_name("/fr*", "/frame"));
  CHECK(matches_name("*", "/frame"));
  CHECK(matches_name("fr[ab]m?", "/frame"));
  CHECK(matches_name("[!a]*", "/frame"));
  for (const auto* pattern :
       {"", "/", "fram", "/fram", "rame", "frame?", "FRAME", "//frame", "?frame", "/?frame"})
    CHECK_FALSE(matches_name(pattern, "/frame"));
}

TEST_CASE("filter: a pattern of a name with odd characters") {
  CHECK(matches_name("*", "/.hidden"));
  CHECK(matches_name("a*b", "/a\nb"));
  CHECK(matches_name("a\nb", "/a\nb"));
  CHECK_FALSE(matches_name("a", "/a\nb"));
  CHECK_FALSE(matches_name("b", "/a\nb"));
  CHECK(matches_name("\\*", "/*"));
  CHECK_FALSE(matches_name("\\*", "/x"));
  CHECK(matches_name("a*b",
                     "/a\xff\x01"
                     "b"));
}

TEST_CASE("filter: of several patterns any chooses, and each excludes") {
  const std::vector<NamePattern> either{{"a*"}, {"/b*"}};
  CHECK(matches_names(either, "/a1"));
  CHECK(matches_names(either, "/b1"));
  CHECK_FALSE(matches_names(either, "/c1"));
  for (const auto& but : {std::vector<NamePattern>{{"a*"}, {"a1", true}}, {{"/a1", true}, {"a*"}}}) {
    CHECK(matches_names(but, "/a2"));
    CHECK_FALSE(matches_names(but, "/a1"));
    CHECK_FALSE(matches_names(but, "/b"));
  }
  CHECK(matches_names({{"a*", true}}, "/b"));
  CHECK_FALSE(matches_names({{"a*", true}}, "/a"));
  CHECK_FALSE(matches_names({{"a*", true}, {"b*", true}}, "/b"));
  CHECK_FALSE(matches({.names = {{"a*", true}}}, segment()));
}

TEST_CASE("filter: a pattern of a semaphore as its directory shows it") {
  auto semaphore = posix_object("/x1");
  semaphore.reference.kind = Kind::sem;
  semaphore.status = SemaphoreStatus{.count = 1, .states = std::nullopt, .operation_time = std::nullopt};
  for (const auto* pattern : {"sem.x*", "/sem.x*", "sem.*", "x*"})
    CHECK(matches({.names = {{pattern}}}, semaphore));
  for (const auto* pattern : {"sem.y*", "se?.x*", "mb.x1", "sem.", "sem.sem.x1"})
    CHECK_FALSE(matches({.names = {{pattern}}}, semaphore));
  CHECK_FALSE(matches({.names = {{"sem.x*", true}}}, semaphore));
  auto queue = semaphore;
  queue.reference.kind = Kind::mq;
  CHECK_FALSE(matches({.names = {{"sem.x*"}}}, queue));
  queue.reference.name = PosixName{"/sem.x1"};
  CHECK(matches({.names = {{"sem.x*"}}}, queue));
}

TEST_CASE("filter: the text of a pattern") {
  CHECK(NamePattern::parse("a*") == NamePattern{"a*", false});
  CHECK(NamePattern::parse("/a*") == NamePattern{"/a*", false});
  CHECK(NamePattern::parse("!a*") == NamePattern{"a*", true});
  CHECK(NamePattern::parse("\\!a*") == NamePattern{"\\!a*", false});
  for (const auto* text : {"", "/", "!", "!/"})
    CHECK(error_of([&] { NamePattern::parse(text); }).reason() == "it is empty, which no name is");
  const auto error = error_of([] { NamePattern::parse("!/dev/shm/a*"); });
  CHECK(error.what() ==
        std::string{"invalid pattern '!/dev/shm/a*': a name has one slash, at its beginning"});
  CHECK(error.hint() == "did you mean '!a*'?");
}

TEST_CASE("filter: only POSIX objects have names") {
  for (const auto* pattern : {"*", "/*", "@7", "7", ""})
    CHECK_FALSE(matches({.names = {{pattern}}}, segment()));
  auto file = posix_object();
  file.reference = {Kind::shm, FilePath{"/frame"}};
  file.api = Api::file;
  CHECK_FALSE(matches({.names = {{"*"}}}, file));
}

TEST_CASE("filter: the processes that made an object or used it last, where the kernel names them") {
  auto object = segment();
  const auto is_of = [&object](pid_t pid) { return matches({.processes = {pid, 99}}, object); };
  std::get<SharedMemoryStatus>(object.status).last_user = 12;
  CHECK(is_of(::getpid()));
  CHECK(is_of(12));
  CHECK_FALSE(is_of(13));
  MessageQueueStatus queue{};
  queue.last_sender = 20;
  queue.last_receiver = 21;
  object.status = queue;
  CHECK(is_of(20));
  CHECK(is_of(21));
  CHECK_FALSE(is_of(12));
  SemaphoreStatus set{.count = 2, .states = std::vector<SemaphoreState>(2), .operation_time = 0};
  set.states->back().last_user = 30;
  object.status = set;
  CHECK(is_of(30));
  CHECK_FALSE(is_of(31));
  for (const auto& unknown :
       {posix_object().status, decltype(Object::status){MessageQueueStatus{}},
        decltype(Object::status){SemaphoreStatus{}}, decltype(Object::status){FifoStatus{}}}) {
    object.status = unknown;
    CHECK_FALSE(is_of(30));
  }
}

TEST_CASE("filter: larger than means by at least a byte, where the size is known") {
  auto object = posix_object();
  std::get<SharedMemoryStatus>(object.status).size = 100;
  CHECK(matches({.larger_than = 99}, object));
  CHECK_FALSE(matches({.larger_than = 100}, object));
  MessageQueueStatus queue{};
  object.status = queue;
  CHECK_FALSE(matches({.larger_than = 0}, object));
  queue.bytes = 1;
  object.status = queue;
  CHECK(matches({.larger_than = 0}, object));
  object.status = SemaphoreStatus{};
  CHECK_FALSE(matches({.larger_than = 0}, object));
}

TEST_CASE("filter: how full a queue is, where its limit and what it holds are known") {
  const auto posix = [](std::uint64_t messages, std::uint64_t most) {
    MessageQueueStatus status{};
    status.messages = messages;
    status.bytes = 1'000'000;
    status.max_messages = most;
    return status;
  };
  const auto sysv = [](std::uint64_t messages, std::uint64_t bytes, std::uint64_t most) {
    MessageQueueStatus status{};
    status.messages = messages;
    status.bytes = bytes;
    status.max_bytes = most;
    return status;
  };
  CHECK(fill_of(posix(0, 10)) == 0u);
  CHECK(fill_of(posix(199, 200)) == 99u);
  CHECK(fill_of(posix(10, 10)) == 100u);
  CHECK(fill_of(sysv(1, 500, 1000)) == 50u);
  CHECK(fill_of(sysv(1000, 0, 1000)) == 100u);  // empty messages, which fill it, too
  CHECK(fill_of(sysv(2, 3000, 1000)) == 300u);
  CHECK(fill_of(sysv(0, 0, 0)) == 100u);
  CHECK_FALSE(fill_of(MessageQueueStatus{}));
  auto object = posix_object();
  CHECK_FALSE(matches({.filled_to = 1}, object));
  object.status = posix(9, 10);
  CHECK(matches({.filled_to = 90}, object));
  CHECK_FALSE(matches({.filled_to = 100}, object));
  object.status = MessageQueueStatus{};
  CHECK_FALSE(matches({.filled_to = 1}, object));
}

TEST_CASE("filter: older than means by more than so much") {
  for (const auto& object : {posix_object(), segment()}) {
    CHECK(matches({.older_than = 59s}, object));
    CHECK_FALSE(matches({.older_than = 60s}, object));
    CHECK_FALSE(matches({.older_than = 61s}, object));
    CHECK(matches({.older_than = Duration::zero()}, object));
    CHECK_FALSE(matches({.older_than = unlimited}, object));
  }
  auto of_tomorrow = posix_object();
  of_tomorrow.modification_time->tv_sec = now + 86400;
  CHECK_FALSE(matches({.older_than = Duration::zero()}, of_tomorrow));
  auto of_just_now = posix_object();
  of_just_now.modification_time->tv_sec = now;
  CHECK_FALSE(matches({.older_than = Duration::zero()}, of_just_now));
}

TEST_CASE("filter: ages are those of POSIX objects to the nanosecond, and of System V at least") {
  auto object = posix_object();
  object.modification_time->tv_nsec = 5;
  CHECK(matches({.older_than = 60s - 6ns}, object));
  CHECK_FALSE(matches({.older_than = 60s - 5ns}, object));
  CHECK(matches({.older_than = 59s}, segment()));
  CHECK_FALSE(matches({.older_than = 59s + 1ns}, segment()));
  for (const auto second :
       {std::numeric_limits<std::time_t>::max(), std::numeric_limits<std::time_t>::min()}) {
    object.modification_time->tv_sec = second;
    CHECK(matches({.older_than = 60s}, object) == (second < 0));
  }
}

TEST_CASE("filter: the last use is the latest time that is known") {
  auto object = segment();
  CHECK(last_use_second(object) == now - 60);
  auto& memory = std::get<SharedMemoryStatus>(object.status);
  memory.attach_time = now - 20;
  CHECK(last_use_second(object) == now - 20);
  memory.detach_time = now - 10;
  CHECK(last_use_second(object) == now - 10);
  memory.attach_time = now - 5;
  CHECK(last_use_second(object) == now - 5);
  object.change_time = now - 1;
  CHECK(last_use_second(object) == now - 1);

  MessageQueueStatus queue{};
  queue.send_time = now - 20;
  object = segment();
  object.status = queue;
  CHECK(last_use_second(object) == now - 20);
  queue.receive_time = now - 10;
  object.status = queue;
  CHECK(last_use_second(object) == now - 10);
  queue.send_time = 0;  // never
  queue.receive_time = 0;
  object.status = queue;
  CHECK(last_use_second(object) == now - 60);

  object.status = SemaphoreStatus{.count = 1, .states = std::nullopt, .operation_time = now - 3};
  CHECK(last_use_second(object) == now - 3);

  CHECK(last_use_second(posix_object()) == now - 60);
}

TEST_CASE("filter: what is in use now was used now") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  const auto object = find_object(reference).value();
  const Moment just_now = std::chrono::system_clock::now();
  CHECK(std::chrono::abs(just_now - last_use_of(object)) <= 5s);
  CHECK_FALSE(Filter{.older_than = 10min}.matches(object, just_now));
  CHECK(Filter{.older_than = 10min}.matches(object, just_now + 1h));
}

TEST_CASE("filter: unused is what is known to be unused") {
  const Filter unused{.unused = true};
  CHECK(matches(unused, posix_object()));
  CHECK(matches(unused, segment()));
  auto object = posix_object();
  object.holders = HolderList{{}, Answer::unknown};
  CHECK_FALSE(matches(unused, object));
  object.holders = HolderList{{}, Answer::yes};
  CHECK_FALSE(matches(unused, object));
  object.holders = HolderList{{{1, "init"}}, Answer::no};
  CHECK_FALSE(matches(unused, object));
  object.holders.reset();
  CHECK_FALSE(matches(unused, object));
  object = segment();
  object.status = MessageQueueStatus{};
  CHECK_FALSE(matches(unused, object));
}

TEST_CASE("filter: a POSIX object is an orphan only together with a name or an age") {
  CHECK_FALSE(matches({.orphaned = true}, posix_object()));
  CHECK_FALSE(matches({.owners = {1000}, .orphaned = true}, posix_object()));
  CHECK_FALSE(matches({.unused = true, .orphaned = true}, posix_object()));
  CHECK(matches({.names = {{"frame"}}, .orphaned = true}, posix_object()));
  CHECK(matches({.older_than = 1s, .orphaned = true}, posix_object()));
  CHECK_FALSE(matches({.names = {{"other", true}}, .orphaned = true}, posix_object()));
  CHECK(matches({.names = {{"*"}, {"other", true}}, .orphaned = true}, posix_object()));
  CHECK_FALSE(matches({.names = {{"other"}}, .orphaned = true}, posix_object()));
  CHECK_FALSE(matches({.older_than = 1h, .orphaned = true}, posix_object()));
  auto held = posix_object();
  held.holders = HolderList{{{1, "init"}}, Answer::no};
  CHECK_FALSE(matches({.names = {{"frame"}}, .orphaned = true}, held));
  held.holders = HolderList{{}, Answer::unknown};
  CHECK_FALSE(matches({.names = {{"frame"}}, .orphaned = true}, held));
}

TEST_CASE("filter: a System V object is an orphan when all are known to be dead") {
  const Filter orphaned{.orphaned = true};
  auto object = segment();
  CHECK_FALSE(matches(orphaned, object));  // its creator looks at it
  auto& memory = std::get<SharedMemoryStatus>(object.status);
  memory.creator = std::numeric_limits<pid_t>::max();  // above pid_max
  CHECK(matches(orphaned, object));
  memory.creator = 0;
  CHECK_FALSE(matches(orphaned, object));
}

TEST_CASE("filter: all of it must be true") {
  const Filter all{.owners = {1000}, .names = {{"fr*"}}, .older_than = 30s, .unused = true, .orphaned = true};
  CHECK(matches(all, posix_object()));
  auto filter = all;
  filter.owners = {0};
  CHECK_FALSE(matches(filter, posix_object()));
  filter = all;
  filter.names = {{"x*"}};
  CHECK_FALSE(matches(filter, posix_object()));
  filter = all;
  filter.older_than = 2min;
  CHECK_FALSE(matches(filter, posix_object()));
  auto held = posix_object();
  held.holders = HolderList{{{1, "init"}}, Answer::no};
  CHECK_FALSE(matches(all, held));
  CHECK_FALSE(matches(all, segment()));
}
