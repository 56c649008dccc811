# ipcwait(1) waits until something is true of an object: neither shorter nor much longer, and without working meanwhile.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

# start_waiting ARG...: ipcwait in the background, past its first look.
start_waiting() {
  start ipcwait -w 30 "$@" 2>"$tmp/errors"
  wait_until "ipcwait waits" is_asleep "$pid"
  sleep 0.02
  [[ $(cut -d ' ' -f 3 "/proc/$pid/stat") != Z ]] || fail "ipcwait $* has ended: $(<"$tmp/errors")"
}

# make REF: an object, semaphores with a value of 1.
make() {
  local option=()
  [[ $1 != shm:* ]] || option=(--size 10)
  ipcnew "${option[@]}" "$1" >/dev/null
}

# ended STATUS PID: an ipcwait of start_waiting has ended so, which it does in any case after its -w.
ended() {
  local actual=0
  wait "$2" || actual=$?
  assert_equal "exit status of ipcwait" "$actual" "$1"
}

# assert_not_yet REF CONDITION: it is not true now.
assert_not_yet() {
  expect 124 ipcwait --nonblock "$@"
  assert_message "ipcwait: " "not '$2' within the time allowed"
  assert_equal "output" "$output" ""
}

assert_now() {
  expect 0 ipcwait --nonblock "$@"
  assert_silent
  assert_equal "output" "$output" ""
}

# becomes_true REF CONDITION COMMAND...: the command makes it true while it is waited for.
becomes_true() {
  local reference=$1 condition=$2 waiting
  shift 2
  start_waiting "$reference" "$condition"
  waiting=$pid
  "$@" >/dev/null
  ended 0 "$waiting"
  assert_equal "messages" "$(<"$tmp/errors")" ""
}

@test "exists and gone: an object of every kind and API that is made and removed meanwhile" {
  local reference
  for reference in "shm:$name" "mq:$name" "sem:$name" "shm:$key" "mq:$key" "sem:$key" "shm:file:$tmp/mapped"; do
    becomes_true "$reference" exists make "$reference"
    becomes_true "$reference" gone ipcdel "$reference"
  done
}

@test "exists and gone: shared memory that other programs make, rename and remove" {
  becomes_true "shm:$name" exists shmput "$name" </dev/null
  becomes_true "shm:$name" gone mv "/dev/shm$name" "/dev/shm${name}b"
  becomes_true "shm:$name" exists mv "/dev/shm${name}b" "/dev/shm$name"
  becomes_true "shm:$name" gone rm "/dev/shm$name"
  becomes_true "shm:$name" exists cp /dev/null "/dev/shm$name"
}

@test "exists and gone: a file whose directory comes and goes" {
  local file=shm:file:$tmp/directory/file
  assert_now "$file" gone
  # shellcheck disable=SC2016  # for the inner shell
  becomes_true "$file" exists bash -c 'mkdir "$1"; sleep 0.1; echo x >"$1/file"' bash "$tmp/directory"
  becomes_true "$file" gone rm -r "$tmp/directory"
}

@test "exists and gone: what is no object is not there" {
  mkdir "/dev/shm${name}directory"
  ln -s /etc/passwd "/dev/shm${name}link"
  for thing in directory link; do
    assert_not_yet "shm:$name$thing" exists
    assert_now "shm:$name$thing" gone
  done
}

@test "nonempty and empty: queues of both APIs" {
  local queue
  for queue in "$name" "$key"; do
    ipcnew "mq:$queue" >/dev/null
    assert_now "mq:$queue" empty
    becomes_true "mq:$queue" nonempty mqsend "$queue" one
    mqsend "$queue" two
    becomes_true "mq:$queue" empty mqrecv --drain "$queue"
  done
}

@test "nonempty takes no message, and neither does empty" {
  local queue
  for queue in "$name" "$key"; do
    mqsend --create "$queue" one two
    assert_now "mq:$queue" nonempty
    assert_not_yet "mq:$queue" empty
    assert_equal "messages" "$(mqrecv --drain "$queue" | xargs)" "one two"
  done
}

@test "zero and value:N: semaphores of both APIs" {
  local reference
  take_all() { semop "$1" -1 && semop "$1" -1; }
  for reference in "$name" "$key"; do
    ipcnew --init 2 "sem:$reference" >/dev/null
    becomes_true "sem:$reference" zero take_all "$reference"
    assert_now "sem:$reference" value:0
    becomes_true "sem:$reference" value:3 semop "$reference" +3
    assert_now "sem:$reference" value:2
    assert_not_yet "sem:$reference" value:4
    assert_equal "value" "$(semop "$reference")" 3
  done
}

