# sockcat: every option of the addresses has its effect, or is refused where it has none.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers

# options_of ADDRESS NAME...: the options LEVEL.NAME that the socket of ADDRESS has, which a program in sockcat's place
# looks up.
options_of() {
  cat >"$tmp/show.py" <<'PYTHON'
import socket, sys
s = socket.socket(fileno=0)
for name in sys.argv[1:]:
    level, option = name.split(".")
    level = getattr(socket, level)
    option = {"SO_BINDTODEVICE": 25}.get(option) or getattr(socket, option)
    if option in (25, socket.SO_LINGER) and level == socket.SOL_SOCKET:
        value = s.getsockopt(level, option, 16).rstrip(b"\0").hex()
    else:
        value = s.getsockopt(level, option)
    print(name.split(".")[1] + "=" + str(value), file=sys.stderr)
PYTHON
  local address=$1
  shift
  expect 0 sockcat "$address" "exec:$python $tmp/show.py $*,nofork"
  actual=${stderr//$'\n'/ }
}

# assert_options EXPECTED: the option of a buffer is doubled by the kernel.
assert_options() { assert_equal "options of the socket" "$actual" "$1"; }

# fifo_capacity PATH
capacity_of() { "$python" -c 'import fcntl, os, sys; print(fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), 1032))' "$1"; }

# --- Where options are refused

@test "an option is refused by an address to which it means nothing" {
  local words
  for words in tcp,accept-timeout=1 tcp,backlog=1 tcp,creat text,creat create,creat tcp,excl tcp,nofollow tcp,rdonly tcp,rdwr \
    tcp,wronly tcp,trunc open,bind=x open,bind-tempname tcp,bind-tempname text,broadcast udp,connect-timeout=1 open,connect-timeout=1 \
    tcp,ctty open,fdin=1 tcp,fdin=1 open,fdout=1 text,stderr tcp,login tcp,nofork tcp,path=x tcp,pipes tcp,pty tcp,f-setpipe-sz=4096 \
    text,f-setpipe-sz=4096 open,forever udp,retry=1 open,interval=1 text,fork open,fork udp-recv,fork text,interface=lo \
    unix,ip-add-membership=239.1.1.1:lo unix,ip-multicast-if=lo unix,ip-multicast-loop unix,ip-multicast-ttl=1 tcp4,ipv6-join-group=x:y \
    tcp4,ipv6-unicast-hops=1 tcp4,ipv6only unix,ipv6only text,keepalive udp,keepcnt=1 udp,keepidle=1 udp,keepintvl=1 text,linger=1 \
    unix,lowport open,lowport tcp,range=127.0.0.0/8 unix-listen,range=127.0.0.0/8 text,null-eof open,pf=ip4 open,protocol=1 text,rcvbuf=1 \
    text,reuseaddr text,reuseport open,setsockopt=1:2:3 open,setsockopt-int=1:2:3 open,setsockopt-listen=1:2:3 \
    open,setsockopt-string=1:2:3 text,sndbuf=1 open,socktype=1 unix,sourceport=1 exec,ttl=1 unix,tos=1 udp,nodelay tcp,unlink \
    text,unlink-close tcp,unlink-early abstract,unlink text,max-children=1 tcp,mode=600 abstract,user=0 exec,group=0 text,mode=600 \
    tcp,append pipe,append tcp,chdir=/ abstract,umask=077 text,umask=077 tcp,nonblock text,nonblock tcp,setsid unix-listen,bind=y \
    exec,bind=y unix-listen,bind-tempname unix,unlink unix,unlink-early tcp,broadcast tcp,ip-multicast-ttl=1 unix,pf=ip4 fd,socktype=1 \
    unix-recv,retry=1; do
    local keyword=${words%%,*} parameters=:x
    case $keyword in
      tcp | tcp4 | udp) parameters=:localhost:1 ;;
      udp-recv) parameters=:1 ;;
      fd) parameters=:0 ;;
    esac
    expect 2 sockcat "$keyword$parameters,${words#*,}" </dev/null
    assert_usage_error sockcat "does not take it"
  done
}

@test "an option is refused beside others with which it means nothing" {
  expect 2 sockcat "unix:$socket,mode=600" </dev/null
  assert_usage_error sockcat "invalid option 'mode': it counts for nothing without bind or bind-tempname"
  expect 2 sockcat exec:cat,ctty </dev/null
  assert_usage_error sockcat "invalid option 'ctty': it counts for nothing without pty"
  expect 2 sockcat tcp:localhost:1,interval=1 </dev/null
  assert_usage_error sockcat "invalid option 'interval': it counts for nothing without retry or forever or fork"
  expect 2 sockcat exec:cat,pty,nofork </dev/null
  assert_usage_error sockcat "invalid option 'pty': it counts for nothing with nofork"
  expect 2 sockcat pipe,unlink-close </dev/null
  assert_usage_error sockcat "invalid option 'unlink-close': it counts for nothing without PATH"
}

# --- Options of sockets

