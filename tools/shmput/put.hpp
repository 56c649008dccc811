// What shmput is to do, and how it gets into the object.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/shared_memory.hpp>
#include <optional>
#include <string>

#include "../cli/input.hpp"
#include "../cli/progress_bar.hpp"

namespace ipcutils::shmput {

struct Options {
  Reference target{Kind::shm, SysvPrivate{}};
  std::optional<std::string> file;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> offset;
  mode_t mode = 0600;
  bool must_exist = false;
  bool must_not_exist = false;
  bool in_place = false;
  bool replace = false;
  bool truncate = false;
  bool print_reference = false;
  cli::ProgressWhen progress = cli::ProgressWhen::never;

  std::uint64_t begin() const { return offset.value_or(0); }
  bool makes_private() const { return std::holds_alternative<SysvPrivate>(target.name); }
  // Whether a new object takes the place of an existing one.
  bool replaces() const {
    const bool keeps_existing = in_place || must_exist || must_not_exist || size || offset || truncate;
    return replace || !(keeps_existing || SharedMemoryDraft::has_fixed_size(target));
  }
  Trust trust() const { return must_exist ? Trust::anybody : Trust::self_and_root; }
};

// Writes the input to the object, which is made if it is missing, and returns its reference.
Reference put(cli::Input& input, const Options& options);

}  // namespace ipcutils::shmput
