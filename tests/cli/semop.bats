# semop(1): operations and values, of both APIs. What it does with COMMAND is in sem_command.bats.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016  # what setup() and run set; each test is a shell; for another shell

load helpers

setup_file() { compile_partners sem_program; }

program() { timeout -s KILL "$limit" "$BATS_FILE_TMPDIR/sem_program" "$@"; }

# assert_values REF "VALUE...": what semop prints and what it does not change.
assert_values() { assert_equal "values of $1" "$(semop "$1" | paste -sd ' ')" "$2"; }

has_ended() { [[ ! -e /proc/$1 || $(cut -d ' ' -f 3 "/proc/$1/stat") == Z ]]; }
has_value() { [[ $(semop "$1") == "$2" ]]; }

octal_mode() { stat -c %a "/dev/shm/sem.${1#/}"; }
set_mode() { objects_of_block sem | awk '{ print $2 }'; }

# N processes wait for semaphore NUM (0) of REF to rise: are_waiting REF N [NUM]. And: for zero.
are_waiting() { semop -j "$1" | grep -q "{\"number\":${3:-0},.*\"ncount\":$2,"; }
are_waiting_for_zero() { semop -j "$1" | grep -q "{\"number\":${3:-0},.*\"zcount\":$2,"; }

# A file or whatever in the place of the semaphore $name: semaphore_file=/dev/shm/sem...
planted() { semaphore_file=/dev/shm/sem.${name#/}; }

# assert_no_semaphore STATUS WORD...: no form of semop takes what is planted for a semaphore.
assert_no_semaphore() {
  local operands wanted=$1
  shift
  for operands in "$name" "-j $name" "$name -1" "$name +1" "$name =1" "--create $name" "--create $name -1" \
    "$name -w 1 -1"; do
    # shellcheck disable=SC2086  # operands are words
    limit=10 expect "$wanted" semop $operands
    assert_message "'$name'" "$@"
    assert_equal "standard output" "$output" ""
  done
  limit=10 expect 125 semop --create "$name" -- touch "$tmp/ran"
  assert_message "'$name'" "$@"
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

# Operations

@test "-1 acquires, +1 releases, and the value is printed, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    expect 0 semop --create "$reference"
    assert_equal "value" "$output" 1
    expect 0 semop "$reference" -1
    assert_equal "standard output" "$output" ""
    assert_silent
    assert_values "$reference" 0
    expect 0 semop "$reference" +1
    expect 0 semop "sem:$reference" +3
    assert_values "sem:$reference" 4
    expect 0 semop "$reference" 0:-1
    expect 0 semop "$reference" 0:+1
    expect 0 semop "$reference" 00:-01
    assert_values "$reference" 3
  done
}

@test "=VALUE sets the value, up and down, with both APIs" {
  local reference value
  for reference in "$name" "$key"; do
    semop --create "$reference" -1
    for value in 5 0 7 7 1; do
      expect 0 semop "$reference" "=$value"
      assert_values "$reference" "$value"
      expect 0 semop "$reference" "0:=$((value + 1))"
      assert_values "$reference" $((value + 1))
    done
  done
}

@test "the System V identifier and an ftok: reference name the same set as its key" {
  local reference id
  reference=$(ftok_reference "$tmp/file")
  expect 0 semop --create "$reference" +1
  id=$(awk -v key="$("$python" "$partners/ftok_key.py" "${reference:5:-2}" 1)" \
    'NR > 1 && ($1 + 4294967296) % 4294967296 == key { print $2 }' /proc/sysvipc/sem)
  remember_id "sem:@$id"
  expect 0 semop "@$id" +1
  expect 0 semop "sem:@$id" +1
  assert_values "sem:$reference" 4
}

@test "more than 1 is acquired at once or not at all" {
  semop --create --init 2 "$key" >/dev/null
  expect 124 semop --nonblock "$key" -3
  assert_values "$key" 2
  expect 0 semop --nonblock "$key" -2
  assert_values "$key" 0
}

@test "0 waits for zero" {
  semop --create "$key" >/dev/null
  expect 124 semop -w 0.05 "$key" 0
  start semop "$key" 0
  wait_until "semop waits" are_waiting_for_zero "$key" 1
  semop "$key" -1
  finish 0 "$pid"
  expect 0 semop --nonblock "$key" 0
  expect 0 semop --nonblock "$key" 0:0
  assert_values "$key" 0
}

@test "a waiting semop gets what another gives, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    start semop "$reference" -1
    wait_until "semop waits" are_waiting "$reference" 1
    semop "$reference" +1
    finish 0 "$pid"
    assert_values "$reference" 0
  done
}

@test "a waiting semop gets what a value gives, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    start semop "$reference" -1
    wait_until "semop waits" are_waiting "$reference" 1
    semop "$reference" =1
    finish 0 "$pid"
    assert_values "$reference" 0
  done
}

# A value is no invitation to everybody: =1 is how a lock is given back whose holder has died.
@test "of several that wait for a value, as many get it as it allows, with both APIs" {
  local reference round i ended pids
  for reference in "$name" "$key"; do
    for round in 1 2 3; do
      semop --create --init 0 "$reference" >/dev/null
      pids=()
      for i in 1 2 3 4; do
        start semop "$reference" -1
        pids+=("$pid")
      done
      wait_until "all wait" are_waiting "$reference" 4
      semop "$reference" =1
      wait_until "one has got it" are_waiting "$reference" 3
      assert_values "$reference" 0
      ended=0
      for pid in "${pids[@]}"; do if has_ended "$pid"; then ended=$((ended + 1)); fi; done
      ((ended <= 1)) || fail "$reference: $ended have got it"
      semop "$reference" +3
      for pid in "${pids[@]}"; do finish 0 "$pid"; done
      assert_values "$reference" 0
    done
  done
}

