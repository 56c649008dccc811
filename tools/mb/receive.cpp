#include "receive.hpp"

#include <fmt/format.h>

#include "../cli/count_text.hpp"
#include "../cli/diagnostic.hpp"
#include "../cli/ready.hpp"

namespace ipcutils::mb {

namespace {

// A mailbox takes no message back, and the other receivers have it anyway.
class MailboxOrigin final : public messages::Origin {
 public:
  explicit MailboxOrigin(const ReceiveOptions& options)
      : m_options{options}, m_receiver{open_receiver(options, options.start)} {
    cli::tell_ready(options.ready_fd);
  }

  std::string description() const override { return m_options.mailbox.description(); }
  messages::Keep keep() const override { return messages::Keep::nothing; }
  std::size_t max_message_size() const override { return m_receiver.max_message_size(); }

  std::optional<messages::ReceivedMessage> receive(const Deadline& deadline) override {
    const auto message = m_receiver.receive(deadline);
    if (!message) return std::nullopt;
    const auto lost = m_receiver.lost() - m_lost;
    if (lost != 0) report_lost(lost);
    return messages::ReceivedMessage{*message, lost};
  }

  bool settle(std::span<const Message>, Interruption&) override { return m_lost == 0 || !m_options.strict; }

 private:
  void report_lost(std::uint64_t lost) {
    m_lost += lost;
    cli::write_diagnostic(fmt::format("{}: {} lost in {}\n", m_options.tool,
                                      cli::count_text(lost, "message was", "messages were"), description()));
  }

  const ReceiveOptions& m_options;
  Mailbox::Receiver m_receiver;
  std::uint64_t m_lost = 0;  // that has been reported
};

}  // namespace

int receive(const ReceiveOptions& options) {
  return messages::receive(options, [&] { return std::make_unique<MailboxOrigin>(options); });
}

}  // namespace ipcutils::mb
