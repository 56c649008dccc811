# ipcrun(1) makes objects for a command, and removes them whatever happens to it.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

setup() {
  load_setup
  before=$(ipcls --sysv --refs)
}

# That of helpers.bash.
eval "load_$(sed -n '/^setup() {/,/^}/p' "$BATS_TEST_DIRNAME/helpers.bash")"

# Nothing of the test's is there any more, and no private object either.
assert_nothing_left() {
  local reference
  assert_equal "objects" "$(count_objects)" 0
  for reference in "mq:$name" "mq:${name}b"; do expect 1 ipcls "$reference"; done
  assert_equal "System V objects" "$(ipcls --sysv --refs)" "$before"
}

need_isolation() {
  ipcrun --isolate -- true 2>"$tmp/errors" || skip "not allowed here: $(<"$tmp/errors")"
}

@test "each variable has the reference of its object" {
  expect 0 ipcrun --make A="shm:$name,size=10" --make B="mq:$name" --make _c3="sem:$name" \
    --make D="shm:$key,size=10" --make E="mq:$key" --make F="sem:$key" \
    -- bash -c 'printf "%s\n" "$A" "$B" "$_c3" "$D" "$E" "$F"; ipcls --raw --noheadings -o KIND,API,MODE "$A" "$B" "$_c3" "$D" "$E" "$F"'
  assert_silent
  assert_equal "POSIX" "${lines[*]:0:3}" "shm:$name mq:$name sem:$name"
  [[ "${lines[*]:3:3}" =~ ^shm:@[0-9]+\ mq:@[0-9]+\ sem:@[0-9]+$ ]] || fail "System V: ${lines[*]:3:3}"
  assert_equal "what they are" "${lines[*]:6}" \
    "shm posix 600 mq posix 600 sem posix 600 shm sysv 600 mq sysv 600 sem sysv 600"
  assert_nothing_left
}

@test "private objects and keys of files are made, and go" {
  local reference
  reference=$(ftok_reference "$tmp/file")
  expect 0 ipcrun --make A=shm:private,size=10 --make B=mq:private --make C=sem:private,sems=2 --make D="sem:$reference" \
    -- bash -c 'ipcls --raw --noheadings -o KIND,NSEMS "$A" "$B" "$C" "$D"; semop "$D"'
  assert_equal "what they are" "${lines[*]}" "shm - mq - sem 2 sem 1 1"
  assert_nothing_left
}

@test "a file that is mapped is made, and goes" {
  expect 0 ipcrun --make A="shm:file:$tmp/mapped,size=3" -- bash -c 'echo "$A"; wc -c <"${A#shm:file:}"'
  assert_equal "output" "$output" "shm:file:$tmp/mapped"$'\n'3
  [[ ! -e $tmp/mapped ]] || fail "the file is still there"
}

@test "options of objects" {
  local show='ipcls --raw --noheadings -o "$0" "$A"'
  expect 0 ipcrun --make A="shm:$name,size=2K,mode=640" -- bash -c "$show" SIZE,MODE
  assert_equal "memory" "$output" "2048 640"
  expect 0 ipcrun --make A="mq:$name,max-messages=3,max-size=1K,mode=u=rw,mode=g+r" -- bash -c "$show" MAXMSGS,MSGSIZE,MODE
  assert_equal "queue" "$output" "3 1024 640"
  expect 0 ipcrun --make A="mq:$key,qbytes=1000,mode=0606" -- bash -c "$show" QBYTES,MODE
  assert_equal "System V queue" "$output" "1000 606"
  expect 0 ipcrun --make A="sem:$name,init=7" -- bash -c "$show" VALUES
  assert_equal "semaphore" "$output" 7
  expect 0 ipcrun --make A="sem:$key,sems=3,init=0" -- bash -c "$show" VALUES
  assert_equal "set" "$output" 0,0,0
  expect 0 bash -c 'umask 777; exec "$@"' bash ipcrun --make A="shm:$name,size=1,mode=666" -- bash -c "$show" MODE
  assert_equal "mode under a umask" "$output" 666
  assert_nothing_left
}