@test "a value that is set while another takes is given once" {
  local i
  semop --create --init 0 "$name" >/dev/null
  semop --create --init 0 "${name}b" >/dev/null
  start "$BATS_FILE_TMPDIR/sem_program" posix greedy "$name" "${name}b" >"$tmp/taken"
  wait_until "it takes" grep -q begun "$tmp/taken"
  # shellcheck disable=SC2034  # so often
  for i in {1..100}; do
    semop "$name" =1
    wait_until "it is taken" has_value "$name" 0
  done
  semop "${name}b" +1
  finish 0 "$pid"
  assert_equal "how often it was taken" "$(tail -n 1 "$tmp/taken")" 100
}

@test "each of several that wait gets one of several that are given, with both APIs" {
  local reference i pids
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    pids=()
    for i in 1 2 3 4; do
      start semop "$reference" -1
      pids+=("$pid")
    done
    wait_until "all wait" are_waiting "$reference" 4
    semop "$reference" +6
    for pid in "${pids[@]}"; do finish 0 "$pid"; done
    assert_values "$reference" 2
  done
}

# A script that gives as many as it has counted must not wait when it has counted none.
@test "+0 and -0 never wait" {
  semop --create "$key" >/dev/null
  local operation
  for operation in +0 -0; do
    run --separate-stderr timeout -s KILL "$limit" semop -w 0.1 "$key" "$operation"
    [[ $status == [02] ]] || fail "semop S $operation: exit status $status: $stderr"
    assert_values "$key" 1
  done
}

# Sets

@test "all operations of one call are one step" {
  semop --create --sems 3 --init 1 "$key" 2:-1
  expect 124 semop --nonblock "$key" 0:-1 1:-1 2:-1
  assert_values "$key" "1 1 0"
  expect 124 semop -w 0.05 "$key" 0:+5 1:-1 2:0 1:0 0:0
  assert_values "$key" "1 1 0"
  expect 0 semop --nonblock "$key" 0:-1 1:+4 2:0
  assert_values "$key" "0 5 0"
  expect 0 semop --nonblock "$key" 0:0 0:+1 1:-5 1:0
  assert_values "$key" "1 0 0"
}

@test "what waits for two semaphores holds neither until both are there" {
  semop --create --sems 2 --init 0 "$key" 0:+1
  start semop "$key" 0:-1 1:-1
  wait_until "semop waits" are_waiting "$key" 1 1
  assert_values "$key" "1 0"
  expect 0 semop --nonblock "$key" 0:-1
  expect 0 semop "$key" 1:+1
  is_asleep "$pid" || fail "it does not wait any more"
  assert_values "$key" "0 1"
  expect 0 semop "$key" 0:+1
  finish 0 "$pid"
  assert_values "$key" "0 0"
}

@test "values of a set are set each by its number" {
  semop --create --sems 4 "$key" >/dev/null
  expect 0 semop "$key" 3:=9 =2 1:=0
  assert_values "$key" "2 0 1 9"
  expect 0 semop "$key" 1:=3 1:=4
  assert_values "$key" "2 4 1 9"
}

@test "a number beyond the set is an error that tells how many there are, and nothing is done" {
  semop --create --sems 3 "$key" >/dev/null
  local operation
  for operation in 3:-1 3:+1 3:0 3:=1 65535:+1; do
    expect 1 semop "$key" "$operation"
    assert_message "cannot operate on semaphore '$key'" "there is no semaphore ${operation%:*}" \
      "the set has 3, numbered from 0"
    assert_values "$key" "1 1 1"
  done
  expect 1 semop "$key" 0:+1 3:+1
  assert_values "$key" "1 1 1"
}

@test "an error names the set as it was asked for, when it has just been made, too" {
  expect 1 semop --create "$key" 1:-1
  assert_message "semaphore '$key'" "there is no semaphore 1"
  expect 1 semop --create -x "$(key_at 1)" 1:-1
  assert_message "semaphore '$(key_at 1)'" "there is no semaphore 1"
}

@test "many operations in one step, up to the limit of the kernel, which the hint names" {
  local most operations
  read -r _ _ most _ </proc/sys/kernel/sem
  ((most <= 5000)) || skip "kernel.sem allows $most operations"
  semop --create --init 0 "$key" >/dev/null
  mapfile -t operations < <(yes +1 | head -n "$most")
  expect 0 semop "$key" "${operations[@]}"
  assert_values "$key" "$most"
  expect 1 semop "$key" "${operations[@]}" -1
  assert_message "cannot operate on semaphore '$key'" "Argument list too long" "semop: hint: " \
    "$((most + 1)) operations" kernel.sem
  assert_values "$key" "$most"
}

# Limits

@test "a System V value is at most 32767, and nothing is done that would make it more" {
  semop --create --sems 2 --init 32767 "$key" >/dev/null
  assert_values "$key" "32767 32767"
  local operations
  for operations in +1 +32767 1:+1 "0:-1 1:+1" =32768 =2147483647 0:=65536; do
    # shellcheck disable=SC2086  # several
    expect 1 semop "$key" $operations
    assert_message "cannot operate on semaphore '$key'" "Numerical result out of range" "a value is at most 32767"
    assert_values "$key" "32767 32767"
  done
  expect 0 semop "$key" -32767 1:-1
  expect 0 semop "$key" +32767
  assert_values "$key" "32767 32766"
  expect 1 semop --create --init 32768 "$(key_at 1)"
  assert_message "$(key_at 1)" "a value is at most 32767"
  expect 1 semop "$(key_at 1)"
}

