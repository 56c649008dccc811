// Attempts to connect, as the options of an address say.
#pragma once

#include <functional>
#include <ipcutils/socket.hpp>
#include <optional>

#include "opener.hpp"

namespace ipcutils::sockcat {

// Calls `attempt` (to connect, or to bind) until it returns a socket: once; or as often as retry or forever
// say, every interval; or, with --timeout, until that has passed. Each attempt has connect-timeout. Nothing
// when time is up.
std::optional<FileDescriptor> connect_by(
    const AddressSpec& spec, const Context& context, const Deadline& deadline,
    const std::function<std::optional<FileDescriptor>(const Deadline&)>& attempt);

// Listens with a socket that `bind` makes, which is tried again in the same manner.
Listener listen_by(const AddressSpec& spec, const Context& context, const std::string& name,
                   const std::function<FileDescriptor()>& bind);

// A channel of a connected socket that nobody else has.
Channel channel_of(FileDescriptor socket, std::string name);

}  // namespace ipcutils::sockcat
