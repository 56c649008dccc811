#include "port_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/transfer.hpp>
#include <span>

namespace ipcutils::sockcat {

void write_port_file(const std::string& path, std::uint16_t port) {
  const auto attempt = fmt::format("cannot write port file {}", quote(path));
  auto draft = path + ".XXXXXX";
  FileDescriptor file{::mkostemp(draft.data(), O_CLOEXEC)};
  if (!file.is_open()) throw Error{errno, attempt};
  try {
    const auto text = fmt::format("{}\n", port);
    transfer(std::as_bytes(std::span{text}), {file.get(), quote(path)});
    if (::fchmod(file.get(), 0644) != 0 || ::rename(draft.c_str(), path.c_str()) != 0)
      throw Error{errno, attempt};
  } catch (...) {
    ::unlink(draft.c_str());
    throw;
  }
}

}  // namespace ipcutils::sockcat
