#include "connecting.hpp"

#include <ipcutils/datagram.hpp>
#include <ipcutils/error.hpp>
#include <limits>

#include "../cli/signalled.hpp"

namespace ipcutils::sockcat {

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// Clients that wait until they are accepted; the kernel makes it net.core.somaxconn at most.
constexpr std::uint64_t usual_backlog = 4096;

// What the address says; nothing when it says nothing.
std::optional<Retry> retry_of(const AddressSpec& spec) {
  constexpr std::chrono::seconds usual_interval{1};
  const auto interval = spec.duration(Option::interval).value_or(usual_interval);
  if (spec.has(Option::forever)) return Retry{no_limit, interval, interval};
  if (const auto more = spec.number(Option::retry)) return Retry{*more + 1, interval, interval};
  return std::nullopt;
}

// Who waits for a server tries again until it is there.
Retry retry_until_there(const Settings& settings) {
  const bool waits = settings.timeout && *settings.timeout > Duration::zero();
  return {.attempts = waits ? no_limit : 1};
}

}  // namespace

std::optional<FileDescriptor> connect_by(
    const AddressSpec& spec, const Context& context, const Deadline& deadline,
    const std::function<std::optional<FileDescriptor>(const Deadline&)>& attempt) {
  const auto each = spec.duration(Option::connect_timeout).value_or(unlimited);
  bool was_late = false;
  const auto one = [&](const Deadline& until) {
    try {
      was_late = false;
      auto socket = attempt(until.within(each));
      was_late = !socket && !until.has_passed();
      if (was_late) throw Error{ETIMEDOUT, "cannot connect"};
      return socket;
    } catch (const Error& error) {
      context.log.note("{}", error.what());
      throw;
    }
  };
  try {
    return retry_until(deadline, retry_of(spec).value_or(retry_until_there(context.settings)), one);
  } catch (const Error&) {
    if (was_late) return std::nullopt;
    throw;
  }
}

Listener listen_by(const AddressSpec& spec, const Context& context, const std::string& name,
                   const std::function<FileDescriptor()>& bind) {
  auto retry = retry_of(spec);
  auto socket = retry_until(context.or_signal(Deadline::never()), retry.value_or(Retry{.attempts = 1}),
                            [&](const Deadline&) { return std::optional{bind()}; });
  if (!socket) throw cli::Signalled{context.signals->signal()};
  return Listener::on(std::move(*socket),
                      static_cast<int>(spec.number(Option::backlog).value_or(usual_backlog)), name);
}

Channel channel_of(FileDescriptor socket, std::string name) {
  Channel channel;
  channel.local = local_address(socket.get());
  channel.peer = peer_address(socket.get());
  channel.credentials = peer_credentials(socket.get());
  channel.side = socket_side(Descriptor::owned(std::move(socket)), std::move(name));
  return channel;
}

}  // namespace ipcutils::sockcat
