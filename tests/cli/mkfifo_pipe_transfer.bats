# mkfifo-pipe --send and --receive: waiting for each other, ends, and that no byte is lost on the way.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/fifo_helpers

@test "trap: without a reader a writer blocks in open(2) for ever; -s waits as long as it may" {
  local start
  mkfifo "$fifo"
  expect 124 timeout 0.2 bash -c 'echo x >"$1"' bash "$fifo"
  start=$(now)
  expect 124 mkfifo-pipe -s -w 0.2 "$fifo" <<<x
  assert_took "$start" 200
  assert_equal "message" "$stderr" "mkfifo-pipe: FIFO '$fifo' had no reader within the time allowed"
  for words in "-w 0" --nonblock "-w 1ms" "-w 0 --keep-open" "-w 0 --records"; do
    # shellcheck disable=SC2086  # words
    expect 124 mkfifo-pipe -s $words "$fifo" <<<x
  done
}

@test "trap: without a writer a reader blocks in open(2) for ever; -r waits as long as it may" {
  local start
  mkfifo "$fifo"
  expect 124 timeout 0.2 cat "$fifo"
  start=$(now)
  expect 124 mkfifo-pipe -r -w 0.2 "$fifo"
  assert_took "$start" 200
  assert_equal "message" "$stderr" "mkfifo-pipe: FIFO '$fifo' had no writer within the time allowed"
  for words in "-w 0" --nonblock "-w 1ms" "-w 0 --keep-open" "-w 0 -n 2" "-w 0 --idle 30"; do
    # shellcheck disable=SC2086  # words
    expect 124 mkfifo-pipe -r $words "$fifo"
  done
}

@test "who comes in time is no reason to give up, even if it is silent, and -w is for each wait" {
  start_ready -r -w 0.6 "$fifo" >"$tmp/received"
  exec 7>"$fifo"
  sleep 0.7
  kill -0 "$pid"
  echo late >&7
  exec 7>&-
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/received")" late
  start_fed mkfifo-pipe -s -w 0.6 "$fifo"
  exec 9<>"$fifo"
  sleep 0.7
  kill -0 "$pid"
  echo late >&7
  read -r line <&9
  exec 7>&-
  finish 0 "$pid"
  assert_equal "what came" "$line" late
}

@test "-r --keep-open -w: every writer is waited for so long" {
  start_ready -r --keep-open -w 0.8 "$fifo" >"$tmp/received" 2>"$tmp/errors"
  echo 1 >"$fifo"
  wait_until "the first has come" has_size "$tmp/received" 2
  timeout 120 bash -c 'echo 2 >"$1"' bash "$fifo"
  wait_until "the second has come" has_size "$tmp/received" 4
  finish 124 "$pid"
  assert_contains "message" "$(<"$tmp/errors")" "FIFO '$fifo' had no writer within the time allowed"
}