@test "zero and value:N: every semaphore of a set at one moment" {
  ipcnew --sems 3 --init 1 "sem:$key" >/dev/null
  semop "$key" 0:-1 1:-1
  becomes_true "sem:$key" zero semop "$key" 2:-1
  semop "$key" 1:=5 2:=2
  becomes_true "sem:$key" value:2 semop "$key" 0:+2
  assert_equal "values" "$(cell "sem:$key" VALUES)" 2,5,2
}

@test "zero and value:N: a set of more semaphores than there are operations in one step" {
  local last=600
  ipcnew --sems $((last + 1)) --init 0 "sem:$key" >/dev/null
  assert_now "sem:$key" zero
  semop "$key" "$last:+1"
  assert_not_yet "sem:$key" value:1
  becomes_true "sem:$key" zero semop "$key" "$last:-1"
}

@test "unattached: a segment that the last process detaches" {
  local id holders
  id=$(ipcnew --size 100 "shm:$key")
  assert_now "shm:$key" unattached
  start_process attach "${id#*@}"
  holders=("$pid")
  start_process attach "${id#*@}"
  holders+=("$pid")
  assert_not_yet "$id" unattached
  stop "${holders[0]}"
  becomes_true "shm:$key" unattached stop "${holders[1]}"
}

@test "unattached: POSIX shared memory that nobody has mapped or open any more" {
  local action
  shmput "$name" <<<x
  assert_now "shm:$name" unattached
  for action in map open; do
    start_process "$action" "/dev/shm$name"
    becomes_true "shm:$name" unattached stop "$pid"
  done
}

@test "unattached: without privilege it is seen whether another user's process holds one's object" {
  need_second_user
  "${other[@]}" ipcnew --size 10 -m 600 "shm:$name" >/dev/null
  start_process map "/dev/shm$name"
  expect 124 "${other[@]}" ipcwait --nonblock "shm:$name" unattached
  stop "$pid"
  expect 0 "${other[@]}" ipcwait --nonblock "shm:$name" unattached
}

@test "changed: shared memory that is written, replaced or removed" {
  local reference action
  is_watching() { grep -qs '^inotify wd' "/proc/$1/fdinfo/"*; }
  for reference in "$name" "file:$tmp/mapped"; do
    shmput "$reference" <<<text
    assert_not_yet "shm:$reference" changed
    for action in "shmput --offset 1 $reference" "shmput $reference" "ipcdel shm:$reference"; do
      start ipcwait -w 30 "shm:$reference" changed
      wait_until "ipcwait watches" is_watching "$pid"
      $action <<<x
      ended 0 "$pid"
    done
    expect 1 ipcwait "shm:$reference" changed
    assert_message "ipcwait: cannot " "No such file or directory"
  done
}

@test "readers, writers, nonempty and empty: a FIFO" {
  local condition fifo=fifo:$tmp/pipe
  mkfifo-pipe "$tmp/pipe"
  for condition in readers writers nonempty; do assert_not_yet "$fifo" "$condition"; done
  assert_now "$fifo" empty
  start_waiting "$fifo" readers
  exec 9<>"$tmp/pipe"
  ended 0 "$pid"
  assert_now "$fifo" writers
  becomes_true "$fifo" nonempty bash -c 'echo hello >"$1"' bash "$tmp/pipe"
  assert_not_yet "$fifo" empty
  becomes_true "$fifo" empty bash -c 'read -r line <"$1"' bash "$tmp/pipe"
  exec 9>&-
  becomes_true "$fifo" gone ipcdel "$fifo"
  becomes_true "$fifo" exists mkfifo-pipe "$tmp/pipe"
}

@test "a writer that waits for its reader is not let go by who waits for the FIFO" {
  local condition writer fifo=fifo:$tmp/pipe
  mkfifo-pipe "$tmp/pipe"
  start bash -c 'echo hello >"$1"' bash "$tmp/pipe"
  writer=$pid
  wait_until "the writer waits" is_asleep "$writer"
  for condition in nonempty writers readers; do assert_not_yet "$fifo" "$condition"; done
  expect 0 ipcls --holders "$fifo"
  kill -0 "$writer"
  assert_equal "what it writes" "$(mkfifo-pipe --receive "$tmp/pipe")" hello
  finish 0 "$writer"
}

