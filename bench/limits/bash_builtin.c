/* What a builtin of bash costs at least: bare system calls and nothing around them. "enable -f bash_builtin
   limit_…" loads them; an operand too few is undefined.

   limit_mqsend QUEUE TEXT, limit_mqrecv QUEUE VARIABLE: a message of a POSIX queue
   limit_semop ID N, limit_hold ID N: an operation on a System V semaphore; the latter ends with the shell
   limit_shmget NAME VARIABLE: a POSIX object into a variable; limit_shmput NAME: standard input into one
   limit_ipcnew queue|sem VARIABLE, limit_ipcdel queue|sem ID: a private System V object */
#include <config.h>

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"
/* builtins.h and shell.h first: the others need them. */
#include "common.h"

static char buffer[64 * 1024]; /* what moves is not larger */

static const char* first(WORD_LIST* list) { return list->word->word; }
static const char* second(WORD_LIST* list) { return list->next->word->word; }

static int failed(const char* what) {
  perror(what);
  return EXECUTION_FAILURE;
}

static int assign(WORD_LIST* list, size_t length) {
  buffer[length] = '\0';
  return bind_variable(second(list), buffer, 0) != NULL ? EXECUTION_SUCCESS : EXECUTION_FAILURE;
}

static int mqsend(WORD_LIST* list) {
  const mqd_t queue = mq_open(first(list), O_WRONLY);
  if (queue == -1 || mq_send(queue, second(list), strlen(second(list)), 0) != 0)
    return failed("limit_mqsend");
  mq_close(queue);
  return EXECUTION_SUCCESS;
}

static int mqrecv(WORD_LIST* list) {
  const mqd_t queue = mq_open(first(list), O_RDONLY);
  const ssize_t length = queue == -1 ? -1 : mq_receive(queue, buffer, sizeof buffer - 1, NULL);
  if (length < 0) return failed("limit_mqrecv");
  mq_close(queue);
  return assign(list, (size_t)length);
}

static int operate(WORD_LIST* list, int flags) {
  struct sembuf operation = {.sem_op = (short)atoi(second(list)), .sem_flg = (short)flags};
  return semop(atoi(first(list)), &operation, 1) == 0 ? EXECUTION_SUCCESS : failed("limit_semop");
}

static int operate_plainly(WORD_LIST* list) { return operate(list, 0); }

static int hold(WORD_LIST* list) { return operate(list, SEM_UNDO); }

static int shmget_(WORD_LIST* list) {
  struct stat status;
  const int object = shm_open(first(list), O_RDONLY, 0);
  if (object == -1 || fstat(object, &status) != 0 || status.st_size >= (off_t)sizeof buffer)
    return failed("limit_shmget");
  const ssize_t length = read(object, buffer, (size_t)status.st_size);
  close(object);
  return length == status.st_size ? assign(list, (size_t)length) : failed("limit_shmget");
}

static int shmput(WORD_LIST* list) {
  const ssize_t length = read(STDIN_FILENO, buffer, sizeof buffer);
  const int object = length < 0 ? -1 : shm_open(first(list), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (object == -1 || write(object, buffer, (size_t)length) != length) return failed("limit_shmput");
  close(object);
  return EXECUTION_SUCCESS;
}

static int is_queue(WORD_LIST* list) { return strcmp(first(list), "queue") == 0; }

static int ipcnew(WORD_LIST* list) {
  const int id = is_queue(list) ? msgget(IPC_PRIVATE, 0600) : semget(IPC_PRIVATE, 1, 0600);
  return id == -1 ? failed("limit_ipcnew") : assign(list, (size_t)sprintf(buffer, "%d", id));
}

static int ipcdel(WORD_LIST* list) {
  const int id = atoi(second(list));
  const int status = is_queue(list) ? msgctl(id, IPC_RMID, NULL) : semctl(id, 0, IPC_RMID);
  return status == 0 ? EXECUTION_SUCCESS : failed("limit_ipcdel");
}

static char* const no_help[] = {NULL};

#define BUILTIN(name, function)                                                   \
  __attribute__((visibility("default"))) struct builtin limit_##name##_struct = { \
      "limit_" #name, function, BUILTIN_ENABLED, no_help, "limit_" #name, NULL}

BUILTIN(mqsend, mqsend);
BUILTIN(mqrecv, mqrecv);
BUILTIN(semop, operate_plainly);
BUILTIN(hold, hold);
BUILTIN(shmget, shmget_);
BUILTIN(shmput, shmput);
BUILTIN(ipcnew, ipcnew);
BUILTIN(ipcdel, ipcdel);
