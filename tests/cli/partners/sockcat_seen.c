// Shows what a program inherits that it should not: a line for each descriptor but 0, 1 and 2, and for each
// signal that is blocked or ignored; then "end".
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  for (int fd = 3; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) == -1) continue;
    char path[64], target[4096];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(path, target, sizeof target);
    printf("descriptor %d %.*s\n", fd, size > 0 ? (int)size : 0, target);
  }
  for (int number = 1; number < 32; ++number) {
    struct sigaction action;
    if (sigismember(&blocked, number) == 1) printf("blocked %d\n", number);
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf("ignored %d\n", number);
  }
  puts("end");
  return 0;
}
