// A System V program that knows nothing of ipcutils.
//   segment make KEY SIZE      makes a segment, fills it from standard input, prints its identifier
//   segment read ID            writes the segment to standard output
//   segment hold ID            attaches it, prints a line, and detaches it when standard input ends
//   segment keep ID            the same, but until it is killed
//   segment lock ID            locks it in memory
//   segment chmod ID MODE      sets its mode (octal)
//   segment chown ID UID       gives it away
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

static void check(int ok, const char* what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static char* attach(int id, int flags) {
  char* const memory = shmat(id, NULL, flags);
  check(memory != (char*)-1, "shmat");
  return memory;
}

static int make(const char* key, const char* size_text) {
  const size_t size = strtoul(size_text, NULL, 0);
  const int id = shmget((key_t)strtoul(key, NULL, 0), size, IPC_CREAT | IPC_EXCL | 0600);
  check(id != -1, "shmget");
  const size_t count = fread(attach(id, 0), 1, size, stdin);
  printf("%d\n", id);
  return count > 0 ? 0 : 1;
}

static int read_all(int id) {
  struct shmid_ds status;
  check(shmctl(id, IPC_STAT, &status) == 0, "shmctl");
  check(fwrite(attach(id, SHM_RDONLY), 1, status.shm_segsz, stdout) == status.shm_segsz, "fwrite");
  return 0;
}

static int hold(int id, int is_for_ever) {
  attach(id, 0);
  puts("attached");
  fflush(stdout);
  while (is_for_ever) pause();
  while (getchar() != EOF) continue;
  return 0;
}

static int set(int id, const char* what, const char* value) {
  struct shmid_ds status;
  check(shmctl(id, IPC_STAT, &status) == 0, "shmctl");
  if (strcmp(what, "chmod") == 0)
    status.shm_perm.mode = (unsigned short)strtoul(value, NULL, 8);
  else
    status.shm_perm.uid = (uid_t)strtoul(value, NULL, 10);
  check(shmctl(id, IPC_SET, &status) == 0, "shmctl");
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "make") == 0) return make(argv[2], argv[3]);
  if (argc == 4) return set(atoi(argv[2]), argv[1], argv[3]);
  if (argc != 3) return 2;
  const int id = atoi(argv[2]);
  if (strcmp(argv[1], "read") == 0) return read_all(id);
  if (strcmp(argv[1], "hold") == 0) return hold(id, 0);
  if (strcmp(argv[1], "keep") == 0) return hold(id, 1);
  if (strcmp(argv[1], "lock") == 0) check(shmctl(id, SHM_LOCK, NULL) == 0, "shmctl");
  return 0;
}
