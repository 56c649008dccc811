/* socket_load stream FILE SERVER PROXY [COMMAND [ARG]...]
   socket_load trips COUNT SERVER PROXY [COMMAND [ARG]...]
   socket_load connections COUNT ADDRESS [COMMAND [ARG]...]

   Both sides of a program between sockets, so fast that they do not count. COMMAND is that program; it is
   ended when all is done. It listens at PROXY and connects to SERVER, where this program listens: a client
   sends a FILE through it by reference, or so many requests of 64 bytes, each when the one before has been
   answered. Or COMMAND is a server that echoes, to which so many clients connect, one after the other, each
   with a line. Fails unless all arrives. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sockets.h"

enum { step_size = 1024 * 1024, request_size = 64 };

static void fail(const char* what) {
  fprintf(stderr, "socket_load: %s\n", what);
  exit(1);
}

/* A child that ends when this process does. */
static pid_t start(void) {
  const pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGTERM);
  return pid;
}

static pid_t run(char** command) {
  if (*command == NULL) return 0;
  const pid_t pid = start();
  if (pid > 0) return pid;
  execvp(*command, command);
  die(*command);
  return 0;
}

static void end(pid_t pid) {
  if (pid == 0) return;
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
}

static void send_file(const char* path, int connection) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) die(path);
  ssize_t count;
  while ((count = sendfile(connection, file, NULL, 16 * step_size)) > 0) continue;
  if (count < 0) die("sendfile");
}

static void throw_away(const char* path, int connection) {
  struct stat file;
  if (stat(path, &file) != 0) die(path);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  int ends[2];
  if (nowhere < 0 || pipe2(ends, O_CLOEXEC) != 0) die("pipe");
  fcntl(ends[0], F_SETPIPE_SZ, step_size);
  off_t total = 0;
  ssize_t count;
  while ((count = splice(connection, NULL, ends[1], NULL, step_size, SPLICE_F_MOVE)) > 0) {
    total += count;
    while (count > 0) {
      const ssize_t thrown = splice(ends[0], NULL, nowhere, NULL, (size_t)count, SPLICE_F_MOVE);
      if (thrown <= 0) die("splice to /dev/null");
      count -= thrown;
    }
  }
  if (count < 0) die("splice");
  if (total != file.st_size) fail("not all arrived");
}

/* Whether one came; not if the connection has ended. */
static int receive(int connection, char* to, size_t size) {
  const ssize_t count = recv(connection, to, size, MSG_WAITALL);
  if (count < 0) die("recv");
  if (count > 0 && (size_t)count < size) fail("not all arrived");
  return count > 0;
}

static void send_all(int connection, const char* data, size_t size) {
  if (send(connection, data, size, MSG_NOSIGNAL) != (ssize_t)size) die("send");
}

static void ask(const char* count, int connection) {
  const char request[request_size] = "question";
  char answer[request_size];
  for (long left = atol(count); left > 0; --left) {
    send_all(connection, request, sizeof request);
    if (!receive(connection, answer, sizeof answer)) fail("no answer");
  }
}

static void answer(const char* count, int connection) {
  char request[request_size];
  long left = atol(count);
  for (; receive(connection, request, sizeof request); --left) send_all(connection, request, sizeof request);
  if (left != 0) fail("not all requests arrived");
}

static void expect_end(int connection) {
  char byte;
  shutdown(connection, SHUT_WR);
  if (receive(connection, &byte, sizeof byte)) fail("more came than was sent");
}

static void meet(char** words, void (*client)(const char*, int), void (*server)(const char*, int)) {
  const int listener = listen_on(words[1]);
  const pid_t serving = start();
  if (serving == 0) {
    const int connection = accept_from(listener);
    server(words[0], connection);
    exit(0);
  }
  close(listener);
  const pid_t proxy = run(words + 3);
  const int connection = connect_to(words[2]);
  client(words[0], connection);
  expect_end(connection);
  int status;
  if (waitpid(serving, &status, 0) != serving || status != 0) fail("the server failed");
  end(proxy);
  if (strncmp(words[1], "unix:", 5) == 0) unlink(words[1] + 5);
}

static void connect_often(char** words) {
  static const char line[] = "hello\n";
  char answer[sizeof line - 1];
  const pid_t server = run(words + 2);
  for (long left = atol(words[0]); left > 0; --left) {
    const int connection = connect_to(words[1]);
    send_all(connection, line, sizeof answer);
    shutdown(connection, SHUT_WR);
    if (!receive(connection, answer, sizeof answer) || memcmp(answer, line, sizeof answer) != 0)
      fail("no echo");
    expect_end(connection);
    close(connection);
  }
  end(server);
}

int main(int argc, char** argv) {
  const char* what = argc >= 4 ? argv[1] : "";
  if (strcmp(what, "connections") == 0) {
    connect_often(argv + 2);
  } else if (argc >= 5 && strcmp(what, "stream") == 0) {
    meet(argv + 2, send_file, throw_away);
  } else if (argc >= 5 && strcmp(what, "trips") == 0) {
    meet(argv + 2, ask, answer);
  } else {
    fputs(
        "usage: socket_load stream FILE SERVER PROXY [COMMAND [ARG]...]\n"
        "       socket_load trips COUNT SERVER PROXY [COMMAND [ARG]...]\n"
        "       socket_load connections COUNT ADDRESS [COMMAND [ARG]...]\n",
        stderr);
    return 2;
  }
  return 0;
}
