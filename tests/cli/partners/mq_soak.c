// Counts every message in and out of a queue while mqrecv is interrupted at random: by signals, by readers
// that close their pipe, by a full disk and by failing COMMANDs, some with a queue that a sender has filled
// again meanwhile.
//   mq_soak run QUEUE ROUNDS SEED FOLDER   needs the queue, which must be empty; exits 0 when every message
//   came out
//                                          once and as it went in
//   mq_soak take FILE                      the COMMAND: appends its message to FILE and succeeds, or fails
// Delivered is what a pipe, FILE or, as JSON, standard error has got.
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { longest = 9000, most_messages = 1000000, most_bytes = 1 << 20 };

struct buffer {
  long type;
  char text[longest];
};

static struct buffer buffer;
static const char* queue_name;
static int is_posix;
static int queue;             // mqd_t or identifier
static unsigned next_number;  // of the message to be sent next
static unsigned delivered;
static unsigned has_come[most_messages];  // 0, or where: a pipe by its round, or one of the others
enum { by_command = most_messages, on_error, left_over };
static unsigned place = 1;
static char messages_path[4096];  // standard error of all
static char taken_path[4096];     // FILE of all
static int messages_file;

static void fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "mq_soak: ");
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(1);
}

static long check(long result, const char* what) {
  if (result == -1) fail("%s: %s", what, strerror(errno));
  return result;
}

static unsigned below(unsigned limit) { return (unsigned)random() % limit; }
static int is_once_in(unsigned n) { return below(n) == 0; }

static void wait_microseconds(unsigned duration) {
  const struct timespec time = {.tv_nsec = duration * 1000L};
  nanosleep(&time, NULL);
}

// A message, by its number: "NUMBER:aaaa", where the number tells the length and the priority or type.

static unsigned length_of(unsigned number) {
  const unsigned n = number * 2654435761u >> 8;
  return n % 16 == 0 ? 4000 + n % 4000 : n % 300;
}

static long property_of(unsigned number) { return 1 + number % 5; }

static size_t write_message(unsigned number) {
  const int prefix = sprintf(buffer.text, "%u:", number);
  memset(buffer.text + prefix, 'a' + (int)(number % 26), length_of(number));
  return (size_t)prefix + length_of(number);
}

// Counts a message that has come out.
static void count(long property, const char* text, size_t size) {
  char* end;
  const unsigned long number = strtoul(text, &end, 10);
  if (!isdigit(text[0]) || *end != ':' || number >= next_number) fail("no message of ours: %.40s", text);
  if (has_come[number]) fail("message %lu came twice, at %u and %u", number, has_come[number], place);
  if (property != property_of((unsigned)number))
    fail("message %lu has %ld for its property", number, property);
  if (size != write_message((unsigned)number) || memcmp(text, buffer.text, size) != 0)
    fail("message %lu is not as it was sent", number);
  has_come[number] = place;
  ++delivered;
}

// Counts the records "PROPERTY MESSAGE\n". The last one may have been cut short by the end of its receiver,
// which has put it back.
static void count_records(const char* data, size_t size) {
  const char* line = data;
  const char* newline;
  for (; (newline = memchr(line, '\n', (size_t)(data + size - line))) != NULL; line = newline + 1) {
    const char* const space = memchr(line, ' ', (size_t)(newline - line));
    if (space == NULL) fail("no record: %.40s", line);
    count(atol(line), space + 1, (size_t)(newline - space - 1));
  }
}

// Counts what has come on standard error: records such as {"data":"TEXT","type":1}, and other messages.
static unsigned count_json(const char* path) {
  FILE* const file = fopen(path, "r");
  static char line[2 * longest];
  unsigned records = 0;
  if (file == NULL) fail("%s: %s", path, strerror(errno));
  while (fgets(line, sizeof line, file) != NULL) {
    static const char head[] = "{\"data\":\"";
    if (strncmp(line, "mqrecv: ", 8) == 0) continue;
    char* const text = line + sizeof head - 1;
    char* const quote = strchr(text, '"');
    char* const colon = quote != NULL ? strrchr(quote, ':') : NULL;
    if (strncmp(line, head, sizeof head - 1) != 0 || colon == NULL) fail("on standard error: %.60s", line);
    *quote = '\0';
    count(atol(colon + 1), text, (size_t)(quote - text));
    ++records;
  }
  fclose(file);
  return records;
}

