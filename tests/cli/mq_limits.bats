# Messages and queues beyond what there may be, and waits for room: mqsend(1) and mqrecv(1).
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program mq_timeouts; }

# Runs the bash text $1 in an IPC namespace of its own, where $ordinary runs a command without privilege.
in_ipc_namespace() {
  need_second_user
  unshare --ipc sh -c 'echo 1 >/proc/sys/kernel/msgmni && echo 1 >/proc/sys/fs/mqueue/queues_max' 2>/dev/null ||
    skip "no IPC namespace to be had"
  expect 0 unshare --ipc bash -euc "cd '$tmp'; ordinary='${ordinary[*]}'; $1"
}

@test "a line that is too long stops mqsend; what came before is sent, and nothing is cut" {
  local limit_name
  for queue in "$name" "$key"; do
    make_queue "$queue"
    limit_name=fs.mqueue.msgsize_max
    [[ $queue == /* ]] || limit_name=kernel.msgmax
    printf '%s\n' a b "$(printf %08193d 0)" c >"$tmp/lines"
    expect 1 mqsend "$queue" <"$tmp/lines"
    assert_message "mqsend: cannot send line 3 to message queue '$queue': Message too long" "mqsend: hint: " "8192" "$limit_name"
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages" "$output" $'a\nb'
    expect 1 mqsend -0 "$queue" < <(printf 'a\0' && head -c 8193 /dev/zero | tr '\0' x)
    assert_message "mqsend: cannot send record 2 to message queue '$queue': Message too long"
    expect 0 mqrecv --drain "$queue"
  done
}

@test "the size of a message that is too long is named where it is known" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    expect 1 mqsend "$queue" "$(printf %08193d 0)"
    assert_message "8193"
    expect 1 mqsend --len32 "$queue" < <(printf '\0\1\0\0' && head -c 70000 /dev/zero)
    assert_message "65536"
    printf '%09000d\n' 0 >"$tmp/lines"
    expect 1 mqsend "$queue" <"$tmp/lines"
    assert_message "9000"
  done
}

@test "of a line that never ends no more is read than a message can have" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    # shellcheck disable=SC2034  # of expect
    limit=10
    expect 1 mqsend "$queue" </dev/zero
    assert_message "line 1" "Message too long"
    expect 1 mqsend --whole "$queue" </dev/zero
    assert_message "standard input" "Message too long"
    expect 1 mqsend -j "$queue" < <(tr '\0' '{' </dev/zero 2>/dev/null)
    assert_message "line 1"
    assert_count "$queue" 0
  done
}

@test "operands are measured before the first is sent" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    expect 1 mqsend "$queue" a b "$(printf %08193d 0)" c
    assert_message "mqsend: cannot send message 3 to message queue '$queue': Message too long"
    assert_count "$queue" 0
  done
}

@test "a queue with a low limit of its own says which" {
  mqsend --create --max-size 4 "$name" 1234
  expect 1 mqsend "$name" 12345
  assert_message "Message too long" "at most 4 bytes"
  mqsend --create --qbytes 4 "$key" 1234
  expect 1 mqsend --nonblock "$key" 12345
  assert_message "Message too long" "this queue holds 4"
}

@test "a full queue: mqsend waits, gives up after --timeout, and goes on when there is room" {
  local start
  for queue in "$name" "$key"; do
    make_queue "$queue" 2
    mqsend "$queue" a b
    expect 124 mqsend --nonblock "$queue" c
    assert_equal "message" "$stderr" "mqsend: no room for message 1 in message queue '$queue' within the time allowed"
    expect 124 mqsend -w 0 "$queue" <<<c
    assert_message "mqsend: no room for line 1 in message queue '$queue' within the time allowed"
    start=$(now)
    expect 124 mqsend --timeout 300ms "$queue" c
    assert_took "$start" 300
    start mqsend "$queue" c d
    wait_until "it waits" is_asleep "$pid"
    expect 0 mqrecv -n 2 "$queue"
    finish 0 "$pid"
    start mqsend -w 20 "$queue" e
    wait_until "it waits" is_asleep "$pid"
    expect 0 mqrecv -n 3 "$queue"
    assert_equal "messages" "$output" $'c\nd\ne'
    finish 0 "$pid"
  done
}

@test "--timeout is for each message" {
  local start
  for queue in "$name" "$key"; do
    make_queue "$queue" 1
    start mqsend -w 5 "$queue" a b c d
    expect 0 mqrecv -w 5 -n 4 "$queue"
    finish 0 "$pid"
    start=$(now)
    expect 124 mqsend -w 0.2 "$queue" a b c
    assert_took "$start" 200
    assert_message "no room for message 2"
  done
}

@test "a signal ends a sender that waits" {
  for queue in "$name" "$key"; do
    make_queue "$queue" 1
    mqsend "$queue" a
    for signal in 1 2 15; do
      start mqsend -w 20 "$queue" b
      wait_until "it waits" is_asleep "$pid"
      kill -"$signal" "$pid"
      finish $((128 + signal)) "$pid"
    done
    assert_count "$queue" 1
  done
}

@test "thousands of short waits end, and none early" {
  local vain=700 kicked=40
  [[ -z $IPCUTILS_SANITIZED ]] || vain=20 kicked=5
  for queue in "$name" "$key"; do
    make_queue "$queue" 1
    expect 0 "$BATS_FILE_TMPDIR/mq_timeouts" vain "$vain" 500 mqrecv "$queue"
    expect 0 "$BATS_FILE_TMPDIR/mq_timeouts" kick "$queue" "$kicked" 10000 mqrecv -f "$queue"
    mqsend "$queue" x
    expect 0 "$BATS_FILE_TMPDIR/mq_timeouts" vain "$vain" 500 mqsend "$queue" x
    expect 0 "$BATS_FILE_TMPDIR/mq_timeouts" kick "$queue" "$kicked" 10000 mqsend "$queue" x x
  done
}

@test "a queue that is removed under a System V sender or receiver is an error" {
  make_queue "$key" 1
  mqsend "$key" a
  start mqsend "$key" b 2>"$tmp/messages"
  wait_until "it waits" is_asleep "$pid"
  ipcrm -Q "$key"
  finish 1 "$pid"
  assert_equal "message" "$(cat "$tmp/messages")" "mqsend: cannot send message 1 to message queue '$key': Identifier removed"
  for words in "" "-w 20" "-f" "-t 5"; do
    make_queue "$key"
    # shellcheck disable=SC2086  # words
    start mqrecv $words "$key" 2>"$tmp/messages"
    wait_until "it waits" is_asleep "$pid"
    ipcrm -Q "$key"
    finish 1 "$pid"
    assert_equal "message" "$(cat "$tmp/messages")" "mqrecv: cannot receive from message queue '$key': Identifier removed"
  done
  make_queue "$key"
  start mqrecv "$key" -- cat 2>"$tmp/messages"
  wait_until "it waits" is_asleep "$pid"
  ipcrm -Q "$key"
  finish 125 "$pid"
  # Peeking looks again and again.
  make_queue "$key"
  start mqrecv --peek "$key" 2>"$tmp/messages"
  wait_until "it waits" is_asleep "$pid"
  ipcrm -Q "$key"
  finish 1 "$pid"
  assert_equal "message" "$(cat "$tmp/messages")" "mqrecv: cannot receive from message queue '$key': Identifier removed"
}

@test "a full POSIX queue that is removed under a sender is an error" {
  local words waiting=()
  make_queue "$name" 1
  mqsend "$name" a
  for words in "" "-w 60"; do
    # shellcheck disable=SC2086  # words
    start mqsend $words "$name" b 2>"$tmp/messages.${#waiting[@]}"
    waiting+=("$pid")
    wait_until "it waits" is_asleep "$pid"
  done
  remove_queue "$name"
  for words in "${!waiting[@]}"; do
    finish 1 "${waiting[words]}"
    assert_equal "message" "$(cat "$tmp/messages.$words")" "mqsend: cannot send message 1 to message queue '$name': Identifier removed"
  done
}

@test "a POSIX queue that is removed lives on for who has it open" {
  make_queue "$name" 1
  mqsend "$name" a
  start_fed mqrecv -n 3 "$name" >"$tmp/received"
  wait_until "the first has come" grep -qx a "$tmp/received"
  start_fed mqsend "$name"
  echo b >&7
  wait_until "the second has come" grep -qx b "$tmp/received"
  remove_queue "$name"
  echo c >&7
  exec 7>&-
  for pid in "${started[@]}"; do finish 0 "$pid"; done
  assert_equal "messages" "$(cat "$tmp/received")" $'a\nb\nc'
  expect 1 mqsend "$name" x
}

@test "more than RLIMIT_MSGQUEUE for a new queue is an error that names it" {
  local tool
  for tool in "mqsend" "mqrecv --nonblock"; do
    # shellcheck disable=SC2086  # words
    expect 1 bash -c 'ulimit -q 1000; exec "$@"' bash $tool --create "$name" </dev/null
    assert_message "${tool%% *}: cannot create message queue '$name': Too many open files" "hint" "RLIMIT_MSGQUEUE (1000)" "ulimit -q"
  done
  expect 1 mqsend "$name" a
  assert_message "No such file or directory"
}

@test "limits of a new POSIX queue that are too high are an error that names theirs" {
  expect 1 mqsend --create --max-messages 1000000 "$name" a
  assert_message "cannot create message queue '$name': Invalid argument" "fs.mqueue.msg_max"
  expect 1 mqsend --create --max-size 1G "$name" a
  assert_message "cannot create message queue '$name': Invalid argument" "fs.mqueue.msgsize_max"
  expect 1 mqsend --create --max-messages 18446744073709551615 "$name" a
  expect 1 mqsend "$name" a
  assert_message "No such file or directory"
}

@test "more than kernel.msgmnb for a new System V queue needs privilege, and no queue stays" {
  become_ordinary
  expect 1 "${ordinary[@]}" mqsend --create --qbytes 1M "$key" a
  assert_message "cannot create message queue '$key' for 1048576 bytes: Operation not permitted" "kernel.msgmnb" "CAP_SYS_RESOURCE"
  expect 1 mqsend "$key" a
  assert_message "No such file or directory"
}

@test "too many System V queues are an error that names kernel.msgmni" {
  in_ipc_namespace '
    echo 1 >/proc/sys/kernel/msgmni
    mqsend --create 5 a
    for tool in "mqsend" "mqrecv --nonblock"; do
      ! $tool --create 6 </dev/null 2>messages || exit 9
      grep -q "cannot create message queue .*: No space left on device" messages
      grep -q "kernel.msgmni (1)" messages
    done'
}

@test "too many POSIX queues are an error that names fs.mqueue.queues_max" {
  in_ipc_namespace '
    echo 1 >/proc/sys/fs/mqueue/queues_max
    $ordinary mqsend --create /a a
    for tool in "mqsend" "mqrecv --nonblock"; do
      ! $ordinary $tool --create /b </dev/null 2>messages || exit 9
      grep -q "cannot create message queue ./b.: No space left on device" messages
      grep -q "fs.mqueue.queues_max (1)" messages
    done'
}

@test "the limits of the kernel may be higher than usual" {
  in_ipc_namespace '
    echo 100000 >/proc/sys/fs/mqueue/msgsize_max
    echo 100000 >/proc/sys/kernel/msgmax
    echo 300000 >/proc/sys/kernel/msgmnb
    head -c 100000 /dev/urandom >message
    mqsend --create --max-size 100000 --max-messages 3 /a </dev/null
    mqsend --create 5 </dev/null
    for queue in /a 5; do
      for framing in --whole --len32 --json; do
        mqsend --whole $queue <message
        [[ $framing == --whole ]] && mqrecv --raw $queue >record || mqrecv $framing $queue >record
        mqsend $framing $queue <record
        mqrecv --raw $queue | cmp - message
      done
      ! mqsend $queue <<<"$(printf %0100001d 0)" 2>messages || exit 9
      grep -q "line 1 .*Message too long" messages
    done
    echo 10 >/proc/sys/kernel/msgmax
    mqsend 5 1234567890
    ! mqsend 5 12345678901 2>messages || exit 9
    grep -q "kernel.msgmax (10)" messages'
}

@test "a long message is received after kernel.msgmax has been lowered" {
  in_ipc_namespace '
    echo 100000 >/proc/sys/kernel/msgmax
    echo 300000 >/proc/sys/kernel/msgmnb
    head -c 100000 /dev/urandom >message
    mqsend --create 5 </dev/null
    mqsend --whole 5 <message
    echo 10 >/proc/sys/kernel/msgmax
    mqrecv --raw 5 | cmp - message'
}

@test "who has no permission is told so" {
  need_second_user
  for queue in "$name" "$key"; do
    make_queue "$queue"
    mqsend "$queue" a
    expect 1 "${other[@]}" mqsend "$queue" b
    assert_message "mqsend: cannot " "message queue '$queue': Permission denied"
    expect 1 "${other[@]}" mqrecv "$queue"
    assert_message "message queue '$queue': Permission denied"
    expect 125 "${other[@]}" mqrecv "$queue" -- true
    assert_count "$queue" 1
  done
}

@test "queues pass from user to user by their mode" {
  need_second_user
  for queue in "$name" "$key"; do
    expect 0 mqsend --create -m 644 "$queue" a
    expect 0 "${other[@]}" mqrecv "$queue"
    assert_equal "message" "$output" a
    expect 1 "${other[@]}" mqsend "$queue" b
    assert_message "Permission denied"
    remove_queue "$queue"
    expect 0 mqsend --create -m 622 "$queue" a
    expect 0 "${other[@]}" mqsend "$queue" b
    expect 1 "${other[@]}" mqrecv "$queue"
    assert_message "Permission denied"
    remove_queue "$queue"
  done
}

@test "a queue that somebody else has made is refused with --create, and taken without" {
  local create
  need_second_user
  for queue in "$name" "$key"; do
    expect 0 "${other[@]}" mqsend --create -m 666 "$queue" planted
    expect 1 mqsend --create "$queue" secret
    assert_message "mqsend: cannot use message queue '$queue': Operation not permitted" "another user" "65534" "leaving out --create takes it"
    expect 1 mqrecv --create "$queue"
    assert_message "mqrecv: cannot use message queue '$queue': Operation not permitted"
    expect 125 mqrecv --create "$queue" -- cat
    for create in mqsend mqrecv; do
      expect 1 "$create" --create -x "$queue" </dev/null
      assert_message "File exists"
    done
    assert_count "$queue" 1
    expect 0 mqsend "$queue" b
    expect 0 mqrecv -n 2 "$queue"
    assert_equal "messages" "$output" $'planted\nb'
    # Its owner, and everybody with root's.
    expect 0 "${other[@]}" mqsend --create "$queue" c
    remove_queue "$queue"
    expect 0 mqsend --create -m 666 "$queue" d
    expect 0 "${other[@]}" mqsend --create "$queue" e
    expect 0 "${other[@]}" mqrecv --create -n 2 "$queue"
  done
}

@test "a new queue that its maker may not use is used or does not stay" {
  local mode
  become_ordinary
  for queue in "$name" "$key"; do
    for mode in 044 400 200; do
      run --separate-stderr "${ordinary[@]}" mqsend --create -m "$mode" "$queue" a
      if ((status == 0)); then
        remove_queue "$queue"
      else
        assert_message "Permission denied"
        expect 1 "${ordinary[@]}" mqsend "$queue" a
        assert_message "No such file or directory"
      fi
    done
  done
}
