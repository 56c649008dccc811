#include "beginning.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <bit>

#include "../core/failure.hpp"

namespace ipcutils::mailbox {

std::optional<Beginning> read_beginning(int file) {
  Beginning beginning{};
  struct stat status;
  const auto count = retry_on_eintr([&] { return ::pread(file, &beginning, sizeof beginning, 0); });
  if (count != sizeof beginning || ::fstat(file, &status) != 0) return std::nullopt;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const bool is_sound =
      beginning.magic == magic && beginning.version == version &&
      beginning.slot_count == Mailbox::max_participants && beginning.on_full <= OnFull::overwrite &&
      std::has_single_bit(beginning.capacity) && beginning.capacity >= page &&
      beginning.capacity <= Mailbox::max_size && beginning.ring_offset % page == 0 &&
      beginning.ring_offset >= sizeof(Content) &&
      static_cast<std::uint64_t>(status.st_size) >= beginning.ring_offset + beginning.capacity;
  if (!is_sound) return std::nullopt;
  return beginning;
}

}  // namespace ipcutils::mailbox
