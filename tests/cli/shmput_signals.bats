# What stays of shmput when a signal ends it in the middle, and what readers see meanwhile.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

# put_slowly REF [OPTION]...: starts shmput with some input, of which more is to come on descriptor 7.
put_slowly() {
  start_fed shmput "$@"
  head -c 300000 /dev/zero >&7
}

# wait_for_object REF: starts shmget, which waits for the object and writes it to $tmp/seen.
wait_for_object() {
  start shmget --timeout 60 "$1" >"$tmp/seen"
  reader=$pid
}

# The reader has waited on, and sees the object that is complete.
assert_reader_sees_complete() {
  seq 10000 >"$tmp/wanted"
  expect 0 shmput -x "$1" "$tmp/wanted"
  finish 0 "$reader"
  assert_same_file "$tmp/seen" "$tmp/wanted"
}

@test "SIGINT, SIGTERM and SIGHUP while a POSIX object is made end shmput, and nothing stays" {
  local signal
  for signal in INT TERM HUP; do
    wait_for_object "$name"
    put_slowly "$name"
    wait_until "shmput has begun" is_filling_file "$pid"
    assert_missing "$name"
    kill -s "$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    exec 7>&-
    assert_missing "$name"
    assert_no_hidden_names
    assert_reader_sees_complete "$name"
    rm "/dev/shm$name"
  done
}

@test "SIGINT, SIGTERM and SIGHUP while a System V segment is made end shmput, and nothing stays" {
  local signal
  for signal in INT TERM HUP; do
    wait_for_object "$key"
    put_slowly "$key" --size 1M
    wait_until "shmput has begun" is_filling_segment
    assert_missing "$key"
    kill -s "$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    exec 7>&-
    assert_missing "$key"
    assert_equal "segments" "$(segments_of_block)" ""
    assert_reader_sees_complete "$key"
    ipcrm -M "$key"
    done
}

@test "SIGTERM while a private segment is made leaves none" {
  put_slowly private --size 1M
  wait_until "shmput has begun" made_a_segment "$pid"
  kill -s TERM "$pid"
  finish 143 "$pid"
  segments_made_by "$pid" >"$tmp/ids"
  assert_equal "segments" "$(cat "$tmp/ids")" ""
}

@test "SIGTERM before the reference of a new segment has been printed removes the segment" {
  local command left
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  dd if=/dev/zero of="$tmp/output" oflag=nonblock bs=4096 2>"$tmp/messages" || true # until the pipe is full
  for command in "shmput private" "ipcnew -M 10"; do
    # shellcheck disable=SC2086  # words
    start $command <<<x >"$tmp/output"
    wait_until "the segment is complete" has_completed_segment "$pid"
    kill -s TERM "$pid"
    finish 143 "$pid"
    left=$(segments_made_by "$pid")
    [[ -z $left ]] || remember_id "$left"
    assert_equal "segments of $command" "$left" ""
  done
  exec 8>&-
}

has_completed_segment() { awk -v pid="$1" '$5 == pid && $3 == 600 { found = 1 } END { exit !found }' /proc/sysvipc/shm; }

made_a_segment() { [[ -n $(segments_made_by "$1") ]]; }

@test "SIGTERM while a file is made leaves nothing" {
  mkdir "$tmp/directory"
  put_slowly "file:$tmp/directory/mapped"
  wait_until "shmput has begun" is_filling_file "$pid"
  kill -s TERM "$pid"
  finish 143 "$pid"
  assert_equal "files" "$(ls -A "$tmp/directory")" ""
}

@test "SIGTERM while an object is replaced leaves the old one" {
  echo old >"$tmp/wanted"
  expect 0 shmput "$name" "$tmp/wanted"
  put_slowly "$name"
  wait_until "shmput has begun" is_filling_file "$pid"
  assert_content "$name" "$tmp/wanted"
  kill -s TERM "$pid"
  finish 143 "$pid"
  assert_content "$name" "$tmp/wanted"
  assert_no_hidden_names
}

@test "SIGTERM while a pipe is spooled leaves nothing in TMPDIR" {
  mkdir "$tmp/spool"
  export TMPDIR=$tmp/spool
  put_slowly "$key"
  wait_until "shmput has begun" is_filling_file "$pid"
  kill -s TERM "$pid"
  finish 143 "$pid"
  assert_equal "files in TMPDIR" "$(ls -A "$tmp/spool")" ""
  assert_missing "$key"
}

@test "an ignored SIGINT stays ignored while an object is made" {
  start_fed env --ignore-signal=INT shmput "$name"
  echo first >&7
  wait_until "shmput has begun" is_filling_file "$pid"
  kill -s INT "$pid"
  echo second >&7
  exec 7>&-
  finish 0 "$pid"
  printf 'first\nsecond\n' >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
}