@test "COMMAND gets its arguments, standard input and output, and the rest of the environment, as they are" {
  printf 'a\0b' >"$tmp/input"
  OTHER=value ipcrun --make A="shm:$name,size=1" -- bash -c 'printf "%s|" "$OTHER" "$A" "$@"; cat' bash '' 'a b' -- '$A' --make <"$tmp/input" >"$tmp/output"
  printf 'value|shm:%s||a b|--|$A|--make|a\0b' "$name" >"$tmp/wanted"
  assert_same_file "$tmp/output" "$tmp/wanted"
  expect 0 ipcrun -- echo nothing to make
  assert_equal "output" "$output" "nothing to make"
}

@test "tools use the objects by their variables" {
  expect 0 ipcrun --make BUFFER="shm:$name,size=6" --make TURN=sem:private,init=0 --make JOBS=mq:private -- bash -euc '
    { semop -w 20 "$TURN" -1; shmget "$BUFFER"; mqrecv "$JOBS"; } &
    echo hello | shmput --existing "$BUFFER"
    mqsend "$JOBS" job
    semop "$TURN" +1
    wait $!'
  assert_equal "output" "$output" $'hello\njob'
  assert_nothing_left
}

@test "COMMAND's status is that of ipcrun" {
  local status_of_command
  for status_of_command in 0 1 2 77 124 125 255; do
    expect "$status_of_command" ipcrun --make A="shm:$name,size=1" -- bash -c "exit $status_of_command"
    assert_silent
  done
  expect 137 ipcrun --make A="shm:$name,size=1" --make B=mq:private -- bash -c 'kill -KILL $$'
  expect 143 ipcrun --make A="shm:$name,size=1" --make B=mq:private -- bash -c 'kill -TERM $$'
  assert_nothing_left
}

@test "what cannot be run is 126 or 127, and nothing is left" {
  local not_found
  printf '#!%s/no-such-shell\n' "$tmp" >"$tmp/script"
  printf 'exit 5\n' >"$tmp/text"
  chmod +x "$tmp/script" "$tmp/text"
  echo x >"$tmp/no-program"
  not_found=(bash -c '"$@"; (($? == 127))' bash ipcrun --make A="shm:$name,size=1" --make B=mq:private)
  expect 0 "${not_found[@]}" -- "$tmp/missing"
  assert_message "ipcrun: cannot run '$tmp/missing': No such file or directory"
  expect 0 env PATH="$TOOLS_DIR:/usr/bin:/bin" "${not_found[@]}" -- no-such-program-anywhere
  expect 0 "${not_found[@]}" -- ""
  expect 0 "${not_found[@]}" -- "$tmp/script"
  expect 126 ipcrun --make A="shm:$name,size=1" --make B=mq:private -- "$tmp/no-program"
  assert_message "ipcrun: cannot run '$tmp/no-program': Permission denied"
  expect 126 ipcrun --make A="shm:$name,size=1" -- "$tmp"
  expect 5 ipcrun --make A="shm:$name,size=1" -- "$tmp/text"
  assert_nothing_left
}

@test "what exists is not touched, and what had been made before goes again: exit 125" {
  local reference option
  for reference in "shm:$name" "mq:$name" "sem:$name" "shm:$key" "mq:$key" "sem:$key"; do
    option=
    [[ $reference != shm:* ]] || option=,size=10
    # shellcheck disable=SC2086  # or none
    ipcnew ${option:+--size 10} --mode 644 "$reference" >/dev/null
    expect 125 ipcrun --make A="shm:${name}b,size=10" --make B=mq:private --make C="$reference$option" --make D=sem:private -- touch "$tmp/has-run"
    assert_message "ipcrun: cannot create " "'${reference#*:}': File exists"
    [[ ! -e $tmp/has-run ]] || fail "COMMAND has run"
    assert_equal "mode" "$(cell "$reference" MODE)" 644
    ipcdel "$reference"
    assert_nothing_left
  done
}

@test "the same object twice cannot be made, and is not left" {
  expect 125 ipcrun --make A="shm:$name,size=10" --make B="shm:$name,size=10" -- true
  assert_message "cannot create shared memory '$name': File exists"
  assert_nothing_left
}

