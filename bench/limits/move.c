/* move METHOD: standard input to standard output as fast as one way of doing it allows, and nothing else.
   METHOD is copy (read and write), sendfile or splice. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { buffer_size = 128 * 1024, step_size = 16 * 1024 * 1024, pipe_size = 1024 * 1024 };

static ssize_t copy_some(void) {
  static char buffer[buffer_size];
  const ssize_t count = read(0, buffer, buffer_size);
  for (ssize_t done = 0; done < count;) {
    const ssize_t written = write(1, buffer + done, (size_t)(count - done));
    if (written < 0) return -1;
    done += written;
  }
  return count;
}

static ssize_t sendfile_some(void) { return sendfile(1, 0, NULL, step_size); }

static ssize_t splice_some(void) { return splice(0, NULL, 1, NULL, step_size, SPLICE_F_MOVE); }

int main(int argc, char** argv) {
  const char* method = argc == 2 ? argv[1] : "";
  ssize_t (*move_some)(void) = strcmp(method, "copy") == 0       ? copy_some
                               : strcmp(method, "sendfile") == 0 ? sendfile_some
                               : strcmp(method, "splice") == 0   ? splice_some
                                                                 : NULL;
  if (move_some == NULL) {
    fputs("usage: move copy|sendfile|splice\n", stderr);
    return 2;
  }
  fcntl(0, F_SETPIPE_SZ, pipe_size);
  fcntl(1, F_SETPIPE_SZ, pipe_size);
  ssize_t count;
  while ((count = move_some()) > 0) continue;
  if (count < 0) perror("move");
  return count < 0;
}
