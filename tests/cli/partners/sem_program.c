// A program that uses semaphores and knows nothing of ipcutils.
//   sem_program posix make NAME VALUE       sem_open(3) with O_CREAT | O_EXCL
//   sem_program posix post NAME             ... value NAME: prints it; wait NAME: for 10 s at most
//   sem_program posix pong A B ROUNDS       waits for A and posts B, ROUNDS times
//   sem_program posix greedy NAME UNTIL     takes NAME without waiting, as often as it can, until
//                                           UNTIL is not 0; prints "begun", and how often it was
//   sem_program sysv make KEY COUNT         semget(2) alone: no values, and sem_otime is 0
//   sem_program sysv op KEY NUM DELTA       semtimedop(2), for 10 s at most
//   sem_program sysv value KEY NUM          prints it
//   sem_program sysv otime KEY              prints the time of the last operation
//   sem_program sysv pong KEY ROUNDS        acquires semaphore 0 and releases 1, ROUNDS times
//   sem_program file add FILE               adds 1 to the number in FILE, without any lock
#define _GNU_SOURCE
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

static void check(int ok, const char* what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static sem_t* open_named(const char* name) {
  sem_t* const semaphore = sem_open(name, 0);
  check(semaphore != SEM_FAILED, "sem_open");
  return semaphore;
}

static void wait_for(sem_t* semaphore) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 10;
  check(sem_timedwait(semaphore, &until) == 0, "sem_timedwait");
}

static int posix(int argc, char** argv) {
  const char* const what = argv[0];
  if (strcmp(what, "make") == 0 && argc == 3) {
    check(sem_open(argv[1], O_CREAT | O_EXCL, 0600, (unsigned)atoi(argv[2])) != SEM_FAILED, "sem_open");
    return 0;
  }
  sem_t* const semaphore = open_named(argv[1]);
  int value = 0;
  if (strcmp(what, "post") == 0) check(sem_post(semaphore) == 0, "sem_post");
  if (strcmp(what, "wait") == 0) wait_for(semaphore);
  if (strcmp(what, "value") == 0) {
    check(sem_getvalue(semaphore, &value) == 0, "sem_getvalue");
    printf("%d\n", value);
  }
  if (strcmp(what, "pong") == 0 && argc == 4) {
    sem_t* const other = open_named(argv[2]);
    for (int i = atoi(argv[3]); i > 0; --i) {
      wait_for(semaphore);
      check(sem_post(other) == 0, "sem_post");
    }
  }
  if (strcmp(what, "greedy") == 0 && argc == 3) {
    sem_t* const until = open_named(argv[2]);
    puts("begun");
    fflush(stdout);
    while (sem_trywait(until) != 0)
      for (int i = 0; i < 1000; ++i) value += sem_trywait(semaphore) == 0;
    printf("%d\n", value);
  }
  return 0;
}

static void operate(int id, int number, int delta) {
  struct sembuf operation = {.sem_num = (unsigned short)number, .sem_op = (short)delta};
  const struct timespec limit = {.tv_sec = 10};
  check(semtimedop(id, &operation, 1, &limit) == 0, "semtimedop");
}

static int sysv(int argc, char** argv) {
  const char* const what = argv[0];
  const key_t key = (key_t)strtoul(argv[1], NULL, 0);
  if (strcmp(what, "make") == 0 && argc == 3) {
    check(semget(key, atoi(argv[2]), IPC_CREAT | IPC_EXCL | 0600) != -1, "semget");
    return 0;
  }
  const int id = semget(key, 0, 0);
  check(id != -1, "semget");
  if (strcmp(what, "op") == 0 && argc == 4) operate(id, atoi(argv[2]), atoi(argv[3]));
  if (strcmp(what, "value") == 0 && argc == 3) {
    const int value = semctl(id, atoi(argv[2]), GETVAL);
    check(value != -1, "semctl");
    printf("%d\n", value);
  }
  if (strcmp(what, "otime") == 0) {
    struct semid_ds status;
    check(semctl(id, 0, IPC_STAT, &status) == 0, "semctl");
    printf("%ld\n", (long)status.sem_otime);
  }
  if (strcmp(what, "pong") == 0 && argc == 3) {
    for (int i = atoi(argv[2]); i > 0; --i) {
      operate(id, 0, -1);
      operate(id, 1, 1);
    }
  }
  return 0;
}

static int add(const char* path) {
  char text[32] = "";
  const int file = open(path, O_RDWR);
  check(file != -1 && pread(file, text, sizeof text - 1, 0) > 0, path);
  const int length = snprintf(text, sizeof text, "%ld\n", strtol(text, NULL, 10) + 1);
  check(pwrite(file, text, (size_t)length, 0) == length, path);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  if (strcmp(argv[1], "file") == 0) return add(argv[3]);
  return strcmp(argv[1], "posix") == 0 ? posix(argc - 2, argv + 2) : sysv(argc - 2, argv + 2);
}