@test "a planted link is not followed" {
  ln -s "$tmp/target" "/dev/shm$name"
  expect 125 ipcrun --make A="shm:$name,size=10" -- true
  [[ ! -e $tmp/target && -L /dev/shm$name ]] || fail "the link was followed"
}

@test "wrong usage is 125, and 2 where there is no COMMAND; nothing is made" {
  local bad
  for bad in "" = A A= "=shm:$name,size=1" "1A=shm:$name,size=1" "A B=shm:$name,size=1" "A-B=shm:$name,size=1" "A=$name,size=1" \
    A=shm:,size=1 A=shm:/a/b,size=1 A=mb:@1 A=fifo:/x A=mq:@3 "A=shm:$name" "A=shm:$name,size" "A=shm:$name,size=" "A=shm:$name,size=-1" \
    "A=shm:$name,size=x" "A=shm:$name,size=1,foo=1" "A=shm:$name,size=1,mode=888" "A=mq:$name,max-messages=0" "A=mq:$key,qbytes=0" \
    "A=sem:$key,sems=0" "A=sem:$key,init=-1" "A=shm:$name,,size=1" "A=sem:$key, init=1" "A=mq:$name,size=1" "A=shm:$name,size=1,init=1" "A=mq:$key,max-messages=2" "A=mq:$name,qbytes=100" "A=sem:$name,sems=2"; do
    expect 125 ipcrun --make B="shm:${name}b,size=1" --make "$bad" -- touch "$tmp/has-run"
    assert_equal "lines" "${#stderr_lines[@]}" 2
    assert_message "ipcrun: " "Try 'ipcrun --help' for more information."
  done
  expect 125 ipcrun --make "A=mq:$key,max-size=2" -- true
  assert_message "'max-size' is for POSIX message queues, and 'mq:$key' is none"
  expect 2 ipcrun
  assert_usage_error ipcrun "missing '--' and COMMAND"
  expect 2 ipcrun --make A="shm:$name,size=1" true
  assert_usage_error ipcrun "unexpected operand 'true'"
  expect 125 ipcrun --make A="shm:$name,size=1" --
  assert_message "missing COMMAND"
  expect 125 ipcrun operand -- touch "$tmp/has-run"
  [[ ! -e $tmp/has-run ]] || fail "COMMAND has run"
  assert_nothing_left
}

@test "an object without the name of a variable gets the rule and an example" {
  local bad
  for bad in X mq:private "shm:$name" "shm:$name,size=1" =mq:private 1=mq:private; do
    expect 125 ipcrun --make "$bad" -- true
    assert_message "invalid object '$bad': it must be NAME=REF, with the name of a variable, such as 'JOBS=mq:private'"
  done
}

@test "what COMMAND has removed itself is no error" {
  expect 0 ipcrun --make A="shm:$name,size=1" --make B=shm:private,size=1 --make C=mq:private --make D="sem:$name" -- \
    bash -c 'ipcdel "$A" "$B" "$C" "$D"'
  assert_silent
  assert_nothing_left
}

@test "another object that has got the name of one that was made stays" {
  expect 0 ipcrun --make A="shm:$name,size=1" --make B="sem:$name" --make C="mq:$name" -- \
    bash -c 'ipcdel "$A" "$B" "$C" && ipcnew --size 2 "$A" "$B" "$C"' >/dev/null
  expect 0 ipcls "shm:$name" "sem:$name" "mq:$name"
}

@test "ipcrun dies of the signal that COMMAND dies of, and everything is removed" {
  local signal
  for signal in TERM INT HUP ALRM USR1 USR2; do
    start_ready ipcrun --make A="shm:$name,size=1" --make B=mq:private --make C="sem:$key" -- \
      env --default-signal="$signal" bash -c 'echo $$; exec sleep 30'
    kill -"$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    ! kill -0 "$ready" 2>/dev/null || fail "COMMAND is still there"
  done
  assert_nothing_left
}

