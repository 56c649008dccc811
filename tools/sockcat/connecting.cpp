#include "connecting.hpp"

#include <ipcutils/error.hpp>
#include <limits>

namespace ipcutils::sockcat {

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

Retry retry_of(const AddressSpec& spec, const Settings& settings) {
  constexpr std::chrono::seconds usual_interval{1};
  const auto interval = spec.duration(Option::interval).value_or(usual_interval);
  if (spec.has(Option::forever)) return {no_limit, interval, interval};
  if (const auto more = spec.number(Option::retry)) return {*more + 1, interval, interval};
  if (settings.timeout && *settings.timeout > Duration::zero()) return {.attempts = no_limit};
  return {.attempts = 1};
}

}  // namespace

std::optional<FileDescriptor> connect_by(
    const AddressSpec& spec, const Context& context, const Deadline& deadline,
    const std::function<std::optional<FileDescriptor>(const Deadline&)>& attempt) {
  const auto each = spec.duration(Option::connect_timeout).value_or(unlimited);
  bool was_late = false;
  const auto one = [&](const Deadline& until) {
    auto socket = attempt(until.within(each));
    was_late = !socket && !until.has_passed();
    if (was_late) throw Error{ETIMEDOUT, "cannot connect"};
    return socket;
  };
  const auto told = [&](const Deadline& until) {
    try {
      return one(until);
    } catch (const Error& error) {
      context.log.note("{}", error.what());
      throw;
    }
  };
  try {
    return retry_until(deadline, retry_of(spec, context.settings), told);
  } catch (const Error&) {
    if (was_late) return std::nullopt;
    throw;
  }
}

Channel channel_of(FileDescriptor socket, std::string name) {
  Channel channel;
  const int fd = channel.own(std::move(socket));
  channel.side.in = channel.side.out = fd;
  channel.side.name = std::move(name);
  channel.side.exclusive = true;
  if (socket_type(fd) != SOCK_STREAM) {
    channel.side.units = RelaySide::Units::packets;
    if (socket_type(fd) == SOCK_DGRAM) channel.side.end = RelaySide::End::nothing;
  }
  channel.local = local_address(fd);
  channel.peer = peer_address(fd);
  channel.credentials = peer_credentials(fd);
  return channel;
}

}  // namespace ipcutils::sockcat
