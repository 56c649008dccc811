#!/usr/bin/env bats
# The scripts of examples/, and what ipcutils-recipes(7) says of them. TOOLS_DIR is the folder of the binaries.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016 # what setup() and run set; each test is a shell; for another shell

load ../cli/helpers
# shellcheck disable=SC2034 # the helpers use it
partners=$BATS_TEST_DIRNAME/../cli/partners
examples=$BATS_TEST_DIRNAME/../../examples
page=$BATS_TEST_DIRNAME/../../man/ipcutils-recipes.7

# What each prints.
declare -gA prints=(
  [mutex]=$'counted to 100\nthe lock is free after a killed holder'
  [script-lock]=$'the first run has the lock\nthe second run has the lock\nthe lock is free after both were killed'
  [single-run]=$'the first run begins\nthe second run is skipped\nthe third run begins'
  [counting-limit]=$'9 jobs\nnever more than 3 at once'
  [barrier]=$'3 times phase 0\n3 times phase 1'
  [read-write-lock]=$'20 changes, and none seen half done\ntwo readers at once\nno writer beside a reader'
  [condition]='took 5, 3 and 2 of 10; 0 are left'
  [rendezvous]=$'before\nbefore\nafter\nafter'
  [producer-consumer-in-bash]='1000 records in order, the last is record 999'
  [producer-consumer]='20 records, the last is record 19'
  [request-reply]=$'7 squared is 49\n8 squared is 64\n9 squared is 81'
  [fast-worker]='2000 jobs, the squares are 2668667000 in all'
  [work-queue]=$'workers that failed at a job: 1\n1 1,2 4,3 9,4 16,5 25,6 36,7 49,8 64,9 81,10 100,11 121,12 144'
  [log-reader]=$'start: a program that knows nothing of it\ncron: 1000 whole lines\nmail: 1000 whole lines\nweb: 1000 whole lines\nstop: nobody is left'
  [log-fan-out]=$'cron: 100 lines\nmail: 100 lines\nweb: 100 lines\ncron: error 7\nmail: error 7\nweb: error 7'
  [configuration]=$'mail: level=info level=debug\nweb: level=info level=debug'
  [both-ways]=$'7 squared is 49\n8 squared is 64\n9 squared is 81\na listener got 3 answers, too'
  [worker-pool]=$'1 1,2 4,3 9,4 16,5 25,6 36,7 49,8 64,9 81\nnever more than 3 at once'
  [service]=$'10 numbers, 55 in all\n1000 numbers, 500500 in all\n50000 numbers, 1250025000 in all\n4 numbers, 10 in all\nmkfifo-pipe: no client has read FIFO REPLY within the time allowed'
  [lossy-log]=$'3 events in a row\nlast of all'
  [watched-status]=$'quick: all complete, in order, and the last one\nslow: all complete, in order, and the last one'
  [socket-service]=$'10 numbers, 55 in all\n1000 numbers, 500500 in all\n50000 numbers, 1250025000 in all\nneither user N nor group N is allowed'
  [remote-procedures]=$'power base exponent\n1024\n81\nrpccall: command failed with status 3 (code -32000)\nrpccall: data: {"status":3,"stderr":"cannot raise to -1\\n"}\nrpccall: Invalid params (code -32602)\nrpccall: data: "base: is no integer"'
  [tcp-front]=$'ONE\nTHREE\nTWO'
  [graceful-stop]=$'polite ended after TERM\nstubborn ended after KILL\na service that has ended gets no signal, whoever has its number'
  [work-count]='12 reports, 270 records'
  [set-up]='the total is 55'
  [set-up-with-trap]=$'1 squared is 1\n2 squared is 4\n3 squared is 9'
  [isolation]=$'job 1\njob 2\njob 3\nstate 1\nstate 2\nstate 3'
  [clean-up]=$'left behind: shm:/clean-up.table\nleft behind: sem:/clean-up.lock\nin use: shm:/clean-up.held'
  [sweep]=$'ipcdel: kept shared memory \'/psm_N_a\': it is in use\nipcdel: removed shared memory \'/torch_N_1\'\nipcdel: removed semaphore \'/loky-N-b\''
  [snapshot]='1000 lines, some text, 3 slots'
)

