# mkfifo-pipe --duplex: client after client, each with its own answer, whatever clients and COMMAND do.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/fifo_helpers

# serve ARG... -- COMMAND...: in the background, until clients may come.
serve() {
  request=$fifo reply=${fifo}b
  start_ready --duplex "$request" "$reply" "$@"
  server=$pid
}

# ask TEXT: $answer is what a client gets who sends it.
# In one write(2): a shell writes line by line.
ask() { answer=$(timeout 20 bash -c 'printf %s "$1" | cat >"$2"; cat "$3"' bash "$1" "$request" "$reply") || fail "no answer to ${1:0:100}"; }

# ask_file FILE: the same with much, of which the answer comes meanwhile, into "$tmp/answer".
ask_file() {
  timeout 20 bash -c 'cat "$1" >"$2" & cat "$3" >"$4"; wait $!' bash "$1" "$request" "$reply" "$tmp/answer" || fail "no answer"
}

stop_server() {
  kill "$server"
  finish 143 "$server"
}

@test "trap: a loop around read answers one line of a request, and loses the rest; --duplex serves all of it" {
  request=$fifo reply=${fifo}b
  mkfifo "$request" "$reply"
  start bash -c 'while read -r line <"$1"; do echo "<$line>" >"$2"; done' bash "$request" "$reply"
  ask $'a\nb\n'
  assert_equal "what a loop answers" "$answer" "<a>"
  kill -KILL "$pid"
  finish 137 "$pid"
  serve -- sed 's/.*/<&>/'
  ask $'a\nb\n'
  assert_equal "what is answered" "$answer" $'<a>\n<b>'
  ask c
  assert_equal "what is answered" "$answer" "<c>"
  stop_server
}

@test "client after client gets its own answer, and COMMAND is run for each" {
  local i
  serve -- bash -c 'echo $$ >>"$1"; cat' bash "$tmp/processes"
  for i in {1..40}; do
    ask "request $i"
    assert_equal "answer" "$answer" "request $i"
  done
  assert_equal "processes" "$(sort -u "$tmp/processes" | wc -l)" 40
  stop_server
}

@test "a client that opens REPLY first, or writes in several parts, or has nothing to say, is served" {
  local i
  serve -- bash -c 'cat; echo .'
  for i in {1..3}; do
    exec 7>"$request"
    start cat "$reply" >"$tmp/received"
    echo one >&7
    echo two >&7
    exec 7>&-
    finish 0 "$pid"
    assert_equal "answer" "$(<"$tmp/received")" $'one\ntwo\n.'
  done
  ask ""
  assert_equal "answer to nothing" "$answer" .
  stop_server
}

@test "clients that come one upon the other are all seen, even with nothing to say, and by a COMMAND that does not listen" {
  serve -- echo here
  expect 0 timeout 30 bash -c 'for i in {1..200}; do
      : >"$1"
      { read -r answer; read -r -d "" rest; } <"$2"
      [[ $answer == here && -z $rest ]] || { echo "client $i: $answer$rest"; exit 1; }
    done' bash "$request" "$reply"
  stop_server
  serve -- head -n 1
  expect 0 timeout 30 bash -c 'for i in {1..200}; do
      echo "$i" >"$1"
      { read -r answer; read -r -d "" rest; } <"$2"
      [[ $answer == "$i" && -z $rest ]] || { echo "client $i: $answer$rest"; exit 1; }
    done' bash "$request" "$reply"
  stop_server
}

@test "large requests, large answers, bytes of any value" {
  content "$tmp/input" 3000001
  serve -- cat
  ask_file "$tmp/input"
  assert_same_file "$tmp/answer" "$tmp/input"
  printf 'a\0\377\n' >"$tmp/small"
  ask_file "$tmp/small"
  assert_same_file "$tmp/answer" "$tmp/small"
  stop_server
  # A client that writes all before it reads anything.
  serve -- md5sum
  timeout 20 bash -c 'cat "$1" >"$2"; cat "$3"' bash "$tmp/input" "$request" "$reply" >"$tmp/answer"
  assert_same_file "$tmp/answer" <(md5sum <"$tmp/input")
  stop_server
}