@test "options of a TCP socket: keepalive, keepcnt, keepidle, keepintvl, nodelay, linger, tos, ttl, sndbuf, rcvbuf, reuse…" {
  local names="SOL_SOCKET.SO_KEEPALIVE IPPROTO_TCP.TCP_KEEPCNT IPPROTO_TCP.TCP_KEEPIDLE IPPROTO_TCP.TCP_KEEPINTVL IPPROTO_TCP.TCP_NODELAY \
SOL_SOCKET.SO_LINGER IPPROTO_IP.IP_TOS IPPROTO_IP.IP_TTL SOL_SOCKET.SO_SNDBUF SOL_SOCKET.SO_RCVBUF SOL_SOCKET.SO_REUSEADDR SOL_SOCKET.SO_REUSEPORT"
  start_server tcp-listen:0,fork text:x
  options_of "tcp:127.0.0.1:$port,keepalive,keepcnt=3,keepidle=11,keepintvl=7,nodelay,linger=5,tos=16,ttl=33,sndbuf=20000,rcvbuf=30000,reuseaddr,reuseport" "$names"
  assert_options "SO_KEEPALIVE=1 TCP_KEEPCNT=3 TCP_KEEPIDLE=11 TCP_KEEPINTVL=7 TCP_NODELAY=1 SO_LINGER=0100000005 IP_TOS=16 IP_TTL=33 SO_SNDBUF=40000 SO_RCVBUF=60000 SO_REUSEADDR=1 SO_REUSEPORT=1"
  # The same under socat's other names, as numbers of C, and switched off again.
  options_of "tcp:127.0.0.1:$port,so-keepalive=1,tcp-keepcnt=0x4,ipttl=077,iptos=0x08,tcp-nodelay,nodelay=0,so-sndbuf=20K,reuseaddr,reuseaddr=0" \
    SOL_SOCKET.SO_KEEPALIVE IPPROTO_TCP.TCP_KEEPCNT IPPROTO_IP.IP_TTL IPPROTO_IP.IP_TOS IPPROTO_TCP.TCP_NODELAY SOL_SOCKET.SO_SNDBUF \
    SOL_SOCKET.SO_REUSEADDR
  assert_options "SO_KEEPALIVE=1 TCP_KEEPCNT=4 IP_TTL=63 IP_TOS=8 TCP_NODELAY=0 SO_SNDBUF=40960 SO_REUSEADDR=0"
}

@test "options of a listener are those of its connections" {
  start bash -c 'exec sockcat --port-file "$1" "tcp-listen:0,keepalive,nodelay,rcvbuf=30000,setsockopt-listen=1:13:x0100000007000000" "$2" 2>"$3"' \
    bash "$tmp/port" "exec:$python $tmp/show.py SOL_SOCKET.SO_KEEPALIVE IPPROTO_TCP.TCP_NODELAY SOL_SOCKET.SO_RCVBUF SOL_SOCKET.SO_LINGER SOL_SOCKET.SO_REUSEADDR,nofork" \
    "$tmp/errors"
  local server=$pid
  start_server tcp-listen:0,fork text:x # for the program
  options_of "tcp:127.0.0.1:$port" SOL_SOCKET.SO_KEEPALIVE
  assert_options "SO_KEEPALIVE=0"
  wait_until "it listens" test -s "$tmp/port"
  expect 0 sockcat "tcp:127.0.0.1:$(<"$tmp/port")" </dev/null
  finish 0 "$server"
  assert_equal "options" "$(tr '\n' ' ' <"$tmp/errors")" "SO_KEEPALIVE=1 TCP_NODELAY=1 SO_RCVBUF=60000 SO_LINGER=0100000007 SO_REUSEADDR=1 "
}

@test "setsockopt, setsockopt-int and setsockopt-string: any option, as number, bytes or text" {
  local value
  start_server tcp-listen:0,fork text:x
  for value in setsockopt=1:9:i1 setsockopt=1:9:1 setsockopt=1:9:x01000000 setsockopt-int=1:9:1 sockopt-int=0x1:0x9:1 sockopt=1:9:i1; do
    options_of "tcp:127.0.0.1:$port,$value" SOL_SOCKET.SO_KEEPALIVE
    assert_options "SO_KEEPALIVE=1"
  done
  options_of "tcp:127.0.0.1:$port,setsockopt-string=1:25:lo" SOL_SOCKET.SO_BINDTODEVICE
  assert_options "SO_BINDTODEVICE=6c6f"
  expect 1 sockcat "tcp:127.0.0.1:$port,setsockopt=1:9999:i1"
  assert_message "cannot set option setsockopt" "Protocol not available"
  for value in setsockopt=1:9:nosuch setsockopt=1:9:x1 setsockopt=1:9:xzz setsockopt-int=1:9:y; do
    expect 2 sockcat "tcp:127.0.0.1:$port,$value"
    assert_usage_error sockcat
  done
}

@test "options of a UDP socket: broadcast, interface, ip-multicast-ttl, ip-multicast-loop" {
  options_of "udp:127.0.0.1:9,broadcast,interface=lo,ip-multicast-ttl=9,ip-multicast-loop=0" \
    SOL_SOCKET.SO_BROADCAST SOL_SOCKET.SO_BINDTODEVICE IPPROTO_IP.IP_MULTICAST_TTL IPPROTO_IP.IP_MULTICAST_LOOP
  assert_options "SO_BROADCAST=1 SO_BINDTODEVICE=6c6f IP_MULTICAST_TTL=9 IP_MULTICAST_LOOP=0"
  options_of "udp:127.0.0.1:9,broadcast=0,so-bindtodevice=lo,multicastttl=0,multicast-loop=1" \
    SOL_SOCKET.SO_BROADCAST SOL_SOCKET.SO_BINDTODEVICE IPPROTO_IP.IP_MULTICAST_TTL IPPROTO_IP.IP_MULTICAST_LOOP
  assert_options "SO_BROADCAST=0 SO_BINDTODEVICE=6c6f IP_MULTICAST_TTL=0 IP_MULTICAST_LOOP=1"
  expect 1 sockcat "udp:127.0.0.1:9,interface=nosuch0" </dev/null
  assert_message "cannot set option interface" "No such device"
  # Who may not send to broadcast addresses without it.
  expect 1 sockcat -u text:x udp:127.255.255.255:9
  assert_message "Permission denied"
}

