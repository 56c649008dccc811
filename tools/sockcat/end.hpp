// One end of the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "opener.hpp"

namespace ipcutils::sockcat {

// An address, or one for each direction, or COMMAND.
class End {
 public:
  // Does what comes before the first client, see Opener. What is given must outlive it.
  End(const EndSpec& spec, Use use, const Context& context);
  static End of_command(Use use, const Context& context);

  // Opens it, and sets up what its options say of the transfer. Nothing when time is up.
  std::optional<Channel> open(const Deadline& deadline);

  // How long that may wait; of two addresses, for the first. The second has its own time after that.
  Deadline deadline() const { return Deadline::after(m_read->patience()); }

  // Of the address that has not opened in time.
  std::string timeout_message() const { return (m_awaits_write ? m_write : m_read)->timeout_message(); }

  bool forks() const { return m_read->forks(); }
  const AddressSpec& spec() const { return m_read->spec(); }

  // Of an end that forks, which has one address. Null when it does not wait for clients.
  Acceptor* acceptor() const { return m_read->acceptor(); }

  // Of both addresses.
  std::vector<const Acceptor*> acceptors() const;

  // See Opener.
  void remove_listening_names();
  bool takes_over() const { return spec().has(Option::nofork); }
  void take_over(Channel& other);

 private:
  End(std::unique_ptr<Opener> opener, Use use, const Context& context)
      : m_use{use}, m_context{context}, m_read{std::move(opener)} {}

  Use m_use;
  Context m_context;
  std::unique_ptr<Opener> m_read;
  std::unique_ptr<Opener> m_write;  // null: the same
  bool m_awaits_write = false;
};

}  // namespace ipcutils::sockcat
