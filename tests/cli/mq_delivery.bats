# Nothing is lost: what mqrecv(1) has taken and cannot deliver goes back.
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program mq_soak; }

# fill QUEUE [COMMAND...]: a queue of eight messages, which has room for two more, all of 1000 bytes that begin with their number, of priority or
# type 5.
fill() {
  local i
  make_queue "$1"
  use "$1"
  messages=()
  for i in {0..7}; do messages+=("$(printf '%d%0999d' "$i" 0)"); done
  mqsend "$option" 5 "$queue" "${messages[@]}"
}

# Whether all eight are in the queue, as they were, whatever their order; takes them.
assert_all_back() {
  assert_count "$queue" 8
  mq_program receive "$queue" | sort >"$tmp/received"
  printf '5 %s\n' "${messages[@]}" >"$tmp/wanted"
  assert_same_file "$tmp/received" "$tmp/wanted"
}

@test "false delivers nothing: mqrecv QUEUE -- false leaves the message in the queue" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 1 mqrecv "$queue" -- false
    assert_silent
    expect 1 mqrecv --drain --on-failure=skip "$queue" -- false
    assert_silent
    assert_all_back
  done
}

@test "a reader that has gone before costs nothing: mqrecv dies of SIGPIPE, and the queue is as it was" {
  for queue in "$name" "$key"; do
    fill "$queue"
    mkfifo "$tmp/pipe"
    # shellcheck disable=SC2094  # that is what is wanted
    exec 8<>"$tmp/pipe" 9>"$tmp/pipe" 8>&-
    for words in "" --drain "-n 3" -f --json; do
      # shellcheck disable=SC2086  # words
      start mqrecv $words "$queue" >&9
      finish 141 "$pid"
      assert_count "$queue" 8
    done
    exec 9>&-
    rm "$tmp/pipe"
    # In the order in which they were.
    mq_program receive "$queue" >"$tmp/received"
    printf '5 %s\n' "${messages[@]}" >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "a reader that goes while mqrecv waits for a message costs nothing" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    mkfifo "$tmp/pipe"
    exec 8<>"$tmp/pipe"
    start mqrecv -f "$queue" >"$tmp/pipe"
    wait_until "it waits" is_asleep "$pid"
    exec 8>&-
    mqsend "$queue" a b
    finish 141 "$pid"
    assert_count "$queue" 2
    rm "$tmp/pipe"
  done
}

@test "a full disk or a closed standard output: exit 1, and the messages are back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    for words in "" --drain "-n 3" "-f" "--json -n 8" "--len32 --drain"; do
      # shellcheck disable=SC2086  # words
      expect 1 "${into_full[@]}" mqrecv $words "$queue"
      assert_equal "message" "$stderr" "mqrecv: cannot write standard output: No space left on device"
      # shellcheck disable=SC2086  # words
      expect 1 "${without_stdout[@]}" mqrecv $words "$queue"
      assert_message "mqrecv: cannot write standard output: Bad file descriptor"
      assert_count "$queue" 8
    done
    assert_all_back
  done
}

@test "an empty message that was not written goes back as well" {
  for queue in "$name" "$key"; do
    for words in "" --raw "--no-terminator -F %m" -0 --len32; do
      make_queue "$queue"
      mqsend "$queue" '' '' x
      # shellcheck disable=SC2086  # words
      expect 1 "${into_full[@]}" mqrecv $words -n 3 "$queue"
      assert_equal "messages after mqrecv $words" "$(mq_program count "$queue")" 3
      remove_queue "$queue"
    done
  done
}

