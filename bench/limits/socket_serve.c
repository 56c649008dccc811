/* socket_serve ADDRESS COMMAND [ARG]...: a COMMAND for each connection, which it gets as standard input and
   output: what a server that runs one costs at least. */
#include <signal.h>
#include <spawn.h>

#include "sockets.h"

extern char** environ;

int main(int argc, char** argv) {
  if (argc < 3) {
    fputs("usage: socket_serve ADDRESS COMMAND [ARG]...\n", stderr);
    return 2;
  }
  signal(SIGCHLD, SIG_IGN); /* nobody waits for the commands */
  const int listener = listen_on(argv[1]);
  for (;;) {
    const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) die("accept");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, connection, 0);
    posix_spawn_file_actions_adddup2(&actions, connection, 1);
    errno = posix_spawn(&(pid_t){0}, argv[2], &actions, NULL, argv + 2, environ);
    if (errno != 0) die(argv[2]);
    posix_spawn_file_actions_destroy(&actions);
    close(connection);
  }
}
