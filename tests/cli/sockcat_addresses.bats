# sockcat: every address, with data both ways where it goes both ways.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers

# serves SERVER CLIENT: a server that answers in capitals when its client has ended, and a client of its port PORT.
serves() {
  start_server "$1" -- tr a-z A-Z
  expect 0 sockcat "${2//PORT/$port}" <<<hello
  assert_equal "what sockcat $2 gets from sockcat $1" "$output" HELLO
  finish 0 "$pid"
}

# answers SERVER CLIENT: the same of datagrams, of which nobody can tell the end.
answers() {
  start_server "$1" pipe
  expect 0 sockcat -T 10 "${2//PORT/$port},readbytes=6" <<<hello
  assert_equal "what sockcat $2 gets from sockcat $1" "$output" hello
  kill "$pid"
  wait "$pid" || true
}

# receives SERVER CLIENT: datagrams that go one way.
receives() {
  start_server -u "$1" "create:$tmp/received"
  expect 0 sockcat -u text:hello "${2//PORT/$port}"
  wait_until "sockcat $1 has got what sockcat $2 sends" has_text "$tmp/received" hello
  kill "$pid"
  wait "$pid" || true
  rm -f "$tmp/received"
}

# --- Streams and files of this process

@test "stdio and -: standard input and output" {
  local address
  for address in - stdio; do
    expect 0 sockcat "$address" pipe <<<hello
    assert_equal "output" "$output" hello
    expect 0 sockcat pipe "$address" <<<hello
    assert_equal "output" "$output" hello
  done
}

@test "stdin, stdout and stderr" {
  expect 0 sockcat stdin stdout <<<hello
  assert_equal "output" "$output" hello
  expect 0 sockcat stdin stderr <<<hello
  assert_equal "standard error" "$stderr" hello
  assert_equal "output" "$output" ""
}

@test "fd:N and a lone digit: a descriptor, for what it is open for" {
  echo hello >"$tmp/file"
  expect 0 bash -c 'exec sockcat -u fd:7 - 7<"$1"' bash "$tmp/file"
  assert_equal "output" "$output" hello
  expect 0 bash -c 'exec sockcat 7 12 7<"$1" 12>"$2"' bash "$tmp/file" "$tmp/copy" 2>&1 || true
  expect 0 bash -c 'exec sockcat 7 fd:12 7<"$1" 12>"$2"' bash "$tmp/file" "$tmp/copy"
  assert_same_file "$tmp/copy" "$tmp/file"
  expect 0 bash -c 'exec sockcat 0 1' <<<hello
  assert_equal "output" "$output" hello
  expect 1 sockcat fd:55 -
  assert_message "cannot use descriptor 55" "Bad file descriptor"
}

@test "fd: a socket goes both ways, and its end is told" {
  start_server tcp-listen:0 -- tr a-z A-Z
  expect 0 bash -c 'exec 7<>"/dev/tcp/127.0.0.1/$1"; exec sockcat - fd:7' bash "$port" <<<hello
  assert_equal "output" "$output" HELLO
}

@test "open and file: a file is read, or written from its beginning" {
  echo "hello world" >"$tmp/file"
  expect 0 sockcat -u "open:$tmp/file" -
  assert_equal "output" "$output" "hello world"
  expect 0 sockcat -u text:HELLO "file:$tmp/file"
  assert_equal "the file" "$(<"$tmp/file")" "HELLO world"
  expect 0 sockcat "open:$tmp/file" - </dev/null
  assert_equal "output" "$output" "HELLO world"
  expect 1 sockcat -u text:x "open:$tmp/missing"
  assert_message "cannot open '$tmp/missing'" "No such file or directory"
}

@test "create and creat: a file is made, or emptied" {
  expect 0 bash -c 'umask 027; exec sockcat -u text:hello "create:$1"' bash "$tmp/file"
  assert_equal "the file" "$(<"$tmp/file")" hello
  assert_equal "permissions" "$(stat -c %a "$tmp/file")" 640
  expect 0 sockcat -u text:x "creat:$tmp/file"
  assert_equal "the file" "$(<"$tmp/file")" x
}

