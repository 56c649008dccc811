// The kernel's tables of System V objects: as /proc/sysvipc shows them, proc_sysvipc(5), or by the calls that
// list one place of a table after the other, shmctl(2) SHM_STAT_ANY and its like. Internal.
#pragma once

#include <sys/ipc.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ipcutils/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// The columns of a row, as many as the longest has.
using SysvRow = std::array<std::uint64_t, 16>;

// The columns that the three tables have in common.
struct SysvColumns {
  std::size_t key, id, permissions, uid, gid, creator_uid, creator_gid, change_time;
};

struct SysvTable {
  std::vector<SysvRow> rows;
  std::size_t column_count;  // what a row has behind these is unknown
  std::size_t hidden = 0;    // objects that exist, and whose rows the kernel refuses to this caller
};

// One of the tables. Status is what IPC_STAT fills in: shmid_ds, msqid_ds or semid_ds.
template <typename Status>
struct SysvSource {
  const char* name;  // in /proc/sysvipc
  std::string_view noun;
  std::size_t column_count;
  std::size_t call_column_count;  // how many of them the calls fill in
  int info_command, stat_command, stat_any_command;
  int (*control)(int id_or_index, int command, Status& status);
  SysvRow (*row_of)(int id, const Status& status);
};

// The rows of /proc/sysvipc/NAME as numbers, a negative one as its two's complement, and the third column,
// the permissions, read as octal. Nothing where that is not such a table, or not all of it can be read.
std::optional<std::vector<SysvRow>> read_sysvipc(const std::string& name, std::size_t column_count);

[[noreturn]] void refuse_sysv_table(int errnum, std::string_view noun);

// What lists do not show: an Error that says how many.
Error hidden_rows(std::size_t count, std::string_view noun);

// What a row and IPC_STAT have in common.
SysvRow row_with(const SysvColumns& columns, int id, const ipc_perm& permissions, std::int64_t change_time);

// The table by the kernel's calls. Error: ENOSYS, and whatever a sandbox answers.
template <typename Status>
SysvTable table_by_calls(const SysvSource<Status>& source) {
  Status status{};
  const int last = source.control(0, source.info_command, status);
  if (last == -1) refuse_sysv_table(errno, source.noun);
  SysvTable table{.rows = {}, .column_count = source.call_column_count};
  for (int index = 0; index <= last; ++index) {
    int id = source.control(index, source.stat_any_command, status);
    if (id == -1) id = source.control(index, source.stat_command, status);  // before Linux 4.17
    if (id != -1)
      table.rows.push_back(source.row_of(id, status));
    else if (errno != EINVAL && errno != EIDRM)  // which say that the place is free
      ++table.hidden;
  }
  return table;
}

// The table from /proc, which tells more and everybody, or else by calls. A table of /proc without rows may
// be one that a sandbox has made up, so it is compared. Error: neither can be read.
template <typename Status>
SysvTable sysv_table(const SysvSource<Status>& source) {
  auto rows = read_sysvipc(source.name, source.column_count);
  if (rows && !rows->empty()) return {.rows = std::move(*rows), .column_count = source.column_count};
  try {
    return table_by_calls(source);
  } catch (const Error&) {
    if (!rows) throw;
    return {.rows = {}, .column_count = source.column_count};
  }
}

}  // namespace ipcutils
