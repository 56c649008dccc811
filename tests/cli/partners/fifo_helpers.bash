# What the tests of mkfifo-pipe share: $fifo is a path that nobody has, and "${fifo}b" and so on are the test's too.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() sets; what the tests use; texts for an inner shell

eval "load_$(declare -f setup)" # that of helpers.bash

setup() {
  load_setup
  fifo=$tmp$name # in the arguments of whatever uses it, so that what is left running shows
}

# A shell that opens a FIFO whose other side has failed waits for ever.
setup_file() { export BATS_TEST_TIMEOUT=280; }

# Milliseconds since some moment.
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# assert_took START MILLISECONDS: since START, and not 10 seconds longer.
assert_took() {
  local took=$(($(now) - $1))
  ((took >= $2 && took < $2 + 10000)) || fail "it took $took ms instead of $2"
}

# start_ready ARG...: mkfifo-pipe in the background, until it says that it is ready.
start_ready() {
  local file=$tmp/ready.${#started[@]}
  start bash -c 'exec mkfifo-pipe --ready-fd 3 "$@" 3>"$0"' "$file" "$@"
  wait_until "mkfifo-pipe ${*@Q} is ready" test -s "$file"
}

# Whether process $1 has an end of the FIFO $2 open; to have found it (O_PATH) is not enough.
has_open() {
  local fd
  for fd in "/proc/$1/fd/"*; do
    [[ $(readlink "$fd") == "$2" ]] || continue
    ((($(awk '/^flags:/ { print $2 }' "/proc/$1/fdinfo/${fd##*/}") & 010000000) != 0)) || return 0
  done
  return 1
}

# Whether there is nothing at $1, not even a link that leads nowhere.
is_missing() { [[ ! -e $1 && ! -L $1 ]]; }
assert_gone() {
  local path
  for path in "$@"; do is_missing "$path" || fail "$path is still there"; done
}
assert_fifo() { [[ -p $1 && ! -L $1 ]] || fail "$1 is no FIFO"; }
has_size() { [[ $(stat -c %s "$1" 2>/dev/null) == "$2" ]]; }

# How many bytes lie in the pipe of descriptor $1 of the test.
unread() {
  "$python" -c '
import array, fcntl, sys, termios
count = array.array("i", [0])
fcntl.ioctl(int(sys.argv[1]), termios.FIONREAD, count)
print(count[0])' "$1"
}
has_unread() { [[ $(unread "$1") == "$2" ]]; }
