/* Where a tool runs, and what it says of its end: between its entry and who calls it, a binary or a shell. */
#pragma once

/* The variables of a shell. Each function returns null, or why it cannot be, in words that stay valid. */
struct ipcutils_variables {
  /* Whether it can be assigned to. Changes nothing. */
  const char* (*check)(const char* name);
  const char* (*assign)(const char* name, const char* value);

  /* Makes it an indexed array without elements, and adds one to that. */
  const char* (*clear)(const char* name);
  const char* (*append)(const char* name, const char* value);
};

struct ipcutils_environment {
  /* Null: the tool has a process of its own, which it may end. Else it is a builtin of a shell. */
  const struct ipcutils_variables* variables;

  /* Set by the tool, in a shell only. */
  int signal;        /* has ended it, and is the shell's to act upon; 0: none */
  int needs_process; /* it has done nothing yet, and is to be called again in a process of its own */
};
