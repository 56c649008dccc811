/* rpc_load CALLS CLIENTS ADDRESS REQUEST COMMAND [ARG]...
   rpc_load CALLS CLIENTS spawn COMMAND [ARG]...

   COMMAND is a server at ADDRESS, to which so many clients send REQUEST and a newline at the same time, each
   when the line that answers the one before has come, until all together have made so many calls. Prints how
   many seconds that took. With `spawn` the clients run COMMAND themselves. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sockets.h"

extern char** environ;

struct client {
  pthread_t thread;
  int connection;
  long calls;
  const char* request;
  char** command;
};

static void* call(void* argument) {
  const struct client* client = argument;
  static const int room = 64 * 1024;
  char* answer = malloc((size_t)room);
  const size_t size = strlen(client->request);
  for (long i = 0; i < client->calls; ++i) {
    if (write(client->connection, client->request, size) != (ssize_t)size) die("write");
    for (;;) {
      const ssize_t count = read(client->connection, answer, (size_t)room);
      if (count <= 0) die("read");
      if (answer[count - 1] == '\n') break;
    }
  }
  free(answer);
  return NULL;
}

static void* spawn(void* argument) {
  const struct client* client = argument;
  for (long i = 0; i < client->calls; ++i) {
    pid_t pid;
    int status;
    errno = posix_spawn(&pid, client->command[0], NULL, NULL, client->command, environ);
    if (errno != 0) die(client->command[0]);
    waitpid(pid, &status, 0);
  }
  return NULL;
}

static pid_t serve(char** command) {
  const pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  execvp(command[0], command);
  die(command[0]);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    fputs("usage: rpc_load CALLS CLIENTS ADDRESS REQUEST COMMAND [ARG]...\n", stderr);
    return 2;
  }
  const int is_spawning = strcmp(argv[3], "spawn") == 0;
  const long count = atol(argv[2]);
  const pid_t server = is_spawning ? 0 : serve(argv + 5);
  char* request = NULL;
  if (asprintf(&request, "%s\n", argv[4]) < 0) die("asprintf");
  struct client* clients = calloc((size_t)count, sizeof *clients);
  for (long i = 0; i < count; ++i) {
    clients[i].calls = atol(argv[1]) / count;
    clients[i].request = request;
    clients[i].command = argv + 4;
    if (!is_spawning) clients[i].connection = connect_to(argv[3]);
  }
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (long i = 0; i < count; ++i)
    pthread_create(&clients[i].thread, NULL, is_spawning ? spawn : call, &clients[i]);
  for (long i = 0; i < count; ++i) pthread_join(clients[i].thread, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
  if (server > 0) {
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
  }
  free(clients);
  free(request);
  return 0;
}
