#include <ipcutils/semaphore_set.hpp>

#include <ipcutils/open_or_create.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/open_made.hpp"
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

// False when the deadline passes first.
bool wait_until_initialised(const SemaphoreSet::Backend& set, const Reference& reference,
                            const Deadline& deadline) {
  const auto look = [&] { return set.is_initialised() ? std::optional{true} : std::nullopt; };
  if (poll_with_backoff(deadline.within(initialisation_time), look)) return true;
  if (deadline.has_passed()) return false;
  throw Error::invalid(
      fmt::format("cannot use {}", reference.description()), "it has no values yet",
      "its maker has died before it gave them, or was another program; remove it, or give it "
      "values without --create");
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
  auto backend = is_posix(reference) ? sem_posix::open_if_exists(reference, access, trust)
                                     : sem_sysv::open_if_exists(reference, access, trust);
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
  if (auto found = open_made<SemaphoreSet>(*made, reference, access)) return found;
  fail(EIDRM, "cannot open {}", reference.description());
}

std::optional<SemaphoreSet> SemaphoreSet::open_or_create(const Reference& reference,
                                                         const CreateOptions& options,
                                                         const Deadline& deadline) {
  const auto open = [&] { return open_if_exists(reference, Access::write, Trust::self_and_root); };
  const auto make = [&]() -> std::optional<SemaphoreSet> {
    const auto made = create(reference, options);
    return made ? open_made<SemaphoreSet>(*made, reference, Access::write) : std::nullopt;
  };
  auto set = ipcutils::open_or_create(open, make);
  if (!set) fail(EEXIST, "cannot create {}", reference.description());
  if (!wait_until_initialised(*set->m_backend, reference, deadline)) return std::nullopt;
  return set;
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

bool SemaphoreSet::set_value(unsigned number, unsigned value, const Deadline& deadline) {
  return m_backend->set_value(number, value, deadline);
}

std::vector<SemaphoreState> SemaphoreSet::states() const { return m_backend->states(); }

}  // namespace ipcutils
