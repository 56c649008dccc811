# sockcat: the end of each way, and that no byte and no packet is lost there.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers

# Before a command whose status does not matter.
whatever=(bash -c '"$@"; exit 0' bash)

# --- What others get wrong

@test "trap: socat loses what a command says half a second after the end of its input; sockcat waits" {
  need socat
  local late='cat >/dev/null; sleep 0.7; echo late'
  expect 0 "${whatever[@]}" socat - "system:$late" <<<x
  assert_equal "what socat prints" "$output" ""
  expect 0 sockcat - "system:$late" <<<x
  assert_equal "what sockcat prints" "$output" late
  expect 0 sockcat - -- sh -c "$late" <<<x
  assert_equal "what sockcat prints" "$output" late
}

@test "trap: socat loses a server's late answer; sockcat waits" {
  need socat
  start_server tcp-listen:0,fork system:'cat >/dev/null; sleep 0.7; echo late'
  expect 0 "${whatever[@]}" socat - "tcp:127.0.0.1:$port" <<<x
  assert_equal "what socat prints" "$output" ""
  expect 0 sockcat "tcp:127.0.0.1:$port" <<<x
  assert_equal "what sockcat prints" "$output" late
}

@test "tcp-connect with fork: the server sees the end of a connection before the next one is made" {
  start_server -u tcp-listen:0 "create:$tmp/got" </dev/null
  local server=$pid
  start sockcat -U "tcp-connect:127.0.0.1:$port,fork,interval=1000,end-close" text:x </dev/null
  finish 0 "$server"
  assert_equal "what has come" "$(<"$tmp/got")" x
}

@test "trap: socat listens at all addresses; sockcat at loopback" {
  need socat
  start_on_free_port tcp socat tcp-listen:PORT -
  grep -q "$(printf ' 00000000:%04X 00000000:0000 0A' "$port")" /proc/net/tcp || fail "socat does not listen at 0.0.0.0"
  start_server tcp-listen:0 stall
  grep -q "$(printf ' 0100007F:%04X 00000000:0000 0A' "$port")" /proc/net/tcp || fail "sockcat does not listen at 127.0.0.1"
}

@test "trap: ncat -e loses most of what it is to echo; sockcat nothing" {
  need ncat
  local data=$tmp/data echoed=$tmp/echoed
  content "$data" 20000000
  start_on_free_port tcp ncat -l 127.0.0.1 PORT -e /bin/cat
  timeout 3 "$python" -c "$echo_client" "$port" "$data" "$echoed" || true
  (($(stat -c %s "$echoed") < 20000000)) || fail "ncat has echoed all"
  start_server tcp-listen:0 -- cat
  timeout 50 "$python" -c "$echo_client" "$port" "$data" "$echoed"
  assert_same_file "$echoed" "$data"
  finish 0 "$pid"
}
# Sends a file, ends its own way, and reads until the other ends.
echo_client='
import socket, sys, threading
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
out = open(sys.argv[3], "wb", buffering=0)
def read():
    try:
        while piece := s.recv(65536): out.write(piece)
    except OSError:
        pass
reader = threading.Thread(target=read)
reader.start()
try:
    s.sendall(open(sys.argv[2], "rb").read())
    s.shutdown(socket.SHUT_WR)
except OSError:
    pass
reader.join()'

@test "trap: nc does not tell the server of the end; sockcat does" {
  need nc.openbsd
  start_server tcp-listen:0,fork system:'cat >/dev/null; echo answer'
  expect 124 timeout 1 nc.openbsd 127.0.0.1 "$port" <<<x
  assert_equal "what nc prints" "$output" ""
  expect 0 sockcat "tcp:127.0.0.1:$port" <<<x
  assert_equal "what sockcat prints" "$output" answer
}

@test "trap: connecting to a full backlog of a UNIX socket is EAGAIN, which poll(2) does not tell; sockcat tries again" {
  start "$python" -c '
import os, socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
filling = socket.socket(socket.AF_UNIX)
filling.connect(sys.argv[1])
tried = socket.socket(socket.AF_UNIX)
tried.setblocking(False)
try:
    tried.connect(sys.argv[1])
except BlockingIOError:
    os.rename(sys.argv[1], sys.argv[1] + "b")
while not os.path.exists(sys.argv[1] + "c"): time.sleep(0.01)
listener.accept()
client = listener.accept()[0]
client.sendall(b"hello")' "$socket"
  local server=$pid
  wait_until "its backlog is full" test -e "${socket}b"
  expect 124 sockcat "unix:${socket}b,connect-timeout=0.2" </dev/null
  start sockcat "unix:${socket}b" - </dev/null >"$tmp/out"
  wait_until "it waits" is_asleep "$pid"
  sleep 0.1
  : >"${socket}c"
  finish 0 "$pid"
  finish 0 "$server"
  assert_equal "output" "$(<"$tmp/out")" hello
}