@test "a POSIX value is at most 2147483647" {
  expect 0 semop --create --init 2147483647 "$name"
  assert_equal "value" "$output" 2147483647
  expect 1 semop "$name" +1
  assert_message "cannot operate on semaphore '$name'" "Value too large" 2147483647
  expect 0 semop "$name" -1
  expect 1 semop "$name" +2
  assert_values "$name" 2147483646
  expect 0 semop "$name" +1
  assert_values "$name" 2147483647
}

@test "a POSIX value that is far off is set until time is up" {
  semop --create --init 2147483647 "$name" >/dev/null
  expect 124 semop --nonblock "$name" =0
  assert_equal "message" "$stderr" "semop: semaphore '$name' did not get its value within the time allowed"
  (($(semop "$name") < 2147483647)) || fail "nothing has been done"
  expect 0 semop --nonblock "$name" "=$(($(semop "$name") - 9))"
}

@test "DELTA is from -32768 to 32767" {
  semop --create "$key" >/dev/null
  expect 124 semop --nonblock "$key" -32768
  expect 124 semop --nonblock "$key" -32767
  local operation
  for operation in +32768 -32769 0:+32768 0:-32769 +99999999999999999999 -99999999999999999999; do
    expect 2 semop "$key" "$operation"
    assert_usage_error semop "invalid operation '$operation'"
  done
  assert_values "$key" 1
}

@test "more semaphores than kernel.sem allows in a set: the hint names it" {
  local most
  read -r most _ </proc/sys/kernel/sem
  ((most < 65535)) || skip "kernel.sem allows $most semaphores in a set"
  expect 1 semop --create --sems $((most + 1)) "$key"
  assert_message "cannot create semaphore '$key'" "$((most + 1))" "semop: hint: " kernel.sem
  expect 1 semop "$key"
  assert_message "No such file or directory"
}

@test "more sets than kernel.sem allows: the hint names it" {
  ((EUID == 0)) || skip "only root can change kernel.sem"
  local text='echo 32000 1024000000 500 1 >/proc/sys/kernel/sem 2>/dev/null || exit 77
    [[ $(cut -f 4 /proc/sys/kernel/sem) == 1 ]] || exit 77
    semop --create 0x1234 && semop --create 0x1235'
  unshare --ipc true 2>/dev/null || skip "no IPC namespace to be had"
  run --separate-stderr timeout -s KILL "$limit" unshare --ipc bash -c "$text"
  ((status != 77)) || skip "kernel.sem cannot be changed here"
  assert_equal "status" "$status" 1
  assert_equal "standard output" "$output" 1
  assert_message "cannot create semaphore '0x00001235'" "No space left on device" "semop: hint: " kernel.sem
}

# Timeouts

@test "--timeout ends the wait with 124, never early, with both APIs" {
  local reference begin
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    begin=${EPOCHREALTIME/./}
    expect 124 semop -w 250ms "$reference" -1
    ((${EPOCHREALTIME/./} - begin >= 250000)) || fail "$((${EPOCHREALTIME/./} - begin)) us are too early"
    assert_equal "message" "${stderr_lines[0]}" \
      "semop: the operation on semaphore '$reference' was not possible within the time allowed"
    begin=${EPOCHREALTIME/./}
    expect 124 semop --timeout=0.05 "$reference" -1
    ((${EPOCHREALTIME/./} - begin >= 50000)) || fail "too early"
    assert_values "$reference" 0
  done
  semop "$key" +1
  begin=${EPOCHREALTIME/./}
  expect 124 semop -w 0.05 "$key" 0
  ((${EPOCHREALTIME/./} - begin >= 50000)) || fail "too early"
}

@test "--nonblock and --timeout 0 do not wait, and take what there is, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create --init 2 "$reference" >/dev/null
    limit=10
    expect 0 semop --nonblock "$reference" -1
    expect 0 semop -w 0 "$reference" -1
    expect 124 semop --nonblock "$reference" -1
    expect 124 semop -w 0 "$reference" -1
    expect 0 semop --nonblock "$reference" +1
    expect 0 semop --nonblock "$reference"
    assert_equal "value" "$output" 1
  done
}

@test "--timeout-status is the exit status instead of 124, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    expect 7 semop -w 0.01 -E 7 "$reference" -1
    assert_message "within the time allowed"
    expect 0 semop --nonblock --timeout-status 0 "$reference" -1
    expect 255 semop --nonblock --timeout-status=255 "$reference" -1
    expect 0 semop --nonblock -E 7 "$reference" +1
  done
}

@test "--timeout inf and one that is longer than the wait change nothing" {
  local duration
  semop --create --init 0 "$key" >/dev/null
  for duration in inf 1h 60; do
    start semop -w "$duration" "$key" -1
    wait_until "semop waits" are_waiting "$key" 1
    semop "$key" +1
    finish 0 "$pid"
  done
}

@test "a stopped and continued semop waits on, and not longer, with both APIs" {
  local reference begin
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    begin=${EPOCHREALTIME/./}
    start semop -w 0.4 "$reference" -1
    wait_until "semop waits" are_waiting "$reference" 1
    kill -s STOP "$pid"
    kill -s CONT "$pid"
    finish 124 "$pid"
    ((${EPOCHREALTIME/./} - begin >= 400000)) || fail "too early"
    ((${EPOCHREALTIME/./} - begin < 10000000)) || fail "far too late"
  done
}

# The command line

