#include <fnmatch.h>

#include <algorithm>
#include <ipcutils/filter.hpp>
#include <ipcutils/holders.hpp>

namespace ipcutils {

namespace {

// A pattern without slash is one of what follows the slash.
bool matches_name(const Object& object, const std::string& pattern) {
  const auto* name = std::get_if<PosixName>(&object.reference.name);
  if (name == nullptr) return false;
  const auto* text = name->text.c_str() + (pattern.starts_with('/') ? 0 : 1);
  return ::fnmatch(pattern.c_str(), text, 0) == 0;
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
};

}  // namespace

bool Filter::is_any() const noexcept { return owner || name || older_than || unused || orphaned; }

bool Filter::needs_holders() const noexcept { return unused || orphaned; }

bool Filter::matches(const Object& object, std::time_t now) const {
  if (owner && object.uid != *owner) return false;
  if (name && !matches_name(object, *name)) return false;
  if (older_than && std::chrono::seconds{now - last_use_of(object)} <= *older_than) return false;
  if (unused && is_unused(object) != Answer::yes) return false;
  if (!orphaned) return true;
  const bool is_sure = object.api == Api::sysv || name || older_than;
  return is_sure && is_orphaned(object) == Answer::yes;
}

std::time_t last_use_of(const Object& object) noexcept {
  return std::max({object.change_time.value_or(0), object.modification_time.value_or(0),
                   std::visit(Times{}, object.status)});
}

}  // namespace ipcutils
