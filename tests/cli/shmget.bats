# The options of shmget(1), and what it does when something comes between.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers

@test "--offset and --length cut a piece out" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf 0123456789 | shmput "$reference"
    expect 0 shmget --offset 3 "$reference"
    assert_equal "from 3 on" "$output" 3456789
    expect 0 shmget -o 3 -l 4 "$reference"
    assert_equal "4 bytes from 3 on" "$output" 3456
    expect 0 shmget --length=2 --zero-copy "$reference"
    assert_equal "2 bytes" "$output" 01
    expect 0 shmget --zero-copy -o 8 "$reference"
    assert_equal "from 8 on by reference" "$output" 89
    expect 0 shmget -o 8 -l 100 "$reference"
    assert_equal "more than there is" "$output" 89
    expect 0 shmget -o 10 "$reference"
    assert_equal "from the end on" "$output" ""
    expect 0 shmget -l 0 "$reference"
    assert_equal "nothing" "$output" ""
    expect 1 shmget -o 11 "$reference"
    assert_message "cannot read shared memory" "it ends at 10, before the offset 11"
  done
}

@test "--offset and --length take units and refuse what is no size" {
  local size
  head -c 5000 /dev/zero | tr '\0' a | shmput "$name"
  assert_equal "bytes behind 4K" "$(shmget -o 4K "$name" | wc -c)" 904
  assert_equal "bytes of 1KB" "$(shmget -l 1KB "$name" | wc -c)" 1000
  for size in -1 +1 1.5 1Q '' ' 1' 0x10 99999999999999999999 16E; do
    expect 2 shmget --offset "$size" "$name"
    assert_usage_error shmget
    expect 2 shmget --length "$size" "$name"
    assert_usage_error shmget
  done
}

@test "--until-nul ends before the first NUL" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf 'text\0more\0' | shmput "$reference"
    expect 0 shmget --until-nul "$reference"
    assert_equal "text" "$output" text
    expect 0 shmget -z -o 5 "$reference"
    assert_equal "text from 5 on" "$output" more
    expect 0 shmget -z -o 4 "$reference"
    assert_equal "text from a NUL on" "$output" ""
    expect 0 shmget -z -l 2 "$reference"
    assert_equal "2 bytes of text" "$output" te
    expect 0 shmget -z -o 5 -l 4 "$reference"
    assert_equal "text that ends without NUL" "$output" more
  done
  { head -c 300000 /dev/zero | tr '\0' a && printf '\0b'; } | shmput "$name"
  assert_equal "bytes of a long text" "$(shmget -z "$name" | wc -c)" 300000
}

@test "--remove removes after a complete write" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    expect 0 shmput "$reference" <<<x
    expect 0 shmget --remove "$reference"
    assert_equal "content" "$output" x
    expect 1 shmget --remove "$reference"
  done
}

@test "--remove removes nothing when the write fails" {
  expect 0 shmput "$name" <<<x
  expect 1 "${into_full[@]}" shmget --remove "$name"
  assert_message "cannot write standard output" "No space left on device"
  expect 1 "${without_stdout[@]}" shmget --remove "$name"
  assert_message "cannot write standard output" "Bad file descriptor"
  expect 0 shmget "$name"
}

@test "without --timeout a missing object is an error at once, of every API" {
  expect 1 shmget "$name"
  assert_message "cannot open shared memory '$name': No such file or directory"
  expect 1 shmget "$key"
  assert_message "cannot open shared memory '$key': No such file or directory"
  expect 1 shmget @2147483647
  assert_message "cannot open shared memory '@2147483647': No such file or directory"
  expect 1 shmget "file:$tmp/missing"
  assert_message "No such file or directory"
  expect 1 shmget "ftok:$tmp/missing"
  assert_message "cannot make a key from '$tmp/missing': No such file or directory"
  expect 1 shmget private
  assert_message "'private' makes a new object"
}

@test "--timeout finds an object that appears later" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    start shmget -w 60 "$reference" >"$tmp/seen"
    wait_until "shmget waits" is_asleep "$pid"
    expect 0 shmput "$reference" <<<"in $reference"
    finish 0 "$pid"
    assert_equal "what shmget saw" "$(cat "$tmp/seen")" "in $reference"
  done
}

@test "--timeout finds objects that other programs make" {
  start shmget --timeout inf "$name" >"$tmp/seen"
  wait_until "shmget waits" is_asleep "$pid"
  echo x >"/dev/shm$name.new"
  mv "/dev/shm$name.new" "/dev/shm$name"
  finish 0 "$pid"
  assert_equal "what shmget saw" "$(cat "$tmp/seen")" x
  start shmget --timeout 60 --remove "$key" >"$tmp/seen"
  ipcmk -M 10 >/dev/null # not the one that is waited for
  remember_id "$(ipcs -m | awk '$1 ~ /^0x/ && $5 == 10 { id = $2 } END { print id }')"
  expect 0 ipcnew --size 4 "shm:$key"
  finish 0 "$pid"
  assert_equal "bytes that shmget saw" "$(wc -c <"$tmp/seen")" 4
}

@test "--timeout that passes is exit 124, and nothing is written" {
  local duration reference
  for reference in "$name" "$key" "file:$tmp/missing" "file:$tmp/no directory/missing"; do
    for duration in 0 0.05 50ms 1ns; do
      expect 124 shmget -w "$duration" "$reference"
      assert_message "no shared memory '$reference' within the time allowed"
      assert_equal "output" "$output" ""
    done
    expect 124 shmget --nonblock "$reference"
    expect 124 shmget -w inf --nonblock "$reference"
  done
}

