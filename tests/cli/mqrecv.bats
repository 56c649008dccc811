# mqrecv(1), on queues of both APIs.
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program; }

# fill QUEUE: a, b and c of priority or type 1.
fill() {
  make_queue "$1"
  use "$1"
  mqsend "$option" 1 "$1" a b c
}

@test "one message, with a newline behind it" {
  for queue in "$name" "$key"; do
    fill "$queue"
    mqrecv "$queue" >"$tmp/received"
    echo a >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
    assert_messages "$queue" "1 b" "1 c"
  done
}

@test "--count N: so many, also with --drain and --follow" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 0 mqrecv -n 2 "$queue"
    assert_equal "messages" "$output" $'a\nb'
    expect 0 mqsend "$queue" d e
    expect 0 mqrecv --count=1 --follow "$queue"
    expect 0 mqrecv -n 1 --drain "$queue"
    assert_count "$queue" 1
    expect 0 mqrecv -n 10 --drain "$queue"
    assert_count "$queue" 0
  done
}

@test "--drain: until the queue is empty, and an empty queue is no error" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages" "$output" $'a\nb\nc'
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages" "$output" ""
    assert_silent
    expect 0 mqrecv --drain -w inf "$queue"
  done
}

@test "--follow: each at once, until a signal" {
  local signal number=0 pid
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for signal in 2 15 1; do
      start mqrecv -f "$queue" >"$tmp/received"
      for number in 1 2 3; do
        mqsend "$queue" "$number"
        wait_until "message $number has come" grep -qx "$number" "$tmp/received"
      done
      wait_until "it waits" is_asleep "$pid"
      kill -"$signal" "$pid"
      finish $((128 + signal)) "$pid"
      assert_equal "messages" "$(tr '\n' ' ' <"$tmp/received")" "1 2 3 "
    done
  done
}

@test "a message is waited for, and time is up after --timeout, for each" {
  local start
  for queue in "$name" "$key"; do
    make_queue "$queue"
    start=$(now)
    expect 124 mqrecv -w 0.3 "$queue"
    assert_took "$start" 300
    assert_equal "message" "$stderr" "mqrecv: no message in message queue '$queue' within the time allowed"
    expect 124 mqrecv --nonblock "$queue"
    expect 124 mqrecv -w 0 -n 3 "$queue"
    mqsend "$queue" a b
    start=$(now)
    expect 124 mqrecv --timeout 200ms -n 3 "$queue"
    assert_took "$start" 200
    assert_equal "messages" "$output" $'a\nb'
    mqsend "$queue" a
    expect 124 mqrecv -f -w 0 "$queue"
    assert_equal "messages" "$output" a
    start mqrecv "$queue" >"$tmp/received"
    wait_until "it waits" is_asleep "$pid"
    mqsend "$queue" later
    finish 0 "$pid"
    assert_equal "message" "$(cat "$tmp/received")" later
  done
}

@test "--timeout-status N: instead of 124" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for words in "-E 7" "--timeout-status=0" "-E255"; do
      # shellcheck disable=SC2086  # words
      expect "${words##*[E =]}" mqrecv --nonblock $words "$queue"
      # shellcheck disable=SC2086
      expect "${words##*[E =]}" mqrecv --nonblock $words "$queue" -- true
    done
    expect 2 mqrecv --nonblock -E 256 "$queue"
    assert_usage_error mqrecv
    expect 125 mqrecv --nonblock -E -1 "$queue" -- true
  done
}

@test "--null, --no-terminator, --raw and --len32" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for words in "-0|a\nb\0\0c\0" "--null|a\nb\0\0c\0" "--no-terminator|a\nbc" "--raw|a\nbc" "--raw --no-terminator|a\nbc" \
      "--len32|\0\0\0\3a\nb\0\0\0\0\0\0\0\1c"; do
      mqsend "$queue" $'a\nb' '' c
      # shellcheck disable=SC2086  # words
      mqrecv ${words%|*} -n 3 "$queue" >"$tmp/received"
      printf '%b' "${words#*|}" >"$tmp/wanted"
      assert_same_file "$tmp/received" "$tmp/wanted"
    done
  done
}

