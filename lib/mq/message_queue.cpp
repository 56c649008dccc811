#include <time.h>

#include <algorithm>
#include <atomic>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/open_or_create.hpp>
#include <limits>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../core/open_made.hpp"
#include "backend.hpp"
#include "posix.hpp"
#include "sysv.hpp"

namespace ipcutils {

namespace {

bool is_posix(const Reference& reference) noexcept {
  return std::holds_alternative<PosixName>(reference.name);
}

}  // namespace

bool MessageSelector::matches(long message_type) const noexcept {
  if (type == 0) return true;
  if (type < 0) return message_type <= (type == std::numeric_limits<long>::min() ? type + 1 : type) * -1;
  return (message_type == type) != except;
}

bool MessageQueue::supports(const Reference& reference, Feature feature) noexcept {
  switch (feature) {
    case Feature::priority:
    case Feature::message_limits:
      return is_posix(reference);
    case Feature::type:
    case Feature::peek:
    case Feature::byte_limit:
      return !is_posix(reference);
  }
  return false;
}

std::optional<MessageQueue> MessageQueue::open_if_exists(const Reference& reference, Use use, Trust trust) {
  auto backend = is_posix(reference) ? mq_posix::open_if_exists(reference, use, trust)
                                     : mq_sysv::open_if_exists(reference, use, trust);
  if (!backend) return std::nullopt;
  return MessageQueue{std::move(backend)};
}

MessageQueue MessageQueue::open(const Reference& reference, Use use, Trust trust) {
  if (auto found = open_if_exists(reference, use, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

std::optional<Reference> MessageQueue::create(const Reference& reference, const CreateOptions& options) {
  const auto refuse = [&](bool is_given, Feature feature, const char* limit) {
    if (is_given && !supports(reference, feature))
      throw Error{ENOTSUP, fmt::format("cannot create {} with {}", reference.description(), limit)};
  };
  refuse(options.max_messages || options.max_message_size, Feature::message_limits,
         "a limit on messages or their size");
  refuse(options.max_bytes.has_value(), Feature::byte_limit, "a limit on bytes");
  return is_posix(reference) ? mq_posix::create(reference, options) : mq_sysv::create(reference, options);
}

std::optional<MessageQueue> MessageQueue::create_and_open(const Reference& reference, Use use,
                                                          const CreateOptions& options) {
  const auto made = create(reference, options);
  if (!made) return std::nullopt;
  if (auto found = open_made<MessageQueue>(*made, reference, use)) return found;
  fail(EIDRM, "cannot open {}", reference.description());
}

MessageQueue MessageQueue::open_or_create(const Reference& reference, Use use, const CreateOptions& options) {
  const auto open = [&] { return open_if_exists(reference, use, Trust::self_and_root); };
  const auto make = [&]() -> std::optional<MessageQueue> {
    const auto made = create(reference, options);
    return made ? open_made<MessageQueue>(*made, reference, use) : std::nullopt;
  };
  if (auto queue = ipcutils::open_or_create(open, make)) return std::move(*queue);
  fail(EEXIST, "cannot create {}", reference.description());
}

bool MessageQueue::remove_if_exists(const Reference& reference) {
  return is_posix(reference) ? mq_posix::remove_if_exists(reference) : mq_sysv::remove_if_exists(reference);
}

MessageQueue::MessageQueue(std::unique_ptr<Backend> backend) : m_backend{std::move(backend)} {}
MessageQueue::MessageQueue(MessageQueue&&) noexcept = default;
MessageQueue& MessageQueue::operator=(MessageQueue&&) noexcept = default;
MessageQueue::~MessageQueue() = default;

const Reference& MessageQueue::reference() const noexcept { return m_backend->reference(); }

void MessageQueue::require_exists() const { m_backend->require_exists(); }

std::size_t MessageQueue::max_message_size() const { return m_backend->max_message_size(); }

void MessageQueue::require_fits(std::size_t size) const { m_backend->require_fits(size); }

bool MessageQueue::send(const Message& message, const Deadline& deadline) {
  return m_backend->send(message, deadline);
}

std::optional<Message> MessageQueue::receive(const MessageSelector& selector, const Deadline& deadline) {
  return m_backend->receive(selector, deadline);
}

std::optional<Message> MessageQueue::peek(std::uint64_t index, const Deadline& deadline) {
  return poll_with_backoff(deadline, [&] { return m_backend->peek(index); });
}

long falling_message_type() noexcept {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  static std::atomic<long> last = std::numeric_limits<long>::max();
  const long by_clock = std::numeric_limits<long>::max() - now.tv_sec * 1'000'000'000L - now.tv_nsec;
  long before = last.load();
  long type = 0;
  do {
    type = std::min(before - 1, by_clock);
  } while (!last.compare_exchange_weak(before, type));
  return type;
}

}  // namespace ipcutils
