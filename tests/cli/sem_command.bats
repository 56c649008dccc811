# semop(1) with COMMAND: what is held while a command runs.
# shellcheck disable=SC2154,SC2034,SC2030,SC2031,SC2016  # of setup() and run; each test is a shell; for another shell

load helpers

setup_file() { compile_partners sem_program; }

assert_values() { assert_equal "values of $1" "$(semop "$1" | paste -sd ' ')" "$2"; }
are_waiting() { semop -j "$1" | grep -q "\"ncount\":$2,"; }

# A command that says that it runs, by its process ID in $tmp/running, and does so until $tmp/gate is written to.
# Its argument is bash text that it executes first.
gated=(bash -c 'eval "$2"
  exec 3<>"$1/gate"
  echo $$ >"$1/running.new"
  mv "$1/running.new" "$1/running"
  read -r -u 3 status
  exit "$status"' bash)

# bats takes a status of 127 for a mistake of the test.
is_not_found=(bash -c '"$@"; (($? == 127))' bash)
PATH=$TOOLS_DIR:/usr/bin:/bin # a folder of it that may not be searched would make it 126

# start_holder REF [TEXT]: starts semop with that command. $pid is semop, $command the command.
start_holder() {
  rm -f "$tmp/running"
  [[ -e $tmp/gate ]] || mkfifo "$tmp/gate"
  start semop "$1" -- "${gated[@]}" "$tmp" "${2:-}"
  wait_until "COMMAND runs" test -e "$tmp/running"
  command=$(<"$tmp/running")
  remember_process "$command"
  wait_until "COMMAND waits" is_asleep "$command" # bash forgets a signal that comes just before
}

# end_command STATUS
end_command() { timeout -s KILL 120 bash -c 'echo "$2" >"$1"' bash "$tmp/gate" "$1"; }

# Mutual exclusion

# count_together REF: 8 processes add 1 to a number in a file, 150 times each, by a COMMAND that is quickly done.
count_together() {
  local i rounds=150 pids=()
  [[ -z $IPCUTILS_SANITIZED ]] || rounds=50
  echo 0 >"$tmp/count"
  for i in {1..8}; do
    bash -c 'for ((i = 0; i < $3; ++i)); do semop "$1" -- "$4" file add "$2" || exit 1; done' \
      bash "$1" "$tmp/count" "$rounds" "$BATS_FILE_TMPDIR/sem_program" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "a process failed"; done
  assert_equal "the count" "$(<"$tmp/count")" $((8 * rounds))
  assert_values "$1" 1
}

@test "8 processes that count in one file never collide, under a System V semaphore" {
  semop --create "$key" >/dev/null
  count_together "$key"
}

@test "8 processes that count in one file never collide, under a POSIX semaphore" {
  semop --create "$name" >/dev/null
  count_together "$name"
}

@test "as many commands run at once as the value says, and no more, with both APIs" {
  local reference i pids
  for reference in "$name" "$key"; do
    semop --create --init 3 "$reference" >/dev/null
    : >"$tmp/log"
    pids=()
    for i in {1..9}; do
      semop "$reference" -- bash -c 'echo + >>"$1"; sleep 0.05; echo - >>"$1"' bash "$tmp/log" &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    awk '{ n += ($1 == "+") - ($1 == "-"); if (n > most) most = n } END { exit most != 3 || n != 0 }' "$tmp/log" ||
      fail "$(cat "$tmp/log")"
    assert_values "$reference" 3
  done
}

# Each of the commands writes its process ID for as long as it lives, and never ends. All are killed, some while they
# wait, some just when they get it. If what one holds were given away before it has ended, its lines would be mixed
# with those of the next. On a busy machine the first kills come before COMMAND starts: further rounds live longer.
@test "a COMMAND that is killed at any moment releases a System V semaphore, and none is released while COMMAND lives" {
  semop --create "$key" >/dev/null
  local i pids=() rounds=25 longest=50
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || rounds=6 longest=500 # it takes long to start
  for i in 1 2 3 4; do
    bash -c 'for ((i = 0; i < $3 || (i < $3 + 100 && $(uniq "$2" | wc -l) < 5); ++i)); do
        ms=$(((10 + RANDOM % ($4 - 10)) * (i < $3 ? 1 : 1 + i - $3)))
        timeout -s KILL "$((ms / 1000)).$(printf "%03d" $((ms % 1000)))" \
          semop "$1" -- bash -c '\''while :; do echo $$ >>"$1"; done'\'' bash "$2"
      done' bash "$key" "$tmp/log" "$rounds" "$longest" 2>/dev/null &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || true; done
  assert_equal "commands that wrote when another had begun" "$(uniq "$tmp/log" | sort | uniq -d)" ""
  (($(uniq "$tmp/log" | wc -l) >= 5)) || fail "too few have got it: $(uniq -c "$tmp/log")"
  expect 0 semop --nonblock "$key" -- true
  assert_values "$key" 1
}

@test "what waits gets a System V semaphore when COMMAND is killed, and not before" {
  in_shell=() # it is about the process of semop, which a shell is not
  semop --create "$key" >/dev/null
  start_holder "$key"
  local holder=$pid
  assert_equal "process of COMMAND" "$command" "$holder"
  start semop "$key" -- touch "$tmp/next"
  wait_until "the next waits" are_waiting "$key" 1
  expect 124 semop --nonblock "$key" -- true
  [[ ! -e $tmp/next ]] || fail "the next one has got it while COMMAND runs"
  kill -s KILL "$holder"
  finish 137 "$holder"
  finish 0 "$pid"
  [[ -e $tmp/next ]] || fail "the next one has not run"
  assert_values "$key" 1
}

@test "a COMMAND that ignores signals keeps what it holds, with both APIs" {
  in_shell=() # it is about the process of semop, which a shell is not
  local reference signal
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    start_holder "$reference" 'trap "" INT TERM HUP'
    for signal in INT TERM HUP; do kill -s "$signal" "$pid"; done
    expect 124 semop -w 0.2 "$reference" -- true
    kill -0 "$pid" || fail "semop has left its COMMAND alone"
    end_command 0
    finish 0 "$pid"
    assert_values "$reference" 1
  done
}

# What a COMMAND is

@test "what is acquired for COMMAND is released when it ends, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create --init 2 "$reference" >/dev/null
    expect 0 semop "$reference" -- semop "$reference"
    assert_equal "value while COMMAND runs" "$output" 1
    expect 0 semop "$reference" -1 -- semop "$reference"
    assert_equal "value while COMMAND runs" "$output" 1
    expect 0 semop "$reference" 0:-1 -w 1 -- semop "$reference" -- semop "$reference"
    assert_equal "value in two" "$output" 0
    assert_values "$reference" 2
  done
}

