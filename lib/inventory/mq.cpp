#include "mq.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/msg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ipcutils/file_descriptor.hpp>
#include <string_view>

#include "../core/directory.hpp"
#include "../core/failure.hpp"
#include "../core/sysv.hpp"
#include "../mq/queue_file.hpp"
#include "object.hpp"
#include "sysvipc.hpp"

namespace ipcutils {

namespace {

// 13, <linux/msg.h>: like MSG_STAT, for anybody. glibc declares it since 2.37.
constexpr int msg_stat_any = 13;

// The columns of /proc/sysvipc/msg.
enum Column {
  key,
  msqid,
  perms,
  cbytes,
  qnum,
  lspid,
  lrpid,
  uid,
  gid,
  cuid,
  cgid,
  stime,
  rtime,
  ctime,
  column_count
};

constexpr SysvColumns columns{key, msqid, perms, uid, gid, cuid, cgid, ctime};

SysvRow row_of(int id, const msqid_ds& status) {
  auto row = row_with(columns, id, status.msg_perm, status.msg_ctime);
  row[cbytes] = status.__msg_cbytes;
  row[qnum] = status.msg_qnum;
  row[lspid] = static_cast<std::uint64_t>(status.msg_lspid);
  row[lrpid] = static_cast<std::uint64_t>(status.msg_lrpid);
  row[stime] = static_cast<std::uint64_t>(status.msg_stime);
  row[rtime] = static_cast<std::uint64_t>(status.msg_rtime);
  return row;
}

std::optional<std::uint64_t> max_bytes_of(int id) {
  msqid_ds status;
  const auto control = [&](int id_or_index, int command) { return ::msgctl(id_or_index, command, &status); };
  if (!stat_any(id, IPC_STAT, msg_stat_any, control)) return std::nullopt;
  return status.msg_qbytes;
}

Object queue_from(const SysvRow& row, bool contents) {
  const MessageQueueStatus status{
      .messages = row[qnum],
      .bytes = row[cbytes],
      .max_messages = std::nullopt,
      .max_message_size = std::nullopt,
      .max_bytes = contents ? max_bytes_of(static_cast<int>(row[msqid])) : std::nullopt,
      .last_sender = static_cast<pid_t>(row[lspid]),
      .last_receiver = static_cast<pid_t>(row[lrpid]),
      .send_time = static_cast<std::time_t>(row[stime]),
      .receive_time = static_cast<std::time_t>(row[rtime]),
  };
  return object_of_row(Kind::mq, row, columns, status);
}

// A queue, read as a file, says "QSIZE:7          NOTIFY:0 …": the bytes of its messages.
std::optional<std::uint64_t> bytes_in(int queue) {
  std::array<char, 128> text;
  const ssize_t count = ::pread(queue, text.data(), text.size(), 0);
  constexpr std::string_view label = "QSIZE:";
  const std::string_view line{text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  std::uint64_t bytes = 0;
  if (!line.starts_with(label)) return std::nullopt;
  std::from_chars(line.data() + label.size(), line.data() + line.size(), bytes);
  return bytes;
}

// What an open queue (-1: it may not be opened) tells.
MessageQueueStatus status_of(int queue) {
  MessageQueueStatus status{};
  struct mq_attr attributes;
  if (queue == -1 || ::mq_getattr(queue, &attributes) != 0) return status;
  status.messages = attributes.mq_curmsgs;
  status.max_messages = attributes.mq_maxmsg;
  status.max_message_size = attributes.mq_msgsize;
  status.bytes = bytes_in(queue);
  return status;
}

// Nothing when it has been removed meanwhile.
std::optional<Object> queue_in(int directory, const std::string& leaf, bool contents) {
  Reference reference{Kind::mq, PosixName{fmt::format("/{}", leaf)}};
  const auto file = status_if_exists(directory, leaf.c_str(), AT_SYMLINK_NOFOLLOW, reference);
  if (!file) return std::nullopt;
  const FileDescriptor queue{contents ? ::openat(directory, leaf.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
                                      : -1};
  return object_of_file(*file, std::move(reference), Api::posix, status_of(queue.get()));
}

}  // namespace

const SysvSource<msqid_ds> queue_source{
    .name = "msg",
    .noun = "message queues",
    .column_count = column_count,
    .call_column_count = column_count,
    .info_command = MSG_INFO,
    .stat_command = MSG_STAT,
    .stat_any_command = msg_stat_any,
    .control = [](int id, int command, msqid_ds& status) { return ::msgctl(id, command, &status); },
    .row_of = row_of,
};

Listing list_sysv_queues(bool contents) {
  return list_sysv_objects(queue_source,
                           [=](const SysvRow& row, std::size_t) { return queue_from(row, contents); });
}

Listing list_posix_queues(bool contents) {
  const Directory directory{open_queue_directory()};
  return list_object_files(
      directory, [=](int queues, const std::string& leaf) { return queue_in(queues, leaf, contents); });
}

std::optional<Object> find_queue(const Reference& reference) {
  const auto* name = std::get_if<PosixName>(&reference.name);
  if (name == nullptr) return pick(reference, list_sysv_queues(true));
  struct stat file;
  const auto queue = open_queue(*name, O_RDONLY | O_NONBLOCK);
  if (queue.is_open()) {
    if (::fstat(queue.get(), &file) != 0) fail(errno, "cannot inspect {}", reference.description());
    return object_of_file(file, reference, Api::posix, status_of(queue.get()));
  }
  if (errno == ENOENT) return std::nullopt;
  if (errno != EACCES) fail(errno, "cannot inspect {}", reference.description());
  const auto unreadable = open_queue_file(*name);
  if (!unreadable.is_open() && errno == ENOENT) return std::nullopt;  // removed meanwhile
  if (!unreadable.is_open() || ::fstat(unreadable.get(), &file) != 0)
    fail(errno, "cannot inspect {}", reference.description());
  return object_of_file(file, reference, Api::posix, status_of(-1));
}

}  // namespace ipcutils
