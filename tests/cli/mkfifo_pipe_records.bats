# mkfifo-pipe --send --records and --on-full: lines that stay whole, and senders that no reader stops.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/fifo_helpers

# long_lines LETTER: many of them, of 3000 bytes.
long_lines() { yes "$(printf '%2999s' '' | tr ' ' "$1")" | head -n 300; }

# Lines in which letters meet.
mixed_lines() { grep -Evc '^(a*|b*)$' "$1" || true; }

@test "trap: lines of two writers mix; with --records they do not" {
  local i sender
  mkfifo "$fifo"
  long_lines a >"$tmp/a"
  long_lines b >"$tmp/b"
  for i in {1..20}; do
    start cat "$fifo" >"$tmp/received"
    timeout 20 bash -c 'cat "$2/a" >"$1" & exec 5>"$1"; cat "$2/b" >&5; wait' bash "$fifo" "$tmp"
    finish 0 "$pid"
    (($(mixed_lines "$tmp/received") == 0)) || break
  done
  (($(mixed_lines "$tmp/received") > 0)) || fail "the lines of two cats do not mix"
  for i in {1..3}; do
    start_ready -r "$fifo" >"$tmp/received"
    exec 7>"$fifo" # holds it open between the two
    start mkfifo-pipe -s --records "$fifo" <"$tmp/a"
    sender=$pid
    expect 0 mkfifo-pipe -s --records "$fifo" <"$tmp/b"
    finish 0 "$sender"
    exec 7>&-
    finish 0 "${started[-2]}"
    assert_equal "mixed lines" "$(mixed_lines "$tmp/received")" 0
    assert_same_file <(sort "$tmp/received") <(cat "$tmp/a" "$tmp/b")
  done
}

@test "--records: lines of all lengths of many writers all arrive whole" {
  local i
  "$python" - "$tmp" <<'END'
import random, sys
random.seed(7)
for writer in range(6):
    with open(f"{sys.argv[1]}/input{writer}", "wb") as file:
        for number in range(400):
            size = random.choice([0, 50, 4096, random.randrange(4096)])
            begin = b"%d.%d:" % (writer, number)
            file.write(begin + bytes(random.choices(b"xyz\0\xff", k=max(size - len(begin) - 1, 0))) + b"\n")
END
  start_ready -r "$fifo" >"$tmp/received"
  exec 7>"$fifo"
  expect 0 timeout 30 bash -c '
    for i in {0..5}; do mkfifo-pipe -s --records "$1" <"$2/input$i" & running+=($!); done
    for i in "${running[@]}"; do wait "$i" || exit; done' bash "$fifo" "$tmp"
  exec 7>&-
  finish 0 "$pid"
  assert_same_file <(sort "$tmp/received") <(sort "$tmp/input"{0..5})
  # Each writer's lines come in their order.
  for i in {0..5}; do assert_same_file <(grep -a "^$i\." "$tmp/received") "$tmp/input$i"; done
}

@test "--records: up to PIPE_BUF bytes with the newline; longer ones are left out, told and exit 1" {
  local limit
  limit=$(getconf PIPE_BUF /)
  "$python" - "$limit" "$tmp" <<'END'
import sys
limit = int(sys.argv[1])
lines = [b"a", b"b" * (limit - 1), b"c" * limit, b"", b"d" * (10 * limit), b"e" * 200000, b"f\0\xff"]
with open(f"{sys.argv[2]}/input", "wb") as file: file.write(b"\n".join(lines))
with open(f"{sys.argv[2]}/wanted", "wb") as file: file.write(b"\n".join(line for line in lines if len(line) < limit))
END
  for words in "" "--on-full=block" "--on-full=drop"; do
    for how in file pipe bytes; do
      start_ready -r "$fifo" >"$tmp/received"
      # shellcheck disable=SC2086  # words
      case $how in
        file) expect 1 mkfifo-pipe -s --records -w 20 $words "$fifo" <"$tmp/input" ;;
        pipe) expect 1 mkfifo-pipe -s --records -w 20 $words "$fifo" < <(cat "$tmp/input") ;;
        bytes) expect 1 mkfifo-pipe -s --records -w 20 $words "$fifo" < <(dd if="$tmp/input" obs=999 status=none) ;;
      esac
      finish 0 "$pid"
      assert_same_file "$tmp/received" "$tmp/wanted"
      assert_equal "messages" "$stderr" "mkfifo-pipe: line 3 is longer than PIPE_BUF, $limit bytes, and left out