@test "time is up, never early, with exit 124" {
  local begin took arguments
  ipcnew --size 10 --init 1 "shm:$name" "mq:$name" "sem:$name" "mq:$key" "sem:$key" >/dev/null
  for arguments in "shm:$name gone" "mq:$name nonempty" "sem:$name zero" "mq:$key nonempty" "sem:$key value:2" "shm:$key exists"; do
    begin=$(now)
    # shellcheck disable=SC2086  # two arguments
    expect 124 ipcwait -w 60ms $arguments
    took=$(($(now) - begin))
    ((took >= 60 && took < 5000)) || fail "ipcwait -w 60ms $arguments took $took ms"
    assert_message "ipcwait: " "not '${arguments#* }' within the time allowed"
    # shellcheck disable=SC2086
    expect 124 ipcwait --timeout 0 $arguments
  done
}

@test "without a limit it waits on, and -w inf too" {
  local waiting=() process
  start ipcwait "shm:$name" exists
  waiting+=("$pid")
  start ipcwait --timeout=inf "shm:$name" exists
  waiting+=("$pid")
  sleep 0.2
  kill -0 "${waiting[@]}"
  shmput "$name" <<<x
  for process in "${waiting[@]}"; do finish 0 "$process"; done
}

@test "a missing object is exit 1, at once" {
  local arguments
  for arguments in "mq:$name empty" "mq:$name nonempty" "mq:$key empty" "mq:$key nonempty" "sem:$name zero" "sem:$name value:1" \
    "sem:$key zero" "sem:$key value:1" "sem:$key value:0" "shm:$name unattached" "shm:$key unattached" "shm:@2147483647 unattached" \
    "shm:file:$tmp/missing unattached"; do
    # shellcheck disable=SC2086  # two arguments
    expect 1 ipcwait $arguments
    assert_message "ipcwait: cannot " "No such file or directory"
  done
}

@test "an object that is removed meanwhile is exit 1" {
  local arguments reference waiting
  for arguments in "mq:$name empty" "mq:$name nonempty" "mq:$key empty" "mq:$key nonempty" "sem:$name zero" "sem:$name value:3" "sem:$key zero" "sem:$key value:3"; do
    reference=${arguments% *}
    make "$reference"
    [[ $arguments != *" empty" ]] || mqsend "${reference#*:}" x
    # shellcheck disable=SC2086  # two arguments
    start_waiting $arguments
    waiting=$pid
    ipcdel "$reference"
    ended 1 "$waiting"
    grep -q "^ipcwait: cannot .*'.*': \(No such file or directory\|Identifier removed\)$" "$tmp/errors" || fail "$(<"$tmp/errors")"
  done
}

@test "unattached: an object that is removed meanwhile is gone" {
  local waiting holder
  shmput "$name" <<<x
  start_process map "/dev/shm$name"
  start_waiting "shm:$name" unattached
  ipcdel "shm:$name"
  finish 1 "$pid"
  ipcnew --size 10 "shm:$key" >/dev/null
  start_process attach "$(cell "shm:$key" ID)"
  holder=$pid
  start_waiting "$(cell "shm:$key" REF)" unattached
  waiting=$pid
  ipcdel "shm:$key"
  sleep 0.1
  kill -0 "$waiting"
  stop "$holder"
  finish 1 "$waiting"
}

@test "waiting takes no time of a processor" {
  local arguments waiting=() begin=$SECONDS ticks process
  ipcnew --size 10 --init 1 "shm:$name" "mq:$name" "sem:$name" "shm:$key" "mq:$key" "sem:$key" >/dev/null
  mqsend "$name" x
  start_process attach "$(cell "shm:$key" ID)"
  for arguments in "shm:$name gone" "sem:$name zero" "mq:$name empty" "mq:$key nonempty" "sem:$key value:2" "mq:${name}b exists" \
    "sem:$(key_at 1) exists" "shm:$key gone"; do
    # shellcheck disable=SC2086  # two arguments
    start ipcwait $arguments
    waiting+=("$pid")
  done
  sleep 1
  for process in "${waiting[@]}"; do
    ticks=$(cut -d ')' -f 2 "/proc/$process/stat" | awk '{ print $12 + $13 }')
    ((ticks * 100 <= 20 * $(getconf CLK_TCK))) || fail "$ticks ticks in $((SECONDS - begin)) s: $(tr '\0' ' ' <"/proc/$process/cmdline")"
  done
  for process in "${waiting[@]}"; do
    kill "$process"
    wait "$process" || (($? == 143))
  done
}

