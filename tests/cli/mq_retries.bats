# What mqrecv(1) does with a message whose COMMAND fails again and again.
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program; }

# fill QUEUE: a, b and c of priority or type 5, and beside it an empty queue, $failed. Both have room for four.
fill() {
  use "$1"
  failed=${name}b
  [[ $queue == /* ]] || failed=$(key_at 1)
  make_queue "$queue" 4
  make_queue "$failed" 4
  mqsend "$option" 5 "$queue" a b c
}

@test "--retries N: COMMAND runs again with the same message, and IPC_ATTEMPT counts" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 7 mqrecv --retries 2 "$queue" -- sh -c 'echo "$(cat)$IPC_ATTEMPT"; exit 7'
    assert_silent
    assert_equal "tries" "$output" $'a1\na2\na3'
    # The first message has gone back, and the next mqrecv counts anew.
    expect 0 mqrecv --retries=18446744073709551615 --drain "$queue" -- sh -c 'echo "$(cat)$IPC_ATTEMPT"; [ "$IPC_ATTEMPT" = 2 ]'
    assert_equal "tries" "$output" $'b1\nb2\nc1\nc2\na1\na2'
    mqsend "$queue" x
    for words in "" "--retries 0"; do
      # shellcheck disable=SC2086  # words
      expect 1 mqrecv $words "$queue" -- sh -c 'echo "$IPC_ATTEMPT"; exit 1'
      assert_equal "tries with $words" "$output" 1
    done
    assert_count "$queue" 1
  done
}

@test "--retries N --on-failure=skip: what failed at every try goes back at the end" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 3 mqrecv --drain --retries 1 --on-failure=skip "$queue" -- sh -c 'read -r x; echo "$x$IPC_ATTEMPT"; [ "$x" = b ] || exit 3'
    assert_equal "tries" "$output" $'a1\na2\nb1\nc1\nc2'
    assert_messages "$queue" "5 a" "5 c"
  done
}

@test "--failed-to: what failed at every try goes there, and mqrecv goes on unless it shall stop" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 3 mqrecv --drain --retries 1 --failed-to "$failed" "$queue" -- sh -c 'read -r x; echo "$x$IPC_ATTEMPT"; [ "$x" = b ] || exit 3'
    assert_silent
    assert_equal "tries" "$output" $'a1\na2\nb1\nc1\nc2'
    assert_messages "$failed" "5 a" "5 c"
    assert_count "$queue" 0
    mqsend "$option" 5 "$queue" a b c
    expect 4 mqrecv --drain --on-failure=stop --failed-to="mq:$failed" "$queue" -- sh -c 'exit 4'
    assert_messages "$failed" "5 a"
    expect 4 mqrecv --drain --on-failure=skip --failed-to "$failed" "$queue" -- sh -c 'exit 4'
    assert_messages "$failed" "5 b" "5 c"
    assert_count "$queue" 0
  done
}

@test "--failed-to a full queue: room is waited for as long as --timeout says, and then the message goes back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    mqsend "$failed" 1 2 3 4
    expect 125 mqrecv --nonblock --failed-to "$failed" "$queue" -- false
    assert_equal "message" "$stderr" "mqrecv: cannot send to message queue '$failed': there is no room within the time allowed
mqrecv: hint: --timeout DURATION waits longer for room"
    assert_messages "$queue" "5 b" "5 c" "5 a"
    mqsend "$option" 5 "$queue" a
    start mqrecv -w 60 --failed-to "$failed" "$queue" -- false
    wait_until "the message has been taken" has_taken "$pid" "$queue"
    expect 0 mqrecv "$failed"
    finish 1 "$pid"
    assert_count "$failed" 4
  done
}

@test "a signal ends the wait for room in a full queue, and the tries: the message goes back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    mqsend "$failed" 1 2 3 4
    for words in "" "--retries 1000"; do
      rm -f "$tmp/begun"
      # shellcheck disable=SC2086  # words
      start mqrecv -w inf $words --failed-to "$failed" "$queue" -- sh -c 'touch "$0"; [ "$IPC_ATTEMPT" = 1 ] || exec sleep 60; exit 1' "$tmp/begun"
      wait_until "COMMAND has begun" test -e "$tmp/begun"
      wait_until "it waits" is_asleep "$pid"
      kill -TERM "$pid"
      finish 143 "$pid"
      assert_count "$queue" 3
    done
    assert_count "$failed" 4
  done
}

@test "--failed-to a queue that is removed meanwhile: the message goes back" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 125 mqrecv --failed-to "$failed" "$queue" -- sh -c 'ipcdel "mq:$0"; exit 1' "$failed"
    assert_equal "message" "$stderr" "mqrecv: cannot use message queue '$failed': Identifier removed"
    assert_messages "$queue" "5 b" "5 c" "5 a"
  done
}

@test "--failed-to a queue that cannot take the messages is refused before one is taken" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 125 mqrecv --failed-to "$queue" "$queue" -- true
    assert_message "mqrecv: cannot send failed messages to message queue '$queue': it is the queue that they come from"
    remove_queue "$failed"
    expect 125 mqrecv --failed-to "$failed" "$queue" -- true
    assert_message "mqrecv: cannot open message queue '$failed': No such file or directory" "hint: --create makes it"
    limit_option=--qbytes
    [[ $queue == /* ]] && limit_option=--max-size
    mqsend --create "$limit_option" 3 "$failed" </dev/null
    expect 125 mqrecv --failed-to "$failed" "$queue" -- true
    assert_message "mqrecv: cannot send the longest messages of message queue '$queue' to message queue '$failed': Message too long" "hint: "
    assert_count "$queue" 3
  done
  for words in "$name --failed-to $key" "$key --failed-to $name" "$name --failed-to private" "$name --failed-to x" "$name --retries -1"; do
    # shellcheck disable=SC2086  # words
    expect 125 mqrecv $words -- true
    assert_message "Try 'mqrecv --help' for more information."
  done
  for words in "--retries 1" "--failed-to ${name}b"; do
    # shellcheck disable=SC2086  # words
    expect 2 mqrecv $words "$name"
    assert_usage_error mqrecv "needs COMMAND"
  done
  assert_count "$name" 3
}

@test "--create makes the queue of --failed-to as well" {
  for queue in "$name" "$key"; do
    use "$queue"
    failed=${name}b
    [[ $queue == /* ]] || failed=$(key_at 1)
    expect 0 mqrecv --create -x -m 640 --drain --failed-to "$failed" "$queue" -- true
    assert_equal "mode" "$(mq_program mode "$failed")" 640
  done
}