@test "-digits is an operation and never an option, wherever it stands" {
  semop --create --init 20 "$key" >/dev/null
  local line
  for line in "S -12" "S -12 -w 1" "-w 1 S -12" "S -w 1 -12" "S -w1 -12 -E 7" "S -E 7 -12" "--nonblock S -12" \
    "S -12 --nonblock" \
    "S 0:-12" "-x --create S -12" "S --timeout=1 -12" "S -6 -6" "S -5 --nonblock -7" "S -012"; do
    [[ $line == *-x* ]] && ipcrm -S "$key" && line+=" --init 20"
    # shellcheck disable=SC2086  # words
    expect 0 semop ${line/S/"$key"}
    assert_values "$key" 8
    semop "$key" =20
  done
  expect 3 semop "$key" -21 -w 0.01 -E 3
  assert_values "$key" 20
}

@test "1 without a sign is wrong usage, with the hint +1" {
  expect 2 semop "$name" 1
  assert_usage_error semop "invalid operation '1'" "did you mean '+1'?"
  expect 2 semop "$key" 3:12
  assert_usage_error semop "invalid operation '3:12'" "did you mean '3:+12'?"
  expect 2 semop "$key" +1 1
  assert_usage_error semop "did you mean '+1'?"
}

@test "wrong operations are wrong usage that names them" {
  local operation
  for operation in + = a +a 0x1 1: :1 :-1 \
    +1:-1 ::1 0:0:0 =-1 =+1 =a '=1 ' '+1 ' ' +1' '' +1.5 =1.5 0:-1x 65536:-1 \
    99999999999999999999:-1 =2147483648 =99999999999999999999 ++1 +-1 -+1 /other 0x5; do
    expect 2 semop "$key" "$operation"
    [[ $operation == -+1 ]] || assert_message "invalid operation '$operation'"
    assert_usage_error semop
  done
  for operation in -1x -x1 -1.5 '-1 ' -1:-1; do
    expect 2 semop "$key" "$operation"
    assert_usage_error semop "'$operation'"
  done
}

@test "wrong options are wrong usage, and nothing is made" {
  local line
  # shellcheck disable=SC2086  # words
  for line in "" "--json" "$key --init 1" "$key --sems 1" "$key -m 600" "$key -x" "--create --sems 0 $key" \
    "--create --sems -1 $key" \
    "--create --sems 65536 $key" "--create --sems 1x $key" "--create --init -1 $key" "--create --init 2147483648 $key" \
    "--create --init x $key" "--create --mode 888 $key" "--create -m u+s $key" "--create --json $key +1" \
    "--create $key -j =1" \
    "--create $key +1 =1" "--create $key =1 -1" "--create -E 256 $key" "--create -E -1 $key" "--create -E x $key" \
    "--create -w -1 $key" "--create -w x $key" "--create -w $key" "--create --unknown $key" "--create --creat $key" \
    "--nonblock=1 $key" "--create=1 $key" "--create $key --" "--create --sems"; do
    run --separate-stderr timeout -s KILL "$limit" semop $line
    if [[ $line == *' --' ]]; then
      assert_equal "status of: semop $line" "$status" 125
    else
      assert_equal "status of: semop $line" "$status" 2
      assert_usage_error semop
    fi
  done
  expect 1 semop "$key"
  assert_message "cannot open semaphore '$key'" "No such file or directory"
}

@test "what POSIX semaphores cannot do is wrong usage, and nothing is made or done" {
  local -A reasons=(["-2"]="more than 1 cannot be taken" ["0"]="wait for zero"
    ["1:-1"]="number 0" ["1:+1"]="number 0" ["-1 -1"]="one operation at a time" ["+1 0:+1"]="one operation at a time")
  local operations
  for operations in "${!reasons[@]}"; do
    # shellcheck disable=SC2086  # several
    expect 2 semop --create "$name" $operations
    assert_usage_error semop "'$name'" "${reasons[$operations]}"
    # shellcheck disable=SC2086  # several
    expect 125 semop --create "$name" $operations -- true
  done
  expect 2 semop --create --sems 2 "$name"
  assert_usage_error semop "--sems is for System V"
  expect 1 semop "$name"
  assert_message "cannot open semaphore '$name'" "No such file or directory"
  expect 0 semop --create --sems 1 "$name" =3
  expect 2 semop "$name" 1:=2
  assert_usage_error semop "number 0"
  expect 2 semop "$name" =1 =2
  assert_usage_error semop
  assert_values "$name" 3
}

@test "a lock on a file is for COMMAND, and what it cannot do is wrong usage" {
  local operations lock=$tmp/lock
  for operations in -1 +1 =1 0 -2 "-1 -1" 1:-1 "--sems 2" "--init 0" "--init 4"; do
    # shellcheck disable=SC2086  # several
    expect 2 semop --create "file:$lock" $operations
    assert_usage_error semop
  done
  assert_message "--init is for semaphores"
  expect 2 semop "file:$lock" -1
  assert_usage_error semop "'semop file:PATH -- COMMAND'"
  [[ ! -e $lock ]] || fail "a file has been made"
}

@test "'private' and other kinds of references are refused" {
  expect 2 semop --create private
  assert_usage_error semop "'private'" ipcnew
  local reference
  for reference in "shm:$name" "mq:$name" 0 0x0 @ @-1 "" / /a/b frame; do
    expect 2 semop --create "$reference"
    assert_usage_error semop
  done
  expect 2 semop frame
  assert_usage_error semop "did you mean '/frame'?"
}

# Values as JSON