@test "-w inf and no -w wait; a signal ends the wait" {
  local words
  mkfifo "$fifo"
  for words in "-s" "-r" "-s -w inf" "-r -w inf" "-s --keep-open" "-r --keep-open" "-s --records"; do
    # shellcheck disable=SC2086  # words
    start_ready $words "$fifo" <<<x
    wait_until "it waits" is_asleep "$pid"
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "trap: cat ends with the first writer, and the second one blocks; --keep-open goes on until a signal" {
  local number signal
  mkfifo "$fifo"
  start cat "$fifo"
  echo 1 >"$fifo"
  finish 0 "$pid"
  expect 124 timeout 0.2 bash -c 'echo 2 >"$1"' bash "$fifo"
  for signal in INT TERM HUP; do
    start_ready -r --keep-open --remove "$fifo" >"$tmp/received"
    for number in {1..20}; do timeout 5 bash -c 'echo "$1" >"$2"' bash "$number" "$fifo"; done
    wait_until "all have come" has_size "$tmp/received" 51
    kill -"$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    assert_equal "lines" "$(<"$tmp/received")" "$(seq 20)"
    assert_gone "$fifo"
  done
}

@test "-n N: so many writers; those whose times overlap are one, and a silent one counts" {
  start_ready -r -n 3 "$fifo" >"$tmp/received"
  exec 7>"$fifo" 8>"$fifo"
  echo 1 >&7
  exec 7>&-
  echo 2 >&8
  exec 8>&-
  wait_until "the first two have come" has_size "$tmp/received" 4
  expect 0 mkfifo-pipe -s -w 10 "$fifo" <<<3
  kill -0 "$pid"
  wait_until "the third has come" has_size "$tmp/received" 6
  sleep 0.05
  : >"$fifo"
  finish 0 "$pid"
  assert_equal "lines" "$(<"$tmp/received")" $'1\n2\n3'
  start_ready -r -n 2 --keep-open "$fifo" >"$tmp/received"
  exec 7>"$fifo" 7>&-
  expect 0 mkfifo-pipe -s -w 10 "$fifo" <<<x
  finish 0 "$pid"
}

@test "--idle: ends when nothing has come for so long, with a writer and without" {
  local start
  start=$(now)
  expect 0 mkfifo-pipe -r --idle 0.2 "$fifo"
  assert_took "$start" 200
  assert_silent
  expect 0 mkfifo-pipe -r --idle 0 "$fifo"
  start_ready -r --idle 0.5 "$fifo" >"$tmp/received"
  exec 7>"$fifo"
  start=$(now)
  for ((i = 0; i < 3; i++)); do
    echo "$i" >&7
    sleep 0.2
  done
  kill -0 "$pid"
  echo last >&7
  finish 0 "$pid"
  assert_took "$start" 1100
  exec 7>&-
  assert_equal "lines" "$(<"$tmp/received")" $'0\n1\n2\nlast'
  start_ready -r --keep-open --idle 0.6 "$fifo" >"$tmp/received"
  echo 1 >"$fifo"
  wait_until "the first has come" has_size "$tmp/received" 2
  timeout 5 bash -c 'echo 2 >"$1"' bash "$fifo"
  finish 0 "$pid"
  assert_equal "lines" "$(<"$tmp/received")" $'1\n2'
  expect 124 mkfifo-pipe -r --idle 20 -w 0.1 "$fifo"
  expect 0 mkfifo-pipe -r --idle 0.1 -w 20 "$fifo"
}

@test "trap: what is written through 1<>FIFO is lost with the writer, who is told nothing; -s delivers or fails" {
  mkfifo "$fifo"
  expect 0 bash -c 'echo lost 1<>"$1"' bash "$fifo"
  expect 124 timeout 0.2 cat "$fifo"
  assert_equal "what the next reader gets" "$output" ""
  # And so is what was written to a reader who leaves.
  start bash -c 'echo lost >"$1"' bash "$fifo"
  exec 8<"$fifo"
  finish 0 "$pid"
  exec 8<&-
  start mkfifo-pipe -s "$fifo" <<<text 2>"$tmp/errors"
  exec 8<"$fifo"
  wait_until "it has been written" has_unread 8 5
  exec 8<&-
  finish 1 "$pid"
  assert_equal "message" "$(<"$tmp/errors")" "mkfifo-pipe: 5 bytes in FIFO '$fifo' were not read: its reader has gone"
  start mkfifo-pipe -s "$fifo" <<<text
  exec 8<"$fifo"
  wait_until "it has been written" has_unread 8 5
  kill -0 "$pid" || fail "it has not waited for the end to be read"
  read -r line <&8
  finish 0 "$pid"
  exec 8<&-
  assert_equal "what came" "$line" text
}

@test "-s to a reader that reads a part and goes: exit 1, also in the middle of much data" {
  local words
  mkfifo "$fifo"
  for words in "" --records; do
    start head -c 10 "$fifo"
    # shellcheck disable=SC2086  # words
    expect 1 mkfifo-pipe -s $words "$fifo" <<<"more than ten bytes"
    assert_message "bytes in FIFO '$fifo' were not read: its reader has gone"
    start head -c 100000 "$fifo"
    # shellcheck disable=SC2086
    expect 1 mkfifo-pipe -s $words "$fifo" < <(seq 1000000)
    assert_message "its reader has gone"
  done
}

@test "-s -w: a reader that does not read is given up, and what it has not read is told" {
  local start
  mkfifo "$fifo"
  exec 8<>"$fifo"
  start=$(now)
  expect 124 mkfifo-pipe -s -w 0.2 "$fifo" <<<text
  assert_took "$start" 200
  assert_equal "message" "$stderr" "mkfifo-pipe: 5 bytes in FIFO '$fifo' were not read within the time allowed"
  head -c 5 <&8
  expect 124 mkfifo-pipe -s -w 0.1 "$fifo" < <(seq 1000000)
  assert_message "bytes in FIFO '$fifo' and the rest of the input were not read within the time allowed"
  exec 8>&-
  mkfifo "${fifo}b"
  start mkfifo-pipe -s "${fifo}b" <<<text 2>"$tmp/errors"
  exec 8<"${fifo}b"
  wait_until "it has been written" has_unread 8 5
  kill "$pid"
  finish 143 "$pid"
  assert_equal "message after a signal" "$(<"$tmp/errors")" "mkfifo-pipe: 5 bytes in FIFO '${fifo}b' were not read"
  exec 8<&-
}

@test "an empty input is a writer that has come and gone" {
  local words
  for words in "" --records "--keep-open"; do
    start_ready -r --remove "$fifo" >"$tmp/received"
    # shellcheck disable=SC2086  # words
    expect 0 mkfifo-pipe -s -w 10 $words "$fifo" </dev/null
    assert_silent
    finish 0 "$pid"
    assert_equal "what came" "$(<"$tmp/received")" ""
    assert_gone "$fifo"
  done
}

@test "bytes of any value, from and to files, pipes and other tools" {
  local from to
  content "$tmp/input" 3145739
  printf '\0\n\0' >>"$tmp/input"
  for from in file pipe; do
    for to in file append pipe; do
      : >"$tmp/received"
      if [[ $from == file ]]; then start mkfifo-pipe -s "$fifo" <"$tmp/input"; else start mkfifo-pipe -s "$fifo" < <(cat "$tmp/input"); fi
      case $to in
        file) mkfifo-pipe -r "$fifo" >"$tmp/received" ;;
        append) mkfifo-pipe -r "$fifo" >>"$tmp/received" ;;
        pipe) mkfifo-pipe -r "$fifo" | cat >"$tmp/received" ;;
      esac
      finish 0 "$pid"
      assert_same_file "$tmp/received" "$tmp/input"
    done
  done
  start cat "$fifo" >"$tmp/received"
  expect 0 mkfifo-pipe -s "$fifo" <"$tmp/input"
  finish 0 "$pid"
  assert_same_file "$tmp/received" "$tmp/input"
  start mkfifo-pipe -r "$fifo" >"$tmp/received"
  wait_until "it reads" has_open "$pid" "$fifo"
  cat "$tmp/input" >"$fifo"
  finish 0 "$pid"
  assert_same_file "$tmp/received" "$tmp/input"
}

