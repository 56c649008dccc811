#include <fcntl.h>
#include <mqueue.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <ipcutils/file_descriptor.hpp>
#include <limits>

#include "../core/failure.hpp"
#include "../core/sysctl.hpp"
#include "posix.hpp"

namespace ipcutils::mq_posix {

namespace {

// What the system's reasons for refusing a new queue mean.
std::string hint_for_new_queue(int errnum, const struct mq_attr& attributes) {
  switch (errnum) {
    case EINVAL:
      return fmt::format("a queue holds at least 1 and at most {} messages of 1 to {} bytes",
                         sysctl_with_value("fs.mqueue.msg_max"), sysctl_with_value("fs.mqueue.msgsize_max"));
    case EMFILE: {
      struct rlimit limit {};
      ::getrlimit(RLIMIT_MSGQUEUE, &limit);
      return fmt::format(
          "all queues of a user may take RLIMIT_MSGQUEUE ({}) bytes (ulimit -q); this one takes {} "
          "messages of {} bytes",
          limit.rlim_cur, attributes.mq_maxmsg, attributes.mq_msgsize);
    }
    case ENOSPC:
      return fmt::format("there can be {} queues", sysctl_with_value("fs.mqueue.queues_max"));
    default:
      return {};
  }
}

// One of a queue's two limits: as asked for, or what the kernel gives one that nothing is asked for.
long limit_of(const std::optional<std::uint64_t>& wanted, std::string_view preset, std::string_view ceiling,
              long fallback) {
  const auto largest = static_cast<std::uint64_t>(std::numeric_limits<long>::max());
  if (wanted) return static_cast<long>(std::min(*wanted, largest));
  const auto value = std::min(sysctl(preset).value_or(largest), sysctl(ceiling).value_or(largest));
  return value == largest ? fallback : static_cast<long>(value);
}

}  // namespace

std::optional<Reference> create(const Reference& reference, const MessageQueue::CreateOptions& options) {
  struct mq_attr attributes {};
  attributes.mq_maxmsg = limit_of(options.max_messages, "fs.mqueue.msg_default", "fs.mqueue.msg_max", 10);
  attributes.mq_msgsize =
      limit_of(options.max_message_size, "fs.mqueue.msgsize_default", "fs.mqueue.msgsize_max", 8192);
  const auto* const name = std::get<PosixName>(reference.name).text.c_str();
  const FileDescriptor queue{::mq_open(name, O_RDONLY | O_CREAT | O_EXCL, options.mode, &attributes)};
  if (!queue.is_open()) {
    const int errnum = errno;
    if (errnum == EEXIST) return std::nullopt;
    throw Error{errnum, fmt::format("cannot create {}", reference.description()),
                hint_for_new_queue(errnum, attributes)};
  }
  // The umask applies to mq_open(3), but not to fchmod(2).
  if (::fchmod(queue.get(), options.mode) != 0) {
    const int errnum = errno;
    ::mq_unlink(name);
    fail(errnum, "cannot set the mode of {}", reference.description());
  }
  return reference;
}

}  // namespace ipcutils::mq_posix