@test "a signal ends it" {
  local signal arguments
  ipcnew --init 1 "sem:$key" "sem:$name" >/dev/null
  for signal in INT TERM HUP; do
    start_waiting "sem:$key" zero
    kill -"$signal" "$pid"
    ended $((128 + $(kill -l "$signal"))) "$pid"
  done
  for arguments in "sem:$name zero" "shm:$name exists"; do
    # shellcheck disable=SC2086  # two arguments
    start_waiting $arguments
    kill -TERM "$pid"
    ended 143 "$pid"
  done
  assert_equal "values" "$(cell "sem:$key" VALUES)" 1
}

@test "several wait for the same, and all see it" {
  local reference waiting process
  for reference in "sem:$name" "sem:$key"; do
    ipcnew --init 0 "$reference" >/dev/null
    waiting=()
    for _ in 1 2; do
      start_waiting "$reference" value:2
      waiting+=("$pid")
    done
    semop "${reference#*:}" +2
    for process in "${waiting[@]}"; do finish 0 "$process"; done
    assert_equal "value" "$(cell "$reference" VALUES)" 2
  done
}

@test "a value beyond what a set can have is told" {
  ipcnew --init 0 "sem:$key" >/dev/null
  expect 1 ipcwait -w 5 "sem:$key" value:32768
  assert_message "ipcwait: cannot " "'$key': Numerical result out of range" "ipcwait: hint: a value is at most 32767"
  assert_not_yet "sem:$key" value:32767
}

@test "what may not be looked into is an error" {
  need_second_user
  ipcnew --init 0 "mq:$name" "sem:$name" "sem:$key" >/dev/null
  for arguments in "mq:$name nonempty" "sem:$name zero" "sem:$key value:1"; do
    # shellcheck disable=SC2086  # two arguments
    expect 1 "${other[@]}" ipcwait -w 5 $arguments
    assert_message "ipcwait: cannot " "Permission denied"
  done
  expect 0 "${other[@]}" ipcwait -w 5 "sem:$name" exists
  expect 0 "${other[@]}" ipcwait -w 5 "sem:$key" exists
}

@test "value:N: who may only read a set looks again and again" {
  local waiting
  need_second_user
  ipcnew --init 0 --mode 644 "sem:$key" >/dev/null
  expect 0 "${other[@]}" ipcwait --nonblock "sem:$key" zero
  expect 124 "${other[@]}" ipcwait --nonblock "sem:$key" value:1
  start "${other[@]}" ipcwait -w 30 "sem:$key" value:1
  waiting=$pid
  semop "$key" +1
  finish 0 "$waiting"
}

@test "conditions that there are not, or not of that kind, are wrong usage" {
  local condition
  for condition in '' foo Exists exists: value value: value:-1 value:+1 value:x value:2147483648 value:1x zero:1; do
    expect 2 ipcwait "sem:$name" "$condition"
    assert_usage_error ipcwait
  done
  for condition in "shm:$name empty" "sem:$name nonempty" "shm:$key zero" "mq:$name value:1" "mq:$key unattached" "sem:$key unattached" \
    "shm:$key changed" "mq:$name changed"; do
    # shellcheck disable=SC2086  # two arguments
    expect 2 ipcwait $condition
    assert_usage_error ipcwait "cannot wait for "
  done
}

@test "wrong operands and times are wrong usage" {
  local arguments
  for arguments in "" "shm:$name" "$name exists" "shm:$name exists now" "shm:private exists" "mb:@1 exists" "exists shm:$name" \
    "-w shm:$name exists" "-w -1 shm:$name exists" "-w x shm:$name exists" "--nonsense shm:$name exists"; do
    # shellcheck disable=SC2086  # several arguments
    expect 2 ipcwait $arguments
    assert_usage_error ipcwait
  done
}

@test "--quiet says nothing when time is up, and reports other errors" {
  expect 124 ipcwait --nonblock -q "shm:$name" exists
  assert_silent
  expect 124 ipcwait -w 0.01 --quiet "shm:$name" exists
  assert_silent
  expect 1 ipcwait -q --nonblock "shm:$key" unattached
  assert_message "ipcwait: " "shared memory '$key'"
}
