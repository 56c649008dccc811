# sigsend(1).
# shellcheck disable=SC2154,SC2034,SC2016  # what setup(), start() and run set or use; texts for an inner shell

load helpers
load partners/signal_helpers

# A process that does not heed TERM, when this returns.
start_stubborn() {
  start bash -c 'trap "" TERM; exec sleep 60'
  wait_until "it ignores TERM" grep -q 'sleep' "/proc/$pid/comm"
}

start_sleeper() {
  start sleep 60
  wait_until "it runs" grep -q 'sleep' "/proc/$pid/comm"
}

# Whether process $1 has found the one to which it sends.
holds_pidfd() { [[ $(readlink "/proc/$1/fd/"* 2>/dev/null) == *pidfd* ]]; }

@test "a signal ends a process; what has ended gets none" {
  start_sleeper
  expect 0 sigsend "$pid"
  assert_silent
  finish 143 "$pid"
  expect 1 sigsend "$pid"
  assert_equal "message" "$stderr" "sigsend: cannot find process $pid: there is no such process"
}

@test "--print-ref names a process by its start; another start time is refused" {
  start_sleeper
  expect 0 sigsend --print-ref "$pid" "$pid"
  assert_equal "references" "$output" "$pid:${births[$pid]}"$'\n'"$pid:${births[$pid]}"
  expect 1 sigsend "$pid:1" "$pid:$((births[pid] + 1))"
  assert_message "sigsend: cannot find process $pid:1: its number belongs to another process by now"
  assert_equal "messages" "${#stderr_lines[@]}" 2
  expect 0 sigsend -s 0 "$pid:${births[$pid]}"
  kill -0 "$pid" || fail "it was sent a signal"
  expect 0 sigsend "$pid:${births[$pid]}"
  finish 143 "$pid"
}

@test "all of several processes are tried, whatever fails for one" {
  local -a pids=()
  local i
  for i in 1 2; do
    start_sleeper
    pids+=("$pid")
  done
  expect 1 sigsend -s INT "${pids[0]}" "${pids[1]}:1" 999999999 "${pids[1]}"
  assert_equal "messages" "${#stderr_lines[@]}" 2
  for i in "${pids[@]}"; do finish 130 "$i"; done
}

@test "--then sends the next signal to those that have not ended, and tells which one worked" {
  start_sleeper
  expect 0 sigsend --then 60:KILL "$pid"
  [[ $output == "$pid ended after TERM"?(": killed by TERM") ]] || fail "output: $output"
  start_stubborn
  expect 0 sigsend --then 10ms:TERM --then 10ms:sigkill "$pid"
  [[ $output == "$pid ended after KILL"?(": killed by KILL") ]] || fail "output: $output"
  start_stubborn
  expect 124 sigsend -w 0.01 --then 10ms:TERM "$pid"
  assert_equal "message" "$stderr" "sigsend: process $pid did not end within the time allowed"
}

@test "--wait tells how each process ended" {
  in_shell=() # with COMMAND a shell gives sigrecv a process of its own, which is not $pid
  start_sigrecv "$tmp/output" -s TERM -- sh -c 'exit 5'
  expect 0 sigsend --wait "$pid"
  [[ $output == "$pid ended after TERM"?(": exit status 5") ]] || fail "output: $output"
  start_stubborn
  local stubborn=$pid
  start_sleeper
  expect 124 sigsend -s CONT --wait -w 0.01 "$stubborn" "$pid"
  assert_equal "message" "$stderr" "sigsend: process $stubborn did not end within the time allowed
sigsend: process $pid did not end within the time allowed"
  local sleeper=$pid
  start sigsend -s 0 --wait "$sleeper" >"$tmp/ended"
  wait_until "sigsend waits" holds_pidfd "$pid"
  kill -INT "$sleeper"
  finish 0 "$pid"
  [[ $(cat "$tmp/ended") == "$sleeper ended"?(": killed by INT") ]] || fail "output: $(cat "$tmp/ended")"
}

@test "a full queue is an error, or waited for" {
  start_sigrecv "$tmp/received" -s RTMIN -F %v
  prlimit --pid "$pid" --sigpending=0:
  expect 1 sigsend -s RTMIN "$pid"
  assert_equal "message" "$stderr" "sigsend: cannot send RTMIN to process $pid: its user may queue no more signals
sigsend: hint: --timeout waits for room; 'ulimit -i' shows the limit"
  expect 124 sigsend -s RTMIN -w 0.01 "$pid"
  assert_equal "message" "$stderr" "sigsend: no room for RTMIN to process $pid within the time allowed"
  local receiver=$pid
  start sigsend -s RTMIN --value 5 -w 120 "$receiver"
  wait_until "sigsend waits" holds_pidfd "$pid"
  prlimit --pid "$receiver" --sigpending="$(ulimit -Hi):"
  finish 0 "$pid"
  finish 0 "$receiver"
  assert_equal "received" "$(cat "$tmp/received")" 5
}

@test "a value on a signal that is not queued is sent with a warning" {
  start_sigrecv "$tmp/received" -s USR1 -F '%s %v'
  expect 0 sigsend -s USR1 --value 2147483647 "$pid"
  assert_equal "message" "$stderr" "sigsend: USR1 is not queued while one is pending, and its value is lost then
sigsend: hint: real-time signals are queued: RTMIN to RTMAX"
  finish 0 "$pid"
  assert_equal "received" "$(cat "$tmp/received")" "USR1 2147483647"
}

@test "a process of another user gets no signal" {
  need_second_user
  expect 1 "${other[@]}" sigsend -s USR1 $$
  assert_equal "message" "$stderr" "sigsend: cannot send USR1 to process $$: Operation not permitted"
}

@test "SIGTERM ends the wait for an end" {
  start_sleeper
  start sigsend -s 0 --wait "$pid"
  wait_until "sigsend waits" holds_pidfd "$pid"
  kill -TERM "$pid"
  finish 143 "$pid"
}

@test "wrong usage of each kind" {
  while read -r words; do
    # shellcheck disable=SC2086  # words
    expect 2 sigsend $words
    assert_usage_error sigsend
  done <<END
-s NONE $$
-s TERM,INT $$
-s RTMIN+31 $$
--value 2147483648 $$
--value x $$
-s 0 --value 1 $$
--then KILL $$
--then 5s: $$
--then x:KILL $$
--print-ref --wait $$
0
$$:
$$:x
x
-- -5
END
}
