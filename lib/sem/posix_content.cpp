#include "posix_content.hpp"

#include <semaphore.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "../core/failure.hpp"

namespace ipcutils::sem_posix {

namespace {

// A copy, which no other process can shorten. Nothing and errno on failure.
std::optional<sem_t> read_copy(int file) {
  sem_t copy{};
  const ssize_t count = retry_on_eintr([&] { return ::pread(file, &copy, sizeof copy, 0); });
  if (count == sizeof copy) return copy;
  if (count != -1) errno = EIO;  // it is too short
  return std::nullopt;
}

int value_of(sem_t& semaphore) {
  int value = 0;
  ::sem_getvalue(&semaphore, &value);
  return value;
}

// glibc counts those who wait in the second word where atomic operations have 64 bits.
std::optional<unsigned> waiting_in(const sem_t& semaphore) {
  if constexpr (sizeof(long) != 8) return std::nullopt;
  unsigned words[2];
  std::memcpy(words, &semaphore, sizeof words);
  return words[1];
}

// What a semaphore has behind the value and the number of those who wait.
using Ending = std::array<std::byte, sizeof(sem_t) - 8>;

Ending ending_of(const sem_t& semaphore) {
  Ending ending;
  std::memcpy(ending.data(), reinterpret_cast<const std::byte*>(&semaphore) + 8, ending.size());
  return ending;
}

bool is_semaphore(sem_t& content) {
  sem_t fresh{};
  ::sem_init(&fresh, 1, 0);
  return value_of(content) >= 0 && ending_of(content) == ending_of(fresh);
}

}  // namespace

std::optional<SemaphoreState> read_state(int file) {
  auto copy = read_copy(file);
  if (!copy) return std::nullopt;
  if (!is_semaphore(*copy)) {
    errno = EINVAL;
    return std::nullopt;
  }
  return SemaphoreState{.value = static_cast<unsigned>(value_of(*copy)),
                        .waiting_to_take = waiting_in(*copy),
                        .waiting_for_zero = std::nullopt,
                        .last_user = std::nullopt};
}

void require_semaphore(const NamedFile& file, const Reference& reference) {
  const auto refuse = [&](std::string reason) {
    throw Error::invalid(fmt::format("cannot use {}", reference.description()), std::move(reason));
  };
  const auto status = file.status();
  if (status.st_size != sizeof(sem_t))
    refuse(fmt::format("its file has {} bytes, and a semaphore {}", status.st_size, sizeof(sem_t)));
  auto content = read_copy(file.descriptor());
  if (!content) fail(errno, "cannot read {}", reference.description());
  if (!is_semaphore(*content)) refuse("what its file holds is no semaphore");
}

}  // namespace ipcutils::sem_posix
