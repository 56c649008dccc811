# ipcls(1) chooses objects by what is true of them, tells who holds them, sorts them, and prints how to make them again.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

# The references that ipcls prints with these arguments, in one line.
chosen() { ipcls --refs "$@" | xargs; }

@test "--owner takes a name or a number, and --mine is one's own" {
  local mine user
  need_second_user
  shmput "$name" <<<x
  "${other[@]}" shmput "${name}b" <<<x
  "${other[@]}" ipcnew "sem:$key" >/dev/null
  mine=$(chosen "sem:$key")
  for user in nobody 65534; do
    assert_equal "of $user" "$(chosen --owner "$user" "shm:$name" "shm:${name}b" "sem:$key")" "shm:${name}b $mine"
  done
  assert_equal "of root" "$(chosen --owner=root "shm:$name" "shm:${name}b" "sem:$key")" "shm:$name"
  assert_equal "my own" "$(chosen --mine "shm:$name" "shm:${name}b" "sem:$key")" "shm:$name"
  assert_equal "the other's own" "$("${other[@]}" ipcls --refs -ms --mine | grep -F -e "$name" -e "$mine" | xargs)" "shm:${name}b $mine"
  assert_equal "root's in a list" "$(ipcls --refs -m --owner 0 --posix | grep -F "$name")" "shm:$name"
}

@test "--mine and --owner choose one's own objects" {
  local option
  shmput "$name" <<<x
  ipcnew "mq:$key" >/dev/null
  for option in --mine --owner=$EUID "--owner=$(id -un)"; do
    assert_equal "$option" "$(chosen "$option" "shm:$name" "mq:$key")" "shm:$name $(chosen "mq:$key")"
  done
  assert_equal "nobody's" "$(chosen --owner 54321 "shm:$name" "mq:$key")" ""
}

