# What every file of tests loads. A test gets from setup():
#   $tmp   a directory of its own
#   $name  a POSIX name that nobody has; "${name}b" and whatever else begins with it are the test's too (of message
#          queues, which cannot be listed everywhere, $name, ${name}b, ${name}c and ${name}d)
#   $key   a System V key that nobody has, and 255 more behind it: key_at N
# What is made under these names goes at the end, whatever happens; what the tools leave besides makes the test fail.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # status, stderr: by run; what the tests use

bats_require_minimum_version 1.5.0

TOOLS_DIR=$(cd "${TOOLS_DIR:-$BATS_TEST_DIRNAME/../../build/release/bin}" && pwd)
export TOOLS_DIR PATH="$TOOLS_DIR:$PATH" LC_ALL=C
partners=$(cd "${BASH_SOURCE[0]%/*}/partners" && pwd)
python=/usr/bin/python3
# Before a command: it runs without one of its standard descriptors, or with a full disk for its standard output.
without_stdin=(bash -c '"$@" <&-' bash)
without_stdout=(bash -c '"$@" >&-' bash)
into_full=(bash -c '"$@" >/dev/full' bash)
# With BASH_ENV=$TOOLS_DIR/ipcutils.bash the tools are builtins of every bash, and so of the one that runs a command.
in_shell=()
[[ $(type -t mqsend) != builtin ]] || in_shell=(bash -c '"$@"' bash)

setup() {
  tmp=$BATS_TEST_TMPDIR
  name=/ipcutils-test.$$
  key_block=$((0x400000 | ($$ & 0x3fffff)))
  while has_objects_of_block; do key_block=$((0x400000 | ((key_block + 4099) & 0x3fffff))); done
  printf -v key '0x%08x' $((key_block << 8))
  started=()
  births=()
  limit=300
}

teardown() { clean_up; }

# The N-th of the test's own System V keys.
key_at() { printf '0x%08x' $((key_block << 8 | $1)); }

# remember_id REF: a private object, such as "mq:@3" ("3" is shared memory), to be removed at the end.
remember_id() { [[ $1 == *:@* ]] && echo "$1" >>"$tmp/ids" || echo "shm:@${1#@}" >>"$tmp/ids"; }