@test "COMMAND that ends before the end of the request: the rest is nobody's, least of all the next client's" {
  local i
  content "$tmp/input" 3000001
  serve -- bash -c 'IFS= read -r -n 4 begin; echo "got $begin"' 2>"$tmp/errors"
  for i in {1..4}; do
    { printf 'long' && cat "$tmp/input"; } >"$tmp/long"
    timeout 20 bash -c 'cat "$1" >"$2"; cat "$3"' bash "$tmp/long" "$request" "$reply" >"$tmp/answer" 2>/dev/null
    assert_equal "answer" "$(<"$tmp/answer")" "got long"
    ask "next one"
    assert_equal "answer" "$answer" "got next"
  done
  stop_server
}

@test "COMMAND that answers nothing, or fails: the client sees the end, the service goes on, the status is the last failure's" {
  serve -n 4 -- bash -c 'read -r status; [[ $status == 0 ]] || exit "$status"; echo fine'
  ask 0
  assert_equal "answer" "$answer" fine
  ask 3
  assert_equal "answer" "$answer" ""
  ask 4
  ask 0
  assert_equal "answer" "$answer" fine
  finish 4 "$server"
  serve -n 1 -- bash -c 'kill -KILL $$'
  ask x
  assert_equal "answer" "$answer" ""
  finish 137 "$server"
  serve -n 2 -- true
  ask x
  ask x
  finish 0 "$server"
}

@test "a client that never reads its answer is given up after -w, told, and the next one gets its own; exit 125 stays" {
  serve -w 2 -n 2 -- bash -c 'cat; exit 3' 2>"$tmp/errors"
  local old
  old=$(stat -c %i "$reply")
  timeout 5 bash -c 'echo lost >"$1"' bash "$request"
  wait_until "it is given up" grep -q "no client has read FIFO '$reply' within the time allowed" "$tmp/errors"
  [[ $(stat -c %i "$reply") != "$old" ]] || fail "who opened REPLY just then waits with the next client"
  ask mine
  assert_equal "answer" "$answer" mine
  finish 125 "$server"
}

@test "a client that stops reading its answer is given up after -w, and what it left is not for the next one" {
  serve -w 2 -n 3 -- cat 2>"$tmp/errors"
  # It opens REPLY and reads nothing; then it reads a part of much. By <> it waits for nobody.
  exec 8<>"$reply"
  echo lost >"$request"
  wait_until "it is given up" grep -q "a client has not read all of FIFO '$reply' within the time allowed" "$tmp/errors"
  exec 8>&-
  ask mine
  assert_equal "answer" "$answer" mine
  : >"$tmp/errors"
  exec 8<>"$reply"
  start bash -c 'seq 1000000 >"$1"' bash "$request"
  wait_until "it is given up" grep -q "within the time allowed" "$tmp/errors"
  exec 8>&-
  finish 125 "$server"
}

@test "a client that sends slowly is served: -w counts from the last byte of its request" {
  serve -w 3 -n 1 -- cat
  answer=$(timeout 60 bash -c 'for i in 1 2 3 4 5; do echo "$i"; sleep 1; done >"$1"; cat "$2"' bash "$request" "$reply")
  assert_equal "answer" "$answer" $'1\n2\n3\n4\n5'
  finish 0 "$server"
}

@test "a client that cannot send, since COMMAND does not read yet, is served, and gets the answer to all of it" {
  seq 1000000 >"$tmp/input" # more than pipes hold
  serve -w 2 -n 1 -- bash -c 'sleep 3; wc -l'
  answer=$(timeout 60 bash -c 'cat "$1" >"$2"; cat "$3"' bash "$tmp/input" "$request" "$reply")
  assert_equal "answer" "$answer" 1000000
  finish 0 "$server"
}

@test "a client that neither sends on nor reads is given up after -w, though it keeps REQUEST open" {
  serve -w 2 -n 2 -- cat 2>"$tmp/errors"
  exec 7>"$request"
  echo part >&7
  wait_until "it is given up" grep -q "no client has read FIFO '$reply' within the time allowed" "$tmp/errors"
  ask mine
  assert_equal "answer" "$answer" mine
  exec 7>&-
  finish 125 "$server"
}

