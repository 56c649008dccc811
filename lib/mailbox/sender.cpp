#include "../core/failure.hpp"
#include "sender_state.hpp"

namespace ipcutils {

using mailbox::MappedFile;

std::optional<Mailbox::Sender> Mailbox::Sender::open_if_exists(const Reference& reference, Trust trust) {
  auto file = MappedFile::open_if_exists(reference, trust);
  if (!file) return std::nullopt;
  return Sender{std::make_unique<State>(std::move(file))};
}

Mailbox::Sender Mailbox::Sender::open(const Reference& reference, Trust trust) {
  if (auto found = open_if_exists(reference, trust)) return std::move(*found);
  fail(ENOENT, "cannot open {}", reference.description());
}

Mailbox::Sender::Sender(std::unique_ptr<State> state) : m_state{std::move(state)} {}
Mailbox::Sender::Sender(Sender&&) noexcept = default;
Mailbox::Sender& Mailbox::Sender::operator=(Sender&&) noexcept = default;
Mailbox::Sender::~Sender() = default;

const Reference& Mailbox::Sender::reference() const noexcept { return m_state->file().reference(); }

OnFull Mailbox::Sender::on_full() const noexcept { return m_state->file().on_full(); }

std::size_t Mailbox::Sender::max_message_size() const noexcept { return m_state->max_message_size(); }

void Mailbox::Sender::require_fits(std::size_t size) const {
  if (size <= max_message_size()) return;
  throw Error{EMSGSIZE, fmt::format("cannot send a message to {}", reference().description()),
              fmt::format("it takes messages of up to {} bytes", max_message_size())};
}

void Mailbox::Sender::require_exists() const { m_state->file().require_exists(); }

std::optional<Mailbox::Loan> Mailbox::Sender::loan(std::size_t size, const Deadline& deadline) {
  require_fits(size);
  auto* const room = m_state->begin(size, deadline);
  if (room == nullptr) return std::nullopt;
  m_state->lend();
  return Loan{*m_state, {room, size}};
}

Mailbox::Sender::Outcome Mailbox::Sender::send(std::span<const std::byte> data, const Deadline& deadline) {
  send_some({&data, 1}, deadline);
  return last_outcome();
}

std::size_t Mailbox::Sender::send_some(Messages messages, const Deadline& deadline) {
  for (const auto& data : messages) require_fits(data.size());
  return messages.empty() ? 0 : m_state->send_some(messages, deadline);
}

Mailbox::Sender::Outcome Mailbox::Sender::last_outcome() const noexcept { return m_state->last_outcome(); }

bool Mailbox::Sender::wait_for_receivers(unsigned count, const Deadline& deadline) {
  return m_state->wait_for_receivers(count, deadline);
}

std::uint64_t Mailbox::Sender::dropped() const noexcept { return m_state->dropped(); }

Mailbox::Loan::Loan(Loan&& other) noexcept
    : m_sender{std::exchange(other.m_sender, nullptr)}, m_data{std::exchange(other.m_data, {})} {}

Mailbox::Loan::~Loan() {
  if (m_sender != nullptr) m_sender->give_up();
}

void Mailbox::Loan::commit() { std::exchange(m_sender, nullptr)->commit(); }

}  // namespace ipcutils
