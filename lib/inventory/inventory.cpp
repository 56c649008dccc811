#include <fcntl.h>

#include <algorithm>
#include <ipcutils/inventory.hpp>
#include <ipcutils/mailbox.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/shared_memory.hpp>
#include <iterator>

#include "../core/failure.hpp"
#include "../file/object_file.hpp"
#include "fifo.hpp"
#include "mb.hpp"
#include "mq.hpp"
#include "sem.hpp"
#include "shm.hpp"

namespace ipcutils {

namespace {

// A kind that can be listed: what each API has of it, one of them, and its end.
struct Listed {
  Kind kind;
  Listing (*list_sysv)(bool contents);
  Listing (*list_posix)(bool contents);
  std::optional<Object> (*find)(const Reference& reference);
  bool (*remove_if_exists)(const Reference& reference);
};

// FIFOs can be anywhere, and System V has no mailboxes.
Listing list_nothing(bool) { return {}; }

constexpr Listed listed[] = {
    {Kind::shm, [](bool) { return list_segments(); }, [](bool) { return list_shared_memory_files(); },
     find_shared_memory, SharedMemory::remove_if_exists},
    {Kind::mq, list_sysv_queues, list_posix_queues, find_queue, MessageQueue::remove_if_exists},
    {Kind::sem, list_semaphore_sets, list_named_semaphores, find_semaphores, SemaphoreSet::remove_if_exists},
    {Kind::mb, list_nothing, [](bool) { return list_mailboxes(); }, find_mailbox, Mailbox::remove_if_exists},
    {Kind::fifo, list_nothing, list_nothing, find_fifo, remove_fifo_if_exists},
};

const Listed& row_of(const Reference& reference) {
  for (const auto& row : listed)
    if (row.kind == reference.kind) return row;
  throw Error{ENOTSUP, fmt::format("cannot inspect {}", reference.description())};
}

// Of objects with a file that can be renamed: of all but message queues.
bool remove_file_if_same(const Object& object) {
  const auto& reference = object.reference;
  const auto file = NamedFile::open_if_exists(object_file(reference), O_PATH, Links::not_followed);
  if (!file) return false;
  const auto status = file->status();
  if (object.file == FileIdentity{status.st_dev, status.st_ino}) return file->remove_if_same();
  // A mapped file is looked at behind a symbolic link, which is never removed.
  if (object.api == Api::file && reference.kind == Kind::shm) require_removable(status.st_mode, reference);
  return false;
}

}  // namespace

const char* api_name(Api api) noexcept {
  switch (api) {
    case Api::sysv:
      return "sysv";
    case Api::posix:
      return "posix";
    case Api::file:
      return "file";
  }
  return "";
}

std::vector<Object> list_objects(const Selection& selection, std::vector<Error>* failures) {
  std::vector<Object> objects;
  const auto report = [&](const Error& failure) {
    if (failures == nullptr) throw failure;
    failures->push_back(failure);
  };
  const auto append = [&](Listing (*list)(bool)) {
    try {
      auto [found, missing] = list(selection.contents);
      // The kernel's table is in order until its places have all been used once.
      if (selection.order == SysvOrder::identifier && !std::ranges::is_sorted(found, {}, &Object::id))
        std::ranges::stable_sort(found, {}, &Object::id);
      objects.insert(objects.end(), std::move_iterator{found.begin()}, std::move_iterator{found.end()});
      for (const auto& failure : missing) report(failure);
    } catch (const Error& error) {
      report(error);
    }
  };
  for (const auto& row : listed) {
    if (!selection.kinds.contains(row.kind)) continue;
    if (selection.apis.contains(Api::sysv)) append(row.list_sysv);
    if (selection.apis.contains(Api::posix)) append(row.list_posix);
  }
  return objects;
}

std::optional<Object> find_object(const Reference& reference) { return row_of(reference).find(reference); }

bool remove_object_if_exists(const Reference& reference) {
  return row_of(reference).remove_if_exists(reference);
}

bool remove_object_if_same(const Object& object) {
  if (object.file) {
    if (object.reference.kind != Kind::mq) return remove_file_if_same(object);
    const auto now = find_object(object.reference);
    if (!now || now->file != object.file) return false;
  }
  return remove_object_if_exists(object.reference);
}

}  // namespace ipcutils
