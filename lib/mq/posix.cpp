#include "posix.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/wait.hpp>
#include <memory>

#include "../core/failure.hpp"
#include "../core/sysctl.hpp"
#include "../core/trust.hpp"
#include "queue_file.hpp"

namespace ipcutils::mq_posix {

namespace {

struct stat status_of(int queue, const Reference& reference) {
  struct stat status;
  if (::fstat(queue, &status) != 0) fail(errno, "cannot inspect {}", reference.description());
  return status;
}

// On Linux a message queue descriptor is a file descriptor: poll(2), fstat(2) and fchmod(2) take it.
class Queue final : public MessageQueue::Backend {
 public:
  Queue(Reference reference, FileDescriptor queue, std::size_t max_message_size)
      : m_reference{std::move(reference)}, m_queue{std::move(queue)}, m_max_size{max_message_size} {}

  const Reference& reference() const noexcept override { return m_reference; }
  std::size_t max_message_size() const override { return m_max_size; }

  void require_exists() const override {
    if (is_removed()) fail(EIDRM, "cannot use {}", m_reference.description());
  }

  void require_fits(std::size_t size) const override {
    if (size <= m_max_size) return;
    throw Error{
        EMSGSIZE, fmt::format("cannot send to {}", m_reference.description()),
        fmt::format("a message of this queue has at most {} bytes, as its maker has set it; new queues have "
                    "{}, or what is asked for, up to {}",
                    m_max_size, sysctl_with_value("fs.mqueue.msgsize_default"),
                    sysctl_with_value("fs.mqueue.msgsize_max"))};
  }

  bool send(const Message& message, const Deadline& deadline) override {
    if (message.properties.type)
      throw Error{ENOTSUP, fmt::format("cannot send to {}", m_reference.description()),
                  "POSIX messages have a priority, and no type"};
    const auto* data = reinterpret_cast<const char*>(message.data.data());
    const auto size = message.data.size();
    const auto priority = message.properties.priority.value_or(0);
    const auto sent = call_unless_removed(deadline, [&](const struct timespec& until) {
      return ::mq_timedsend(m_queue.get(), data, size, priority, &until);
    });
    if (sent != -1) return true;
    if (errno == ETIMEDOUT) return false;
    const int errnum = errno;
    if (errnum == EMSGSIZE) require_fits(size);
    // EBADF: opened for reading alone, since it may not be written.
    fail(errnum == EBADF ? EACCES : errnum, "cannot send to {}", m_reference.description());
  }

  std::optional<Message> receive(const MessageSelector& selector, const Deadline& deadline) override {
    if (selector.type != 0)
      throw Error{ENOTSUP, fmt::format("cannot receive from {}", m_reference.description()),
                  "POSIX messages have a priority, and no type"};
    if (!m_buffer) m_buffer = std::make_unique_for_overwrite<std::byte[]>(m_max_size);
    unsigned priority = 0;
    const auto size = call(deadline, [&](const struct timespec* until) {
      auto* const buffer = reinterpret_cast<char*>(m_buffer.get());
      return until == nullptr ? ::mq_receive(m_queue.get(), buffer, m_max_size, &priority)
                              : ::mq_timedreceive(m_queue.get(), buffer, m_max_size, &priority, until);
    });
    if (size != -1)
      return Message{std::span{m_buffer.get(), static_cast<std::size_t>(size)}, {.priority = priority}};
    if (errno == ETIMEDOUT) return std::nullopt;
    fail(errno, "cannot receive from {}", m_reference.description());
  }

  std::optional<Message> peek(std::uint64_t) override {
    throw Error{ENOTSUP, fmt::format("cannot peek into {}", m_reference.description()),
                "POSIX messages can only be taken"};
  }

 private:
  // The file system of queues has neither link(2) nor rename(2): the name is lost by mq_unlink(3) alone.
  bool is_removed() const { return status_of(m_queue.get(), m_reference).st_nlink == 0; }

  // Both call `attempt` until it succeeds, fails, or the deadline passes, which is -1 with ETIMEDOUT. The
  // timed forms of the calls go by a clock that can be set, so no deadline is left to them. A time long past
  // serves for "at once", which spares a descriptor in non-blocking mode.
  template <typename Attempt>
  ssize_t call(const Deadline& deadline, Attempt attempt) {
    const auto* const until = may_sleep(deadline) ? nullptr : &at_once;
    for (;;) {
      const ssize_t result = attempt(until);
      if (result != -1 || (errno != ETIMEDOUT && errno != EINTR)) return result;
      if (until == nullptr) continue;
      if (wait_for_event(m_queue.get(), POLLIN, deadline) == Waited::ready) continue;
      errno = ETIMEDOUT;
      return result;
    }
  }

  // This one also ends, by EIDRM, when the queue is full and has been removed, since nobody may be left to
  // make room. The kernel wakes nobody for that, so a wait looks each second.
  template <typename Attempt>
  ssize_t call_unless_removed(const Deadline& deadline, Attempt attempt) {
    const auto& until = may_sleep(deadline) ? m_next_look : at_once;
    for (;;) {
      const ssize_t result = attempt(until);
      if (result != -1 || (errno != ETIMEDOUT && errno != EINTR)) return result;
      if (is_removed()) {
        errno = EIDRM;
        return result;
      }
      if (may_sleep(deadline)) {
        ::clock_gettime(CLOCK_REALTIME, &m_next_look);
        m_next_look.tv_sec += look_interval.count();
      } else if (wait_for_event(m_queue.get(), POLLOUT, deadline.within(look_interval)) != Waited::ready &&
                 deadline.has_passed()) {
        errno = ETIMEDOUT;
        return result;
      }
    }
  }

  static bool may_sleep(const Deadline& deadline) {
    return deadline.is_never() && !deadline.is_interruptible();
  }

  static constexpr struct timespec at_once {};
  static constexpr std::chrono::seconds look_interval{1};

  Reference m_reference;
  FileDescriptor m_queue;
  struct timespec m_next_look {};
  std::size_t m_max_size;
  std::unique_ptr<std::byte[]> m_buffer;  // made for the first message
};

FileDescriptor open_for(MessageQueue::Use use, const Reference& reference) {
  const auto& name = std::get<PosixName>(reference.name);
  if (use == MessageQueue::Use::send) return open_queue(name, O_WRONLY);
  auto queue = open_queue(name, O_RDWR);
  return queue.is_open() || errno != EACCES ? std::move(queue) : open_queue(name, O_RDONLY);
}

}  // namespace

std::unique_ptr<MessageQueue::Backend> open_if_exists(const Reference& reference, MessageQueue::Use use,
                                                      Trust trust) {
  auto queue = open_for(use, reference);
  if (!queue.is_open()) {
    if (errno == ENOENT) return nullptr;
    fail(errno, "cannot open {}", reference.description());
  }
  if (trust != Trust::anybody)
    require_trusted_owner(status_of(queue.get(), reference).st_uid, reference, trust);
  struct mq_attr attributes;
  if (::mq_getattr(queue.get(), &attributes) != 0) fail(errno, "cannot inspect {}", reference.description());
  return std::make_unique<Queue>(reference, std::move(queue),
                                 static_cast<std::size_t>(attributes.mq_msgsize));
}

bool remove_if_exists(const Reference& reference) {
  if (::mq_unlink(std::get<PosixName>(reference.name).text.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  fail(errno, "cannot remove {}", reference.description());
}

}  // namespace ipcutils::mq_posix
