// UNIX sockets that have a name, and what waits for peers at one.
#pragma once

#include <ipcutils/socket_file.hpp>
#include <memory>
#include <string>
#include <vector>

#include "opener.hpp"
#include "peer_rule.hpp"

namespace ipcutils::sockcat {

using SharedFile = std::shared_ptr<const SocketFile>;

bool is_abstract(const AddressSpec& spec);

// The name of the address, for messages.
std::string name_of(const AddressSpec& spec);

// Binds to a new file, with owner and mode as the address says. A rule of users or groups decides who may
// connect, so the file lets everybody try. Throws Error, and leaves no file then.
SharedFile bind_to_file(int socket, const std::string& path, const AddressSpec& spec,
                        const Settings& settings);

// Removes the file of a socket when it goes, unless unlink-close says otherwise. No file: none.
std::vector<NameGuard> guards_of(const SharedFile& file, const AddressSpec& spec, Log& log);

// What waits for peers: it keeps the name, and takes it away.
class UnixReceiver : public Opener, public Acceptor {
 public:
  UnixReceiver(const AddressSpec& spec, const Context& context)
      : Opener{spec, context}, m_rule{spec, context.settings} {}

  Acceptor* acceptor() override { return this; }

 protected:
  // A socket of that type, bound to where the address is, before it listens or receives.
  FileDescriptor bind(int type);
  void remove_names() { m_names.clear(); }

  std::string name() const;

  PeerRule m_rule;

 private:
  std::vector<NameGuard> m_names;
};

// For datagrams of any peer: unix-recv, unix-recvfrom, and their abstract counterparts.
std::unique_ptr<Opener> make_unix_packet_opener(const AddressSpec& spec, const Context& context);

}  // namespace ipcutils::sockcat
