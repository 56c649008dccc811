// What --help-addresses prints.
#pragma once

#include <string>

namespace ipcutils::sockcat {

// Every address and every option, with aliases, from their tables.
std::string address_help();

}  // namespace ipcutils::sockcat
