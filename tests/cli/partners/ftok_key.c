// Prints the key that ftok(3) makes of a path and a project number: ftok_key PATH PROJ
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const key_t key = ftok(argv[1], atoi(argv[2]));
  if (key == -1) {
    perror(argv[1]);
    return 1;
  }
  printf("0x%08x\n", (unsigned)key);
  return 0;
}
