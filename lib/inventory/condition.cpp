#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ipcutils/condition.hpp>
#include <ipcutils/content_watch.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/filter.hpp>
#include <ipcutils/holders.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/wait.hpp>

#include "../core/backoff.hpp"
#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "../mq/queue_file.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

using What = Condition::What;

struct Text {
  std::string_view name;
  What what;
};

constexpr Text texts[] = {
    {"exists", What::exists},     {"gone", What::gone},       {"empty", What::empty},
    {"nonempty", What::nonempty}, {"zero", What::zero},       {"unattached", What::unattached},
    {"readers", What::readers},   {"writers", What::writers}, {"changed", What::changed}};

constexpr std::string_view value_prefix = "value:";

std::string attempt(const Reference& reference) {
  return fmt::format("cannot wait for {}", reference.description());
}

[[noreturn]] void refuse_access(const Reference& reference) { throw Error{EACCES, attempt(reference)}; }

// The ends of a FIFO or a mailbox.
std::uint64_t count_of(const std::optional<std::uint64_t>& ends, const Reference& reference) {
  if (ends) return *ends;
  if (reference.kind == Kind::mb) refuse_access(reference);
  throw no_process_list(attempt(reference));
}

std::uint64_t contents_of(const Object& object) {
  if (const auto* fifo = std::get_if<FifoStatus>(&object.status)) {
    const bool is_open = count_of(fifo->readers, object.reference) + *fifo->writers > 0;
    if (is_open && !fifo->bytes) refuse_access(object.reference);
    return fifo->bytes.value_or(0);
  }
  const auto messages = messages_in(object);
  if (!messages) refuse_access(object.reference);
  return *messages;
}

bool all_values(const Object& object, auto is_right) {
  const auto& status = std::get<SemaphoreStatus>(object.status);
  if (!status.states) refuse_access(object.reference);
  return std::ranges::all_of(*status.states,
                             [&](const SemaphoreState& state) { return is_right(state.value); });
}

bool is_unattached(Object object) {
  look_for_holders({&object, 1});
  return is_unused(object) == Answer::yes;
}

bool is_true(const std::optional<Object>& object, const Reference& reference, const Condition& condition) {
  if (condition.what == What::exists) return object.has_value();
  if (condition.what == What::gone) return !object;
  if (!object) throw Error{ENOENT, attempt(reference)};
  switch (condition.what) {
    case What::empty:
      return contents_of(*object) == 0;
    case What::nonempty:
      return contents_of(*object) > 0;
    case What::zero:
      return all_values(*object, [](unsigned value) { return value == 0; });
    case What::value:
      return all_values(*object, [&](unsigned value) { return value >= condition.value; });
    case What::readers:
      return count_of(readers_of(*object), reference) > 0;
    case What::writers:
      return count_of(writers_of(*object), reference) > 0;
    default:
      return is_unattached(*object);
  }
}

bool look(const Reference& reference, const Condition& condition) {
  return is_true(find_object(reference), reference, condition);
}

bool look_again_and_again(const Reference& reference, const Condition& condition, const Deadline& deadline) {
  const auto found = [&] { return look(reference, condition) ? std::optional{true} : std::nullopt; };
  return poll_with_backoff(deadline, found).has_value();
}

// What happens to the names in a directory, or to a FIFO, the kernel tells; but not all that happens to a
// FIFO.
bool watch(auto make_watch, const Reference& reference, const Condition& condition, const Deadline& deadline,
           Duration longest = unlimited) {
  for (;;) {
    const FileWatch events = make_watch();
    if (look(reference, condition)) return true;
    if (deadline.has_passed()) return false;
    events.wait(deadline.within(longest));
    if (deadline.is_interrupted()) return false;  // a look can take 10 ms
  }
}

bool watch_fifo(const Reference& reference, const Condition& condition, const Deadline& deadline) {
  const auto make_watch = [&] {
    return FileWatch{std::get<FilePath>(reference.name).text,
                     IN_OPEN | IN_CLOSE | IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF};
  };
  return watch(make_watch, reference, condition, deadline, std::chrono::milliseconds{500});
}

bool has_name(const FileDescriptor& file) {
  struct stat status;
  return ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
}

