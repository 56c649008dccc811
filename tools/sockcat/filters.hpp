// What happens to data on its way: other line ends, and copies for who looks on.
#pragma once

#include <cstdint>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/relay.hpp>
#include <span>
#include <string>
#include <string_view>

#include "channel.hpp"
#include "settings.hpp"

namespace ipcutils::sockcat {

// Newlines for the line ends of what has been read, or the other way round.
std::string with_newlines(std::string_view data, LineEnd from);
std::string with_line_ends(std::string_view data, LineEnd to);

// As -v and -x show data: a line that begins with '>' or '<', then text and hexadecimal.
std::string dump(Direction direction, std::string_view data, std::uint64_t position, bool as_text,
                 bool as_hexadecimal);

class Filters {
 public:
  // Opens the records, for appending; they are made with permissions 0600. Throws Error.
  Filters(const Channel& first, const Channel& second, const Settings& settings);

  // Whether data must be looked at.
  bool is_needed() const;

  // For RelayOptions::filter. Throws Error when a record cannot be written.
  bool apply(Direction direction, std::span<const std::byte> data, std::string& replacement);

 private:
  struct Way {
    LineEnd from;
    LineEnd to;
    std::string record_name;
    FileDescriptor record = {};
    std::uint64_t position = 0;
  };

  const Settings& m_settings;
  Way m_forward;
  Way m_backward;
};

}  // namespace ipcutils::sockcat
