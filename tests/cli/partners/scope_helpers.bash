# What the tests share that choose objects, or bind them to processes.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what setup() sets; what the tests use

# in_own_namespace TEXT [ARG]...: runs the bash text, with $1 and so on, where there are no objects but those it makes
# itself. The files of the test are in $tmp, and it has the assertions. Its user may do there what root may.
in_own_namespace() {
  local text=$1 namespace=(unshare --ipc --mount --map-root-user)
  shift
  ((EUID != 0)) || namespace=(unshare --ipc --mount)
  "${namespace[@]}" mount -t tmpfs tmpfs /dev/shm 2>/dev/null || skip "no namespaces to be had"
  # shellcheck disable=SC2016  # for the inner shell
  expect 0 "${namespace[@]}" bash -eu -o pipefail -c '
    mount -t tmpfs tmpfs /dev/shm
    [[ ! -d /dev/mqueue ]] || mount -t mqueue mqueue /dev/mqueue
    tmp=$1 text=$2
    eval "$3"
    shift 3
    eval "$text"' bash "$tmp" "$text" "$(declare -f fail assert_equal assert_contains)" "$@"
}

# start_ready COMMAND...: in the background, until its first line is in $ready. $pid is its process.
start_ready() {
  local file=$tmp/ready.${#started[@]}
  start "$@" >"$file"
  wait_until "$1 has begun" test -s "$file"
  ready=$(head -n 1 "$file")
}

# start_process ACTION ARG: a process of another program that holds something, see scope_process.py.
start_process() { start_ready "$python" "$partners/scope_process.py" "$@"; }

# stop PID: kills it, and waits until it holds nothing any more.
stop() {
  kill -KILL "$1"
  finish 137 "$1"
}

# The value of column $2 of the object $1.
cell() { ipcls --raw --noheadings -o "$2" "$1"; }

# How many of the test's objects there are, of both APIs; POSIX queues are not counted.
count_objects() {
  { segments_of_block; objects_of_block msg; objects_of_block sem; find /dev/shm -maxdepth 1 -name "*${name#/}*"; } | wc -l
}

# Milliseconds since some moment.
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
