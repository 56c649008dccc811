/* queue_send_one QUEUE MESSAGE: what sending one message costs at least. QUEUE is /NAME (POSIX) or a key
   (System V). */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

static int send_posix(const char* name, const char* text) {
  const mqd_t queue = mq_open(name, O_WRONLY);
  return queue == -1 ? -1 : mq_send(queue, text, strlen(text), 0);
}

static int send_sysv(const char* key, const char* text) {
  struct {
    long type;
    char text[64];
  } message = {.type = 1};
  const size_t size = strnlen(text, sizeof message.text);
  memcpy(message.text, text, size);
  const int queue = msgget((key_t)strtoul(key, NULL, 0), 0);
  return queue == -1 ? -1 : msgsnd(queue, &message, size, 0);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fputs("usage: queue_send_one QUEUE MESSAGE\n", stderr);
    return 2;
  }
  if ((argv[1][0] == '/' ? send_posix : send_sysv)(argv[1], argv[2]) == 0) return 0;
  perror("queue_send_one");
  return 1;
}