@test "--json tells number, value, ncount, zcount and pid, with null for what POSIX has not" {
  semop --create "$name" >/dev/null
  expect 0 semop --json "$name"
  assert_equal "JSON" "$output" '{"number":0,"value":1,"ncount":0,"zcount":0,"pid":null}' ||
    assert_equal "JSON" "$output" '{"number":0,"value":1,"ncount":0,"zcount":null,"pid":null}'
  start semop --create --sems 3 "$key" 1:-1
  finish 0 "$pid"
  expect 0 semop -j "$key"
  assert_equal "objects" "${#lines[@]}" 3
  assert_equal "the second" "${lines[1]}" '{"number":1,"value":0,"ncount":0,"zcount":0,"pid":'"$pid"'}'
  [[ ${lines[2]} =~ ^'{"number":2,"value":1,"ncount":0,"zcount":0,"pid":'[0-9]+'}'$ ]] || fail "${lines[2]}"
  "$python" -c 'import json, sys
for line in sys.stdin: assert list(json.loads(line)) == ["number", "value", "ncount", "zcount", "pid"]' <<<"$output"
}

@test "--json counts those that wait" {
  semop --create "$name" -1
  start semop "$name" -1
  wait_until "it waits" are_waiting "$name" 1
  start semop "$name" -1
  wait_until "both wait" are_waiting "$name" 2
  semop --create --sems 2 "$key" 0:-1
  start semop "$key" -1
  start semop "$key" 1:0
  start semop "$key" 1:0
  wait_until "one waits for more" are_waiting "$key" 1
  wait_until "two wait for zero" are_waiting_for_zero "$key" 2 1
}

@test "values that cannot be written are an error" {
  semop --create "$key" >/dev/null
  expect 1 "${into_full[@]}" semop "$key"
  assert_message "No space left on device"
  expect 1 "${into_full[@]}" semop -j "$key"
  expect 0 "${into_full[@]}" semop "$key" -1
}

# --create

@test "a POSIX semaphore that a limit of the file size cuts short is an error that says so, and none is made" {
  # Through a pipe: the message would be cut short as well.
  expect 1 bash -c 'prlimit --fsize=10 semop --create "$1" 2>&1 | cat >&2; exit "${PIPESTATUS[0]}"' bash "$name"
  assert_message "cannot create semaphore '$name'" "File too large"
  expect 1 semop "$name"
}

@test "without --create a missing semaphore is an error, and none is made" {
  local reference operation
  for reference in "$name" "$key"; do
    for operation in "" -1 +1 =1 -j; do
      expect 1 semop "$reference" ${operation:+"$operation"}
      assert_equal "message" "$stderr" \
        "semop: cannot open semaphore '$reference': No such file or directory"$'\nsemop: hint: --create makes it'
    done
    expect 125 semop "$reference" -- true
  done
  expect 1 semop @2147483647
  assert_equal "message" "$stderr" "semop: cannot open semaphore '@2147483647': No such file or directory"
}

@test "--create makes what is missing, and uses what exists as it is" {
  local reference
  for reference in "$name" "$key"; do
    expect 0 semop --create --init 3 "$reference" -1
    assert_values "$reference" 2
    expect 0 semop --create --init 9 "$reference" -1
    assert_values "$reference" 1
    expect 0 semop --create --sems 1 -m 666 "$reference"
    assert_equal "value" "$output" 1
    expect 0 semop --create "$reference" =5
    assert_values "$reference" 5
  done
  expect 0 semop --create --sems 3 --init 0 "$(key_at 1)"
  assert_equal "values" "${lines[*]}" "0 0 0"
  expect 0 semop --create --sems 5 "$(key_at 1)"
  assert_equal "values" "${lines[*]}" "0 0 0"
}

@test "--verbose tells where semaphores that exist differ from --init and --sems, and they are used as they are" {
  local reference
  for reference in "$name" "$key"; do
    expect 0 semop --create --init 3 -v "$reference" -1
    assert_silent
    expect 0 semop --create --init 4 "$reference" +1
    assert_silent
    expect 0 semop --create --init 4 --verbose "$reference" +1
    assert_equal "message" "$stderr" "semop: semaphore '$reference' has the value 3: --init 4 is for new semaphores"
    expect 0 semop --create --init 4 --verbose "$reference" -1 # which it has by now
    assert_silent
  done
  expect 0 semop --create --sems 2 -v "$key"
  assert_equal "message" "$stderr" "semop: semaphore '$key' has the size 1: --sems 2 is for new semaphores"
  assert_equal "value" "$output" 3
  expect 2 semop -v "$key"
  assert_usage_error semop --create
}

@test "--exclusive fails if it exists, and leaves it alone" {
  local reference
  for reference in "$name" "$key"; do
    expect 0 semop --create -x --init 4 "$reference"
    assert_equal "value" "$output" 4
    expect 1 semop --create -x "$reference" -1
    assert_message "cannot create semaphore '$reference'" "File exists"
    assert_values "$reference" 4
    expect 125 semop --create --exclusive "$reference" -- true
    assert_values "$reference" 4
  done
}

@test "new semaphores are for their owner alone, whatever the umask" {
  umask 0
  semop --create "$name" +1
  semop --create "$key" >/dev/null
  assert_equal "mode of $name" "$(octal_mode "$name")" 600
  assert_equal "mode of $key" "$(set_mode)" 600
}

@test "--mode gives octal and symbolic permissions, and the umask does not apply" {
  local mode mask
  local -A modes=([640]=640 [0666]=666 [u=rw,g=r,o=r]=644 [g+rw]=660 [a=rw]=666 [777]=777)
  for mask in 077 0777 0; do
    with_umask=(bash -c 'umask "$1"; shift; exec "$@"' bash "$mask")
    for mode in "${!modes[@]}"; do
      expect 0 "${with_umask[@]}" semop --create -x -m "$mode" "$name"
      assert_equal "permissions for --mode $mode" "$(octal_mode "$name")" "${modes[$mode]}"
      rm "/dev/shm/sem.${name#/}"
    done
    mode=664
    expect 0 "${with_umask[@]}" semop --create -x --mode="$mode" "$key"
    assert_equal "permissions for --mode $mode" "$(set_mode)" "$mode"
    ipcrm -S "$key"
  done
}

