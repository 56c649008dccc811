/* repeat ROUNDS SEQUENCE [::: SEQUENCE]...: a stopwatch for programs that run about a millisecond.

   A SEQUENCE is one command, or several with "," between, which are timed together. Every round runs all
   sequences one after the other, so that what slows the machine down hits all of them. An argument "{}" is
   replaced by the last word that the command before it printed. Standard output of the commands is read and
   thrown away. Prints the medians in nanoseconds, one a line. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

enum { max_sequences = 16, max_arguments = 64 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Runs a command, leaves the last word of its output in `word`, and returns how long it took. */
static int64_t run(char** argv, char* word, size_t size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) die("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  const int64_t begin = now();
  pid_t pid;
  errno = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
  if (errno != 0) die(argv[0]);
  close(ends[1]);
  static char output[64 * 1024];
  enum { tail = 256 };
  size_t length = 0;
  for (ssize_t count; (count = read(ends[0], output + length, sizeof output - 1 - length)) > 0;) {
    length += (size_t)count;
    if (length > sizeof output / 2) {
      memmove(output, output + length - tail, tail);
      length = tail;
    }
  }
  int status;
  if (waitpid(pid, &status, 0) != pid) die("waitpid");
  const int64_t end = now();
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (status != 0) {
    fprintf(stderr, "repeat: %s failed with wait status %d\n", argv[0], status);
    exit(1);
  }
  while (length > 0 && (output[length - 1] == '\n' || output[length - 1] == ' ')) --length;
  output[length] = '\0';
  const char* space = strrchr(output, ' ');
  snprintf(word, size, "%.255s", space == NULL ? output : space + 1);
  return end - begin;
}

static int64_t run_sequence(char** words) {
  char word[256] = "";
  int64_t total = 0;
  while (*words != NULL) {
    char* argv[max_arguments];
    char previous[sizeof word];
    memcpy(previous, word, sizeof word);
    size_t count = 0;
    for (; *words != NULL && strcmp(*words, ",") != 0 && count + 1 < max_arguments; ++words)
      argv[count++] = strcmp(*words, "{}") == 0 ? previous : *words;
    argv[count] = NULL;
    if (*words != NULL) ++words;
    total += run(argv, word, sizeof word);
  }
  return total;
}

static int compare(const void* a, const void* b) {
  const int64_t x = *(const int64_t*)a;
  const int64_t y = *(const int64_t*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? atoi(argv[1]) : 0;
  if (rounds <= 0) {
    fputs("usage: repeat ROUNDS SEQUENCE [::: SEQUENCE]...\n", stderr);
    return 2;
  }
  char** sequences[max_sequences] = {argv + 2};
  size_t count = 1;
  for (char** word = argv + 2; *word != NULL; ++word) {
    if (strcmp(*word, ":::") != 0) continue;
    *word = NULL;
    if (count == max_sequences) return 2;
    sequences[count++] = word + 1;
  }
  int64_t* times = malloc(count * (size_t)rounds * sizeof *times);
  if (times == NULL) die("malloc");
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < count; ++i) times[i * (size_t)rounds + (size_t)round] = run_sequence(sequences[i]);
  for (size_t i = 0; i < count; ++i) {
    qsort(times + i * (size_t)rounds, (size_t)rounds, sizeof *times, compare);
    printf("%lld\n", (long long)times[i * (size_t)rounds + (size_t)rounds / 2]);
  }
  free(times);
  return 0;
}