mkfifo-pipe: line 5 is longer than PIPE_BUF, $limit bytes, and left out
mkfifo-pipe: line 6 is longer than PIPE_BUF, $limit bytes, and left out"
    done
  done
}

@test "--records: the last line may go without newline, up to the same limit" {
  local limit size status
  limit=$(getconf PIPE_BUF /)
  for size in 1 $((limit - 1)) "$limit" $((limit + 1)); do
    head -c "$size" /dev/zero >"$tmp/input"
    start_ready -r "$fifo" >"$tmp/received"
    status=$((size > limit))
    expect "$status" mkfifo-pipe -s --records -w 10 "$fifo" <"$tmp/input"
    finish 0 "$pid"
    if ((status)); then
      assert_message "line 1 is longer than PIPE_BUF"
      assert_equal "size" "$(stat -c %s "$tmp/received")" 0
    else
      assert_same_file "$tmp/received" "$tmp/input"
    fi
  done
}

@test "--records --null: records end in NUL, and may have newlines" {
  local limit
  limit=$(getconf PIPE_BUF /)
  { printf 'a\nb\0\0' && head -c "$limit" /dev/zero | tr '\0' x && printf '\0c'; } >"$tmp/input"
  start_ready -r "$fifo" >"$tmp/received"
  expect 1 mkfifo-pipe -s --records -0 -w 10 "$fifo" <"$tmp/input"
  assert_equal "message" "$stderr" "mkfifo-pipe: record 3 is longer than PIPE_BUF, $limit bytes, and left out"
  finish 0 "$pid"
  printf 'a\nb\0\0c' >"$tmp/wanted"
  assert_same_file "$tmp/received" "$tmp/wanted"
}

@test "--records: a line goes as soon as it is there, and one that is not complete waits for its end" {
  start_ready -r "$fifo" >"$tmp/received"
  start_fed mkfifo-pipe -s --records -w 20 "$fifo"
  echo first >&7
  wait_until "the first line has come" has_size "$tmp/received" 6
  printf 'second\nth' >&7
  wait_until "the second line has come" has_size "$tmp/received" 13
  echo ird >&7
  wait_until "the third line has come" has_size "$tmp/received" 19
  exec 7>&-
  finish 0 "$pid"
  finish 0 "${started[0]}"
  assert_equal "lines" "$(<"$tmp/received")" $'first\nsecond\nthird'
}

@test "--records: a signal while a line is not complete: its beginning is not sent as a line" {
  start_ready -r "$fifo" >"$tmp/received"
  start_fed mkfifo-pipe -s --records "$fifo"
  printf 'whole\nhal' >&7
  wait_until "the whole line has come" has_size "$tmp/received" 6
  kill "$pid"
  finish 143 "$pid"
  exec 7>&-
  finish 0 "${started[0]}"
  assert_equal "lines" "$(<"$tmp/received")" whole
}

@test "--records --keep-open: a reader that goes leaves the rest to the next one" {
  mkfifo "$fifo"
  seq 30000 >"$tmp/input"
  start mkfifo-pipe -s --records --keep-open -w 20 "$fifo" <"$tmp/input"
  for ((i = 1; i <= 10; i++)); do head -c $((i * 999)) "$fifo"; done >"$tmp/received"
  cat "$fifo" >>"$tmp/received"
  finish 0 "$pid"
  assert_same_file "$tmp/received" "$tmp/input"
}

@test "trap: a reader that stalls stops who writes a log; --on-full=drop goes on, and counts" {
  mkfifo "$fifo"
  exec 9<>"$fifo"
  expect 124 timeout 0.3 bash -c 'seq 100000 >"$1"' bash "$fifo"
  head -c "$(unread 9)" <&9 >/dev/null
  start_fed mkfifo-pipe -s --on-full=drop -w 10 "$fifo" 2>"$tmp/errors"
  expect 0 timeout 10 bash -c 'seq 100000 >&7; seq 100001 100010 >&7'
  exec 7>&-
  wait_until "what was dropped is told" grep -q dropped "$tmp/errors"
  head -c "$(unread 9)" <&9 >"$tmp/received"
  finish 0 "$pid"
  exec 9>&-
  local dropped received
  read -r _ dropped _ <"$tmp/errors"
  received=$(wc -l <"$tmp/received")
  assert_equal "message" "$(<"$tmp/errors")" "mkfifo-pipe: $dropped records were dropped: FIFO '$fifo' was full or had no reader"
  assert_equal "lines received and dropped" $((received + dropped)) 100010
  ((received > 1000)) || fail "only $received lines found room"
  awk '$0 !~ /^[0-9]+$/ || $0 <= last { exit 1 } { last = $0 }' "$tmp/received" || fail "lines are cut, or in another order"
}

