// Mailboxes: messages that are copied in, one by one or in batches, or written in place, and receivers that
// sleep or spin.
#include <cerrno>
#include <ipcutils/mailbox.hpp>
#include <optional>

#include "channel.hpp"

namespace {

using ipcutils::Deadline;
using ipcutils::Mailbox;
using ipcutils::Message;
using ipcutils::Reference;

enum class Way { copied, in_place };

class MailboxChannel : public Channel {
 public:
  // Receivers ask again and again with `wait` as the deadline.
  MailboxChannel(const Shape& shape, Way way, const Deadline& wait)
      : Channel{shape},
        m_reference{Reference::parse("mb:/" + unique_name())},
        m_way{way},
        m_wait{wait},
        m_message(shape.size) {
    Mailbox::CreateOptions options;
    options.size = shape.capacity();
    if (!Mailbox::create(m_reference, options)) fail(EEXIST, "mailbox");
  }
  ~MailboxChannel() override { Mailbox::remove_if_exists(m_reference); }

  void begin_receiving(unsigned) final {
    m_receiver.emplace(Mailbox::Receiver::open(m_reference, ipcutils::StartAt::now));
  }

  void begin_sending() final {
    m_sender.emplace(Mailbox::Sender::open(m_reference));
    m_sender->wait_for_receivers(shape().receivers, Deadline::never());
  }

  std::span<std::byte> next() override {
    if (m_way == Way::copied) return m_message;
    m_loan.reset();
    m_loan.emplace(m_sender->loan(shape().size, Deadline::never()).value());
    return m_loan->data();
  }

  void send() override {
    if (m_way == Way::in_place)
      m_loan->commit();
    else
      m_sender->send(m_message, Deadline::never());
  }

  std::span<const std::byte> receive() final {
    std::optional<Message> message;
    while (!message) message = m_receiver->receive(m_wait);
    return message->data;
  }

 protected:
  Mailbox::Sender& sender() { return *m_sender; }

 private:
  Reference m_reference;
  Way m_way;
  Deadline m_wait;
  std::vector<std::byte> m_message;
  std::optional<Mailbox::Receiver> m_receiver;
  std::optional<Mailbox::Sender> m_sender;
  std::optional<Mailbox::Loan> m_loan;
};

// Sends messages when a batch of them is there, or all of them.
class BatchChannel final : public MailboxChannel {
 public:
  explicit BatchChannel(const Shape& shape)
      : MailboxChannel{shape, Way::copied, Deadline::never()}, m_memory(longest_batch * shape.size) {}

  std::span<std::byte> next() override {
    if (m_batch.size() == longest_batch) flush();
    const auto message = std::span{m_memory}.subspan(m_batch.size() * shape().size, shape().size);
    m_batch.push_back(message);
    return message;
  }

  void send() override {}

  void flush() override {
    Mailbox::Sender::Messages left{m_batch};
    while (!left.empty()) left = left.subspan(sender().send_some(left, Deadline::never()));
    m_batch.clear();
  }

 private:
  static constexpr std::size_t longest_batch = 64;
  std::vector<std::byte> m_memory;
  std::vector<std::span<const std::byte>> m_batch;
};

}  // namespace

std::unique_ptr<Channel> make_mailbox(const Shape& shape) {
  return std::make_unique<MailboxChannel>(shape, Way::copied, Deadline::never());
}

std::unique_ptr<Channel> make_mailbox_batch(const Shape& shape) {
  return std::make_unique<BatchChannel>(shape);
}

std::unique_ptr<Channel> make_mailbox_in_place(const Shape& shape) {
  return std::make_unique<MailboxChannel>(shape, Way::in_place, Deadline::never());
}

std::unique_ptr<Channel> make_mailbox_spinning(const Shape& shape) {
  return std::make_unique<MailboxChannel>(shape, Way::copied, Deadline::immediate());
}