@test "gopen and a name with '/': a file is appended to, and made if it is missing" {
  expect 0 sockcat -u text:one "gopen:$tmp/file"
  expect 0 sockcat -u text:two "$tmp/file"
  assert_equal "the file" "$(<"$tmp/file")" onetwo
  expect 0 sockcat -u "$tmp/file" -
  assert_equal "output" "$output" onetwo
  cd "$tmp"
  expect 0 sockcat -u ./file -
  assert_equal "output" "$output" onetwo
  expect 0 sockcat -u gopen:file -
  assert_equal "output" "$output" onetwo
  expect 1 sockcat -u ./missing -
  assert_message "No such file or directory"
}

@test "gopen: a socket is connected to, of whatever type; a FIFO is a pipe; a device is a device" {
  serves "unix-listen:$socket" "gopen:$socket"
  serves "unix-listen:$socket" "$socket"
  serves "unix-seqpacket-listen:$socket" "$socket"
  receives "unix-recv:$socket" "$socket"
  mkfifo "$tmp/fifo"
  start sockcat -u "$tmp/fifo" - >"$tmp/out" </dev/null
  expect 0 sockcat -u text:hello "$tmp/fifo"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" hello
  [[ -p $tmp/fifo ]] || fail "the FIFO is gone"
  expect 0 sockcat -u text:hello /dev/null
  expect 0 sockcat -u /dev/null -
}

@test "pipe, echo and fifo without name give back what they get" {
  local address
  content "$tmp/data" 3000000
  for address in pipe echo fifo PIPE; do
    expect 0 sockcat "$address" <<<hello
    assert_equal "output" "$output" hello
  done
  sockcat "open:$tmp/data!!create:$tmp/copy" pipe
  assert_same_file "$tmp/copy" "$tmp/data"
}

@test "pipe:PATH makes a FIFO, private, and removes it; one that was there stays" {
  start sockcat -u "pipe:$tmp/fifo" - >"$tmp/out" </dev/null
  wait_until "the FIFO is there" test -p "$tmp/fifo"
  assert_equal "permissions" "$(stat -c %a "$tmp/fifo")" 600
  echo hello >"$tmp/fifo"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" hello
  assert_gone "$tmp/fifo"
  mkfifo "$tmp/fifo"
  start sockcat -u "fifo:$tmp/fifo" - >"$tmp/out" </dev/null
  expect 0 sockcat -u text:hello "pipe:$tmp/fifo"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" hello
  [[ -p $tmp/fifo ]] || fail "the FIFO is gone"
  : >"$tmp/plain"
  expect 1 sockcat -u "pipe:$tmp/plain" -
  assert_message "'$tmp/plain'"
}

@test "pipe:PATH: who waits for the other side waits as long as -w says" {
  expect 124 sockcat -w 0.1 -u "pipe:$tmp/fifo" -
  expect 124 sockcat -w 0.1 -u text:x "pipe:$tmp/fifo"
  assert_gone "$tmp/fifo"
}

@test "socketpair gives back what it gets" {
  expect 0 sockcat socketpair <<<hello
  assert_equal "output" "$output" hello
  content "$tmp/data" 3000000
  sockcat "open:$tmp/data!!create:$tmp/copy" socketpair
  assert_same_file "$tmp/copy" "$tmp/data"
}

@test "text is for reading; what is written there vanishes" {
  expect 0 sockcat text:'hello world' - </dev/null
  assert_equal "output" "$output" "hello world"
  expect 0 sockcat text:'a\n\tb\\c' - </dev/null
  assert_equal "output" "$output" $'a\n\tb\\c'
  expect 0 sockcat text:'"a, b: c!!d" \"x\"' - </dev/null
  assert_equal "output" "$output" 'a, b: c!!d "x"'
  expect 0 sockcat text:x - <<<"into nothing"
  assert_equal "output" "$output" x
}

@test "stall neither gives nor takes" {
  expect 0 sockcat -T 0.1 -u stall -
  assert_equal "output" "$output" ""
  expect 1 sockcat -T 0.1 -u text:x stall
}

