/* when_listening ADDRESS COMMAND [ARG]...: runs COMMAND as soon as somebody listens at ADDRESS, to which it
   does not connect: that would take the only connection of one who takes a single one. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>

#include "sockets.h"

struct request {
  struct nlmsghdr header;
  union {
    struct inet_diag_req_v2 tcp;
    struct unix_diag_req path;
  } body;
};

static struct request request_listeners(const union socket_address* address) {
  struct request request = {.header = {.nlmsg_len = sizeof request,
                                       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
  if (address->any.sa_family == AF_INET) {
    request.body.tcp.sdiag_family = AF_INET;
    request.body.tcp.sdiag_protocol = IPPROTO_TCP;
    request.body.tcp.idiag_states = 1 << TCP_LISTEN;
  } else {
    request.body.path.sdiag_family = AF_UNIX;
    request.body.path.udiag_states = 1 << TCP_LISTEN;
    request.body.path.udiag_show = UDIAG_SHOW_NAME;
  }
  return request;
}

static int is_path_of(const struct nlmsghdr* message, const char* path) {
  const size_t head = NLMSG_ALIGN(sizeof(struct unix_diag_msg));
  const struct rtattr* attribute = (const struct rtattr*)((const char*)NLMSG_DATA(message) + head);
  size_t left = message->nlmsg_len - NLMSG_LENGTH(head);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
    if (attribute->rta_type == UNIX_DIAG_NAME) {
      const size_t size = strnlen(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
      return size == strlen(path) && memcmp(RTA_DATA(attribute), path, size) == 0;
    }
  return 0;
}

static int is_at(const struct nlmsghdr* message, const union socket_address* address) {
  if (address->any.sa_family == AF_UNIX) return is_path_of(message, address->path.sun_path);
  const struct inet_diag_msg* listener = NLMSG_DATA(message);
  return listener->id.idiag_sport == address->tcp.sin_port;
}

static int is_listening(int kernel, const union socket_address* address) {
  const struct request request = request_listeners(address);
  if (send(kernel, &request, sizeof request, 0) < 0) die("sock_diag(7)");
  static char answer[64 * 1024] __attribute__((aligned(NLMSG_ALIGNTO)));
  for (int found = 0;;) {
    const ssize_t count = recv(kernel, answer, sizeof answer, 0);
    if (count < 0) die("sock_diag(7)");
    size_t left = (size_t)count;
    for (struct nlmsghdr* message = (struct nlmsghdr*)answer; NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return found;
      if (message->nlmsg_type == NLMSG_ERROR) {
        fputs("when_listening: the kernel does not tell who listens\n", stderr);
        exit(1);
      }
      found |= is_at(message, address);
    }
  }
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fputs("usage: when_listening ADDRESS COMMAND [ARG]...\n", stderr);
    return 2;
  }
  union socket_address address;
  parse_address(argv[1], &address);
  const int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0) die("socket");
  const time_t end = time(NULL) + patience_seconds;
  while (!is_listening(kernel, &address)) {
    if (time(NULL) > end) {
      fprintf(stderr, "when_listening: nobody listens at %s\n", argv[1]);
      return 1;
    }
    sleep_briefly();
  }
  execvp(argv[2], argv + 2);
  die(argv[2]);
}
