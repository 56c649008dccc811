/* semaphore_pair -1|+1 SEMAPHORE: one half of the pair that makes a lock, and what it costs at least.
   SEMAPHORE is /NAME (POSIX) or a key (System V). */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>

static int operate_posix(const char* name, int delta) {
  sem_t* semaphore = sem_open(name, 0);
  if (semaphore == SEM_FAILED) return -1;
  return delta < 0 ? sem_wait(semaphore) : sem_post(semaphore);
}

static int operate_sysv(const char* key, int delta) {
  struct sembuf operation = {.sem_op = (short)delta};
  const int set = semget((key_t)strtoul(key, NULL, 0), 0, 0);
  return set == -1 ? -1 : semop(set, &operation, 1);
}

int main(int argc, char** argv) {
  const int delta = argc == 3 ? atoi(argv[1]) : 0;
  if (delta != 1 && delta != -1) {
    fputs("usage: semaphore_pair -1|+1 SEMAPHORE\n", stderr);
    return 2;
  }
  if ((argv[2][0] == '/' ? operate_posix : operate_sysv)(argv[2], delta) == 0) return 0;
  perror("semaphore_pair");
  return 1;
}
