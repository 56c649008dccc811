// Measures the time limits of mqsend and mqrecv.
//   mq_timeouts vain RUNS LONGEST COMMAND...      on a queue in which nothing moves
//   mq_timeouts kick QUEUE RUNS LONGEST COMMAND...  COMMAND is mqrecv --follow, and one message comes for it
//   at some time,
//                                                 or mqsend with two messages, and room for one comes
// Runs COMMAND so often, each time with the option -w D behind its name, D from 0 to LONGEST microseconds.
// Exits 0 when each exits 124, not before D has passed since it began or since its message, and not more than
// 2 seconds behind it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;
static int is_posix;
static int queue;  // mqd_t or identifier

static void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

static void on_alarm(int number) {
  static const char text[] = "a wait does not end\n";
  (void)number;
  if (write(2, text, sizeof text - 1) > 0) kill(child, SIGKILL);
  _exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void open_queue(const char* name) {
  is_posix = name[0] == '/';
  queue =
      is_posix ? mq_open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC) : msgget((key_t)strtoul(name, NULL, 0), 0);
  if (queue == -1) fail("%s: %s", name, strerror(errno));
}

// Puts one message in, or takes one out, if that can be done.
static void put(void) {
  static const struct {
    long type;
    char text;
  } message = {1, 'x'};
  (void)(is_posix ? mq_send(queue, &message.text, 1, 0) : msgsnd(queue, &message, 1, IPC_NOWAIT));
}

static void take(void) {
  static struct {
    long type;
    char text[65536];
  } message;
  (void)(is_posix ? mq_receive(queue, message.text, sizeof message.text, NULL)
                  : msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT));
}

static long count(void) {
  struct mq_attr attributes;
  struct msqid_ds status;
  if (is_posix) return mq_getattr(queue, &attributes) == 0 ? attributes.mq_curmsgs : -1;
  return msgctl(queue, IPC_STAT, &status) == 0 ? (long)status.msg_qnum : -1;
}

// Moves a message after so many microseconds, and returns when.
static double kick(int is_sender, long delay) {
  const struct timespec time = {.tv_nsec = delay * 1000};
  nanosleep(&time, NULL);
  const double moved = now();
  (is_sender ? take : put)();
  return moved;
}

int main(int argc, char** argv) {
  const int is_kicking = argc > 1 && strcmp(argv[1], "kick") == 0;
  if (argc < 5 + is_kicking) return 2;
  if (is_kicking) open_queue(argv[2]);
  argv += 2 + is_kicking;
  argc -= 2 + is_kicking;
  const int runs = atoi(argv[0]);
  const long longest = atol(argv[1]);
  const int is_sender = strstr(argv[2], "mqsend") != NULL;
  const long usual_count = is_kicking ? count() : 0;
  char duration[32];
  char** const arguments = calloc((size_t)argc + 1, sizeof *arguments);
  arguments[0] = argv[2];
  arguments[1] = "-w";
  arguments[2] = duration;
  memcpy(arguments + 3, argv + 3, ((size_t)argc - 3) * sizeof *arguments);
  signal(SIGALRM, on_alarm);
  double worst = 0;
  int kicked = 0;
  for (int i = 0; i < runs; ++i) {
    const double limit = (double)(random() % (longest + 1)) / 1e6;
    snprintf(duration, sizeof duration, "%.6f", limit);
    alarm(10);
    double begin = now();
    errno = posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ);
    if (errno != 0) fail("%s: %s", arguments[0], strerror(errno));
    const double moved = is_kicking ? kick(is_sender, random() % (longest + 1)) : 0;
    int status;
    waitpid(child, &status, 0);
    const double end = now();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 124) fail("status %#x of -w %s", status, duration);
    if (is_kicking && count() == usual_count) {
      begin = moved;
      ++kicked;
    } else if (is_kicking) {
      (is_sender ? put : take)();  // it came too late
    }
    const double behind = end - begin - limit;
    if (behind < 0) fail("-w %s returns %.6f s early", duration, -behind);
    if (behind > worst) worst = behind;
  }
  fprintf(stderr, "%d waits, %d of them kicked, at most %.6f s too long\n", runs, kicked, worst);
  return worst > 2 || (is_kicking && kicked == 0);
}
