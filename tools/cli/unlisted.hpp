// What a tool that lists objects says of those that it could not list.
#pragma once

#include <algorithm>
#include <ipcutils/error.hpp>
#include <string_view>
#include <vector>

#include "exit_status.hpp"
#include "guarded_main.hpp"
#include "object_selection.hpp"

namespace ipcutils::cli {

// Reports it, and returns the exit status: success only if there is nothing, or if this system merely lacks a
// source (ENODEV, as without a mount for POSIX queues) and no kind was asked for by name.
inline int report_unlisted(std::string_view tool, const std::vector<Error>& failures,
                           const ObjectSelection& selection) {
  for (const auto& failure : failures) report(tool, failure);
  const auto is_lack = [](const Error& failure) { return failure.code() == std::errc::no_such_device; };
  const bool is_success =
      failures.empty() || (selection.kinds.empty() && std::ranges::all_of(failures, is_lack));
  return is_success ? exit_success : exit_failure;
}

}  // namespace ipcutils::cli
