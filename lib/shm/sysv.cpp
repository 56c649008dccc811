#include "sysv.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "../core/failure.hpp"
#include "../core/sysv.hpp"

namespace ipcutils {

namespace {

// 15, <linux/shm.h>: like SHM_STAT, for anybody. glibc declares it since 2.37.
constexpr int shm_stat_any = 15;

int get_by_key(key_t key) { return ::shmget(key, 0, 0); }

std::optional<shmid_ds> find_status(int id) {
  shmid_ds status;
  const auto control = [&](int id_or_index, int command) { return ::shmctl(id_or_index, command, &status); };
  if (!stat_any(id, IPC_STAT, shm_stat_any, control)) return std::nullopt;
  return status;
}

bool is_to_go(const shmid_ds& status) { return (status.shm_perm.mode & SHM_DEST) != 0; }

bool is_unfinished(const shmid_ds& status) { return (status.shm_perm.mode & 0777) == unfinished_mode; }

// A maker in another PID namespace is pid 0, of which nothing is known: taken for living.
bool is_abandoned(const shmid_ds& status) {
  return is_unfinished(status) && status.shm_cpid > 0 && ::kill(status.shm_cpid, 0) == -1 && errno == ESRCH;
}

void set_mode(int id, mode_t mode, const Reference& reference) {
  auto status = find_status(id);
  if (!status || is_to_go(*status)) fail(EIDRM, "cannot set the mode of {}", reference.description());
  status->shm_perm.mode = static_cast<decltype(status->shm_perm.mode)>(mode);
  if (::shmctl(id, IPC_SET, &*status) != 0) fail(errno, "cannot set the mode of {}", reference.description());
}

// An attached segment.
class Segment final : public SharedMemory::Backend {
 public:
  Segment(int id, void* memory, std::size_t size, Access access, const Reference& asked)
      : m_reference{Kind::shm, SysvId{id}},
        m_memory{static_cast<std::byte*>(memory), size},
        m_id{id},
        m_access{access},
        m_description{asked.description()} {}
  ~Segment() override { ::shmdt(m_memory.data()); }

  const Reference& reference() const noexcept override { return m_reference; }
  std::uint64_t size() const override { return m_memory.size(); }
  std::uint64_t capacity() const override { return m_memory.size(); }
  int descriptor() const noexcept override { return -1; }

  bool is_removed() const override {
    const auto status = find_status(m_id);
    return !status || is_to_go(*status);
  }

  std::uint64_t read_to(const Endpoint& to, std::uint64_t offset, const TransferOptions& options) override {
    return transfer(std::span<const std::byte>{from(offset)}, to, options);
  }

  std::uint64_t write_from(const Endpoint& source, std::uint64_t offset,
                           const TransferOptions& options) override {
    return transfer(source, from(offset), options);
  }

  std::size_t read(std::span<std::byte> to, std::uint64_t offset) const override {
    const auto source = from(offset);
    const auto size = std::min(source.size(), to.size());
    std::copy_n(source.begin(), size, to.begin());
    return size;
  }

  std::size_t write(std::span<const std::byte> source, std::uint64_t offset) override {
    if (m_access == Access::read) fail(EBADF, "cannot write {}", m_description);
    const auto to = from(offset);
    const auto size = std::min(source.size(), to.size());
    std::copy_n(source.begin(), size, to.begin());
    return size;
  }

  std::uint64_t length_until_nul(std::uint64_t offset, std::uint64_t length) const override {
    auto range = from(offset);
    range = range.first(std::min<std::uint64_t>(range.size(), length));
    const auto nul = std::find(range.begin(), range.end(), std::byte{0});
    return static_cast<std::uint64_t>(nul - range.begin());
  }

  // The kernel has accounted for all of it when the segment was made.
  void reserve(std::uint64_t offset, std::uint64_t length) override {
    if (offset > m_memory.size() || length > m_memory.size() - offset)
      throw Error{EFBIG, fmt::format("cannot reserve {} bytes for {}", length, m_description),
                  fmt::format("the segment has {} bytes and cannot grow", m_memory.size())};
  }

  void resize(std::uint64_t size) override {
    if (size != m_memory.size())
      throw Error{ENOTSUP, fmt::format("cannot resize {} to {} bytes", m_description, size),
                  "a System V segment keeps its size"};
  }

  void remove() override {
    if (::shmctl(m_id, IPC_RMID, nullptr) != 0) fail(errno, "cannot remove {}", m_description);
  }

 private:
  std::span<std::byte> from(std::uint64_t offset) const {
    return m_memory.subspan(std::min<std::uint64_t>(offset, m_memory.size()));
  }

  Reference m_reference;
  std::span<std::byte> m_memory;
  int m_id;
  Access m_access;
  std::string m_description;  // by the reference that was asked for
};

class SegmentDraft final : public SharedMemoryDraft::Backend {
 public:
  SegmentDraft(int id, mode_t mode, Reference reference)
      : m_id{id}, m_mode{mode}, m_reference{std::move(reference)} {}
  ~SegmentDraft() override { SegmentDraft::discard(); }

