#include "sysv.hpp"

#include <unistd.h>

#include <ipcutils/key.hpp>

#include "failure.hpp"

namespace ipcutils {

namespace {

std::optional<key_t> key_of(const Reference& reference) {
  if (const auto* key = std::get_if<SysvKey>(&reference.name)) return static_cast<key_t>(key->value);
  if (const auto* file = std::get_if<SysvFileKey>(&reference.name))
    return file_key(file->path, file->project);
  return std::nullopt;
}

}  // namespace

bool is_missing(int errnum) noexcept { return errnum == ENOENT || errnum == EINVAL || errnum == EIDRM; }

key_t key_for_new(const Reference& reference) {
  if (std::holds_alternative<SysvPrivate>(reference.name)) return IPC_PRIVATE;
  if (const auto key = key_of(reference)) return *key;
  throw Error::invalid(fmt::format("cannot create {}", reference.description()),
                       "there is no such object, and the kernel chooses the identifier of a new one");
}

std::optional<int> find_id(const Reference& reference, int (*get)(key_t key)) {
  if (const auto* id = std::get_if<SysvId>(&reference.name)) return id->value;
  const auto key = key_of(reference);
  if (!key)
    throw Error::invalid(fmt::format("cannot open {}", reference.description()),
                         "'private' makes a new object; an existing one is '@' and its identifier");
  const int id = get(*key);
  if (id != -1) return id;
  if (errno == ENOENT) return std::nullopt;
  fail(errno, "cannot open {}", reference.description());
}

void require_trusted(const struct ipc_perm& permissions, const Reference& reference, Trust trust) {
  const auto is_trusted = [](uid_t uid) { return uid == 0 || uid == ::geteuid(); };
  if (trust == Trust::anybody || (is_trusted(permissions.uid) && is_trusted(permissions.cuid))) return;
  throw Error{
      EPERM, fmt::format("cannot use {}", reference.description()),
      fmt::format("it belongs to another user (owner uid {}, creator uid {}), who may have planted it",
                  permissions.uid, permissions.cuid)};
}

}  // namespace ipcutils
