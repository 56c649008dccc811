// The layout in mailbox(5) is that of the code.
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mailbox/layout.hpp"

using namespace ipcutils::mailbox;

namespace {

// The rows of the page's tables: offset, size, name.
std::vector<std::string> documented_fields(std::ifstream page) {
  constexpr std::string_view row = ".It ";
  std::vector<std::string> fields;
  for (std::string line; std::getline(page, line);) {
    const auto end = line.find(" Ta ", line.find(" Ta ", line.find(" Ta ") + 1) + 1);
    if (line.starts_with(row) && end != line.npos && line.find_first_of("0123456789") == row.size())
      fields.push_back(line.substr(row.size(), end - row.size()));
  }
  return fields;
}

#define FIELD(type, field) \
  std::to_string(offsetof(type, field)) + " Ta " + std::to_string(sizeof(type::field)) + " Ta " #field

}  // namespace

TEST_CASE("mailbox layout: the manual page has the offsets and sizes") {
  if (::access(MAILBOX_PAGE, R_OK) != 0 && errno == EACCES) return;  // somebody else's source tree
  const std::vector<std::string> fields{FIELD(Beginning, magic),
                                        FIELD(Beginning, version),
                                        FIELD(Beginning, ring_offset),
                                        FIELD(Beginning, capacity),
                                        FIELD(Beginning, on_full),
                                        FIELD(Beginning, slot_count),
                                        FIELD(Header, turn),
                                        FIELD(Header, receiver_slots),
                                        FIELD(Header, floor),
                                        FIELD(Header, oldest),
                                        FIELD(Header, last),
                                        FIELD(Header, sent),
                                        FIELD(Header, head),
                                        FIELD(Header, receivers_sleep),
                                        FIELD(Header, arrivals),
                                        FIELD(Header, is_removed),
                                        FIELD(Header, dropped),
                                        FIELD(Header, senders_sleep),
                                        FIELD(Header, room),
                                        FIELD(Header, wanted),
                                        FIELD(Content, slots),
                                        FIELD(Slot, state),
                                        FIELD(Slot, process),
                                        FIELD(Slot, pid_namespace),
                                        FIELD(Slot, cursor),
                                        FIELD(Slot, next),
                                        FIELD(Slot, lost),
                                        FIELD(Record, number),
                                        FIELD(Record, size),
                                        FIELD(Record, check)};
  CHECK(documented_fields(std::ifstream{MAILBOX_PAGE}) == fields);
}
