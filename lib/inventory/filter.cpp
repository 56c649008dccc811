#include <fnmatch.h>

#include <algorithm>
#include <ipcutils/filter.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/quote.hpp>
#include <limits>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"

namespace ipcutils {

namespace {

bool matches_glob(const std::string& glob, const std::string& text) {
  return ::fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

bool chooses(const NamePattern& pattern) { return !pattern.is_excluded; }

bool matches_names(const Object& object, const std::vector<NamePattern>& patterns) {
  if (!std::holds_alternative<PosixName>(object.reference.name)) return patterns.empty();
  const auto matches = [&](const NamePattern& pattern) { return pattern.matches(object); };
  const auto is_excluded = [&](const NamePattern& pattern) {
    return pattern.is_excluded && matches(pattern);
  };
  const auto is_chosen = [&](const NamePattern& pattern) { return chooses(pattern) && matches(pattern); };
  if (std::ranges::any_of(patterns, is_excluded)) return false;
  return std::ranges::none_of(patterns, chooses) || std::ranges::any_of(patterns, is_chosen);
}

struct Times {
  std::time_t operator()(const SharedMemoryStatus& status) const {
    return std::max(status.attach_time.value_or(0), status.detach_time.value_or(0));
  }
  std::time_t operator()(const MessageQueueStatus& status) const {
    return std::max(status.send_time.value_or(0), status.receive_time.value_or(0));
  }
  std::time_t operator()(const SemaphoreStatus& status) const { return status.operation_time.value_or(0); }
  std::time_t operator()(const FifoStatus&) const { return 0; }
  std::time_t operator()(const MailboxStatus&) const { return 0; }
};

// A file can be given any time: it is kept within what can be counted in nanoseconds.
Moment moment_of(const timespec& time) noexcept {
  constexpr std::time_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  const std::chrono::seconds second{std::clamp<std::time_t>(time.tv_sec, 0, last)};
  return Moment{second + std::chrono::nanoseconds{time.tv_nsec}};
}

struct Sizes {
  std::optional<std::uint64_t> operator()(const SharedMemoryStatus& status) const { return status.size; }
  std::optional<std::uint64_t> operator()(const MessageQueueStatus& status) const { return status.bytes; }
  std::optional<std::uint64_t> operator()(const SemaphoreStatus&) const { return std::nullopt; }
  std::optional<std::uint64_t> operator()(const FifoStatus& status) const { return status.bytes; }
  std::optional<std::uint64_t> operator()(const MailboxStatus& status) const {
    return status.size == 0 ? std::nullopt : std::optional{status.size};
  }
};

struct IsMadeOrUsedBy {
  const std::set<pid_t>& processes;

  bool operator()(const SharedMemoryStatus& status) const {
    return is_any_of(status.creator) || is_any_of(status.last_user);
  }
  bool operator()(const MessageQueueStatus& status) const {
    return is_any_of(status.last_sender) || is_any_of(status.last_receiver);
  }
  bool operator()(const SemaphoreStatus& status) const {
    const auto is_used = [this](const SemaphoreState& state) { return is_any_of(state.last_user); };
    return status.states && std::ranges::any_of(*status.states, is_used);
  }
  bool operator()(const FifoStatus&) const { return false; }
  bool operator()(const MailboxStatus&) const { return false; }

  bool is_any_of(const std::optional<pid_t>& pid) const { return pid && processes.contains(*pid); }
};

bool is_filled_to(const Object& object, std::uint64_t percent) {
  const auto fill = fill_of(object.status);
  return fill && *fill >= percent;
}

std::optional<std::uint64_t> share(std::optional<std::uint64_t> part, std::optional<std::uint64_t> whole) {
  if (!part || !whole) return std::nullopt;
  return *whole == 0 ? 100 : *part * 100 / *whole;
}

}  // namespace

NamePattern NamePattern::parse(std::string_view text) {
  const bool is_excluded = text.starts_with('!');
  const auto glob = text.substr(is_excluded ? 1 : 0);
  const auto refuse = [text](std::string reason, std::string hint = {}) {
    throw Error::invalid(fmt::format("invalid pattern {}", quote(text)), std::move(reason), std::move(hint));
  };
  if (glob.empty() || glob == "/") refuse("it is empty, which no name is");
  if (const auto slash = glob.rfind('/'); slash != glob.npos && slash != 0)
    refuse("a name has one slash, at its beginning",
           fmt::format("did you mean {}?",
                       quote(fmt::format("{}{}", is_excluded ? "!" : "", glob.substr(slash + 1)))));
  return {std::string{glob}, is_excluded};
}

bool NamePattern::matches(const Object& object) const {
  const auto* name = std::get_if<PosixName>(&object.reference.name);
  if (name == nullptr) return false;
  // A pattern without slash is one of what follows the slash.
  const bool has_slash = glob.starts_with('/');
  if (matches_glob(glob, name->text.substr(has_slash ? 0 : 1))) return true;
  const auto prefix = object_prefix(object.reference.kind);
  const auto leaf = glob.substr(has_slash ? 1 : 0);
  return !prefix.empty() && leaf.starts_with(prefix) &&
         matches_glob(leaf, fmt::format("{}{}", prefix, name->text.substr(1)));
}

bool Filter::is_any() const noexcept {
  return !owners.empty() || !names.empty() || !processes.empty() || larger_than || filled_to || older_than ||
         unused || orphaned;
}

bool Filter::needs_holders() const noexcept { return unused || orphaned; }

bool Filter::seeks_orphans_of(Api api) const noexcept {
  return api == Api::sysv || older_than || std::ranges::any_of(names, chooses);
}

bool Filter::matches(const Object& object, Moment now) const {
  if (!owners.empty() && !owners.contains(object.uid)) return false;
  if (!matches_names(object, names)) return false;
  if (!processes.empty() && !is_made_or_used_by(object, processes)) return false;
  if (larger_than && size_of(object).value_or(0) <= *larger_than) return false;
  if (filled_to && !is_filled_to(object, *filled_to)) return false;
  if (older_than && now - last_use_of(object) <= *older_than) return false;
  if (unused && is_unused(object) != Answer::yes) return false;
  return !orphaned || (seeks_orphans_of(object.api) && is_orphaned(object) == Answer::yes);
}

std::optional<std::uint64_t> size_of(const Object& object) { return std::visit(Sizes{}, object.status); }

std::optional<std::uint64_t> fill_of(const decltype(Object::status)& status) {
  if (const auto* mailbox = std::get_if<MailboxStatus>(&status)) return share(mailbox->bytes, mailbox->size);
  const auto* queue = std::get_if<MessageQueueStatus>(&status);
  if (queue == nullptr) return std::nullopt;
  return queue->max_messages ? share(queue->messages, queue->max_messages)
                             : share(std::max(queue->messages, queue->bytes), queue->max_bytes);
}

std::optional<std::uint64_t> messages_in(const Object& object) {
  if (const auto* mailbox = std::get_if<MailboxStatus>(&object.status)) return mailbox->messages;
  const auto* queue = std::get_if<MessageQueueStatus>(&object.status);
  return queue != nullptr ? queue->messages : std::nullopt;
}

std::optional<std::uint64_t> readers_of(const Object& object) {
  if (const auto* fifo = std::get_if<FifoStatus>(&object.status)) return fifo->readers;
  const auto* mailbox = std::get_if<MailboxStatus>(&object.status);
  return mailbox != nullptr && mailbox->receivers ? std::optional{mailbox->receivers->size()} : std::nullopt;
}

std::optional<std::uint64_t> writers_of(const Object& object) {
  if (const auto* fifo = std::get_if<FifoStatus>(&object.status)) return fifo->writers;
  const auto* mailbox = std::get_if<MailboxStatus>(&object.status);
  return mailbox != nullptr ? mailbox->senders : std::nullopt;
}

bool is_made_or_used_by(const Object& object, const std::set<pid_t>& processes) {
  return std::visit(IsMadeOrUsedBy{processes}, object.status);
}

Moment last_use_of(const Object& object) noexcept {
  const auto of_sysv = std::max(object.change_time.value_or(0), std::visit(Times{}, object.status));
  return std::max(moment_of({.tv_sec = of_sysv, .tv_nsec = 999'999'999}),
                  moment_of(object.modification_time.value_or(timespec{})));
}

}  // namespace ipcutils