@test "trap: socat drops empty datagrams; sockcat passes them on" {
  need socat
  start_datagram_sink "$tmp/theirs"
  local sink=$port number
  start_on_free_port udp socat -u udp-recv:PORT,bind=127.0.0.1 "udp-sendto:127.0.0.1:$sink"
  send_datagrams udp "$port" a "" b "" "" c
  wait_until "all have come" has_text "$tmp/theirs" "1 c"
  assert_equal "what socat passes on" "$(<"$tmp/theirs")" $'1 a\n1 b\n1 c'
  start_datagram_sink "$tmp/ours"
  sink=$port
  start_server -u udp-recv:0 "udp-sendto:127.0.0.1:$sink"
  send_datagrams udp "$port" a "" b "" "" c
  wait_until "all have come" has_text "$tmp/ours" "1 c"
  assert_equal "what sockcat passes on" "$(<"$tmp/ours")" $'1 a\n0 \n1 b\n0 \n0 \n1 c'
}

# --- Each way ends on its own

@test "the end of one way is told to the other side, whatever it is, and its answer comes whole" {
  local address
  content "$tmp/question" 3000000
  content "$tmp/answer" 5000000
  local script="cat >$tmp/got; cat $tmp/answer"
  for address in tcp-listen:0 "unix-listen:$socket" "system:$script" "system:$script,pipes"; do
    case $address in
      tcp*)
        start_server "$address" "system:$script"
        peer=tcp:127.0.0.1:$port ;;
      unix*)
        start_server "$address" "system:$script"
        peer=unix:$socket ;;
      *) peer=$address ;;
    esac
    expect 0 sockcat "open:$tmp/question!!create:$tmp/back" "$peer"
    assert_same_file "$tmp/got" "$tmp/question"
    assert_same_file "$tmp/back" "$tmp/answer"
    [[ $address == system* ]] || finish 0 "$pid"
  done
}

@test "the end of the server's way leaves the client's open" {
  local address
  for address in tcp-listen:0 "unix-listen:$socket"; do
    start_server "$address" -- sh -c 'echo hello; exec >&-; cat >"$0"' "$tmp/got"
    local server=$pid
    [[ $address == unix* ]] && peer=unix:$socket || peer=tcp:127.0.0.1:$port
    start_fed sockcat "$peer" >"$tmp/out"
    wait_until "the answer has come" has_text "$tmp/out" hello
    sleep 0.1
    for number in 1 2 3; do
      echo "$number" >&7
      sleep 0.01
    done
    exec 7>&-
    finish 0 "$pid"
    finish 0 "$server"
    assert_equal "what came after the end of the answer" "$(<"$tmp/got")" $'1\n2\n3'
    rm "$tmp/got"
  done
}

@test "through proxies, ends and all bytes come at the other end" {
  content "$tmp/question" 3000000
  content "$tmp/answer" 5000000
  start_server "unix-listen:$socket" "system:cat >$tmp/got; cat $tmp/answer"
  start_server tcp-listen:0,fork "unix:$socket"
  start_server tcp-listen:0,fork "tcp:127.0.0.1:$port"
  start_server "unix-listen:${socket}b,fork" "tcp:127.0.0.1:$port"
  expect 0 sockcat "open:$tmp/question!!create:$tmp/back" "unix:${socket}b"
  assert_same_file "$tmp/got" "$tmp/question"
  assert_same_file "$tmp/back" "$tmp/answer"
}

@test "nothing at all is transferred as nothing" {
  expect 0 sockcat exec:cat </dev/null
  assert_equal "output" "$output" ""
  start_server tcp-listen:0 -- cat
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  assert_equal "output" "$output" ""
  finish 0 "$pid"
  : >"$tmp/empty"
  expect 0 sockcat -u "open:$tmp/empty" "create:$tmp/copy"
  assert_equal "size" "$(stat -c %s "$tmp/copy")" 0
}

@test "every length around the sizes of blocks and pipes comes whole" {
  local size
  for size in 1 4095 4096 4097 8192 65535 65536 65537 131073 1048575 1048576 1048577; do
    content "$tmp/data" "$size"
    expect 0 sockcat "open:$tmp/data!!create:$tmp/copy" exec:cat
    assert_same_file "$tmp/copy" "$tmp/data"
    expect 0 sockcat "open:$tmp/data!!create:$tmp/copy" exec:cat,pipes
    assert_same_file "$tmp/copy" "$tmp/data"
  done
}

