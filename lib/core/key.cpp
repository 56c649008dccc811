#include <sys/ipc.h>

#include <ipcutils/key.hpp>
#include <ipcutils/quote.hpp>

#include "failure.hpp"

namespace ipcutils {

key_t file_key(const std::string& path, int project) {
  const key_t key = ::ftok(path.c_str(), project);
  if (key == -1) fail(errno, "cannot make a key from {}", quote(path));
  return key;
}

}  // namespace ipcutils
