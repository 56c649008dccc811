// What ipcs prints, as data.
#pragma once

#include <ipcutils/inventory.hpp>
#include <ipcutils/limits.hpp>
#include <string_view>

#include "pattern.hpp"

namespace ipcutils::compat {

enum class Format { objects, times, processes, owners, limits, usage, details };

// One section: the title and the heading, and the line of each object (empty: the section is about all of
// them together). Patterns, see pattern.hpp.
struct Section {
  Format format;
  Kind kind;
  std::string_view head;
  std::string_view row;
};

// Null where there is none.
const Section* find_section(Format format, Kind kind) noexcept;

// The cells of patterns: of an object, of a semaphore in a set, of limits and of what is used.
std::string object_cell(const Object& object, std::string_view name, Unit unit);
std::string semaphore_cell(const SemaphoreState& state, unsigned number, std::string_view name);
std::string limit_cell(const std::vector<Limit>& limits, std::string_view name, Unit unit);
std::string usage_cell(const SegmentUsage& usage, std::string_view name, Unit unit);
std::string usage_cell(const QueueUsage& usage, std::string_view name, Unit unit);
std::string usage_cell(const SemaphoreUsage& usage, std::string_view name, Unit unit);

}  // namespace ipcutils::compat
