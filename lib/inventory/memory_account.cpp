#include <fts.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <ipcutils/memory_account.hpp>
#include <map>
#include <memory>
#include <set>

#include "../core/failure.hpp"
#include "../core/read_file.hpp"
#include "../file/object_file.hpp"
#include "mappings.hpp"
#include "open_files.hpp"
#include "processes.hpp"

namespace ipcutils {

namespace {

using What = MemoryPart::What;

constexpr long tmpfs_magic = 0x01021994;  // <linux/magic.h>
constexpr auto attempt = "cannot tell what fills '/dev/shm'";

FileIdentity identity_of(const struct stat& file) { return {file.st_dev, file.st_ino}; }
std::uint64_t bytes_of(const struct stat& file) { return static_cast<std::uint64_t>(file.st_blocks) * 512; }

What what_of(Kind kind) {
  if (kind == Kind::mb) return What::mailboxes;
  return kind == Kind::sem ? What::semaphores : What::shared_memory;
}

// A path in /proc of a file that has no name any more.
std::optional<std::string> old_path(std::string_view path) {
  constexpr std::string_view mark = " (deleted)";
  if (!path.ends_with(mark)) return std::nullopt;
  return std::string{path.substr(0, path.size() - mark.size())};
}

// The device of the tmpfs that is mounted at the directory. Nothing where the directory does not exist.
std::optional<dev_t> own_device(const std::string& directory) {
  struct stat root;
  struct stat parent;
  struct statfs status;
  if (::stat(directory.c_str(), &root) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw Error{errno, attempt};
  }
  if (::stat((directory + "/..").c_str(), &parent) != 0 || ::statfs(directory.c_str(), &status) != 0)
    throw Error{errno, attempt};
  if (status.f_type != tmpfs_magic || parent.st_dev == root.st_dev)
    throw Error::because(ENODEV, attempt, "it is no tmpfs of its own");
  return root.st_dev;
}

// Nothing where the file system has no limit, and so does not count.
std::optional<std::uint64_t> used_of(const std::string& directory) {
  struct statfs status;
  if (::statfs(directory.c_str(), &status) != 0) throw Error{errno, attempt};
  if (status.f_blocks == 0) return std::nullopt;
  return (status.f_blocks - status.f_bfree) * static_cast<std::uint64_t>(status.f_bsize);
}

// Collects the parts of one file system.
class Accountant {
 public:
  Accountant(std::string root, dev_t device) : m_root{std::move(root)}, m_device{device} {}

  void look_at_names(std::vector<Error>* failures);
  bool look_at_processes();  // false: none are listed
  MemoryAccount account(std::optional<std::uint64_t> used);

 private:
  void look_at(const FTSENT& entry);
  MemoryPart& part_of(const FTSENT& entry);
  void look_at_process(pid_t pid);
  void add_holder(const FileIdentity& file, std::string path, std::optional<std::uint64_t> bytes, pid_t pid);

