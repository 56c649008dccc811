#include <cerrno>
#include <ipcutils/quote.hpp>
#include <ipcutils/rpc_signature.hpp>

#include "../core/failure.hpp"
#include "../core/read_file.hpp"

namespace ipcutils {

std::optional<RpcSignature> RpcSignature::read_if_exists(const std::string& path) {
  const auto text = read_file_if_readable(path);
  if (!text && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!text) fail(errno, "cannot read {}", quote(path));
  try {
    return parse(*text);
  } catch (const Error& error) {
    throw Error::because(EBADMSG, fmt::format("cannot use {}", quote(path)), error.reason());
  }
}

}  // namespace ipcutils
