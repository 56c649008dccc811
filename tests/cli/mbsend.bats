# mbsend(1).
# shellcheck disable=SC2154,SC2016  # what setup(), start() and run set; texts for an inner shell

load helpers
load partners/mb_helpers

@test "operands and records of standard input are messages" {
  expect 0 mbsend --create "$name" one '' 'two words' $'new\nline'
  assert_silent
  printf 'a\n\nlast' | mbsend "$name"
  printf 'a\nb\0c' | mbsend -0 "$name"
  printf 'in\nparts' | mbsend --whole "$name"
  printf '\0\0\0\3a\nb\0\0\0\0' | mbsend --len32 "mb:$name"
  printf '%s\n' '{"data":"\u00e4"}' '' '{"base64":"/wA=","lost":3}' | mbsend -j "$name"
  assert_equal "messages" "$(mbrecv -j --drain "$name")" '{"data":"one"}
{"data":""}
{"data":"two words"}
{"data":"new\nline"}
{"data":"a"}
{"data":""}
{"data":"last"}
{"data":"a\nb"}
{"data":"c"}
{"data":"in\nparts"}
{"data":"a\nb"}
{"data":""}
{"data":"ä"}
{"base64":"/wA="}'
}

@test "what is no message of a mailbox stops it by name, and what came before is sent" {
  mbsend --create --size 4K "$name" </dev/null
  while IFS='|' read -r option input message; do
    expect 1 mbsend "$option" "$name" < <(printf '%b' "$input")
    assert_message "mbsend: cannot send $message"
  done <<'END'
-j|{"data":"1"}\n{"data":"b","priority":1}\n|line 2 to mailbox
-j|{"data":"2"}\n{"data":"b","type":1}\n|line 2 to mailbox
-j|{"data":"3"}\n{}\n|line 2
--len32|\0\0\0\x014\xff\0\0\0|record 2 to mailbox
END
  assert_equal "messages" "$(contents "$name")" "1 2 3 4 "
}

@test "a message may fill the mailbox; of longer operands none is sent" {
  local long
  printf -v long %04080d 0
  expect 0 mbsend --create --size 4K "$name" "$long"
  assert_equal "size" "$(contents "$name" %s)" 4080
  expect 1 mbsend "$name" short "0$long"
  assert_message "mbsend: cannot send message 2 to mailbox '$name': Message too long" "up to 4080 bytes"
  expect 1 mbsend --whole "$name" <<<"$long"
  assert_message "mbsend: cannot send standard input to mailbox '$name': Message too long"
  assert_equal "size" "$(contents "$name" %s)" 4080
}

@test "a full mailbox blocks, as long as --timeout allows; what is left of the input is for others" {
  mbsend --create --size 4096 "$name" </dev/null
  start_stopped_receiver "$tmp/received" -f "$name"
  six_lines >"$tmp/lines"
  expect 124 bash -c 'mbsend --nonblock "$1"; status=$?; cut -c 1; exit $status' bash "$name" <"$tmp/lines"
  assert_equal "message" "$stderr" "mbsend: no room for line 5 in mailbox '$name' within the time allowed"
  assert_equal "what is left of the input" "$output" $'5\n6'
  expect 124 mbsend -w 0.05 "$name" "$(printf %01000d 0)"
}

@test "lines that are there together arrive in order, and none waits for others" {
  start_receiver "$tmp/received" --create --size 4096 -n 3000 "$name"
  local receiver=$pid
  seq 3000 >"$tmp/lines"
  expect 0 mbsend "$name" <"$tmp/lines"
  finish 0 "$receiver"
  cmp "$tmp/lines" "$tmp/received"

  mkfifo "$tmp/fifo"
  exec 9<>"$tmp/fifo"
  start mbsend "$name" <"$tmp/fifo"
  start_receiver "$tmp/received" -n 2 "$name"
  printf 'one\ntwo\nthr' >&9
  finish 0 "$pid"
  assert_equal "lines" "$(cat "$tmp/received")" $'one\ntwo'
  exec 9>&-
}

@test "a receiver that died, or left, does not block" {
  local signal
  mbsend --create --size 4096 "$name" </dev/null
  for signal in KILL TERM; do
    start_stopped_receiver "$tmp/received" -f "$name"
    expect 124 mbsend --nonblock "$name" < <(six_lines)
    start mbsend "$name" "$(printf %01000d 0)"
    local sender=$pid
    kill "-$signal" "${started[-2]}"
    kill -CONT "${started[-2]}" || true
    finish 0 "$sender"
  done
}