# --- Programs

@test "exec: a program and its arguments, with socat's two levels of quoting" {
  expect 0 sockcat exec:"tr a-z A-Z" <<<hello
  assert_equal "output" "$output" HELLO
  expect 0 sockcat -U - exec:'printf <%s> a  b   c'
  assert_equal "output" "$output" "<a><b><c>"
  expect 0 sockcat -U - exec:'printf "<%s>" "a b" c'
  assert_equal "output" "$output" "<a b><c>"
  expect 0 sockcat -U - exec:'printf \"<%s>\\n\" \"a b\" c'
  assert_equal "output" "$output" $'<a b>\n<c>'
  expect 0 sockcat -U - 'exec:printf \"<%s>\" \"a\,b\:c\!\!d\" \\\"'
  assert_equal "output" "$output" '<a,b:c!!d><">'
  expect 0 sockcat -U - exec:'printf <%s> $HOME * ; | x'
  assert_equal "no shell" "$output" '<$HOME><*><;><|><x>'
  expect 2 sockcat exec:'echo "a'
  assert_message "a double quote is not closed"
  expect 2 sockcat "exec:echo 'a"
  assert_message "a single quote is not closed"
  expect 2 sockcat "exec:echo \\"
  assert_message "nothing follows its last backslash"
}

@test "exec's words are those that socat makes of them, except that quotes keep words together" {
  need socat
  local words
  for words in 'a b  c' '\"a b\" c' "\\'a b\\' c" '[a b] c' '(a,b) {c d}' '\\n\\t' 'a\:b\,c' '\"a\\\"b\"' "'\"a b\"' c" \
    '\"\" x' 'a\\ b' '\[ x'; do
    expect 0 socat -U - "exec:printf <%s> $words"
    wanted=$output
    expect 0 sockcat -U - "exec:printf <%s> $words"
    assert_equal "arguments of exec:$words" "$output" "$wanted"
  done
}

@test "system and shell: a command line for sh, and for \$SHELL" {
  expect 0 sockcat system:'tr a-z A-Z | sed s/L/1/' <<<hello
  assert_equal "output" "$output" HE1LO
  expect 0 sockcat -U - system:'echo $((1 + 2)) \"a   b\"'
  assert_equal "output" "$output" "3 a   b"
  printf '#!/bin/sh\necho "shell of its own: $*"\n' >"$tmp/shell"
  chmod +x "$tmp/shell"
  expect 0 env SHELL="$tmp/shell" sockcat -U - shell:'some words'
  assert_equal "output" "$output" "shell of its own: -c some words"
  expect 0 env -u SHELL sockcat -U - shell:'echo words'
  assert_equal "output" "$output" words
  expect 0 env SHELL="$tmp/shell" sockcat -U - system:'echo words'
  assert_equal "output" "$output" words
}

@test "A!!B: read from A, write to B" {
  echo there >"$tmp/in"
  expect 0 sockcat "open:$tmp/in!!create:$tmp/out" exec:"tr a-z A-Z"
  assert_equal "what came back" "$(<"$tmp/out")" THERE
  expect 0 sockcat "text:abc!!stdout" pipe </dev/null
  assert_equal "output" "$output" abc
  expect 0 sockcat -u "text:abc!!open:$tmp/in" "open:$tmp/in,rdonly!!create:$tmp/out"
  assert_equal "one way only" "$(<"$tmp/out")" abc
  expect 0 sockcat "text:abc,readbytes=2!!create:$tmp/out,append" "pipe"
  assert_equal "each has its options" "$(<"$tmp/out")" ab
  start_server tcp-listen:0 "open:$tmp/in!!create:$tmp/out"
  expect 0 sockcat "tcp:127.0.0.1:$port" <<<hello
  assert_equal "what came" "$output" there
  finish 0 "$pid"
  assert_equal "what went" "$(<"$tmp/out")" hello
}

