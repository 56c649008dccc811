# Datagrams of others: of any size, from any name.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers
load ../cli/partners/public_place

# send_large WHERE SIZE TEXT: one datagram of SIZE bytes, and then TEXT; exit 3 where the system has none so large.
send_large() {
  "$python" -c '
import socket, sys
where, size, text = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * int(size))
s.connect("\0" + where[1:] if where[0] == "@" else where)
try:
    s.send(b"x" * int(size))
except OSError:
    sys.exit(3)
s.send(text.encode())' "$@"
}

@test "a datagram over 256 KiB comes whole or is told, and the next ones come" {
  local keyword size where
  for keyword in unix-recv abstract-recv; do
    where=$socket
    [[ $keyword == unix* ]] || where=@$name
    for size in 262145 400000 2000000; do
      start_server -u "$keyword:${where#@}" "create:$tmp/got" </dev/null 2>"$tmp/errors"
      status=0
      send_large "$where" "$size" next || status=$?
      ((status != 3)) || skip "no datagrams of $size bytes here"
      assert_equal "status of the sender" "$status" 0
      wait_until "the one behind $size bytes has come to $keyword" has_text "$tmp/got" next
      send_datagrams unix "$where" last
      wait_until "the last one has come" has_text "$tmp/got" last
      [[ $(stat -c %s "$tmp/got") == $((size + 8)) || -s $tmp/errors ]] || fail "$size bytes are lost without a word"
      kill "$pid"
      finish 143 "$pid"
    done
  done
}

# A victim that is root's: a datagram socket that another user may not write to. It keeps what it gets.
start_victim() {
  start_datagram_sink "$tmp/victim" "$place/victim"
  chmod 600 "$place/victim"
}

@test "unix-recvfrom answers no name that is not its sender's, and says so" {
  need_second_user
  make_public_place
  mkdir -m 777 "$place/d"
  start_victim
  start_server "unix-recvfrom:$place/s,mode=666,fork" exec:cat </dev/null 2>"$tmp/errors"
  # Its name becomes a link to the victim's before it sends.
  "${ordinary[@]}" "$python" -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/d/x")
os.unlink(sys.argv[1] + "/d/x")
os.symlink("../victim", sys.argv[1] + "/d/x")
s.sendto(b"forged", sys.argv[1] + "/s")' "$place"
  wait_until "it is refused" has_text "$tmp/errors" "$place/d/x"
  send_datagrams unix "$place/victim" last
  wait_until "the last one has come" has_text "$tmp/victim" last
  assert_equal "what the victim got" "$(<"$tmp/victim")" "4 last"
}

@test "unix-recvfrom answers the socket that it has checked, whatever has its name by then" {
  need_second_user
  make_public_place
  mkdir -m 777 "$place/d"
  start_victim
  # The answer comes once the name is a link to the victim's.
  start_server "unix-recvfrom:$place/s,mode=666,fork" \
    "system:cat >/dev/null; touch $place/d/asked; until test -e $place/d/swapped; do sleep 0.01; done; echo answer" </dev/null
  expect 0 "${ordinary[@]}" "$python" -c '
import os, socket, sys, time
d = sys.argv[1] + "/d/"
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(60)
s.bind(d + "x")
s.sendto(b"question", sys.argv[1] + "/s")
for _ in range(6000):
    if os.path.exists(d + "asked"): break
    time.sleep(0.01)
os.unlink(d + "x")
os.symlink("../victim", d + "x")
open(d + "swapped", "w").close()
print(s.recv(100).decode())' "$place"
  assert_equal "what the sender got" "$output" answer
  send_datagrams unix "$place/victim" last
  wait_until "the last one has come" has_text "$tmp/victim" last
  assert_equal "what the victim got" "$(<"$tmp/victim")" "4 last"
}

# What binding to the UDP port gives another program that shares addresses, another user's where there is one.
bind_beside() {
  "${ordinary[@]}" "$python" -c '
import errno, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("127.0.0.1", int(sys.argv[1])))
    print("bound")
except OSError as error:
    print(errno.errorcode[error.errno])' "$1"
}

@test "udp-listen with fork shares its port with nobody, before and after a client" {
  local client
  become_ordinary
  start_server udp-listen:0,fork exec:cat </dev/null
  assert_equal "binding before a client" "$(bind_beside "$port")" EADDRINUSE
  for client in first second; do
    expect 0 "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(60)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(sys.argv[2].encode())
print(s.recv(100).decode())' "$port" "$client"
    assert_equal "answer" "$output" "$client"
    assert_equal "binding after the $client client" "$(bind_beside "$port")" EADDRINUSE
  done
}