@test "--mode that keeps the maker itself out gives the set its values all the same" {
  expect 0 semop --create --init 0 -m 0444 "$key"
  assert_equal "mode" "$(set_mode)" 444
  [[ $(program sysv otime "$key") != 0 ]] || fail "sem_otime is not set"
  ipcrm -S "$key"
  run --separate-stderr timeout -s KILL "$limit" semop --create --init 7 -m 044 "$key" +1
  assert_equal "mode" "$(set_mode)" 44
  if ((EUID == 0)); then
    assert_equal "status" "$status" 0
    assert_values "$key" 8
  else
    assert_equal "status" "$status" 1
    assert_message "semaphore '$key'" "Permission denied"
  fi
}

@test "a new semaphore is complete: glibc and System V programs take it" {
  semop --create --init 3 "$name"
  assert_equal "value for sem_getvalue" "$(program posix value "$name")" 3
  semop --create --init 3 --sems 2 "$key" >/dev/null
  assert_equal "value for GETVAL" "$(program sysv value "$key" 1)" 3
  (($(program sysv otime "$key") > 0)) || fail "sem_otime is not set"
}

# Races of makers

# make_at_once REF N: as many processes as N make it with 100 and take 1.
make_at_once() {
  local i pids=()
  for ((i = 0; i < $2; ++i)); do
    timeout -s KILL "$limit" semop --create --init 100 "$1" -1 2>>"$tmp/errors" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "one of the makers failed: $(cat "$tmp/errors")"; done
}

@test "of many that make it at once, one gives it its values, with both APIs" {
  local round reference
  # shellcheck disable=SC2034  # five times
  for round in 1 2 3 4 5; do
    for reference in "$name" "$key"; do
      make_at_once "$reference" 16
      assert_values "$reference" 84
    done
    rm "/dev/shm/sem.${name#/}"
    ipcrm -S "$key"
  done
}

@test "of many that make it at once with --exclusive, one succeeds, with both APIs" {
  local reference i made pids
  for reference in "$name" "$key"; do
    pids=()
    made=0
    for i in {1..16}; do
      timeout -s KILL "$limit" semop --create -x "$reference" +1 2>>"$tmp/errors" &
      pids+=($!)
    done
    for i in "${pids[@]}"; do if wait "$i"; then made=$((made + 1)); fi; done
    assert_equal "makers that succeeded" "$made" 1
    assert_values "$reference" 2
    assert_equal "other errors" "$(grep -v 'File exists' "$tmp/errors")" ""
  done
}

@test "a set that another program is still making is waited for" {
  program sysv make "$key" 1
  start semop --create -w 10 "$key" -1
  wait_until "semop waits" is_asleep "$pid"
  program sysv op "$key" 0 3
  finish 0 "$pid"
  assert_values "$key" 2
}

@test "a set that never gets its values is waited for as long as --timeout says" {
  local begin=${EPOCHREALTIME/./}
  program sysv make "$key" 2
  expect 124 semop --create -w 0.2 "$key" +1
  ((${EPOCHREALTIME/./} - begin >= 200000)) || fail "too early"
  assert_message "semaphore '$key' was not given its values within the time allowed"
  expect 9 semop --create --nonblock -E 9 "$key" -- true
  assert_equal "value" "$(program sysv value "$key" 0)" 0
}

@test "a set that never gets its values is waited for 5 seconds without --timeout, and the hint tells what to do" {
  program sysv make "$key" 1
  limit=20 expect 1 semop --create "$key" +1
  assert_message "cannot use semaphore '$key'" "it has no values yet" "semop: hint: " "its maker has died" remove
  assert_equal "value" "$(program sysv value "$key" 0)" 0
}

@test "a set that never got its values is used as it is without --create" {
  program sysv make "$key" 2
  assert_values "$key" "0 0"
  expect 0 semop "$key" =1
  assert_values "$key" "1 0"
  expect 0 semop "$key" -1
}

@test "what the hint about a set without values advises, helps" {
  program sysv make "$key" 1
  expect 124 semop --create --nonblock "$key" +1
  expect 0 semop "$key" =1
  expect 0 semop --create -w 0.2 "$key" -1
  assert_values "$key" 0
}

@test "a private set that ipcmk has made is used as it is" {
  local id
  id=$(ipcmk -S 2 | grep -o '[0-9]*$')
  remember_id "sem:@$id"
  assert_values "@$id" "0 0"
  expect 0 semop "@$id" 0:+1 1:+2
  expect 0 semop --create -w 1 "@$id" 1:-1
  assert_values "sem:@$id" "1 1"
}

@test "an identifier cannot be made" {
  expect 1 semop --create @2147483647 || expect 2 semop --create @2147483647
}

@test "a maker that is killed at any moment leaves none, one that is complete, or one that is waited for" {
  local i
  for i in {04..28}; do
    timeout -s KILL "0.00$i" semop --create --init 2 "$key" +1 >/dev/null 2>&1 || true
    run --separate-stderr timeout -s KILL "$limit" semop --create --init 2 -w 0.05 "$key"
    ((status == 124)) || [[ $status == 0 && $output == [23] ]] || fail "status $status, value $output: $stderr"
    ipcrm -S "$key"
  done
}

# Permissions