@test "--name is a pattern of POSIX names, with the slash or without" {
  local leaf=${name#/} pattern
  ipcnew --size 1 "shm:$name" "shm:${name}b" "shm:${name}bc" "shm:$key" "sem:$name" >/dev/null
  for pattern in "$name*" "$leaf*" "*$leaf*" "/*$leaf*"; do
    assert_equal "$pattern" "$(chosen -ms --name "$pattern")" "shm:$name shm:${name}b shm:${name}bc sem:$name"
  done
  assert_equal "?" "$(chosen -m --name "$leaf?")" "shm:${name}b"
  assert_equal "[]" "$(chosen -m --name "${leaf}[bx]*")" "shm:${name}b shm:${name}bc"
  assert_equal "the whole" "$(chosen -ms --name "$name")" "shm:$name sem:$name"
  assert_equal "with a backslash" "$(chosen -m --name "$leaf\\?")" ""
  assert_equal "a part" "$(chosen -m --name "${leaf%?}")" ""
  assert_equal "System V" "$(chosen -m --sysv --name '*')" ""
  assert_equal "references" "$(chosen --name "*b" "shm:$key" "shm:$name" "shm:${name}b" "sem:$name")" "shm:${name}b"
}

@test "several --name are a union, less what is excluded by '!'" {
  local leaf=${name#/} all
  all="shm:$name shm:${name}b shm:${name}bc"
  ipcnew --size 1 "shm:$name" "shm:${name}b" "shm:${name}bc" "shm:$key" >/dev/null
  assert_equal "two" "$(chosen -m --name "$name" --name "${leaf}bc")" "shm:$name shm:${name}bc"
  assert_equal "two, the other way round" "$(chosen -m --name "${leaf}bc" --name "$name")" "shm:$name shm:${name}bc"
  assert_equal "all but one" "$(chosen -m --name "$name*" --name "!${name}b")" "shm:$name shm:${name}bc"
  assert_equal "all but one, first" "$(chosen -m --name "!${leaf}b" --name "$name*")" "shm:$name shm:${name}bc"
  assert_equal "all but two" "$(chosen -m --name "$name*" --name "!*b" --name '!*bc')" "shm:$name"
  assert_equal "not this one" "$(chosen --name "!${leaf}b" "shm:$name" "shm:${name}b" "shm:${name}bc" "shm:$key")" "shm:$name shm:${name}bc"
  assert_equal "none of them" "$(chosen --name "!$name*" "shm:$name" "shm:${name}b")" ""
  assert_equal "one that matches none" "$(chosen -m --name "$name*" --name "${name}x")" "$all"
}

@test "--name finds semaphores as /dev/shm shows them" {
  local leaf=${name#/} pattern
  ipcnew --size 1 "shm:$name" "sem:$name" "sem:${name}b" >/dev/null
  for pattern in "sem.$leaf*" "/sem.$leaf*" "sem.*${leaf#?}*"; do
    assert_equal "$pattern" "$(chosen -ms --name "$pattern")" "sem:$name sem:${name}b"
  done
  assert_equal "all but one" "$(chosen -s --name "$name*" --name "!sem.${leaf}b")" "sem:$name"
}

@test "a pattern that no name can match is wrong usage" {
  local pattern
  for pattern in "" / ! !/; do
    expect 2 ipcls --name "$pattern"
    assert_usage_error ipcls "invalid pattern '$pattern': it is empty"
  done
  expect 2 ipcdel --name "/dev/shm$name*"
  assert_usage_error ipcdel "a name has one slash, at its beginning" "did you mean '${name#/}*'?"
}

@test "several --owner and --mine are a union" {
  local option
  shmput "$name" <<<x
  for option in "--owner=54321 --mine" "--mine --owner=54321" "--owner=$EUID --owner=54321"; do
    # shellcheck disable=SC2086  # two options
    assert_equal "$option" "$(chosen $option "shm:$name")" "shm:$name"
  done
  assert_equal "others" "$(chosen --owner=54321 --owner=54322 "shm:$name")" ""
}

@test "an age, a size or a share given twice is wrong usage" {
  local option
  for option in --larger-than=1 --full; do
    expect 2 ipcls "$option" "$option"
    assert_usage_error ipcls "${option%=*} is given twice"
  done
  expect 2 ipcls --older-than 1h --older-than 2h
  assert_usage_error ipcls "--older-than is given twice"
  expect 2 ipcdel --older-than=1h --mine --older-than=1h
  assert_usage_error ipcdel "--older-than is given twice"
}

@test "--name matches names with newlines, which only -0 prints" {
  local odd=$name$'\nshm:@0'
  ipcnew --size 1 "shm:$odd" >/dev/null
  assert_equal "references" "$(chosen -m --name "$name*")" ""
  ipcls --refs -0 -m --name "$name*" >"$tmp/refs"
  printf 'shm:%s\0' "$odd" >"$tmp/wanted"
  assert_same_file "$tmp/refs" "$tmp/wanted"
}

@test "--pid chooses what a process made or used last" {
  local made=("shm:$key" "mq:$key" "sem:$key") maker
  start_process segment "$key"
  maker=$pid
  start_process send "$key"
  ipcnew --init 1 --size 10 "sem:$key" "shm:$name" >/dev/null
  assert_equal "its maker" "$(chosen --pid "$maker" "${made[@]}" "shm:$name")" "$(chosen "shm:$key")"
  assert_equal "its maker, and the last sender" "$(chosen --pid "$maker" --pid "$pid" "${made[@]}")" "$(chosen "shm:$key" "mq:$key")"
  start env semop "$key" -1 -- sleep 60 # env: a shell that has semop would not be the process that operates
  is_taken() { [[ $(semop "$key") == 0 ]]; }
  wait_until "it holds the semaphore" is_taken
  assert_equal "the last operator" "$(chosen --pid "$pid" "${made[@]}")" "$(chosen "sem:$key")"
}

@test "--larger-than chooses by bytes, of shared memory and of messages" {
  local all=("shm:$name" "shm:$key" "mq:$key" "sem:$key")
  ipcnew --size 4097 "${all[@]}" >/dev/null
  ipcnew --size 4K "shm:${name}b" >/dev/null
  assert_equal "larger than 4 KiB" "$(chosen --larger-than 4K "${all[@]}" "shm:${name}b")" "shm:$name $(chosen "shm:$key")"
  mqsend "$key" four
  assert_equal "larger than 3 bytes" "$(chosen --larger-than 3 "${all[@]:2}")" "$(chosen "mq:$key")"
  assert_equal "larger than 4 bytes" "$(chosen --larger-than 4 "${all[@]:2}")" ""
}

@test "--full chooses queues that no message fits into, or that are filled to so much" {
  local all=("mq:$name" "mq:$key" "sem:$key")
  ipcnew --max-messages 4 "${all[0]}" >/dev/null
  ipcnew --qbytes 1000 "${all[@]:1}" >/dev/null
  mqsend "$name" 1 2 3
  head -c 900 /dev/zero | mqsend --whole "$key"
  assert_equal "fill" "$(cell "mq:$name" FILL) $(cell "mq:$key" FILL) $(cell "sem:$key" FILL)" "75 90 -"
  assert_equal "full" "$(chosen --full "${all[@]}")" ""
  assert_equal "filled to 76" "$(chosen --full=76 "${all[@]}")" "$(chosen "mq:$key")"
  assert_equal "filled to 75" "$(chosen --full=75 "${all[@]}")" "mq:$name $(chosen "mq:$key")"
  mqsend "$name" 4
  assert_equal "full" "$(chosen --full "${all[@]}")" "mq:$name"
}

@test "--older-than goes by the last use or change, as far as the kernel knows it" {
  local all=("shm:$name" "shm:$key" "mq:$key" "sem:$name" "sem:$key") old
  ipcnew --size 10 "${all[@]}" "shm:${name}b" "sem:$(key_at 1)" "mq:$(key_at 1)" >/dev/null
  sleep 2.1
  old=$(chosen "${all[@]}")
  assert_equal "older than a second" "$(chosen --older-than 1 "${all[@]}")" "$old"
  assert_equal "older than 500 ms" "$(chosen --older-than 500ms "${all[@]}")" "$old"
  assert_equal "older than an hour" "$(chosen --older-than 1h "${all[@]}")" ""
  shmput --existing "$name" <<<x
  shmput --existing "$key" <<<x
  mqsend "$key" x
  semop "$key" +1
  chmod 644 "/dev/shm/sem.${name#/}"
  assert_equal "after their use" "$(chosen --older-than 1 "${all[@]}")" ""
  assert_equal "in a list" "$(chosen -ms --name "$name*" --older-than 1)" "shm:${name}b"
  ipcset -m 644 "sem:$(key_at 1)"
  assert_equal "after a change" "$(chosen --older-than 1 "sem:$(key_at 1)" "mq:$(key_at 1)")" "$(chosen "mq:$(key_at 1)")"
}

@test "--unused: yes, no and unknown; what is unknown never matches" {
  local id all process
  all=("shm:$name" "sem:$name" "mq:$name" "shm:$key" "mq:$key" "sem:$key")
  ipcnew --size 10 "${all[@]}" >/dev/null
  id=$(cell "shm:$key" ID)
  assert_equal "held by nobody" "$(chosen --unused "${all[@]}")" "shm:$name sem:$name mq:$name shm:@$id"
  start_process map "/dev/shm$name"
  start_process open "/dev/shm/sem.${name#/}"
  start_process attach "$id"
  start mqrecv "$name"
  wait_until "the queue is open" is_asleep "$pid"
  assert_equal "held" "$(chosen --unused "${all[@]}")" ""
  assert_equal "held, in a list" "$(chosen --unused -ms --name "$name*")" ""
  for process in "${started[@]}"; do stop "$process"; done
  assert_equal "held no longer" "$(chosen --unused "${all[@]}")" "shm:$name sem:$name mq:$name shm:@$id"
}

@test "--unused: another's object of which not all processes can be seen is unknown, and one's own is known" {
  need_second_user
  ipcnew --size 10 --mode 666 "shm:$name" "shm:$key" >/dev/null
  "${other[@]}" ipcnew --size 10 -m 600 "shm:${name}b" "sem:${name}b" "mq:${name}b" >/dev/null
  expect 0 "${other[@]}" ipcls --refs --unused "shm:$name" "shm:${name}b" "sem:${name}b" "mq:${name}b" "shm:$key"
  assert_equal "seen by another" "${lines[*]}" "shm:${name}b sem:${name}b mq:${name}b $(chosen "shm:$key")"
  start_process map "/dev/shm${name}b"
  start_process open "/dev/shm/sem.${name#/}b"
  start mqrecv "${name}b"
  wait_until "the queue is open" is_asleep "$pid"
  expect 0 "${other[@]}" ipcls --refs --unused "shm:${name}b" "sem:${name}b" "mq:${name}b"
  assert_equal "held by root's processes" "$output" ""
}

@test "--unused: processes outside a PID namespace are thought of" {
  local inside=(unshare --pid --fork --mount-proc)
  ((EUID == 0)) || inside=(unshare --map-root-user --pid --fork --mount-proc)
  "${inside[@]}" true 2>/dev/null || skip "no PID namespace to be had"
  ipcnew --size 10 "shm:$name" "shm:${name}b" >/dev/null
  start_process map "/dev/shm$name"
  expect 0 "${inside[@]}" ipcls --refs --unused "shm:$name" "shm:${name}b"
  assert_equal "references" "$output" "shm:${name}b"
}

@test "--orphaned: segments whose creator and last user are dead and that nobody has attached" {
  local ids=() creator
  ids+=("$(ipcnew --size 10 "shm:$key")")
  env shmput "$(key_at 1)" <<<x # env: a process that ends, and not a shell that has shmput
  ids+=("$(chosen "shm:$(key_at 1)")")
  start_process segment "$(key_at 2)"
  creator=$pid
  ids+=("shm:@$ready")
  start_process attach "${ids[0]#*@}"
  assert_equal "orphaned" "$(chosen --orphaned "${ids[@]}")" "${ids[1]}"
  stop "$creator"
  assert_equal "its creator is dead" "$(chosen --orphaned "${ids[@]}")" "${ids[*]:1}"
  stop "$pid"
  assert_equal "detached" "$(chosen --orphaned "${ids[@]}")" "${ids[*]}"
  assert_contains "list" $'\n'"$(ipcls --refs --orphaned -m)"$'\n' $'\n'"${ids[0]}"$'\n'
}

@test "--orphaned: queues whose last sender and last receiver are dead" {
  local id sender
  start_process send "$key"
  id=mq:@$ready sender=$pid
  ipcnew "mq:$(key_at 1)" >/dev/null
  env mqsend --create "$(key_at 2)" x # env: a process that ends, and not a shell that has mqsend
  # The first sender lives, and the second queue has never been used.
  assert_equal "nobody received from it" "$(chosen --orphaned "$id" "mq:$(key_at 1)" "mq:$(key_at 2)")" "$(chosen "mq:$(key_at 2)")"
  start_process receive "${id#*@}"
  stop "$sender"
  assert_equal "the receiver lives" "$(chosen --orphaned "$id")" ""
  stop "$pid"
  assert_equal "both are dead" "$(chosen --orphaned "$id")" "$id"
  start_process send "$key"
  assert_equal "a sender lives" "$(chosen --orphaned "$id")" ""
}

@test "--orphaned: sets whose last users are dead and for which nobody waits" {
  local id raw
  id=$(ipcnew --sems 2 --init 0 "sem:$key")
  start_process set "$(key_at 1)"
  raw=sem:@$ready
  stop "$pid"
  assert_equal "used by the dead, and never used" "$(chosen --orphaned "$id" "$raw")" "$id"
  start semop "$key" 1:-1
  wait_until "it waits" is_asleep "$pid"
  assert_equal "waited for" "$(chosen --orphaned "$id")" ""
  stop "$pid"
  assert_equal "waited for no longer" "$(chosen --orphaned "$id")" "$id"
}

@test "--orphaned: POSIX objects that nobody holds, and only with --name or --older-than" {
  ipcnew --size 10 "shm:$name" "sem:$name" "shm:${name}b" >/dev/null
  start_process map "/dev/shm${name}b"
  assert_equal "alone" "$(chosen --orphaned "shm:$name" "sem:$name" "shm:${name}b")" ""
  assert_equal "list" "$(ipcls --refs --orphaned --posix -ms)" ""
  assert_equal "with --mine" "$(chosen --orphaned --mine "shm:$name" "sem:$name" "shm:${name}b")" ""
  assert_equal "with --name" "$(chosen --orphaned --name "$name*" -ms)" "shm:$name sem:$name"
  assert_equal "with --older-than" "$(chosen --orphaned --older-than 1h "shm:$name")" ""
}

@test "--orphaned: processes of another PID namespace are unknown" {
  local inside=(unshare --pid --fork --mount-proc) ids=()
  ((EUID == 0)) || inside=(unshare --map-root-user --pid --fork --mount-proc)
  "${inside[@]}" true 2>/dev/null || skip "no PID namespace to be had"
  start_process segment "$key"
  ids+=("shm:@$ready")
  start_process send "$key"
  ids+=("mq:@$ready")
  expect 0 "${inside[@]}" ipcls --refs --orphaned "${ids[@]}"
  assert_equal "references" "$output" ""
}

@test "filters are combined, also with kinds and APIs" {
  ipcnew --size 10 "shm:$name" "shm:${name}b" "sem:$name" "shm:$key" >/dev/null
  start_process map "/dev/shm${name}b"
  assert_equal "three" "$(chosen -m --mine --unused --name "$name*")" "shm:$name"
  assert_equal "System V" "$(chosen -m --sysv --mine --unused "shm:$name" "shm:$key" "sem:$name")" "$(chosen "shm:$key")"
  assert_equal "kinds alone" "$(chosen -s "shm:$name" "sem:$name" "shm:$key")" "sem:$name"
  assert_equal "POSIX" "$(chosen --posix "shm:$name" "sem:$name" "shm:$key")" "shm:$name sem:$name"
  assert_equal "contrary" "$(chosen -m --sysv --name "$name*")" ""
}

@test "references that do not match are left out, and a missing one is exit 1 all the same" {
  ipcnew --size 10 "shm:$name" "sem:$name" >/dev/null
  expect 0 ipcls --refs --owner 54321 "shm:$name"
  assert_equal "output" "$output" ""
  assert_silent
  expect 1 ipcls --refs --unused "shm:${name}missing" "shm:$name"
  assert_message "ipcls: cannot find shared memory '${name}missing'"
  assert_equal "output" "$output" "shm:$name"
}

@test "bad filters are wrong usage" {
  local bad
  for bad in --owner=no-such-user --owner= --owner=-1 --owner=4294967295 --older-than= --older-than=x --older-than=-1 --older-than=1y \
    --older-than=1s1 --pid=0 --pid=x --larger-than=-1 --larger-than=1X --full=0 --full=101 --full= --sort= --unused=yes --orphaned=no --unuse; do
    expect 2 ipcls "$bad"
    assert_usage_error ipcls
  done
}

@test "--limits and --usage take nothing that is about objects" {
  local subject option
  for subject in --limits --usage; do
    for option in --holders --output=REF --sort=REF --refs --dump --owner=0 --mine --name=x --pid=1 --larger-than=1 --full --older-than=1 --unused --orphaned; do
      expect 2 ipcls "$subject" "$option"
      assert_usage_error ipcls "$subject and ${option%=*} exclude each other: limits are of kinds, not of objects"
    done
    expect 2 ipcls "$subject" "shm:$name"
    assert_usage_error ipcls "$subject and REF exclude each other"
  done
}

@test "--holders tells the processes that have an object open, mapped or attached, each once" {
  local pids=() commands id process
  ipcnew --size 10 "shm:$name" "shm:$key" >/dev/null
  id=$(cell "shm:$key" ID)
  for _ in 1 2; do
    start_process open "/dev/shm$name"
    pids+=("$pid")
  done
  start_process map "/dev/shm$name"
  pids+=("$pid")
  start_process attach "$id"
  mapfile -t pids < <(printf '%s\n' "${pids[@]}" | sort -n)
  mapfile -t commands < <(for process in "${pids[@]}"; do echo "$process $(<"/proc/$process/comm")"; done)
  expect 0 ipcls --holders --json -o HOLDERS "shm:$name" "shm:$key"
  "$python" -c 'import json, sys
for line in sys.stdin:
    print(",".join("%d %s" % (holder["pid"], holder["command"]) for holder in json.loads(line)["holders"]))' <<<"$output" >"$tmp/holders"
  assert_equal "holders" "$(<"$tmp/holders")" "$(printf '%s,' "${commands[@]}" | sed 's/,$//')"$'\n'"$pid $(<"/proc/$pid/comm")"
  expect 0 ipcls --holders --raw "shm:$name"
  [[ ${lines[0]} == *" HOLDERS"*" OTHERS" ]] || fail "${lines[0]}"
  assert_equal "holders in a table" "$(ipcls --holders --raw --noheadings -o HOLDERS "shm:$name")" "$(sed 's/ /\\040/g; 1q' "$tmp/holders")"
}

@test "--holders: nobody is an empty list, and without it nobody is looked for" {
  ipcnew --size 10 "shm:$name" >/dev/null
  assert_equal "nobody" "$(ipcls --holders -j -o HOLDERS "shm:$name")" '{"holders":[]}'
  assert_equal "not looked for" "$(ipcls -j -o HOLDERS "shm:$name")" '{"holders":null}'
  [[ $(ipcls --raw "shm:$name") != *HOLDERS* ]] || fail "a column that was not asked for"
}

is_named() { [[ $(<"/proc/$1/comm") == "$2" ]]; }

@test "--holders: the processes that have a semaphore or a queue" {
  local semaphore_user
  ipcnew --init 0 "sem:$name" >/dev/null
  ipcnew "mq:$name" >/dev/null
  start env semop "$name" -1 # env: a process with the name of the tool
  wait_until "it waits" is_named "$pid" semop
  wait_until "it waits" is_asleep "$pid"
  semaphore_user=$pid
  start env mqrecv "$name"
  wait_until "it waits" is_named "$pid" mqrecv
  wait_until "it waits" is_asleep "$pid"
  assert_equal "holders" "$(ipcls --holders -j -o HOLDERS "sem:$name" "mq:$name")" \
    "{\"holders\":[{\"pid\":$semaphore_user,\"command\":\"semop\"}]}"$'\n'"{\"holders\":[{\"pid\":$pid,\"command\":\"mqrecv\"}]}"
}

@test "--holders: who holds a System V semaphore is unknown, for --unused as well" {
  semop --create "$key" >/dev/null
  expect 0 semop "$key" -- ipcls --holders -j -o HOLDERS,OTHERS "sem:$key"
  assert_equal "while it is held" "$output" '{"holders":[],"others":null}'
  assert_equal "unused" "$(ipcls --unused --refs "sem:$key")" ""
}

@test "--holders: the processes that wait for a semaphore, and those of which it is not known" {
  local reference waiter shown='{"pid":null,"command":null}'
  ipcnew --init 0 --mode 644 "sem:$key" "sem:$name" >/dev/null
  assert_equal "nobody" "$(ipcls --holders -j -o WAITERS "sem:$key")" '{"waiters":[]}'
  assert_equal "not looked for" "$(ipcls -j -o WAITERS "sem:$key")" '{"waiters":null}'
  has_waiters() { [[ $(ipcls --holders -j -o WAITERS "sem:$1") == "{\"waiters\":[$2]}" ]]; }
  for reference in "$key" "$name"; do
    start env semop "$reference" -1
    waiter=$pid
    # Whoever may trace it may read that.
    if cat "/proc/$waiter/syscall" >/dev/null 2>&1; then shown="{\"pid\":$waiter,\"command\":\"semop\"}"; fi
    wait_until "it waits for $reference: $shown" has_waiters "$reference" "$shown"
  done
  [[ $shown == *null* ]] || assert_equal "in a table" "$(ipcls --holders --noheadings -o WAITERS "sem:$name")" "$waiter semop"
  if ((EUID == 0)); then
    become_ordinary
    assert_equal "another's" "$("${ordinary[@]}" ipcls --holders --noheadings -o WAITERS "sem:$key")" "+1 unknown"
  fi
}

@test "--holders: names of programs with spaces and newlines are escaped" {
  local program=$tmp/$'a b\n\e[31m'
  ipcnew --size 10 "shm:$name" >/dev/null
  ln -s "$(command -v sleep)" "$program"
  start "$program" 30 <"/dev/shm$name"
  wait_until "it runs" grep -q '^a b' "/proc/$pid/comm"
  expect 0 ipcls --holders --raw --noheadings -o HOLDERS "shm:$name"
  assert_equal "lines" "${#lines[@]}" 1
  [[ $output == "$pid"*a*b*\\n*\[31m && $output != *$'\e'* ]] || fail "holders: $output"
}

@test "--sort by any column, up and down" {
  local all column wanted i
  ipcnew --size 300 -m 640 "shm:${name}b" >/dev/null
  ipcnew --size 20 -m 660 "shm:${name}c" >/dev/null
  ipcnew --size 1000 -m 600 "shm:$name" >/dev/null
  all=("shm:${name}c" "shm:$name" "shm:${name}b")
  local -A order=([SIZE]="c b -" [name]="- b c" [REF]="- b c" [Mode]="- b c")
  for column in "${!order[@]}"; do
    wanted=()
    for i in ${order[$column]}; do wanted+=("shm:$name${i#-}"); done
    assert_equal "--sort $column" "$(chosen --sort "$column" "${all[@]}")" "${wanted[*]}"
    assert_equal "--sort -$column" "$(chosen --sort "-$column" "${all[@]}")" "${wanted[2]} ${wanted[1]} ${wanted[0]}"
    assert_equal "--sort=-$column" "$(chosen "--sort=-$column" "${all[@]}")" "${wanted[2]} ${wanted[1]} ${wanted[0]}"
  done
}

@test "--sort by numbers, and what is not there comes first; equals stay in order" {
  local all set
  all=("shm:$name" "sem:$name" "sem:$key" "sem:${name}b" "shm:${name}b")
  ipcnew --sems 10 --size 9 "${all[@]}" >/dev/null
  set=$(chosen "sem:$key")
  assert_equal "NSEMS" "$(chosen --sort NSEMS "${all[@]}")" "shm:$name shm:${name}b sem:$name sem:${name}b $set"
  assert_equal "-NSEMS" "$(chosen --sort -NSEMS "${all[@]}")" "$set sem:$name sem:${name}b shm:$name shm:${name}b"
  assert_equal "KIND" "$(chosen --sort KIND "${all[@]}")" "sem:$name $set sem:${name}b shm:$name shm:${name}b"
  assert_equal "-KIND" "$(chosen --sort -KIND "${all[@]}")" "shm:$name shm:${name}b sem:$name $set sem:${name}b"
  assert_equal "-API of a list" "$(ipcls -ms --sort -API -r --noheadings -o API | uniq | xargs)" "sysv posix"
  assert_equal "a column that is not shown" "$(ipcls --sort=-SIZE --noheadings -r -o KIND "${all[@]}" | xargs)" "shm shm sem sem sem"
}

@test "--sort by every column there is, and by none that is not" {
  local column columns
  ipcnew --size 9 "shm:$name" "mq:$key" "sem:$key" >/dev/null
  mapfile -t columns < <(ipcls --help | awk '/^COLUMNS/ { on = 1; next } on && !NF { exit } on { print $1 }')
  for column in "${columns[@]}"; do
    assert_equal "lines by $column" "$(ipcls --sort="-$column" --refs "shm:$name" "mq:$key" "sem:$key" | wc -l)" 3
  done
  for column in - FOO -FOO SIZE,REF --SIZE; do
    expect 2 ipcls --sort="$column"
    assert_usage_error ipcls "unknown column"
  done
}

@test "--dump prints commands that make the same list where there is nothing" {
  local shown=KIND,API,NAME,KEY,OWNER,GROUP,MODE,SIZE,NATTCH,STATUS,MAXMSGS,MSGSIZE,QBYTES,MSGS,NSEMS,VALUES
  in_own_namespace '
    ipcnew --size 1 shm:/plain
    ipcnew --size 5000 -m 640 "shm:/a b'"'"'\"\$(touch x)\\*" shm:1 shm:0xffffffff
    ipcnew --size 2 -m 0 "$(printf "shm:/new\nline\377\e\003!\47ö\\\\1")" shm:5 mq:5 sem:5 sem:/5
    shmput -m 604 /empty </dev/null
    ipcnew -m 606 --max-messages 3 --max-size 100 mq:/queue "mq:/-q"
    ipcnew -m 660 --qbytes 1000 mq:2 mq:private
    ipcnew --init 7 sem:/one sem:3
    ipcnew --init 0 -m 666 "sem:/two words" sem:4
    ipcnew --sems 4 --init 2 sem:6
    semop 6 1:=0 3:=9
    ipcnew -M 10 -M 20
    ipcnew -Q
    ref=$(ipcnew -S 3)
    semop "$ref" 0:=5
    ipcnew -S 2
    ipcls --dump >"$tmp/dump"
    ipcls --json -o "$1" >"$tmp/before"' "$shown"
  in_own_namespace '
    cd "$tmp"
    bash -eu dump >made
    ipcls --json -o "$1" >after
    ipcls --dump >dump.again
    [[ ! -e x ]] || fail "a name was executed"' "$shown"
  assert_same_file "$tmp/before" "$tmp/after"
  assert_same_file "$tmp/dump" "$tmp/dump.again"
  assert_equal "lines that are not printable ASCII" "$(grep -avc '^[ -~]*$' "$tmp/dump")" 0
  grep -qF "\$'shm:/new\\012line\\377\\033\\003" "$tmp/dump" || fail "$(<"$tmp/dump")"
  (($(wc -l <"$tmp/after") >= 24)) || fail "$(<"$tmp/after")"
}

@test "--dump gives objects back to their owners" {
  need_second_user
  in_own_namespace '
    ipcnew --size 10 shm:/mine shm:1 sem:1 mq:1 mq:/mine >/dev/null
    ref=$(ipcnew -M 5)
    ipcset --owner 65534 --group 65533 shm:/mine shm:1 sem:1 mq:1 mq:/mine "$ref"
    ipcls --dump >"$tmp/dump"
    ipcls --json -o API,KIND,UID,GID,KEY,SIZE,MODE >"$tmp/before"'
  in_own_namespace '
    bash -eu "$tmp/dump" >/dev/null
    ipcls --json -o API,KIND,UID,GID,KEY,SIZE,MODE >"$tmp/after"'
  assert_same_file "$tmp/before" "$tmp/after"
  assert_equal "owners" "$(grep -c '"uid":65534,"gid":65533' "$tmp/after")" 6
}

@test "--dump of some objects, in the order that is asked for, with a comment for one that is removed" {
  local id
  ipcnew --size 10 "shm:$name" >/dev/null
  ipcnew --init 3 -m 640 "sem:$name" >/dev/null
  id=$(ipcnew --size 10 "shm:$key")
  expect 0 ipcls --dump "sem:$name" "shm:$name" "shm:$key"
  assert_equal "commands" "$output" "ipcnew --mode 640 --init 3 sem:$name"$'\n'"ipcnew --mode 600 --size 10 shm:$name"$'\n'"ipcnew --mode 600 --size 10 shm:$key"
  expect 0 ipcls --dump --sort -KIND --name "$name*" -ms
  assert_equal "commands" "$output" "ipcnew --mode 600 --size 10 shm:$name"$'\n'"ipcnew --mode 640 --init 3 sem:$name"
  start_process attach "${id#*@}"
  ipcdel "$id"
  expect 0 ipcls --dump "$id"
  [[ $output == "# $id "* ]] || fail "commands: $output"
  expect 0 bash -euc "$output"
}
