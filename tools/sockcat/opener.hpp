// From an address as it is written to channels.
#pragma once

#include <ipcutils/interruption.hpp>
#include <memory>
#include <optional>
#include <string>

#include "channel.hpp"
#include "grammar.hpp"
#include "log.hpp"
#include "settings.hpp"

namespace ipcutils::sockcat {

// The signals that end us are interruptions of waits. A new process makes its own.
using Signals = std::unique_ptr<Interruption>;

// What everybody needs who opens something.
struct Context {
  const Settings& settings;
  Log& log;
  Signals& signals;

  // The same moment, or that in which a signal comes.
  Deadline or_signal(const Deadline& deadline) const { return deadline.interrupted_by(*signals); }
};

// What an address has that waits for clients.
class Acceptor {
 public:
  virtual ~Acceptor() = default;

  // Where clients find it.
  virtual SocketAddress address() const = 0;

  // Readable when a client waits; -1 when one has been taken already.
  virtual int fd() const = 0;

  // Closes what clients come to, in the process that serves one of them. The names stay.
  virtual void close() {}
};

// Opens one address. Making one does what comes before the first client: it binds, listens, looks for the
// program. Destroying it removes the names that it has made.
class Opener {
 public:
  Opener(const AddressSpec& spec, const Context& context) : m_spec{spec}, m_context{context} {}
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;
  virtual ~Opener() = default;

  // Opens it: connects, or takes the next client, or starts the program. Nothing when `deadline` has passed.
  // Throws Error.
  virtual std::optional<Channel> open(const Deadline& deadline) = 0;

  // How long open() may wait, where the address or the command line says.
  Duration patience() const {
    return m_spec.duration(Option::accept_timeout).value_or(m_context.settings.timeout.value_or(unlimited));
  }

  // What has not come when it has not opened in time: "no client connected to TCP 127.0.0.1:80".
  virtual std::string timeout_message() const { return "it has not opened"; }

  // Null when it does not wait for clients.
  virtual Acceptor* acceptor() { return nullptr; }

  // Removes the names at which clients have connected, when nobody will be left to do it later.
  virtual void remove_listening_names() {}

  // Executes a program with the channel's descriptors in the place of this process, if that is what the
  // address says; otherwise returns.
  virtual void take_over(Channel&) {}

  const AddressSpec& spec() const noexcept { return m_spec; }
  bool forks() const { return m_spec.has(Option::fork); }

 protected:
  const Context& context() const noexcept { return m_context; }
  Log& log() const noexcept { return m_context.log; }

 private:
  const AddressSpec& m_spec;
  Context m_context;
};

// For COMMAND.
std::unique_ptr<Opener> make_command_opener(const Context& context, Use use);

// One for each mechanism; see keywords.hpp.
std::unique_ptr<Opener> make_given_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_fifo_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_loop_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_file_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_internet_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_udp_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_unix_opener(const AddressSpec& spec, Use use, const Context& context);
std::unique_ptr<Opener> make_process_opener(const AddressSpec& spec, Use use, const Context& context);

}  // namespace ipcutils::sockcat