@test "--timeout is the time that passes" {
  local start=${EPOCHREALTIME/./}
  expect 124 shmget -w 300ms "$name"
  (((${EPOCHREALTIME/./} - start) >= 300000)) || fail "too early"
  expect 0 shmput "$name" <<<x
  expect 0 shmget -w 60 "$name"
  expect 0 shmget --nonblock "$name"
}

@test "durations that are none are wrong usage" {
  local duration
  for duration in abc -1 1x '' 1.s 1..2 ' 1' 1e3 99999999999999999999; do
    expect 2 shmget -w "$duration" "$name"
    assert_usage_error shmget "invalid duration '$duration'"
  done
}

@test "a closed pipe ends shmget by SIGPIPE, also where that is ignored" {
  local reference action statuses
  for reference in "$name" "$key"; do
    head -c 8M /dev/zero | shmput "$reference"
    for action in default ignore; do
      env --"$action"-signal=PIPE shmget "$reference" 2>"$tmp/messages" | head -c 1 >"$tmp/output" && statuses=("${PIPESTATUS[@]}")
      assert_equal "exit status with SIGPIPE: $action" "${statuses[0]}" 141
      assert_equal "messages" "$(cat "$tmp/messages")" ""
      env --"$action"-signal=PIPE shmget --zero-copy "$reference" 2>"$tmp/messages" | head -c 1 >"$tmp/output" && statuses=("${PIPESTATUS[@]}")
      assert_equal "exit status with SIGPIPE: $action, --zero-copy" "${statuses[0]}" 141
    done
  done
}

@test "an object that is shortened while it is read is an error, not a crash" {
  local options
  for options in "" --zero-copy; do
    head -c 16M /dev/zero | shmput "$name"
    # shellcheck disable=SC2086  # no option is no argument
    expect 1 "$python" "$partners/truncating_reader.py" "/dev/shm$name" 4096 shmget $options "$name"
    assert_message "cannot read shared memory '$name'" "it was shortened while it was read" "of 16777216 bytes"
  done
}

@test "an object that is shortened while it is searched or written over is no crash" {
  head -c 64M /dev/zero | tr '\0' a >"$tmp/input"
  start bash -c 'while :; do truncate -s 64M "$1"; truncate -s 0 "$1"; done' bash "/dev/shm$name"
  wait_until "the object is there" test -e "/dev/shm$name"
  for _ in {1..5}; do
    run timeout -s KILL 60 shmget -z "$name"
    ((status <= 1)) || fail "shmget exits $status"
    run timeout -s KILL 60 shmput --in-place "$name" "$tmp/input"
    ((status <= 1)) || fail "shmput exits $status"
    (($(stat -c %s "/dev/shm$name") <= 64 << 20)) || fail "the object has grown"
  done
}

@test "SIGINT and SIGTERM end shmget by that signal, while it waits and while it writes" {
  local signal
  head -c 16M /dev/zero | shmput "${name}b"
  for signal in INT TERM; do
    start shmget -w 60 "$name"
    wait_until "shmget waits" is_asleep "$pid"
    kill -s "$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    rm -f "$tmp/output"
    mkfifo "$tmp/output"
    exec 8<>"$tmp/output"
    start shmget --remove "${name}b" >"$tmp/output"
    head -c 1 <&8 >"$tmp/seen"
    kill -s "$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    exec 8>&-
  done
  expect 0 shmget -l 0 "${name}b"
}

@test "shmget works without standard input and without standard error" {
  expect 0 shmput "$name" <<<x
  expect 0 "${without_stdin[@]}" shmget "$name"
  assert_equal "output" "$output" x
  expect 0 bash -c 'exec shmget "$1" 2>&-' bash "$name"
  assert_equal "output" "$output" x
}

@test "a copy does not show later writes" {
  head -c 4096 /dev/zero | tr '\0' a | shmput "$name"
  shmget "$name" >"$tmp/wanted"
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  expect 0 bash -c 'exec shmget "$1" >"$2"' bash "$name" "$tmp/output"
  head -c 4096 /dev/zero | shmput --in-place "$name"
  head -c 4096 <&8 >"$tmp/seen"
  exec 8>&-
  assert_same_file "$tmp/seen" "$tmp/wanted"
}

@test "a lease that another program has on the object for a moment is waited out" {
  expect 0 shmput "$name" <<<x
  "$python" -c '
import fcntl, os, signal, sys, time
signal.signal(signal.SIGIO, lambda *_: None)
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open(sys.argv[2], "w").close()
end = time.monotonic() + 0.3
while time.monotonic() < end: time.sleep(0.01)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
' "/dev/shm$name" "$tmp/leased" &
  remember_process "$!"
  wait_until "the lease is taken" test -e "$tmp/leased"
  expect 0 shmget "$name"
  assert_equal "content" "$output" x
}

@test "--quiet says nothing when time is up, and reports other errors" {
  expect 124 shmget --nonblock -q "$name"
  assert_silent
  expect 124 shmget -w 0.01 --quiet "$key"
  assert_silent
  expect 1 shmget -q "$name"
  assert_message "cannot open shared memory '$name': No such file or directory"
}

@test "shmget is the last user of a segment, and ipcls is none" {
  local columns=CPID,LPID,NATTCH before
  expect 0 shmput "$key" <<<x
  before=$(ipcls --raw --noheadings -o "$columns" "shm:$key")
  expect 0 ipcls --json --holders "shm:$key"
  assert_equal "after ipcls" "$(ipcls --raw --noheadings -o "$columns" "shm:$key")" "$before"
  start shmget "$key" >"$tmp/output"
  finish 0 "$pid"
  assert_equal "after shmget" "$(ipcls --raw --noheadings -o LPID "shm:$key")" "$pid"
}
