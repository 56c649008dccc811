# sockcat between two hosts, which are two network namespaces with a wire between them. $a and $b are processes in them.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/sockcat_family

eval "set_up_$(declare -f setup)" # that of the helpers

setup() {
  set_up_setup
  ((EUID == 0)) || skip "only root can make network namespaces"
  need ip nsenter
  unshare --net true 2>/dev/null || skip "no network namespaces to be had"
  start unshare --net sleep 200
  a=$pid
  start unshare --net sleep 200
  b=$pid
  wait_until "two hosts" have_own_networks
  for pid in "$a" "$b"; do
    on "$pid" ip link set lo up
    # Without it the addresses of version 6 could not be used for a second.
    on "$pid" sysctl -qw net.ipv6.conf.default.accept_dad=0 2>/dev/null || true
  done
  ip link add name wire netns "$a" type veth peer name wire netns "$b" 2>/dev/null || skip "no veth to be had"
  raise_wire
}

have_own_networks() {
  local process
  for process in "$a" "$b"; do
    [[ $(readlink "/proc/$process/ns/net") != "$(readlink "/proc/$$/ns/net")" && $(<"/proc/$process/comm") == sleep ]] || return 1
  done
}

# Gives both ends of the wire their addresses.
raise_wire() {
  local number=0 host
  for host in "$a" "$b"; do
    number=$((number + 1))
    on "$host" ip address add "10.77.0.$number/24" broadcast 10.77.0.255 dev wire
    on "$host" ip -6 address add "fd77::$number/64" nodad dev wire 2>/dev/null || true
    on "$host" ip link set wire up
  done
  # The link-local address is what multicast of version 6 is sent from.
  ! has_ip6 || for host in "$a" "$b"; do wait_until "the wire is up" has_link_local "$host"; done
}
has_ip6() { on "$b" ip -6 address show dev wire 2>/dev/null | grep -q fd77; }
need_ip6() { has_ip6 || skip "no IPv6 on this machine"; }
has_link_local() { on "$1" ip -6 address show dev "${2:-wire}" scope link | grep inet6 | grep -qv tentative; }

# on HOST COMMAND...
on() { nsenter --net="/proc/$1/ns/net" -- "${@:2}"; }

# The same before a command that expect() or start() runs.
at() { at=(nsenter --net="/proc/$1/ns/net" --); }

