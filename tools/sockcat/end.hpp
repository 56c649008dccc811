// One end of the connection.
#pragma once

#include <memory>
#include <optional>

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

  // How long that may wait.
  Deadline deadline() const { return Deadline::after(m_read->patience()); }
  std::string complaint() const { return m_read->complaint(); }

  bool forks() const { return m_read->forks(); }
  const AddressSpec& spec() const { return m_read->spec(); }
  int waitable() const { return m_read->waitable(); }
  std::optional<SocketAddress> listens_at() const;
  void stop_listening() { m_read->stop_listening(); }
  void take_over(Channel& other) { m_read->take_over(other); }

 private:
  End(std::unique_ptr<Opener> opener, Use use, const Context& context)
      : m_use{use}, m_context{context}, m_read{std::move(opener)} {}

  Use m_use;
  Context m_context;
  std::unique_ptr<Opener> m_read;
  std::unique_ptr<Opener> m_write;  // null: the same
};

}  // namespace ipcutils::sockcat
