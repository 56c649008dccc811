# mbrecv(1).
# shellcheck disable=SC2154,SC2016  # what setup(), start() and run set; texts for an inner shell

load helpers
load partners/mb_helpers

@test "every receiver gets every message of every sender, all in one order" {
  local receivers=() i
  mbsend --create --size 4K "$name" </dev/null
  for i in 1 2 3; do
    start_receiver "$tmp/received.$i" -n 2000 "$name"
    receivers+=("$pid")
  done
  start mbsend "$name" < <(seq 1000)
  local sender=$pid
  seq 1001 2000 | mbsend "$name"
  finish 0 "$sender"
  for i in 1 2 3; do finish 0 "${receivers[i - 1]}"; done
  assert_same_file "$tmp/received.1" "$tmp/received.2"
  assert_same_file "$tmp/received.1" "$tmp/received.3"
  sort -n "$tmp/received.1" >"$tmp/sorted"
  seq 2000 | cmp - "$tmp/sorted"
}

@test "--from: now, the oldest one, or the last one" {
  seq 3 | mbsend --create "$name"
  expect 124 mbrecv --nonblock "$name"
  expect 124 mbrecv --nonblock --from now "$name"
  expect 0 mbrecv --from=oldest "$name"
  assert_equal "output" "$output" 1
  expect 0 mbrecv --from=last "$name"
  assert_equal "output" "$output" 3
  expect 0 mbrecv --drain "$name"
  assert_equal "output" "$output" $'1\n2\n3'
  expect 0 mbrecv --drain -n 2 "$name"
  assert_equal "output" "$output" $'1\n2'
  expect 0 mbrecv --drain --from now "$name"
  assert_equal "output" "$output" ""
  expect 124 mbrecv -f -w 0.01 --from last "$name"
  assert_equal "output" "$output" 3
}

@test "messages are written as the options say, whatever they hold" {
  content "$tmp/long" 300000
  mbsend --create "$name" $'a\nb' ''
  mbsend --whole "$name" <"$tmp/long"
  { printf '\0\0\0\3a\nb\0\0\0\0\0\x04\x93\xe0' && cat "$tmp/long"; } >"$tmp/wanted"
  mbrecv --len32 --drain "mb:$name" >"$tmp/received"
  assert_same_file "$tmp/received" "$tmp/wanted"
  mbrecv --raw --from last "$name" >"$tmp/received"
  assert_same_file "$tmp/received" "$tmp/long"
  mbrecv -0 --drain -n 2 "$name" >"$tmp/received"
  printf 'a\nb\0\0' | cmp - "$tmp/received"
  expect 0 mbrecv --drain -F '%n %s%%' "$name"
  assert_equal "output" "$output" $'1 3%\n2 0%\n3 300000%'
  expect 0 mbrecv --drain -n 2 -j "$name"
  assert_equal "output" "$output" $'{"data":"a\\nb"}\n{"data":""}'
}

