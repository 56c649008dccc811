# What PostgreSQL, fakeroot and Python's multiprocessing leave when they are killed is found and removed, and what others of
# them still use stays.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

teardown() {
  local process
  exec 5>&- 6>&- # those that wait for something to do end
  for process in "${servers[@]}"; do ! is_remembered_process "$process" || kill -INT "$process" 2>/dev/null || true; done
  for process in "${started[@]}"; do wait_until "process $process has ended" is_gone "$process"; done
  [[ ! -e $tmp/seen ]] || xargs -r ipcdel --force <"$tmp/seen"
  clean_up
  [[ -z ${place:-} ]] || rm -rf -- "$place"
}

# As whom the programs run: `ordinary` before a command. The filters must not meet what this user has left behind
# elsewhere. $place is a directory for the user's files, $owner the user.
need_clean_user() {
  become_ordinary
  owner=$("${ordinary[@]}" id -u)
  [[ -z $(ipcls --refs --orphaned --owner "$owner" --older-than 0) ]] || skip "user $owner has orphaned objects already"
  servers=()
  place=$(mktemp -d -p /tmp) # a short path, for sockets
  ((EUID != 0)) || chown 65534:65534 "$place"
  cd "$place" || return
}

# References of the user's objects that one of these processes holds, one a line.
held_by() {
  local any
  printf -v any '|%s' "$@"
  ipcls --holders --raw --noheadings -o REF,HOLDERS --owner "$owner" |
    awk -v held="(^|,)(${any#|})\\\\\\\\040" '$2 ~ held { print $1 }' | tee -a "$tmp/seen"
}

# References of all objects of the user, one a line.
all_objects() { ipcls --refs --owner "$owner" | tee -a "$tmp/seen"; }

# expect_orphans FILE OPTION...: with these options ipcdel takes the references in FILE, soon, and nothing else.
expect_orphans() {
  local file=$1
  shift
  sort "$file" >"$tmp/orphans"
  are_chosen() { ipcdel --dry-run "$@" | sort | cmp -s - "$tmp/orphans"; }
  wait_until "orphaned: $(xargs <"$file")" are_chosen "$@"
  assert_equal "ipcls" "$(ipcls --refs "$@" | sort)" "$(<"$tmp/orphans")"
  expect 0 ipcdel "$@"
  assert_equal "orphans" "$(ipcls --refs "$@")" ""
}

# Kills processes, the first one first, and waits until they are gone.
kill_all() {
  local process
  kill -KILL "$@"
  for process; do wait_until "process $process has gone" is_gone "$process"; done
}
is_gone() { [[ $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) == Z || ! -e /proc/$1 ]]; }

# The server programs of PostgreSQL, in $postgres; distributions keep them out of PATH.
need_postgres() {
  local folder
  for folder in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin "$(dirname "$(command -v postgres)")"; do
    postgres=$folder
    [[ ! -x $folder/initdb || ! -x $folder/postgres || ! -x $folder/psql ]] || return 0
  done
  skip "no initdb, postgres and psql"
}

# start_postgres DIRECTORY: until it answers; $pid is its first process.
start_postgres() {
  start "${ordinary[@]}" "$postgres/postgres" -D "$1" -c listen_addresses= -c unix_socket_directories="$1" \
    -c dynamic_shared_memory_type=posix -c fsync=off >"$tmp/postgres.${#started[@]}" 2>&1
  servers+=("$pid")
  wait_until "$1 answers" query "$1" 'select 1'
}

# query DIRECTORY TEXT
query() { "${ordinary[@]}" "$postgres/psql" -X -q -A -t -h "$1" -U tester -d postgres -c "$2" 2>"$tmp/query"; }

