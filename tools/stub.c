/* The binary of one tool. Its code is ENTRY in the tools' private library. */
#include "environment.h"
#include "leave.h"

int ENTRY(struct ipcutils_environment* environment, int argc, char** argv);

int main(int argc, char** argv) {
  struct ipcutils_environment process = {0};
  return leave(ENTRY(&process, argc, argv));
}
