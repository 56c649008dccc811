/* Allocates a block and ends. With the operand "kept" a global variable points to it, else nothing. */
#include <stdlib.h>
#include <string.h>

static void* volatile block;

int main(int argc, char** argv) {
  block = malloc(100);
  if (argc < 2 || strcmp(argv[1], "kept") != 0) block = NULL;
  return 0;
}
