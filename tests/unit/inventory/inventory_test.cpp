#include <sys/shm.h>
#include <sys/stat.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <map>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "error_of.hpp"
#include "inventory/sysvipc.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

const Object* find(const std::vector<Object>& objects, const Reference& reference) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const Object& object) { return object.reference == reference; });
  return found == objects.end() ? nullptr : &*found;
}

const SharedMemoryStatus& memory(const Object& object) { return std::get<SharedMemoryStatus>(object.status); }

// The columns of /proc/sysvipc/shm by name, of the row with this identifier.
std::map<std::string, std::string> kernel_row(int id) {
  std::istringstream table{read_file("/proc/sysvipc/shm")};
  std::string line, word;
  std::getline(table, line);
  std::vector<std::string> names;
  for (std::istringstream words{line}; words >> word;) names.push_back(word);
  while (std::getline(table, line)) {
    std::map<std::string, std::string> row;
    std::istringstream words{line};
    for (const auto& name : names) words >> row[name];
    if (row["shmid"] == std::to_string(id)) return row;
  }
  return {};
}

int id_of(const Reference& reference) {
  return std::get<SysvId>(SharedMemory::open(reference, Access::read).reference().name).value;
}

}  // namespace

TEST_CASE("inventory: a segment agrees with /proc/sysvipc") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, pattern(10'000), 0640);
  const int id = id_of(reference);
  const Reference by_id{Kind::shm, SysvId{id}};
  const auto attached = SharedMemory::open(reference, Access::read);

  const auto objects = list_objects({.kinds = {Kind::shm}});
  const auto* object = find(objects, by_id);
  REQUIRE(object);
  auto row = kernel_row(id);
  CHECK(object->api == Api::sysv);
  CHECK(object->id == id);
  CHECK(object->key == std::get<SysvKey>(reference.get().name).value);
  CHECK(static_cast<key_t>(*object->key) == std::stol(row["key"]));
  CHECK(object->mode == 0640);
  CHECK(object->uid == ::geteuid());
  CHECK(object->gid == ::getegid());
  CHECK(object->creator_uid == ::geteuid());
  CHECK(object->creator_gid == ::getegid());
  CHECK(object->change_time == std::stol(row["ctime"]));
  CHECK_FALSE(object->modification_time);
  CHECK(memory(*object).size == 10'000);
  CHECK(memory(*object).attached == 1u);
  CHECK(memory(*object).creator == ::getpid());
  CHECK(memory(*object).last_user == ::getpid());
  CHECK(memory(*object).attach_time == std::stol(row["atime"]));
  CHECK(memory(*object).detach_time == std::stol(row["dtime"]));
  CHECK(memory(*object).resident == std::stoul(row["rss"]));
  CHECK(memory(*object).swapped == std::stoul(row["swap"]));
  CHECK_FALSE(memory(*object).removed);
  CHECK_FALSE(memory(*object).locked);
}

TEST_CASE("inventory: every segment of /proc/sysvipc and no other is listed, by identifier") {
  const auto first = ScratchReference::sysv(), second = ScratchReference::sysv();
  make_object(first, "a");
  make_object(second, "b");
  // Others may come and go meanwhile: what is there before and after has to be there in between.
  const auto ids = [] {
    std::set<int> all;
    const auto rows = read_sysvipc("shm", 16).value();
    for (const auto& row : rows) all.insert(static_cast<int>(row.at(1)));
    return all;
  };
  const auto before = ids();
  const auto objects = list_objects({.kinds = {Kind::shm}, .apis = {Api::sysv}});
  const auto after = ids();
  CHECK(std::is_sorted(objects.begin(), objects.end(),
                       [](const auto& a, const auto& b) { return a.id < b.id; }));
  for (const int id : before)
    if (after.contains(id)) CHECK(find(objects, {Kind::shm, SysvId{id}}));
  for (const auto& object : objects) CHECK((before.contains(*object.id) || after.contains(*object.id)));
  CHECK(before.contains(id_of(first)));
}

TEST_CASE("inventory: keys with the uppermost bit") {
  const ScratchReference reference{
      {Kind::shm, SysvKey{0x80000000u | std::get<SysvKey>(ScratchReference::sysv().get().name).value}}};
  make_object(reference, "x");
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->key == std::get<SysvKey>(reference.get().name).value);
}

TEST_CASE("inventory: a segment that waits for its last process is marked as removed") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "x");
  const int id = id_of(reference);
  const auto attached = SharedMemory::open(reference, Access::read);
  SharedMemory::remove_if_exists(reference);
  const auto object = find_object({Kind::shm, SysvId{id}});
  REQUIRE(object);
  CHECK(memory(*object).removed);
  CHECK(object->key == 0u);
  CHECK(object->mode == 0600);
  CHECK_FALSE(find_object(reference));
}

TEST_CASE("inventory: a locked segment") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "x");
  const int id = id_of(reference);
  if (::shmctl(id, SHM_LOCK, nullptr) != 0) return;  // RLIMIT_MEMLOCK
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(memory(*object).locked);
  CHECK(object->mode == 0600);
}

TEST_CASE("inventory: an unfinished segment is there") {
  const auto reference = ScratchReference::sysv();
  const auto draft = begin(reference, 100);
  const auto object = find_object(reference);
  REQUIRE(object);
  CHECK(object->mode == 0701);
}

