# sockcat: what happens when a peer leaves, or the client of a command does, and whose children are whose.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034  # what setup() and run set, and what they use; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/process_one_helpers

# start_peer ADDRESS HOW: leaving_peer.py; sets $peer to what connects to it.
start_peer() {
  peer_file=$tmp/peer.${#started[@]}
  start "$python" "$partners/leaving_peer.py" "$1" "$2" "$peer_file"
  wait_until "the peer listens" test -s "$peer_file.port"
  peer=tcp:127.0.0.1:$(<"$peer_file.port")
  [[ $1 == tcp ]] || peer=unix-connect:$1
}

# It leaves when it has what was sent until now.
let_peer_leave() {
  wait_until "the peer has got something" test -e "$peer_file.got"
  : >"$peer_file.leave"
  wait_until "the peer has left" test -e "$peer_file.left"
}

# start_with_leaving_peer KIND HOW ARG...: sockcat ARG... - PEER, whose peer has read a line and left. $sockcat is its
# process; its standard input is descriptor 7, its messages are in "$tmp/errors".
start_with_leaving_peer() {
  local address=tcp
  [[ $1 == tcp ]] || address=$socket.${#started[@]}
  start_peer "$address" "$2"
  start_fed sockcat "${@:3}" - "$peer" 2>"$tmp/errors"
  sockcat=$pid
  say first
}

# say TEXT: the source's next line, also where nobody reads it any more.
say() { (echo "$1" >&7) 2>/dev/null || true; }

# --- The destination goes while the source is slow or idle

@test "a peer that has closed and a source that goes on: exit 1 at once, and a message" {
  local words
  for words in "tcp -u" tcp "unix -u"; do
    # shellcheck disable=SC2086  # words
    start_with_leaving_peer ${words%% *} close ${words#"${words%% *}"}
    let_peer_leave
    say lost
    finish 1 "$sockcat"
    exec 7>&-
    assert_contains "message with $words" "$(<"$tmp/errors")" "cannot write"
  done
}

@test "a peer that has closed while sockcat did not run: what the source has meanwhile said is lost, exit 1" {
  local words
  for words in "tcp -u" tcp "unix -u" unix; do
    # shellcheck disable=SC2086  # words
    start_with_leaving_peer ${words%% *} close ${words#"${words%% *}"}
    wait_until "the peer has got something" test -e "$peer_file.got"
    kill -STOP "$sockcat"
    let_peer_leave
    say lost
    kill -CONT "$sockcat"
    finish 1 "$sockcat"
    exec 7>&-
    assert_contains "message with $words" "$(<"$tmp/errors")" "cannot write"
  done
}

@test "a peer that has closed and a source that ends without another byte: exit 0" {
  local words
  for words in "tcp -u" tcp "unix -u" unix; do
    # shellcheck disable=SC2086  # words
    start_with_leaving_peer ${words%% *} close ${words#"${words%% *}"}
    let_peer_leave
    exec 7>&-
    finish 0 "$sockcat"
    assert_equal "messages with $words" "$(<"$tmp/errors")" ""
  done
}

@test "a peer that has closed and a source that says nothing for a while: sockcat -u waits for what the source will do" {
  local kind
  for kind in tcp unix; do
    start_with_leaving_peer "$kind" close -u
    let_peer_leave
    kill -0 "$sockcat"
    sleep "$brief"
    ! has_ended "$sockcat" || fail "it has ended before its source ($kind)"
    say lost
    finish 1 "$sockcat"
    exec 7>&-
  done
}

@test "a peer that resets while the source says nothing: exit 1 at once" {
  local words
  for words in -u ""; do
    # shellcheck disable=SC2086  # words
    start_with_leaving_peer tcp reset $words
    let_peer_leave
    finish 1 "$sockcat"
    exec 7>&-
    assert_contains "message with '$words'" "$(<"$tmp/errors")" "${peer/tcp:/TCP }: "
  done
}

@test "a reset that comes after the last write tells how many bytes were not acknowledged" {
  local words
  for words in "-u open" "-u idle" "-u ended" " open" " ended"; do
    start_peer tcp deaf
    # shellcheck disable=SC2086  # words
    start_fed sockcat ${words% *} - "$peer,sndbuf=200000" 2>"$tmp/errors"
    head -c 150000 /dev/zero >&7
    wait_until "all is read from the source" is_drained
    [[ $words != *ended ]] || exec 7>&-
    let_peer_leave
    finish 1 "$pid"
    exec 7>&-
    [[ $(<"$tmp/errors") =~ ([0-9]+)\ bytes\ were\ not\ acknowledged ]] || fail "no number of bytes with $words: $(<"$tmp/errors")"
    ((BASH_REMATCH[1] > 0 && BASH_REMATCH[1] <= 150000)) || fail "${BASH_REMATCH[1]} of 150000 bytes with $words"
  done
}
# Whether nothing is left in the pipe of descriptor 7.
is_drained() {
  "$python" -c '
import array, fcntl, sys, termios
count = array.array("i", [0])
fcntl.ioctl(7, termios.FIONREAD, count)
sys.exit(count[0] != 0)'
}

@test "a UDP port where nobody is: the system's answer is exit 1, whether or not the source goes on" {
  local words
  for words in "-u more" "-u idle" " more" " idle"; do
    port=$(free_port udp)
    # shellcheck disable=SC2086  # words
    start_fed sockcat ${words% *} - "udp:127.0.0.1:$port" 2>"$tmp/errors"
    say lost
    if [[ $words == *more ]]; then
      wait_until "the source is read" is_drained
      say more
    fi
    finish 1 "$pid"
    exec 7>&-
    assert_contains "message with $words" "$(<"$tmp/errors")" "Connection refused"
  done
}

@test "a reader of standard output that has gone: exit 1 and a message with the next byte, exit 0 at the end without one" {
  local next
  for next in line end; do
    rm -f "$tmp/out"
    mkfifo "$tmp/out"
    # shellcheck disable=SC2094  # that is what is wanted
    exec 9<>"$tmp/out"
    start_fed sockcat -u - - >"$tmp/out" 2>"$tmp/errors"
    say first
    timeout 120 head -n 1 <&9 >/dev/null
    exec 9>&-
    if [[ $next == line ]]; then
      say lost
      finish 1 "$pid"
      assert_contains "message" "$(<"$tmp/errors")" "cannot write"
    else
      exec 7>&-
      finish 0 "$pid"
      assert_equal "messages" "$(<"$tmp/errors")" ""
    fi
    exec 7>&-
  done
}

@test "100 runs over TCP and 100 over UNIX sockets with both processors busy: one status for each source" {
  local kind
  for _ in 1 2; do start bash -c 'while :; do :; done'; done
  for kind in tcp unix; do
    limit=200
    expect 0 "$python" "$partners/one_status.py" "$kind" "$socket" 100
    assert_equal "statuses over $kind" "$output" $'source ends: 0\nsource goes on: 1'
  done
}

# --- Clients of a server

# leave_server HOW: a client that says a line to the TCP port and leaves (close, reset).
leave_server() {
  "$python" -c '
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"question\n")
s.recv(100)
if sys.argv[2] == "reset":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))' "$port" "$1"
}

@test "COMMAND that answers a client that has left, or has reset: the server says so" {
  local how
  start_server tcp-listen:0,fork -- sh -c 'read -r question; echo wait; until [ -e "$0.go" ]; do sleep 0.02; done; echo answer
    : >"$0.answered"; read -r rest' "$tmp/command" </dev/null 2>"$tmp/errors"
  for how in close reset; do
    rm -f "$tmp"/command.*
    : >"$tmp/errors"
    leave_server "$how"
    : >"$tmp/command.go"
    wait_until "there is a message of a client that did $how" grep -Eq 'cannot write|Connection reset by peer' "$tmp/errors"
    wait_until "the worker has gone" has_children "$pid" 0
  done
}

@test "a backend that resets: the client of a proxy gets a reset, and no clean end" {
  local listener
  for listener in tcp-listen:0 tcp-listen:0,fork; do
    start "$python" -c '
import os, socket, struct, sys
listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as file: print(listener.getsockname()[1], file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    client = listener.accept()[0]
    client.recv(100)
    client.sendall(b"half of it")
    client.recv(100)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()' "$tmp/backend"
    wait_until "the backend listens" test -s "$tmp/backend"
    start_server "$listener" "tcp:127.0.0.1:$(<"$tmp/backend")" </dev/null 2>/dev/null
    expect 0 "$python" -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(20)
s.sendall(b"question\n")
answer = b""
try:
    while len(answer) < 10: answer += s.recv(100)
    s.sendall(b"go on\n")
    print(answer.decode(), s.recv(100))
except ConnectionResetError:
    print(answer.decode(), "reset")' "$port"
    assert_equal "what the client of $listener sees" "$output" "half of it reset"
    rm "$tmp/backend"
  done
}

# A COMMAND that tells its process and takes no notice of anything; SIGTERM is for it to ignore if $1 says so.
deaf_command=(bash -c '[[ $1 != stubborn ]] || trap "" TERM
  echo $$ >>"$0"; exec sleep 20')

@test "COMMAND whose client has gone is ended after -t, by SIGKILL if it must be, and its place is free again" {
  local words kind count=0
  for words in "-t 0.2" "-T 0.2" "-t 0.2 -T 0.4"; do
    for kind in obedient stubborn; do
      # shellcheck disable=SC2086  # words
      start_server $words "unix-listen:$socket,fork,max-children=1" -- "${deaf_command[@]}" "$tmp/commands" "$kind" </dev/null 2>/dev/null
      local server=$pid
      for _ in 1 2 3; do
        count=$((count + 1))
        "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])' "$socket"
        wait_until "client $count is served, with $words and $kind" has_lines "$tmp/commands" "$count"
      done
      wait_until "the last one has been ended, with $words and $kind" has_children "$server" 0
      kill "$server"
      finish 143 "$server"
    done
  done
  while read -r process; do has_ended "$process" || fail "COMMAND $process still runs"; done <"$tmp/commands"
}
has_lines() { [[ -e $1 && $(wc -l <"$1") == "$2" ]]; }

@test "SIGTERM comes after -t, and SIGKILL only as long after that again" {
  start_server -t 0.6 "unix-listen:$socket,fork" -- bash -c '
    trap "echo \$EPOCHREALTIME >>\"\$0\"" TERM
    echo $EPOCHREALTIME >"$0"
    for _ in {1..400}; do sleep 0.05; done' "$tmp/times" </dev/null 2>/dev/null
  local server=$pid worker
  start sockcat "unix-connect:$socket" stall
  local client=$pid
  wait_until "the command runs" has_lines "$tmp/times" 1
  worker=$(children_of "$server")
  kill "$client"
  finish 143 "$client"
  gone=$(now)
  wait_until "SIGTERM has come" has_lines "$tmp/times" 2
  assert_took "$gone" 550
  wait_until "it is dead" has_children "$server" 0
  assert_took "$gone" 1100
  has_ended "$worker" || fail "the worker still runs"
}

@test "without -t and -T, COMMAND may finish what it does after its client has gone" {
  start_server "unix-listen:$socket,fork" -- sh -c 'cat >"$0.got"; : >"$0.ended"; until [ -e "$0.go" ]; do sleep 0.02; done; echo done >"$0.done"' "$tmp/job" </dev/null
  "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"the job")' "$socket"
  wait_until "the job has its input" test -e "$tmp/job.ended"
  sleep "$brief"
  : >"$tmp/job.go"
  wait_until "it is done" test -s "$tmp/job.done"
  wait_until "its process has gone" has_children "$pid" 0
  assert_equal "what the job got" "$(<"$tmp/job.got")" "the job"
}

# --- Children that are not ours

@test "as process 1, what handlers leave behind is reaped, and is no client" {
  local client
  start_as_process_one sockcat --ready-fd 3 "unix-listen:$socket,fork,max-children=1" -- sh -c '(sleep 0.2 &); (sleep 60 &) >/dev/null; echo done'
  for client in {1..5}; do
    expect 0 timeout 120 sockcat -u "unix-connect:$socket" -
    assert_equal "answer to client $client" "$output" "done"
  done
  wait_until "what has ended is reaped" has_no_zombies "$process_one"
  assert_equal "orphans that still run" "$(child_count "$process_one")" 5
}

@test "as process 1, -n counts clients, not orphans, and a command's status is its own" {
  as_process_one
  expect 5 "${process_one_of[@]}" sockcat - -- sh -c '(sh -c "exit 3" &); sleep 0.2; exit 5' </dev/null
  start_as_process_one sockcat --ready-fd 3 -n 2 "unix-listen:$socket,fork" -- sh -c '(sleep 0.05 &); sleep 0.1; echo done'
  for _ in 1 2; do
    expect 0 timeout 120 sockcat -u "unix-connect:$socket" -
    assert_equal "answer" "$output" "done"
  done
  finish 0 "$pid"
}

@test "children that sockcat has inherited are no clients" {
  local inherited
  for inherited in 'sleep 60 &' 'sleep 0.01 &' 'sleep 60 & sleep 0.01 &'; do
    start bash -c "$inherited"' exec sockcat --ready-fd 3 -n 3 "unix-listen:$0,fork,max-children=1" -- cat 3>"$1"' "$socket" "$tmp/ready"
    wait_until "it is ready" test -s "$tmp/ready"
    for _ in 1 2 3; do
      expect 0 timeout 120 sockcat - "unix-connect:$socket" <<<hello
      assert_equal "answer with $inherited" "$output" hello
    done
    children_of "$pid" | xargs -r kill -KILL
    finish 0 "$pid"
    rm "$tmp/ready"
  done
}

@test "-n ends when its clients have ended, though an inherited child still runs" {
  start bash -c 'sleep 60 & echo $! >"$1.child"; exec sockcat --ready-fd 3 -n 1 "unix-listen:$0,fork" -- cat 3>"$1"' "$socket" "$tmp/ready"
  wait_until "it is ready" test -s "$tmp/ready"
  expect 0 timeout 120 sockcat - "unix-connect:$socket" <<<hello
  finish 0 "$pid"
  has_ended "$(<"$tmp/ready.child")" && fail "the inherited child has ended"
  kill -KILL "$(<"$tmp/ready.child")"
}

@test "an inherited child that fails first does not become the status of COMMAND" {
  expect 4 bash -c 'sh -c "exit 3" & exec sockcat - -- sh -c "sleep 0.2; exit 4"' </dev/null
  expect 4 bash -c 'sh -c "exit 3" & exec sockcat - "system:sleep 0.2; exit 4"' </dev/null
}

@test "as process 1, mkfifo-pipe --duplex reaps what COMMAND leaves, and serves on" {
  start_as_process_one mkfifo-pipe --ready-fd 3 --duplex "$socket" "${socket}b" -- sh -c '(sleep 0.05 &); (sleep 60 &) >/dev/null; cat'
  for number in 1 2 3 4 5; do
    expect 0 timeout 120 bash -c 'echo "$1" >"$2"; cat "$3"' bash "$number" "$socket" "${socket}b"
    assert_equal "answer" "$output" "$number"
  done
  wait_until "what has ended is reaped" has_no_zombies "$process_one"
}

# --- Commands

@test "of two commands for one side both are awaited, and the first failure in their order is the status" {
  local first second wanted
  while read -r first second wanted; do
    rm -f "$tmp"/{first,second}
    # The one that takes ends last, then the one that gives.
    expect "$wanted" sockcat - "system:exec >&-; touch $tmp/first; exit $first!!system:cat >/dev/null; sleep 0.1; touch $tmp/second; exit $second" </dev/null
    [[ -e $tmp/first && -e $tmp/second ]] || fail "one of exit $first and exit $second was not awaited"
    expect "$wanted" sockcat - "system:exec >&-; sleep 0.2; exit $first!!system:cat >/dev/null; exit $second" </dev/null
  done <<'END'
0 0 0
0 7 7
3 0 3
3 7 3
7 3 7
END
}

@test "the end of a program on a terminal is no error, and its status is the tool's" {
  local words status
  echo "echo hello; exit 3" >"$tmp/fails"
  for _ in {1..10}; do
    for words in true "echo hello" "sh $tmp/fails" "cat /dev/null"; do
      status=0
      [[ $words != *fails ]] || status=3
      expect "$status" sockcat - "exec:$words,pty" </dev/null
      assert_silent
      expect "$status" sockcat -U - "exec:$words,pty,setsid,ctty" </dev/null
      assert_silent
    done
  done
}
