// The input: what a full mailbox does, and where its receiver starts (a byte each), how many of the changes
// are made before anybody opens the mailbox, and the changes to its file. A change is a word, of the header,
// the first slots or the beginning of the ring, and the four bytes that it becomes.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/mailbox.hpp>
#include <mailbox/layout.hpp>
#include <numeric>
#include <string>

#include "property.hpp"

using namespace ipcutils;

namespace {

constexpr std::size_t prefix_size = 3;
constexpr std::size_t word_size = 4;
constexpr std::size_t change_size = 1 + word_size;
constexpr std::size_t ring_size = 4096;
constexpr std::size_t turn_word = offsetof(mailbox::Header, turn) / word_size;
// From this word on, changes go to the ring.
constexpr std::size_t ring_words =
    (offsetof(mailbox::Content, slots) + 2 * sizeof(mailbox::Slot)) / word_size;
constexpr std::uint8_t shortened = 255;  // this word stands for the end of the file

// The file of a mailbox, and how it changes.
class ChangingFile {
 public:
  ChangingFile(const std::string& path, std::span<const std::uint8_t> changes)
      : m_file{::open(path.c_str(), O_RDWR | O_CLOEXEC)}, m_changes{changes} {
    require(m_file.get() >= 0, "a new mailbox has a file");
    m_size = ::lseek(m_file.get(), 0, SEEK_END);
  }

  // Makes the next change; false after the last one.
  bool change() {
    if (m_changes.size() < change_size) return false;
    const std::size_t word = m_changes[0];
    std::array<std::uint8_t, word_size> bytes;
    std::memcpy(bytes.data(), &m_changes[1], word_size);
    m_changes = m_changes.subspan(change_size);
    if (word == shortened) {
      std::uint32_t number;
      std::memcpy(&number, bytes.data(), sizeof number);
      require(::ftruncate(m_file.get(), number % (m_size + 1)) == 0, "files can be shortened");
    } else if (word != turn_word || !m_is_open) {
      require(::pwrite(m_file.get(), bytes.data(), word_size, offset_of(word)) == word_size, "files change");
    }
    return true;
  }

  // From here on nobody's turn is forged: whoever waits for a handle that lives is right to wait.
  void is_open() noexcept { m_is_open = true; }

 private:
  off_t offset_of(std::size_t word) const noexcept {
    const auto in_ring = static_cast<off_t>(word < ring_words ? 0 : m_size - static_cast<off_t>(ring_size));
    return in_ring + static_cast<off_t>((word < ring_words ? word : word - ring_words) * word_size);
  }

  FileDescriptor m_file;
  std::span<const std::uint8_t> m_changes;
  off_t m_size;
  bool m_is_open = false;
};

void attempt(auto call) {
  try {
    call();
  } catch (const Error& error) {
    require(is_printable(error.what()) && is_printable(error.hint()), "a refusal is printable");
  }
}

void receive(Mailbox::Receiver& receiver) {
  const auto message = receiver.receive(Deadline::immediate());
  if (!message) return;
  require(message->data.size() <= receiver.max_message_size(), "a message is no longer than the mailbox");
  // Every byte of it can be read.
  [[maybe_unused]] const volatile auto sum =
      std::accumulate(message->data.begin(), message->data.end(), 0u,
                      [](unsigned before, auto byte) { return before + static_cast<std::uint8_t>(byte); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < prefix_size) return 0;
  const std::string name = "fuzz-" + std::to_string(::getpid());
  const Reference reference{Kind::mb, PosixName{"/" + name}};
  Mailbox::remove_if_exists(reference);
  const auto on_full = static_cast<OnFull>(data[0] % 3);
  require(Mailbox::create(reference, {.size = ring_size, .on_full = on_full}).has_value(), "it is new");
  ChangingFile file{"/dev/shm/mb." + name, {data + prefix_size, size - prefix_size}};
  const std::array<std::byte, 1000> content{};
  const auto send = [&](auto& sender) { sender.send(content, Deadline::immediate()); };
  {
    auto first = Mailbox::Sender::open(reference);
    send(first);
  }
  for (int count = data[2]; count > 0 && file.change();) --count;
  std::optional<Mailbox::Receiver> receiver;
  std::optional<Mailbox::Sender> sender;
  attempt(
      [&] { receiver = Mailbox::Receiver::open_if_exists(reference, static_cast<StartAt>(data[1] % 3)); });
  attempt([&] { sender = Mailbox::Sender::open_if_exists(reference); });
  file.is_open();
  do {
    if (sender) attempt([&] { send(*sender); });
    if (receiver) attempt([&] { receive(*receiver); });
  } while (file.change());
  receiver.reset();
  sender.reset();
  Mailbox::remove_if_exists(reference);
  return 0;
}