@test "a receiver that was overtaken tells how many messages it lost" {
  local option
  for option in '' --strict; do
    mbsend --create --size 4096 --on-full overwrite "$name" </dev/null
    # shellcheck disable=SC2086  # a word or none
    start_stopped_receiver "$tmp/received" -j -n 4 $option "$name"
    expect 0 mbsend "$name" < <(six_lines)
    kill -CONT "$pid"
    finish $((${#option} > 0)) "$pid"
    assert_equal "messages" "$(cat "$tmp/received.messages")" $'\n'"mbrecv: 2 messages were lost in mailbox '$name'"
    assert_equal "output" "$(cut -b 1-10 "$tmp/received")" $'{"data":"3\n{"data":"4\n{"data":"5\n{"data":"6'
    assert_equal "gaps" "$(grep -n lost "$tmp/received" | grep -o '^1:\|"lost".*')" $'1:\n"lost":2}'
    rm "/dev/shm/mb.${name#/}"
  done
}

@test "COMMAND gets the message on standard input, and what is known of it in the environment" {
  mbsend --create "$name" $'two\nlines' ''
  expect 0 env IPC_PRIORITY=1 IPC_TYPE=1 mbrecv --drain "$name" -- \
    sh -c 'echo "$IPC_SIZE$IPC_TYPE$IPC_PRIORITY $IPC_ATTEMPT"; cat'
  assert_equal "output" "$output" $'9 1\ntwo\nlines0 1'
  expect 0 mbrecv --drain "$name" -- printf '<%s>' -n -- ''
  assert_equal "arguments" "$output" '<-n><--><><-n><--><>'
}

@test "a COMMAND that fails ends mbrecv, or is skipped, after its retries; the message is lost to nobody else" {
  local script='read -r x; echo "$x$IPC_ATTEMPT"; [ "$x" != b ] || exit 3'
  mbsend --create "$name" a b c
  expect 3 mbrecv --drain "$name" -- sh -c "$script"
  assert_silent
  assert_equal "output" "$output" $'a1\nb1'
  expect 3 mbrecv --drain --retries 1 --on-failure=skip "$name" -- sh -c "$script"
  assert_equal "output" "$output" $'a1\nb1\nb2\nc1'
  expect 137 mbrecv --drain "$name" -- sh -c 'kill -KILL $$'
  expect 0 bash -c '"$@"; (($? == 127))' bash mbrecv --create "${name}b" -- "$tmp/nonesuch"
  expect 1 mbrecv "${name}b"
  expect 125 mbrecv "${name}b" -- true
  assert_equal "messages" "$(contents "$name")" "a b c "
}

@test "a message that cannot be written is lost to nobody else" {
  mbsend --create "$name" a b
  expect 1 "${into_full[@]}" mbrecv --drain "$name"
  assert_message "mbrecv: cannot write standard output: No space left on device"
  assert_equal "messages" "$(contents "$name")" "a b "
}

@test "a signal and a reader that has gone end it" {
  mbsend --create "$name" </dev/null
  start_receiver "$tmp/received" -f "$name"
  kill -TERM "$pid"
  finish 143 "$pid"
  mkfifo "$tmp/pipe"
  # shellcheck disable=SC2094  # that is what is wanted
  exec 8<>"$tmp/pipe" 9>"$tmp/pipe" 8>&-
  mbsend "$name" a
  start mbrecv --drain "$name" >&9
  exec 9>&-
  finish 141 "$pid"
}

@test "a receiver that waits learns that the mailbox was removed, and has written what it got" {
  mbsend --create "$name" a b
  start mbrecv -f --from oldest "$name" >"$tmp/received" 2>"$tmp/messages"
  wait_until "mbrecv has written" test -s "$tmp/received"
  ipcdel "mb:$name"
  finish 1 "$pid"
  assert_equal "output" "$(cat "$tmp/received")" $'a\nb'
  assert_contains "message" "$(cat "$tmp/messages")" "Identifier removed"
}

@test "--timeout, --timeout-status and --quiet" {
  mbsend --create "$name" </dev/null
  expect 124 mbrecv -w 0.01 "$name"
  assert_equal "message" "$stderr" "mbrecv: no message in mailbox '$name' within the time allowed"
  expect 7 mbrecv --nonblock -q -E 7 "$name" -- true
  assert_silent
}

@test "--create makes a mailbox and waits in it; without it a missing one is an error" {
  expect 1 mbrecv -w 60 "$name"
  assert_equal "message" "$stderr" \
    "mbrecv: cannot open mailbox '$name': No such file or directory"$'\nmbrecv: hint: --create makes it'
  expect 124 mbrecv --create -x -m 640 --size 4K --on-full drop --nonblock "$name"
  assert_equal "mode" "$(stat -c %a "/dev/shm/mb.${name#/}")" 640
  expect 1 mbrecv --create -x "$name"
  assert_message "mbrecv: cannot create mailbox '$name': File exists"
}

@test "wrong usage of each kind" {
  mbsend --create "$name" </dev/null
  while read -r words; do
    # shellcheck disable=SC2086  # words
    expect 2 mbrecv $words
    assert_usage_error mbrecv
  done <<END
--follow --drain $name
--from first $name
--ready-fd 0 $name
--ready-fd 99 $name
-F %p $name
-F %t $name
-j -0 $name
-n 0 $name
-x $name
--size 4K $name
--retries 1 $name
--on-failure=skip $name
--peek $name
mq:$name
private
END
  expect 2 mbrecv foo
  assert_usage_error mbrecv "did you mean '/foo'?"
  expect 2 mbrecv "$name" cat
  assert_usage_error mbrecv "unexpected operand 'cat' (a COMMAND follows '--')"
  expect 125 mbrecv --json "$name" -- true
}
