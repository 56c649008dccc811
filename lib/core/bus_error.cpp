#include "bus_error.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <csignal>

namespace ipcutils {

namespace {

// Handlers have no argument of their own.
std::span<std::byte> guarded;
volatile std::sig_atomic_t failed = 0;
struct sigaction old_action;

// Leaving the interrupted function by a jump would not do: the C library has clean-up of its own on the
// stack, which touches the same page.
extern "C" void replace_page(int signal, siginfo_t* info, void*) {
  auto* const address = static_cast<std::byte*>(info->si_addr);
  const bool is_ours = address >= guarded.data() && address < guarded.data() + guarded.size();
  if (is_ours && ::mmap(guarded.data(), guarded.size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
    failed = 1;
  else
    ::sigaction(signal, &old_action, nullptr);  // the access is repeated, and fails as it would have
}

}  // namespace

BusErrorGuard::BusErrorGuard(std::span<std::byte> mapping) noexcept {
  guarded = mapping;
  failed = 0;
  struct sigaction action {};
  action.sa_sigaction = replace_page;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, &old_action);
}

BusErrorGuard::~BusErrorGuard() { ::sigaction(SIGBUS, &old_action, nullptr); }

bool BusErrorGuard::has_failed() const noexcept { return failed != 0; }

}  // namespace ipcutils
