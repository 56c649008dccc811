#include "bus_error.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <mutex>

namespace ipcutils {

// Never freed, so that the handler can walk the list while other threads make and destroy guards.
struct BusErrorGuard::Region {
  std::atomic<std::byte*> begin = nullptr;  // null: unused
  std::atomic<std::size_t> size = 0;
  std::atomic<bool> has_failed = false;
  Region* next = nullptr;
};

namespace {

using Region = BusErrorGuard::Region;

std::mutex making;             // of regions, and of the handler
std::atomic<Region*> regions;  // a list
std::size_t guard_count = 0;
struct sigaction old_action;

Region* region_of(const std::byte* address) {
  for (auto* region = regions.load(); region != nullptr; region = region->next) {
    const auto* const begin = region->begin.load();
    if (begin != nullptr && address >= begin && address < begin + region->size.load()) return region;
  }
  return nullptr;
}

// Leaving the interrupted function by a jump would not do: the C library has clean-up of its own on the
// stack, which touches the same page.
extern "C" void replace_pages(int signal, siginfo_t* info, void*) {
  auto* const region = region_of(static_cast<const std::byte*>(info->si_addr));
  if (region != nullptr &&
      ::mmap(region->begin.load(), region->size.load(), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED)
    region->has_failed = true;
  else
    ::sigaction(signal, &old_action, nullptr);  // the access is repeated, and fails as it would have
}

Region& unused_region() {
  for (auto* region = regions.load(); region != nullptr; region = region->next)
    if (region->begin.load() == nullptr) return *region;
  auto* const region = new Region;
  region->next = regions.load();
  regions = region;
  return *region;
}

Region& add_region(std::span<std::byte> mapping) {
  const std::lock_guard lock{making};
  auto& region = unused_region();
  region.has_failed = false;
  region.size = mapping.size();
  region.begin = mapping.data();
  if (guard_count++ == 0) {
    struct sigaction action {};
    action.sa_sigaction = replace_pages;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGBUS, &action, &old_action);
  }
  return region;
}

}  // namespace

BusErrorGuard::BusErrorGuard(std::span<std::byte> mapping) : m_region{add_region(mapping)} {}

BusErrorGuard::~BusErrorGuard() {
  const std::lock_guard lock{making};
  m_region.begin = nullptr;
  if (--guard_count == 0) ::sigaction(SIGBUS, &old_action, nullptr);
}

bool BusErrorGuard::has_failed() const noexcept { return m_region.has_failed; }

}  // namespace ipcutils