@test "-s begins at the position of its input" {
  start_ready -r "$fifo" >"$tmp/received"
  printf 'head\ntail\n' >"$tmp/input"
  expect 0 bash -c 'read -r _; exec mkfifo-pipe -s "$1"' bash "$fifo" <"$tmp/input"
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/received")" tail
}

@test "a hundred million bytes pass" {
  local amount=100000000
  [[ -z $IPCUTILS_SANITIZED ]] || amount=10000000
  start bash -c 'head -c "$1" /dev/urandom | tee >(md5sum >"$2") | mkfifo-pipe -s "$3"' bash "$amount" "$tmp/sent" "$fifo"
  mkfifo-pipe -r "$fifo" | md5sum >"$tmp/received"
  finish 0 "$pid"
  wait_until "all was summed" test -s "$tmp/sent"
  assert_same_file "$tmp/received" "$tmp/sent"
}

@test "small capacities and -w at both ends lose nothing" {
  seq 40000 >"$tmp/input"
  start mkfifo-pipe -s --capacity 1 -w 20 "$fifo" <"$tmp/input"
  mkfifo-pipe -r --capacity 4096 -w 20 "$fifo" | cat >"$tmp/received"
  finish 0 "$pid"
  assert_same_file "$tmp/received" "$tmp/input"
}

@test "whoever comes first, not a byte is lost" {
  local i delays
  for i in {1..25}; do
    delays=("0.00$((RANDOM % 10))" "0.00$((RANDOM % 10))")
    seq $((RANDOM % 20000)) >"$tmp/input"
    expect 0 timeout 20 bash -c '
      { sleep "$3"; exec mkfifo-pipe -s -w 10 "$1" <"$2/input"; } &
      { sleep "$4"; exec mkfifo-pipe -r -w 10 "$1" >"$2/received"; } && wait $!' bash "$fifo" "$tmp" "${delays[@]}"
    assert_same_file "$tmp/received" "$tmp/input"
    ((i % 2)) || rm "$fifo"
  done
}