@test "signals are passed on, everything is removed, and COMMAND's status is that of ipcrun" {
  local signal child
  for signal in TERM INT HUP QUIT ALRM USR1 USR2; do
    start_ready ipcrun --make A="shm:$name,size=1" --make B=mq:private --make C="sem:$key" -- \
      bash -c 'trap "echo $0 >\"$1\"; exit 3" "$0"; echo $$; while :; do sleep 0.02; done' "$signal" "$tmp/caught"
    child=$ready
    kill -"$signal" "$pid"
    finish 3 "$pid"
    assert_equal "signal that COMMAND got" "$(<"$tmp/caught")" "$signal"
    ! kill -0 "$child" 2>/dev/null || fail "COMMAND is still there"
    rm "$tmp/caught"
  done
  assert_nothing_left
}

@test "a signal that COMMAND ignores is waited out, and a second one reaches it too" {
  start_ready ipcrun --make A="shm:$name,size=1" -- \
    bash -c 'trap "" TERM; trap "exit 0" INT; echo $$; while :; do sleep 0.02; done'
  kill -TERM "$pid"
  sleep 0.2
  kill -0 "$pid"
  expect 0 ipcls "shm:$name"
  kill -INT "$pid"
  finish 0 "$pid"
  assert_nothing_left
}

@test "a key of the terminal reaches COMMAND once, and everything is removed" {
  expect 0 "$python" "$partners/terminal_key.py" ipcrun --make A="shm:$name,size=1" -- \
    "$python" -c '
import signal, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
while not seen: time.sleep(0.01)
time.sleep(0.3)
print(f"SIGINT came {len(seen)} times", flush=True)
'
  [[ $output == *"SIGINT came 1 times"* ]] || fail "$output"
  assert_nothing_left
}

@test "a signal that was ignored before stays ignored" {
  local process
  # shellcheck disable=SC2094  # the file is read when COMMAND has begun
  bash -c 'trap "" HUP; exec "$@"' bash ipcrun --make A="shm:$name,size=1" -- bash -c 'echo $$; exec sleep 0.3' >"$tmp/child" &
  process=$!
  remember_process "$process"
  wait_until "COMMAND runs" test -s "$tmp/child"
  kill -HUP "$process" "$(<"$tmp/child")"
  finish 0 "$process"
  assert_nothing_left
}

@test "objects go when COMMAND is killed" {
  start_ready ipcrun --make A="shm:$name,size=1" --make B=mq:private --make C="sem:$key" --make D="mq:$name" -- \
    bash -c 'echo $$; exec sleep 30'
  kill -KILL "$ready"
  finish 137 "$pid"
  assert_nothing_left
}

@test "signals at any moment leave nothing" {
  local i
  for i in {1..15}; do
    start ipcrun --make A="shm:$name,size=1" --make B=mq:private --make C="sem:$key" --make D="mq:$name" -- sleep 0.2 2>/dev/null
    sleep "0.0$((i % 10))$((i * 7 % 10))"
    kill -TERM "$pid" 2>/dev/null || true
    finish_any "$pid"
    assert_equal "objects" "$(count_objects)" 0
  done
  assert_nothing_left
}

# finish_any PID: waits for its end, 30 seconds at most, by a signal or not.
finish_any() {
  local status=0
  timeout -s KILL 30 tail -s 0.02 --pid="$1" -f /dev/null || fail "process $1 did not end within 30 s"
  wait "$1" || status=$?
  ((status == 0 || status == 143)) || fail "process $1: exit status $status"
}

@test "--isolate: COMMAND has no objects but its own, and nobody else sees them" {
  need_isolation
  shmput "$name" <<<outside
  semop --create "$key" >/dev/null
  expect 0 ipcrun --isolate --make A="shm:$name,size=4" --make B="sem:$key,init=7" -- bash -euc '
    ipcls -ms --refs | sort
    semop "$B"
    echo in | shmput --existing "$A" 2>/dev/null || true
    shmput "${0}b" <<<x' "$name"
  assert_equal "lists" "${lines[*]%@*}" "sem: shm:$name 7"
  assert_equal "what is outside" "$(shmget "$name") $(semop "$key")" "outside 1"
  assert_equal "objects" "$(count_objects)" 2
}