# serve_on HOST ARG...: start_server there.
serve_on() {
  local ready=$tmp/ready.${#started[@]} port_file=$tmp/port.${#started[@]} words=() host=$1
  shift
  port=
  rm -f "$ready" "$port_file" # of one that has ended
  [[ ! $* =~ (tcp|udp)[46]?-(l|recv) ]] || words=(--port-file "$port_file")
  at "$host"
  start "${at[@]}" bash -c 'exec sockcat --ready-fd 3 "$@" 3>"$0"' "$ready" "${words[@]}" "$@"
  wait_until "sockcat ${*@Q} is ready" is_ready_or_gone "$pid" "$ready"
  [[ -s $ready ]] || fail "sockcat ${*@Q} has ended instead of being ready"
  [[ ! -e $port_file ]] || port=$(<"$port_file")
}

# sockcat_on HOST STATUS ARG...
sockcat_on() {
  at "$1"
  expect "$2" "${at[@]}" sockcat "${@:3}"
}

# assert_carries SERVER CLIENT: bytes go both ways from host a to host b at PORT in CLIENT and come back as they were.
assert_carries() {
  serve_on "$b" "$1" -- cat </dev/null
  at "$a"
  timeout 60 "${at[@]}" sockcat - "${2/PORT/$port}" <"$tmp/content" >"$tmp/back" || fail "the client failed: $?"
  assert_same_file "$tmp/content" "$tmp/back"
  finish 0 "$pid"
}

@test "TCP across, in both versions of IP: megabytes both ways at once, by address" {
  content "$tmp/content" 5000000
  assert_carries tcp-listen:0,bind=10.77.0.2 tcp:10.77.0.2:PORT
  assert_carries tcp-listen:0,bind=0.0.0.0 tcp4:10.77.0.2:PORT,bind=10.77.0.1
  need_ip6
  assert_carries 'tcp6-listen:0,bind=[fd77::2]' 'tcp:[fd77::2]:PORT'
  assert_carries 'tcp6-listen:0,bind=[::]' 'tcp6:[fd77::2]:PORT'
  assert_carries 'tcp-listen:0,bind=[::]' tcp:10.77.0.2:PORT
}

@test "link-local addresses of version 6 go with the name of the interface" {
  local address
  need_ip6
  content "$tmp/content" 100000
  address=$(on "$b" ip -6 -o address show dev wire scope link | awk '{ sub("/.*", "", $4); print $4; exit }')
  assert_carries "tcp6-listen:0,bind=[$address%wire]" "tcp6:[$address%wire]:PORT"
}

@test "the program of a server knows where its client is" {
  local environment='echo $SOCKCAT_PEERADDR $SOCKCAT_SOCKADDR $SOCKCAT_SOCKPORT'
  serve_on "$b" tcp-listen:0,bind=0.0.0.0,fork -- bash -c "$environment" </dev/null
  sockcat_on "$a" 0 -u tcp:10.77.0.2:"$port" -
  assert_equal "addresses" "$output" "10.77.0.1 10.77.0.2 $port"
  need_ip6
  serve_on "$b" 'tcp-listen:0,bind=[::],fork' -- bash -c "$environment" </dev/null
  sockcat_on "$a" 0 -u "tcp:[fd77::2]:$port" -
  assert_equal "addresses" "${output//[\[\]]/}" "fd77::1 fd77::2 $port"
}

@test "a server on loopback cannot be reached from the other host; with bind= it can" {
  serve_on "$b" tcp-listen:0,fork -- echo hello </dev/null
  sockcat_on "$b" 0 -u tcp:127.0.0.1:"$port" -
  assert_equal "answer on the same host" "$output" hello
  sockcat_on "$a" 1 -u tcp:10.77.0.2:"$port" -
  assert_message "Connection refused"
  serve_on "$b" udp-recv:0 - </dev/null >"$tmp/received"
  sockcat_on "$a" 0 -u - udp-sendto:10.77.0.2:"$port" <<<lost
  sockcat_on "$b" 0 -u - udp-sendto:10.77.0.2:"$port" <<<lost
  sockcat_on "$b" 0 -u - udp-sendto:127.0.0.1:"$port" <<<local
  wait_until "it has come" has_text "$tmp/received" local
  assert_equal "what came" "$(<"$tmp/received")" local
  serve_on "$b" tcp-listen:0,fork,bind=10.77.0.2 -- echo hello </dev/null
  sockcat_on "$a" 0 -u tcp:10.77.0.2:"$port" -
  assert_equal "answer" "$output" hello
  sockcat_on "$b" 1 -u tcp:127.0.0.1:"$port" -
  need_ip6
  serve_on "$b" tcp6-listen:0,fork -- echo hello </dev/null
  sockcat_on "$a" 1 -u "tcp:[fd77::2]:$port" -
  sockcat_on "$b" 0 -u "tcp:[::1]:$port" -
}

@test "UDP across: packets stay apart and come back, with every kind of receiver" {
  local keyword host family
  for family in 4 6; do
    host=10.77.0.2
    if ((family == 6)); then
      need_ip6
      host='[fd77::2]'
    fi
    for keyword in udp$family-listen udp$family-recvfrom; do
      serve_on "$b" "$keyword:0,bind=$host,fork" pipe </dev/null
      at "$a"
      expect 0 "${at[@]}" "$python" -c '
import socket, sys
family = socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(20)
s.connect((sys.argv[2].strip("[]"), int(sys.argv[3])))
for size in 1, 100, 1472, 8000, 2:
    s.send(b"x" * size)
    got = s.recv(65536)
    assert len(got) == size, (size, len(got))' "$family" "$host" "$port"
      sockcat_on "$a" 0 -t 20 - "udp:$host:$port,readbytes=6" <<<hello
      assert_equal "answer of $keyword" "$output" hello
      sockcat_on "$a" 0 -t 20 - "udp-sendto:$host:$port,sourceport=4099,readbytes=6" <<<hello
      assert_equal "answer of $keyword" "$output" hello
    done
    serve_on "$b" -u "udp$family-recv:0,bind=$host" "open:$tmp/received.$family,creat,append" </dev/null
    for text in one two three; do sockcat_on "$a" 0 -u - "udp:$host:$port" <<<"$text"; done
    wait_until "all has come" has_size "$tmp/received.$family" 14
    assert_equal "what came" "$(xargs <"$tmp/received.$family")" "one two three"
  done
}

@test "a proxy keeps the borders of packets, of empty ones and of very long ones" {
  at "$b"
  start "${at[@]}" "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.2", 4077))