@test "-r --keep-open: of a hundred writers that come one upon the other, nothing is lost" {
  start_ready -r --keep-open "$fifo" >"$tmp/received"
  expect 0 bash -c 'for ((i = 0; i < 100; i++)); do echo "$i" >"$1"; done' bash "$fifo"
  for ((i = 100; i < 115; i++)); do mkfifo-pipe -s -w 10 "$fifo" <<<"$i"; done
  wait_until "all have come" has_size "$tmp/received" 350
  kill "$pid"
  finish 143 "$pid"
  assert_equal "lines" "$(<"$tmp/received")" "$(seq 0 114)"
}

@test "-s --keep-open hands over from reader to reader without a lost byte; a shell's > dies with the first" {
  mkfifo "$fifo"
  start bash -c 'seq 100000 >"$1"' bash "$fifo"
  head -c 1000 "$fifo" >/dev/null
  finish 141 "$pid"
  seq 100000 >"$tmp/input"
  for from in file pipe; do
    if [[ $from == file ]]; then start mkfifo-pipe -s --keep-open -w 20 "$fifo" <"$tmp/input"; else start mkfifo-pipe -s --keep-open "$fifo" < <(seq 100000); fi
    : >"$tmp/received"
    for ((i = 1; i <= 30; i++)); do head -c $((i * 311)) "$fifo" >>"$tmp/received"; done
    cat "$fifo" >>"$tmp/received"
    finish 0 "$pid"
    assert_same_file "$tmp/received" "$tmp/input"
  done
}

@test "-s --keep-open: what is left is for the next reader, who is waited for, and -w bounds that" {
  mkfifo "$fifo"
  start mkfifo-pipe -s --keep-open "$fifo" <<<text
  [[ $(head -c 2 "$fifo") == te ]]
  kill -0 "$pid"
  assert_equal "what the next one gets" "$(timeout 10 cat "$fifo")" xt
  finish 0 "$pid"
  start mkfifo-pipe -s --keep-open -w 0.2 "$fifo" <<<text 2>"$tmp/errors"
  [[ $(head -c 2 "$fifo") == te ]]
  finish 124 "$pid"
  assert_contains "message" "$(<"$tmp/errors")" "3 bytes in FIFO '$fifo' were not read within the time allowed"
}

@test "several receivers of several FIFOs at once, each gets its own" {
  local i
  expect 0 mkfifo-pipe "$fifo"{1..5}
  expect 0 timeout 20 bash -c '
    for i in {1..5}; do mkfifo-pipe -r "$1$i" >"$1.out$i" & running+=($!); done
    for i in {1..5}; do seq "${i}0000" | mkfifo-pipe -s -w 10 "$1$i" & running+=($!); done
    for i in "${running[@]}"; do wait "$i" || exit; done' bash "$fifo"
  for i in {1..5}; do assert_equal "lines of $i" "$(<"$fifo.out$i")" "$(seq "${i}0000")"; done
}

@test "standard output that is full, closed or a directory's is exit 1; so is such a standard input" {
  start mkfifo-pipe -s -w 20 "$fifo" < <(seq 100000)
  expect 1 "${into_full[@]}" mkfifo-pipe -r --remove "$fifo"
  assert_message "mkfifo-pipe: cannot write standard output: No space left on device"
  finish 1 "$pid"
  assert_gone "$fifo"
  start mkfifo-pipe -s -w 20 "$fifo" < <(seq 100000)
  expect 1 "${without_stdout[@]}" mkfifo-pipe -r "$fifo"
  assert_message "mkfifo-pipe: cannot write standard output: Bad file descriptor"
  finish 1 "$pid"
  for words in "" --records; do
    start cat "$fifo"
    # shellcheck disable=SC2086  # words
    expect 1 "${without_stdin[@]}" mkfifo-pipe -s -w 20 $words "$fifo"
    assert_message "mkfifo-pipe: cannot read standard input: Bad file descriptor"
    finish 0 "$pid"
    start cat "$fifo"
    # shellcheck disable=SC2086
    expect 1 mkfifo-pipe -s -w 20 $words "$fifo" </
    assert_message "mkfifo-pipe: cannot read standard input: Is a directory"
    finish 0 "$pid"
  done
}

@test "-r dies of SIGPIPE as soon as nobody reads its output: while idle, before any writer, and in the middle" {
  local state
  mkfifo "$tmp/output"
  for state in "no writer" "silent writer" "stalled reader"; do
    exec 8<>"$tmp/output"
    start_ready -r --keep-open --remove "$fifo" >"$tmp/output"
    case $state in
      silent*) exec 7>"$fifo" ;;
      stalled*)
        start bash -c 'seq 1000000 >"$1"' bash "$fifo"
        wait_until "the output is full" is_asleep "$pid"
        pid=${started[-2]}
        wait_until "it waits" is_asleep "$pid"
        ;;
    esac
    exec 8>&-
    finish 141 "$pid"
    exec 7>&-
    assert_gone "$fifo"
  done
}

