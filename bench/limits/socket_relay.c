/* socket_relay LISTEN CONNECT copy|splice: takes one connection, makes another, and moves both ways what
   comes, a process for each way, with nothing but the system calls that it takes. */
#include <fcntl.h>
#include <sys/wait.h>

#include "sockets.h"

enum { step_size = 1024 * 1024 };

static void copy(int from, int to) {
  static char buffer[step_size];
  ssize_t count;
  while ((count = read(from, buffer, sizeof buffer)) > 0)
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = write(to, buffer + done, (size_t)(count - done));
      if (written < 0) die("write");
      done += written;
    }
  if (count < 0) die("read");
}

static void splice_through(int from, int to) {
  int ends[2];
  if (pipe(ends) != 0) die("pipe");
  fcntl(ends[0], F_SETPIPE_SZ, step_size);
  ssize_t count;
  while ((count = splice(from, NULL, ends[1], NULL, step_size, SPLICE_F_MOVE)) > 0)
    while (count > 0) {
      const ssize_t moved = splice(ends[0], NULL, to, NULL, (size_t)count, SPLICE_F_MOVE);
      if (moved <= 0) die("splice to the destination");
      count -= moved;
    }
  if (count < 0) die("splice");
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fputs("usage: socket_relay LISTEN CONNECT copy|splice\n", stderr);
    return 2;
  }
  void (*const move)(int, int) = strcmp(argv[3], "copy") == 0 ? copy : splice_through;
  const int first = accept_from(listen_on(argv[1]));
  const int second = connect_to(argv[2]);
  const pid_t backward = fork();
  if (backward < 0) die("fork");
  const int from = backward == 0 ? second : first;
  const int to = backward == 0 ? first : second;
  move(from, to);
  shutdown(to, SHUT_WR);
  int status = 0;
  if (backward > 0 && waitpid(backward, &status, 0) != backward) die("waitpid");
  return status != 0;
}
