# Receivers of signals, for sigsend.bats and sigrecv.bats.
# shellcheck shell=bash
# shellcheck disable=SC2154  # what setup() sets

# start_sigrecv FILE [ARG]...: in the background, with standard output into FILE, and ready when this returns.
start_sigrecv() {
  local output=$1
  shift
  rm -f "$tmp/pid"
  start sigrecv --pidfile "$tmp/pid" "$@" >"$output" 2>"$output.messages"
  wait_until "sigrecv is ready" test -e "$tmp/pid"
}

# queue_many PID SIGNAL N: queues a signal N times, with the values 1 to N.
queue_many() {
  "$python" - "$@" <<'END'
import ctypes, os, sys
pid, signal, count = map(int, sys.argv[1:])
libc = ctypes.CDLL(None, use_errno=True)
for value in range(1, count + 1):
    if libc.sigqueue(pid, signal, ctypes.c_void_p(value)) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
END
}

# stop PID: until it runs no more.
stop() {
  kill -STOP "$1"
  wait_until "process $1 is stopped" grep -q '^State:.T' "/proc/$1/status"
}
