// Words of socat that sockcat does not have, so that a message can say so instead of guessing at a
// misspelling.
#pragma once

#include <string_view>

namespace ipcutils::sockcat {

// In any case. No keyword or option of sockcat is foreign.
bool is_foreign_keyword(std::string_view name);
bool is_foreign_option(std::string_view name);

}  // namespace ipcutils::sockcat
