/* The tools as builtins of bash, which loads them with "enable -f". Manual page: ipcutils.bash(1). */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"
/* builtins.h and shell.h first: the others need them. */
#include "common.h"
#include "execute_cmd.h"
#include "jobs.h"
#include "sig.h"

#include "environment.h"
#include "variables.h"

typedef int entry_of_tool(struct ipcutils_environment* environment, int argc, char** argv);

extern char** environ;
void restore_original_signals(void); /* of trap.h, which bash does not install */

/* What exec(2) does to signals: only those that are ignored stay as they are. */
static void drop_handlers(void) {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL)
      continue;
    action.sa_handler = SIG_DFL;
    action.sa_flags = 0;
    sigaction(number, &action, NULL);
  }
}

/* "mqrecv /jobs -- wc", for "jobs". The caller owns it, or bash. */
static char* text_of(const char* tool, WORD_LIST* arguments) {
  char* rest = string_list(arguments);
  char* text = xmalloc(strlen(tool) + strlen(rest) + 2);
  strcpy(text, tool);
  strcat(text, " ");
  strcat(text, rest);
  xfree(rest);
  return text;
}

/* Forks, as bash does for a program: the tool is a job, which the terminal can stop. */
static int call_in_process(entry_of_tool* entry, WORD_LIST* list, int argc, char** argv) {
  const pid_t process = make_child(text_of(argv[0], list), 0);
  if (process == 0) {
    reset_terminating_signals();
    restore_original_signals();
    if ((subshell_environment & SUBSHELL_ASYNC) != 0) setup_async_signals();
    drop_handlers();
    maybe_make_export_env();
    environ = export_env;
    struct ipcutils_environment own = {0};
    _exit(entry(&own, argc, argv));
  }
  stop_pipeline(0, NULL);
  return wait_for(process, 0);
}

static int call(entry_of_tool* entry, WORD_LIST* list) {
  int argc;
  char** argv = make_builtin_argv(list, &argc);
  struct ipcutils_environment shell = {.variables = &bash_variables};
  int status = entry(&shell, argc, argv);
  if (shell.needs_process) status = call_in_process(entry, list, argc, argv);
  xfree(argv);
  /* By its handler: a trap, an interrupt, the end of the shell. */
  if (shell.signal != 0) raise(shell.signal);
  return status;
}

/* A tool's row for bash, by the name that it looks for. */
#define BUILTIN(tool, identifier, synopsis, ...)                                              \
  entry_of_tool ipcutils_##identifier;                                                        \
  static int call_##identifier(WORD_LIST* list) { return call(ipcutils_##identifier, list); } \
  static char* const help_of_##identifier[] = {__VA_ARGS__, NULL};                            \
  extern struct builtin row_of_##identifier __asm__("\"" tool "_struct\"");                   \
  __attribute__((visibility("default"))) struct builtin row_of_##identifier = {               \
      tool, call_##identifier, BUILTIN_ENABLED, help_of_##identifier, synopsis, NULL};

#include "rows.h"
