/* queue_stream send QUEUE, queue_stream receive QUEUE COUNT: lines into a message queue and out of it, with
   nothing but the system calls that it takes. QUEUE is /NAME (POSIX) or a key (System V). What is received is
   gathered in a buffer, which is written when it is full or the queue is empty. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

enum { buffer_size = 64 * 1024, max_message_size = 8192 };

struct queue {
  mqd_t posix;
  mqd_t posix_nonblocking;
  int sysv; /* -1: it is POSIX */
};

struct message {
  long type;
  char text[max_message_size];
};

static void die(const char* what) {
  perror(what);
  exit(1);
}

static struct queue open_queue(const char* name, int access) {
  struct queue queue = {-1, -1, -1};
  if (name[0] == '/') {
    queue.posix = mq_open(name, access);
    queue.posix_nonblocking = mq_open(name, access | O_NONBLOCK);
    if (queue.posix == -1 || queue.posix_nonblocking == -1) die(name);
  } else {
    queue.sysv = msgget((key_t)strtoul(name, NULL, 0), 0);
    if (queue.sysv == -1) die(name);
  }
  return queue;
}

static void send_line(const struct queue* queue, const char* line, size_t size) {
  static struct message message = {.type = 1};
  if (queue->sysv == -1) {
    if (mq_send(queue->posix, line, size, 0) != 0) die("mq_send");
    return;
  }
  if (size > max_message_size) {
    fputs("queue_stream: a line is too long\n", stderr);
    exit(1);
  }
  memcpy(message.text, line, size);
  if (msgsnd(queue->sysv, &message, size, 0) != 0) die("msgsnd");
}

static void send_lines(const struct queue* queue) {
  static char buffer[2 * buffer_size];
  size_t filled = 0;
  ssize_t count;
  while ((count = read(0, buffer + filled, sizeof buffer - filled)) > 0) {
    filled += (size_t)count;
    char* line = buffer;
    char* end;
    while ((end = memchr(line, '\n', (size_t)(buffer + filled - line))) != NULL) {
      send_line(queue, line, (size_t)(end - line));
      line = end + 1;
    }
    filled = (size_t)(buffer + filled - line);
    memmove(buffer, line, filled);
  }
  if (count < 0) die("read");
}

/* The size of a message that is there; -1 when there is none, unless it is to be waited for. */
static ssize_t receive_message(const struct queue* queue, char* to, int wait) {
  static struct message message;
  ssize_t size;
  if (queue->sysv == -1) {
    size = mq_receive(wait ? queue->posix : queue->posix_nonblocking, to, max_message_size, NULL);
  } else {
    size = msgrcv(queue->sysv, &message, max_message_size, 0, wait ? 0 : IPC_NOWAIT);
    if (size > 0) memcpy(to, message.text, (size_t)size);
  }
  if (size < 0 && (wait || (errno != EAGAIN && errno != ENOMSG))) die("receive");
  return size;
}

static void write_all(const char* data, size_t size) {
  while (size > 0) {
    const ssize_t count = write(1, data, size);
    if (count < 0) die("write");
    data += count;
    size -= (size_t)count;
  }
}

static void receive_lines(const struct queue* queue, long count) {
  static char buffer[buffer_size + max_message_size + 1];
  size_t filled = 0;
  while (count > 0) {
    const ssize_t size = receive_message(queue, buffer + filled, filled == 0);
    if (size >= 0) {
      filled += (size_t)size;
      buffer[filled++] = '\n';
      --count;
    }
    if (size >= 0 && filled < buffer_size) continue;
    write_all(buffer, filled);
    filled = 0;
  }
  write_all(buffer, filled);
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "send") == 0) {
    const struct queue queue = open_queue(argv[2], O_WRONLY);
    send_lines(&queue);
  } else if (argc == 4 && strcmp(argv[1], "receive") == 0) {
    const struct queue queue = open_queue(argv[2], O_RDONLY);
    receive_lines(&queue, atol(argv[3]));
  } else {
    fputs("usage: queue_stream send QUEUE | queue_stream receive QUEUE COUNT\n", stderr);
    return 2;
  }
  return 0;
}