@test "filters lose nothing either: -v, -x, -r, crnl" {
  content "$tmp/data" 1000000
  local size
  expect 0 bash -c 'sockcat -v -r "$2" "open:$1!!create:$3" exec:cat 2>/dev/null' bash "$tmp/data" "$tmp/record" "$tmp/copy"
  assert_same_file "$tmp/copy" "$tmp/data"
  assert_same_file "$tmp/record" "$tmp/data"
  seq 50000 >"$tmp/lines"
  expect 0 sockcat "open:$tmp/lines!!create:$tmp/copy" exec:cat,crnl
  assert_same_file "$tmp/copy" "$tmp/lines"
}

@test "a stream's peer that is gone altogether ends both ways, though standard input is open" {
  start_server -U "unix-listen:$socket" text:bye
  local server=$pid
  start_fed sockcat "unix:$socket" >"$tmp/out"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" bye
  exec 7>&-
  finish 0 "$server"
  start_fed sockcat exec:"echo bye" >"$tmp/out"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" bye
  exec 7>&-
  start_fed sockcat exec:"echo bye",pipes >"$tmp/out"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" bye
  exec 7>&-
}

@test "a peer that resets is exit 1 and said" {
  start "$python" -c '
import socket, struct, sys
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
client = listener.accept()[0]
client.recv(10)
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()' >"$tmp/port"
  wait_until "it listens" test -s "$tmp/port"
  start_fed sockcat "tcp:127.0.0.1:$(<"$tmp/port")" 2>"$tmp/errors"
  echo x >&7
  finish 1 "$pid"
  exec 7>&-
  assert_contains "message" "$(<"$tmp/errors")" "TCP 127.0.0.1:$(<"$tmp/port"): Connection reset by peer"
}

# --- Programs that do not read

@test "a program that reads nothing, or a part, is no failure, and all it says comes" {
  content "$tmp/data" 3000000
  expect 0 sockcat - -- true <"$tmp/data"
  assert_silent
  expect 1 sockcat - -- false <"$tmp/data"
  assert_silent
  expect 0 sockcat - -- echo hello <"$tmp/data"
  assert_equal "output" "$output" hello
  expect 0 sockcat "open:$tmp/data!!create:$tmp/out" exec:"head -c 10"
  cmp -n 10 "$tmp/data" "$tmp/out"
  assert_equal "size" "$(stat -c %s "$tmp/out")" 10
  expect 0 sockcat "open:$tmp/data!!create:$tmp/out" exec:"head -c 10",pipes
  assert_equal "size" "$(stat -c %s "$tmp/out")" 10
  expect 0 sockcat - -- sh -c 'exec <&-; sleep 0.1; seq 100000' <"$tmp/data"
  assert_equal "lines" "${#lines[@]}" 100000
}

@test "a client that still sends when the answer is complete gets all of it, and no reset" {
  content "$tmp/data" 3000000
  content "$tmp/answer" 3000000
  for options in fork,shut-none fork; do
    start_server "tcp-listen:0,$options" "system:cat $tmp/answer"
    for number in 1 2 3; do
      expect 0 sockcat "open:$tmp/data!!create:$tmp/out" "tcp:127.0.0.1:$port"
      assert_same_file "$tmp/out" "$tmp/answer"
    done
    # Most of the answer is still under way when it is complete.
    expect 0 "$python" -c '
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x" * 100000)
time.sleep(0.5)
s.sendall(b"more")
time.sleep(0.2)
size = 0
while piece := s.recv(65536): size += len(piece)
print(size)' "$port"
    assert_equal "bytes that came" "$output" 3000000
  done
}

@test "a client that does not end, silent or not, does not keep a server that has answered for longer than 2 s" {
  local start
  start=$(now)
  start_server tcp-listen:0 -- echo silent
  local silent=$pid
  exec 7<>"/dev/tcp/127.0.0.1/$port"
  start_server tcp-listen:0 -- echo sending
  local sending=$pid
  start bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; exec yes >&3' bash "$port"
  finish 0 "$silent"
  finish 0 "$sending"
  local took=$(($(now) - start))
  ((took >= 1000 && took < 8000)) || fail "it took $took ms"
  read -r -t 5 -u 7 line || true
  assert_equal "what the silent one got" "$line" silent
  exec 7>&-
}

# --- Slow readers