bool wait_for_message(const Reference& reference, const Deadline& deadline) {
  const auto queue = open_queue(std::get<PosixName>(reference.name), O_RDONLY | O_NONBLOCK);
  if (!queue.is_open()) fail(errno, "cannot wait for {}", reference.description());
  const FileWatch removal{fmt::format("/proc/self/fd/{}", queue.get()), IN_ATTRIB};
  for (;;) {
    if (!has_name(queue)) throw Error{EIDRM, attempt(reference)};
    std::array<pollfd, 2> entries{{{queue.get(), POLLIN, 0}, {removal.descriptor(), POLLIN, 0}}};
    const auto waited = wait_for_events(entries, removal.until_next_look(deadline));
    if (entries[0].revents != 0) return true;
    if (waited != Waited::ready && deadline.has_passed()) return false;
    removal.drain();
  }
}

// Taking and giving in one step changes nothing, and waits until it could be taken. Nothing when this caller
// may only look.
std::optional<bool> wait_for_values(const Reference& reference, const Condition& condition,
                                    const Deadline& deadline) {
  const int value = static_cast<int>(condition.value);
  try {
    auto set = SemaphoreSet::open(reference, value > 0 ? Access::write : Access::read);
    std::vector<SemaphoreOperation> operations;
    for (unsigned number = 0; number < set.size(); ++number) {
      operations.push_back({number, -value});
      if (value > 0) operations.push_back({number, value});
    }
    return set.operate(operations, deadline);
  } catch (const Error& error) {
    if (error.code() == std::errc::permission_denied) return std::nullopt;
    throw;
  }
}

// How many operations every kernel takes in one step: half of the default of kernel.sem, as two are needed.
constexpr unsigned small_set = 250;

bool is_small_set(const Reference& reference) {
  const auto object = find_object(reference);
  return object && object->api == Api::sysv && std::get<SemaphoreStatus>(object->status).count <= small_set;
}

}  // namespace

Condition Condition::parse(std::string_view text) {
  for (const auto& row : texts)
    if (row.name == text) return {row.what};
  if (text.starts_with(value_prefix))
    return {What::value,
            static_cast<unsigned>(parse_number(text.substr(value_prefix.size()), "value", 0, 2147483647))};
  throw Error::invalid(
      fmt::format("invalid condition {}", quote(text)),
      "there are exists, gone, empty, nonempty, zero, unattached, changed, readers, writers and value:N");
}

void require_possible(const Reference& reference, const Condition& condition) {
  const auto require = [&](bool is_possible, const char* reason) {
    if (!is_possible) throw Error::invalid(attempt(reference), reason);
  };
  require(!std::holds_alternative<SysvPrivate>(reference.name), "it is no existing object");
  const bool is_mailbox = reference.kind == Kind::mb;
  switch (condition.what) {
    case What::empty:
    case What::nonempty:
      return require(reference.kind == Kind::mq || reference.kind == Kind::fifo || is_mailbox,
                     "only a message queue, a FIFO or a mailbox is empty or not");
    case What::zero:
    case What::value:
      return require(reference.kind == Kind::sem, "only semaphores have values");
    case What::unattached:
      return require(reference.kind == Kind::shm || is_mailbox,
                     "only shared memory and mailboxes are attached");
    case What::changed:
      return require(reference.kind == Kind::shm && object_path(reference),
                     "the kernel tells of changes in POSIX shared memory and files alone");
    case What::readers:
    case What::writers:
      return require(reference.kind == Kind::fifo || is_mailbox,
                     "only a FIFO or a mailbox has readers and writers");
    case What::exists:
    case What::gone:
      return;
  }
}

bool wait_for(const Reference& reference, const Condition& condition, const Deadline& deadline) {
  require_possible(reference, condition);
  const bool is_posix_queue = reference.kind == Kind::mq && std::holds_alternative<PosixName>(reference.name);
  const bool is_about_names = condition.what == What::exists || condition.what == What::gone;
  if (const auto path = object_path(reference); path && is_about_names) {
    const auto make_watch = [&] { return FileWatch::of_names_in(directory_of(*path)); };
    return watch(make_watch, reference, condition, deadline);
  }
  if (condition.what == What::changed)
    return ContentWatch{SharedMemory::open(reference, Access::read)}.wait(deadline);
  if (reference.kind == Kind::fifo) return watch_fifo(reference, condition, deadline);
  if (condition.what == What::nonempty && is_posix_queue) return wait_for_message(reference, deadline);
  const bool is_about_values =
      condition.what == What::zero || (condition.what == What::value && condition.value > 0);
  if (is_about_values && is_small_set(reference))
    if (const auto is_so = wait_for_values(reference, condition, deadline)) return *is_so;
  return look_again_and_again(reference, condition, deadline);
}

}  // namespace ipcutils
