#include "object_dump.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/quote.hpp>

namespace ipcutils::ipcls {

namespace {

constexpr bool is_printable_ascii(char c) { return c >= ' ' && c <= '~'; }

// Also without what ends the quotes for an interactive shell's expansion of history: ' and !.
std::string dollar_quoted(std::string_view text) {
  std::string word = "$'";
  for (const char c : text) {
    if (is_printable_ascii(c) && c != '\\' && c != '\'' && c != '!')
      word += c;
    else
      word += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return word + "'";
}

// One word of shell in printable ASCII, whatever is in it: commands are pasted into terminals, where a
// control character acts at once.
std::string shell_word(std::string_view text) {
  constexpr std::string_view safe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/:._-@%+=,";
  if (!text.empty() && text.find_first_not_of(safe) == text.npos) return std::string{text};
  if (!std::ranges::all_of(text, is_printable_ascii)) return dollar_quoted(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else
      word += c;
  }
  return word + "'";
}

// Options of ipcnew, one kind of object each; `is_private`: there is no key to name it by.
struct MakingOptions {
  bool is_private;

  std::string operator()(const SharedMemoryStatus& status) const {
    return fmt::format(fmt::runtime(is_private ? " --shmem {}" : " --size {}"), status.size);
  }
  std::string operator()(const MessageQueueStatus& status) const {
    std::string options = is_private ? " --queue" : "";
    if (status.max_messages) options += fmt::format(" --max-messages {}", *status.max_messages);
    if (status.max_message_size) options += fmt::format(" --max-size {}", *status.max_message_size);
    if (status.max_bytes) options += fmt::format(" --qbytes {}", *status.max_bytes);
    return options;
  }
  std::string operator()(const SemaphoreStatus& status) const {
    std::string options;
    if (is_private)
      options = fmt::format(" --semaphore {}", status.count);
    else if (status.count != 1)
      options = fmt::format(" --sems {}", status.count);
    if (status.states && !status.states->empty())
      options += fmt::format(" --init {}", status.states->front().value);
    return options;
  }
  std::string operator()(const FifoStatus&) const { return {}; }
  std::string operator()(const MailboxStatus& status) const {
    std::string options;
    if (status.size != 0) options += fmt::format(" --size {}", status.size);
    if (status.on_full) options += fmt::format(" --on-full {}", on_full_name(*status.on_full));
    return options;
  }
};

// The values that differ from the first, as operands of semop.
std::string further_values(const Object& object) {
  std::string operands;
  const auto* status = std::get_if<SemaphoreStatus>(&object.status);
  if (status == nullptr || !status->states) return operands;
  for (std::size_t i = 1; i < status->states->size(); ++i) {
    const auto value = (*status->states)[i].value;
    if (value != status->states->front().value) operands += fmt::format(" {}:={}", i, value);
  }
  return operands;
}

// How to name it to the program that makes it.
std::optional<Reference> name_of(const Object& object) {
  if (object.api != Api::sysv) return object.reference;
  if (object.key.value_or(0) == 0) return std::nullopt;
  return Reference{object.reference.kind, SysvKey{*object.key}};
}

bool is_removed(const Object& object) {
  const auto* status = std::get_if<SharedMemoryStatus>(&object.status);
  return status != nullptr && status->removed;
}

// ipcnew makes no object without bytes.
bool is_empty_memory(const Object& object) {
  const auto* status = std::get_if<SharedMemoryStatus>(&object.status);
  return status != nullptr && status->size == 0;
}

std::string making_command(const Object& object, const std::optional<Reference>& name) {
  const auto word = name ? fmt::format(" {}", shell_word(name->to_string())) : std::string{};
  if (object.reference.kind == Kind::fifo)
    return fmt::format("mkfifo-pipe --mode {:03o} {}", object.mode,
                       shell_word(std::get<FilePath>(object.reference.name).text));
  // A lock on a file is made free.
  if (object.reference.kind == Kind::sem && object.api == Api::file)
    return fmt::format("ipcnew --mode {:03o}{}", object.mode, word);
  if (is_empty_memory(object)) return fmt::format("shmput --mode {:03o}{} </dev/null", object.mode, word);
  return fmt::format("ipcnew --mode {:03o}{}{}", object.mode,
                     std::visit(MakingOptions{!name.has_value()}, object.status), word);
}

}  // namespace

std::string dump_of(const Object& object) {
  if (is_removed(object))
    return fmt::format("# {} goes with its last process\n", escape(object.reference.to_string()));
  const auto name = name_of(object);
  std::string rest;
  const auto word = name ? shell_word(name->to_string()) : std::string{"\"$ref\""};
  if (const auto values = further_values(object); !values.empty())
    rest += fmt::format("semop {}{}\n", word, values);
  if (object.uid != ::geteuid() || object.gid != ::getegid())
    rest += fmt::format("ipcset --owner {} --group {} {}\n", object.uid, object.gid, word);
  auto command = making_command(object, name);
  if (!name && !rest.empty()) command = fmt::format("ref=$({})", command);
  return command + "\n" + rest;
}

}  // namespace ipcutils::ipcls