@test "COMMAND of a client that was given up gets SIGTERM if it does not end, and then SIGKILL" {
  serve -w 2 -n 1 -- bash -c 'trap "echo TERM >>\"$1\"" TERM; while :; do sleep 0.05; done' bash "$tmp/log" 2>"$tmp/errors"
  echo lost >"$request"
  finish 125 "$server"
  assert_equal "what COMMAND got" "$(<"$tmp/log")" TERM
}

@test "after the last client of -n nobody takes the request of another one" {
  serve -n 1 -- bash -c 'echo began >"$1"; cat' bash "$tmp/log"
  exec 7>"$request"
  echo mine >&7
  wait_until "COMMAND runs" test -s "$tmp/log"
  expect 124 mkfifo-pipe -s -w 0.1 "$request" <<<late
  assert_message "FIFO '$request' had no reader within the time allowed"
  exec 7>&-
  assert_equal "answer" "$(timeout 10 cat "$reply")" mine
  finish 0 "$server"
}

@test "mkfifo-pipe as client: an empty answer, and one that has come before it looked, are no replaced FIFO" {
  local command
  for command in true "echo x"; do
    # shellcheck disable=SC2086  # words
    serve -- $command
    expect 0 bash -c 'for i in {1..50}; do echo | mkfifo-pipe -s "$1" && mkfifo-pipe -r "$2" || exit; done' bash "$request" "$reply"
    assert_silent
    stop_server
  done
}

@test "a FIFO that cannot be replaced is an error before any client comes" {
  need_second_user
  local directory=/dev/shm${name}.d
  mkdir "$directory"
  mkfifo -m 666 "$directory/a" "$directory/b"
  expect 125 "${other[@]}" mkfifo-pipe --duplex --idle 0 "$directory/a" "$directory/b" -- true
  assert_message "cannot replace FIFO '$directory/a': Permission denied" "its directory may not be written"
  chmod 777 "$directory"
  expect 125 "${other[@]}" mkfifo-pipe --duplex --idle 0 "$directory/a" "$directory/b" -- true
  assert_message "cannot replace FIFO '$directory/a': Operation not permitted" "only its owner can replace it"
  expect 0 mkfifo-pipe --duplex --idle 0 "$directory/a" "$directory/b" -- true
  assert_equal "what lies there" "$(ls -A "$directory")" $'a\nb'
}

@test "a client that has gone before all was read is told, and the next one gets its own" {
  serve -n 2 -- bash -c 'cat >/dev/null; seq 1000000' 2>"$tmp/errors"
  timeout 10 bash -c 'echo x >"$1"; head -c 10 "$2"' bash "$request" "$reply" >/dev/null
  wait_until "it is told" grep -q "a client has not read all of FIFO '$reply': it has gone" "$tmp/errors"
  ask x
  assert_equal "answer" "$answer" "$(seq 1000000)"
  finish 125 "$server"
}

@test "a client that keeps REQUEST open after COMMAND has ended is given up after -w" {
  serve -w 2 -n 1 -- head -n 1 2>"$tmp/errors"
  exec 7>"$request"
  echo line >&7
  assert_equal "answer" "$(timeout 10 cat "$reply")" line
  finish 125 "$server"
  exec 7>&-
  assert_contains "message" "$(<"$tmp/errors")" "a client kept FIFO '$request' open for longer than the time allowed"
}

@test "a client that keeps REQUEST open until it has its answer is served, too" {
  serve -n 1 -- head -n 1
  exec 7>"$request"
  echo line >&7
  assert_equal "answer" "$(timeout 10 cat "$reply")" line
  kill -0 "$server"
  exec 7>&-
  finish 0 "$server"
}

@test "--idle ends a service without clients; a client that is being served is no silence" {
  serve --idle 2 -- bash -c 'cat; sleep 2.5; echo late'
  ask ""
  assert_equal "answer" "$answer" late
  finish 0 "$server"
}