# Whether the system lets an example run.
is_possible() {
  case $1 in
    isolation) ipcrun --isolate -- true 2>/dev/null ;;
    fast-worker | script-lock | producer-consumer-in-bash)
      [[ $(bash -c '. "$TOOLS_DIR/ipcutils.bash" && type -t ipcnew' 2>/dev/null) == builtin ]]
      ;;
  esac
}

# Puts an ipcnew before the tools that notes what it makes in the file $tmp/made, and has temporary files in $TMPDIR.
# As a builtin it does so, too, where "--into NAME" is the end of its call.
watch_objects() {
  mkdir -p "$tmp/bin" "$tmp/tmp"
  printf '#!/bin/bash\nset -o pipefail\n%q "$@" | tee -a %q\n' "$TOOLS_DIR/ipcnew" "$tmp/made" >"$tmp/bin/ipcnew"
  chmod +x "$tmp/bin/ipcnew"
  printf '. %q\nipcnew() { builtin ipcnew "$@" && { local -n _made=${!#}; printf "%%s\\n" "${_made[@]}" >>%q; }; }\n' \
    "$TOOLS_DIR/ipcutils.bash" "$tmp/made" >"$tmp/bin/ipcutils.bash"
  export PATH=$tmp/bin:$TOOLS_DIR:/usr/bin:/bin TMPDIR=$tmp/tmp
  : >"$tmp/made"
}

# Nothing is left of what the examples have made. What is left goes.
assert_nothing_left() {
  local reference left=
  while read -r reference; do
    if ipcls --refs "$reference" 2>/dev/null; then
      left+=" $reference"
      ipcdel --force "$reference"
    fi
  done <"$tmp/made"
  assert_equal "objects left by $1" "$left" ""
  assert_equal "files left by $1" "$(ls -A "$tmp/tmp")" ""
}

# expect_example NAME [LOG]: runs it, and compares. LOG gets what is wrong, if anything.
expect_example() {
  local output status=0 errors=$tmp/errors.$BASHPID
  output=$(timeout -s KILL 240 "$examples/$1" 2>"$errors" </dev/null) || status=$?
  [[ $status == 0 && $output == "${prints[$1]}" && ! -s $errors ]] ||
    fail "$1: exit status $status" "expected: ${prints[$1]}" "actual:   $output" "stderr:   $(<"$errors")"
}

@test "every example is known here, and tells what it shows" {
  local example
  assert_equal "examples" "$(cd "$examples" && printf '%s\n' *)" "$(printf '%s\n' "${!prints[@]}" | sort)"
  for example in "${!prints[@]}"; do
    [[ -x $examples/$example ]] || fail "$example cannot be executed"
    assert_equal "first line of $example" "$(head -n 1 "$examples/$example")" "#!/usr/bin/env bash"
    [[ $(sed -n 2p "$examples/$example") == '# '[A-Z]* ]] || fail "$example does not tell what it shows"
    grep -qx 'set -euo pipefail' "$examples/$example" || fail "$example goes on after errors"
  done
}

@test "the page names every example" {
  local example
  for example in "${!prints[@]}"; do
    grep -qF "examples/${example//-/\\-}" "$page" || fail "$example is not named"
  done
}

@test "every example prints what it should, twice in a row, and leaves nothing behind" {
  local example
  watch_objects
  for example in "${!prints[@]}"; do
    is_possible "$example" || continue
    expect_example "$example"
    expect_example "$example"
    assert_nothing_left "$example"
  done
}

@test "every example runs beside itself" {
  local example i pids
  watch_objects
  for example in "${!prints[@]}"; do
    is_possible "$example" || continue
    pids=()
    for i in 1 2 3; do
      expect_example "$example" &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    assert_nothing_left "$example"
  done
}
