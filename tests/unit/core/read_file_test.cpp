#include "core/read_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "catch.hpp"
#include "channel.hpp"
#include "scratch.hpp"

using namespace ipcutils;

TEST_CASE("read file: all of it, whatever its size and its bytes") {
  const TemporaryDirectory directory;
  const auto path = directory.path("file");
  // Around the sizes of the first reads.
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 69'631, 69'632, 69'633, 300'000}) {
    CAPTURE(size);
    auto content = pattern(size);
    if (size > 1) content[size / 2] = '\0';
    write_file(path, content);
    CHECK((read_file_if_readable(path) == content));
  }
}

TEST_CASE("read file: files of /proc, which do not tell their size") {
  const auto command = read_file_if_readable("/proc/self/comm");
  REQUIRE(command);
  CHECK(*command == read_file("/proc/self/comm"));
  CHECK(command->ends_with('\n'));

  // Every other page is another mapping, and so a line of its own.
  constexpr std::size_t pages = 256;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory = ::mmap(nullptr, pages * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  for (std::size_t i = 0; i < pages; i += 2)
    REQUIRE(::mprotect(static_cast<char*>(memory) + i * page, page, PROT_NONE) == 0);
  const auto maps = read_file_if_readable("/proc/self/maps").value();
  CHECK(std::count(maps.begin(), maps.end(), '\n') > static_cast<std::ptrdiff_t>(pages));
  CHECK(maps.find("[stack]") != maps.npos);
  ::munmap(memory, pages * page);
}

TEST_CASE("read file: what cannot be opened or read is nothing, and errno tells why") {
  const TemporaryDirectory directory;
  CHECK_FALSE(read_file_if_readable(directory.path("none")));
  CHECK(errno == ENOENT);
  CHECK_FALSE(read_file_if_readable(directory.path()));
  CHECK(errno == EISDIR);
  if (::geteuid() == 0) return;
  write_file(directory.path("secret"), "x");
  REQUIRE(::chmod(directory.path("secret").c_str(), 0) == 0);
  CHECK_FALSE(read_file_if_readable(directory.path("secret")));
  CHECK(errno == EACCES);
}
