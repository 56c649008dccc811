# What the tests of message queues share; they need mq_program (compile_partners).
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() and run set; what the tests use; texts for an inner shell

# Before a command: it must exit 127, of which bats would warn.
is_not_found=(bash -c '"$@"; (($? == 127))' bash)

# Before a umask and a command.
under_umask=(bash -c 'umask "$1"; shift; exec "$@"' bash)

mq_program() { "$BATS_FILE_TMPDIR/mq_program" "$@"; }

# make_queue QUEUE [LIMIT]: of LIMIT messages (POSIX) or bytes (System V), as a program of somebody else makes it.
make_queue() { mq_program make "$@"; }

# remove_queue QUEUE
remove_queue() {
  if [[ $1 == /* ]]; then "$python" "$partners/mq_unlink.py" "$1"; else ipcrm -Q "$1"; fi
}

# Sets `queue`, `member` (what its messages have besides their bytes) and `option` (of mqsend for that).
use() {
  queue=$1
  member=type option=--type
  if [[ $1 == /* ]]; then member=priority option=--priority; fi
}

assert_count() { assert_equal "messages in $1" "$(mq_program count "$1")" "$2"; }
has_count() { [[ $(mq_program count "$1") == "$2" ]]; }

# assert_messages QUEUE LINE...: the queue has these and no other, as "NUMBER TEXT"; takes them.
assert_messages() {
  local queue=$1 wanted=""
  shift
  (($# == 0)) || printf -v wanted '%s\n' "$@"
  assert_equal "messages of $queue" "$(mq_program receive "$queue"; echo .)" "$wanted."
}

# Milliseconds.
now() { echo $(($(date +%s%N) / 1000000)); }

# assert_took START MILLISECONDS: since START, and not 5 seconds longer.
assert_took() {
  local took=$(($(now) - $1))
  ((took >= $2 && took < $2 + 5000)) || fail "it took $took ms instead of $2"
}

# A pipe whose reader, descriptor 8, reads when the test wants, and in which so many bytes are free for the writer
# "$tmp/pipe": all lie in whole pages before.
open_full_pipe() {
  rm -f "$tmp/pipe"
  mkfifo "$tmp/pipe"
  exec 8<>"$tmp/pipe"
  filling=$((65536 - $1))
  head -c "$filling" /dev/zero >&8
}

# What has come into that pipe, which is at its end then.
read_full_pipe() {
  exec 9<"$tmp/pipe" 8>&-
  head -c "$filling" <&9 >"$tmp/filling"
  cat <&9
  exec 9<&-
}

# Whether process $1 has taken all from queue $2 and waits.
has_taken() { has_count "$2" 0 && is_asleep "$1"; }

# Whether process $1 has taken what one buffer holds from queue $2 and waits for its reader.
has_taken_some() { (($(mq_program count "$2") < $3)) && is_asleep "$1"; }

# Whether process $1 is a zombie, or nothing.
has_ended() { ! grep -Eq '^State:\s+[^Z]' "/proc/$1/status" 2>/dev/null; }