open(sys.argv[1], "w").close()
while True:
    s.sendto(*s.recvfrom(65536))' "$tmp/bound"
  wait_until "the server is bound" test -e "$tmp/bound"
  serve_on "$a" udp-listen:0,fork udp:10.77.0.2:4077 </dev/null
  at "$a"
  expect 0 "${at[@]}" "$python" -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.connect(("127.0.0.1", int(sys.argv[1])))
sizes = 1, 0, 1472, 0, 9000, 65507, 2
for size in sizes:
    s.send(b"x" * size)
    got = s.recv(65536)
    assert len(got) == size, (size, len(got))
for size in sizes[:5]:
    s.send(b"x" * size)
assert [len(s.recv(65536)) for _ in range(5)] == list(sizes[:5])' "$port"
}

# hears FILE TEXT: whether what a receiver writes to FILE is TEXT.
hears() { [[ $(<"$1") == "$2" ]]; }

# send_and_hear FILE TEXT HOST ARG...: sockcat sends the last line of TEXT, and FILE has all of it then.
send_and_hear() {
  local file=$1 text=$2 host=$3
  shift 3
  sockcat_on "$host" 0 -u - "$@" <<<"${text##*$'\n'}"
  wait_until "${text@Q} is in $file" hears "$file" "$text"
}

# assert_group_heard GROUP: all members on host b hear what host a sends to it, and host a what b sends.
assert_group_heard() {
  local group=$1
  : >"$tmp/on-b"
  : >"$tmp/also-on-b"
  : >"$tmp/on-a"
  serve_on "$b" -u "udp-multicast:$group:4077,if=wire,reuseaddr" "open:$tmp/on-b,append" </dev/null
  serve_on "$b" -u "udp-multicast:$group:4077,if=wire,reuseaddr" "open:$tmp/also-on-b,append" </dev/null
  send_and_hear "$tmp/on-b" hello "$a" "udp-multicast:$group:4077,if=wire"
  wait_until "the other one hears it" hears "$tmp/also-on-b" hello
  serve_on "$a" -u "udp-multicast:$group:4077,if=wire" "open:$tmp/on-a,append" </dev/null
  send_and_hear "$tmp/on-a" back "$b" "udp-multicast:$group:4077,if=wire,reuseaddr,ip-multicast-loop=0"
  assert_equal "what b has heard of itself" "$(<"$tmp/on-b")" hello
  send_and_hear "$tmp/on-a" $'back\nagain' "$b" "udp-multicast:$group:4077,if=wire,reuseaddr"
  wait_until "b hears itself" hears "$tmp/on-b" $'hello\nagain'
  assert_equal "what the other one has heard" "$(<"$tmp/also-on-b")" $'hello\nagain'
}

@test "udp-multicast across: all members hear it, the own host only if it is to" {
  assert_group_heard 239.77.0.1
}

@test "so it is with version 6 of IP, in the scope of the link and in that of the site" {
  need_ip6
  assert_group_heard '[ff02::7777]'
  kill "${started[@]:2}"
  for pid in "${started[@]:2}"; do finish 143 "$pid"; done
  started=("${started[@]:0:2}")
  assert_group_heard '[ff15::7777]'
}

@test "udp-multicast hears what comes by the interface of if=, and not what comes by another" {
  local group host
  ip link add name other netns "$a" type veth peer name other netns "$b"
  on "$a" ip address add 10.78.0.1/24 dev other
  on "$b" ip address add 10.78.0.2/24 dev other
  on "$a" ip link set other up
  on "$b" ip link set other up
  ! has_ip6 || for host in "$a" "$b"; do wait_until "the other wire is up" has_link_local "$host" other; done
  for group in 239.77.0.1 '[ff15::7777]'; do
    [[ $group != *:* ]] || need_ip6
    : >"$tmp/by-wire"
    : >"$tmp/by-other"
    serve_on "$b" -u "udp-multicast:$group:4077,if=wire,reuseaddr" "open:$tmp/by-wire,append" </dev/null
    serve_on "$b" -u "udp-multicast:$group:4077,if=other,reuseaddr" "open:$tmp/by-other,append" </dev/null
    sockcat_on "$a" 0 -u - "udp-multicast:$group:4077,if=wire" <<<one
    wait_until "it is heard" has_text "$tmp/by-wire" one
    sockcat_on "$a" 0 -u - "udp-multicast:$group:4077,if=other" <<<two
    wait_until "it is heard" has_text "$tmp/by-other" two
    assert_equal "what came by one interface" "$(<"$tmp/by-wire")" one
    assert_equal "what came by the other" "$(<"$tmp/by-other")" two
    kill "${started[@]:2}"
    for pid in "${started[@]:2}"; do finish 143 "$pid"; done
    started=("${started[@]:0:2}")
  done
}