# find_objects KIND: sets $found to identifier and permissions of the objects of /proc/sysvipc/KIND (shm, msg, sem) that
# have one of the test's keys. A process that is not started saves more time than any other: setup() and clean_up() run
# for every test.
find_objects() {
  local line lines number id mode
  found=()
  mapfile -t -s 1 lines <"/proc/sysvipc/$1"
  for line in "${lines[@]}"; do
    read -r number id mode _ <<<"$line"
    ((number >> 8 != key_block)) || found+=("$id $mode")
  done
}
has_objects_of_block() {
  local kind found
  for kind in shm msg sem; do
    find_objects "$kind"
    ((${#found[@]} == 0)) || return 0
  done
  return 1
}
objects_of_block() {
  local found
  find_objects "$1"
  ((${#found[@]} == 0)) || printf '%s\n' "${found[@]}"
}
segments_of_block() { objects_of_block shm; }

# Identifiers of the segments that process $1 has made.
segments_made_by() { awk -v pid="$1" 'NR > 1 && $5 == pid { print $2 }' /proc/sysvipc/shm; }

clean_up() {
  local pid id kind mode object found processes leftovers=()
  for pid in "${started[@]}"; do ! is_remembered_process "$pid" || kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  find_hidden_names
  leftovers+=("${found[@]}")
  for kind in shm:m msg:q sem:s; do
    find_objects "${kind%:*}"
    for object in "${found[@]}"; do
      read -r id mode <<<"$object"
      [[ $kind != shm:m || $mode != *701 ]] || leftovers+=("a segment in the making: $object")
      ipcrm "-${kind#*:}" "$id"
    done
  done
  if [[ -e $tmp/ids ]]; then
    while IFS=:@ read -r kind _ id; do
      case $kind in
        mq) ipcrm -q "$id" ;;
        sem) ipcrm -s "$id" ;;
        *) ipcrm -m "$id" ;;
      esac 2>/dev/null || true
    done <"$tmp/ids"
  fi
  remove_queues "${name#/}"{,b,c,d}
  find_files "/dev/shm/*${name#/}*" "/dev/shm/.*${name#/}*"
  ((${#found[@]} == 0)) || rm -rf "${found[@]}"
  # What it looks for must not stand in its own command line.
  processes=$(grep -la -- "[/]${name#/}" /proc/[0-9]*/cmdline 2>/dev/null) || true
  # shellcheck disable=SC2086  # words
  [[ -z $processes ]] || leftovers+=("$(grep -a . $processes 2>/dev/null | tr '\0' ' ')")
  [[ -z ${leftovers[*]} ]] || fail "left behind: ${leftovers[*]}"
}

# Those that there are of the POSIX queues with these names, without slash.
remove_queues() {
  local found mounts
  read_file mounts /proc/mounts
  if [[ $mounts == *' /dev/mqueue mqueue '* ]]; then
    find_files "${@/#//dev/mqueue/}"
    ((${#found[@]} == 0)) || rm -f "${found[@]}"
  else
    "$python" "$partners/mq_unlink.py" "${@/#//}"
  fi
}

# find_files PATTERN...: sets $found to the files that there are.
find_files() {
  local pattern file
  found=()
  for pattern in "$@"; do
    # shellcheck disable=SC2086  # a pattern
    for file in $pattern; do [[ ! -e $file && ! -L $file ]] || found+=("$file"); done
  done
}

# Temporary names in /dev/shm that belong to the test's objects.
find_hidden_names() { find_files "/dev/shm/.*${name#/}*"; }

fail() {
  printf '%s\n' "$@" >&2
  return 1
}

# read_file VARIABLE FILE: as VARIABLE=$(<FILE), without a process.
read_file() {
  local -n text=$1
  IFS= read -r -d '' text <"$2" || true
  text=${text%"${text##*[!$'\n']}"}
}

# expect STATUS COMMAND [ARG]...: runs it, for $limit seconds at most. $output and $stderr are what it wrote.
expect() {
  local wanted=$1
  shift
  status=0
  output=$(exec timeout -s KILL "$limit" "${in_shell[@]}" "$@" 2>"$tmp.stderr") || status=$?
  read_file stderr "$tmp.stderr"
  IFS=$'\n' read -r -d '' -a lines <<<"$output" || true
  IFS=$'\n' read -r -d '' -a stderr_lines <<<"$stderr" || true
  [[ $status == "$wanted" ]] ||
    fail "command:  ${*@Q}" "expected: exit status $wanted" "actual:   exit status $status" \
      "stdout:   ${output:0:2000}" "stderr:   ${stderr:0:2000}"
}

# Every WORD stands in what the last command wrote on standard error.
assert_message() {
  local word
  for word in "$@"; do
    [[ $stderr == *"$word"* ]] || fail "expected: a message with: $word" "actual:   $stderr"
  done
}

assert_silent() { [[ -z $stderr ]] || fail "expected: no message" "actual:   $stderr"; }

# assert_equal WHAT ACTUAL EXPECTED
assert_equal() { [[ $2 == "$3" ]] || fail "$1" "expected: $3" "actual:   $2"; }

# assert_contains WHAT TEXT PART
assert_contains() { [[ $2 == *"$3"* ]] || fail "$1" "expected: a text with: $3" "actual:   $2"; }

assert_usage_error() {
  local tool=$1
  shift
  [[ $status == 2 ]] || fail "expected: exit status 2" "actual:   $status"
  assert_message "$tool: " "$@" "Try '$tool --help' for more information."
  assert_equal "lines of a usage error" "${#stderr_lines[@]}" 2
  assert_equal "standard output of a usage error" "$output" ""
}

assert_same_file() { cmp "$1" "$2" >&2 || fail "$1 and $2 differ"; }

assert_content() { # REF FILE
  timeout -s KILL "$limit" shmget "$1" >"$tmp/content" || fail "shmget $1 failed"
  assert_same_file "$tmp/content" "$2"
}

# No object has the name.
assert_missing() {
  expect 1 shmget "$1"
  assert_message "cannot open shared memory '$1'" "No such file or directory"
}

assert_no_hidden_names() {
  local found
  find_hidden_names
  assert_equal "temporary names in /dev/shm" "${found[*]}" ""
}

# wait_until WHAT COMMAND...: until it succeeds, 120 seconds at most.
wait_until() {
  local what=$1 deadline=$((SECONDS + 120))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || fail "not within 120 s: $what"
    sleep 0.01
  done
}

# start COMMAND...: in the background, with the usual actions of signals, which the shell would have ignored, and
# with no descriptor but the standard ones. $pid is the process of the command itself; teardown ends it.
start() {
  # shellcheck disable=SC2016  # for the inner shell
  bash -c 'for fd in /proc/self/fd/*; do ((${fd##*/} < 3)) || eval "exec ${fd##*/}>&-"; done
    exec env --default-signal=INT,QUIT,TERM,HUP,PIPE "$@"' bash "${in_shell[@]}" "$@" <&0 &
  pid=$!
  remember_process "$pid"
}

# remember_process PID: for teardown() to end, if it still runs. By then the number may be that of another test's process,
# so the time of its start is remembered, too.
remember_process() {
  local birth
  find_birth "$1"
  started+=("$1")
  births[$1]=$birth
}
is_remembered_process() {
  local birth
  find_birth "$1"
  [[ -n $birth && $birth == "${births[$1]:-}" ]]
}
# find_birth PID: sets $birth; to nothing when the process has ended.
find_birth() {
  local line fields
  birth=
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  read -ra fields <<<"${line##*) }"
  birth=${fields[19]}
}

# start_fed COMMAND...: the same, with a standard input that the test writes to descriptor 7.
start_fed() {
  rm -f "$tmp/fifo"
  mkfifo "$tmp/fifo"
  # shellcheck disable=SC2094  # that is what is wanted
  exec 8<>"$tmp/fifo" 7>"$tmp/fifo" # neither end waits for the other this way
  start "$@" <"$tmp/fifo"
  exec 8>&-
}

# finish STATUS PID: waits for a command that start() started. A signal N is 128 + N.
finish() {
  local wanted=$1 actual=0
  timeout -s KILL 120 tail -s 0.02 --pid="$2" -f /dev/null || fail "process $2 did not end within 120 s"
  wait "$2" || actual=$?
  assert_equal "exit status of process $2" "$actual" "$wanted"
}

# Whether process $1 has put something into an object that has no name yet.
is_filling_file() {
  local fd
  for fd in "/proc/$1/fd/"*; do
    [[ $(readlink "$fd") == */'#'*'(deleted)' && $(stat -L -c %s "$fd") -gt 0 ]] && return 0
  done
  return 1
}

# Whether there is a segment in the making among the test's.
is_filling_segment() { segments_of_block | awk '$2 % 1000 == 701 { found = 1 } END { exit !found }'; }

# Whether process $1 waits in a system call and is thus past its beginnings, or has ended.
is_asleep() {
  local state
  state=$(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) || return 0
  [[ $state == [SZ] ]]
}

# content FILE SIZE: so many bytes of any value, NULs among them.
content() { head -c "$2" /dev/urandom >"$1"; }

# Compiles partners/NAME.c to $BATS_FILE_TMPDIR/NAME; for setup_file().
compile_partners() {
  local partner
  for partner in "$@"; do
    cc -O1 -Wall -Wextra -Werror -o "$BATS_FILE_TMPDIR/$partner" "$partners/$partner.c"
  done
}

# Sets `ordinary` to what runs a command without privilege, as nobody where root runs the tests; the files of the
# tests are not for its eyes then.
become_ordinary() {
  ordinary=(env)
  if ((EUID == 0)); then
    ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${ordinary[@]}" test -x "$TOOLS_DIR/shmput" || skip "user nobody cannot run what is in $TOOLS_DIR"
  fi
}

# Sets `other` to what runs a command as a second user, who is not root.
need_second_user() {
  ((EUID == 0)) || skip "only root can act as a second user"
  become_ordinary
  other=("${ordinary[@]}")
}

# ftok_reference FILE [PROJ]: makes a file whose System V key nobody has; prints the reference.
ftok_reference() {
  local file=$1 project=${2:-1} number i
  for i in {1..20}; do
    touch "$file.$i"
    number=$("$python" "$partners/ftok_key.py" "$file.$i" "$project")
    if ! awk -v key="$number" 'NR > 1 && ($1 + 4294967296) % 4294967296 == key { exit 1 }' /proc/sysvipc/shm; then continue; fi
    echo "ftok:$file.$i:$project"
    return
  done
  fail "no file with an unused key"
}

# A file system of $1 for /dev/shm, in a mount namespace of its own: runs the bash text $2 there, with the helpers.
in_small_shm() {
  local size=$1 text=$2 namespace=(unshare --map-root-user --mount)
  ((EUID == 0)) && namespace=(unshare --mount)
  "${namespace[@]}" mount -t tmpfs tmpfs /dev/shm 2>/dev/null || skip "no mount namespace to be had"
  # shellcheck disable=SC2016  # for the inner shell
  expect 0 "${namespace[@]}" bash -euc 'mount -t tmpfs -o size="$1" tmpfs /dev/shm; eval "$2"' bash "$size" "$text"
}