@test "options of IPv6 sockets: ipv6-unicast-hops, ttl, tos" {
  need_ipv6
  options_of "udp6:[::1]:9,ipv6-unicast-hops=17" IPPROTO_IPV6.IPV6_UNICAST_HOPS
  assert_options "IPV6_UNICAST_HOPS=17"
  options_of "udp6:[::1]:9,ttl=18,tos=32" IPPROTO_IPV6.IPV6_UNICAST_HOPS IPPROTO_IPV6.IPV6_TCLASS
  assert_options "IPV6_UNICAST_HOPS=18 IPV6_TCLASS=32"
}

@test "ipv6only: whether a listener at :: hears IPv4 as well" {
  need_ipv6
  start_server "tcp6-listen:0,bind=[::],ipv6only=0,fork" text:x
  expect 0 sockcat "tcp4:127.0.0.1:$port" </dev/null
  assert_equal "output" "$output" x
  start_server "tcp6-listen:0,bind=[::],ipv6only,fork" text:x
  expect 1 sockcat "tcp4:127.0.0.1:$port" </dev/null
  expect 0 sockcat "tcp6:[::1]:$port" </dev/null
  # The range of IPv4 holds for those, too.
  start_server "tcp6-listen:0,bind=[::],ipv6only=0,range=127.0.0.0/8,fork" text:x
  expect 0 sockcat "tcp4:127.0.0.1:$port" </dev/null
  assert_equal "output" "$output" x
  expect 0 sockcat "tcp6:[::1]:$port" </dev/null
  assert_equal "output" "$output" ""
}

@test "pf: the version of IP" {
  need_ipv6
  local family
  start_server tcp-listen:0,pf=ip6 -- cat
  expect 1 sockcat "tcp:127.0.0.1:$port,pf=ip6" </dev/null
  for family in ip4 ipv4 inet 2; do expect 1 sockcat "tcp:[::1]:$port,pf=$family" </dev/null; done
  expect 0 sockcat "tcp:[::1]:$port,protocol-family=INET6" <<<x
  assert_equal "output" "$output" x
}

@test "socktype and protocol: what socket(2) is asked for" {
  start_server "unix-listen:$socket,socktype=5" -- tr a-z A-Z
  expect 0 sockcat "unix-seqpacket:$socket" <<<hello
  assert_equal "output" "$output" HELLO
  options_of "udp:127.0.0.1:9,protocol=17,type=2" SOL_SOCKET.SO_TYPE SOL_SOCKET.SO_PROTOCOL
  assert_options "SO_TYPE=2 SO_PROTOCOL=17"
  expect 1 sockcat "tcp:127.0.0.1:9,protocol=17" </dev/null
  assert_message "Protocol not supported"
  options_of socketpair,so-type=2 SOL_SOCKET.SO_TYPE
  assert_options "SO_TYPE=2"
}

@test "ip-add-membership and ip-multicast-if: a receiver hears a group" {
  local group=239.254.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)) number
  number=$(free_port udp)
  start_server -u "udp-recv:$number,ip-add-membership=$group:127.0.0.1" "create:$tmp/out"
  expect 0 sockcat -u text:hello "udp-datagram:$group:$number,ip-multicast-if=127.0.0.1"
  wait_until "it has come" has_text "$tmp/out" hello
  expect 1 sockcat -u "udp-recv:0,ip-add-membership=127.0.0.1:127.0.0.1" -
  assert_message "cannot set option ip-add-membership"
  expect 2 sockcat -u "udp-recv:0,ip-add-membership=$group" -
}

@test "ipv6-join-group: a receiver is a member of a group" {
  need_ipv6
  local number=$((RANDOM % 9000 + 1000)) scope
  for scope in ff05 ff02; do
    port=$(free_port udp)
    start_server -u "udp6-recv:$port,ipv6-join-group=[$scope::$number]:lo" "create:$tmp/$scope"
    is_member lo "$scope" "$number" || fail "it is no member of $scope::$number"
  done
}

# --- Names and ports

@test "bind and sourceport: the local address of who connects" {
  local own
  own=$(free_port tcp)
  start_server tcp-listen:0,fork -- sh -c 'echo "$SOCKCAT_PEERADDR:$SOCKCAT_PEERPORT"'
  expect 0 sockcat "tcp:127.0.0.1:$port,bind=127.0.0.2" </dev/null
  assert_contains "the client's address" "$output" 127.0.0.2:
  expect 0 sockcat "tcp:127.0.0.1:$port,sourceport=$own" </dev/null
  assert_equal "the client's address" "$output" "127.0.0.1:$own"
  expect 0 sockcat "tcp:127.0.0.1:$port,bind=127.0.0.3:$own" </dev/null
  assert_equal "the client's address" "$output" "127.0.0.3:$own"
  expect 0 sockcat "tcp:127.0.0.1:$port,bind=127.0.0.4,sp=$own" </dev/null
  assert_equal "the client's address" "$output" "127.0.0.4:$own"
  expect 1 sockcat "tcp:127.0.0.1:$port,bind=192.0.2.1" </dev/null
  assert_message "Cannot assign requested address"
}

@test "bind: where a listener is" {
  start_server tcp-listen:0,bind=127.0.0.5,fork text:x
  expect 0 sockcat "tcp:127.0.0.5:$port" </dev/null
  expect 1 sockcat "tcp:127.0.0.1:$port" </dev/null
  local all
  for all in '*' '*:0' :0; do
    start_server "tcp-listen:0,bind=$all" text:x
    expect 0 sockcat "tcp:127.0.0.9:$port" </dev/null
  done
  start_server -u udp-recv:0,bind=127.0.0.5 "create:$tmp/out"
  expect 0 sockcat -u text:hello "udp:127.0.0.5:$port"
  wait_until "it has come" has_text "$tmp/out" hello
}

