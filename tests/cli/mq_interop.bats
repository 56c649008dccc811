# Message queues of programs that know nothing of ipcutils.
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program; }

perl_queue() { perl "$partners/mq_perl.pl" "$@"; }

@test "a C program receives what mqsend has sent" {
  for queue in "$name" "$key"; do
    use "$queue"
    expect 0 mqsend --create "$option" 3 "$queue" c 'two words' ''
    expect 0 mqsend "$option" 1 "$queue" a
    assert_messages "$queue" "3 c" "3 two words" "3 " "1 a"
  done
}

@test "mqrecv receives what a C program has sent" {
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    mq_program send "$queue" 3 c 1 a 3 'two words' 2 ''
    expect 0 mqrecv --drain -F "%${member:0:1} %m" "$queue"
    if [[ $queue == /* ]]; then
      assert_equal "messages" "$output" $'3 c\n3 two words\n2 \n1 a'
    else
      assert_equal "messages" "$output" $'3 c\n1 a\n3 two words\n2 '
    fi
  done
}

@test "mqrecv selects among a C program's messages as msgrcv does" {
  local -a messages=(5 e 3 c 1 a 5 e2 2 b 3 c2 1000000000000 z)
  make_queue "$key"
  make_queue "$(key_at 1)"
  for words in "0" "3" "5" "1000000000000" "4" "-1" "-2" "-4" "-1000000000000" "3 except" "9 except"; do
    mq_program send "$key" "${messages[@]}"
    mq_program send "$(key_at 1)" "${messages[@]}"
    # shellcheck disable=SC2086  # words
    mq_program receive "$(key_at 1)" $words >"$tmp/wanted"
    if [[ $words == -* ]]; then
      # Copies come in the order of the queue.
      mqrecv --peek --drain -t "${words%% *}" -F '%t %m' "$key" | sort >"$tmp/copies"
      sort "$tmp/wanted" | cmp - "$tmp/copies"
    else
      # shellcheck disable=SC2086  # words
      mqrecv --peek --drain -t ${words/except/--except} -F '%t %m' "$key" >"$tmp/copies"
      assert_same_file "$tmp/copies" "$tmp/wanted"
    fi
    # shellcheck disable=SC2086  # words
    mqrecv --drain -t ${words/except/--except} -F '%t %m' "$key" >"$tmp/received"
    assert_same_file "$tmp/received" "$tmp/wanted"
    mq_program receive "$key" >"$tmp/received"
    mq_program receive "$(key_at 1)" >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "mq_notify tells a C program of mqsend's message" {
  make_queue "$name"
  start "$BATS_FILE_TMPDIR/mq_program" notify "$name" >"$tmp/output"
  wait_until "the program has asked for a notice" grep -q ready "$tmp/output"
  expect 0 mqsend -p 7 "$name" news
  finish 0 "$pid"
  assert_equal "what it got" "$(cat "$tmp/output")" $'ready\ncode 1 value 42\n7 news'
}

@test "Perl's msgrcv receives what mqsend has sent" {
  expect 0 mqsend --create -t 3 "$key" c 'two words' ''
  expect 0 mqsend "$key" a $'b\nb'
  assert_equal "messages of type 3" "$(perl_queue receive "$key" 3)" $'3 c\n3 two words\n3 '
  assert_equal "the others" "$(perl_queue receive "$key" 0)" $'1 a\n1 b\nb'
}

@test "mqrecv receives what Perl's msgsnd has sent" {
  local id
  id=$(perl_queue send "$key" 3 c 1 a 2 '' 3 $'c\nd')
  expect 0 mqrecv -t 3 -n 2 "$key"
  assert_equal "messages of type 3" "$output" $'c\nc\nd'
  expect 0 mqrecv -j --drain "@$id"
  assert_equal "messages" "$output" '{"data":"a","type":1}
{"data":"","type":2}'
}

@test "mqsend and mqrecv talk to a Perl program with IPC::Msg" {
  start perl "$partners/mq_perl.pl" wait "$key" >"$tmp/output"
  wait_until "the program waits" grep -q ready "$tmp/output"
  expect 0 mqsend "$key" 'a question'
  expect 0 mqrecv -w 10 -t 2 "$key"
  assert_equal "answer" "$output" 'answer to a question'
  finish 0 "$pid"
}

@test "util-linux makes, shows and removes the queues of mqsend and mqrecv" {
  local id
  expect 0 mqsend --create -m 640 "$key" 12345 67
  assert_equal "what ipcs shows" "$(ipcs -q | awk -v key="$key" '$1 == key { print $4, $5, $6 }')" "640 7 2"
  id=$(ipcs -q | awk -v key="$key" '$1 == key { print $2 }')
  ipcrm -q "$id"
  expect 1 mqsend "$key" x
  id=$(ipcmk -Q | grep -o '[0-9]*$')
  remember_id "mq:@$id"
  expect 0 mqsend "@$id" text
  expect 0 mqrecv "@$id"
  assert_equal "message" "$output" text
}

@test "a POSIX queue that ipcutils knows by its name is a file where they are mounted" {
  [[ $(stat -f -c %T /dev/mqueue 2>/dev/null) == mqueue ]] || skip "no message queues at /dev/mqueue"
  expect 0 mqsend --create -m 640 "$name" 12345 67
  assert_equal "mode" "$(stat -c %a "/dev/mqueue$name")" 640
  assert_contains "the file" "$(cat "/dev/mqueue$name")" "QSIZE:7 "
  rm "/dev/mqueue$name"
  expect 1 mqsend "$name" x
}
