// What shmget is to do.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <ipcutils/error.hpp>
#include <ipcutils/reference.hpp>
#include <ipcutils/transfer.hpp>
#include <optional>

#include "../cli/progress_bar.hpp"
#include "../cli/timeout.hpp"
#include "../cli/variable.hpp"

namespace ipcutils::shmget {

inline constexpr std::string_view tool = "shmget";

struct Options {
  Reference source{Kind::shm, SysvPrivate{}};
  std::uint64_t offset = 0;
  std::uint64_t length = until_end;
  bool until_nul = false;
  bool follow = false;
  std::uint64_t count = 0;  // of versions; 0: any number
  bool ends_in_nul = false;
  bool remove = false;
  Pages pages = Pages::copied;
  std::optional<Duration> timeout;
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;
  cli::ProgressWhen progress = cli::ProgressWhen::never;
  std::optional<cli::Variable> into;
};

inline void require_offset_within(std::uint64_t size, const Options& options) {
  if (options.offset > size)
    throw Error{EINVAL, fmt::format("cannot read shared memory {}", options.source.quoted()),
                fmt::format("it ends at {}, before the offset {}", size, options.offset)};
}

}  // namespace ipcutils::shmget
