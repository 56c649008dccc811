// What programs learn of the connection.
#pragma once

#include "channel.hpp"

namespace ipcutils::sockcat {

// Sets SOCKCAT_PEERADDR, …PEERPORT, …SOCKADDR, …SOCKPORT, …PEERUID, …PEERGID and …PEERPID, and the same under
// socat's names, in the environment of this process, for the commands that it starts. What is not known is
// unset. Names of UNIX sockets are escaped, and socat's names have IPv6 addresses in brackets and in full.
void export_connection(const Channel& channel);

}  // namespace ipcutils::sockcat