@test "names with commas, colons, spaces and quotes are quoted or escaped" {
  cd "$tmp"
  expect 0 sockcat -u text:x 'create:a\,b\:c d'
  assert_equal "the file" "$(<"a,b:c d")" x
  expect 0 sockcat -u "open:'a,b:c d'" -
  assert_equal "output" "$output" x
  expect 0 sockcat -u 'open:"a,b:c d"' -
  assert_equal "output" "$output" x
  expect 2 sockcat -u open:a,b:c -
  mkdir "$tmp/it's [here]"
  serves "unix-listen:$tmp/it\\'s \\[here\\]/socket" "unix:$tmp/it\\'s \\[here\\]/socket"
}

# --- TCP

@test "tcp: every keyword of IPv4, and socat's aliases" {
  local words
  for words in "tcp-listen tcp-connect" "tcp-l tcp" "inet-l inet" "inet-listen inet-connect" "tcp4-listen tcp4-connect" \
    "tcp4-l tcp4" "inet4-l inet4" "inet4-listen inet4-connect" "TCP4-LISTEN TCP4"; do
    if [[ $words == inet* ]]; then
      start_server --port-file "$tmp/port" "${words% *}:0" -- tr a-z A-Z
      expect 0 sockcat "${words#* }:127.0.0.1:$(<"$tmp/port")" <<<hello
      assert_equal "output of $words" "$output" HELLO
      finish 0 "$pid"
    else
      serves "${words% *}:0" "${words#* }:127.0.0.1:PORT"
    fi
  done
}

@test "tcp6: every keyword of IPv6, and socat's aliases" {
  need_ipv6
  local words
  for words in "tcp6-listen tcp6-connect" "tcp6-l tcp6"; do serves "${words% *}:0" "${words#* }:[::1]:PORT"; done
  for words in "inet6-l inet6" "inet6-listen inet6-connect"; do
    start_server --port-file "$tmp/port" "${words% *}:0" -- tr a-z A-Z
    expect 0 sockcat "${words#* }:[::1]:$(<"$tmp/port")" <<<hello
    assert_equal "output of $words" "$output" HELLO
    finish 0 "$pid"
  done
  serves "tcp-listen:0,pf=ip6" "tcp:[::1]:PORT"
}

@test "tcp: a listener is found at loopback only, unless bind says otherwise" {
  local address
  start_server tcp-listen:0 stall
  assert_equal "where it listens" "$(awk -v port="$(printf ':%04X' "$port")" '$4 == "0A" && $2 ~ port "$" { print $2 }' /proc/net/tcp)" \
    "$(printf '0100007F:%04X' "$port")"
  for address in udp-recv:0 udp-listen:0 udp-recvfrom:0; do
    start_server "$address" stall
    assert_equal "where $address is" "$(awk -v port="$(printf ':%04X' "$port")" '$2 ~ port "$" { print $2 }' /proc/net/udp)" \
      "$(printf '0100007F:%04X' "$port")"
  done
  start_server tcp-listen:0,bind=0.0.0.0 -- true
  grep -q "$(printf '00000000:%04X 00000000:0000 0A' "$port")" /proc/net/tcp || fail "it does not listen everywhere"
}

@test "tcp: both ways at once, and much of it" {
  content "$tmp/data" 5000000
  content "$tmp/back" 4000000
  start_server tcp-listen:0 "open:$tmp/back!!create:$tmp/there"
  timeout 60 sockcat "open:$tmp/data!!create:$tmp/here" "tcp:127.0.0.1:$port"
  finish 0 "$pid"
  assert_same_file "$tmp/there" "$tmp/data"
  assert_same_file "$tmp/here" "$tmp/back"
}

@test "tcp: names, and the next address of one when the first refuses" {
  start_server tcp-listen:0,fork text:hello
  expect 0 sockcat "tcp:localhost:$port" </dev/null
  assert_equal "output" "$output" hello
  expect 0 sockcat -6 "tcp:localhost:$port" </dev/null
  assert_equal "output" "$output" hello
}

# --- UDP

