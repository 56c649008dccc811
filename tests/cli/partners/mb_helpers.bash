# What the tests of mailboxes share.
# shellcheck shell=bash
# shellcheck disable=SC2154  # what setup() and start() set

# start_receiver FILE [ARG]...: mbrecv in the background, which has joined; its output goes to FILE, and its messages,
# behind an empty line, to FILE.messages. $pid is its process.
start_receiver() {
  local file=$1
  shift
  start mbrecv --ready-fd 2 "$@" >"$file" 2>"$file.messages"
  wait_until "mbrecv has joined" test -s "$file.messages"
}

is_stopped() { [[ $(cut -d ' ' -f 3 "/proc/$1/stat") == T ]]; }

# start_stopped_receiver FILE [ARG]...: the same, and it does not read.
start_stopped_receiver() {
  start_receiver "$@"
  kill -STOP "$pid"
  wait_until "mbrecv is stopped" is_stopped "$pid"
}

# Six lines, of which a mailbox of 4096 bytes holds four.
six_lines() { for i in {1..6}; do printf "$i%0999d\n" 0; done; }

# What is in a mailbox, on one line: each message as FORMAT says, "%m " without it.
contents() { mbrecv --drain --no-terminator --format "${2-%m }" "$1"; }
