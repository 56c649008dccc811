# mqsend(1), on queues of both APIs.
# shellcheck disable=SC2154,SC2016  # what setup(), use() and run set; texts for an inner shell

load helpers
load partners/mq_helpers

setup_file() { compile_partners mq_program; }

@test "operands are sent in order, one message each" {
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    expect 0 mqsend "$queue" one '' 'two words' $'new\nline'
    assert_silent
    assert_equal "output" "$output" ""
    assert_count "$queue" 4
    expect 0 mqrecv -j -n 4 "$queue"
    local n=$((${#member} == 4 ? 1 : 0)) # a type is 1, a priority 0
    assert_equal "messages" "$output" "{\"data\":\"one\",\"$member\":$n}
{\"data\":\"\",\"$member\":$n}
{\"data\":\"two words\",\"$member\":$n}
{\"data\":\"new\\nline\",\"$member\":$n}"
  done
}

@test "what follows -- is operands" {
  make_queue "$key"
  expect 0 mqsend -t 5 "$key" five -- -six --help --
  assert_messages "$key" "5 five" "5 -six" "5 --help" "5 --"
  expect 0 mqsend -t 2 -- "$key" -x
  assert_messages "$key" "2 -x"
}

@test "each line of standard input is a message, empty ones and a last one without newline too" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    printf 'first\n\n\nlast' | mqsend "$queue"
    expect 0 mqrecv --drain -F '%n[%m]' "$queue"
    assert_equal "messages" "$output" $'1[first]\n2[]\n3[]\n4[last]'
    printf '\n' | mqsend "$queue"
    expect 0 mqrecv --drain -F '%n[%m]' "$queue"
    assert_equal "messages" "$output" '1[]'
    expect 0 mqsend "$queue" </dev/null
    expect 0 mqsend "$queue" < <(:)
    assert_count "$queue" 0
  done
}

@test "long lines are not cut" {
  local size
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for size in 1023 1024 1025 4095 4096 4097 8191 8192; do
      head -c "$size" /dev/zero | tr '\0' x >"$tmp/line"
      expect 0 mqsend "$queue" <"$tmp/line"
      mqrecv --raw "$queue" >"$tmp/received"
      assert_same_file "$tmp/received" "$tmp/line"
      { cat "$tmp/line" && echo; } | mqsend "$queue"
      mqrecv --raw "$queue" >"$tmp/received"
      assert_same_file "$tmp/received" "$tmp/line"
    done
    # Across the borders of what is read at a time.
    "$python" -c 'for i in range(200): print(str(i % 10) * (i * 37 % 8193))' >"$tmp/lines"
    start mqsend "$queue" <"$tmp/lines"
    mqrecv -n 200 "$queue" >"$tmp/received"
    finish 0 "$pid"
    assert_same_file "$tmp/received" "$tmp/lines"
  done
}

@test "a line is sent as soon as it is complete" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    start_fed mqsend "$queue"
    echo first >&7
    wait_until "the first line is sent" has_count "$queue" 1
    printf 'sec' >&7
    echo ond >&7
    wait_until "the second line is sent" has_count "$queue" 2
    printf third >&7
    exec 7>&-
    finish 0 "$pid"
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages" "$output" $'first\nsecond\nthird'
  done
}

@test "--null: records end in NUL" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    printf 'a\nb\0\0last' | mqsend -0 "$queue"
    printf 'c\0' | mqsend --null "$queue"
    mqrecv -0 --drain "$queue" >"$tmp/received"
    printf 'a\nb\0\0last\0c\0' >"$tmp/wanted"
    assert_same_file "$tmp/received" "$tmp/wanted"
  done
}

@test "--whole and --raw: all of standard input is one message, of up to 8192 bytes" {
  local option size
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for option in --whole --raw; do
      for size in 0 1 8192; do
        content "$tmp/input" "$size"
        expect 0 mqsend "$option" "$queue" <"$tmp/input"
        assert_count "$queue" 1
        mqrecv --raw "$queue" >"$tmp/received"
        assert_same_file "$tmp/received" "$tmp/input"
      done
      printf 'in\nparts' >"$tmp/input"
      { printf 'in\n' && printf parts; } | mqsend "$option" "$queue"
      mqrecv --raw "$queue" >"$tmp/received"
      assert_same_file "$tmp/received" "$tmp/input"
    done
    content "$tmp/input" 8193
    expect 1 mqsend --whole "$queue" <"$tmp/input"
    assert_message "mqsend: cannot send standard input to message queue '$queue': Message too long"
    assert_count "$queue" 0
  done
}

@test "--len32: records follow their length" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    content "$tmp/long" 8192
    { printf '\0\0\0\3a\nb\0\0\0\0\0\0\x20\0' && cat "$tmp/long"; } >"$tmp/records"
    expect 0 mqsend --len32 "$queue" <"$tmp/records"
    assert_count "$queue" 3
    mqrecv --len32 --drain "$queue" >"$tmp/received"
    assert_same_file "$tmp/received" "$tmp/records"
    expect 0 mqsend --len32 "$queue" </dev/null
    assert_count "$queue" 0
  done
}

@test "--len32: what is cut short or too long is an error, and what came before is sent" {
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for rest in '\0' '\0\0\0' '\0\0\0\1' '\0\0\0\5abcd'; do
      expect 1 mqsend --len32 "$queue" < <(printf '\0\0\0\2ab%b' "$rest")
      assert_message "record 2" "the input ends within it"
      assert_count "$queue" 1
      expect 0 mqrecv "$queue"
      assert_equal "message" "$output" ab
    done
    for rest in '\0\0\x20\1' '\xff\xff\xff\xff' '\x80\0\0\0'; do
      expect 1 mqsend --len32 "$queue" < <(printf '\0\0\0\2ab%b' "$rest"; head -c 9000 /dev/zero)
      assert_message "mqsend: cannot send record 2 to message queue '$queue': Message too long"
      assert_count "$queue" 1
      expect 0 mqrecv "$queue"
    done
  done
}

@test "--json: objects as mqrecv --json prints them; what they do not say the options say" {
  make_queue "$name"
  make_queue "$key"
  printf '%s\n' '{"data":"a"}' '' ' {"priority" : 7, "data": "\u00e4\n\u0000"} ' $'\t' '{"base64":"/wA="}' '{"data":"","priority":32767}' |
    mqsend -j -p 3 "$name"
  expect 0 mqrecv -j --drain "$name"
  assert_equal "messages" "$output" '{"data":"","priority":32767}
{"data":"ä\n\u0000","priority":7}
{"data":"a","priority":3}
{"base64":"/wA=","priority":3}'
  printf '%s\n' '{"data":"a"}' '{"type":9223372036854775807,"data":"b"}' '{"base64":""}' | mqsend --json "$key"
  printf '{"data":"no newline"}' | mqsend --json --type 4 "$key"
  expect 0 mqrecv -j --drain "$key"
  assert_equal "messages" "$output" '{"data":"a","type":1}
{"data":"b","type":9223372036854775807}
{"data":"","type":1}
{"data":"no newline","type":4}'
}

@test "--json: what is no message stops it with its line, and what came before is sent" {
  local line
  for queue in "$name" "$key"; do
    use "$queue"
    make_queue "$queue"
    while IFS= read -r line; do
      expect 1 mqsend -j "$queue" < <(printf '%s\n' '{"data":"a"}' '' "$line" '{"data":"b"}')
      assert_message "mqsend: cannot send line 3"
      assert_messages "$queue" "$([[ $queue == /* ]] && echo 0 || echo 1) a"
    done <<END
x
{
[]
"text"
null
{}
{"data":1}
{"data":null}
{"data":["a"]}
{"base64":1}
{"data":"a","base64":"YQ=="}
{"data":"a","other":1}
{"data":"a"} x
{"data":"a"}{"data":"b"}
{"data":"a",}
{'data':'a'}
{"data":"a"
{"base64":"YQ"}
{"base64":"YQ="}
{"base64":"Y==="}
{"base64":"YQ== "}
{"base64":"YR=="}
{"base64":"Y-Q="}
{"base64":"===="}
{"data":"a","$member":-1}
{"data":"a","$member":1.5}
{"data":"a","$member":"1"}
{"data":"a","$member":true}
{"data":"a","$member":null}
{"data":"a","$member":9223372036854775808}
{"data":"a","$member":18446744073709551617}
{"data":"\\ud800"}
END
    expect 1 mqsend -j "$queue" < <(printf '{"data":"\xff"}\n')
    assert_message "mqsend: cannot send line 1"
    expect 1 mqsend -j "$queue" < <(head -c 1000000 /dev/zero | tr '\0' '[')
    assert_message "mqsend: cannot send line 1"
    assert_count "$queue" 0
  done
  expect 1 mqsend -j "$name" <<<'{"data":"a","priority":32768}'
  assert_message "line 1"
  expect 1 mqsend -j "$key" <<<'{"data":"a","type":0}'
  assert_message "line 1"
}

@test "--json: a member of the other API stops it with its line" {
  make_queue "$name"
  make_queue "$key"
  expect 1 mqsend -j "$name" < <(printf '%s\n' '{"data":"a"}' '{"data":"b","type":1}')
  assert_message "mqsend: cannot send line 2 to message queue '$name'" "hint"
  expect 1 mqsend -j "$key" < <(printf '%s\n' '{"data":"a"}' '{"data":"b","priority":1}')
  assert_message "mqsend: cannot send line 2 to message queue '$key'" "hint"
  assert_messages "$name" "0 a"
  assert_messages "$key" "1 a"
}

@test "--json: a message that is too long is called so" {
  local size
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for size in 8193 60000 1000000; do
      "$python" -c 'import json, sys; print(json.dumps({"data": "x" * int(sys.argv[1])}))' "$size" >"$tmp/lines"
      expect 1 mqsend -j "$queue" <"$tmp/lines"
      assert_message "mqsend: cannot send line 1 to message queue '$queue': Message too long"
    done
    # The longest way to write it.
    "$python" -c 'print("{\"data\":\"" + "\\u0001" * 8192 + "\"}")' >"$tmp/lines"
    expect 0 mqsend -j "$queue" <"$tmp/lines"
    expect 0 mqrecv -F %s "$queue"
    assert_equal "size" "$output" 8192
  done
}

@test "--priority: the highest is received first" {
  make_queue "$name"
  expect 0 mqsend -p 3 "$name" c
  expect 0 mqsend "$name" z
  expect 0 mqsend --priority=32767 "$name" a
  printf 'd\ne\n' | mqsend -p3 "$name"
  assert_messages "$name" "32767 a" "3 c" "3 d" "3 e" "0 z"
}

@test "--type: the message's type" {
  make_queue "$key"
  expect 0 mqsend -t 3 "$key" a
  expect 0 mqsend "$key" b
  expect 0 mqsend --type 9223372036854775807 "$key" c
  printf 'd\ne\n' | mqsend -t1 "$key"
  assert_messages "$key" "3 a" "1 b" "9223372036854775807 c" "1 d" "1 e"
}

@test "--lifo: mqrecv --lifo receives the last one first, of several senders too" {
  local i
  make_queue "$key" 16384
  seq 1000 | mqsend --lifo "$key"
  mqrecv --lifo --drain "$key" >"$tmp/received"
  seq 1000 -1 1 >"$tmp/wanted"
  assert_same_file "$tmp/received" "$tmp/wanted"
  for i in {0..19}; do
    if ((i % 2)); then
      seq $((i * 50 + 1)) $((i * 50 + 50)) | mqsend --lifo "$key"
    else
      # shellcheck disable=SC2046  # words
      mqsend --lifo "$key" $(seq $((i * 50 + 1)) $((i * 50 + 50)))
    fi
  done
  expect 0 mqrecv --lifo -n 400 "$key"
  seq 1000 -1 601 >"$tmp/wanted"
  echo "$output" >"$tmp/received"
  assert_same_file "$tmp/received" "$tmp/wanted"
  # A stack: what comes meanwhile is first.
  expect 0 mqsend --lifo "$key" new
  expect 0 mqrecv --lifo "$key"
  assert_equal "message" "$output" new
  mqrecv --lifo -w 0 -f "$key" >"$tmp/received" 2>/dev/null || true
  seq 600 -1 1 >"$tmp/wanted"
  assert_same_file "$tmp/received" "$tmp/wanted"
}

@test "--create makes a queue of the kernel's usual size, for its owner alone, whatever the umask" {
  local mask
  for queue in "$name" "$key"; do
    expect 1 mqsend "$queue" a
    assert_equal "message" "$stderr" \
      "mqsend: cannot open message queue '$queue': No such file or directory"$'\nmqsend: hint: --create makes it'
    for mask in 0 077 0777; do
      expect 0 "${under_umask[@]}" "$mask" mqsend --create "$queue" </dev/null
      assert_equal "mode" "$(mq_program mode "$queue")" 600
      expect 0 mqsend --create -m 666 "$queue" "under $mask"
      assert_equal "mode of the one that is there" "$(mq_program mode "$queue")" 600
      expect 0 mqrecv "$queue"
      assert_equal "message" "$output" "under $mask"
      remove_queue "$queue"
    done
  done
}

@test "--mode gives octal and symbolic permissions, whatever the umask" {
  local mode mask
  local -A modes=([640]=640 [0666]=666 [u=rw,g=r,o=r]=644 [g+r]=640 [a=rw]=666 [go=u]=666 [0777]=777)
  for queue in "$name" "$key"; do
    for mask in 0 0777; do
      for mode in "${!modes[@]}"; do
        expect 0 "${under_umask[@]}" "$mask" mqsend --create -x -m "$mode" "$queue" a
        assert_equal "permissions for --mode $mode" "$(mq_program mode "$queue")" "${modes[$mode]}"
        remove_queue "$queue"
      done
    done
  done
  for mode in 1777 888 u+q '' -1 '600 '; do
    expect 2 mqsend --create --mode "$mode" "$name" a
    assert_usage_error mqsend
  done
}

@test "--exclusive fails for a queue that exists, sends nothing, and lets one of many win" {
  local i pids winners
  for queue in "$name" "$key"; do
    expect 0 mqsend --create --exclusive "$queue" a
    expect 1 mqsend --create -x "$queue" b
    assert_message "mqsend: cannot create message queue '$queue': File exists"
    expect 0 mqrecv --drain "$queue"
    assert_equal "messages" "$output" a
    remove_queue "$queue"
    pids=() winners=0
    for i in {1..10}; do
      mqsend --create -x "$queue" "$i" 2>>"$tmp/messages" 3>&- 4>&- &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" && winners=$((winners + 1)); done
    assert_equal "how many made $queue" "$winners" 1
    assert_count "$queue" 1
  done
}

@test "--create: many at once send to the same queue" {
  local i pids
  for queue in "$name" "$key"; do
    pids=()
    for i in {0..9}; do
      mqsend --create "$queue" "$i" 3>&- 4>&- &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || fail "one of the senders fails"; done
    mqrecv --drain "$queue" | sort | tr -d '\n' >"$tmp/received"
    assert_equal "messages" "$(cat "$tmp/received")" 0123456789
  done
}

@test "--max-messages and --max-size: the limits of a new POSIX queue" {
  expect 0 mqsend --create --max-messages 2 --max-size 5 "$name" 12345 b
  expect 124 mqsend --nonblock "$name" c
  expect 1 mqsend "$name" 123456
  assert_message "message 1" "Message too long" "at most 5 bytes"
  expect 0 mqsend --create --max-size 1KiB "${name}b" "$(printf %01024d 0)"
  expect 1 mqsend "${name}b" "$(printf %01025d 0)"
  assert_count "$name" 2
}

@test "--qbytes: the bytes that a new System V queue holds" {
  expect 0 mqsend --create --qbytes 10 "$key" 12345 67890
  expect 124 mqsend --nonblock "$key" x
  expect 1 mqsend "$key" 12345678901
  assert_message "message 1" "Message too long" "this queue holds 10"
  expect 0 mqsend --create --qbytes 1K "$(key_at 1)" "$(printf %01024d 0)"
  assert_equal "limit" "$(ipcs -q -i "$(ipcs -q | awk -v key="$(key_at 1)" '$1 == key { print $2 }')" | grep -o 'qbytes=[0-9]*')" qbytes=1024
}

@test "a queue is named with or without its kind, by key, identifier and path" {
  local id reference
  expect 0 mqsend --create "mq:$name" a
  expect 0 mqsend "$name" b
  assert_messages "$name" "0 a" "0 b"
  expect 0 mqsend --create "mq:$key" a
  id=$(ipcs -q | awk -v key="$key" '$1 == key { print $2 }')
  expect 0 mqsend "@$id" b
  expect 0 mqsend "mq:@$id" c
  expect 0 mqsend "$((key))" d
  assert_messages "$key" "1 a" "1 b" "1 c" "1 d"
  reference=$(ftok_reference "$tmp/file")
  expect 0 mqsend --create "$reference" a
  expect 0 mqsend "mq:$reference" b
  expect 0 mqrecv --drain "$reference"
  ipcrm -Q "$("$python" "$partners/ftok_key.py" "$(cut -d: -f2 <<<"$reference")" 1)"
  assert_equal "messages" "$output" $'a\nb'
}

@test "private is refused, with a hint at ipcnew" {
  expect 2 mqsend private a
  assert_usage_error mqsend "'private'" "ipcnew"
  expect 2 mqsend --create mq:private a
  assert_usage_error mqsend "'private'" "ipcnew"
}

@test "wrong usage of each kind" {
  local queue
  local -a both=('' --nonsense -Y '--timeout=x' '-w -1' '--timeout' '--null --whole' '-0 -j' '--len32 --json' '--raw --len32'
    '--exclusive' '-x' '-m 600' '--mode=600' '--create -m x' '--creat' '--nonblock=1')
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for words in "${both[@]}"; do
      # shellcheck disable=SC2086  # words
      expect 2 mqsend $words ${words:+"$queue"} </dev/null
      assert_usage_error mqsend
    done
    for words in -0 --null --whole --raw --len32 -j --json; do
      expect 2 mqsend "$words" "$queue" message
      assert_usage_error mqsend "and MESSAGE exclude each other"
    done
    assert_count "$queue" 0
  done
  for words in '-t 1' --type=1 --lifo '--create --qbytes 10'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqsend $words "$name" a
    assert_usage_error mqsend "is for System V queues"
  done
  for words in '-p 1' --priority=0 '--create --max-messages 1' '--create --max-size 1'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqsend $words "$key" a
    assert_usage_error mqsend "is for POSIX queues"
  done
  for words in '-p -1' '-p 32768' '-p x' '-p 1x' '-p' '--max-messages 1' '--max-size 1' '--create --max-messages 0' \
    '--create --max-size 0' '--create --max-size x'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqsend "$name" $words
    assert_usage_error mqsend
  done
  for words in '-t 0' '-t -1' '-t 9223372036854775808' '-t x' '--lifo -t 1' '-t 1 --lifo' '--qbytes 1' '--create --qbytes 0'; do
    # shellcheck disable=SC2086  # words
    expect 2 mqsend "$key" $words </dev/null
    assert_usage_error mqsend
  done
}

@test "a message that looks like an option gets the hint at --" {
  local message
  make_queue "$name"
  for message in -1 -15 -1.5 '- x'; do
    expect 2 mqsend "$name" "$message"
    assert_usage_error mqsend "unknown option" "(an operand that begins with '-' follows '--')"
  done
  expect 0 mqsend "$name" -- -1
  expect 2 mqsend "$name" --foo
  [[ $stderr != *follows* ]] || fail "$stderr"
}

@test "a wrong reference is wrong usage" {
  local reference
  for reference in frame /a/b / '' 0 0x0 @ @x shm:/a sem:/a file:/tmp/x ftok: mq: 018; do
    expect 2 mqsend --create "$reference" a
    assert_usage_error mqsend
  done
  expect 2 mqsend frame a
  assert_usage_error mqsend "did you mean '/frame'"
}

@test "a standard input that cannot be read is an error" {
  make_queue "$name"
  expect 1 mqsend "$name" <"$tmp"
  assert_message "mqsend: cannot read standard input: Is a directory"
  expect 1 "${without_stdin[@]}" mqsend "$name"
  assert_message "mqsend: cannot read standard input: Bad file descriptor"
}

@test "what was not sent of a file is left for the next program" {
  for queue in "$name" "$key"; do
    # Room for three of one byte.
    make_queue "$queue" 3
    printf '%s\n' 1 2 3 4 5 >"$tmp/lines"
    { expect 124 mqsend --nonblock "$queue" && rest=$(cat); } <"$tmp/lines"
    assert_message "mqsend: no room for line 4 in message queue '$queue' within the time allowed"
    assert_equal "rest" "$rest" $'4\n5'
    expect 0 mqrecv --drain "$queue"
    printf '1\0002\0003\0004\0005' >"$tmp/records"
    { expect 124 mqsend -0 --nonblock "$queue" && rest=$(tr '\0' ' '); } <"$tmp/records"
    assert_message "no room for record 4"
    assert_equal "rest" "$rest" '4 5'
    expect 0 mqrecv --drain "$queue"
    printf '\0\0\0\001%s' 1 2 3 4 5 >"$tmp/records"
    { expect 124 mqsend --len32 --nonblock "$queue" && rest=$(tr '\0\1' .:); } <"$tmp/records"
    assert_equal "rest" "$rest" '...:4...:5'
    expect 0 mqrecv --drain "$queue"
    printf '{"data":"%s"}\n' 1 2 3 4 5 >"$tmp/lines"
    { expect 124 mqsend -j --nonblock "$queue" && rest=$(cat); } <"$tmp/lines"
    assert_equal "rest" "$rest" $'{"data":"4"}\n{"data":"5"}'
    expect 0 mqrecv --drain "$queue"
    # From a position in the file, and with much behind it.
    { echo before && echo 1 && head -c 9000 /dev/zero && echo && seq 100000; } >"$tmp/lines"
    {
      IFS= read -r _
      expect 1 mqsend "$queue"
      tail -c +9002 >"$tmp/rest"
    } <"$tmp/lines"
    seq 100000 >"$tmp/wanted"
    assert_same_file "$tmp/rest" "$tmp/wanted"
    printf '1\n{\nrest\n' >"$tmp/lines"
    expect 0 mqrecv --drain "$queue"
    printf '{"data":"1"}\n{\nrest\n' >"$tmp/lines"
    { expect 1 mqsend -j "$queue" && rest=$(cat); } <"$tmp/lines"
    assert_equal "rest" "$rest" $'{\nrest'
  done
}

@test "what is in a file after --whole is nothing" {
  make_queue "$name"
  echo text >"$tmp/input"
  { expect 0 mqsend --whole "$name" && rest=$(cat); } <"$tmp/input"
  assert_equal "rest" "$rest" ""
}