@test "sourceport of a listener: only clients from there" {
  local own
  own=$(free_port tcp)
  start_server "tcp-listen:0,sourceport=$own,fork" text:x
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  assert_equal "what others get" "$output" ""
  expect 0 sockcat "tcp:127.0.0.1:$port,sourceport=$own" </dev/null
  assert_equal "what it gets" "$output" x
  own=$(free_port udp)
  start_server -u "udp-recv:0,sourceport=$own" "create:$tmp/out"
  expect 0 sockcat -u text:no "udp:127.0.0.1:$port"
  expect 0 sockcat -u text:yes "udp:127.0.0.1:$port,sourceport=$own"
  wait_until "it has come" has_text "$tmp/out" yes
  assert_equal "what came" "$(<"$tmp/out")" yes
}

@test "lowport: only clients from a low port; a port that only root has" {
  start_server tcp-listen:0,lowport,fork text:x
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  assert_equal "what others get" "$output" ""
  ((EUID == 0)) || skip "only root has low ports"
  expect 0 sockcat "tcp:127.0.0.1:$port,lowport" </dev/null
  assert_equal "what it gets" "$output" x
}

@test "range: only clients of that network, with bits or with a mask" {
  local range
  for range in 127.0.0.0/8 127.0.0.1/32 0.0.0.0/0 127.0.0.0:255.0.0.0 127.0.0.1:255.255.255.255; do
    start_server -n 1 "tcp-listen:0,range=$range,fork" text:x
    expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
    assert_equal "what a client in $range gets" "$output" x
    finish 0 "$pid"
  done
  for range in 10.0.0.0/8 127.0.0.2/32 127.0.0.0:255.255.255.255; do
    start_server "tcp-listen:0,range=$range,fork" text:x
    expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
    assert_equal "what a client out of $range gets" "$output" ""
  done
  start_server -u udp-recv:0,range=127.0.0.2/32 "create:$tmp/out"
  expect 0 sockcat -u text:no "udp:127.0.0.1:$port"
  expect 0 sockcat -u text:yes "udp:127.0.0.1:$port,bind=127.0.0.2"
  wait_until "it has come" has_text "$tmp/out" yes
  assert_equal "what came" "$(<"$tmp/out")" yes
  need_ipv6
  start_server -n 1 "tcp6-listen:0,range=[::1]/128,fork" text:x
  expect 0 sockcat "tcp6:[::1]:$port" </dev/null
  assert_equal "what a client of IPv6 gets" "$output" x
}

@test "reuseaddr: a port whose last connections linger is taken at once, but not with reuseaddr=0" {
  local number
  start_server tcp-listen:0 text:x
  number=$port
  "$python" -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while s.recv(100): pass' "$number"
  finish 0 "$pid"
  expect 1 sockcat "tcp-listen:$number,reuseaddr=0"
  assert_message "Address already in use"
  start_server "tcp-listen:$number" text:x
  assert_equal "port" "$port" "$number"
  # It is no way to take a port that somebody listens at.
  expect 1 sockcat "tcp-listen:$number,reuseaddr"
  assert_message "Address already in use"
}

@test "reuseport: two share a port" {
  start_server -u udp-recv:0,reuseport "create:$tmp/out"
  expect 1 sockcat -u "udp-recv:$port" -
  assert_message "Address already in use"
  start_server -u "udp-recv:$port,reuseport" "create:$tmp/other"
}

# --- Connections

@test "fork, max-children: no more at a time; who comes then waits" {
  local clients=() number
  start_server "unix-listen:$socket,fork,max-children=2" -- cat
  local server=$pid
  for number in 1 2 3; do
    mkfifo "$tmp/in.$number"
    start sockcat "open:$tmp/in.$number,rdwr!!create:$tmp/out.$number" "unix:$socket"
    clients+=("$pid")
    echo "$number" >"$tmp/in.$number"
    ((number == 3)) || wait_until "client $number is served" has_size "$tmp/out.$number" 2
  done
  wait_until "the third has written" is_asleep "$pid"
  sleep 0.1
  assert_equal "what the third one got" "$(<"$tmp/out.3")" ""
  assert_equal "processes" "$(child_count "$server")" 2
  kill "${clients[0]}"
  wait_until "the third is served" has_size "$tmp/out.3" 2
  assert_equal "processes" "$(child_count "$server")" 2
}

@test "fork of who connects: again and again, every interval" {
  local start
  start_server -n 3 tcp-listen:0,fork -- sh -c 'cat >>"$0"' "$tmp/got"
  start=$(now)
  expect 0 sockcat -n 3 "tcp:127.0.0.1:$port,fork,interval=0.1" text:x
  assert_took "$start" 200
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/got")" xxx
}

@test "backlog: so many may wait" {
  start_server "unix-listen:$socket,fork,max-children=1,backlog=2" -- cat
  expect 0 "$python" -c '
import socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.setblocking(False)
    s.connect(sys.argv[1])
    return s
first = connect()
first.send(b"x")
first.setblocking(True)
first.recv(1)
waiting = []
try:
    while len(waiting) < 20: waiting.append(connect())
except BlockingIOError:
    pass
print(len(waiting))' "$socket"
  [[ $output == [234] ]] || fail "so many wait: $output"
}

@test "retry and interval: so many attempts more" {
  local start
  start=$(now)
  expect 1 sockcat "unix:$socket,retry=3,interval=0.1" </dev/null
  assert_took "$start" 300
  assert_message "No such file or directory"
  start=$(now)
  expect 1 sockcat "tcp:127.0.0.1:$(free_port tcp),retry=2,intervall=0.1" </dev/null
  assert_took "$start" 200
  expect 1 sockcat "unix:$socket,retry=0,interval=30" </dev/null
  # With a deadline, that is what counts.
  expect 124 sockcat -w 0.2 "unix:$socket,retry=1000,interval=0.05" </dev/null
}