@test "udp: listen and connect, both ways, and aliases" {
  answers udp-listen:0 udp-connect:127.0.0.1:PORT
  answers udp-l:0 udp:127.0.0.1:PORT
  answers udp4-listen:0 udp4-connect:127.0.0.1:PORT
  answers udp4-l:0 udp4:127.0.0.1:PORT
}

@test "udp-sendto and udp-recvfrom: one packet and the answers to it; aliases" {
  serves_packet() {
    start_server "$1" -- tr a-z A-Z
    expect 0 sockcat -T 10 "${2//PORT/$port},readbytes=6" <<<hello
    assert_equal "what sockcat $2 gets from sockcat $1" "$output" HELLO
    finish 0 "$pid"
  }
  serves_packet udp-recvfrom:0 udp-sendto:127.0.0.1:PORT
  serves_packet udp4-recvfrom:0 udp-send:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp4-sendto:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp4-send:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp-datagram:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp-dgram:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp4-datagram:127.0.0.1:PORT
  serves_packet udp-recvfrom:0 udp4-dgram:127.0.0.1:PORT
}

@test "udp-recvfrom with fork: each packet is a connection" {
  local word
  start_server udp-recvfrom:0,fork -- tr a-z A-Z
  for word in one two three; do
    expect 0 sockcat -T 10 "udp:127.0.0.1:$port,readbytes=${#word}" < <(printf %s "$word")
    assert_equal "answer" "$output" "${word^^}"
  done
}

@test "udp-listen with fork: each peer is a connection, whose packets come to it alone" {
  start_server udp-listen:0,fork exec:"sed -u s/^/got=/"
  expect 0 "$python" -c '
import socket, sys
peers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for i in range(3)]
for peer in peers:
    peer.settimeout(20)
    peer.connect(("127.0.0.1", int(sys.argv[1])))
for turn in range(3):
    for number, peer in enumerate(peers):
        peer.send(b"%d-%d\n" % (number, turn))
    for number, peer in enumerate(peers):
        answer = peer.recv(100)
        assert answer == b"got=%d-%d\n" % (number, turn), answer' "$port"
}

@test "udp-recv: what anybody sends, one after the other" {
  start_server -u udp-recv:0 "create:$tmp/out"
  send_datagrams udp "$port" one two
  send_datagrams udp "$port" three
  wait_until "all have come" has_text "$tmp/out" onetwothree
  receives udp4-recv:0 udp:127.0.0.1:PORT
  expect 1 sockcat -U udp-recv:0 text:x
}

@test "udp-sendto hears its peer only, udp-datagram everybody" {
  local own stranger
  own=$(free_port udp)
  stranger=$(free_port udp)
  start_datagram_sink "$tmp/sink"
  start_server -U "create:$tmp/out" "udp-sendto:127.0.0.1:$port,sourceport=$own"
  wait_until "it is bound" is_at_port udp "$own" "$pid"
  send_datagrams udp "$own" unwanted
  kill "$pid"
  wait "$pid" || true
  assert_equal "what a stranger has sent" "$(<"$tmp/out")" ""
  start_server -U "create:$tmp/out" "udp-datagram:127.0.0.1:$stranger,bind=127.0.0.1:$own"
  send_datagrams udp "$own" wanted
  wait_until "it has come" has_text "$tmp/out" wanted
}

@test "udp6: every keyword of IPv6" {
  need_ipv6
  answers udp6-listen:0 'udp6-connect:[::1]:PORT'
  answers udp6-l:0 'udp6:[::1]:PORT'
  answers udp6-recvfrom:0,fork 'udp6-sendto:[::1]:PORT'
  answers udp6-recvfrom:0,fork 'udp6-send:[::1]:PORT'
  answers udp6-recvfrom:0,fork 'udp6-datagram:[::1]:PORT'
  answers udp-recvfrom:0,pf=ip6,fork 'udp6-dgram:[::1]:PORT'
  receives udp6-recv:0 'udp:[::1]:PORT'
}