  bool publish() override {
    set_mode(m_id, m_mode & meaningful_mode, m_reference);
    m_id = -1;
    return true;
  }

  void discard() noexcept override {
    if (m_id != -1) ::shmctl(m_id, IPC_RMID, nullptr);
    m_id = -1;
  }

 private:
  int m_id;  // -1: published or discarded
  mode_t m_mode;
  Reference m_reference;
};

// What the system's reasons for refusing a new segment mean.
std::string hint_for_new_segment(int errnum) {
  switch (errnum) {
    case EINVAL:
      return "a segment has at least 1 byte and at most kernel.shmmax";
    case ENOSPC:
      return "the number of segments is limited by kernel.shmmni, their size together by kernel.shmall";
    default:
      return {};
  }
}

// Removes a segment that its maker has left unfinished. False when what has the key is another segment.
bool remove_abandoned(key_t key) {
  const int id = ::shmget(key, 0, 0);
  const auto status = id == -1 ? std::nullopt : find_status(id);
  if (!status) return is_missing(errno);  // it has gone meanwhile
  if (!is_abandoned(*status)) return false;
  return ::shmctl(id, IPC_RMID, nullptr) == 0 || is_missing(errno);
}

// The identifier of a new segment; nothing when there is one with that key.
std::optional<int> make_segment(const Reference& reference, std::size_t size, mode_t mode) {
  const key_t key = key_for_new(reference);
  do {
    const int id = ::shmget(key, size, IPC_CREAT | IPC_EXCL | static_cast<int>(mode));
    if (id != -1) return id;
    if (const int errnum = errno; errnum != EEXIST)
      throw Error{errnum, fmt::format("cannot create {} of {} bytes", reference.description(), size),
                  hint_for_new_segment(errnum)};
  } while (remove_abandoned(key));
  return std::nullopt;
}

}  // namespace

std::unique_ptr<SharedMemory::Backend> open_segment_if_exists(const Reference& reference, Access access,
                                                              Trust trust) {
  const auto id = find_id(reference, get_by_key);
  if (!id) return nullptr;
  void* const memory = ::shmat(*id, nullptr, access == Access::read ? SHM_RDONLY : 0);
  const bool is_attached = memory != reinterpret_cast<void*>(-1);
  const int errnum = is_attached ? 0 : errno;
  const auto status = find_status(*id);
  const int status_errnum = status ? 0 : errno;
  // From here on the segment is detached by whatever happens.
  std::unique_ptr<Segment> segment;
  if (is_attached)
    segment = std::make_unique<Segment>(*id, memory, status ? status->shm_segsz : 0, access, reference);

  if (status && is_unfinished(*status) && (access == Access::read || is_abandoned(*status))) return nullptr;
  if (!is_attached) {
    if (is_missing(errnum)) return nullptr;
    fail(errnum, "cannot open {}", reference.description());
  }
  if (!status && is_missing(status_errnum)) return nullptr;
  if (!status) fail(status_errnum, "cannot inspect {}", reference.description());
  require_trusted(status->shm_perm, reference, trust);
  if (is_unfinished(*status))
    throw Error{EBUSY, fmt::format("cannot open {}", reference.description()),
                fmt::format("process {} is still filling it", status->shm_cpid)};
  return segment;
}

std::optional<SharedMemoryDraft> begin_segment(const Reference& reference,
                                               const SharedMemoryDraft::Options& options) {
  if (options.collision == SharedMemoryDraft::Collision::replace)
    throw Error{ENOTSUP, fmt::format("cannot replace {}", reference.description()),
                "a System V segment cannot take the place of another"};
  const auto size = static_cast<std::size_t>(options.size.value_or(0));
  const auto id = make_segment(reference, size, unfinished_mode);
  if (!id) return std::nullopt;
  auto draft = std::make_unique<SegmentDraft>(*id, options.mode, reference);
  void* const memory = ::shmat(*id, nullptr, 0);
  if (memory == reinterpret_cast<void*>(-1)) fail(errno, "cannot attach {}", reference.description());
  return SharedMemoryDraft{
      SharedMemory{std::make_unique<Segment>(*id, memory, size, Access::write, reference)}, std::move(draft)};
}

std::optional<Reference> create_segment(const Reference& reference, std::uint64_t size, mode_t mode) {
  const auto id = make_segment(reference, static_cast<std::size_t>(size), mode & meaningful_mode);
  if (!id) return std::nullopt;
  return Reference{Kind::shm, SysvId{*id}};
}

bool remove_segment_if_exists(const Reference& reference) {
  const auto id = find_id(reference, get_by_key);
  if (!id) return false;
  if (::shmctl(*id, IPC_RMID, nullptr) == 0) return true;
  if (is_missing(errno)) return false;
  fail(errno, "cannot remove {}", reference.description());
}

}  // namespace ipcutils
