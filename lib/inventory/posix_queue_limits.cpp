#include "posix_queue_limits.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "../core/sysctl.hpp"

namespace ipcutils {

namespace {

using Used = std::optional<std::uint64_t>;

// All queues of the namespace, if they can be listed.
std::optional<std::vector<Object>> list_queues() {
  std::vector<Error> failures;
  auto queues = list_objects({.kinds = {Kind::mq}, .apis = {Api::posix}}, &failures);
  return failures.empty() ? std::optional{std::move(queues)} : std::nullopt;
}

// What the kernel counts of a queue against RLIMIT_MSGQUEUE, see getrlimit(2). Nothing: it may not be read.
Used charge_of(const MessageQueueStatus& status) {
  if (!status.max_messages || !status.max_message_size) return std::nullopt;
  // Both struct msg_msg and struct posix_msg_tree_node have six words.
  constexpr std::uint64_t header = 6 * sizeof(void*);
  constexpr std::uint64_t priorities = MQ_PRIO_MAX;
  const auto messages = *status.max_messages;
  return messages * (header + *status.max_message_size) + std::min(messages, priorities) * header;
}

// Of this process's user. The kernel does not tell it, so it is what the user's queues must have been
// charged.
Used charged_bytes(const std::vector<Object>& queues) {
  std::uint64_t bytes = 0;
  for (const auto& queue : queues) {
    if (queue.uid != ::getuid()) continue;
    const auto charge = charge_of(std::get<MessageQueueStatus>(queue.status));
    if (!charge) return std::nullopt;
    bytes += *charge;
  }
  return bytes;
}

}  // namespace

void add_posix_queue_limits(std::vector<Limit>& limits, bool with_usage) {
  const auto queues = with_usage ? list_queues() : std::nullopt;
  const auto add = [&](std::string_view name, std::string_view description, LimitUnit unit, Used used = {}) {
    if (const auto value = sysctl(name))
      limits.push_back({Kind::mq, Api::posix, name, description, unit, value, used});
  };
  add("fs.mqueue.queues_max", "number of queues", LimitUnit::objects,
      queues ? Used{queues->size()} : std::nullopt);
  add("fs.mqueue.msg_max", "messages of a queue", LimitUnit::messages);
  add("fs.mqueue.msg_default", "messages of a queue, unless asked for", LimitUnit::messages);
  add("fs.mqueue.msgsize_max", "size of a message", LimitUnit::bytes);
  add("fs.mqueue.msgsize_default", "size of a message, unless asked for", LimitUnit::bytes);
  struct rlimit resource;
  if (::getrlimit(RLIMIT_MSGQUEUE, &resource) != 0) return;
  limits.push_back({Kind::mq, Api::posix, "RLIMIT_MSGQUEUE", "bytes of all queues of a user",
                    LimitUnit::bytes,
                    resource.rlim_cur == RLIM_INFINITY ? std::nullopt : Used{resource.rlim_cur},
                    queues ? charged_bytes(*queues) : std::nullopt});
}

}  // namespace ipcutils
