#include <ipcutils/inventory.hpp>
#include <iterator>

#include "../core/failure.hpp"
#include "shm.hpp"

namespace ipcutils {

namespace {

void append(std::vector<Object>& objects, std::vector<Object> more) {
  objects.insert(objects.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
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

std::vector<Object> list_objects(const Selection& selection) {
  std::vector<Object> objects;
  if (selection.kinds.contains(Kind::shm)) {
    if (selection.apis.contains(Api::sysv)) append(objects, list_segments());
    if (selection.apis.contains(Api::posix)) append(objects, list_shared_memory_files());
  }
  return objects;
}

std::optional<Object> find_object(const Reference& reference) {
  if (reference.kind == Kind::shm) return find_shared_memory(reference);
  throw Error::invalid(fmt::format("cannot inspect {} {}", kind_noun(reference.kind), reference.quoted()),
                       "only shared memory can be listed");
}

}  // namespace ipcutils
