// Many clients of a server that gives back what it gets; ADDRESS is a port of 127.0.0.1, or a path.
//
//   sockcat_storm ADDRESS at-once N   All are connected before any of them ends. Once each has got back its
//   first
//                                     half, "half" is written; the second halves go after a line on standard
//                                     input.
//   sockcat_storm ADDRESS in-a-row N  One after the other.
//
// Ends with 0 if each has got its own bytes and then the end; with 77 if there are not enough descriptors.
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { half = 1000 };

static union {
  struct sockaddr any;
  struct sockaddr_in ip;
  struct sockaddr_un local;
} address;
static socklen_t address_size;

static void set_address(const char* text) {
  if (text[0] == '/') {
    address.local.sun_family = AF_UNIX;
    if (strlen(text) >= sizeof address.local.sun_path) errx(2, "the path is too long");
    strcpy(address.local.sun_path, text);
    address_size = sizeof address.local;
  } else {
    address.ip.sin_family = AF_INET;
    address.ip.sin_port = htons((unsigned short)atoi(text));
    address.ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_size = sizeof address.ip;
  }
}

static int connected(void) {
  const int fd = socket(address.any.sa_family, SOCK_STREAM, 0);
  if (fd == -1) err(1, "socket");
  if (connect(fd, &address.any, address_size) != 0) err(1, "connect");
  return fd;
}

// The bytes that client `number` sends: no two send the same.
static void fill(char* data, int number, int part) {
  for (int i = 0; i < half; i += 20) {
    char text[21];
    snprintf(text, sizeof text, "%06d %06d %05d\n", number, part, i);
    memcpy(data + i, text, 20);
  }
}

static void send_part(int fd, int number, int part) {
  char data[half];
  fill(data, number, part);
  if (send(fd, data, half, MSG_NOSIGNAL) != half) err(1, "send of client %d", number);
}

static void receive_part(int fd, int number, int part) {
  char wanted[half], data[half];
  fill(wanted, number, part);
  for (size_t got = 0; got < half;) {
    const ssize_t size = recv(fd, data + got, half - got, 0);
    if (size == -1) err(1, "recv of client %d", number);
    if (size == 0) errx(1, "client %d got the end after %zu bytes of part %d", number, got, part);
    got += (size_t)size;
  }
  if (memcmp(wanted, data, half) != 0) errx(1, "client %d got other bytes than its own", number);
}

static void receive_end(int fd, int number) {
  char byte;
  const ssize_t size = recv(fd, &byte, 1, 0);
  if (size == -1) err(1, "the end of client %d", number);
  if (size != 0) errx(1, "client %d got more than it had sent", number);
}

static void end_input(int fd, int number) {
  if (shutdown(fd, SHUT_WR) != 0) err(1, "shutdown of client %d", number);
}

static void at_once(int count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) err(1, "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < (rlim_t)count + 20) exit(77);
  int* fds = calloc((size_t)count, sizeof *fds);
  if (!fds) err(1, "calloc");
  for (int i = 0; i < count; ++i) fds[i] = connected();
  for (int i = 0; i < count; ++i) send_part(fds[i], i, 0);
  for (int i = 0; i < count; ++i) receive_part(fds[i], i, 0);
  puts("half");
  fflush(stdout);
  getchar();
  for (int i = 0; i < count; ++i) {
    send_part(fds[i], i, 1);
    end_input(fds[i], i);
  }
  for (int i = 0; i < count; ++i) {
    receive_part(fds[i], i, 1);
    receive_end(fds[i], i);
  }
  free(fds);
}

static void in_a_row(int count) {
  for (int i = 0; i < count; ++i) {
    const int fd = connected();
    send_part(fd, i, 0);
    end_input(fd, i);
    receive_part(fd, i, 0);
    receive_end(fd, i);
    close(fd);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) errx(2, "usage: sockcat_storm ADDRESS at-once|in-a-row N");
  set_address(argv[1]);
  if (strcmp(argv[2], "at-once") == 0)
    at_once(atoi(argv[3]));
  else
    in_a_row(atoi(argv[3]));
  return 0;
}
