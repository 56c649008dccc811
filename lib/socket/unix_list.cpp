#include "unix_list.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <ipcutils/file_descriptor.hpp>
#include <string>
#include <vector>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// Newer than the headers of some systems.
constexpr std::uint32_t show_owner = 0x40;  // UDIAG_SHOW_UID
constexpr int owner_attribute = 7;          // UNIX_DIAG_UID

template <typename Raw>
Raw raw_at(std::string_view data) {
  Raw raw;
  std::memcpy(&raw, data.data(), sizeof raw);
  return raw;
}

// Takes a record off the front of `data`: its header tells its size, and the next one is aligned.
template <typename Header>
std::optional<std::string_view> take_record(std::string_view& data, std::size_t size, std::size_t alignment) {
  if (size < sizeof(Header) || size > data.size()) return std::nullopt;
  const auto record = data.substr(0, size);
  data.remove_prefix(std::min(data.size(), (size + alignment - 1) / alignment * alignment));
  return record;
}

ListedSocket socket_in(std::string_view message) {
  ListedSocket listed{.type = raw_at<unix_diag_msg>(message.substr(NLMSG_LENGTH(0))).udiag_type};
  auto attributes = message.substr(NLMSG_LENGTH(sizeof(unix_diag_msg)));
  while (attributes.size() >= sizeof(rtattr)) {
    const auto header = raw_at<rtattr>(attributes);
    const auto attribute = take_record<rtattr>(attributes, header.rta_len, RTA_ALIGNTO);
    if (!attribute) break;
    const auto value = attribute->substr(RTA_LENGTH(0));
    if (header.rta_type == UNIX_DIAG_NAME) listed.name = value;
    if (header.rta_type == owner_attribute && value.size() >= sizeof(std::uint32_t))
      listed.owner = raw_at<std::uint32_t>(value);
    if (header.rta_type == UNIX_DIAG_VFS && value.size() >= sizeof(unix_diag_vfs)) {
      const auto file = raw_at<unix_diag_vfs>(value);
      listed.file = {file.udiag_vfs_dev, file.udiag_vfs_ino};
    }
  }
  return listed;
}

// Whether the message that ends a dump says that the kernel had to break it off.
bool has_failed(std::string_view done) {
  return done.size() >= NLMSG_LENGTH(sizeof(int)) && raw_at<int>(done.substr(NLMSG_LENGTH(0))) < 0;
}

FileDescriptor ask_for_list() {
  FileDescriptor socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!socket.is_open()) return socket;
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = ~0u;  // a socket that is bound and does not listen yet is in use, too
  message.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | show_owner;
  if (retry_on_eintr([&] { return ::send(socket.get(), &message, sizeof message, 0); }) == -1) socket.reset();
  return socket;
}

}  // namespace

std::optional<bool> any_listed(const std::function<bool(const ListedSocket&)>& is_wanted) {
  const auto socket = ask_for_list();
  if (!socket.is_open()) return std::nullopt;
  std::vector<char> buffer(32 * 1024);  // no part of a dump is longer
  bool is_consistent = true;
  for (;;) {
    const auto size =
        retry_on_eintr([&] { return ::recv(socket.get(), buffer.data(), buffer.size(), MSG_TRUNC); });
    if (size <= 0 || static_cast<std::size_t>(size) > buffer.size()) return std::nullopt;
    std::string_view part{buffer.data(), static_cast<std::size_t>(size)};
    while (part.size() >= sizeof(nlmsghdr)) {
      const auto header = raw_at<nlmsghdr>(part);
      const auto message = take_record<nlmsghdr>(part, header.nlmsg_len, NLMSG_ALIGNTO);
      if (!message || header.nlmsg_type == NLMSG_ERROR) return std::nullopt;
      if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) is_consistent = false;
      if (header.nlmsg_type == NLMSG_DONE)
        return is_consistent && !has_failed(*message) ? std::optional{false} : std::nullopt;
      if (message->size() >= NLMSG_LENGTH(sizeof(unix_diag_msg)) && is_wanted(socket_in(*message)))
        return true;
    }
  }
}

}  // namespace ipcutils