@test "PostgreSQL: the segments of a server that is killed go, and another one goes on to work" {
  local processes which
  need_postgres
  need_clean_user
  "${ordinary[@]}" "$postgres/initdb" -D "$place/a" -U tester -A trust -N -E UTF8 --locale=C >"$tmp/initdb" 2>&1 || fail "$(<"$tmp/initdb")"
  "${ordinary[@]}" cp -r "$place/a" "$place/b"
  start_postgres "$place/b"
  query "$place/b" 'create table numbers as select generate_series(1, 1000) as number' >"$tmp/output"
  held_by "$pid" >"$tmp/living"
  start_postgres "$place/a"
  # Its processes are held up first, so that what they hold does not change any more.
  kill -STOP "$pid"
  mapfile -t processes < <(echo "$pid"; pgrep -P "$pid")
  kill -STOP "${processes[@]}"
  held_by "${processes[@]}" >"$tmp/dead"
  for which in living dead; do
    grep -qx 'shm:@[0-9]*' "$tmp/$which" || fail "no System V segment: $(<"$tmp/$which")"
    grep -qx 'shm:/PostgreSQL\.[0-9]*' "$tmp/$which" || fail "no POSIX shared memory: $(<"$tmp/$which")"
  done
  assert_equal "held by both" "$(comm -12 <(sort "$tmp/living") <(sort "$tmp/dead"))" ""
  assert_equal "orphaned" "$(ipcdel --dry-run --orphaned --owner "$owner" --older-than 0)" ""

  kill_all "${processes[@]}"
  grep -F @ "$tmp/dead" >"$tmp/dead.sysv"
  grep -F / "$tmp/dead" >"$tmp/dead.posix"
  expect_orphans "$tmp/dead.sysv" --orphaned --owner "$owner"
  expect_orphans "$tmp/dead.posix" --orphaned --owner "$owner" --name 'PostgreSQL.*'
  assert_equal "still held" "$(held_by "${servers[0]}")" "$(<"$tmp/living")"
  # Another process takes part in that, and needs more shared memory.
  assert_equal "sum" "$(query "$place/b" 'set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0;
    set parallel_tuple_cost = 0; select sum(number) from numbers' || cat "$tmp/query")" 500500
  start_postgres "$place/a"
  assert_equal "the killed one again" "$(query "$place/a" 'select 6 * 7')" 42
}

# A session of fakeroot on System V that answers lines. start_fakeroot FD FILE: it reads from descriptor FD of the test, and
# its first answer, $ready, is its process.
start_fakeroot() {
  start_fed "${ordinary[@]}" fakeroot-sysv bash -c 'echo $$; while read -r line; do eval "$line"; done' >"$2"
  eval "exec $1>&7 7>&-"
  wait_until "a session of fakeroot" test -s "$2"
  ready=$(<"$2")
}

# answer FD FILE COMMAND: what the session has to say to that.
answer() {
  local lines
  lines=$(wc -l <"$2")
  echo "$3" >&"$1"
  has_more() { (($(wc -l <"$1") > $2)); }
  wait_until "an answer to: $3" has_more "$2" "$lines"
  tail -n +"$((lines + 1))" "$2"
}

@test "fakeroot: the queues and semaphores of a session that is killed go, and another one goes on to work" {
  local session daemon
  command -v fakeroot-sysv >/dev/null || skip "no fakeroot-sysv"
  need_clean_user
  start_fakeroot 5 "$tmp/living"
  # The shell itself looks last: while it lives, its semaphore is not thought orphaned.
  assert_equal "owner" "$(answer 5 "$tmp/living" "touch $place/b; chown 5:6 $place/b; stat -c %u:%g $place/b; [[ -e $place/b ]]")" 5:6
  answer 5 "$tmp/living" "[[ -O $place/b ]]; echo" >"$tmp/output"
  all_objects >"$tmp/refs.living"
  assert_equal "kinds" "$(cut -d : -f 1 "$tmp/refs.living" | xargs)" "mq mq sem"
  start_fakeroot 6 "$tmp/dead"
  session=$ready
  answer 6 "$tmp/dead" "touch $place/a; chown 7:8 $place/a; echo" >"$tmp/output"
  all_objects | grep -vxFf "$tmp/refs.living" >"$tmp/refs.dead"
  assert_equal "kinds" "$(cut -d : -f 1 "$tmp/refs.dead" | xargs)" "mq mq sem"
  daemon=$(ipcls --raw --noheadings -o LRPID "$(head -n 1 "$tmp/refs.dead")")
  assert_equal "the receiver" "$(<"/proc/$daemon/comm")" faked-sysv
  expect 0 ipcdel --dry-run --orphaned --owner "$owner" -q
  assert_equal "orphaned queues" "$output" ""

  kill_all "$pid" "$session" "$daemon"
  expect_orphans "$tmp/refs.dead" --orphaned --owner "$owner"
  assert_equal "still there" "$(all_objects)" "$(<"$tmp/refs.living")"
  assert_equal "owner" "$(answer 5 "$tmp/living" "stat -c %u:%g $place/b")" 5:6
}

