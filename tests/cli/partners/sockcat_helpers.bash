# What the tests of sockcat share: $socket is a path that nobody has, and "${socket}b" and so on are the test's too.
# Ports are whatever the system gives: start_server sets $port. $brief is a short time.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() and run set; what the tests use; texts for an inner shell

eval "load_$(declare -f setup)" # that of helpers.bash

setup() {
  load_setup
  brief=0.3 # seconds, within which happens what happens at once
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || brief=1.5
  socket=$tmp$name # in the arguments of whatever uses it, so that what is left running shows
}

# A process of udp-listen,fork does not learn that its client has ended.
teardown() {
  local worker
  clean_up
  for worker in $(pgrep -f -- "--port-file $tmp/.*udp"); do kill -KILL "$worker" 2>/dev/null || true; done
}

# Milliseconds since some moment.
now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# assert_took START MILLISECONDS: since START, and not 10 seconds longer.
assert_took() {
  local took=$(($(now) - $1))
  ((took >= $2 && took < $2 + 10000)) || fail "it took $took ms instead of $2"
}

# start_server ARG...: sockcat in the background, until it says that it is ready. Sets $pid and, where it listens or
# receives at a port, $port. Its standard input is the test's: start_server ... </dev/null.
start_server() {
  local ready=$tmp/ready.${#started[@]} port_file=$tmp/port.${#started[@]} words=()
  [[ $* =~ (tcp|udp|TCP|UDP)[46]?-(l|recv|L|RECV) ]] && words=(--port-file "$port_file")
  start bash -c 'exec sockcat --ready-fd 3 "$@" 3>"$0"' "$ready" "${words[@]}" "$@"
  wait_until "sockcat ${*@Q} is ready" is_ready_or_gone "$pid" "$ready"
  [[ -s $ready ]] || fail "sockcat ${*@Q} has ended instead of being ready"
  [[ ! -e $port_file ]] || port=$(<"$port_file")
}
is_ready_or_gone() { [[ -s $2 ]] || has_ended "$1"; }

# Whether process $1 is a zombie, or nothing.
has_ended() { ! grep -Eq '^State:[[:space:]]+[^Z]' "/proc/$1/status" 2>/dev/null; }

# start_on_free_port PROTOCOL COMMAND...: a program of somebody else in the background, until it listens at $port (tcp)
# or is bound to it (udp); every argument PORT, or PORT in an argument, is that number.
start_on_free_port() {
  local protocol=$1 i
  shift
  for i in {1..20}; do
    port=$(free_port "$protocol")
    start "${@//PORT/$port}"
    wait_until "$1 listens" is_at_port_or_gone "$protocol" "$port" "$pid"
    if is_at_port "$protocol" "$port" "$pid"; then return; fi
  done
  fail "no free port for ${*@Q}"
}

# A number that nobody has at the moment, and that the kernel gives to nobody who asks for port 0.
free_port() { # tcp, udp
  "$python" -c '
import random, socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
while True:
    port = random.randrange(10000, 32768)
    try:
        with socket.socket(socket.AF_INET, kind) as s: s.bind(("127.0.0.1", port))
        break
    except OSError:
        continue
print(port)' "$1"
}

# is_at_port PROTOCOL PORT PID: whether a socket of that process waits for clients at the port.
is_at_port() {
  local state=0A inode fd
  [[ $1 == tcp ]] || state=07
  printf -v port_in_hex ':%04X' "$2"
  while read -r inode; do
    for fd in "/proc/$3/fd/"*; do
      [[ $(readlink "$fd") != "socket:[$inode]" ]] || return 0
    done
  done < <(awk -v port="$port_in_hex" -v state="$state" '$4 == state && substr($2, length($2) - 4) == port { print $10 }' \
    "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null)
  return 1
}
is_at_port_or_gone() { is_at_port "$@" || has_ended "$3"; }

# is_at_path PATH: whether a socket is bound to it ("@NAME" for an abstract one).
is_at_path() { awk -v path="$1" '$NF == path { found = 1 } END { exit !found }' /proc/net/unix; }

# How many connections of the TCP port are established, counted at the port's end.
connections_at() {
  awk -v port="$(printf ':%04X' "$1")" '$4 == "01" && substr($2, length($2) - 4) == port' /proc/net/tcp | wc -l
}
has_connections() { [[ $(connections_at "$1") == "$2" ]]; }

# The processes that $1 has started and that live, zombies too.
children_of() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
child_count() { children_of "$1" | wc -w; }
has_children() { [[ $(child_count "$1") == "$2" ]]; }
descriptor_count() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

has_size() { [[ $(stat -c %s "$1" 2>/dev/null) == "$2" ]]; }
has_text() { grep -qF -- "$2" "$1" 2>/dev/null; }

# Whether there is nothing at $1, not even a link that leads nowhere.
is_missing() { [[ ! -e $1 && ! -L $1 ]]; }
assert_gone() {
  local path
  for path in "$@"; do is_missing "$path" || fail "$path is still there"; done
}

assert_socket() { [[ -S $1 && ! -L $1 ]] || fail "$1 is no socket"; }

# assert_dies_of SIGNAL PID: within 30 s.
assert_dies_of() { finish $((128 + $(kill -l "$1"))) "$2"; }

# assert_refused STATUS WORD...: the last command was wrong usage (125 with COMMAND), in one message with these words.
assert_refused() {
  assert_equal "exit status" "$status" "$1"
  assert_message "sockcat: " "${@:2}"
  assert_equal "standard output" "$output" ""
}

# Whether this machine has ::1.
has_ipv6() { grep -q '^00000000000000000000000000000001' /proc/net/if_inet6 2>/dev/null; }
need_ipv6() { has_ipv6 || skip "no IPv6 on this machine"; }

# is_member INTERFACE SCOPE NUMBER: whether a socket of this host is in the group SCOPE::NUMBER there, such as ff02::1234.
is_member() { grep -Eq "[[:space:]]$1[[:space:]]+$2$(printf '%024d%s' 0 "$3")[[:space:]]" /proc/net/igmp6; }

# need PROGRAM...: skips the test where one of them is not installed.
need() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

# send_datagrams udp|udp6 PORT TEXT... or send_datagrams unix PATH TEXT...: one each, from one socket.
send_datagrams() { "$python" -c "$datagram_sender" "$@"; }
datagram_sender='
import socket, sys
kind, place, *texts = sys.argv[1:]
family = {"udp": socket.AF_INET, "udp6": socket.AF_INET6, "unix": socket.AF_UNIX}[kind]
host = {"udp": "127.0.0.1", "udp6": "::1"}.get(kind)
where = (host, int(place)) if host else ("\0" + place[1:] if place[0] == "@" else place)
with socket.socket(family, socket.SOCK_DGRAM) as s:
    for text in texts:
        s.sendto(text.encode(), where)'

# A UDP (or UNIX datagram) socket that appends to FILE one line for each packet, its length and its text, after it has
# written its port to FILE.port: start_datagram_sink FILE [PATH]. Sets $pid and, without PATH, $port.
start_datagram_sink() {
  start "$python" -c "$datagram_sink" "$@"
  wait_until "the receiver is bound" test -s "$1.port"
  port=$(<"$1.port")
}
datagram_sink='
import os, socket, sys
path = sys.argv[2] if len(sys.argv) > 2 else None
s = socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(path or ("127.0.0.1", 0))
out = open(sys.argv[1], "w", buffering=1)
with open(sys.argv[1] + ".new", "w") as file:
    print("-" if path else s.getsockname()[1], file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1] + ".port")
while True:
    data = s.recv(1 << 20)
    print(len(data), data.decode(errors="replace"), file=out)'