TEST_CASE("inventory: a POSIX object agrees with its file") {
  const auto reference = ScratchReference::posix();
  make_object(reference, pattern(10'000), 0644);
  struct stat status;
  REQUIRE(::stat(reference.path().c_str(), &status) == 0);
  const auto objects = list_objects({.kinds = {Kind::shm}});
  const auto* object = find(objects, reference);
  REQUIRE(object);
  CHECK(object->api == Api::posix);
  CHECK_FALSE(object->key);
  CHECK_FALSE(object->id);
  CHECK_FALSE(object->creator_uid);
  CHECK_FALSE(object->change_time);
  CHECK(object->mode == 0644);
  CHECK(object->uid == status.st_uid);
  CHECK(object->gid == status.st_gid);
  REQUIRE(object->modification_time);
  CHECK(object->modification_time->tv_sec == status.st_ctim.tv_sec);
  CHECK(object->modification_time->tv_nsec == status.st_ctim.tv_nsec);
  CHECK(memory(*object).size == 10'000);
  CHECK(memory(*object).resident == static_cast<std::uint64_t>(status.st_blocks) * 512);
  CHECK_FALSE(memory(*object).attached);
  CHECK_FALSE(memory(*object).creator);
}

TEST_CASE("inventory: what is in /dev/shm and is no object is left out") {
  const auto number = "ipcutils-test-" + std::to_string(::getpid()) + "-" + std::to_string(next_number());
  const std::string directory = "/dev/shm/",
                    names[] = {"sem." + number,  "mb." + number,   number + "-directory",
                               number + "-fifo", number + "-link", number + "-odd\nname"};
  for (const auto& name : {names[0], names[1], names[5]}) write_file(directory + name, "x");
  std::filesystem::create_directory(directory + names[2]);
  REQUIRE(::mkfifo((directory + names[3]).c_str(), 0600) == 0);
  std::filesystem::create_symlink(names[5], directory + names[4]);

  std::set<std::string> found;
  for (const auto& object : list_objects({.kinds = {Kind::shm}})) {
    CHECK(object.api != Api::file);
    const auto* name = std::get_if<PosixName>(&object.reference.name);
    if (name && name->text.find(number) != std::string::npos) found.insert(name->text);
  }
  for (const auto& name : {names[2], names[3], names[4]})
    CHECK_FALSE(find_object({Kind::shm, PosixName{"/" + name}}));
  for (const auto& name : names) std::filesystem::remove(directory + name);
  CHECK(found == std::set<std::string>{"/" + names[5]});
}

TEST_CASE("inventory: only the APIs and kinds of the selection") {
  const auto posix = ScratchReference::posix(), sysv = ScratchReference::sysv();
  make_object(posix, "x");
  make_object(sysv, "x");
  const Reference by_id{Kind::shm, SysvId{id_of(sysv)}};
  const auto only_posix = list_objects({.kinds = {Kind::shm}, .apis = {Api::posix}});
  CHECK(find(only_posix, posix));
  CHECK_FALSE(find(only_posix, by_id));
  const auto only_sysv = list_objects({.kinds = {Kind::shm}, .apis = {Api::sysv}});
  CHECK_FALSE(find(only_sysv, posix));
  CHECK(find(only_sysv, by_id));
  CHECK(list_objects({.kinds = {}}).empty());
  CHECK(list_objects({.kinds = {Kind::shm}, .apis = {Api::file}}).empty());
}

TEST_CASE("inventory: one object by every form of reference") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    CHECK_FALSE(find_object(*reference));
    make_object(*reference, "content");
    const auto object = find_object(*reference);
    REQUIRE(object);
    CHECK(memory(*object).size == 7);
    CHECK(Reference::parse(object->reference.to_string()) == object->reference);
    CHECK(find_object(object->reference));
  }
  const TemporaryDirectory directory;
  const ScratchReference by_path{{Kind::shm, SysvFileKey{directory.path(), 3}}};
  CHECK_FALSE(find_object(by_path));
  make_object(by_path, "x");
  CHECK(find_object(by_path));
  const auto error = error_of([] { find_object({Kind::shm, SysvPrivate{}}); });
  CHECK(error.code() == std::errc::invalid_argument);
}

TEST_CASE("inventory: nothing is opened, so that no permission is needed") {
  const auto posix = ScratchReference::posix(), sysv = ScratchReference::sysv();
  make_object(posix, "x", 0);
  make_object(sysv, "x", 0);
  CHECK(find_object(posix));
  CHECK(find_object(sysv));
}

TEST_CASE("inventory: the names of APIs") {
  CHECK(api_name(Api::sysv) == std::string{"sysv"});
  CHECK(api_name(Api::posix) == std::string{"posix"});
  CHECK(api_name(Api::file) == std::string{"file"});
}

TEST_CASE("sysvipc: the tables are read as numbers, permissions as octal") {
  const auto reference = ScratchReference::sysv();
  make_object(reference, "x", 0640);
  const auto id = static_cast<std::uint64_t>(id_of(reference));
  bool found = false;
  const auto rows = read_sysvipc("shm", 16).value();
  for (const auto& row : rows) {
    if (row[1] != id) continue;
    found = true;
    CHECK(row[2] == 0640);
  }
  CHECK(found);
  CHECK_FALSE(read_sysvipc("none", 16));
}
