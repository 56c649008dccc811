#include "core/bus_error.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "catch.hpp"

using namespace ipcutils;

namespace {

// A page of a file that can be shortened.
class Page {
 public:
  Page() : m_file{::memfd_create("page", MFD_CLOEXEC)} {
    REQUIRE(::ftruncate(m_file, 4096) == 0);
    m_memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m_file, 0);
    REQUIRE(m_memory != MAP_FAILED);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() {
    ::munmap(m_memory, 4096);
    ::close(m_file);
  }

  volatile std::byte& first() const { return *static_cast<volatile std::byte*>(m_memory); }
  std::span<std::byte> memory() const { return {static_cast<std::byte*>(m_memory), 32}; }
  void shorten() const { REQUIRE(::ftruncate(m_file, 0) == 0); }

 private:
  int m_file;
  void* m_memory;
};

}  // namespace

TEST_CASE("bus_error: memory that is there is touched as ever") {
  const Page page;
  const BusErrorGuard guard{page.memory()};
  page.first() = std::byte{7};
  CHECK(page.first() == std::byte{7});
  CHECK_FALSE(guard.has_failed());
}

TEST_CASE("bus_error: a page that was pulled away is zeros, and it is told") {
  const Page page;
  page.first() = std::byte{7};
  page.shorten();
  const BusErrorGuard guard{page.memory()};
  CHECK(page.first() == std::byte{0});
  page.first() = std::byte{5};
  CHECK(page.first() == std::byte{5});
  CHECK(guard.has_failed());
}

TEST_CASE("bus_error: one after the other") {
  for (int i = 0; i < 3; ++i) {
    const Page page;
    const BusErrorGuard guard{page.memory()};
    CHECK_FALSE(guard.has_failed());
    page.shorten();
    CHECK(page.first() == std::byte{0});
    CHECK(guard.has_failed());
  }
}

TEST_CASE("bus_error: several at once, each for its own memory") {
  const Page kept;
  const Page shortened;
  kept.first() = std::byte{7};
  const BusErrorGuard first{kept.memory()};
  const BusErrorGuard second{shortened.memory()};
  shortened.shorten();
  CHECK(shortened.first() == std::byte{0});
  CHECK(second.has_failed());
  CHECK_FALSE(first.has_failed());
  CHECK(kept.first() == std::byte{7});
}
