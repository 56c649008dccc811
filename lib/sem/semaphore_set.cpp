#include <ipcutils/semaphore_set.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "backend.hpp"
#include "posix.hpp"
#include "sysv.hpp"

namespace ipcutils {

namespace {

// How long a maker may take between the making of a System V set and giving it its values.
constexpr auto initialisation_time = std::chrono::seconds{5};

bool is_posix(const Reference& reference) noexcept {
  return std::holds_alternative<PosixName>(reference.name);
}

std::unique_ptr<SemaphoreSet::Backend> open_backend(const Reference& reference, Access access, Trust trust) {
  return is_posix(reference) ? sem_posix::open_if_exists(reference, access, trust)
                             : sem_sysv::open_if_exists(reference, access, trust);
}

// False when the deadline passes first.
bool wait_until_initialised(const SemaphoreSet::Backend& set, const Reference& reference,
                            const Deadline& deadline) {
  const auto patience = Deadline::after(std::min<Duration>(deadline.remaining(), initialisation_time));
  const auto look = [&] { return set.is_initialised() ? std::optional{true} : std::nullopt; };
  if (poll_with_backoff(patience, look)) return true;
  if (deadline.has_passed()) return false;
  throw Error::invalid(
      fmt::format("cannot use {}", reference.description()), "it has no values yet",
      "its maker has died before it gave them, or was another program; remove it, or give it "
      "values without --create");
}

// Opens what has just been made; nothing when it has gone already. By its name if it has one, so that
// messages name it as the caller does. One that may not be opened does not stay.
std::optional<SemaphoreSet> open_made(const Reference& made, const Reference& reference, Access access) {
  const bool has_name = !std::holds_alternative<SysvPrivate>(reference.name);
  try {
    return SemaphoreSet::open_if_exists(has_name ? reference : made, access);
  } catch (const Error&) {
    SemaphoreSet::remove_if_exists(made);
    throw;
  }
}

}  // namespace

void SemaphoreSet::require_possible(const Reference& reference,
                                    std::span<const SemaphoreOperation> operations) {
  if (!is_posix(reference)) return;
  const auto refuse = [&](bool is_refused, const char* reason) {
    if (is_refused)
      throw Error::invalid(fmt::format("cannot operate on {}", reference.description()), reason);
  };
  refuse(operations.size() > 1, "POSIX semaphores take one operation at a time");
  for (const auto& operation : operations) {
    refuse(operation.number != 0, "a POSIX semaphore is alone, and has the number 0");
    refuse(operation.delta == 0, "one cannot wait for zero on a POSIX semaphore");
    refuse(operation.delta < -1, "more than 1 cannot be taken from a POSIX semaphore in one step");
  }
}

bool SemaphoreSet::has_undo(const Reference& reference) noexcept { return !is_posix(reference); }

bool SemaphoreSet::has_several(const Reference& reference) noexcept { return !is_posix(reference); }

std::optional<SemaphoreSet> SemaphoreSet::open_if_exists(const Reference& reference, Access access,
                                                         Trust trust) {
  auto backend = open_backend(reference, access, trust);
  if (!backend) return std::nullopt;
  return SemaphoreSet{std::move(backend)};
}

SemaphoreSet SemaphoreSet::open(const Reference& reference, Access access, Trust trust) {
  if (auto found = open_if_exists(reference, access, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

std::optional<Reference> SemaphoreSet::create(const Reference& reference, const CreateOptions& options) {
  return is_posix(reference) ? sem_posix::create(reference, options) : sem_sysv::create(reference, options);
}

std::optional<SemaphoreSet> SemaphoreSet::create_and_open(const Reference& reference, Access access,
                                                          const CreateOptions& options) {
  const auto made = create(reference, options);
  if (!made) return std::nullopt;
  if (auto found = open_made(*made, reference, access)) return found;
  fail(EIDRM, "cannot open {}", reference.description());
}

// Between the look and the making others may make or remove it, so both are tried again.
std::optional<SemaphoreSet> SemaphoreSet::open_or_create(const Reference& reference,
                                                         const CreateOptions& options,
                                                         const Deadline& deadline) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (auto backend = open_backend(reference, Access::write, Trust::self_and_root)) {
      if (!wait_until_initialised(*backend, reference, deadline)) return std::nullopt;
      return SemaphoreSet{std::move(backend)};
    }
    if (const auto made = create(reference, options))
      if (auto found = open_made(*made, reference, Access::write)) return found;
  }
  fail(EEXIST, "cannot create {}", reference.description());
}

bool SemaphoreSet::remove_if_exists(const Reference& reference) {
  return is_posix(reference) ? sem_posix::remove_if_exists(reference) : sem_sysv::remove_if_exists(reference);
}

SemaphoreSet::SemaphoreSet(std::unique_ptr<Backend> backend) : m_backend{std::move(backend)} {}
SemaphoreSet::SemaphoreSet(SemaphoreSet&&) noexcept = default;
SemaphoreSet& SemaphoreSet::operator=(SemaphoreSet&&) noexcept = default;
SemaphoreSet::~SemaphoreSet() = default;

const Reference& SemaphoreSet::reference() const noexcept { return m_backend->reference(); }

unsigned SemaphoreSet::size() const { return m_backend->size(); }

bool SemaphoreSet::operate(std::span<const SemaphoreOperation> operations, const Deadline& deadline,
                           Undo undo) {
  if (operations.empty()) return true;
  require_possible(reference(), operations);
  return m_backend->operate(operations, deadline, undo);
}

void SemaphoreSet::set_value(unsigned number, unsigned value) { m_backend->set_value(number, value); }

std::vector<SemaphoreState> SemaphoreSet::states() const { return m_backend->states(); }

}  // namespace ipcutils