@test "udp-multicast: members of a group hear what is sent to it, one way and the other" {
  local group=239.255.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)) keyword
  for keyword in udp-multicast udp4-multicast; do
    port=$(free_port udp)
    start_server -u "$keyword:$group:$port,if=127.0.0.1" "create:$tmp/first"
    start_server -u "$keyword:$group:$port,if=127.0.0.1" "create:$tmp/second"
    expect 0 sockcat -u text:hello "$keyword:$group:$port,if=127.0.0.1"
    wait_until "the first has heard it" has_text "$tmp/first" hello
    wait_until "the second has heard it" has_text "$tmp/second" hello
    expect 0 sockcat -u text:again "udp-datagram:$group:$port,ip-multicast-if=127.0.0.1"
    wait_until "the first has heard it" has_text "$tmp/first" again
  done
  expect 1 sockcat "udp-multicast:127.0.0.1:$port" </dev/null
  assert_message "it is no multicast address"
}

@test "udp6-multicast: the same with IPv6, where lo leads to no group: a member" {
  need_ipv6
  local number=$((RANDOM % 9000 + 1000)) scope
  for scope in ff02 ff05; do
    port=$(free_port udp)
    start_server -u "udp6-multicast:[$scope::$number]:$port,if=lo" "create:$tmp/$scope"
    is_member lo "$scope" "$number" || fail "it is no member of $scope::$number"
  done
}

# --- UNIX

@test "unix: stream sockets, and aliases" {
  local words
  for words in "unix-listen unix-connect" "unix-l local" "unix-listen unix" "unix-listen unix-client" "UNIX-LISTEN UNIX-CONNECT"; do
    serves "${words% *}:$socket" "${words#* }:$socket"
    assert_gone "$socket"
  done
}

@test "unix-seqpacket: sockets that keep packets apart, and aliases" {
  local words
  for words in "unix-seqpacket-listen unix-seqpacket-connect" "unix-seqpacket-l unix-seqpacket" "unix-seqpacket-listen unix-client" \
    "unix-seqpacket-listen unix"; do
    serves "${words% *}:$socket" "${words#* }:$socket"
  done
}

@test "unix-recv, unix-recvfrom and unix-sendto: datagrams, and aliases" {
  receives "unix-recv:$socket" "unix-sendto:$socket"
  receives "unix-recv:$socket" "unix-send:$socket"
  receives "unix-recv:$socket" "unix-client:$socket"
  receives "unix-recv:$socket" "unix:$socket"
  start_server "unix-recvfrom:$socket" "create:$tmp/got"
  expect 0 sockcat -u text:hello "unix-sendto:$socket"
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/got")" hello
}

@test "unix-recvfrom answers who has a name, with bind or bind-tempname" {
  start_server "unix-recvfrom:$socket,fork" -- tr a-z A-Z
  expect 0 sockcat -T 10 "unix-sendto:$socket,bind=${socket}b,readbytes=6" <<<hello
  assert_equal "answer" "$output" HELLO
  assert_gone "${socket}b"
  expect 0 env TMPDIR="$tmp" sockcat -T 10 "unix-sendto:$socket,bind-tempname,readbytes=6" <<<hello
  assert_equal "answer" "$output" HELLO
  assert_equal "names" "$(find "$tmp" -name 'sockcat.*')" ""
  expect 0 sockcat -T 10 "unix-client:$socket,bind=${socket}b,readbytes=6" <<<hello
  assert_equal "answer" "$output" HELLO
}

@test "abstract: every kind of UNIX socket without file, and aliases" {
  local words
  for words in "listen connect" "l client" "listen client" "seqpacket-listen seqpacket" "seqpacket-l seqpacket-connect" \
    "seqpacket-listen client"; do
    serves "abstract-${words% *}:$name" "abstract-${words#* }:$name"
  done
  serves "abstract-listen:$name" "abstract:$name"
  receives "abstract-recv:$name" "abstract-sendto:$name"
  receives "abstract-recv:$name" "abstract-send:$name"
  receives "abstract-recv:$name" "abstract-client:$name"
  start_server "abstract-recvfrom:$name,fork" -- tr a-z A-Z
  expect 0 sockcat -T 10 "abstract-sendto:$name,bind=${name}b,readbytes=6" <<<hello
  assert_equal "answer" "$output" HELLO
  expect 0 sockcat -T 10 "abstract-sendto:$name,bind-tempname,readbytes=6" <<<hello
  assert_equal "answer" "$output" HELLO
}