// Sends up to so many messages, as long as there is room.
static void send_messages(unsigned most) {
  for (; most > 0 && next_number < most_messages; --most) {
    const size_t size = write_message(next_number);
    buffer.type = property_of(next_number);
    const int result = is_posix ? mq_send(queue, buffer.text, size, (unsigned)buffer.type)
                                : msgsnd(queue, &buffer, size, IPC_NOWAIT);
    if (result == -1 && errno == EAGAIN) return;
    check(result, "cannot send");
    ++next_number;
  }
}

static void take_the_rest(void) {
  static struct buffer message;
  for (;;) {
    unsigned priority = 0;
    const ssize_t size = is_posix ? mq_receive(queue, message.text, sizeof message.text, &priority)
                                  : msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT);
    if (size == -1 && (errno == EAGAIN || errno == ENOMSG)) return;
    check(size, "cannot receive");
    message.text[size] = '\0';
    count(is_posix ? (long)priority : message.type, message.text, (size_t)size);
  }
}

// Receivers

static pid_t start(int output, char* const* arguments) {
  posix_spawn_file_actions_t actions;
  pid_t pid;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, messages_file, 2);
  errno = posix_spawnp(&pid, "mqrecv", &actions, NULL, arguments, environ);
  if (errno != 0) fail("mqrecv: %s", strerror(errno));
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// The ends that a receiver may have: by `signal`, if that is not 0; with status 0, 124 (nothing came) or 1
// (what is undelivered is on standard error); and with what COMMAND has failed with.
static void finish(pid_t pid, int signal, int has_command) {
  int status;
  check(waitpid(pid, &status, 0), "waitpid");
  if (WIFSIGNALED(status) && WTERMSIG(status) != signal) fail("mqrecv died of signal %d", WTERMSIG(status));
  if (!WIFEXITED(status)) return;
  const int actual = WEXITSTATUS(status);
  if (actual == 0 || actual == 1 || actual == 124) return;
  if (has_command && (actual == 3 || actual == 128 + SIGKILL)) return;
  fail("mqrecv exits %d", actual);
}

// Reads what there is, at most `size` bytes more, into data at *end.
static void read_some(int fd, char* data, size_t* end, size_t size) {
  const ssize_t count = read(fd, data + *end, size < most_bytes - *end ? size : most_bytes - *end);
  if (count > 0) *end += (size_t)count;
}