@test "forever: until it is there" {
  start sockcat "unix:$socket,forever,interval=0.05" - </dev/null >"$tmp/out"
  local client=$pid
  wait_until "it waits" is_asleep "$client"
  sleep 0.1
  start_server "unix-listen:$socket" text:hello
  finish 0 "$client"
  assert_equal "output" "$(<"$tmp/out")" hello
  start sockcat "unix:${socket}b,forever" - </dev/null
  wait_until "it waits" is_asleep "$pid"
  kill "$pid"
  assert_dies_of TERM "$pid"
}

@test "retry of a listener: until the port is free" {
  start_server tcp-listen:0 text:first
  local server=$pid number=$port
  start sockcat "tcp-listen:$number,forever,interval=0.05" text:second
  local next=$pid
  wait_until "it waits" is_asleep "$next"
  sleep 0.1
  has_ended "$next" && fail "it has not tried again"
  expect 0 sockcat "tcp:127.0.0.1:$number" </dev/null
  assert_equal "output" "$output" first
  finish 0 "$server"
  expect 0 sockcat -w 20 "tcp:127.0.0.1:$number" </dev/null
  assert_equal "output" "$output" second
  finish 0 "$next"
  start_server "tcp-listen:$number,fork" text:x
  expect 1 sockcat "tcp-listen:$number,retry=2,interval=0.05"
  assert_message "Address already in use"
}

@test "bind-tempname: a name of its own, which goes" {
  start_server "unix-listen:$socket,fork" -- sh -c 'echo "$SOCKCAT_PEERADDR"'
  expect 0 env TMPDIR="$tmp" sockcat "unix:$socket,bind-tempname" </dev/null
  assert_contains "the client's name" "$output" "$tmp/sockcat."
  assert_gone "$output"
  expect 0 sockcat "unix:$socket,bind=${socket}b" </dev/null
  assert_contains "the client's name" "$output" "${socket##*/}b"
  assert_gone "${socket}b"
}

# --- Files

@test "append, trunc, creat, excl, nofollow: how a file is opened" {
  printf 0123456789 >"$tmp/file"
  expect 0 sockcat -u text:ab "open:$tmp/file"
  assert_equal "the file" "$(<"$tmp/file")" ab23456789
  expect 0 sockcat -u text:cd "open:$tmp/file,append"
  assert_equal "the file" "$(<"$tmp/file")" ab23456789cd
  expect 0 sockcat -u text:ef "open:$tmp/file,trunc"
  assert_equal "the file" "$(<"$tmp/file")" ef
  expect 0 sockcat -u text:gh "gopen:$tmp/file,trunc"
  assert_equal "the file" "$(<"$tmp/file")" gh
  expect 0 sockcat -u text:ij "create:$tmp/file,append"
  assert_equal "the file" "$(<"$tmp/file")" ij
  expect 1 sockcat -u text:x "open:$tmp/new"
  expect 0 sockcat -u text:x "open:$tmp/new,creat"
  assert_equal "the file" "$(<"$tmp/new")" x
  expect 1 sockcat -u text:x "open:$tmp/new,o-creat,o_excl"
  assert_message "File exists"
  expect 0 sockcat -u text:x "open:$tmp/newer,creat,excl"
  ln -s file "$tmp/link"
  expect 0 sockcat -u "open:$tmp/link" -
  expect 1 sockcat -u "open:$tmp/link,nofollow" -
  assert_message "Too many levels of symbolic links"
}

@test "rdonly, wronly, rdwr: what a file is open for" {
  printf text >"$tmp/file"
  chmod 600 "$tmp/file"
  expect 0 sockcat "open:$tmp/file,rdonly" - </dev/null
  assert_equal "output" "$output" text
  expect 1 sockcat -u text:x "open:$tmp/file,rdonly"
  assert_message "no way on which one gives what the other takes"
  expect 1 sockcat -u "open:$tmp/file,wronly" -
  expect 0 sockcat "open:$tmp/file,rdwr" - </dev/null
  assert_equal "output" "$output" text
  expect 0 sockcat text:TEXT "open:$tmp/file,wronly"
  assert_equal "the file" "$(<"$tmp/file")" TEXT
}

@test "nonblock: does not wait for the other side of a FIFO" {
  mkfifo "$tmp/fifo"
  expect 1 sockcat -u text:x "open:$tmp/fifo,wronly,nonblock"
  assert_message "No such device or address"
  start_server -u "open:$tmp/fifo,rdonly,nonblock" "create:$tmp/out"
  timeout 120 bash -c 'echo hello >"$1"' bash "$tmp/fifo"
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" hello
}

@test "mode, perm and umask: permissions of what is made" {
  expect 0 sockcat -u text:x "create:$tmp/a,mode=604"
  expect 0 sockcat -u text:x "open:$tmp/b,creat,perm=0640"
  expect 0 sockcat -u text:x "create:$tmp/c,umask=077"
  expect 0 sockcat -u text:x "create:$tmp/d,umask=0"
  assert_equal "permissions" "$(stat -c %a "$tmp/"[a-d] | xargs)" "604 640 600 666"
  start_server "unix-listen:$socket,mode=666" stall
  assert_equal "permissions" "$(stat -c %a "$socket")" 666
  start_server -u "unix-recv:${socket}b,mode=660" "create:$tmp/e"
  assert_equal "permissions" "$(stat -c %a "${socket}b")" 660
  start sockcat -u "pipe:$tmp/fifo,mode=620" -
  wait_until "the FIFO is there" test -p "$tmp/fifo"
  wait_until "it has its mode" bash -c '[[ $(stat -c %a "$1") == 620 ]]' bash "$tmp/fifo"
  # The umask of one address is not that of the other, nor that of a command.
  expect 0 bash -c 'umask 022; exec sockcat -U "create:$1,umask=077" system:umask' bash "$tmp/f"
  assert_equal "umask of the other" "$(<"$tmp/f")" 0022
  assert_equal "permissions" "$(stat -c %a "$tmp/f")" 600
}

