/* What the programs around sockets share. An ADDRESS is tcp:PORT, on the loopback interface, or unix:PATH. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { patience_seconds = 10 }; /* until somebody must listen */

union socket_address {
  struct sockaddr any;
  struct sockaddr_in tcp;
  struct sockaddr_un path;
};

static inline void die(const char* what) {
  perror(what);
  exit(1);
}

static inline socklen_t parse_address(const char* text, union socket_address* address) {
  memset(address, 0, sizeof *address);
  if (strncmp(text, "tcp:", 4) == 0) {
    address->tcp.sin_family = AF_INET;
    address->tcp.sin_port = htons((in_port_t)atoi(text + 4));
    address->tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sizeof address->tcp;
  }
  if (strncmp(text, "unix:", 5) == 0 && strlen(text + 5) < sizeof address->path.sun_path) {
    address->path.sun_family = AF_UNIX;
    strcpy(address->path.sun_path, text + 5);
    return sizeof address->path;
  }
  fprintf(stderr, "'%s' is neither tcp:PORT nor unix:PATH\n", text);
  exit(2);
}

/* Room for a large step; of no effect on TCP. */
static inline void enlarge_buffer(int socket, const union socket_address* address) {
  const int size = 4 * 1024 * 1024;
  if (address->any.sa_family == AF_UNIX) setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static inline int listen_on(const char* text) {
  union socket_address address;
  const socklen_t size = parse_address(text, &address);
  const int listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  if (listener < 0) die("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, &address.any, size) != 0 || listen(listener, SOMAXCONN) != 0) die(text);
  return listener;
}

static inline int accept_from(int listener) {
  union socket_address address;
  socklen_t size = sizeof address;
  const int connection = accept4(listener, &address.any, &size, SOCK_CLOEXEC);
  if (connection < 0) die("accept");
  enlarge_buffer(connection, &address);
  return connection;
}

static inline void sleep_briefly(void) { nanosleep(&(struct timespec){.tv_nsec = 200 * 1000}, NULL); }

/* As soon as somebody listens there. */
static inline int connect_to(const char* text) {
  union socket_address address;
  const socklen_t size = parse_address(text, &address);
  const time_t end = time(NULL) + patience_seconds;
  for (;;) {
    const int connection = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) die("socket");
    enlarge_buffer(connection, &address);
    if (connect(connection, &address.any, size) == 0) return connection;
    if ((errno != ECONNREFUSED && errno != ENOENT) || time(NULL) > end) die(text);
    close(connection);
    sleep_briefly();
  }
}
