#include "aligned_table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <locale.h>

static bool is_ascii(const struct ipcutils_aligned_table* table) {
  for (size_t i = 0; i < table->row_count * table->column_count; ++i)
    for (const char* c = table->cells[i]; *c != '\0'; ++c)
      if ((unsigned char)*c >= 0x80) return false;
  return true;
}

static int fill(struct libscols_table* out, const struct ipcutils_aligned_table* table) {
  scols_table_enable_noheadings(out, !table->has_headings);
  scols_table_set_termforce(out, SCOLS_TERMFORCE_NEVER); /* the same on a terminal as in a pipe */
  for (size_t i = 0; i < table->column_count; ++i)
    if (scols_table_new_column(out, table->columns[i].heading, 0,
                               table->columns[i].is_right_aligned ? SCOLS_FL_RIGHT : 0) == NULL)
      return ENOMEM;
  const char* const* cell = table->cells;
  for (size_t row = 0; row < table->row_count; ++row) {
    struct libscols_line* line = scols_table_new_line(out, NULL);
    if (line == NULL) return ENOMEM;
    for (size_t column = 0; column < table->column_count; ++column)
      if (scols_line_set_data(line, column, *cell++) != 0) return ENOMEM;
  }
  return 0;
}

int ipcutils_format_aligned(const struct ipcutils_aligned_table* table, char** text) {
  /* The width of a character depends on the locale, whose loading takes as long as all the rest of a tool. */
  if (!is_ascii(table)) setlocale(LC_CTYPE, "");
  struct libscols_table* out = scols_new_table();
  if (out == NULL) return ENOMEM;
  int result = fill(out, table);
  if (result == 0 && scols_print_table_to_string(out, text) != 0) result = ENOMEM;
  scols_unref_table(out);
  return result;
}