@test "--format: message, priority, type, size, number, and nothing else is special" {
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    mqsend "$option" 3 "$queue" 'two words' '' '%m'
    expect 0 mqrecv --drain -F "%n/%${member:0:1} %s [%m]%m%%\\n" "$queue"
    assert_equal "records" "$output" '1/3 9 [two words]two words%\n
2/3 0 []%\n
3/3 2 [%m]%m%\n'
    mqsend "$queue" a b
    mqrecv -0 --format '%m-' -n 2 "$queue" >"$tmp/received"
    mqsend "$queue" c d
    mqrecv --no-terminator --format=%n%m -n 2 "$queue" >>"$tmp/received"
    mqsend "$queue" e
    mqrecv -F '' "$queue" >>"$tmp/received"
    printf 'a-\0b-\0001c2d\n' >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
    for words in %x % 'a%' '%%%' '% m' %M; do
      expect 2 mqrecv -F "$words" "$queue"
      assert_usage_error mqrecv "invalid format '$words'"
    done
  done
  expect 2 mqrecv -F %t "$name"
  assert_usage_error mqrecv "%t is for System V queues"
  expect 2 mqrecv -F %p "$key"
  assert_usage_error mqrecv "%p is for POSIX queues"
}

@test "--json: text as data, what is no UTF-8 as base64" {
  local n
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    n="\"$member\":5"
    mqsend "$option" 5 "$queue" text 'ä€😀' $'"\\/\t\x01\x7f' $'\xff' $'\xc3' $'\xed\xa0\x80' $'\xc0\x80'
    head -c 8192 /dev/zero | tr '\0' '\377' | mqsend "$option" 5 --whole "$queue"
    mqrecv --drain -j "$queue" >"$tmp/received"
    { printf '%s\n' "{\"data\":\"text\",$n}" "{\"data\":\"ä€😀\",$n}" "{\"data\":\"\\\"\\\\/\\t\\u0001\\u007f\",$n}" &&
      printf '{"base64":"%s",%s}\n' /w== "$n" ww== "$n" 7aCA "$n" wIA= "$n" "$(head -c 8192 /dev/zero | tr '\0' '\377' | base64 -w 0)" "$n"; } >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
    "$python" -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$tmp/received"
  done
}

