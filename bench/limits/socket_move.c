/* socket_move connect|listen ADDRESS SEND RECEIVE: a file at standard input into a socket, and what comes out
   of it to standard output, as fast as one way of doing it allows, and nothing else. SEND is write, sendfile
   or none, RECEIVE is read, splice or none. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sockets.h"

enum { step_size = 1024 * 1024 };

static off_t size_of_input(void) {
  struct stat status;
  if (fstat(0, &status) != 0) die("fstat");
  return status.st_size;
}

static void write_all(int to, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t count = write(to, data, size < step_size ? size : step_size);
    if (count < 0) die("write");
    data += count;
    size -= (size_t)count;
  }
}

static void send_by_write(int connection) {
  const size_t size = (size_t)size_of_input();
  const char* data = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, 0, 0);
  if (data == MAP_FAILED) die("mmap");
  write_all(connection, data, size);
}

static void send_by_sendfile(int connection) {
  ssize_t count;
  while ((count = sendfile(connection, 0, NULL, 16 * step_size)) > 0) continue;
  if (count < 0) die("sendfile");
}

static void receive_by_read(int connection) {
  static char buffer[step_size];
  ssize_t count;
  while ((count = read(connection, buffer, sizeof buffer)) > 0) write_all(1, buffer, (size_t)count);
  if (count < 0) die("read");
}

static void receive_by_splice(int connection) {
  int ends[2];
  if (pipe(ends) != 0) die("pipe");
  fcntl(ends[0], F_SETPIPE_SZ, step_size);
  ssize_t count;
  while ((count = splice(connection, NULL, ends[1], NULL, step_size, SPLICE_F_MOVE)) > 0)
    while (count > 0) {
      const ssize_t moved = splice(ends[0], NULL, 1, NULL, (size_t)count, SPLICE_F_MOVE);
      if (moved <= 0) die("splice to the output");
      count -= moved;
    }
  if (count < 0) die("splice");
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fputs("usage: socket_move connect|listen ADDRESS write|sendfile|none read|splice|none\n", stderr);
    return 2;
  }
  const int connection =
      strcmp(argv[1], "listen") == 0 ? accept_from(listen_on(argv[2])) : connect_to(argv[2]);
  const pid_t sender = fork();
  if (sender < 0) die("fork");
  if (sender == 0) {
    if (strcmp(argv[3], "write") == 0) send_by_write(connection);
    if (strcmp(argv[3], "sendfile") == 0) send_by_sendfile(connection);
    shutdown(connection, SHUT_WR);
    return 0;
  }
  if (strcmp(argv[4], "read") == 0) receive_by_read(connection);
  if (strcmp(argv[4], "splice") == 0) receive_by_splice(connection);
  int status;
  return waitpid(sender, &status, 0) != sender || status != 0;
}