@test "-r dies of SIGPIPE when its output is a socket or a terminal whose other end goes" {
  expect 0 "$python" "$partners/gone_output.py" mkfifo-pipe -r "$fifo"
  assert_equal "how it ended" "$output" $'socket: -13\nterminal: -13'
}

@test "a signal ends -r while its output is full, and -s while its input is silent" {
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  start_ready -r --remove "$fifo" >"$tmp/output"
  local receiver=$pid
  start bash -c 'seq 1000000 >"$1"' bash "$fifo"
  wait_until "it is stuck" is_asleep "$pid"
  wait_until "it waits" is_asleep "$receiver"
  kill "$receiver"
  finish 143 "$receiver"
  assert_gone "$fifo"
  exec 8>&-
  start_fed mkfifo-pipe -s --remove "${fifo}b"
  wait_until "there is a FIFO" test -p "${fifo}b"
  exec 9<"${fifo}b"
  kill -INT "$pid"
  finish 130 "$pid"
  exec 9<&- 7>&-
  assert_gone "${fifo}b"
}

@test "a signal ends -s while the FIFO is full, and what lies in it is told" {
  local words
  mkfifo "$fifo"
  exec 8<>"$fifo"
  for words in "" --records --keep-open "--records --keep-open -w 20"; do
    # shellcheck disable=SC2086  # words
    start mkfifo-pipe -s --capacity 65536 $words "$fifo" < <(exec seq 1000000 8>&-) 2>"$tmp/errors"
    wait_until "it is full" is_stuck "$pid" 8
    kill "$pid"
    finish 143 "$pid"
    assert_contains "message" "$(<"$tmp/errors")" "bytes in FIFO '$fifo' and the rest of the input were not read"
    head -c "$(unread 8)" <&8 >/dev/null
  done
  exec 8>&-
}

# Whether process $1 has filled the pipe of descriptor $2, and waits.
is_stuck() {
  local bytes
  bytes=$(unread "$2")
  ((bytes > 0)) && is_asleep "$1" && has_unread "$2" "$bytes"
}

@test "SIGKILL of either side in the middle: the other one ends, and the FIFO serves again" {
  local i receiver
  for i in {1..6}; do
    start_ready -r "$fifo" >"$tmp/received"
    receiver=$pid
    start mkfifo-pipe -s -w 20 "$fifo" < <(seq 100000000) 2>"$tmp/errors"
    wait_until "some has come" test -s "$tmp/received"
    sleep "0.0$((i * 3 % 10))"
    if ((i % 2)); then
      kill -KILL "$pid"
      finish 0 "$receiver"
    else
      kill -KILL "$receiver"
      finish 1 "$pid"
      assert_contains "message" "$(<"$tmp/errors")" "its reader has gone"
    fi
    cmp -n "$(stat -c %s "$tmp/received")" "$tmp/received" <(seq 100000000)
  done
  start_ready -r "$fifo" >"$tmp/received"
  expect 0 mkfifo-pipe -s -w 10 "$fifo" <<<x
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/received")" x
}

@test "--progress draws on standard error alone" {
  content "$tmp/input" 3000000
  start mkfifo-pipe -s --progress=always "$fifo" <"$tmp/input" 2>"$tmp/bar"
  mkfifo-pipe -r --progress=always "$fifo" >"$tmp/received" 2>"$tmp/bar.r"
  finish 0 "$pid"
  assert_same_file "$tmp/received" "$tmp/input"
  assert_contains "bar of -s" "$(<"$tmp/bar")" "100%"
  assert_contains "bar of -r" "$(<"$tmp/bar.r")" "2.86 MiB"
}

@test "--zero-copy sends a file just as well, and goes with nothing but --send of bytes" {
  head -c 3000000 /dev/urandom >"$tmp/input"
  start mkfifo-pipe --receive "$fifo" >"$tmp/output"
  expect 0 mkfifo-pipe --send --zero-copy "$fifo" <"$tmp/input"
  finish 0 "$pid"
  cmp "$tmp/input" "$tmp/output"
  for options in "--receive" "--send --records"; do
    # shellcheck disable=SC2086 # several options
    expect 2 mkfifo-pipe $options --zero-copy "$fifo"
    assert_usage_error mkfifo-pipe "--zero-copy"
  done
}
