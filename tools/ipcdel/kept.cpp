#include "kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/holders.hpp>

#include "../cli/count_text.hpp"

namespace ipcutils::ipcdel {

namespace {

// "by process 12", "by processes 12, 13 and others", or nothing where none is known.
std::string by_holders(const Object& object) {
  constexpr std::size_t most = 4;
  if (!object.holders || object.holders->known.empty()) return {};
  const auto& known = object.holders->known;
  auto text = fmt::format(" by process{} {}", known.size() == 1 ? "" : "es", known[0].pid);
  for (std::size_t i = 1; i < std::min(known.size(), most); ++i) text += fmt::format(", {}", known[i].pid);
  if (known.size() > most) text += fmt::format(" and {} more", known.size() - most);
  return text;
}

std::string reason_it_is_used(const Object& object) {
  if (is_unused(object) == Answer::no) return fmt::format("it is in use{}", by_holders(object));
  if (object.api == Api::sysv && object.reference.kind != Kind::shm)
    return "whether it is in use is unknown, since no process holds System V queues and semaphores";
  return "whether it is in use is unknown, since not every process can be looked at";
}

std::string reason_it_is_no_orphan(const Object& object) {
  if (object.api != Api::sysv || is_unused(object) == Answer::no) return reason_it_is_used(object);
  return is_orphaned(object) == Answer::no ? "a process that made, used or awaits it is alive"
                                           : "whether those who made and used it are dead is unknown";
}

}  // namespace

std::optional<std::string> reason_it_is_held(const Object& object, const Filter& filter) {
  if (filter.unused && is_unused(object) != Answer::yes) return reason_it_is_used(object);
  if (is_orphaned(object) != Answer::yes)
    return filter.seeks_orphans_of(object.api) ? std::optional{reason_it_is_no_orphan(object)} : std::nullopt;
  return "of POSIX objects --orphaned takes only those of a --name or --older-than";
}

std::optional<std::string> reason_to_keep(const Object& object, WithMessages with_messages) {
  const bool has_messages = object.reference.kind == Kind::mq || object.reference.kind == Kind::mb;
  const auto messages = messages_in(object);
  if (has_messages && with_messages == WithMessages::no && messages != 0u)
    return messages ? fmt::format("it holds {}, and only --with-messages removes it",
                                  cli::count_text(*messages, "message", "messages"))
                    : "whether it holds messages is unknown, and only --with-messages removes it";
  const auto* memory = std::get_if<SharedMemoryStatus>(&object.status);
  return memory != nullptr && memory->removed ? reason_it_remains(object) : std::nullopt;
}

std::optional<std::string> reason_it_remains(const Object& object) {
  const auto* memory = std::get_if<SharedMemoryStatus>(&object.status);
  const auto attached = memory != nullptr ? memory->attached.value_or(0) : 0;
  if (attached == 0) return std::nullopt;
  return fmt::format("it is marked for removal, and goes when it is detached (attached {})",
                     cli::count_text(attached, "time", "times"));
}

}  // namespace ipcutils::ipcdel
