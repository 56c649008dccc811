#include <ipcutils/memory_account.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "catch.hpp"
#include "processes.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

// The part of a path; nothing when there is none.
std::optional<MemoryPart> part_of(const std::string& path) {
  const auto account = account_for_memory();
  const auto part = std::ranges::find(account.parts, path, &MemoryPart::path);
  return part == account.parts.end() ? std::nullopt : std::optional{*part};
}

std::uint64_t page() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

std::vector<pid_t> pids_of(const std::vector<Holder>& holders) {
  std::vector<pid_t> pids;
  for (const auto& holder : holders) pids.push_back(holder.pid);
  return pids;
}

}  // namespace

TEST_CASE("memory account: an unlinked file is that of who has it open or mapped") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  FileDescriptor file{require_call(::open(reference.path().c_str(), O_RDWR | O_CLOEXEC), "open")};
  CHECK_FALSE(part_of(reference.path()));
  REQUIRE(SharedMemory::remove_if_exists(reference));
  const auto open = part_of(reference.path());
  REQUIRE(open);
  CHECK(open->what == MemoryPart::What::unlinked);
  CHECK(open->bytes == page());
  CHECK(pids_of(open->holders) == std::vector{::getpid()});

  void* const memory = ::mmap(nullptr, 1, PROT_READ, MAP_SHARED, file.get(), 0);
  REQUIRE(memory != MAP_FAILED);
  file.reset();
  const auto mapped = part_of(reference.path());
  REQUIRE(mapped);
  CHECK(pids_of(mapped->holders) == std::vector{::getpid()});
  ::munmap(memory, 1);
  CHECK_FALSE(part_of(reference.path()));
}

TEST_CASE("memory account: a directory is what is in it, each file once") {
  const auto directory = ScratchReference::posix().path();
  std::filesystem::create_directories(directory + "/deep");
  write_file(directory + "/deep/file", "content");
  std::filesystem::create_hard_link(directory + "/deep/file", directory + "/link");
  const auto part = part_of(directory);
  std::filesystem::remove_all(directory);
  REQUIRE(part);
  CHECK(part->what == MemoryPart::What::directory);
  CHECK(part->files == 1);
  CHECK(part->bytes == page());
}