@test "user and group: owner of what is made" {
  local own
  own=$(id -u):$(id -g)
  expect 0 sockcat -u text:x "create:$tmp/a,user=${own%:*},group=${own#*:}"
  assert_equal "owner" "$(stat -c %u:%g "$tmp/a")" "$own"
  if ((EUID != 0)); then
    expect 1 sockcat -u text:x "create:$tmp/b,user=0"
    assert_message "Operation not permitted"
    expect 1 sockcat "unix-listen:$socket,user=0"
    assert_message "Operation not permitted"
    assert_gone "$socket"
    return
  fi
  expect 0 sockcat -u text:x "create:$tmp/a,user=65534,gid=65533"
  assert_equal "owner" "$(stat -c %u:%g "$tmp/a")" 65534:65533
  start_server "unix-listen:$socket,user=65534,group=65533" stall
  assert_equal "owner and permissions" "$(stat -c %u:%g:%a "$socket")" 65534:65533:600
  start_server -u "unix-recv:${socket}b,owner=65534" "create:$tmp/e"
  assert_equal "owner" "$(stat -c %u "${socket}b")" 65534
}

@test "chdir: where a relative name begins, and a program is" {
  mkdir "$tmp/folder"
  cd "$tmp"
  expect 0 sockcat -u text:x create:file,chdir=folder
  assert_equal "the file" "$(<folder/file)" x
  expect 0 sockcat -u open:file,cd="$tmp/folder" create:copy
  assert_equal "the file" "$(<copy)" x
  expect 0 sockcat -U - exec:pwd,chdir="$tmp/folder"
  assert_equal "where the program is" "$output" "$tmp/folder"
  start_server unix-listen:s,chdir=folder text:x
  expect 0 sockcat unix:s,chdir=folder </dev/null
  assert_equal "output" "$output" x
  finish 0 "$pid"
  assert_gone folder/s
  expect 1 sockcat -u text:x create:file,chdir=missing
  assert_message "cannot change to directory 'missing'"
}

@test "unlink, unlink-early and unlink-close: names that go before and after" {
  local option
  for option in unlink unlink-early new; do
    echo old >"$tmp/file"
    ln -f "$tmp/file" "$tmp/link"
    expect 0 sockcat -u text:new "open:$tmp/file,creat,$option"
    assert_equal "the file" "$(<"$tmp/file")" new
    assert_equal "what it was" "$(<"$tmp/link")" old
    expect 0 sockcat -u text:new "create:$tmp/missing,$option"
    rm "$tmp/missing"
  done
  expect 0 sockcat -u "open:$tmp/file,unlink-close" -
  assert_equal "output" "$output" new
  assert_gone "$tmp/file"
  start_server "unix-listen:$socket,unlink-close=0" -- true
  expect 0 sockcat "unix:$socket" </dev/null
  finish 0 "$pid"
  assert_socket "$socket"
  start_server "unix-listen:$socket,fork" text:first
  local first=$pid
  start_server "unix-listen:$socket,unlink-early" text:second
  expect 0 sockcat "unix:$socket" </dev/null
  assert_equal "output" "$output" second
  finish 0 "$pid"
  # The first one's is gone, and what is there later is not its own.
  start_server "unix-listen:$socket,fork" text:third
  kill "$first"
  assert_dies_of TERM "$first"
  expect 0 sockcat "unix:$socket" </dev/null
  assert_equal "output" "$output" third
  mkfifo "$tmp/fifo"
  expect 124 sockcat -w 0.05 -u "pipe:$tmp/fifo,unlink-close" -
  assert_gone "$tmp/fifo"
  expect 124 sockcat -w 0.05 -u "pipe:$tmp/fifo,unlink-close=0" -
  [[ -p $tmp/fifo ]] || fail "the FIFO is gone"
}

@test "f-setpipe-sz: the capacity of a pipe, named or a program's" {
  mkfifo "$tmp/fifo"
  exec 9<>"$tmp/fifo"
  local size
  for size in 131072 1048576; do
    start_server -u stall "pipe:$tmp/fifo,f-setpipe-sz=$size"
    wait_until "it waits" is_asleep "$pid"
    assert_equal "capacity" "$(capacity_of "$tmp/fifo")" "$size"
    kill "$pid"
    wait "$pid" || true
    expect 0 sockcat -U - "exec:$python -c \\\"import fcntl\\;print(fcntl.fcntl(1\\,1032))\\\",pipes,pipesz=$size"
    assert_equal "capacity of a program's pipe" "$output" "$size"
  done
  exec 9>&-
}

# --- What is read and written

@test "ignoreeof: a file is followed, as tail -f does" {
  printf one >"$tmp/file"
  start sockcat -u "open:$tmp/file,ignoreeof" "create:$tmp/out"
  wait_until "what is there has come" has_text "$tmp/out" one
  printf two >>"$tmp/file"
  wait_until "what has come later, too" has_text "$tmp/out" onetwo
  kill "$pid"
  assert_dies_of TERM "$pid"
  start sockcat -u "open:$tmp/file,ignoreof,readbytes=8" "create:$tmp/out"
  wait_until "what is there has come" has_size "$tmp/out" 6
  printf more >>"$tmp/file"
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" onetwomo
}

