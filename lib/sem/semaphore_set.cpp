#include <ipcutils/semaphore_set.hpp>

#include <ipcutils/open_or_create.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/open_made.hpp"
#include "backend.hpp"
#include "file_lock.hpp"
#include "posix.hpp"
#include "sysv.hpp"

namespace ipcutils {

namespace {

// How long a maker may take between the making of a System V set and giving it its values.
constexpr auto initialisation_time = std::chrono::seconds{5};

// What each API does with references to its semaphores.
struct Functions {
  std::unique_ptr<SemaphoreSet::Backend> (*open_if_exists)(const Reference&, Access, Trust);
  std::optional<Reference> (*create)(const Reference&, const SemaphoreSet::CreateOptions&);
  bool (*remove_if_exists)(const Reference&);
};

constexpr Functions sysv{sem_sysv::open_if_exists, sem_sysv::create, sem_sysv::remove_if_exists};
constexpr Functions posix{sem_posix::open_if_exists, sem_posix::create, sem_posix::remove_if_exists};
constexpr Functions file{sem_file::open_if_exists, sem_file::create, sem_file::remove_if_exists};

const Functions& functions_of(const Reference& reference) noexcept {
  if (std::holds_alternative<PosixName>(reference.name)) return posix;
  return SemaphoreSet::is_lock(reference) ? file : sysv;
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
  if (has_several(reference)) return;
  const std::string_view noun = is_lock(reference) ? "a lock on a file" : "a POSIX semaphore";
  const auto refuse = [&](bool is_refused, std::string_view reason) {
    if (is_refused)
      throw Error::invalid(fmt::format("cannot operate on {}", reference.description()),
                           fmt::format("{} {}", noun, reason));
  };
  refuse(operations.size() > 1, "takes one operation at a time");
  for (const auto& operation : operations) {
    refuse(operation.number != 0, "is alone, and has the number 0");
    refuse(operation.delta == 0, "cannot wait for zero");
    refuse(operation.delta < -1, "is taken by -1: more than 1 cannot be taken in one step");
  }
}

bool SemaphoreSet::has_undo(const Reference& reference) noexcept { return has_several(reference); }

bool SemaphoreSet::has_several(const Reference& reference) noexcept {
  return !std::holds_alternative<PosixName>(reference.name) && !is_lock(reference);
}

bool SemaphoreSet::is_lock(const Reference& reference) noexcept {
  return std::holds_alternative<FilePath>(reference.name);
}

std::optional<SemaphoreSet> SemaphoreSet::open_if_exists(const Reference& reference, Access access,
                                                         Trust trust) {
  auto backend = functions_of(reference).open_if_exists(reference, access, trust);
  if (!backend) return std::nullopt;
  return SemaphoreSet{std::move(backend)};
}

SemaphoreSet SemaphoreSet::open(const Reference& reference, Access access, Trust trust) {
  if (auto found = open_if_exists(reference, access, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

std::optional<Reference> SemaphoreSet::create(const Reference& reference, const CreateOptions& options) {
  return functions_of(reference).create(reference, options);
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
  return functions_of(reference).remove_if_exists(reference);
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

void SemaphoreSet::share_with_children() { m_backend->share_with_children(); }

std::optional<bool> SemaphoreSet::is_open_elsewhere() const { return m_backend->is_open_elsewhere(); }

std::vector<SemaphoreState> SemaphoreSet::states() const { return m_backend->states(); }

}  // namespace ipcutils
