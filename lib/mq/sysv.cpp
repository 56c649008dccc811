#include "sysv.hpp"

#include <sys/ipc.h>
#include <sys/msg.h>

#include <cstring>
#include <new>

#include "../core/failure.hpp"
#include "../core/recurring_alarm.hpp"
#include "../core/sysctl.hpp"
#include "../core/sysv.hpp"

namespace ipcutils::mq_sysv {

namespace {

// 13, <linux/msg.h>: like MSG_STAT, for anybody. glibc declares it since 2.37.
constexpr int msg_stat_any = 13;

// The kernel's default of kernel.msgmax.
constexpr std::size_t usual_max_size = 8192;

// The kernel checks the permissions that are asked for.
int get_by_key(key_t key) { return ::msgget(key, 0); }
int get_for_sending(key_t key) { return ::msgget(key, 0200); }
int get_for_receiving(key_t key) { return ::msgget(key, 0400); }

std::optional<msqid_ds> find_status(int id) {
  msqid_ds status;
  const auto control = [&](int id_or_index, int command) { return ::msgctl(id_or_index, command, &status); };
  if (!stat_any(id, IPC_STAT, msg_stat_any, control)) return std::nullopt;
  return status;
}

// A message as msgsnd(2) and msgrcv(2) have it: the type, then the bytes.
class Frame {
 public:
  explicit Frame(std::size_t capacity) { reserve(capacity); }

  void reserve(std::size_t capacity) {
    if (capacity <= m_capacity) return;
    m_memory.reset(new std::byte[sizeof(long) + capacity]);
    m_capacity = capacity;
  }
  std::size_t capacity() const { return m_capacity; }
  void* get() { return m_memory.get(); }
  std::byte* data() { return m_memory.get() + sizeof(long); }

  long type() const {
    long type;
    std::memcpy(&type, m_memory.get(), sizeof type);
    return type;
  }
  void set(long type, std::span<const std::byte> data) {
    reserve(data.size());
    std::memcpy(m_memory.get(), &type, sizeof type);
    if (!data.empty()) std::memcpy(this->data(), data.data(), data.size());
  }

 private:
  std::unique_ptr<std::byte[]> m_memory;
  std::size_t m_capacity = 0;
};

class Queue final : public MessageQueue::Backend {
 public:
  Queue(int id, const Reference& asked, std::size_t max_bytes)
      : m_reference{Kind::mq, SysvId{id}},
        m_id{id},
        m_description{asked.description()},
        m_max_bytes{max_bytes},
        m_fitting{std::min(max_bytes, usual_max_size)},
        m_frame{usual_max_size} {}

  const Reference& reference() const noexcept override { return m_reference; }

  void require_exists() const override {
    if (!find_status(m_id) && is_missing(errno)) fail(EIDRM, "cannot use {}", m_description);
  }

  std::size_t max_message_size() const override {
    return std::min<std::size_t>(m_max_bytes, sysctl("kernel.msgmax").value_or(usual_max_size));
  }

  // One that is longer than the queue would wait for room for ever.
  void require_fits(std::size_t size) const override {
    if (size <= max_message_size()) return;
    throw Error{
        EMSGSIZE, fmt::format("cannot send to {}", m_description),
        fmt::format("a message has at most {} bytes; this queue holds {}, new ones {}",
                    sysctl_with_value("kernel.msgmax"), m_max_bytes, sysctl_with_value("kernel.msgmnb"))};
  }

  bool send(const Message& message, const Deadline& deadline) override {
    if (message.properties.priority)
      throw Error{ENOTSUP, fmt::format("cannot send to {}", m_description),
                  "System V messages have a type, and no priority"};
    if (message.data.size() > m_fitting) {
      require_fits(message.data.size());
      m_fitting = message.data.size();
    }
    m_frame.set(message.properties.type.value_or(1), message.data);
    const auto sent =
        call(deadline, [&](int flags) { return ::msgsnd(m_id, m_frame.get(), message.data.size(), flags); });
    if (sent != -1) return true;
    if (errno == ETIMEDOUT) return false;
    const int errnum = errno;
    if (errnum == EINVAL) {
      require_fits(message.data.size());
      if (!find_status(m_id)) fail(EIDRM, "cannot send to {}", m_description);
    }
    fail(errnum, "cannot send to {}", m_description);
  }

  std::optional<Message> receive(const MessageSelector& selector, const Deadline& deadline) override {
    const int except = selector.except ? MSG_EXCEPT : 0;
    return take([&] {
      return call(deadline, [&](int flags) {
        return ::msgrcv(m_id, m_frame.get(), m_frame.capacity(), selector.type, flags | except);
      });
    });
  }

