// The options of an address that are set on sockets.
#pragma once

#include <ipcutils/socket.hpp>

#include "opener.hpp"

namespace ipcutils::sockcat {

// When an option is set: before bind(2), or when the socket is bound or connected.
enum class Phase { before_bind, connect };

// Sets the options of that phase, in the order of the address. With --sloppy, those that cannot be set are
// warned of; else throws Error that names the option. An option that is set by default (reuseaddr of
// listeners) counts where the address does not say otherwise.
void set_socket_options(int socket, const AddressSpec& spec, Phase phase, const Context& context);

// Type, protocol, and hooks that set the options of a new socket. `spec` and `context` must outlive them.
SocketOptions socket_options(const AddressSpec& spec, int type, const Context& context);

// Whether it is a member of a multicast group by its options.
bool joins_group(const AddressSpec& spec);

}  // namespace ipcutils::sockcat