@test "--isolate: every kind and API can be made inside" {
  need_isolation
  expect 0 ipcrun --isolate --make A="shm:$name,size=4" --make B="mq:$name" --make C="sem:$name" \
    --make D=shm:1,size=1 --make E=mq:1 --make F=sem:1 -- bash -euc '
    mqsend "$B" posix
    mqsend "$E" sysv
    ipcls --raw --noheadings -o KIND,API "$A" "$B" "$C" "$D" "$E" "$F"
    mqrecv "$B"
    mqrecv "$E"'
  assert_equal "what they are" "${lines[*]}" "shm posix mq posix sem posix shm sysv mq sysv sem sysv posix sysv"
  assert_nothing_left
}

@test "--isolate: COMMAND is the same user, has the same files, and its status is passed on" {
  need_isolation
  echo text >"$tmp/file"
  cd "$tmp"
  expect 5 ipcrun --isolate -- bash -c 'id -u; id -g; pwd; cat file; echo new >written; exit 5'
  assert_equal "output" "${lines[*]}" "$(id -u) $(id -g) $tmp text"
  assert_equal "what it wrote" "$(<"$tmp/written")" new
  expect 0 bash -c '"$@"; (($? == 127))' bash ipcrun --isolate -- ./missing
  expect 143 ipcrun --isolate -- bash -c 'kill $$'
}

@test "--isolate: nothing is mounted outside" {
  local mounts
  need_isolation
  mounts=$(cat /proc/self/mountinfo)
  expect 0 ipcrun --isolate -- bash -c 'shmput /x <<<x; stat -f -c %T /dev/shm; ls /dev/shm; stat -c %a /dev/shm'
  assert_equal "inside" "${lines[*]}" "tmpfs x 1777"
  assert_equal "mounts" "$(cat /proc/self/mountinfo)" "$mounts"
}

@test "--isolate: without privilege too" {
  local isolated
  become_ordinary
  isolated=("${ordinary[@]}" ipcrun --isolate)
  "${isolated[@]}" -- true 2>"$tmp/errors" || skip "no user namespaces here: $(<"$tmp/errors")"
  expect 0 "${isolated[@]}" --make A="shm:$name,size=4" --make B=mq:1 --make C="sem:$name" --make D="mq:$name" -- bash -euc '
    id -u; id -g
    ipcls --raw --noheadings -o KIND,API,UID,GID "$A" "$B" "$C" "$D"
    ipcls -ms --refs'
  assert_equal "inside" "${lines[*]}" \
    "$("${ordinary[@]}" id -u | sed p | xargs) shm posix $("${ordinary[@]}" bash -c 'echo $UID $(id -g) mq sysv $UID $(id -g) sem posix $UID $(id -g) mq posix $UID $(id -g)') shm:$name sem:$name"
  assert_nothing_left
}

@test "--isolate: where there may be no namespaces, that is told, and COMMAND does not run" {
  become_ordinary
  "${ordinary[@]}" unshare --user true 2>/dev/null || skip "no user namespaces here"
  # No more of them inside this one.
  expect 125 "${ordinary[@]}" unshare --map-root-user bash -c '
    echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_ipc_namespaces
    exec "$@"' bash ipcrun --isolate --make A="shm:$name,size=1" -- echo has-run
  assert_message "ipcrun: cannot make namespaces" "ipcrun: hint: "
  assert_equal "output" "$output" ""
  assert_nothing_left
}

@test "--isolate: not even SIGKILL of everything leaves anything" {
  need_isolation
  start_ready ipcrun --isolate --make A="shm:$name,size=1" --make B=mq:private --make C="sem:$key" --make D="mq:$name" -- \
    bash -c 'shmput "$0b" <<<x; echo $$; exec sleep 30' "$name"
  expect 1 ipcls "shm:$name"
  kill -KILL "$pid" "$ready"
  finish 137 "$pid"
  wait_until "COMMAND has gone" is_gone "$ready"
  assert_nothing_left
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }
