# sigrecv(1).
# shellcheck disable=SC2154,SC2034,SC2016  # what setup(), start() and run set or use; texts for an inner shell

load helpers
load partners/signal_helpers

first=34 # RTMIN

@test "each of 1,000 real-time signals that were queued is received, in order" {
  [[ $(ulimit -i) == unlimited ]] || (($(ulimit -i) >= 1500)) || skip "no 1,000 signals can be queued"
  start_sigrecv "$tmp/received" -s RTMIN -n 1000 -F %v
  stop "$pid"
  queue_many "$pid" "$first" 1000
  kill -CONT "$pid"
  finish 0 "$pid"
  seq 1000 | cmp - "$tmp/received"
}

@test "of eight real-time signals, a trap of the shell sees fewer, and sigrecv sees all" {
  mkfifo "$tmp/go"
  start bash -c 'trap "echo x >>\"\$1\"" RTMIN; : >"$1"; read -r _ <"$2"' bash "$tmp/traps" "$tmp/go"
  wait_until "the shell has set its trap" test -e "$tmp/traps"
  stop "$pid"
  queue_many "$pid" "$first" 8
  kill -CONT "$pid"
  echo >"$tmp/go"
  finish 0 "$pid"
  (($(wc -l <"$tmp/traps") < 8)) || fail "the trap ran for each signal"
  start_sigrecv "$tmp/received" -s RTMIN -n 8
  stop "$pid"
  queue_many "$pid" "$first" 8
  kill -CONT "$pid"
  finish 0 "$pid"
  assert_equal "signals" "$(cut -d ' ' -f 1-3 "$tmp/received" | paste -sd ,)" \
    "RTMIN 34 1,RTMIN 34 2,RTMIN 34 3,RTMIN 34 4,RTMIN 34 5,RTMIN 34 6,RTMIN 34 7,RTMIN 34 8"
}

@test "a line tells name, number, value, sender and code, as the options say" {
  local sender
  start_sigrecv "$tmp/usual" -n 2
  sigsend -s RTMAX-1 --value -5 "$pid" &
  sender=$!
  wait "$sender"
  wait_until "a line" test -s "$tmp/usual"
  kill -USR2 "$pid"
  finish 0 "$pid"
  assert_equal "lines" "$(cat "$tmp/usual")" "RTMAX-1 63 -5 $sender $EUID queue"$'\n'"USR2 12 - $$ $EUID user"
  start_sigrecv "$tmp/json" -j -n 2 -s USR1,SIGRTMIN+3
  sigsend -s 37 --value 7 "$pid"
  kill -USR1 "$pid"
  finish 0 "$pid"
  assert_equal "JSON" "$(sed 's/"pid":[0-9]*/"pid":0/' "$tmp/json" | sort)" \
    '{"signal":"RTMIN+3","number":37,"value":7,"pid":0,"uid":'$EUID',"code":"queue"}
{"signal":"USR1","number":10,"value":null,"pid":0,"uid":'$EUID',"code":"user"}'
  start_sigrecv "$tmp/format" -F '%%%S:%c' -s chld
  kill -CHLD "$pid"
  finish 0 "$pid"
  assert_equal "format" "$(cat "$tmp/format")" '%17:user'
}

@test "COMMAND gets the signal in its environment, and the mask of before" {
  in_shell=() # with COMMAND a shell gives sigrecv a process of its own, which is not $pid
  start_sigrecv "$tmp/output" -s RTMIN+1,USR1 -n 2 -- \
    sh -c 'echo "$IPC_SIGNAL $IPC_NUMBER $IPC_PID $IPC_UID $IPC_CODE ${IPC_VALUE-none}"; grep SigBlk /proc/self/status'
  sigsend -s RTMIN+1 --value 3 "$pid" &
  wait $!
  kill -USR1 "$pid"
  finish 0 "$pid"
  assert_equal "output" "$(sort -u "$tmp/output" | sed "s/ $! / PID /")" \
    $'RTMIN+1 35 PID '"$EUID"$' queue 3\n'"$(grep SigBlk /proc/self/status)"$'\n'"USR1 10 $$ $EUID user none"
}

@test "a COMMAND that fails ends sigrecv with its status" {
  in_shell=() # with COMMAND a shell gives sigrecv a process of its own, which is not $pid
  start_sigrecv "$tmp/output" -f -- sh -c 'exit 7'
  kill -USR1 "$pid"
  finish 7 "$pid"
  expect 127 sigrecv --pidfile "$tmp/never" -- "$tmp/nonesuch"
  [[ ! -e $tmp/never ]] || fail "it was ready"
}

@test "a signal that it does not receive ends it, and COMMAND; one that it receives does not" {
  in_shell=() # with COMMAND a shell gives sigrecv a process of its own, which is not $pid
  start_sigrecv "$tmp/received" -f
  kill -TERM "$pid"
  finish 143 "$pid"
  [[ ! -e $tmp/pid ]] || fail "the PID file is still there"
  start_sigrecv "$tmp/received" -s TERM,INT -F %s
  kill -TERM "$pid"
  finish 0 "$pid"
  assert_equal "received" "$(cat "$tmp/received")" TERM
  start_sigrecv "$tmp/output" -s USR2 -- sh -c 'echo "$$"; exec sleep 60'
  kill -USR2 "$pid"
  wait_until "COMMAND runs" test -s "$tmp/output"
  kill -TERM "$pid"
  finish 143 "$pid"
  ! kill -0 "$(cat "$tmp/output")" 2>/dev/null || fail "COMMAND still runs"
}

@test "the PID file replaces an old one, and is removed if it is still the same" {
  echo old >"$tmp/pid.file"
  start sigrecv --pidfile "$tmp/pid.file"
  wait_until "the PID file is written" grep -qx "$pid" "$tmp/pid.file"
  assert_equal "mode" "$(stat -c %a "$tmp/pid.file")" 644
  echo other >"$tmp/other"
  mv "$tmp/other" "$tmp/pid.file"
  kill -USR1 "$pid"
  finish 0 "$pid"
  assert_equal "file" "$(cat "$tmp/pid.file")" other
  expect 1 sigrecv --pidfile "$tmp/nonesuch/pid"
  assert_message "sigrecv: cannot write PID file '$tmp/nonesuch/pid': No such file or directory"
}

@test "--ready-fd tells when a signal can be sent" {
  mkfifo "$tmp/ready"
  sigrecv -F %s --ready-fd 3 3>"$tmp/ready" >"$tmp/received" &
  pid=$!
  remember_process "$pid"
  read -r _ <"$tmp/ready"
  kill -USR1 "$pid"
  finish 0 "$pid"
  assert_equal "received" "$(cat "$tmp/received")" USR1
}

@test "--timeout, --timeout-status and --quiet" {
  expect 124 sigrecv -w 0.01
  assert_equal "message" "$stderr" "sigrecv: no signal came within the time allowed"
  expect 7 sigrecv -f --nonblock -q -E 7 -- true
  assert_silent
}

@test "wrong usage of each kind" {
  while read -r words; do
    # shellcheck disable=SC2086  # words
    expect 2 sigrecv $words
    assert_usage_error sigrecv
  done <<END
-s KILL
-s USR1,STOP
-s NONE
-s 33
-s USR1,
-n 0
-F %x
-F %s -j
--pidfile=
--ready-fd 99
--value 3
END
  expect 2 sigrecv cat
  assert_usage_error sigrecv "unexpected operand 'cat' (a COMMAND follows '--')"
  expect 125 sigrecv -s CHLD -- true
  expect 125 sigrecv -j -- true
}