@test "SIGKILL while a POSIX object is made leaves nothing" {
  wait_for_object "$name"
  put_slowly "$name"
  wait_until "shmput has begun" is_filling_file "$pid"
  kill -s KILL "$pid"
  finish 137 "$pid"
  assert_missing "$name"
  assert_no_hidden_names
  assert_reader_sees_complete "$name"
}

@test "SIGKILL while a System V segment is made leaves one that readers do not see and the next shmput replaces" {
  wait_for_object "$key"
  put_slowly "$key" --size 400000
  wait_until "shmput has begun" is_filling_segment
  kill -s KILL "$pid"
  finish 137 "$pid"
  assert_equal "mode of what stays" "$(segments_of_block | cut -d ' ' -f 2)" 701
  assert_missing "$key"
  expect 124 shmget -w 0.1 "$key"
  content "$tmp/wanted" 400000
  expect 0 shmput "$key" "$tmp/wanted"
  assert_content "$key" "$tmp/wanted"
  finish 0 "$reader"
}

@test "the segment of a killed shmput can be removed and made anew" {
  put_slowly "$key" --size 400000
  wait_until "shmput has begun" is_filling_segment
  kill -s KILL "$pid"
  finish 137 "$pid"
  expect 0 ipcdel "shm:$key"
  seq 100 >"$tmp/wanted"
  expect 0 shmput -x "$key" "$tmp/wanted"
  assert_content "$key" "$tmp/wanted"
}

@test "a segment that a killed shmput has left is shown to nobody after one that does not fit" {
  put_slowly "$key" --size 400000
  wait_until "shmput has begun" is_filling_segment
  kill -s KILL "$pid"
  finish 137 "$pid"
  content "$tmp/large" 500000
  run shmput "$key" "$tmp/large"
  if ((status == 0)); then
    assert_content "$key" "$tmp/large"
  else
    expect 1 shmget "$key"
    ipcrm -M "$key"
  fi
}

@test "a segment that a killed shmput has left is not shown half-written while the next shmput fills it" {
  put_slowly "$key" --size 1M
  wait_until "shmput has begun" is_filling_segment
  kill -s KILL "$pid"
  finish 137 "$pid"
  put_slowly "$key" --size 1M
  writer=$pid
  wait_until "the next shmput fills its own" is_attached
  wait_for_object "$key"
  wait_until "the reader waits" is_asleep "$reader"
  head -c 300000 /dev/zero | tr '\0' y >&7
  exec 7>&-
  finish 0 "$writer"
  finish 0 "$reader"
  shmget "$key" >"$tmp/wanted"
  assert_same_file "$tmp/seen" "$tmp/wanted"
}

is_attached() { ipcs -m | awk -v key="$key" '$1 == key && $6 > 0 { found = 1 } END { exit !found }'; }

@test "a segment that a living shmput fills cannot be written by another" {
  put_slowly "$key" --size 1M
  wait_until "shmput has begun" is_filling_segment
  expect 1 shmput "$key" <<<x
  assert_message "cannot open shared memory '$key'" "process $pid is still filling it"
  expect 1 shmput -x "$key" <<<x
  exec 7>&-
  finish 0 "$pid"
  assert_equal "size" "$(shmget "$key" | wc -c)" 1048576
}

@test "SIGTERM while an existing object is overwritten ends shmput, and the object stays" {
  printf 'a long old text' | shmput "$name"
  put_slowly "$name" --in-place
  wait_until "shmput has begun" has_grown
  kill -s TERM "$pid"
  finish 143 "$pid"
  expect 0 shmget -l 0 "$name"
}

has_grown() { (($(stat -c %s "/dev/shm$name") > 15)); }

@test "of an object that appears while another is made, the one made takes the place or is put over it" {
  local option
  head -c 300000 /dev/zero >"$tmp/wanted"
  for option in --print-ref --in-place; do
    put_slowly "$name" "$option" >"$tmp/reference"
    wait_until "shmput has begun" is_filling_file "$pid"
    echo other >"/dev/shm$name"
    exec 7>&-
    finish 0 "$pid"
    assert_content "$name" "$tmp/wanted"
    assert_no_hidden_names
    rm "/dev/shm$name"
  done
}

@test "with --exclusive an object that appears meanwhile stays as it is" {
  put_slowly "$name" -x
  wait_until "shmput has begun" is_filling_file "$pid"
  echo other | tee "$tmp/wanted" >"/dev/shm$name"
  exec 7>&-
  finish 1 "$pid"
  assert_content "$name" "$tmp/wanted"
}
