/* pipe_ends feed SIZE, pipe_ends drain SIZE: the two sides of a program that is measured between pipes, so
   fast that they do not count. feed fills the pipe at standard output with pages by reference; drain throws
   away what comes from the pipe at standard input, and fails unless that is SIZE bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { pipe_size = 1024 * 1024 };

static int die(const char* what) {
  perror(what);
  return 1;
}

static int feed(long long size) {
  static char pages[pipe_size] __attribute__((aligned(4096)));
  memset(pages, 'x', sizeof pages);
  fcntl(1, F_SETPIPE_SZ, pipe_size);
  while (size > 0) {
    const struct iovec part = {pages, size < pipe_size ? (size_t)size : pipe_size};
    const ssize_t count = vmsplice(1, &part, 1, 0);
    if (count < 0) return die("vmsplice");
    size -= count;
  }
  return 0;
}

static int drain(long long size) {
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere < 0) return die("/dev/null");
  long long drained = 0;
  ssize_t count;
  while ((count = splice(0, NULL, nowhere, NULL, pipe_size, SPLICE_F_MOVE)) > 0) drained += count;
  if (count < 0) return die("splice");
  if (drained == size) return 0;
  fprintf(stderr, "drain: %lld bytes instead of %lld\n", drained, size);
  return 1;
}

int main(int argc, char** argv) {
  const long long size = argc == 3 ? atoll(argv[2]) : 0;
  if (size > 0 && strcmp(argv[1], "feed") == 0) return feed(size);
  if (size > 0 && strcmp(argv[1], "drain") == 0) return drain(size);
  fputs("usage: pipe_ends feed|drain SIZE\n", stderr);
  return 2;
}