@test "a slow reader gets everything" {
  content "$tmp/data" 1500000
  sockcat -u "open:$tmp/data" - | "$python" -c '
import os, sys, time
with open(sys.argv[1], "wb") as copy:
    while piece := os.read(0, 20000):
        copy.write(piece)
        time.sleep(0.002)' "$tmp/copy"
  assert_equal "exit status" "${PIPESTATUS[0]}" 0
  assert_same_file "$tmp/copy" "$tmp/data"
  start_server tcp-listen:0 "open:$tmp/data"
  "$python" -c '
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.shutdown(socket.SHUT_WR)
with open(sys.argv[2], "wb") as copy:
    while piece := s.recv(20000):
        copy.write(piece)
        time.sleep(0.002)' "$port" "$tmp/copy"
  finish 0 "$pid"
  assert_same_file "$tmp/copy" "$tmp/data"
}

@test "a reader that does not read holds up its own way only" {
  start_server "unix-listen:$socket" exec:cat
  start "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.setblocking(False)
sent = 0
try:
    while True: sent += s.send(b"x" * 65536)  # and reads nothing, until nobody takes any more
except BlockingIOError:
    pass
s.setblocking(True)
s.settimeout(20)
got = 0
while got < sent: got += len(s.recv(65536))
s.shutdown(socket.SHUT_WR)
assert s.recv(1) == b""' "$socket"
  finish 0 "$pid"
}

# --- How long the other way is awaited

@test "-t: the other way may be silent for so long, and every byte makes that new" {
  local start
  start=$(now)
  expect 0 sockcat -t 0.3 - system:'cat >/dev/null; exec sleep 100' </dev/null
  assert_took "$start" 300
  assert_silent
  expect 0 sockcat -t 0.7 - system:'cat; for i in 1 2 3 4; do sleep 0.2; echo $i; done' <<<0
  assert_equal "output" "$output" $'0\n1\n2\n3\n4'
  # Without end of a way, nothing is awaited.
  start_fed sockcat -t 0.05 - exec:cat >"$tmp/out"
  sleep 0.3
  echo x >&7
  exec 7>&-
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" x
}

@test "-t 0: the end of one way is that of both" {
  expect 0 sockcat -t 0 - system:'exec sleep 100' </dev/null
  start_server tcp-listen:0 stall
  expect 0 sockcat -t 0 "tcp:127.0.0.1:$port" </dev/null
}

@test "-t that expires with something that the command has not read is exit 1, and said" {
  expect 1 sockcat -t 0.2 - system:'exec sleep 100' <<<hello
  assert_message "cannot write command '/bin/sh': it has not read everything"
  expect 0 sockcat -t 0.2 - system:'read -r line; exec sleep 100' <<<hello
}

@test "-t that expires with something unsent is exit 1, and said" {
  expect 1 sockcat -t 0.3 'text:x!!stall' system:'cat >/dev/null; echo lost; exec sleep 100'
  assert_message "cannot transfer all of command" " a stall: the other end was silent for too long"
  expect 1 sockcat -t 0.3 'text:x!!stall' system:'seq 1000000; exec sleep 100'
  assert_message "cannot transfer all of command"
  mkfifo "$tmp/fifo"
  exec 9<>"$tmp/fifo"
  content "$tmp/data" 5000000
  start_server tcp-listen:0 "open:$tmp/data"
  expect 1 sockcat -t 0.3 "text:x!!open:$tmp/fifo,wronly" "tcp:127.0.0.1:$port"
  assert_message "cannot transfer all of TCP 127.0.0.1:$port"
  exec 9>&-
}

@test "answers of datagrams are awaited for half a second, or as -t says" {
  local start
  start_server udp-recvfrom:0,fork -- sh -c 'cat; sleep 0.1; echo answer'
  start=$(now)
  expect 0 sockcat "udp:127.0.0.1:$port" <<<x
  assert_equal "output" "$output" $'x\nanswer'
  assert_took "$start" 600
  expect 0 sockcat -t 0.05 "udp:127.0.0.1:$port" </dev/null
  assert_equal "output" "$output" ""
  start_server udp-recvfrom:0,fork -- sh -c 'cat >/dev/null; sleep 0.8; echo late'
  expect 0 sockcat "udp:127.0.0.1:$port" <<<x
  assert_equal "output" "$output" ""
  expect 0 sockcat -t 5 -T 5 "udp:127.0.0.1:$port,readbytes=5" <<<x
  assert_equal "output" "$output" late
}

