#include "send.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>

#include "../cli/count_text.hpp"
#include "../cli/diagnostic.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/timeout.hpp"

namespace ipcutils::mb {

namespace {

class MailboxDestination final : public messages::Destination {
 public:
  explicit MailboxDestination(const SendOptions& options)
      : m_options{options}, m_sender{open_sender(options)} {}

  std::string description() const override { return m_options.mailbox.description(); }
  std::size_t max_message_size() const override { return m_sender.max_message_size(); }
  void require_fits(std::uint64_t size) const override { m_sender.require_fits(size); }

  bool send(const Message& message, const Deadline& deadline) override {
    if (message.properties != MessageProperties{})
      throw Error{ENOTSUP, fmt::format("cannot send to {}", description()),
                  "messages of a mailbox have neither priority nor type"};
    return send_some({&message.data, 1}, deadline) != 0;
  }

  std::size_t batch_size() const override { return 64; }

  std::size_t send_some(Mailbox::Sender::Messages messages, const Deadline& deadline) override {
    const auto count = m_sender.send_some(messages, deadline);
    if (m_sender.last_outcome() == Mailbox::Sender::Outcome::sent) m_sent += count;
    return count;
  }

  // False when they have not joined in time.
  bool wait_for_receivers() {
    return m_options.min_receivers == 0 ||
           m_sender.wait_for_receivers(m_options.min_receivers, cli::wait_deadline(m_options.timeout));
  }

  bool has_dropped() const { return m_sender.dropped() != 0; }

  void report_dropped() const {
    if (!has_dropped() && !m_options.verbose) return;
    cli::write_diagnostic(fmt::format("{}: {} sent to {}, and {} dropped\n", m_options.tool,
                                      cli::count_text(m_sent, "message was", "messages were"), description(),
                                      m_sender.dropped()));
  }

 private:
  const SendOptions& m_options;
  Mailbox::Sender m_sender;
  std::uint64_t m_sent = 0;
};

int send_and_report(MailboxDestination& destination, const SendOptions& options) {
  try {
    const int status = messages::send(destination, options);
    destination.report_dropped();
    return status;
  } catch (...) {
    destination.report_dropped();
    throw;
  }
}

}  // namespace

int send(const SendOptions& options) {
  MailboxDestination destination{options};
  if (!destination.wait_for_receivers())
    return cli::timed_out(options.tool,
                          fmt::format("{} did not get {}", options.mailbox.description(),
                                      cli::count_text(options.min_receivers, "receiver", "receivers")));
  const int status = send_and_report(destination, options);
  return status == cli::exit_success && options.strict && destination.has_dropped() ? cli::exit_failure
                                                                                    : status;
}

}  // namespace ipcutils::mb