  std::optional<Message> peek(std::uint64_t index) override {
    return take([&] {
      const auto size = retry_on_eintr([&] {
        return ::msgrcv(m_id, m_frame.get(), m_frame.capacity(), static_cast<long>(index),
                        IPC_NOWAIT | MSG_COPY);
      });
      if (size == -1 && errno == ENOMSG) errno = ETIMEDOUT;
      return size;
    });
  }

 private:
  // A message may be longer than those that can be sent now: E2BIG leaves it where it is.
  template <typename Receive>
  std::optional<Message> take(Receive receive) {
    for (;;) {
      const ssize_t size = receive();
      if (size != -1)
        return Message{{m_frame.data(), static_cast<std::size_t>(size)}, {.type = m_frame.type()}};
      if (errno == ETIMEDOUT) return std::nullopt;
      const int errnum = errno;
      if (errnum == EINVAL && !find_status(m_id)) fail(EIDRM, "cannot receive from {}", m_description);
      if (errnum != E2BIG) fail(errnum, "cannot receive from {}", m_description);
      m_frame.reserve(m_frame.capacity() * 2);
    }
  }

  // Calls `attempt`, with the flags that the deadline asks for, until it succeeds, fails, or the deadline
  // passes, which is -1 with ETIMEDOUT. msgop(2) is never restarted after a signal.
  template <typename Attempt>
  ssize_t call(const Deadline& deadline, Attempt attempt) {
    const bool may_sleep = deadline.is_never() && !deadline.is_interruptible();
    if (may_sleep) return retry_on_eintr([&] { return ssize_t{attempt(0)}; });
    const ssize_t at_once = retry_on_eintr([&] { return ssize_t{attempt(IPC_NOWAIT)}; });
    if (at_once != -1 || (errno != EAGAIN && errno != ENOMSG)) return at_once;
    if (!m_alarm) m_alarm.emplace();
    while (!is_over(deadline)) {
      const InterruptedCall call{*m_alarm, deadline};
      const ssize_t result = attempt(0);
      if (result != -1 || errno != EINTR) return result;
    }
    errno = ETIMEDOUT;
    return -1;
  }

  Reference m_reference;
  int m_id;
  std::string m_description;  // by the reference that was asked for
  std::size_t m_max_bytes;
  std::size_t m_fitting;  // a size of which it is known that it fits
  Frame m_frame;
  std::optional<RecurringAlarm> m_alarm;
};

bool set_max_bytes(int id, std::uint64_t max_bytes) {
  auto status = find_status(id);
  if (!status) {
    errno = EIDRM;
    return false;
  }
  status->msg_qbytes = max_bytes;
  return ::msgctl(id, IPC_SET, &*status) == 0;
}

}  // namespace

std::unique_ptr<MessageQueue::Backend> open_if_exists(const Reference& reference, MessageQueue::Use use,
                                                      Trust trust) {
  const auto id = find_id(reference, use == MessageQueue::Use::send ? get_for_sending : get_for_receiving);
  const auto status = id ? find_status(*id) : std::nullopt;
  if (!status) {
    if (id && !is_missing(errno)) fail(errno, "cannot open {}", reference.description());
    return nullptr;
  }
  require_trusted(status->msg_perm, reference, trust);
  return std::make_unique<Queue>(*id, reference, status->msg_qbytes);
}

std::optional<Reference> create(const Reference& reference, const MessageQueue::CreateOptions& options) {
  const int id = ::msgget(key_for_new(reference), IPC_CREAT | IPC_EXCL | static_cast<int>(options.mode));
  if (id == -1) {
    const int errnum = errno;
    if (errnum == EEXIST) return std::nullopt;
    throw Error{
        errnum, fmt::format("cannot create {}", reference.description()),
        errnum == ENOSPC ? fmt::format("there can be {} queues", sysctl_with_value("kernel.msgmni")) : ""};
  }
  // What has gone again was made all the same.
  if (options.max_bytes && !set_max_bytes(id, *options.max_bytes) && !is_missing(errno)) {
    const int errnum = errno;
    ::msgctl(id, IPC_RMID, nullptr);
    throw Error{errnum,
                fmt::format("cannot create {} for {} bytes", reference.description(), *options.max_bytes),
                errnum == EPERM ? fmt::format("more than {} needs the capability CAP_SYS_RESOURCE",
                                              sysctl_with_value("kernel.msgmnb"))
                                : ""};
  }
  return Reference{Kind::mq, SysvId{id}};
}

bool remove_if_exists(const Reference& reference) {
  const auto id = find_id(reference, get_by_key);
  if (!id) return false;
  if (::msgctl(*id, IPC_RMID, nullptr) == 0) return true;
  if (is_missing(errno)) return false;
  fail(errno, "cannot remove {}", reference.description());
}

}  // namespace ipcutils::mq_sysv
