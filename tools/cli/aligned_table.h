/* Tables by libsmartcols, behind a border that only C crosses: a library of its own, loaded when it is
 * needed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ipcutils_aligned_column {
  const char* heading;
  bool is_right_aligned;
};

struct ipcutils_aligned_table {
  const struct ipcutils_aligned_column* columns;
  size_t column_count;
  const char* const* cells; /* row by row, column_count of them each; NUL-terminated, printable UTF-8 */
  size_t row_count;
  bool has_headings;
};

/* Sets text to the table as it is to be printed, which the caller frees with free(3). Returns 0, or an errno
   and leaves text alone. */
__attribute__((visibility("default"))) int ipcutils_format_aligned(const struct ipcutils_aligned_table* table,
                                                                   char** text);

#ifdef __cplusplus
}
#endif