@test "COMMAND has no descriptors but the standard ones, and its standard error is the tool's" {
  serve -n 1 -- bash -c 'cat >/dev/null; ls -l /proc/self/fd | tail -n +2 | wc -l; echo complaint >&2' 2>"$tmp/errors"
  ask x
  assert_equal "descriptors, of which one is that of ls" "$answer" 4
  finish 0 "$server"
  assert_equal "standard error" "$(<"$tmp/errors")" complaint
}

@test "what cannot be run is 126 or 127, before anything is made" {
  expect 0 bash -c '"$@"; (($? == 127))' bash mkfifo-pipe --duplex "$fifo" "${fifo}b" -- "$tmp/missing"
  assert_message "mkfifo-pipe: cannot run '$tmp/missing': No such file or directory"
  expect 126 mkfifo-pipe --duplex "$fifo" "${fifo}b" -- "$tmp"
  assert_gone "$fifo" "${fifo}b"
}

@test "a signal while no client is there ends the service; --remove leaves nothing" {
  local signal
  for signal in TERM INT HUP USR1; do
    serve --remove -- cat
    ask x
    kill -"$signal" "$server"
    finish $((128 + $(kill -l "$signal"))) "$server"
    assert_gone "$request" "$reply"
  done
}

@test "a signal while COMMAND runs is passed on, and then the service ends by it" {
  serve --remove -- bash -c 'trap "echo TERM >>\"$1\"; exit 0" TERM; exec >&-; echo began >>"$1"; while :; do sleep 0.02; done' bash "$tmp/log"
  start bash -c 'echo x >"$1"; cat "$2"' bash "$request" "$reply"
  wait_until "COMMAND runs" test -s "$tmp/log"
  wait_until "the client waits for nothing any more" has_ended "$pid"
  kill "$server"
  finish 143 "$server"
  assert_equal "what COMMAND got" "$(<"$tmp/log")" $'began\nTERM'
  assert_gone "$request" "$reply"
}

# Whether process $1 is a zombie, or nothing.
has_ended() { ! grep -Eq '^State:\s+[^Z]' "/proc/$1/status" 2>/dev/null; }

@test "a signal while a client sends, or does not read: all processes end" {
  local state
  for state in sends "does not read"; do
    serve --remove -- cat "$tmp/dev$name" - 2>/dev/null
    if [[ $state == sends ]]; then
      exec 7>"$request"
      echo part >&7
    else
      echo all >"$request"
    fi
    wait_until "COMMAND runs" pgrep -f "cat $tmp/dev$name"
    kill "$server"
    finish 143 "$server"
    exec 7>&-
    assert_gone "$request" "$reply"
    wait_until "nobody is left" nobody_has "$name"
  done
}
nobody_has() { ! pgrep -f -- "$1" >/dev/null; }

@test "SIGKILL leaves no process behind once the client has gone, and a new service goes on with the FIFOs" {
  serve -- cat
  exec 7>"$request"
  echo part >&7
  kill -KILL "$server"
  finish 137 "$server"
  exec 7>&-
  wait_until "nobody is left" nobody_has "$name"
  serve -n 1 -- cat
  ask x
  assert_equal "answer" "$answer" x
  finish 0 "$server"
}

@test "both FIFOs must be the caller's or root's, and --mode, -x and --existing are for both" {
  expect 0 mkfifo-pipe --duplex -m 620 --idle 0 "$fifo" "${fifo}b" -- true
  assert_equal "modes" "$(stat -c %a "$fifo" "${fifo}b" | sort -u)" 620
  expect 125 mkfifo-pipe --duplex -x --idle 0 "$fifo" "${fifo}b" -- true
  assert_message "cannot create FIFO '$fifo': File exists"
  rm "${fifo}b"
  expect 125 mkfifo-pipe --duplex --existing --idle 0 "$fifo" "${fifo}b" -- true
  assert_message "cannot open FIFO '${fifo}b': No such file or directory"
  ((EUID == 0)) || return 0
  mkfifo "${fifo}b"
  chown 65534 "${fifo}b"
  expect 125 mkfifo-pipe --duplex --idle 0 "$fifo" "${fifo}b" -- true
  assert_message "it belongs to another user (uid 65534)"
  expect 0 mkfifo-pipe --duplex --existing --idle 0 "$fifo" "${fifo}b" -- true
}