@test "readbytes: so many and then the end" {
  local size
  content "$tmp/data" 300000
  for size in 1 70000 0x1000 4K 300000; do
    expect 0 sockcat -u "open:$tmp/data,readbytes=$size" "create:$tmp/out"
    [[ $size == 4K ]] && size=4096
    cmp -n $((size)) "$tmp/data" "$tmp/out"
    assert_equal "size" "$(stat -c %s "$tmp/out")" $((size))
  done
  expect 0 sockcat -u "open:$tmp/data,bytes=400000" "create:$tmp/out"
  assert_same_file "$tmp/data" "$tmp/out"
  expect 0 sockcat -,readbytes=3 exec:"tr a-z A-Z" <<<hello
  assert_equal "output" "$output" HEL
  # What is left is for somebody else.
  expect 0 bash -c 'sockcat -u -,readbytes=3 -; cat' < <(printf abcdef)
  assert_equal "output" "$output" abcdef
}

@test "escape: that byte ends the input, and what comes before it is not lost" {
  expect 0 sockcat -u -,escape=0x2e - < <(printf 'some text. and more')
  assert_equal "output" "$output" "some text"
  expect 0 sockcat -u -,escape=46 - < <(printf '.')
  assert_equal "output" "$output" ""
  # It does not wait for more.
  start_fed sockcat -,escape=29 exec:cat >"$tmp/out"
  printf 'a\035b' >&7
  wait_until "it has ended" has_ended "$pid"
  finish 0 "$pid"
  exec 7>&-
  assert_equal "output" "$(<"$tmp/out")" a
}

@test "cr and crnl: line ends there, newlines here" {
  expect 0 sockcat -u text:'a\nb\n' "create:$tmp/out,crnl"
  assert_equal "written" "$(od -An -c "$tmp/out" | tr -d ' ')" 'a\r\nb\r\n'
  expect 0 sockcat -u text:'a\nb\n' "create:$tmp/other,cr"
  assert_equal "written" "$(od -An -c "$tmp/other" | tr -d ' ')" 'a\rb\r'
  expect 0 sockcat -u "open:$tmp/out,crlf" "create:$tmp/plain"
  assert_equal "read" "$(<"$tmp/plain")" $'a\nb'
  expect 0 sockcat -u "open:$tmp/other,cr" "create:$tmp/plain"
  assert_equal "read" "$(<"$tmp/plain")" $'a\nb'
  # Also where a line end is on the border of two steps, and from the one to the other.
  expect 0 sockcat -u -b 1 "open:$tmp/out,crnl" "create:$tmp/copy,cr"
  assert_same_file "$tmp/copy" "$tmp/other"
  seq 100000 >"$tmp/lines"
  expect 0 sockcat -u "open:$tmp/lines" "create:$tmp/out,crnl"
  assert_equal "bytes" "$(stat -c %s "$tmp/out")" $(($(stat -c %s "$tmp/lines") + 100000))
  expect 0 sockcat -u "open:$tmp/out,crnl" "create:$tmp/copy"
  assert_same_file "$tmp/copy" "$tmp/lines"
}

@test "null-eof and shut-null: an empty datagram is the end, and is sent at the end" {
  start_server -u udp-recv:0,null-eof "create:$tmp/out"
  send_datagrams udp "$port" one "" two
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" one
  start_server -u udp-recv:0,null-eof "create:$tmp/out"
  expect 0 sockcat -u text:one "udp:127.0.0.1:$port,shut-null"
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" one
  start_datagram_sink "$tmp/sink"
  expect 0 sockcat -u text:one "udp-sendto:127.0.0.1:$port,shut-null"
  wait_until "the end has come" has_text "$tmp/sink" $'3 one\n0 '
  start_datagram_sink "$tmp/sink2"
  expect 0 sockcat -u text:one "udp-sendto:127.0.0.1:$port"
  expect 0 sockcat -u text:two "udp-sendto:127.0.0.1:$port"
  wait_until "all has come" has_text "$tmp/sink2" two
  assert_equal "packets" "$(<"$tmp/sink2")" $'3 one\n3 two'
}

@test "shut-down, shut-none, shut-close, end-close: what the other side learns of the end" {
  start_server "unix-listen:$socket,fork" -- sh -c 'cat; echo end'
  expect 0 sockcat text:x!!- "unix:$socket,shut-down"
  assert_equal "output" "$output" xend
  for option in shut-none end-close close shut-close; do
    expect 0 sockcat -t "$brief" text:x!!- "unix:$socket,$option"
    assert_equal "output with $option" "$output" x
  done
  # A pipe is closed, unless one says otherwise.
  expect 0 sockcat text:x!!- 'system:cat; echo end,pipes'
  assert_equal "output" "$output" xend
  expect 0 sockcat text:x!!- 'system:cat; echo end,pipes,shut-close'
  assert_equal "output" "$output" xend
  expect 0 sockcat -t "$brief" text:x!!- 'system:cat; echo end,pipes,shut-none'
  assert_equal "output" "$output" x
  expect 0 sockcat -t "$brief" text:x!!- pipe,shut-none
  assert_equal "output" "$output" x
}

# --- Programs

@test "pipes, pty: what a program has for standard input and output" {
  expect 0 sockcat - exec:"readlink /proc/self/fd/1" </dev/null
  assert_contains "output" "$output" socket:
  expect 0 sockcat -U - exec:"readlink /proc/self/fd/1" # one way needs no more
  assert_contains "output" "$output" pipe:
  expect 0 sockcat -U - exec:"readlink /proc/self/fd/1",pipes
  assert_contains "output" "$output" pipe:
  expect 0 sockcat -U - exec:"readlink /proc/self/fd/1",pty
  assert_contains "output" "$output" /dev/pts/
  expect 0 sockcat exec:"tr a-z A-Z",pipes <<<hello
  assert_equal "output" "$output" HELLO
  expect 3 sockcat -U - system:"exit 3",pipes
  expect 3 sockcat -U - system:"exit 3",pty
  expect 0 sockcat -U - system:'seq 1000',pty,crnl
  assert_equal "output" "$output" "$(seq 1000)"
}