@test "--on-full=drop: what there is no room for is dropped, counted and told" {
  mbsend --create --size 4096 --on-full drop "$name" </dev/null
  start_stopped_receiver "$tmp/received" -f "$name"
  expect 0 mbsend "$name" < <(six_lines)
  assert_equal "message" "$stderr" "mbsend: 4 messages were sent to mailbox '$name', and 2 dropped"
  expect 1 mbsend --strict "$name" < <(six_lines)
  assert_equal "message" "$stderr" "mbsend: 0 messages were sent to mailbox '$name', and 6 dropped"
  expect 0 mbsend --strict -v "$name" x
  assert_equal "message" "$stderr" "mbsend: 1 message was sent to mailbox '$name', and 0 dropped"
}

@test "--on-full=overwrite never waits for a receiver" {
  mbsend --create --size 4096 --on-full=overwrite "$name" </dev/null
  start_stopped_receiver "$tmp/received" -f "$name"
  expect 0 mbsend --strict "$name" < <(six_lines)
  assert_silent
}

@test "--min-receivers waits before the first message" {
  mbsend --create "$name" </dev/null
  expect 124 mbsend --nonblock --min-receivers 1 "$name" x
  assert_equal "message" "$stderr" "mbsend: mailbox '$name' did not get 1 receiver within the time allowed"
  start mbsend --min-receivers 2 "$name" x
  local sender=$pid
  start_receiver "$tmp/one" "$name"
  local one=$pid
  start_receiver "$tmp/two" "$name"
  finish 0 "$pid"
  finish 0 "$one"
  finish 0 "$sender"
  assert_equal "what they received" "$(cat "$tmp/one" "$tmp/two")" $'x\nx'
}

@test "--create makes a mailbox as the options say, and uses one that exists" {
  expect 1 mbsend "$name" x
  assert_equal "message" "$stderr" \
    "mbsend: cannot open mailbox '$name': No such file or directory"$'\nmbsend: hint: --create makes it'
  expect 0 bash -c 'umask 077; exec "$@"' bash mbsend --create -m g=rw "$name" one
  assert_equal "mode" "$(stat -c %a "/dev/shm/mb.${name#/}")" 660
  expect 0 mbsend --create --size 4K "$name" two
  assert_equal "messages" "$(contents "$name")" "one two "
  expect 1 mbsend --create --exclusive "$name" x
  assert_message "mbsend: cannot create mailbox '$name': File exists"
}

@test "--create refuses a mailbox that somebody else has planted, and tells how to use it" {
  need_second_user
  expect 0 "${other[@]}" mbsend --create -m 666 "$name" x
  expect 1 mbsend --create "$name" x
  assert_message "mailbox '$name'" "leaving out --create takes it"
  expect 0 mbsend "$name" x
}

@test "a sender that waits learns that the mailbox was removed" {
  mbsend --create --size 4096 "$name" </dev/null
  start_stopped_receiver "$tmp/received" -f "$name"
  expect 124 mbsend --nonblock "$name" < <(six_lines)
  start mbsend "$name" "$(printf %01000d 0)" 2>"$tmp/messages"
  wait_until "mbsend waits" is_asleep "$pid"
  ipcdel "mb:$name"
  finish 1 "$pid"
  assert_contains "message" "$(cat "$tmp/messages")" "Identifier removed"
}

@test "wrong usage of each kind" {
  mbsend --create "$name" </dev/null
  while read -r words; do
    # shellcheck disable=SC2086  # words
    expect 2 mbsend $words
    assert_usage_error mbsend
  done <<END
-0 $name x
-j $name x
-0 --whole $name
-j --len32 $name
-x $name
--size 4K $name
--on-full drop $name
--create --on-full=other $name
--create --size 0 $name
--create -m 077 $name
--create -m 0400 $name
--min-receivers 0 $name
--min-receivers 257 $name
-p 1 $name
shm:$name
0x1234
@3
private
/a/b
END
  expect 2 mbsend foo x
  assert_usage_error mbsend "did you mean '/foo'?"
}