@test "a flood of datagrams that are not wanted holds up neither a timeout nor a signal" {
  port=$(free_port udp)
  start "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True: s.sendto(b"x", ("127.0.0.1", int(sys.argv[1])))' "$port"
  expect 124 timeout 60 sockcat -w 0.3 "udp-recvfrom:$port,range=10.0.0.0/8" - </dev/null
  start sockcat "udp-listen:$port,range=10.0.0.0/8" - </dev/null
  wait_until "it is bound" is_at_port udp "$port" "$pid"
  kill "$pid"
  finish 143 "$pid"
}

@test "udp-listen with fork drops a peer that it has no route to, and serves the next one" {
  local namespace=(unshare --map-root-user --net)
  ((EUID != 0)) || namespace=(unshare --net)
  "${namespace[@]}" ip address add 10.9.9.9/32 dev lo 2>/dev/null || skip "no network namespace to be had"
  expect 0 timeout -s KILL 120 "${namespace[@]}" bash -euc '
    ip link set lo up
    ip address add 10.9.9.9/32 dev lo
    sockcat --ready-fd 3 udp-listen:5000,fork exec:cat </dev/null >/dev/null 2>"$2.errors" 3>"$2" &
    server=$!
    until [[ -s $2 ]]; do sleep 0.01; done
    kill -STOP $server
    "$1" -c "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((\"10.9.9.9\", 0)); s.sendto(b\"x\", (\"127.0.0.1\", 5000))"
    ip address delete 10.9.9.9/32 dev lo
    kill -CONT $server
    "$1" -c "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(60); s.connect((\"127.0.0.1\", 5000)); s.send(b\"hello\"); print(s.recv(9).decode())"
    kill $server
    wait $server || true' bash "$python" "$tmp/ready"
  assert_equal "answer to the next peer" "$output" hello
  assert_contains "message" "$(<"$tmp/ready.errors")" "Network is unreachable"
}

@test "abstract-recvfrom answers no name that is another user's by then, and says so" {
  need_second_user
  start_server "abstract-recvfrom:$name,fork" exec:cat </dev/null 2>"$tmp/errors"
  kill -STOP "$pid"
  "${ordinary[@]}" "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + sys.argv[1] + "b")
s.sendto(b"forged", "\0" + sys.argv[1])' "$name"
  local server=$pid
  start "$python" -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + sys.argv[1] + "b")
open(sys.argv[2] + ".ready", "w").close()
with open(sys.argv[2], "w", buffering=1) as got:
    while True: print(s.recv(100).decode(), file=got)' "$name" "$tmp/got"
  wait_until "the name is another's" test -e "$tmp/got.ready"
  kill -CONT "$server"
  wait_until "it is refused" has_text "$tmp/errors" "${name}b"
  send_datagrams unix "@${name}b" last
  wait_until "the last one has come" has_text "$tmp/got" last
  assert_equal "what the new owner got" "$(<"$tmp/got")" last
}

# ask_from BIND TO: a client with that name, and the answer to its question.
ask_from='
import socket, sys
place = lambda text: "\0" + text[1:] if text[0] == "@" else text
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(20)
s.bind(place(sys.argv[1]))
s.sendto(b"question", place(sys.argv[2]))
print(s.recv(100).decode())'

@test "who asks from a name of his own gets the answer, whoever he is" {
  start_server "unix-recvfrom:$socket,fork" exec:cat </dev/null
  expect 0 "$python" -c "$ask_from" "${socket}c" "$socket"
  assert_equal "answer" "$output" question
  start_server "abstract-recvfrom:$name,fork" exec:cat </dev/null
  expect 0 "$python" -c "$ask_from" "@${name}c" "@$name"
  assert_equal "answer" "$output" question
  need_second_user
  make_public_place
  mkdir -m 777 "$place/d"
  start_server "unix-recvfrom:$place/s,mode=666,fork" exec:cat </dev/null
  expect 0 "${ordinary[@]}" "$python" -c "$ask_from" "$place/d/x" "$place/s"
  assert_equal "answer to another user" "$output" question
  expect 0 "${ordinary[@]}" "$python" -c "$ask_from" "@${name}d" "@$name"
  assert_equal "answer to another user" "$output" question
}
