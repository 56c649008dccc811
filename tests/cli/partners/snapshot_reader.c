// Reads a POSIX object again and again until standard input ends: snapshot_reader NAME
// The object holds one 32-bit number, over and over; what holds two is a mixture, and what is not there a
// gap. Prints how often it looked. With no NAME it checks what standard input holds, once.
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t words[1 << 20];

static size_t read_all(int fd) {
  size_t size = 0;
  ssize_t count;
  while ((count = read(fd, (char*)words + size, sizeof words - size)) > 0) size += (size_t)count;
  return size;
}

// The size depends on the number, so that a short read is seen as well.
static void check(size_t size) {
  const size_t count = size / sizeof words[0];
  if (count == 0 || size % sizeof words[0] != 0 || count != 30000 + words[0] * 1000) {
    fprintf(stderr, "generation %u has %zu bytes\n", words[0], size);
    exit(1);
  }
  for (size_t i = 1; i < count; ++i) {
    if (words[i] == words[0]) continue;
    fprintf(stderr, "a mixture: %u and at word %zu %u\n", words[0], i, words[i]);
    exit(1);
  }
}

int main(int argc, char** argv) {
  if (argc == 1) {
    check(read_all(STDIN_FILENO));
    return 0;
  }
  unsigned long rounds = 0;
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, 0) == 0) {
    const int fd = shm_open(argv[1], O_RDONLY, 0);
    if (fd == -1) {
      perror(argv[1]);
      return 1;
    }
    check(read_all(fd));
    close(fd);
    ++rounds;
  }
  printf("%lu\n", rounds);
  return 0;
}