static void make_pipe(int* ends) {
  check(pipe2(ends, O_CLOEXEC), "pipe2");
  check(fcntl(ends[1], F_SETPIPE_SZ, 4096), "F_SETPIPE_SZ");  // a receiver soon waits for its reader
  check(fcntl(ends[0], F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

static const char* const how_much[] = {"--follow", "--drain", "-n7", "-n1"};
static const char* const how_long[] = {"-w0", "-w0.0005", "-w0.02"};
static const int fatal[] = {SIGTERM, SIGINT, SIGHUP};

// A reader that reads a little at times, and then a signal or its end.
static void into_pipe(void) {
  static char data[most_bytes];
  size_t size = 0;
  const int is_closing = is_once_in(2);
  const int signal = is_closing ? SIGPIPE : fatal[below(3)];
  int ends[2];
  char* const arguments[] = {"mqrecv",
                             (char*)how_much[is_closing ? 1 + below(3) : below(4)],
                             (char*)how_long[below(3)],
                             is_posix ? "-F%p %m" : "-F%t %m",
                             (char*)queue_name,
                             NULL};
  make_pipe(ends);
  const pid_t pid = start(ends[1], arguments);
  close(ends[1]);
  for (unsigned steps = below(4); steps > 0; --steps) {
    wait_microseconds(below(1500));
    read_some(ends[0], data, &size, below(6000));
  }
  if (is_once_in(4)) send_messages(below(20));
  if (is_closing) {
    // What lies in the pipe has been delivered, so it is read before the pipe is closed, and nothing follows.
    kill(pid, SIGSTOP);
    check(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WSTOPPED | WEXITED | WNOWAIT), "waitid");
    read_some(ends[0], data, &size, most_bytes);
    close(ends[0]);
    kill(pid, SIGCONT);
  } else {
    kill(pid, signal);
  }
  while (!is_closing) {
    struct pollfd output = {.fd = ends[0], .events = POLLIN};
    if (poll(&output, 1, 10000) != 1) fail("mqrecv does not end of signal %d", signal);
    const size_t before = size;
    read_some(ends[0], data, &size, most_bytes);
    if (size > before) continue;
    close(ends[0]);
    break;
  }
  finish(pid, signal, 0);
  count_records(data, size);
}

static void into_full_disk(void) {
  const int full = (int)check(open("/dev/full", O_WRONLY | O_CLOEXEC), "/dev/full");
  char* const arguments[] = {"mqrecv", (char*)how_much[1 + below(3)], "-w0", (char*)queue_name, NULL};
  finish(start(full, arguments), 0, 0);
  close(full);
}

static void into_command(void) {
  const int is_interrupted = is_once_in(2);
  const int signal = is_interrupted ? fatal[below(3)] : 0;
  const int null = (int)check(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
  char self[4096] = "";
  check(readlink("/proc/self/exe", self, sizeof self - 1), "readlink");
  char* const arguments[] = {"mqrecv",
                             (char*)how_much[is_interrupted ? below(4) : 1 + below(3)],
                             (char*)how_long[below(2)],
                             is_once_in(2) ? "--on-failure=skip" : "--on-failure=stop",
                             (char*)queue_name,
                             "--",
                             self,
                             "take",
                             taken_path,
                             NULL};
  const pid_t pid = start(null, arguments);
  close(null);
  if (is_interrupted) {
    wait_microseconds(below(4000));
    if (is_once_in(3)) send_messages(below(20));
    kill(pid, signal);
  }
  finish(pid, signal, 1);
}

// The COMMAND. It is not to be interrupted between its record and its end.
static int take(const char* path) {
  static char record[2 * longest];
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const unsigned lot = (unsigned)(now.tv_nsec / 64) % 8;
  if (lot == 0) kill(getpid(), SIGKILL);
  if (lot == 1) return 3;
  const char* property = getenv("IPC_TYPE");
  if (property == NULL) property = getenv("IPC_PRIORITY");
  if (property == NULL) fail("no IPC_TYPE, no IPC_PRIORITY");
  size_t size = (size_t)sprintf(record, "%s ", property);
  const size_t begin = size;
  for (ssize_t count; (count = read(0, record + size, sizeof record - 1 - size)) > 0;) size += (size_t)count;
  const char* const announced = getenv("IPC_SIZE");
  if (announced == NULL || strtoul(announced, NULL, 10) != size - begin) fail("wrong IPC_SIZE");
  record[size++] = '\n';
  const int file = (int)check(open(path, O_WRONLY | O_CREAT | O_APPEND, 0600), path);
  if (write(file, record, size) != (ssize_t)size) fail("%s: %s", path, strerror(errno));
  return 0;
}

static void count_taken(void) {
  FILE* const file = fopen(taken_path, "r");
  static char line[2 * longest];
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL) count_records(line, strlen(line));
  fclose(file);
}

static int run(unsigned rounds) {
  is_posix = queue_name[0] == '/';
  queue = (int)(is_posix ? check(mq_open(queue_name, O_RDWR | O_NONBLOCK | O_CLOEXEC), "mq_open")
                         : check(msgget((key_t)strtoul(queue_name, NULL, 0), 0), "msgget"));
  unlink(taken_path);
  messages_file = (int)check(open(messages_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600),
                             messages_path);
  for (; place <= rounds; ++place) {
    send_messages(below(60));
    switch (below(8)) {
      case 0:
        into_full_disk();
        break;
      case 1:
      case 2:
        into_command();
        break;
      default:
        into_pipe();
    }
  }
  const unsigned in_pipes = delivered;
  place = by_command;
  count_taken();
  const unsigned taken = delivered - in_pipes;
  place = on_error;
  const unsigned in_json = count_json(messages_path);
  place = left_over;
  take_the_rest();
  const unsigned left = delivered - in_pipes - taken - in_json;
  printf("sent %u: %u into pipes, %u to COMMAND, %u on standard error, %u left\n", next_number, in_pipes,
         taken, in_json, left);
  for (unsigned i = 0; i < next_number; ++i)
    if (!has_come[i]) fail("message %u of %u has been lost", i, next_number);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "take") == 0) return take(argv[2]);
  if (argc != 6) return 2;
  queue_name = argv[2];
  srandom((unsigned)atoi(argv[4]));
  snprintf(messages_path, sizeof messages_path, "%s/messages", argv[5]);
  snprintf(taken_path, sizeof taken_path, "%s/taken", argv[5]);
  return run((unsigned)atoi(argv[3]));
}