@test "fakeroot: the semaphore of a session that does nothing looks orphaned, and --older-than leaves it the time" {
  local set
  command -v fakeroot-sysv >/dev/null || skip "no fakeroot-sysv"
  need_clean_user
  start_fakeroot 5 "$tmp/living"
  answer 5 "$tmp/living" "touch $place/b; chown 5:6 $place/b; stat -c %u:%g $place/b" >"$tmp/output"
  set=$(all_objects | grep '^sem:')
  looks_orphaned() { [[ $(ipcls --refs --orphaned --owner "$owner") == "$set" ]]; }
  wait_until "its last user has ended" looks_orphaned
  expect 0 ipcdel --orphaned --owner "$owner" --older-than 1h
  assert_equal "owner" "$(answer 5 "$tmp/living" "stat -c %u:%g $place/b")" 5:6
}

# Puts a program of multiprocessing there; $ready has the processes that are to be killed together.
start_multiprocessing() { # FD FILE
  start_fed "${ordinary[@]}" "$python" "$partners/multiprocessing_program.py" >"$2"
  eval "exec $1>&7 7>&-"
  wait_until "a program of multiprocessing" test -s "$2"
  ready=$(<"$2")
}

@test "multiprocessing: the memory and semaphores of a program that is killed go, and another one goes on to work" {
  local processes kind
  need_clean_user
  "$python" -c 'import multiprocessing.shared_memory' 2>/dev/null || skip "no multiprocessing.shared_memory"
  start_multiprocessing 5 "$tmp/living"
  read -ra processes <<<"$ready"
  held_by "${processes[2]}" >"$tmp/refs.living"
  start_multiprocessing 6 "$tmp/dead"
  read -ra processes <<<"$ready"
  held_by "${processes[2]}" >"$tmp/refs.dead"
  for kind in living dead; do
    grep -qx 'shm:/psm_.*' "$tmp/refs.$kind" || fail "no shared memory: $(<"$tmp/refs.$kind")"
    (($(grep -cx 'sem:/mp-.*' "$tmp/refs.$kind") > 1)) || fail "no semaphores: $(<"$tmp/refs.$kind")"
  done
  assert_equal "held by the child" "$(held_by "${processes[1]}")" "$(<"$tmp/refs.dead")"
  expect 0 ipcdel --dry-run --orphaned --owner "$owner" --name '*'
  assert_equal "orphaned" "$output" ""

  kill_all "${processes[@]}"
  expect 0 ipcdel --dry-run --orphaned --owner "$owner"
  assert_equal "orphaned, with neither name nor age" "$output" ""
  grep shm: "$tmp/refs.dead" >"$tmp/refs.memory"
  grep sem: "$tmp/refs.dead" >"$tmp/refs.semaphores"
  expect_orphans "$tmp/refs.memory" --orphaned --owner "$owner" --name 'psm_*'
  expect_orphans "$tmp/refs.semaphores" --orphaned --owner "$owner" --older-than 0
  assert_equal "an answer" "$(answer 5 "$tmp/living" "still here")" "STILL HERE"
}
