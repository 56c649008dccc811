/* socket_echo ADDRESS: sends what each client says back to it, from one loop: what a server of many
   connections costs at least. */
#include <poll.h>

#include "sockets.h"

enum { most_clients = 64 };

int main(int argc, char** argv) {
  if (argc != 2) {
    fputs("usage: socket_echo ADDRESS\n", stderr);
    return 2;
  }
  struct pollfd entries[1 + most_clients] = {{.fd = listen_on(argv[1]), .events = POLLIN}};
  nfds_t count = 1;
  char data[64 * 1024];
  for (;;) {
    if (poll(entries, count, -1) < 0) die("poll");
    for (nfds_t i = 1; i < count; ++i) {
      if (entries[i].revents == 0) continue;
      const ssize_t size = read(entries[i].fd, data, sizeof data);
      if (size > 0 && write(entries[i].fd, data, (size_t)size) == size) continue;
      close(entries[i].fd);
      entries[i].fd = -1;
    }
    if (entries[0].revents == 0 || count > most_clients) continue;
    const int client = accept4(entries[0].fd, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) die("accept");
    entries[count++] = (struct pollfd){.fd = client, .events = POLLIN};
  }
}
