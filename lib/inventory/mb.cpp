#include "mb.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ipcutils/size.hpp>

#include "../core/failure.hpp"
#include "../core/pid_namespace.hpp"
#include "../file/object_file.hpp"
#include "../mailbox/status.hpp"
#include "look.hpp"
#include "object.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

// Nobody where the number is one of another PID namespace. Without /proc that cannot be told.
Holder process_of(const mailbox::OpenHandle& handle) {
  const auto own = own_pid_namespace();
  if (own && handle.pid_namespace != 0 && handle.pid_namespace != *own) return {0, {}};
  const bool has_name = has_own_process_numbers();
  return {handle.process, has_name ? process_name(handle.process) : std::string{}};
}

MailboxReceiver receiver_from(const mailbox::OpenHandle& handle, std::uint64_t sent) {
  MailboxReceiver receiver{process_of(handle), false, sent - std::min(handle.next, sent), handle.lost};
  receiver.is_stopped = !receiver.process.command.empty() && is_stopped(receiver.process.pid);
  return receiver;
}

MailboxStatus status_from(const mailbox::Status& content) {
  MailboxStatus status{.size = content.capacity,
                       .on_full = content.on_full,
                       .messages = 0,
                       .bytes = 0,
                       .sent = content.sent,
                       .dropped = content.dropped,
                       .receivers = std::vector<MailboxReceiver>{},
                       .senders = 0};
  for (const auto& handle : content.living) {
    if (handle.state == mailbox::SlotState::sending) {
      ++*status.senders;
      continue;
    }
    const auto& receiver = status.receivers->emplace_back(receiver_from(handle, content.sent));
    status.messages = std::max(*status.messages, receiver.messages);
    const auto bytes = bytes_between(handle.cursor, content.head);
    status.bytes = std::max(*status.bytes, std::min(bytes, content.capacity));
  }
  std::ranges::sort(*status.receivers);
  return status;
}

// Nothing for a file that is no mailbox, whatever its name. One that the caller may not read is taken for a
// mailbox by its size.
std::optional<Object> look_at(int directory, const char* path, const struct stat& seen,
                              const Reference& reference, const Deadline& patience) {
  if (!S_ISREG(seen.st_mode)) return std::nullopt;
  const auto file = open_to_look(directory, path, patience);
  if (!file || (!file->is_open() && errno == EACCES)) {
    if (seen.st_size < static_cast<off_t>(sizeof(mailbox::Content))) return std::nullopt;
    return object_of_file(seen, reference, Api::posix, MailboxStatus{});
  }
  struct stat status;
  if (!file->is_open() || ::fstat(file->get(), &status) != 0) return std::nullopt;
  const auto content = mailbox::read_status(file->get());
  if (!content) return std::nullopt;
  return object_of_file(status, reference, Api::posix, status_from(*content));
}

}  // namespace

Listing list_mailboxes() {
  const auto find = [patience = patience_with_leases()](int directory,
                                                        const std::string& leaf) -> std::optional<Object> {
    if (!leaf.starts_with(mailbox_prefix) || leaf.size() == mailbox_prefix.size()) return std::nullopt;
    const Reference reference{Kind::mb, PosixName{fmt::format("/{}", leaf.substr(mailbox_prefix.size()))}};
    const auto file = status_if_exists(directory, leaf.c_str(), AT_SYMLINK_NOFOLLOW, reference);
    if (!file) return std::nullopt;
    return look_at(directory, leaf.c_str(), *file, reference, patience);
  };
  return list_object_files(Directory{posix_shm_directory}, find);
}

std::optional<Object> find_mailbox(const Reference& reference) {
  const auto path = object_path(reference).value();
  const auto status = [&] {
    return status_if_exists(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, reference);
  };
  const auto file = status();
  if (!file) return std::nullopt;
  auto object = look_at(AT_FDCWD, path.c_str(), *file, reference, patience_with_leases());
  if (!object && status())  // it has not been removed meanwhile
    throw Error::invalid(fmt::format("cannot inspect {}", reference.description()), "it is no mailbox");
  return object;
}

}  // namespace ipcutils
