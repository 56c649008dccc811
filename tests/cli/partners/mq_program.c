// A program with message queues that knows nothing of ipcutils. QUEUE is /NAME (POSIX) or KEY (System V).
//   mq_program make QUEUE [LIMIT]              makes a queue, of LIMIT messages (POSIX) or bytes (System V)
//   mq_program send QUEUE [NUMBER TEXT]...     sends TEXT with NUMBER for its priority or type
//   mq_program receive QUEUE [TYPE [except]]   takes what there is: a line "NUMBER TEXT" for each
//   mq_program count QUEUE                     prints how many messages there are
//   mq_program mode QUEUE                      prints its permissions (octal)
//   mq_program notify /NAME                    asks for a notice, prints a line, and prints what the notice
//   was for
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/stat.h>

enum { longest = 65536 };

struct buffer {
  long type;
  char text[longest];
};

static struct buffer buffer;

static long check(long result, const char* what) {
  if (result != -1) return result;
  perror(what);
  exit(1);
}

static mqd_t open_posix(const char* name, int flags) { return (mqd_t)check(mq_open(name, flags), "mq_open"); }

static int find_sysv(const char* key) {
  return (int)check(msgget((key_t)strtoul(key, NULL, 0), 0), "msgget");
}

static void make_posix(const char* name, const char* limit) {
  struct mq_attr attributes = {.mq_maxmsg = limit != NULL ? atol(limit) : 10, .mq_msgsize = 8192};
  check(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes), "mq_open");
}

static void make_sysv(const char* key, const char* limit) {
  const int id = (int)check(msgget((key_t)strtoul(key, NULL, 0), IPC_CREAT | IPC_EXCL | 0600), "msgget");
  struct msqid_ds status;
  check(msgctl(id, IPC_STAT, &status), "msgctl");
  if (limit != NULL) status.msg_qbytes = strtoul(limit, NULL, 0);
  check(msgctl(id, IPC_SET, &status), "msgctl");
}

static void send_posix(mqd_t queue, const char* priority, const char* text) {
  check(mq_send(queue, text, strlen(text), (unsigned)atoi(priority)), "mq_send");
}

static void send_sysv(int id, const char* type, const char* text) {
  buffer.type = atol(type);
  strcpy(buffer.text, text);
  check(msgsnd(id, &buffer, strlen(text), 0), "msgsnd");
}

static void print_message(long number, size_t size) {
  printf("%ld ", number);
  fwrite(buffer.text, 1, size, stdout);
  putchar('\n');
}

static void receive_posix(mqd_t queue) {
  for (;;) {
    unsigned priority = 0;
    const ssize_t size = mq_receive(queue, buffer.text, sizeof buffer.text, &priority);
    if (size == -1 && errno == EAGAIN) return;
    print_message(priority, (size_t)check(size, "mq_receive"));
  }
}

static void receive_sysv(int id, long type, int flags) {
  for (;;) {
    const ssize_t size = msgrcv(id, &buffer, sizeof buffer.text, type, IPC_NOWAIT | flags);
    if (size == -1 && errno == ENOMSG) return;
    print_message(buffer.type, (size_t)check(size, "msgrcv"));
  }
}

static long count_of(const char* name) {
  if (name[0] == '/') {
    struct mq_attr attributes;
    check(mq_getattr(open_posix(name, O_RDONLY), &attributes), "mq_getattr");
    return attributes.mq_curmsgs;
  }
  struct msqid_ds status;
  check(msgctl(find_sysv(name), IPC_STAT, &status), "msgctl");
  return (long)status.msg_qnum;
}

static unsigned mode_of(const char* name) {
  if (name[0] == '/') {
    struct stat status;
    check(fstat(open_posix(name, O_RDONLY), &status), "fstat");
    return status.st_mode & 07777;
  }
  struct msqid_ds status;
  check(msgctl(find_sysv(name), IPC_STAT, &status), "msgctl");
  return status.msg_perm.mode;
}

static void notify(const char* name) {
  const mqd_t queue = open_posix(name, O_RDONLY | O_NONBLOCK);
  const struct timespec patience = {.tv_sec = 20};
  siginfo_t notice;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  const struct sigevent event = {
      .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 42}};
  check(mq_notify(queue, &event), "mq_notify");
  puts("ready");
  fflush(stdout);
  check(sigtimedwait(&signals, &notice, &patience), "sigtimedwait");
  printf("code %d value %d\n", notice.si_code == SI_MESGQ, notice.si_value.sival_int);
  receive_posix(queue);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* const what = argv[1];
  const char* const name = argv[2];
  const int is_posix = name[0] == '/';
  if (strcmp(what, "make") == 0) (is_posix ? make_posix : make_sysv)(name, argv[3]);
  if (strcmp(what, "count") == 0) printf("%ld\n", count_of(name));
  if (strcmp(what, "mode") == 0) printf("%o\n", mode_of(name));
  if (strcmp(what, "notify") == 0) notify(name);
  if (strcmp(what, "send") == 0) {
    const int queue = is_posix ? open_posix(name, O_WRONLY) : find_sysv(name);
    for (int i = 3; i + 1 < argc; i += 2) (is_posix ? send_posix : send_sysv)(queue, argv[i], argv[i + 1]);
  }
  if (strcmp(what, "receive") == 0) {
    if (is_posix)
      receive_posix(open_posix(name, O_RDONLY | O_NONBLOCK));
    else
      receive_sysv(find_sysv(name), argc > 3 ? atol(argv[3]) : 0, argc > 4 ? MSG_EXCEPT : 0);
  }
  return 0;
}