@test "several semaphores and more than 1 are acquired in one step, and released" {
  semop --create --sems 3 --init 4 "$key" >/dev/null
  expect 0 semop "$key" 0:-4 2:-1 -- semop "$key"
  assert_equal "values while COMMAND runs" "${lines[*]}" "0 4 3"
  assert_values "$key" "4 4 4"
  expect 124 semop --nonblock "$key" 0:-1 2:-5 -- true
  assert_values "$key" "4 4 4"
  expect 137 bash -c 'semop "$1" 0:-4 1:-1 2:-1 -- bash -c '\''kill -KILL $$'\''' bash "$key"
  assert_values "$key" "4 4 4"
}

@test "with COMMAND nothing but an acquisition is allowed" {
  local reference operation
  semop --create "$name" >/dev/null
  semop --create "$key" >/dev/null
  for reference in "$name" "$key"; do
    for operation in +1 =1 0 "-1 +1" 0:+1 0:=0 1; do
      # shellcheck disable=SC2086  # words
      expect 125 semop "$reference" $operation -- touch "$tmp/ran"
      assert_message "Try 'semop --help' for more information."
    done
    expect 125 semop --json "$reference" -- touch "$tmp/ran"
    assert_message "--json"
    assert_values "$reference" 1
  done
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

@test "COMMAND has the input, the output, the environment and the arguments, none of which is changed" {
  local reference
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    expect 0 env marked=yes semop "$reference" -- \
      bash -c 'echo "$marked"; cat; echo error >&2; printf "<%s>" "$@"' bash -- -1 \
      --json -w '' 'a b' '*' '$(x)' <<<"of standard input"
    assert_equal "standard output" "$output" $'yes\nof standard input\n<--><-1><--json><-w><><a b><*><$(x)>'
    assert_equal "standard error" "$stderr" error
  done
}

@test "the first -- starts COMMAND" {
  semop --create "$key" >/dev/null
  expect 0 semop "$key" -- echo -- -1
  assert_equal "standard output" "$output" "-- -1"
  expect 0 "${is_not_found[@]}" semop "$key" -- -- true
  assert_message "'--'"
  expect 0 "${is_not_found[@]}" semop "$key" -1 -- -1
  expect 125 semop "$key" -1 --
  assert_message "missing COMMAND after '--'"
  expect 2 semop "$key" true
  expect 2 semop "$key" -1 true
}

# Signals 32 and 33 are the C library's own: its posix_spawn(3) leaves them ignored.
without_internal() {
  local label mask
  while read -r label mask; do printf '%s %x\n' "$label" $((16#$mask & ~0x180000000)); done <"$1" >"$1.masks"
  mv "$1.masks" "$1"
}

@test "COMMAND has no descriptors and no signal settings of semop's" {
  local reference
  start bash -c 'exec grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status' >"$tmp/wanted"
  finish 0 "$pid"
  without_internal "$tmp/wanted"
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    start semop "$reference" -- grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status >"$tmp/signals"
    finish 0 "$pid"
    without_internal "$tmp/signals"
    assert_same_file "$tmp/signals" "$tmp/wanted"
    start semop "$reference" -- bash -c 'ls /proc/$$/fd; exit 0' >"$tmp/descriptors"
    finish 0 "$pid"
    assert_equal "descriptors of COMMAND" "$(paste -sd ' ' "$tmp/descriptors")" "0 1 2"
  done
}

@test "COMMAND takes the place of semop with a System V semaphore" {
  in_shell=() # it is about the process of semop, which a shell is not
  semop --create "$key" >/dev/null
  start semop "$key" -- bash -c 'echo $$' >"$tmp/process"
  finish 0 "$pid"
  assert_equal "process of COMMAND" "$(<"$tmp/process")" "$pid"
}

@test "COMMAND without #! is given to a shell, with both APIs" {
  local reference
  echo 'echo "$0 $1"; exit 4' >"$tmp/script"
  chmod +x "$tmp/script"
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    expect 4 semop "$reference" -- "$tmp/script" argument
    assert_equal "standard output" "$output" "$tmp/script argument"
  done
}

# Exit statuses

@test "the exit status is that of COMMAND, with both APIs" {
  local reference wanted
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    for wanted in 0 1 2 3 124 125 126 127 128 200 255; do
      expect 0 bash -c '"${@:2}"; (($? == $1))' bash "$wanted" semop "$reference" -- sh -c 'exit "$1"' sh "$wanted"
      assert_silent
    done
    assert_values "$reference" 1
  done
}

@test "a COMMAND that dies of a signal is 128 + N, with both APIs" {
  local reference signal
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    for signal in HUP INT KILL SEGV PIPE TERM USR1; do
      # Of a shell in between, since with System V semop itself is what dies.
      expect $((128 + $(kill -l "$signal"))) \
        bash -c 'ulimit -c 0; env --default-signal=PIPE semop "$1" -- sh -c "kill -$2 \$\$"; exit $?' \
        bash "$reference" "$signal"
      assert_values "$reference" 1
    done
  done
}

@test "a POSIX semop survives a COMMAND that dies of a signal, and exits with 128 + N" {
  semop --create "$name" >/dev/null
  expect 0 "$python" -c 'import subprocess, sys
status = subprocess.run(["semop", sys.argv[1], "--", "sh", "-c", "kill -KILL $$"]).returncode
assert status == 137, status' "$name"
}

@test "a COMMAND that is not found is 127, and nothing is made or acquired" {
  local reference command
  for reference in "$name" "$key"; do
    for command in ipcutils-no-such-command "$tmp/none" ./none ''; do
      expect 0 "${is_not_found[@]}" semop --create "$reference" -- "$command"
      assert_message "semop: cannot run '$command'" "No such file or directory"
      expect 1 semop "$reference"
    done
    semop --create "$reference" -1
    limit=10 expect 0 "${is_not_found[@]}" semop "$reference" -- ipcutils-no-such-command
    expect 0 "${is_not_found[@]}" env PATH=/nonexistent "$TOOLS_DIR/semop" "$reference" -- true
    assert_values "$reference" 0
  done
}

@test "a COMMAND that cannot be executed is 126, and nothing is made or acquired" {
  local reference command
  echo 'echo no' >"$tmp/file"
  mkdir "$tmp/directory"
  for reference in "$name" "$key"; do
    for command in "$tmp/file" "$tmp/directory" "$tmp/" /; do
      expect 126 semop --create "$reference" -- "$command"
      assert_message "semop: cannot run '$command'" "Permission denied"
      expect 1 semop "$reference"
    done
    semop --create "$reference" -1
    limit=10 expect 126 semop "$reference" -- "$tmp/file"
    assert_values "$reference" 0
  done
}

@test "a COMMAND whose interpreter is missing is 126 or 127, and what was acquired is released" {
  local reference
  echo '#!/nonexistent/interpreter' >"$tmp/script"
  chmod +x "$tmp/script"
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    expect 0 bash -c '"$@"; [[ $? == 12[67] ]]' bash semop "$reference" -- "$tmp/script"
    assert_message "cannot run '$tmp/script'" "No such file or directory"
    assert_values "$reference" 1
  done
}

@test "what semop itself fails at is 125 with COMMAND, wrong usage too" {
  expect 125 semop "$name" -- true
  assert_message "cannot open semaphore '$name'" "No such file or directory"
  expect 125 semop "$key" -- true
  expect 125 semop --create "$key" 7:-1 -- true
  assert_message "there is no semaphore 7"
  local line
  for line in "--unknown $key" "$key -w x" "$key -E 256" "" "frame" "private" "$key 1" "--create --sems 0 $key"; do
    # shellcheck disable=SC2086  # words
    expect 125 semop $line -- touch "$tmp/ran"
    assert_message "Try 'semop --help' for more information."
  done
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
  expect 0 semop --help -- true
  expect 0 semop --version -- true
}

@test "a timeout is 124, or what --timeout-status says, never early, and COMMAND is not run, with both APIs" {
  local reference begin
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    begin=${EPOCHREALTIME/./}
    expect 124 semop -w 0.2 "$reference" -- touch "$tmp/ran"
    ((${EPOCHREALTIME/./} - begin >= 200000)) || fail "too early"
    assert_equal "message" "${stderr_lines[0]}" "semop: semaphore '$reference' not acquired within the time allowed"
    expect 9 semop "$reference" -w 0.01 -E 9 -- touch "$tmp/ran"
    assert_message "semaphore '$reference' not acquired within the time allowed"
    expect 0 semop --nonblock --timeout-status 0 "$reference" -1 -- touch "$tmp/ran"
    assert_values "$reference" 0
  done
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

@test "--timeout does not limit COMMAND, and --timeout-status does not touch its status, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    expect 124 semop -w 0.05 -E 9 "$reference" -- sh -c 'sleep 0.2; exit 124'
    assert_silent
  done
}

@test "what waits gets it when COMMAND ends, with both APIs" {
  local reference holder
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    start_holder "$reference"
    holder=$pid
    start semop "$reference" -- sh -c 'exit 6'
    wait_until "the next waits" are_waiting "$reference" 1
    end_command 5
    finish 5 "$holder"
    finish 6 "$pid"
    assert_values "$reference" 1
  done
}

# Signals, with POSIX semaphores, where semop waits for COMMAND

@test "SIGINT, SIGTERM and SIGHUP are passed on to COMMAND; semop waits for it, releases, and ends as it does" {
  semop --create "$name" >/dev/null
  local signal
  for signal in INT TERM HUP; do
    start_holder "$name" "trap 'echo $signal >\"\$1/got\"; exit 0' $signal"
    kill -s "$signal" "$pid"
    finish 0 "$pid"
    assert_equal "signal of COMMAND" "$(<"$tmp/got")" "$signal"
    [[ ! -e /proc/$command ]] || fail "COMMAND lives"
    assert_values "$name" 1
    start_holder "$name"
    kill -s "$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    [[ ! -e /proc/$command ]] || fail "COMMAND lives"
    assert_values "$name" 1
  done
}

@test "a COMMAND that takes its time after a signal is waited for" {
  semop --create "$name" >/dev/null
  start_holder "$name" 'trap "echo got >\"\$1/got\"" TERM'
  kill -s TERM "$pid"
  wait_until "COMMAND has got it" test -e "$tmp/got"
  expect 124 semop -w 0.1 "$name" -- true
  end_command 3
  finish 3 "$pid"
  assert_values "$name" 1
}

@test "a second signal is passed on as well" {
  semop --create "$name" >/dev/null
  start_holder "$name" 'trap "echo got >\"\$1/got\"" TERM'
  kill -s TERM "$pid"
  wait_until "COMMAND has got the first" test -e "$tmp/got"
  kill -s HUP "$pid"
  finish 129 "$pid"
  assert_values "$name" 1
}

@test "a signal that semop was started to ignore is not passed on" {
  semop --create "$name" >/dev/null
  rm -f "$tmp/running"
  mkfifo "$tmp/gate"
  start env --ignore-signal=INT semop "$name" -- "${gated[@]}" "$tmp" ''
  wait_until "COMMAND runs" test -e "$tmp/running"
  remember_process "$(<"$tmp/running")"
  kill -s INT "$pid"
  end_command 7
  finish 7 "$pid"
  assert_values "$name" 1
}

@test "a semop that gets a signal while it waits dies of it, and COMMAND is not run, with both APIs" {
  local reference signal
  for reference in "$name" "$key"; do
    semop --create --init 0 "$reference" >/dev/null
    for signal in INT TERM HUP; do
      start semop "$reference" -- touch "$tmp/ran"
      wait_until "semop waits" are_waiting "$reference" 1
      kill -s "$signal" "$pid"
      finish $((128 + $(kill -l "$signal"))) "$pid"
      wait_until "nobody waits" are_waiting "$reference" 0
    done
    semop "$reference" +1
    assert_values "$reference" 1
  done
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

# --foreground: to semop alone.
@test "a signal at any moment leaves nothing acquired and no COMMAND behind" {
  local i
  semop --create "$name" >/dev/null
  for i in {04..43}; do
    timeout --foreground -s TERM "0.00$i" semop "$name" -- sleep "0.0040$$" || true
    wait_until "no COMMAND is left" has_no_process "sleep 0.0040$$"
    expect 0 semop --nonblock "$name" -- true
  done
  assert_values "$name" 1
}

has_no_process() { ! pgrep -fx "$1" >/dev/null; }

@test "an ignored SIGCHLD does not hide the status of COMMAND" {
  local reference
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    expect 3 env --ignore-signal=CHLD semop "$reference" -- sh -c 'exit 3'
    assert_values "$reference" 1
  done
}

# SIGKILL, with POSIX semaphores

@test "a POSIX semop that is killed leaves it taken, and =1 gives it back" {
  semop --create "$name" >/dev/null
  start_holder "$name"
  kill -s KILL "$pid"
  finish 137 "$pid"
  kill -0 "$command" || fail "COMMAND has ended with semop"
  expect 124 semop --nonblock "$name" -- true
  end_command 0
  wait_until "COMMAND ends" has_ended "$command"
  wait_until "it is told that nobody has it" is_told_of_abandonment
  assert_message "semaphore '$name' not acquired" "'semop sem:$name =1' gives it back"
  assert_values "$name" 0
  expect 0 semop "$name" =1
  expect 0 semop --nonblock "$name" -- true
  assert_values "$name" 1
}

has_ended() { [[ ! -e /proc/$1 || $(cut -d ' ' -f 3 "/proc/$1/stat") == Z ]]; }

# Whoever lists all objects has it open for a moment.
is_told_of_abandonment() {
  expect 124 semop -w 0.1 "$name" -- true
  [[ $stderr == *"hint: nobody else has semaphore '$name' open"* ]]
}

@test "a semop that waits says within seconds that nobody has the semaphore open, unless somebody has" {
  semop --create --init 0 "$name" >/dev/null
  start semop "$name" -- true 2>"$tmp/errors"
  wait_until "it says so" grep -q "hint: nobody else has semaphore '$name' open" "$tmp/errors"
  expect 124 semop --nonblock "$name" -- true
  assert_equal "message" "$stderr" "semop: semaphore '$name' not acquired within the time allowed"
  semop "$name" =1
  finish 0 "$pid"
  assert_equal "messages" "$(wc -l <"$tmp/errors")" 1
}

@test "when =1 gives a POSIX semaphore back, those that wait get it one at a time" {
  local i pids=()
  semop --create --init 0 "$name" >/dev/null
  : >"$tmp/log"
  for i in {1..6}; do
    start semop "$name" -- bash -c 'for i in {1..50}; do echo $$ >>"$1"; done' bash "$tmp/log"
    pids+=("$pid")
  done
  wait_until "all wait" are_waiting "$name" 6
  semop "$name" =1
  for i in "${pids[@]}"; do finish 0 "$i"; done
  assert_equal "commands that wrote when another had begun" "$(uniq "$tmp/log" | sort | uniq -d)" ""
  assert_values "$name" 1
}

# Locks on files

# has_open PROCESS FILE
has_open() {
  local descriptor
  for descriptor in "/proc/$1/fd/"*; do [[ ! $descriptor -ef $2 ]] || return 0; done
  return 1
}

@test "a lock on a file: one command at a time, whether semop or flock runs it" {
  local lock=$tmp/lock holder
  expect 125 semop "file:$lock" -- true
  assert_message "cannot open semaphore 'file:$lock'" "--create makes it"
  expect 0 semop --create -m 640 "file:$lock" -- true
  assert_equal "mode" "$(stat -c %a "$lock")" 640
  assert_values "file:$lock" 1
  start_holder "file:$lock"
  holder=$pid
  expect 0 semop --json "file:$lock"
  assert_equal "state" "$output" '{"number":0,"value":0,"ncount":null,"zcount":null,"pid":null}'
  assert_equal "value for ipcls" "$(ipcls -r --noheadings -o REF,VALUES "sem:file:$lock")" "sem:file:$lock 0"
  expect 0 ipcwait --nonblock "sem:file:$lock" zero
  expect 124 semop --nonblock "file:$lock" -- touch "$tmp/ran"
  assert_message "semaphore 'file:$lock' not acquired within the time allowed"
  expect 124 semop -w 0.05 "file:$lock" -1 -- touch "$tmp/ran"
  expect 1 flock --nonblock "$lock" touch "$tmp/ran"
  start semop "file:$lock" -- sh -c 'exit 6'
  wait_until "the next has opened it" has_open "$pid" "$lock"
  end_command 5
  finish 5 "$holder"
  finish 6 "$pid"
  expect 124 flock "$lock" semop --nonblock "file:$lock" -- touch "$tmp/ran"
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

@test "a lock on a file is never free while COMMAND lives, and SIGKILL leaves it free" {
  local lock=$tmp/lock
  touch "$lock"
  start_holder "file:$lock"
  kill -s KILL "$pid"
  finish 137 "$pid"
  kill -0 "$command" || fail "COMMAND has ended with semop"
  expect 124 semop --nonblock "file:$lock" -- true
  end_command 0
  expect 0 semop -w 60 "file:$lock" -- true
  start_holder "file:$lock"
  kill -s KILL "$pid" "$command"
  finish 137 "$pid"
  expect 0 semop -w 60 "file:$lock" -- true
}

@test "a lock on a file ends with COMMAND, whatever COMMAND has left in the background" {
  local lock=$tmp/lock
  expect 0 semop --create "file:$lock" -- bash -c 'sleep 60 >/dev/null 2>&1 & echo $!'
  remember_process "$output"
  has_open "$output" "$lock" || fail "it has not inherited the lock"
  expect 0 semop --nonblock "file:$lock" -- true
}

@test "who waits for a lock on a file that is replaced meanwhile does not get it" {
  local lock=$tmp/lock holder
  touch "$lock"
  start_holder "file:$lock"
  holder=$pid
  start semop "file:$lock" -- touch "$tmp/ran" 2>"$tmp/errors"
  wait_until "it has opened the file" has_open "$pid" "$lock"
  touch "$tmp/new"
  mv "$tmp/new" "$lock"
  end_command 0
  finish 0 "$holder"
  finish 125 "$pid"
  assert_equal "message" "$(<"$tmp/errors")" \
    "semop: cannot operate on semaphore 'file:$lock': its file has been removed or replaced meanwhile"
  [[ ! -e $tmp/ran ]] || fail "COMMAND has been run"
}

# Others

@test "a set that is removed while COMMAND runs does not disturb it, with both APIs" {
  local reference
  for reference in "$name" "$key"; do
    semop --create "$reference" >/dev/null
    start_holder "$reference"
    if [[ $reference == "$key" ]]; then ipcrm -S "$key"; else rm "/dev/shm/sem.${name#/}"; fi
    end_command 5
    finish 5 "$pid"
  done
}

@test "--create makes the semaphore for COMMAND, and of many at once one alone runs at a time, with both APIs" {
  local reference i pids
  for reference in "$name" "$key"; do
    pids=()
    rm -f "$tmp/log"
    for i in {1..10}; do
      timeout -s KILL "$limit" semop --create "$reference" -- \
        bash -c 'for i in {1..20}; do echo $$ >>"$1"; done' bash "$tmp/log" &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || fail "one has failed"; done
    assert_equal "commands that wrote when another had begun" "$(uniq "$tmp/log" | sort | uniq -d)" ""
    assert_equal "commands" "$(uniq "$tmp/log" | wc -l)" 10
    assert_values "$reference" 1
  done
}

@test "a program that waits in sem_wait gets what COMMAND has held" {
  semop --create "$name" >/dev/null
  start_holder "$name"
  local holder=$pid
  start "$BATS_FILE_TMPDIR/sem_program" posix wait "$name"
  wait_until "the program waits" are_waiting "$name" 1
  end_command 0
  finish 0 "$holder"
  finish 0 "$pid"
  assert_values "$name" 0
}

@test "a System V program that waits gets what COMMAND has held" {
  semop --create "$key" >/dev/null
  start_holder "$key"
  local holder=$pid
  start "$BATS_FILE_TMPDIR/sem_program" sysv op "$key" 0 -1
  wait_until "the program waits" are_waiting "$key" 1
  kill -s KILL "$holder"
  finish 137 "$holder"
  finish 0 "$pid"
  assert_values "$key" 0
}