@test "ctty: a terminal that controls the program, which can be interrupted there" {
  expect 0 sockcat -U - 'system:echo hello >/dev/tty,pty,setsid,ctty'
  assert_equal "output" "${output%$'\r'}" hello
  # Ctrl-C is a signal there.
  start_fed sockcat - 'system:trap \"echo interrupted; exit 0\" INT; echo ready; while true; do sleep 0.01; done,pty,setsid,ctty' >"$tmp/out"
  wait_until "it waits for the signal" has_text "$tmp/out" ready
  printf '\003' >&7
  exec 7>&-
  finish 0 "$pid"
  assert_contains "output" "$(<"$tmp/out")" interrupted
}

@test "stderr, fdin, fdout: which descriptors a program gets" {
  expect 0 sockcat -U - 'system:echo error >&2,stderr'
  assert_equal "output" "$output" error
  assert_silent
  expect 0 sockcat -U - 'system:echo error >&2'
  assert_equal "output" "$output" ""
  assert_equal "standard error" "$stderr" error
  expect 0 sockcat 'system:tr a-z A-Z <&5 >&6,fdin=5,fdout=6' <<<hello
  assert_equal "output" "$output" HELLO
  expect 0 sockcat 'system:tr a-z A-Z <&5 >&6,pipes,fdin=5,fdout=6' <<<hello
  assert_equal "output" "$output" HELLO
}

@test "nofork: a program takes sockcat's place" {
  start_server tcp-listen:0 'system:echo $$; tr a-z A-Z,nofork'
  expect 0 sockcat "tcp:127.0.0.1:$port" <<<hello
  assert_equal "output" "$output" "$pid"$'\n'HELLO
  finish 0 "$pid"
  start_server tcp-listen:0,fork 'system:exit 3,nofork'
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  expect 3 sockcat - 'system:exit 3,nofork' </dev/null
  expect 0 bash -c '"$@"; (($? == 127))' bash sockcat - exec:/nonexistent/program,nofork </dev/null
}

@test "nofork: the program's descriptors block, so that it waits for a client that is silent" {
  start_server tcp-listen:0 exec:cat,nofork </dev/null
  local server=$pid
  start_fed sockcat "tcp:127.0.0.1:$port" - >"$tmp/answer"
  wait_until "cat is there" grep -qx cat "/proc/$server/comm"
  wait_until "cat waits" is_asleep "$server"
  echo hello >&7
  exec 7>&-
  finish 0 "$pid"
  finish 0 "$server"
  assert_equal "answer" "$(<"$tmp/answer")" hello
}

@test "nofork: what only copying could do is wrong usage" {
  expect 2 sockcat udp-listen:0 exec:cat,nofork
  assert_usage_error sockcat "nofork does not go with udp-listen"
  expect 2 sockcat -v - exec:cat,nofork
  assert_usage_error sockcat "nofork copies nothing"
  expect 2 sockcat -,crnl exec:cat,nofork
  assert_usage_error sockcat "nofork copies nothing"
}

@test "path, chdir: of one command alone" {
  local program=only-here$$
  mkdir "$tmp/bin"
  printf '#!/bin/sh\necho "$PATH"\n' >"$tmp/bin/$program"
  chmod +x "$tmp/bin/$program"
  expect 0 sockcat -u "exec:$program,path=$tmp/bin" 'system:cat; echo $PATH'
  assert_equal "PATH of both" "$output" "$tmp/bin"$'\n'"$PATH"
  expect 0 sockcat -U 'system:cat; echo $PATH' "exec:$program,path=$tmp/bin"
  assert_equal "PATH of both" "$output" "$tmp/bin"$'\n'"$PATH"
  expect 0 sockcat - "exec:pwd,chdir=$tmp/bin,nofork" </dev/null
  assert_equal "directory of a program in sockcat's place" "$output" "$(cd "$tmp/bin" && pwd -P)"
}

@test "setsid, login, path: session, name and place of a program" {
  local own
  expect 0 sockcat -U - 'system:cut -d \" \" -f 1\,6 /proc/$$/stat,setsid'
  assert_equal "process and session" "${output% *}" "${output#* }"
  expect 0 sockcat -U - 'system:cut -d \" \" -f 1\,6 /proc/$$/stat'
  [[ ${output% *} != "${output#* }" ]] || fail "a session of its own: $output"
  expect 0 sockcat -U - 'exec:sh -c \"echo \$0\",login'
  assert_equal "name" "$output" -sh
  mkdir "$tmp/bin"
  printf '#!/bin/sh\necho found\n' >"$tmp/bin/only-here$$"
  chmod +x "$tmp/bin/only-here$$"
  expect 0 sockcat -U - "exec:only-here$$,path=$tmp/bin:/bin\\:/usr/bin"
  assert_equal "output" "$output" found
  expect 0 bash -c '"$@"; (($? == 127))' bash env PATH="$TOOLS_DIR:/usr/bin:/bin" sockcat -U - "exec:only-here$$"
}

# --- All

@test "every option is tested here, or in sockcat.bats" {
  local option
  while read -r option; do
    grep -hvF 'is tested here' "$BATS_TEST_DIRNAME"/sockcat{,_options}.bats | grep -qE -- "[, ]$option([^a-z-]|\$)" || fail "$option is not tested"
  done < <(sockcat --help-addresses | sed -n '/^Options:/,$s/^  \([a-z0-9][a-z0-9-]*\).*/\1/p')
}