@test "--on-full=drop: a reader that never comes back: what lies there is told after -w, or a second" {
  local start
  mkfifo "$fifo"
  exec 8<>"$fifo"
  start=$(now)
  expect 124 mkfifo-pipe -s --on-full=drop -w 0.1 "$fifo" < <(seq 10)
  assert_took "$start" 100
  assert_equal "message" "$stderr" "mkfifo-pipe: 21 bytes in FIFO '$fifo' were not read within the time allowed"
  start=$(now)
  expect 124 mkfifo-pipe -s --on-full=drop "$fifo" <<<x
  assert_took "$start" 1000
  exec 8>&-
}

@test "--on-full=drop: without a reader nothing waits, all is counted; -q does not tell" {
  expect 0 mkfifo-pipe -s --on-full=drop -w 30 "$fifo" < <(seq 1000; printf unfinished)
  assert_equal "message" "$stderr" "mkfifo-pipe: 1001 records were dropped: FIFO '$fifo' was full or had no reader"
  expect 0 mkfifo-pipe -s --on-full=drop -q --remove "$fifo" < <(seq 1000)
  assert_silent
  assert_gone "$fifo"
  expect 0 mkfifo-pipe -s --on-full=drop --records -0 "$fifo" < <(printf 'a\0b\n\0')
  assert_message "2 records were dropped"
  expect 0 mkfifo-pipe -s --on-full=drop "$fifo" </dev/null
  assert_silent
}

@test "--on-full=drop: the reader comes, goes and comes back; -v tells at once what it missed" {
  mkfifo "$fifo"
  start_fed mkfifo-pipe -s --on-full=drop -v "$fifo" 2>"$tmp/errors"
  local sender=$pid
  printf '%s\n' 1 2 3 >&7
  wait_until "these are dropped" has_taken_input "$sender"
  start_ready -r "$fifo" >"$tmp/received"
  echo 4 >&7
  wait_until "the first reader has it" has_size "$tmp/received" 2
  wait_until "what was dropped is told" test -s "$tmp/errors"
  kill "$pid"
  finish 143 "$pid"
  printf '%s\n' 5 6 >&7
  wait_until "these are dropped" has_taken_input "$sender"
  start_ready -r "$fifo" >>"$tmp/received"
  echo 7 >&7
  wait_until "the second reader has it" has_size "$tmp/received" 4
  kill "$pid"
  finish 143 "$pid"
  printf '%s\n' 8 9 10 >&7
  exec 7>&-
  finish 0 "$sender"
  assert_equal "lines" "$(<"$tmp/received")" $'4\n7'
  assert_equal "messages" "$(cut -d ' ' -f 2-5 "$tmp/errors" | tr '\n' ,)" "3 records were dropped:,2 records were dropped:,3 records were dropped:,"
}

# Whether process $1 has read all that was written to descriptor 7, and waits for more.
has_taken_input() { has_unread 7 0 && is_asleep "$1"; }

@test "--on-full=drop: a reader that is slow at the end has a second" {
  start_fed mkfifo-pipe -s --on-full=drop "$fifo"
  wait_until "there is a FIFO" test -p "$fifo"
  exec 8<>"$fifo"
  echo text >&7
  exec 7>&-
  wait_until "it has been written" has_unread 8 5
  head -c 5 <&8 >"$tmp/received"
  finish 0 "$pid"
  exec 8>&-
  assert_equal "what came" "$(<"$tmp/received")" text
}

@test "--on-full=drop: a signal ends it at once, and what was dropped is told" {
  local signal
  for signal in TERM INT; do
    start_fed mkfifo-pipe -s --on-full=drop --remove "$fifo" 2>"$tmp/errors"
    printf '%s\n' 1 2 3 >&7
    wait_until "these are dropped" has_taken_input "$pid"
    kill -"$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    exec 7>&-
    assert_contains "message" "$(<"$tmp/errors")" "3 records were dropped"
    assert_gone "$fifo"
  done
}
