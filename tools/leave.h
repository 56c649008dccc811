/* The end of a tool. */
#pragma once

#include <unistd.h>

/* Ends the process at once where nothing has to run at the end: output has been flushed and checked, the
   kernel closes and frees, and the destructors of a C++ run-time would take a fiftieth of a tool's whole run.
   Sanitizers look for leaks at the end, so with the shared run-time that they need main returns. */
static inline int leave(int status) {
#if IPCUTILS_STATIC_RUNTIME
  _exit(status);
#endif
  return status;
}