@test "unix: a socket file is private whatever the umask of the process is; umask= counts from 777" {
  local address
  for address in unix-listen unix-recv unix-seqpacket-listen unix-recvfrom; do
    umask 0
    start_server "$address:$socket" stall
    umask 022
    assert_equal "permissions of $address" "$(stat -c %a "$socket")" 600
    kill "$pid"
    assert_dies_of TERM "$pid"
    start_server "$address:$socket,umask=027" stall
    assert_equal "permissions of $address" "$(stat -c %a "$socket")" 750
    kill "$pid"
    assert_dies_of TERM "$pid"
  done
}

@test "unix: a live socket is not taken away, a stale one is replaced, anything else stays" {
  local server address
  start_server "unix-listen:$socket,fork" text:first
  server=$pid
  for address in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
    expect 1 sockcat "$address:$socket" </dev/null
    assert_message "cannot create socket '$socket'" "Address already in use"
  done
  expect 0 sockcat "unix:$socket" </dev/null
  assert_equal "what the first one says" "$output" first
  kill -KILL "$server"
  finish 137 "$server"
  assert_socket "$socket"
  expect 1 sockcat "unix:$socket" </dev/null
  assert_message "Connection refused"
  start_server "unix-listen:$socket" text:second
  expect 0 sockcat "unix:$socket" </dev/null
  assert_equal "what the second one says" "$output" second
  finish 0 "$pid"
  echo precious >"$socket"
  expect 1 sockcat "unix-listen:$socket" </dev/null
  assert_message "'$socket'" "a regular file has that name"
  assert_equal "the file" "$(<"$socket")" precious
  ln -s nowhere "${socket}b"
  expect 1 sockcat "unix-listen:${socket}b" </dev/null
  assert_message "a symbolic link has that name"
}

@test "unix: a symbolic link to a socket is followed, but not in a sticky directory" {
  mkdir "$tmp/sticky"
  chmod 1777 "$tmp/sticky"
  start_server "unix-listen:$socket,fork" text:hello
  ln -s "$socket" "$tmp/link"
  expect 0 sockcat "unix:$tmp/link" </dev/null
  assert_equal "output" "$output" hello
  ln -s "$socket" "$tmp/sticky/link"
  expect 1 sockcat "unix:$tmp/sticky/link" </dev/null
  assert_message "a symbolic link is not followed in a sticky directory"
}

@test "unix: a path that is longer than a socket's address can be" {
  local folder
  folder=$tmp/$(printf 'x%.0s' {1..150})
  mkdir "$folder"
  serves "unix-listen:$folder$name" "unix:$folder$name"
  assert_gone "$folder$name"
  expect 1 sockcat "unix-listen:$tmp/$(printf 'y%.0s' {1..200})" </dev/null
  assert_message "File name too long"
}

@test "unix: datagrams to nobody, and to a socket of another kind, are exit 1" {
  expect 1 sockcat -u text:x "unix-sendto:$socket"
  assert_message "'$socket'" "No such file or directory"
  start_server "unix-listen:$socket,fork" text:x
  expect 1 sockcat -u text:x "unix-sendto:$socket"
  assert_message "'$socket'" "Protocol wrong type for socket"
}

# --- All

@test "every address is tested here" {
  local keyword file=$BATS_TEST_FILENAME
  while read -r keyword; do
    grep -vF 'every address is tested' "$file" | grep -qE "(^|[^a-z0-9-])$keyword([^a-z0-9-]|\$)" ||
      [[ $keyword == abstract-* ]] || fail "$keyword is not tested"
  done < <(sockcat --help-addresses | sed -n '/^Addresses:/,/^Options:/{s/^  \([a-z0-9-]*\).*/\1/p}' | grep .)
}