@test "udp-recv and udp-recvfrom with ip-add-membership hear what udp-datagram sends to the group" {
  local interface
  : >"$tmp/heard"
  serve_on "$b" -u udp-recv:4077,ip-add-membership=239.77.0.2:wire "open:$tmp/heard,append" </dev/null
  send_and_hear "$tmp/heard" hello "$a" udp-datagram:239.77.0.2:4077,ip-multicast-if=10.77.0.1
  # Nothing but what is sent to the group.
  sockcat_on "$a" 0 -u - udp-datagram:10.77.0.2:4077 <<<"to the host"
  sockcat_on "$a" 0 -u - udp-datagram:239.77.0.3:4077,ip-multicast-if=10.77.0.1 <<<"to another group"
  send_and_hear "$tmp/heard" $'hello\nend' "$a" udp-datagram:239.77.0.2:4077,ip-multicast-if=10.77.0.1
  kill "$pid"
  finish 143 "$pid"
  # The interface by its address and by its number, too; and answers come to the sender.
  for interface in 10.77.0.2 wire "$(on "$b" cat /sys/class/net/wire/ifindex 2>/dev/null || echo wire)"; do
    serve_on "$b" udp-recvfrom:4077,ip-add-membership=239.77.0.2:"$interface",fork exec:'tr a-z A-Z' </dev/null
    sockcat_on "$a" 0 -t 20 - udp-datagram:239.77.0.2:4077,ip-multicast-if=10.77.0.1,readbytes=6 <<<hello
    assert_equal "answer" "$output" HELLO
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "udp-recv with ipv6-join-group hears what udp-datagram sends to the group, in any scope" {
  local group
  need_ip6
  for group in ff15::7778 ff02::7778; do
    : >"$tmp/heard"
    serve_on "$b" -u "udp6-recv:4078,ipv6-join-group=[$group]:wire" "open:$tmp/heard,append" </dev/null
    if [[ $group == ff02* ]]; then
      send_and_hear "$tmp/heard" hello "$a" "udp6-datagram:[$group%wire]:4078"
    else
      send_and_hear "$tmp/heard" hello "$a" "udp6-datagram:[$group]:4078"
    fi
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "broadcast across, only if it is asked for" {
  : >"$tmp/heard"
  serve_on "$b" -u udp-recv:0,bind=0.0.0.0 "open:$tmp/heard,append" </dev/null
  sockcat_on "$a" 1 -u - udp-datagram:10.77.0.255:"$port" <<<hello
  assert_message "sockcat: " "Permission denied"
  send_and_hear "$tmp/heard" hello "$a" udp-datagram:10.77.0.255:"$port",broadcast
  sockcat_on "$a" 0 -u - udp-datagram:255.255.255.255:"$port",so-broadcast,interface=wire <<<again
  wait_until "it is heard" hears "$tmp/heard" $'hello\nagain'
  # Answers come from the host, not from the address that was sent to.
  serve_on "$b" udp-recvfrom:0,bind=0.0.0.0,fork exec:'tr a-z A-Z' </dev/null
  at "$a"
  expect 0 "${at[@]}" sockcat -t 5 -T 5 - udp-datagram:10.77.0.255:"$port",broadcast,readbytes=6 <<<hello
  assert_equal "answer" "$output" HELLO
}

@test "range= lets in whom it names and turns away others, who are told nothing; the server goes on" {
  on "$a" ip address add 10.77.0.3/24 dev wire
  serve_on "$b" tcp-listen:0,fork,bind=10.77.0.2,range=10.77.0.1/32 -- echo hello </dev/null
  for _ in 1 2; do
    at "$a"
    run --separate-stderr timeout 120 "${at[@]}" sockcat -u "tcp:10.77.0.2:$port,bind=10.77.0.3" -
    assert_equal "what the refused one gets" "$output" ""
    sockcat_on "$a" 0 -u "tcp:10.77.0.2:$port,bind=10.77.0.1" -
    assert_equal "answer" "$output" hello
  done
  serve_on "$b" tcp-listen:0,bind=10.77.0.2,range=10.77.0.0:255.255.255.254 -- echo hello </dev/null
  at "$a"
  run --separate-stderr timeout 120 "${at[@]}" sockcat -u "tcp:10.77.0.2:$port,bind=10.77.0.3" -
  assert_equal "what the refused one gets" "$output" ""
  sockcat_on "$a" 0 -u "tcp:10.77.0.2:$port,bind=10.77.0.1" -
  finish 0 "$pid"
  : >"$tmp/heard"
  serve_on "$b" -u udp-recv:0,bind=0.0.0.0,range=10.77.0.1/32 "open:$tmp/heard,append" </dev/null
  sockcat_on "$a" 0 -u - "udp-sendto:10.77.0.2:$port,bind=10.77.0.3" <<<no
  send_and_hear "$tmp/heard" yes "$a" "udp-sendto:10.77.0.2:$port,bind=10.77.0.1"
  serve_on "$b" udp-recvfrom:0,bind=0.0.0.0,range=10.77.0.1/32 pipe </dev/null
  sockcat_on "$a" 0 -t 0.3 - "udp-sendto:10.77.0.2:$port,bind=10.77.0.3" <<<no
  assert_equal "what the refused one gets" "$output" ""
  sockcat_on "$a" 0 -t 20 - "udp-sendto:10.77.0.2:$port,bind=10.77.0.1,readbytes=4" <<<yes
  assert_equal "answer" "$output" yes
  need_ip6
  serve_on "$b" 'tcp-listen:0,fork,bind=[::],range=10.77.0.1/32' -- echo hello </dev/null
  sockcat_on "$a" 0 -u "tcp:10.77.0.2:$port,bind=10.77.0.1" -
  assert_equal "answer to IPv4 on a socket of IPv6" "$output" hello
  at "$a"
  run --separate-stderr timeout 120 "${at[@]}" sockcat -u "tcp:[fd77::2]:$port" -
  assert_equal "what the refused one gets" "$output" ""
}

@test "connecting is tried again until the server comes: retry, forever and -w" {
  local words
  for words in "tcp:10.77.0.2:4077,retry=1000,interval=0.02" "tcp:10.77.0.2:4077,forever,interval=0.02" "-w 20 tcp:10.77.0.2:4077"; do
    at "$a"
    # shellcheck disable=SC2086  # words
    start "${at[@]}" sockcat -U - $words </dev/null >"$tmp/out"
    client=$pid
    wait_until "it waits" is_asleep "$client"
    sleep 0.1
    kill -0 "$client"
    serve_on "$b" tcp-listen:4077,bind=0.0.0.0 -- echo hello </dev/null
    finish 0 "$client"
    finish 0 "$pid"
    assert_equal "answer" "$(<"$tmp/out")" hello
  done
  sockcat_on "$a" 1 -U - tcp:10.77.0.2:4077,retry=2,interval=0.02 </dev/null
  assert_message "Connection refused"
  sockcat_on "$a" 124 -w 0.3 -U - tcp:10.77.0.2:4077 </dev/null
}

@test "so it is while the host is down, or the whole network" {
  on "$a" ip link set wire down
  at "$a"
  start "${at[@]}" sockcat -w 30 -U - tcp:10.77.0.2:4077 </dev/null >"$tmp/out"
  client=$pid
  serve_on "$b" tcp-listen:4077,bind=0.0.0.0 -- echo hello </dev/null
  sleep 0.2
  kill -0 "$client"
  on "$a" ip link set wire up
  finish 0 "$client"
  assert_equal "answer" "$(<"$tmp/out")" hello
}

@test "connect-timeout and -w end the wait for a host that does not answer, with 124" {
  local start words
  for words in "tcp:10.77.0.9:80,connect-timeout=0.3" "-w 0.3 tcp:10.77.0.9:80"; do
    start=$(now)
    # shellcheck disable=SC2086  # words
    sockcat_on "$a" 124 -u $words -
    assert_took "$start" 250
    assert_message "sockcat: " "10.77.0.9" "within the time allowed"
  done
}

@test "-T ends a connection whose peer has gone without a word; keepalive finds it out" {
  local start
  serve_on "$b" -T 0.5 tcp-listen:0,bind=0.0.0.0 -- cat </dev/null
  server=$pid
  at "$a"
  start "${at[@]}" sockcat stall tcp:10.77.0.2:"$port" </dev/null
  client=$pid
  wait_until "there is a client" has_children "$server" 1
  on "$a" ip link set wire down
  finish 0 "$server"
  kill -0 "$client"
  on "$a" ip link set wire up
  serve_on "$b" -u tcp-listen:0,bind=0.0.0.0,keepalive,keepidle=1,keepintvl=1,keepcnt=1 - </dev/null 2>"$tmp/errors" >"$tmp/out"
  server=$pid
  at "$a"
  start "${at[@]}" sockcat -u system:'echo hello; exec sleep 100' tcp:10.77.0.2:"$port" </dev/null
  wait_until "there is a client" has_text "$tmp/out" hello
  on "$a" ip link set wire down
  finish 1 "$server"
  assert_contains "message" "$(<"$tmp/errors")" "sockcat: cannot read TCP 10.77.0.1:"
}

# spoil_wire DELAY LOSS: so many milliseconds, so many percent; by tc, and where the kernel has no netem, by a wire of our own.
spoil_wire() {
  local host
  if command -v tc >/dev/null && on "$a" tc qdisc add dev wire root netem delay "$1ms" "$(($1 / 2))ms" loss "$2%" 2>/dev/null; then
    on "$b" tc qdisc add dev wire root netem delay "$1ms" "$(($1 / 2))ms" loss "$2%"
    return
  fi
  [[ -c /dev/net/tun ]] || skip "neither netem nor tun"
  on "$a" ip link delete wire
  start "$python" "$partners/sockcat_wire.py" "$a" "$b" "$1" "$2" >"$tmp/wire" 2>"$tmp/wire.errors"
  is_wired_or_gone() { [[ -s $tmp/wire ]] || has_ended "$pid"; }
  wait_until "there is a wire" is_wired_or_gone
  [[ -s $tmp/wire ]] || skip "neither netem nor tun: $(tail -n 1 "$tmp/wire.errors")"
  raise_wire
}

@test "over a wire with delay and loss no byte of a TCP connection is lost, whoever ends it first" {
  spoil_wire 4 2
  content "$tmp/content" 1000000
  # Both ways at once, by a client that ends first.
  assert_carries tcp-listen:0,bind=0.0.0.0 tcp:10.77.0.2:PORT
  # One way, by a server that ends first, before all is acknowledged.
  serve_on "$b" -u "open:$tmp/content" tcp-listen:0,bind=0.0.0.0 </dev/null
  at "$a"
  timeout 60 "${at[@]}" sockcat -u "tcp:10.77.0.2:$port" "create:$tmp/back" || fail "the client failed: $?"
  assert_same_file "$tmp/content" "$tmp/back"
  finish 0 "$pid"
  # To a server that is still reading when the client has ended.
  serve_on "$b" -u tcp-listen:0,bind=0.0.0.0,rcvbuf=4K "create:$tmp/back" </dev/null
  at "$a"
  timeout 60 "${at[@]}" sockcat -u "open:$tmp/content" "tcp:10.77.0.2:$port" || fail "the client failed: $?"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/back"
}

@test "nor is one when the server answers and ends while the client is still sending" {
  spoil_wire 4 2
  content "$tmp/content" 300000
  serve_on "$b" tcp-listen:0,bind=0.0.0.0 -- bash -c 'head -c 10 >/dev/null; exec cat "$1"' bash "$tmp/content" </dev/null
  at "$a"
  timeout 60 "${at[@]}" sockcat - "tcp:10.77.0.2:$port" <"$tmp/content" >"$tmp/back" 2>"$tmp/errors" || true
  assert_same_file "$tmp/content" "$tmp/back"
  finish 0 "$pid"
}

@test "two proxies in a chain across the wire: an HTTP download and an upload are whole" {
  need curl
  spoil_wire 2 1
  content "$tmp/content" 300000
  mkdir "$tmp/site"
  cp "$tmp/content" "$tmp/site/file"
  at "$b"
  start "${at[@]}" "$python" -c '
import http.server, os, sys
os.chdir(sys.argv[1])
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        with open("upload", "wb") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 4080), Handler)
open("../listens", "w").close()
server.serve_forever()' "$tmp/site" 2>"$tmp/http"
  wait_until "the web server listens" test -e "$tmp/listens"
  serve_on "$b" tcp-listen:4081,bind=0.0.0.0,fork tcp:127.0.0.1:4080 </dev/null
  serve_on "$a" tcp-listen:4082,fork tcp:10.77.0.2:4081 </dev/null
  at "$a"
  expect 0 "${at[@]}" curl -sS -o "$tmp/back" http://127.0.0.1:4082/file
  assert_same_file "$tmp/content" "$tmp/back"
  expect 0 "${at[@]}" curl -sS -T "$tmp/content" http://127.0.0.1:4082/upload
  assert_same_file "$tmp/content" "$tmp/site/upload"
}
