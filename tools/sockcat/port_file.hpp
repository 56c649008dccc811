// A file that tells others a port.
#pragma once

#include <cstdint>
#include <string>

namespace ipcutils::sockcat {

// Writes the port and a newline. The file appears, or is replaced, as a whole. Throws Error.
void write_port_file(const std::string& path, std::uint16_t port);

}  // namespace ipcutils::sockcat
