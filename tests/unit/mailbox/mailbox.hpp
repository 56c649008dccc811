// Mailboxes for tests.
#pragma once

#include <sys/stat.h>

#include <ipcutils/mailbox.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mailbox/layout.hpp"
#include "processes.hpp"
#include "scratch_ipc.hpp"

namespace ipcutils {

using ScratchMailbox = Scratch<Mailbox, Kind::mb>;

// The file of a mailbox, whether it is there or not.
inline std::string file_of(const ScratchMailbox& mailbox) {
  return std::string{"/dev/shm/mb."} + (mailbox.posix_name() + 1);
}

// One that is there.
class MadeMailbox {
 public:
  explicit MadeMailbox(const Mailbox::CreateOptions& options = {.size = 4096}) {
    if (!Mailbox::create(m_name, options))
      throw std::runtime_error{m_name.get().to_string() + " is there already"};
  }

  operator const Reference&() const noexcept { return m_name; }
  std::string file() const { return file_of(m_name); }

 private:
  ScratchMailbox m_name = ScratchMailbox::posix();
};

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

inline std::string text_of(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

inline Mailbox::Sender::Outcome send(Mailbox::Sender& sender, std::string_view text,
                                     const Deadline& deadline = Deadline::immediate()) {
  return sender.send(bytes_of(text), deadline);
}

inline std::optional<std::string> receive(Mailbox::Receiver& receiver,
                                          const Deadline& deadline = Deadline::immediate()) {
  const auto message = receiver.receive(deadline);
  return message ? std::optional{text_of(message->data)} : std::nullopt;
}

// All messages that there are, one after the other with a space between.
inline std::string drain(Mailbox::Receiver& receiver) {
  std::string all;
  while (const auto text = receive(receiver)) all += (all.empty() ? "" : " ") + *text;
  return all;
}

// The file of a mailbox, for whoever breaks it.
class MailboxFile {
 public:
  explicit MailboxFile(const MadeMailbox& mailbox)
      : m_file{require_call(::open(mailbox.file().c_str(), O_RDWR | O_CLOEXEC), "open")} {}

  template <typename Number>
  void write(std::size_t offset, Number number) const {
    require_call(static_cast<int>(::pwrite(m_file.get(), &number, sizeof number, static_cast<off_t>(offset))),
                 "pwrite");
  }
  template <typename Number>
  Number read(std::size_t offset) const {
    Number number{};
    require_call(static_cast<int>(::pread(m_file.get(), &number, sizeof number, static_cast<off_t>(offset))),
                 "pread");
    return number;
  }
  void resize(off_t size) const { require_call(::ftruncate(m_file.get(), size), "ftruncate"); }
  int descriptor() const noexcept { return m_file.get(); }
  off_t size() const {
    struct stat status;
    require_call(::fstat(m_file.get(), &status), "fstat");
    return status.st_size;
  }

 private:
  FileDescriptor m_file;
};

}  // namespace ipcutils