@test "another user's semaphores cannot be read or operated on" {
  need_second_user
  local reference
  semop --create "$name" +1
  semop --create "$key" +1
  for reference in "$name" "$key"; do
    expect 1 "${other[@]}" semop "$reference"
    assert_message "semaphore '$reference'" "Permission denied"
    expect 1 "${other[@]}" semop "$reference" -1
    assert_message "semaphore '$reference'" "Permission denied"
    expect 1 "${other[@]}" semop "$reference" =9
    expect 125 "${other[@]}" semop "$reference" -- true
    expect 1 "${other[@]}" semop --create "$reference" +1
    assert_message "semaphore '$reference'" "Permission denied"
    assert_values "$reference" 2
  done
}

@test "with permission another user's semaphores are taken, but not with --create, where they may be planted" {
  need_second_user
  local reference
  "${other[@]}" semop --create -m 666 "$name" +1
  "${other[@]}" semop --create -m 666 "$key" +1
  for reference in "$name" "$key"; do
    expect 0 semop "$reference" -1
    expect 0 semop "$reference" -- true
    expect 1 semop --create "$reference" -1
    assert_message "cannot use semaphore '$reference'" "belongs to another user" 65534 "leaving out --create takes it"
    expect 1 semop --create "$reference"
    expect 125 semop --create "$reference" -- touch "$tmp/ran"
    [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
    expect 1 semop --create -x "$reference"
    assert_values "$reference" 1
    expect 0 "${other[@]}" semop --create "$reference"
  done
}

@test "what root has made is trusted, by --create too" {
  need_second_user
  local reference
  semop --create -m 666 "$name" +1
  semop --create -m 666 "$key" +1
  for reference in "$name" "$key"; do
    expect 0 "${other[@]}" semop --create "$reference" -1
    assert_values "$reference" 1
  done
}

@test "who may only read sees the values and can do nothing" {
  become_ordinary
  local reference
  "${ordinary[@]}" semop --create "$name" +1
  chmod 444 "/dev/shm/sem.${name#/}"
  "${ordinary[@]}" semop --create -m 444 "$key"
  for reference in "$name" "$key"; do
    expect 0 "${ordinary[@]}" semop "$reference"
    expect 0 "${ordinary[@]}" semop --json "$reference"
    expect 1 "${ordinary[@]}" semop --nonblock "$reference" -1
    assert_message "semaphore '$reference'" "Permission denied"
    expect 1 "${ordinary[@]}" semop "$reference" +1
    expect 1 "${ordinary[@]}" semop "$reference" =1
  done
}

# Removed while it is waited for

@test "a System V set that is removed ends the wait at once" {
  semop --create --init 0 "$key" >/dev/null
  start semop "$key" -1 2>"$tmp/errors"
  wait_until "semop waits" are_waiting "$key" 1
  ipcrm -S "$key"
  finish 1 "$pid"
  assert_equal "message" "$(cat "$tmp/errors")" "semop: cannot operate on semaphore '$key': Identifier removed"
}

@test "a System V set that is removed ends the wait for zero and that of COMMAND, which is not run" {
  semop --create "$key" >/dev/null
  start semop -w 20 "$key" 0 2>/dev/null
  local zero=$pid
  start semop "$key" -2 -- touch "$tmp/ran" 2>/dev/null
  wait_until "semop waits" are_waiting "$key" 1
  wait_until "the other waits" are_waiting_for_zero "$key" 1
  ipcrm -S "$key"
  finish 1 "$zero"
  finish 125 "$pid"
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

@test "a POSIX semaphore that is removed stays for those that wait" {
  semop --create "$name" -1
  start semop -w 0.5 "$name" -1 2>/dev/null
  wait_until "semop waits" are_waiting "$name" 1
  rm "/dev/shm/sem.${name#/}"
  semop --create "$name" +5
  finish 124 "$pid"
  assert_values "$name" 6
}

@test "a waiting semop dies of the signal it gets, and takes nothing, with both APIs" {
  local reference signal
  for reference in "$name" "$key"; do
    for signal in INT TERM HUP; do
      semop --create --init 0 "$reference" >/dev/null
      start semop "$reference" -1
      wait_until "semop waits" are_waiting "$reference" 1
      kill -s "$signal" "$pid"
      finish $((128 + $(kill -l "$signal"))) "$pid"
      semop "$reference" +1
      assert_values "$reference" 1
      ipcdel "sem:$reference"
    done
  done
}

@test "a semop that a signal has ended is not counted as waiting any more, with both APIs" {
  local reference
  for reference in "$key" "$name"; do
    semop --create --init 0 "$reference" >/dev/null
    start semop "$reference" -1
    wait_until "semop waits" are_waiting "$reference" 1
    kill -s TERM "$pid"
    finish 143 "$pid"
    are_waiting "$reference" 0 || fail "$(semop -j "$reference")"
  done
}

# What is planted in /dev/shm

@test "a file that is too short for a semaphore is an error" {
  planted
  printf 'abcd' >"$semaphore_file"
  assert_no_semaphore 1 "its file has 4 bytes"
  assert_equal "what was planted" "$(cat "$semaphore_file")" abcd
  : >"$semaphore_file"
  assert_no_semaphore 1 "its file has 0 bytes"
}

@test "a file that is too long for a semaphore is an error" {
  planted
  content "$semaphore_file" 33
  assert_no_semaphore 1 "its file has 33 bytes"
  truncate -s 1M "$semaphore_file"
  assert_no_semaphore 1 "its file has 1048576 bytes"
}

@test "a FIFO, a socket and a directory are no semaphores" {
  planted
  mkfifo "$semaphore_file"
  assert_no_semaphore 1
  rm "$semaphore_file"
  "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$semaphore_file"
  assert_no_semaphore 1
  rm "$semaphore_file"
  mkdir "$semaphore_file"
  assert_no_semaphore 1
}

@test "a symbolic link is not followed, not even to a semaphore" {
  planted
  semop --create "${name}b" +1
  ln -s "/dev/shm/sem.${name#/}b" "$semaphore_file"
  assert_no_semaphore 1 "a symbolic link is not followed"
  assert_values "${name}b" 2
  ln -sfn "/dev/shm/sem.${name#/}missing" "$semaphore_file"
  assert_no_semaphore 1
  [[ ! -e /dev/shm/sem.${name#/}missing ]] || fail "something has been made where the link points to"
}

@test "a file of a semaphore's size that holds anything is never a crash and never a hang" {
  planted
  local byte operands
  for byte in '\377' '\200' 'x' '\177'; do
    for operands in "$name" "-j $name" "$name +1" "$name =1" "--nonblock $name -1" "$name -w 0.2 -1"; do
      head -c 32 /dev/zero | tr '\0' "$byte" >"$semaphore_file"
      # shellcheck disable=SC2086  # words
      run --separate-stderr timeout -s KILL 120 semop $operands
      [[ $status == [01] || $status == 124 ]] || fail "semop $operands on 32 bytes $byte: exit status $status: $stderr"
    done
  done
}

@test "a semaphore whose file is shortened meanwhile is never a crash" {
  semop --create --init 0 "$name" >/dev/null
  start semop -w 0.5 "$name" -1 2>/dev/null
  wait_until "semop waits" are_waiting "$name" 1
  truncate -s 0 "/dev/shm/sem.${name#/}"
  local actual=0
  timeout -s KILL 120 tail --pid="$pid" -f /dev/null || fail "it does not end"
  wait "$pid" || actual=$?
  ((actual == 1 || actual == 124)) || fail "exit status $actual"
}

@test "--create refuses a planted semaphore of another user, whoever may write it" {
  need_second_user
  planted
  "${other[@]}" bash -c 'umask 0; head -c 32 /dev/zero >"$1"' bash "$semaphore_file"
  expect 1 semop --create "$name" -1
  assert_message "cannot use semaphore '$name'" "belongs to another user"
}

# Other programs

@test "sem_open, sem_post and sem_wait of glibc work on the same semaphore" {
  semop --create --init 0 "$name" >/dev/null
  program posix post "$name"
  expect 0 semop -w 10 "$name" -1
  semop "$name" +2
  program posix wait "$name"
  assert_equal "value for sem_getvalue" "$(program posix value "$name")" 1
  assert_values "$name" 1
  program posix make "${name}b" 4
  assert_values "${name}b" 4
  expect 0 semop --create "${name}b" -1
  expect 1 semop --create -x "${name}b"
  assert_equal "value for sem_getvalue" "$(program posix value "${name}b")" 3
}

@test "semop wakes a program that waits in sem_wait, and the other way round" {
  semop --create --init 0 "$name" >/dev/null
  start "$BATS_FILE_TMPDIR/sem_program" posix wait "$name"
  wait_until "the program waits" are_waiting "$name" 1
  semop "$name" +1
  finish 0 "$pid"
  start semop "$name" -1
  wait_until "semop waits" are_waiting "$name" 1
  program posix post "$name"
  finish 0 "$pid"
  start "$BATS_FILE_TMPDIR/sem_program" posix wait "$name"
  wait_until "the program waits" are_waiting "$name" 1
  semop "$name" =1
  finish 0 "$pid"
  assert_values "$name" 0
}

@test "semop and a program of glibc hand over to each other 200 times" {
  local i
  semop --create --init 0 "$name" >/dev/null
  semop --create --init 0 "${name}b" >/dev/null
  start "$BATS_FILE_TMPDIR/sem_program" posix pong "$name" "${name}b" 200
  for i in {1..200}; do
    semop "$name" +1
    semop -w 10 "${name}b" -1 || fail "round $i"
  done
  finish 0 "$pid"
  assert_values "$name" 0
  assert_values "${name}b" 0
}

@test "semop and a System V program hand over to each other 200 times" {
  local i
  semop --create --sems 2 --init 0 "$key" >/dev/null
  start "$BATS_FILE_TMPDIR/sem_program" sysv pong "$key" 200
  for i in {1..200}; do
    semop "$key" +1
    semop -w 10 "$key" 1:-1 || fail "round $i"
  done
  finish 0 "$pid"
  assert_values "$key" "0 0"
}

@test "perl's semop works on the same set" {
  command -v perl >/dev/null || skip "no perl"
  semop --create --sems 2 --init 0 "$key" >/dev/null
  local text='$id = semget(hex $ARGV[0], 0, 0) // die; semop($id, pack("s!3s!3", 0, 2, 0, 1, 5, 0)) || die'
  perl -e "$text" "$key"
  expect 0 semop --nonblock "$key" 0:-1 1:-5
  assert_values "$key" "1 0"
}

@test "--quiet says nothing when time is up, and reports other errors" {
  local reference
  for reference in "$name" "$key"; do
    expect 0 semop --create --init 0 "$reference"
    expect 124 semop --nonblock -q "$reference" -1
    assert_silent
    expect 124 semop -w 0.01 --quiet "$reference" -1
    assert_silent
    expect 0 semop -q --nonblock -E 0 "$reference" -- true
    assert_silent
    expect 124 semop --nonblock "$reference" -1
    assert_message "within the time allowed"
  done
  expect 1 semop -q --nonblock "${name}b" -1
  assert_message "cannot open semaphore '${name}b'"
}