@test "a file system that fills up in the middle gets what fits, and the rest goes back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    # The third message of them is cut.
    expect 1 bash -c 'trap "" XFSZ; ulimit -f 4; exec "$@" >"$0"' "$tmp/output" mqrecv --drain "$queue"
    assert_message "mqrecv: cannot write standard output: File too large"
    head -n 4 "$tmp/output" >"$tmp/whole"
    printf '%s\n' "${messages[@]:0:4}" >"$tmp/wanted"
    assert_same_file "$tmp/whole" "$tmp/wanted"
    mq_program receive "$queue" >"$tmp/received"
    printf '5 %s\n' "${messages[@]:4}" >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "a signal while the reader sleeps: mqrecv dies of it, and what nobody has got is back, at the end of its kind" {
  local signal
  for queue in "$name" "$key"; do
    for signal in 1 2 15; do
      fill "$queue"
      open_full_pipe 0
      start mqrecv --drain "$queue" >"$tmp/pipe"
      wait_until "all has been taken" has_taken "$pid" "$queue"
      mqsend "$option" 5 "$queue" later
      mqsend "$option" 2 "$queue" other
      kill -"$signal" "$pid"
      finish $((128 + signal)) "$pid"
      read_full_pipe >"$tmp/output"
      assert_equal "what the reader got" "$(cat "$tmp/output")" ""
      mq_program receive "$queue" >"$tmp/received"
      {
        [[ $queue == /* ]] || echo "5 later"
        [[ $queue == /* ]] || echo "2 other"
        [[ $queue == /* ]] && echo "5 later"
        printf '5 %s\n' "${messages[@]}"
        [[ $queue == /* ]] && echo "2 other"
      } >"$tmp/wanted"
      assert_same_file "$tmp/received" "$tmp/wanted"
      remove_queue "$queue"
    done
  done
}

@test "a signal in the middle of a write: what the pipe has taken whole is delivered, the rest is back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    open_full_pipe 4096
    start mqrecv -f "$queue" >"$tmp/pipe"
    wait_until "all has been taken" has_taken "$pid" "$queue"
    kill -TERM "$pid"
    finish 143 "$pid"
    read_full_pipe >"$tmp/output"
    # Four records of 1001 bytes, and 92 bytes of the fifth.
    printf '%s\n' "${messages[@]}" | head -c 4096 >"$tmp/wanted"
    assert_same_file "$tmp/output" "$tmp/wanted"
    mq_program receive "$queue" >"$tmp/received"
    printf '5 %s\n' "${messages[@]:4}" >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "a signal that is ignored stays ignored" {
  for queue in "$name" "$key"; do
    fill "$queue"
    open_full_pipe 0
    start bash -c 'trap "" INT HUP; exec "$@"' bash mqrecv -n 9 "$queue" >"$tmp/pipe"
    wait_until "all has been taken" has_taken "$pid" "$queue"
    kill -INT "$pid"
    kill -HUP "$pid"
    read_full_pipe >"$tmp/output" &
    mqsend "$queue" last
    exec 8>&-
    finish 0 "$pid"
    wait $!
    { printf '%s\n' "${messages[@]}" && echo last; } >"$tmp/wanted"
    assert_same_file "$tmp/output" "$tmp/wanted"
  done
}

@test "a reader that leaves in the middle: mqrecv dies of SIGPIPE, and what the pipe has not taken is back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    open_full_pipe 4096
    start mqrecv -f "$queue" >"$tmp/pipe"
    wait_until "all has been taken" has_taken "$pid" "$queue"
    exec 8>&-
    finish 141 "$pid"
    mq_program receive "$queue" >"$tmp/received"
    printf '5 %s\n' "${messages[@]:4}" >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "into a queue that has filled up meanwhile nothing goes back: the messages are on standard error, as mqsend --json takes them" {
  local ending status start
  for queue in "$name" "$key"; do
    for ending in "HUP 129" "closed 1"; do
      status=${ending#* }
      make_queue "$queue" 3
      use "$queue"
      mqsend "$option" 5 "$queue" a $'\xff' c
      open_full_pipe 0
      start mqrecv -w 0.2 -n 3 "$queue" >"$tmp/pipe" 2>"$tmp/messages"
      wait_until "all has been taken" has_taken "$pid" "$queue"
      mqsend "$queue" 1 2 3
      start=$(now)
      if [[ $ending == closed* ]]; then exec 8>&-; else kill "-${ending% *}" "$pid"; fi
      finish "$status" "$pid"
      exec 8>&-
      # For the first as long as --timeout says; the others would wait in vain as well.
      assert_took "$start" 200
      assert_equal "messages" "$(head -n 3 "$tmp/messages")" "{\"data\":\"a\",\"$member\":5}
{\"base64\":\"/w==\",\"$member\":5}
{\"data\":\"c\",\"$member\":5}"
      assert_equal "why" "$(tail -n +4 "$tmp/messages")" \
        "mqrecv: cannot put 3 undelivered messages back into message queue '$queue': there is no room within the time allowed"
      expect 0 mqrecv --drain "$queue"
      grep '^{' "$tmp/messages" | mqsend -j "$queue"
      expect 0 mqrecv -j --drain "$queue"
      assert_equal "messages" "$output" "$(head -n 3 "$tmp/messages")"
      remove_queue "$queue"
    done
  done
}

@test "put back waits for room: a second without --timeout" {
  local start
  for queue in "$name" "$key"; do
    make_queue "$queue" 2
    use "$queue"
    mqsend "$option" 5 "$queue" a b
    # Room is made while mqrecv waits for it.
    expect 3 mqrecv "$queue" -- sh -c 'mqsend --nonblock "$1" 1; (sleep 0.1 && mqrecv "$1" >/dev/null) >/dev/null 2>&1 & exit 3' sh "$queue"
    assert_silent
    assert_count "$queue" 2
    start=$(now)
    expect 1 mqrecv "$queue" -- sh -c 'mqsend --nonblock "$1" 2; exit 3' sh "$queue"
    assert_took "$start" 1000
    assert_message '{"data":"' "there is no room within the time allowed"
    start=$(now)
    expect 1 mqrecv --nonblock "$queue" -- sh -c 'mqsend --nonblock "$1" 3; exit 3' sh "$queue"
    (($(now) - start < 1000)) || fail "it waits, and should not"
    assert_message '{"data":"' "there is no room within the time allowed"
    expect 1 mqrecv --nonblock -n 2 --on-failure=skip "$queue" -- sh -c 'mqsend --nonblock "$1" 4; exit 3' sh "$queue"
    assert_message '{"data":"'
    assert_count "$queue" 2
  done
}

@test "a signal ends the wait for room to put back: the message is on standard error" {
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue" 1
    mqsend "$option" 5 "$queue" a
    start mqrecv -w inf "$queue" -- sh -c 'mqsend "$1" b; touch "$2"; exit 3' sh "$queue" "$tmp/begun" 2>"$tmp/messages"
    wait_until "COMMAND has begun" test -e "$tmp/begun"
    wait_until "COMMAND has ended" bash -c '! pgrep -P "$1"' bash "$pid"
    kill -TERM "$pid"
    wait_until "mqrecv ends" has_ended "$pid"
    rm "$tmp/begun"
    assert_contains "standard error" "$(cat "$tmp/messages")" "{\"data\":\"a\",\"$member\":5}"
  done
}

@test "a queue that has been removed meanwhile takes nothing back, and neither does the next one of that name" {
  local words
  for queue in "$name" "$key"; do
    for words in "ipcdel" "ipcdel and mqsend --create"; do
      fill "$queue"
      expect 1 mqrecv "$queue" -- sh -c 'ipcdel "mq:$1"; [ "$2" = ipcdel ] || mqsend --create "$1" next; exit 3' sh "$queue" "$words"
      assert_equal "messages" "$stderr" "{\"data\":\"${messages[0]}\",\"$member\":5}
mqrecv: cannot put 1 undelivered message back into message queue '$queue': Identifier removed"
    done
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages of the next queue" "$output" next
    remove_queue "$queue"
  done
}

@test "what waits for room to go back is on standard error when a POSIX queue is removed" {
  make_queue "$name" 1
  mqsend --priority 5 "$name" a
  start mqrecv -w inf "$name" -- sh -c 'mqsend "$1" b; touch "$2"; exit 3' sh "$name" "$tmp/begun" 2>"$tmp/messages"
  wait_until "COMMAND has begun" test -e "$tmp/begun"
  remove_queue "$name"
  finish 1 "$pid"
  assert_equal "messages" "$(cat "$tmp/messages")" "{\"data\":\"a\",\"priority\":5}
mqrecv: cannot put 1 undelivered message back into message queue '$name': Identifier removed"
}

@test "who may not write the queue cannot put back: the messages are on standard error" {
  need_second_user
  for queue in "$name" "$key"; do
    mqsend --create -m 644 "$queue" a b
    use "$queue"
    local n=1
    [[ $queue == /* ]] && n=0
    expect 1 "${other[@]}" mqrecv "$queue" -- false
    assert_message "{\"data\":\"a\",\"$member\":$n}" "cannot put 1 undelivered message back" "Permission denied"
    expect 1 "${other[@]}" "${into_full[@]}" mqrecv --drain "$queue"
    assert_message "{\"data\":\"b\",\"$member\":$n}" "Permission denied" "No space left on device"
    assert_count "$queue" 0
  done
}

@test "a signal while mqrecv waits for a message takes nothing" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for words in "1" "2 -f" "15 -w 30"; do
      signal=${words%% *}
      # shellcheck disable=SC2086  # words
      set -- ${words#"$signal"}
      start mqrecv "$@" "$queue"
      wait_until "it waits" is_asleep "$pid"
      kill -"$signal" "$pid"
      finish $((128 + signal)) "$pid"
      start mqrecv "$@" "$queue" -- cat
      wait_until "it waits" is_asleep "$pid"
      kill -"$signal" "$pid"
      finish $((128 + signal)) "$pid"
    done
    mqsend "$queue" a
    assert_count "$queue" 1
  done
}

@test "a signal is passed on to COMMAND; mqrecv waits for it, puts the message back and dies of the signal" {
  local signal number
  for queue in "$name" "$key"; do
    fill "$queue"
    for signal in HUP INT TERM; do
      number=$(kill -l "$signal")
      start mqrecv --drain --on-failure=skip "$queue" -- \
        bash -c 'trap "echo got '"$signal"'; exit 5" '"$signal"'; echo ready; while :; do sleep 0.01; done' >"$tmp/output"
      wait_until "COMMAND runs" grep -q ready "$tmp/output"
      kill -"$signal" "$pid"
      finish $((128 + number)) "$pid"
      assert_equal "output of COMMAND" "$(cat "$tmp/output")" "ready
got $signal"
      assert_count "$queue" 8
    done
    assert_all_back
  done
}

@test "COMMAND that succeeds after the signal has delivered its message" {
  for queue in "$name" "$key"; do
    fill "$queue"
    start mqrecv --drain "$queue" -- bash -c 'trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done' >"$tmp/output"
    wait_until "COMMAND runs" grep -q ready "$tmp/output"
    kill -TERM "$pid"
    finish 143 "$pid"
    assert_count "$queue" 7
  done
}

@test "COMMAND that dies of the signal, or ignores it and fails, has not" {
  for queue in "$name" "$key"; do
    fill "$queue"
    start mqrecv --drain "$queue" -- bash -c 'echo ready; exec sleep 20' >"$tmp/output"
    wait_until "COMMAND runs" grep -q ready "$tmp/output"
    kill -TERM "$pid"
    finish 143 "$pid"
    start mqrecv --drain "$queue" -- bash -c 'trap "" TERM; echo ready; until [[ -e $1 ]]; do sleep 0.01; done; exit 4' bash "$tmp/end" >"$tmp/output"
    wait_until "COMMAND runs" grep -q ready "$tmp/output"
    kill -TERM "$pid"
    assert_count "$queue" 7
    touch "$tmp/end"
    finish 143 "$pid"
    rm "$tmp/end"
    assert_all_back
  done
}

@test "COMMAND that somebody kills has failed" {
  for queue in "$name" "$key"; do
    fill "$queue"
    start mqrecv --drain "$queue" -- bash -c 'echo $$; exec sleep 20' >"$tmp/output"
    wait_until "COMMAND runs" test -s "$tmp/output"
    wait_until "COMMAND sleeps" grep -qx sleep "/proc/$(cat "$tmp/output")/comm"
    kill -KILL "$(cat "$tmp/output")"
    finish 137 "$pid"
    assert_all_back
  done
}

@test "SIGKILL costs one message with COMMAND, and what lies in one buffer without" {
  for queue in "$name" "$key"; do
    fill "$queue"
    start mqrecv --drain "$queue" -- bash -c 'echo $$; exec sleep 20' >"$tmp/output"
    wait_until "COMMAND runs" test -s "$tmp/output"
    kill -KILL "$pid"
    finish 137 "$pid"
    kill -KILL "$(cat "$tmp/output")"
    assert_count "$queue" 7
    # A POSIX queue holds more than a buffer.
    remove_queue "$queue"
    make_queue "$queue"
    head -c 8191 /dev/zero | tr '\0' x >"$tmp/message"
    for i in {1..10}; do mqsend --nonblock --whole "$queue" <"$tmp/message" || break; done
    open_full_pipe 0
    sent=$(mq_program count "$queue")
    start mqrecv --drain "$queue" >"$tmp/pipe"
    wait_until "it waits for the reader" has_taken_some "$pid" "$queue" "$sent"
    kill -KILL "$pid"
    finish 137 "$pid"
    exec 8>&-
    (($(mq_program count "$queue") >= sent - 8)) || fail "more than 64 KiB were taken"
  done
}

@test "whatever happens to receivers, every message comes out once and as it went in" {
  local rounds=500 limit=300
  [[ -z $IPCUTILS_SANITIZED ]] || rounds=60
  for queue in "$name" "$key"; do
    make_queue "$queue"
    expect 0 "$BATS_FILE_TMPDIR/mq_soak" run "$queue" "$rounds" "$RANDOM" "$tmp"
    echo "$output"
  done
}