  std::string m_root;
  dev_t m_device;
  std::map<FileIdentity, What> m_objects;
  std::set<FileIdentity> m_named;
  std::array<MemoryPart, 4> m_direct{{{What::shared_memory, m_root, 0, 0, {}},
                                      {What::semaphores, m_root, 0, 0, {}},
                                      {What::mailboxes, m_root, 0, 0, {}},
                                      {What::other, m_root, 0, 0, {}}}};
  std::map<std::string, MemoryPart> m_directories;  // by path
  std::map<FileIdentity, MemoryPart> m_unlinked;
  MemoryAccount m_account;
};

void Accountant::look_at_names(std::vector<Error>* failures) {
  for (const auto& object : list_objects(
           {.kinds = {Kind::shm, Kind::sem, Kind::mb}, .apis = {Api::posix}, .contents = false}, failures))
    m_objects[*object.file] = what_of(object.reference.kind);
  std::array<char*, 2> roots{m_root.data(), nullptr};
  const std::unique_ptr<FTS, int (*)(FTS*)> tree{
      ::fts_open(roots.data(), FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, nullptr), ::fts_close};
  if (!tree) throw Error{errno, attempt};
  while (const FTSENT* entry = ::fts_read(tree.get())) look_at(*entry);
  if (errno != 0) throw Error{errno, attempt};
}

void Accountant::look_at(const FTSENT& entry) {
  if (entry.fts_info == FTS_DP) return;  // met before what is in it
  if (entry.fts_info == FTS_DNR || entry.fts_info == FTS_ERR || entry.fts_info == FTS_NS) {
    if (entry.fts_errno != ENOENT) ++m_account.hidden_directories;
    return;
  }
  const auto& file = *entry.fts_statp;
  if (entry.fts_level == FTS_ROOTLEVEL || file.st_dev != m_device) return;
  auto& part = part_of(entry);
  if (!m_named.insert(identity_of(file)).second) return;
  if (!S_ISDIR(file.st_mode)) ++part.files;
  part.bytes = *part.bytes + bytes_of(file);
}

MemoryPart& Accountant::part_of(const FTSENT& entry) {
  const auto object = m_objects.find(identity_of(*entry.fts_statp));
  if (object != m_objects.end()) return m_direct[static_cast<std::size_t>(object->second)];
  if (entry.fts_level == 1 && entry.fts_info != FTS_D) return m_direct[static_cast<std::size_t>(What::other)];
  const std::string_view path{entry.fts_path};
  const std::string top{path.substr(0, path.find('/', m_root.size() + 1))};
  return m_directories.try_emplace(top, MemoryPart{What::directory, top, 0, 0, {}}).first->second;
}

bool Accountant::look_at_processes() {
  const auto processes = list_processes();
  for (const auto pid : processes.value_or(std::vector<pid_t>{})) look_at_process(pid);
  return processes.has_value();
}

void Accountant::look_at_process(pid_t pid) {
  const auto look_at_open = [&](const std::string& link, const struct stat& file) {
    const auto identity = identity_of(file);
    if (file.st_dev != m_device || file.st_nlink != 0 || m_named.contains(identity)) return;
    const auto path = link_target(link);
    add_holder(identity, old_path(path).value_or(path), bytes_of(file), pid);
  };
  const auto look_at_mapped = [&](const Mapping& mapping) {
    const auto path = old_path(mapping.path);
    if (mapping.file.device != m_device || !path || m_named.contains(mapping.file)) return;
    const auto file = status_behind(pid, mapping);
    add_holder(mapping.file, *path, file ? std::optional{bytes_of(*file)} : std::nullopt, pid);
  };
  const bool is_known = for_each_open_file(pid, look_at_open) &&
                        (for_each_mapping(pid, look_at_mapped) || errno == ENOENT || errno == ESRCH);
  if (!is_known && !is_kernel_thread(pid)) ++m_account.hidden_processes;
}

void Accountant::add_holder(const FileIdentity& file, std::string path, std::optional<std::uint64_t> bytes,
                            pid_t pid) {
  MemoryPart unknown{What::unlinked, std::move(path), 1, std::nullopt, {}};
  auto& part = m_unlinked.try_emplace(file, std::move(unknown)).first->second;
  if (bytes) part.bytes = bytes;
  if (part.holders.empty() || part.holders.back().pid != pid)
    part.holders.push_back({pid, process_name(pid)});
}

MemoryAccount Accountant::account(std::optional<std::uint64_t> used) {
  auto& parts = m_account.parts;
  for (const auto& part : m_direct)
    if (part.files > 0) parts.push_back(part);
  for (const auto& [path, part] : m_directories) parts.push_back(part);
  for (auto& [file, part] : m_unlinked) {
    std::ranges::sort(part.holders);
    parts.push_back(part);
  }
  std::uint64_t known = 0;
  for (const auto& part : parts) known += part.bytes.value_or(0);
  if (!used || *used > known)
    parts.push_back({What::unknown, m_root, 0, used ? std::optional{*used - known} : std::nullopt, {}});
  return std::move(m_account);
}

}  // namespace

std::string_view memory_part_name(MemoryPart::What what) noexcept {
  constexpr std::string_view names[] = {"shared memory", "semaphores", "mailboxes", "other",
                                        "directory",     "unlinked",   "unknown"};
  return names[static_cast<std::size_t>(what)];
}

MemoryAccount account_for_memory(std::vector<Error>* failures) {
  const std::string root{posix_shm_directory};
  try {
    const auto device = own_device(root);
    if (!device) return {};
    Accountant accountant{root, *device};
    accountant.look_at_names(failures);
    const bool has_processes = accountant.look_at_processes();
    auto account = accountant.account(used_of(root));
    const bool is_unknown = !account.parts.empty() && account.parts.back().what == What::unknown;
    if (is_unknown && !has_processes && failures != nullptr) failures->push_back(no_process_list(attempt));
    return account;
  } catch (const Error& error) {
    if (failures == nullptr) throw;
    failures->push_back(error);
    return {};
  }
}

}  // namespace ipcutils