@test "a terminal is awaited for half a second: a program's, and that of a person" {
  local start
  start=$(now)
  expect 0 sockcat text:x exec:"sleep 100",pty </dev/null
  assert_took "$start" 500
  start_server -U tcp-listen:0,fork text:bye
  start=$(now)
  expect 0 "$python" -c '
import os, pty, subprocess, sys
ours, its = pty.openpty()
command = subprocess.Popen(sys.argv[1:], stdin=its, stdout=its, stderr=its)
os.close(its)
text = b""
try:
    while piece := os.read(ours, 4096): text += piece
except OSError:
    pass
print(text.decode())
sys.exit(command.wait())' sockcat "tcp:127.0.0.1:$port"
  assert_equal "what was on the terminal" "$output" bye
  assert_took "$start" 500
}

# --- Packets

@test "packets keep their borders from one kind of datagram socket to another, empty ones too" {
  local packets=(a "" bb "$(printf 'x%.0s' {1..1500})" "" "$(printf 'y%.0s' {1..20000})" end) expected="" packet
  for packet in "${packets[@]}"; do expected+="${#packet} $packet"$'\n'; done
  # UDP to UNIX
  start_datagram_sink "$tmp/first" "${socket}a"
  start_server -u udp-recv:0 "unix-sendto:${socket}a"
  send_datagrams udp "$port" "${packets[@]}"
  wait_until "all have come" has_text "$tmp/first" "3 end"
  assert_equal "packets from UDP to UNIX" "$(<"$tmp/first")"$'\n' "$expected"
  # UNIX to UDP
  start_datagram_sink "$tmp/second"
  start_server -u "unix-recv:${socket}b" "udp-sendto:127.0.0.1:$port"
  send_datagrams unix "${socket}b" "${packets[@]}"
  wait_until "all have come" has_text "$tmp/second" "3 end"
  assert_equal "packets from UNIX to UDP" "$(<"$tmp/second")"$'\n' "$expected"
  # UDP to seqpacket to UNIX
  start_datagram_sink "$tmp/third" "${socket}c"
  start_server -u "unix-seqpacket-listen:${socket}d" "unix-sendto:${socket}c"
  start_server -u udp-recv:0 "unix-seqpacket:${socket}d"
  send_datagrams udp "$port" "${packets[@]}"
  wait_until "all have come" has_text "$tmp/third" "3 end"
  assert_equal "packets through a seqpacket socket" "$(<"$tmp/third")"$'\n' "$expected"
}

@test "packets keep their borders both ways, and through -v, too" {
  start "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(b"%d" % len(data), peer)' >"$tmp/port"
  wait_until "it is bound" test -s "$tmp/port"
  for words in "" -v; do
    # shellcheck disable=SC2086  # words
    start_server $words udp-listen:0,fork "udp:127.0.0.1:$(<"$tmp/port")" 2>/dev/null
    expect 0 "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.connect(("127.0.0.1", int(sys.argv[1])))
for size in 1, 0, 1000, 30000, 65507, 0, 5:
    s.send(b"x" * size)
    print(size, s.recv(100).decode())' "$port"
    assert_equal "sizes" "$output" $'1 1\n0 0\n1000 1000\n30000 30000\n65507 65507\n0 0\n5 5'
  done
}

@test "the largest packet of a UNIX socket comes whole" {
  start_datagram_sink "$tmp/sink" "$socket"
  start_server -u "unix-recv:${socket}b" "unix-sendto:$socket"
  "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b"x" * 150000, sys.argv[1])' "${socket}b"
  wait_until "it has come" has_text "$tmp/sink" "150000 xxx"
}

@test "many packets in a row: none is lost, none changes its place" {
  start "$python" -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
for number in range(20000):
    data = s.recv(100)
    assert data == b"%d" % number, (number, data)' "$socket"
  local sink=$pid
  wait_until "it is bound" is_at_path "$socket"
  start_server -u "unix-recv:${socket}b" "unix-sendto:$socket"
  "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(sys.argv[1])
for number in range(20000): s.send(b"%d" % number)' "${socket}b"
  finish 0 "$sink"
}

@test "seqpacket: the end is the end, an empty packet is a packet" {
  start_datagram_sink "$tmp/sink" "${socket}b"
  start_server -u "unix-seqpacket-listen:$socket" "unix-sendto:${socket}b"
  "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
for packet in b"a", b"", b"b", b"": s.send(packet)' "$socket"
  finish 0 "$pid"
  wait_until "all have come" has_text "$tmp/sink" $'1 b'
  assert_equal "packets" "$(head -n 3 "$tmp/sink")" $'1 a\n0 \n1 b'
}
