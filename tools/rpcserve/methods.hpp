// The methods of a server.
#pragma once

#include <ipcutils/command.hpp>
#include <ipcutils/rpc_signature.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace ipcutils::rpcserve {

// A command that answers, and what it takes, if that is known.
struct Method {
  Command command;
  std::optional<RpcSignature> signature = std::nullopt;
};

// [A-Za-z0-9_.-]+ without a dot at the beginning, and none that begins with "rpc.".
bool is_method_name(std::string_view name);

// Methods that the command line names, and the executable files of a directory. The directory and the
// signatures (PATH.json) are looked at anew each time, so both can change while the server runs.
class Methods {
 public:
  // Finds the programs. Throws CommandError; Error, for a directory that cannot be read or a signature that
  // is invalid.
  explicit Methods(const Options& options);

  // Nothing when there is no such method. Throws Error as above.
  std::optional<Method> find(const std::string& name) const;

  struct Entry {
    std::string name;
    std::optional<RpcSignature> signature;
  };
  std::vector<Entry> list() const;  // sorted by name

 private:
  struct Named {
    Command command;
    std::string path;  // empty: it has no signature
  };
  std::map<std::string, Named> m_named;
  std::string m_directory;
};

}  // namespace ipcutils::rpcserve