@test "mqrecv --json into mqsend --json reproduces priority, type and bytes" {
  local other
  for queue in "$name" "$key"; do
    use "$queue"
    other=${name}b
    [[ $queue == /* ]] || other=$(key_at 1)
    make_queue "$queue"
    make_queue "$other"
    mqsend "$option" 7 "$queue" a '' $'\n' $'\r\n "\\' ä $'\xff\xfe' 
    head -c 256 /dev/urandom | mqsend "$option" 2 --whole "$queue"
    printf '\0' | mqsend "$option" 32767 --whole "$queue"
    content "$tmp/long" 8192
    mqsend "$option" 32767 --whole "$queue" <"$tmp/long"
    mqrecv --drain -j "$queue" >"$tmp/first"
    mqsend -j "$queue" <"$tmp/first"
    mqrecv --drain -j "$queue" | mqsend -j "$other"
    assert_count "$queue" 0
    mqrecv --drain -j "$other" >"$tmp/second"
    assert_same_file "$tmp/second" "$tmp/first"
    mqsend -j "$other" <"$tmp/second"
    expect 0 mqrecv -F "%${member:0:1}" --drain "$other"
    assert_equal "numbers" "$(sort -n <<<"$output" | tr '\n' ' ')" "2 7 7 7 7 7 7 32767 32767 "
    [[ $queue == /* ]] && continue
    mqsend -j "$other" <"$tmp/second"
    mqrecv -t 32767 --raw -n 2 "$other" >"$tmp/received"
    { printf '\0' && cat "$tmp/long"; } >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "every framing brings every message back" {
  local sending receiving amount
  for queue in "$name" "$key"; do
    make_queue "$queue"
    "$python" - >"$tmp/len32" <<'END'
import random, struct, sys
random.seed(1)
for size in [0, 1, 8192, 8191, 0, 255, 256] + [random.randrange(8193) for _ in range(60)]:
    data = bytes(random.choices(b"ab\n\xff \x00\xc3\xa4", k=size))
    sys.stdout.buffer.write(struct.pack(">I", size) + data)
END
    for receiving in --len32 --json; do
      start mqsend --len32 "$queue" <"$tmp/len32"
      mqrecv "$receiving" -n 67 "$queue" >"$tmp/received"
      finish 0 "$pid"
      start mqsend "$receiving" "$queue" <"$tmp/received"
      mqrecv --len32 -n 67 "$queue" >"$tmp/again"
      finish 0 "$pid"
      assert_same_file "$tmp/again" "$tmp/len32"
    done
    # Records without what ends them.
    for sending in "" "-0"; do
      tr '\0\n' '..' <"$tmp/len32" | fold -b -w 3000 | if [[ -n $sending ]]; then tr '\n' '\0'; else cat; fi >"$tmp/records"
      amount=$(($(tr '\n' '\0' <"$tmp/records" | tr -dc '\0' | wc -c) + 1))
      start mqsend ${sending:+"$sending"} "$queue" <"$tmp/records"
      mqrecv ${sending:+"$sending"} -n "$amount" "$queue" >"$tmp/received"
      finish 0 "$pid"
      # A last line without newline gets one.
      tail -c 1 "$tmp/records" | cmp -s - <(tail -c 1 "$tmp/received") || tail -c 1 "$tmp/received" >>"$tmp/records"
      assert_same_file "$tmp/received" "$tmp/records"
    done
  done
}

@test "a million lines pass" {
  local amount=1000000
  [[ -z $IPCUTILS_SANITIZED ]] || amount=50000
  seq "$amount" | md5sum >"$tmp/sent"
  for queue in "$name" "$key"; do
    make_queue "$queue"
    start mqsend "$queue" < <(seq "$amount")
    mqrecv -n "$amount" "$queue" | md5sum >"$tmp/received"
    finish 0 "$pid"
    assert_same_file "$tmp/received" "$tmp/sent"
    assert_count "$queue" 0
  done
}

@test "what is there is written before it waits" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    mqsend "$queue" a b
    start mqrecv -n 3 "$queue" >"$tmp/received"
    wait_until "two are written" grep -qx b "$tmp/received"
    mqsend "$queue" c
    finish 0 "$pid"
  done
}

@test "--type: that type, any, or the lowest up to -N" {
  make_queue "$key"
  mqsend -t 3 "$key" c1 c2
  mqsend -t 1 "$key" a
  mqsend -t 2 "$key" b
  mqsend -t 9223372036854775807 "$key" z
  expect 0 mqrecv -t 2 "$key"
  assert_equal "type 2" "$output" b
  expect 124 mqrecv --nonblock -t 2 "$key"
  expect 0 mqrecv -t 0 "$key"
  assert_equal "any type" "$output" c1
  expect 0 mqrecv -t -3 "$key"
  assert_equal "the lowest up to 3" "$output" a
  expect 124 mqrecv --nonblock --type=-2 "$key"
  expect 0 mqrecv --type -9223372036854775807 -n 2 "$key"
  assert_equal "the lowest of all" "$output" $'c2\nz'
  assert_count "$key" 0
}

@test "--type waits for its own type" {
  make_queue "$key"
  mqsend -t 1 "$key" other
  start mqrecv -t 2 "$key" >"$tmp/received"
  wait_until "it waits" is_asleep "$pid"
  mqsend -t 3 "$key" other
  mqsend -t 2 "$key" wanted
  finish 0 "$pid"
  assert_equal "message" "$(cat "$tmp/received")" wanted
  assert_messages "$key" "1 other" "3 other"
}

@test "--except: all but that type" {
  make_queue "$key"
  mqsend -t 1 "$key" a
  mqsend -t 2 "$key" b
  mqsend -t 3 "$key" c
  expect 0 mqrecv -t 1 --except --drain "$key"
  assert_equal "messages" "$output" $'b\nc'
  expect 124 mqrecv --except -t 1 --nonblock "$key"
  assert_messages "$key" "1 a"
}

@test "--peek: copies from the head, as many as wanted, and leaves them" {
  make_queue "$key"
  mqsend -t 1 "$key" a
  mqsend -t 2 "$key" b
  mqsend -t 3 "$key" c ''
  mqsend -t 2 "$key" b2
  expect 0 mqrecv --peek "$key"
  assert_equal "the first" "$output" a
  expect 0 mqrecv --peek -n 2 "$key"
  assert_equal "the first two" "$output" $'a\nb'
  expect 0 mqrecv --peek --drain -F '%n %t[%m]' "$key"
  assert_equal "all" "$output" $'1 1[a]\n2 2[b]\n3 3[c]\n4 3[]\n5 2[b2]'
  expect 0 mqrecv --peek --drain -t 2 "$key"
  assert_equal "of type 2" "$output" $'b\nb2'
  expect 0 mqrecv --peek --drain -t 2 --except "$key"
  assert_equal "of other types" "$output" $'a\nc'
  expect 0 mqrecv --peek --drain -t -2 "$key"
  assert_equal "of types up to 2" "$output" $'a\nb\nb2'
  expect 124 mqrecv --peek -w 0.05 -n 6 "$key"
  assert_equal "all" "${#lines[@]}" 4 # one of them is empty
  expect 124 mqrecv --peek --nonblock -t 9 "$key"
  assert_count "$key" 5
}

@test "--peek waits for a message" {
  make_queue "$key"
  expect 0 mqrecv --peek --drain "$key"
  assert_equal "messages" "$output" ""
  start mqrecv --peek -t 2 "$key" >"$tmp/received"
  wait_until "it waits" is_asleep "$pid"
  mqsend -t 1 "$key" other
  mqsend -t 2 "$key" wanted
  finish 0 "$pid"
  assert_equal "message" "$(cat "$tmp/received")" wanted
  start mqrecv --peek -t 3 "$key"
  wait_until "it waits" is_asleep "$pid"
  kill -TERM "$pid"
  finish 143 "$pid"
  assert_count "$key" 2
}

@test "--create makes the queue and waits in it" {
  for queue in "$name" "$key"; do
    expect 1 mqrecv "$queue"
    assert_equal "message" "$stderr" \
      "mqrecv: cannot open message queue '$queue': No such file or directory"$'\nmqrecv: hint: --create makes it'
    expect 124 mqrecv --create --nonblock "$queue"
    assert_equal "mode" "$(mq_program mode "$queue")" 600
    expect 1 mqrecv --create -x "$queue"
    assert_message "mqrecv: cannot create message queue '$queue': File exists"
    remove_queue "$queue"
    expect 124 "${under_umask[@]}" 0777 mqrecv --create -x -m u=rw,g=r --nonblock "$queue"
    assert_equal "mode" "$(mq_program mode "$queue")" 640
    remove_queue "$queue"
  done
  expect 0 mqrecv --create --drain --max-messages 2 --max-size 5 "$name"
  expect 124 mqsend --nonblock "$name" 1 2 3
  expect 0 mqrecv --create --drain --qbytes 5 "$key"
  expect 124 mqsend --nonblock "$key" 12345 6
}

@test "COMMAND gets the message on standard input, and what is known of it in the environment" {
  content "$tmp/long" 8192
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    mqsend "$option" 5 "$queue" $'two\nlines' ''
    mqsend "$option" 5 --whole "$queue" <"$tmp/long"
    expect 0 mqrecv "$queue" -- sh -c 'echo "$IPC_SIZE $IPC_TYPE $IPC_PRIORITY"; cat'
    [[ $queue == /* ]] && assert_equal "output" "$output" $'9  5\ntwo\nlines' || assert_equal "output" "$output" $'9 5 \ntwo\nlines'
    expect 0 mqrecv "$queue" -- sh -c 'echo "$IPC_SIZE"; cat'
    assert_equal "output" "$output" 0
    mqrecv "$queue" -- cat >"$tmp/received"
    assert_same_file "$tmp/received" "$tmp/long"
    assert_count "$queue" 0
  done
}

@test "COMMAND need not read, and its arguments are its own" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 0 mqrecv -n 1 "$queue" -- true
    expect 0 mqrecv "$queue" -- printf '<%s>' -n --drain -- 'two words' ''
    assert_equal "arguments" "$output" '<-n><--drain><--><two words><>'
    assert_messages "$queue" "1 c"
  done
}

@test "COMMAND runs once a message" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 0 mqrecv --drain "$queue" -- sh -c 'echo "<$(cat)>"'
    assert_equal "output" "$output" $'<a>\n<b>\n<c>'
    expect 0 mqrecv --drain "$queue" -- echo never
    assert_equal "output" "$output" ""
    expect 124 mqrecv --nonblock "$queue" -- echo never
    assert_message "mqrecv: no message in message queue '$queue' within the time allowed"
    mqsend "$queue" a b c
    expect 0 mqrecv -n 2 "$queue" -- cat
    assert_equal "output" "$output" ab
    expect 124 mqrecv -f -w 0.05 "$queue" -- cat
    assert_equal "output" "$output" c
  done
}

@test "a failing COMMAND's message goes back, and mqrecv stops with its status" {
  local command
  for queue in "$name" "$key"; do
    fill "$queue"
    for command in "1 exit 1" "77 exit 77" "124 exit 124" "255 cat; exit 255" '137 kill -KILL $$' '143 kill -TERM $$' '134 kill -ABRT $$'; do
      expect "${command%% *}" mqrecv --drain "$queue" -- sh -c "ulimit -c 0; ${command#* }"
      assert_silent
      assert_count "$queue" 3
    done
    # Seven times the first one went to the end.
    assert_messages "$queue" "1 b" "1 c" "1 a"
  done
}

@test "COMMAND fails at its second message" {
  for queue in "$name" "$key"; do
    fill "$queue"
    expect 3 mqrecv --drain "$queue" -- sh -c 'read -r x; echo "$x"; [ "$x" != b ] || exit 3'
    assert_equal "output" "$output" $'a\nb'
    assert_messages "$queue" "1 c" "1 b"
  done
}

@test "--on-failure=skip goes on, and puts back at the end" {
  for queue in "$name" "$key"; do
    fill "$queue"
    mqsend "$option" 1 "$queue" d
    expect 4 mqrecv --drain --on-failure=skip "$queue" -- sh -c 'read -r x; echo "$x"; case $x in a) exit 3;; c) exit 4;; esac'
    assert_equal "output" "$output" $'a\nb\nc\nd'
    assert_messages "$queue" "1 a" "1 c"
    mqsend "$option" 1 "$queue" a b
    expect 9 mqrecv -n 2 --on-failure skip "$queue" -- sh -c 'exit 9'
    assert_messages "$queue" "1 a" "1 b"
    mqsend "$option" 1 "$queue" a
    expect 1 mqrecv --nonblock -f --on-failure=skip "$queue" -- false
    assert_messages "$queue" "1 a"
    mqsend "$option" 1 "$queue" a
    expect 1 mqrecv --on-failure=stop "$queue" -- false
    assert_messages "$queue" "1 a"
    expect 2 mqrecv --on-failure=skip "$queue"
    assert_usage_error mqrecv "--on-failure needs COMMAND"
    expect 125 mqrecv --on-failure=other "$queue" -- true
    assert_message "there are stop and skip"
  done
}

@test "a COMMAND that cannot be run: 127 or 126, and nothing is taken or made" {
  touch "$tmp/plain"
  PATH=$TOOLS_DIR:/usr/bin:/bin # a folder that may not be searched would be 126
  for queue in "$name" "$key"; do
    fill "$queue"
    for command in nonesuch "$tmp/nonesuch" "$tmp/plain/x" ''; do
      expect 0 "${is_not_found[@]}" mqrecv "$queue" -- "$command"
      assert_message "mqrecv: cannot run '$command': "
    done
    for command in "$tmp/plain" "$tmp" /etc/passwd; do
      expect 126 mqrecv "$queue" -- "$command"
      assert_message "mqrecv: cannot run '$command': Permission denied"
    done
    assert_messages "$queue" "1 a" "1 b" "1 c"
    remove_queue "$queue"
    expect 0 "${is_not_found[@]}" mqrecv --create "$queue" -- nonesuch
    run ! mq_program count "$queue"
  done
}

@test "with COMMAND every failure of our own is 125" {
  make_queue "$name"
  mqsend "$name" a
  expect 125 mqrecv "$key" -- true
  assert_message "mqrecv: cannot open message queue '$key': No such file or directory"
  for words in --nonsense '-n 0' '-w x' '-t 1' '-0' '--json' '-F %m' --len32 --raw '--follow --drain' 'operand' '-x'; do
    # shellcheck disable=SC2086  # words
    expect 125 mqrecv "$name" $words -- true
    assert_message "Try 'mqrecv --help' for more information."
  done
  expect 125 mqrecv private -- true
  expect 125 mqrecv "$name" --
  assert_message "missing COMMAND after '--'"
  expect 125 mqrecv -- true
  assert_message "missing operand QUEUE"
  assert_count "$name" 1
}

@test "a command without -- in front of it is wrong usage with a hint" {
  make_queue "$name"
  expect 2 mqrecv "$name" cat
  assert_usage_error mqrecv "'cat'" "'--'"
}

@test "private is refused, with a hint at ipcnew" {
  expect 2 mqrecv private
  assert_usage_error mqrecv "'private'" "ipcnew"
  expect 2 mqrecv --create mq:private
  assert_usage_error mqrecv "'private'" "ipcnew"
}

@test "wrong usage of each kind" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for words in '' --nonsense -Y '-n 0' '-n -1' '-n x' '-n 18446744073709551616' '-n' '-w x' '-w -1' '-E x' '-E -1' '--follow --drain' \
      '-0 --raw' '--null --no-terminator' '-j -0' '-j --raw' '-j --len32' '-j -F %m' '--len32 -F %m' '--len32 -0' '--len32 --raw' \
      '-x' '-m 600' '--create -m x' '--on-failure=skip' '--foll' '--drain=1' 'a b'; do
      # shellcheck disable=SC2086  # words
      expect 2 mqrecv $words ${words:+"$queue"}
      [[ $words == 'a b' ]] || assert_usage_error mqrecv
    done
  done
  for words in '-t 1' '-t 0' --lifo --except '-t 1 --except' --peek '--create --qbytes 1' '-F %t'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqrecv $words "$name"
    assert_usage_error mqrecv "is for System V queues"
  done
  for words in '--create --max-messages 1' '--create --max-size 1' '-F %p'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqrecv $words "$key"
    assert_usage_error mqrecv "is for POSIX queues"
  done
  for words in '-t x' '-t 9223372036854775808' '-t -9223372036854775808' '-t --1' '-t +1' '--lifo -t 1' '--lifo -t 0' --except \
    '--except -t 0' '--except -t -1' '--except --lifo' '--peek --follow' '--peek --lifo' '--qbytes 1'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqrecv $words "$key"
    assert_usage_error mqrecv
  done
  expect 125 mqrecv --peek "$key" -- true
  assert_message "--peek and COMMAND exclude each other"
}

@test "--quiet says nothing when time is up, and reports other errors" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    expect 124 mqrecv --nonblock -q "$queue"
    assert_silent
    expect 0 mqrecv -w 0.01 --quiet -E 0 "$queue"
    assert_silent
    expect 0 mqrecv -q --nonblock -E 0 "$queue" -- true
    assert_silent
    remove_queue "$queue"
    expect 1 mqrecv -q "$queue"
    assert_message "cannot open message queue '$queue'"
  done
}
