# sockcat: many clients, at once and one after the other, bad ones among them, and what is left of them in the server.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/sockcat_family

setup_file() {
  compile_partners sockcat_storm
}

# Sets `scaled` to $1, or, with a sanitizer, to $2.
scale() {
  scaled=$1
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || scaled=$2
}

eval "set_up_$(declare -f setup)"

setup() {
  set_up_setup
  storm=$BATS_FILE_TMPDIR/sockcat_storm
}

# Kilobytes of the process' own memory: reserved, and in use.
memory_of() { awk '/^(VmData|RssAnon):/ { print $2 }' "/proc/$1/status"; }

# assert_no_growth PID MEMORY DESCRIPTORS [KILOBYTES]: it has no more of both than it had, and no child; some memory may
# have been touched that was not before.
assert_no_growth() {
  local before after i
  wait_until "all children have gone" has_children "$1" 0
  assert_equal "descriptors" "$(descriptor_count "$1")" "$3"
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || return 0 # it keeps what is freed
  mapfile -t before <<<"$2"
  mapfile -t after < <(memory_of "$1")
  for i in 0 1; do ((after[i] <= before[i] + ${4:-64})) || fail "memory has grown: $(xargs <<<"$2") to ${after[*]} kB"; done
}

# assert_steady COUNT ADDRESS PID: so many clients in a row leave nothing.
assert_steady() {
  local memory descriptors limit=300
  expect 0 "$storm" "$2" in-a-row 50
  wait_until "all children have gone" has_children "$3" 0
  memory=$(memory_of "$3")
  descriptors=$(descriptor_count "$3")
  expect 0 "$storm" "$2" in-a-row "$1"
  assert_no_growth "$3" "$memory" "$descriptors"
}

@test "1,000 clients at once: each has a process of its own, and gets its own bytes back" {
  local memory descriptors
  scale 1000 100
  start_server tcp-listen:0,fork -- cat </dev/null
  server=$pid
  expect 0 "$storm" "$port" in-a-row 50
  wait_until "all children have gone" has_children "$server" 0
  memory=$(memory_of "$server")
  descriptors=$(descriptor_count "$server")
  start_fed "$storm" "$port" at-once "$scaled" >"$tmp/half"
  clients=$pid
  is_halfway_or_gone() { [[ -s $tmp/half ]] || has_ended "$clients"; }
  wait_until "each has its first half" is_halfway_or_gone
  if has_ended "$clients"; then
    wait "$clients" || status=$?
    ((status != 77)) || skip "not enough descriptors"
    fail "exit status $status"
  fi
  assert_equal "children" "$(child_count "$server")" "$scaled"
  exec 7>&-
  finish 0 "$clients"
  assert_no_growth "$server" "$memory" "$descriptors" 160 # for the list of 1,000 processes
  expect 0 "$storm" "$port" in-a-row 5
  kill "$server"
  finish 143 "$server"
}

@test "3,000 clients in a row leave no descriptor, no child and no memory" {
  scale 3000 500
  start_server tcp-listen:0,fork pipe </dev/null
  assert_steady "$scaled" "$port" "$pid"
}

@test "nor do those for whom a program runs, at UNIX sockets too" {
  local second words
  scale 500 50
  for second in COMMAND exec:cat exec:cat,pipes; do
    words=("$second")
    [[ $second != COMMAND ]] || words=(-- cat)
    socket=$tmp$name.${second//[:,]/-}
    start_server "unix-listen:$socket,fork" "${words[@]}" </dev/null
    assert_steady "$scaled" "$socket" "$pid"
    kill "$pid"
    finish 143 "$pid"
    assert_gone "$socket"
  done
}

@test "nor do those whose program fails, cannot be run, or who are refused" {
  local memory descriptors words
  scale 200 30
  printf '#!%s\n' "$tmp/missing" >"$tmp/broken"
  chmod +x "$tmp/broken"
  for words in ",fork -- false" ",fork -- $tmp/broken" ",fork,range=10.0.0.0/8 pipe" ",fork exec:$tmp/broken" ",fork open:$tmp/missing" ",fork unix-connect:$tmp/missing"; do
    # shellcheck disable=SC2086  # words
    start_server "tcp-listen:0"$words </dev/null 2>"$tmp/errors"
    knock() {
      "$python" -c '
import socket, sys
for _ in range(int(sys.argv[2])):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
    try:
        while client.recv(100): pass
    except ConnectionResetError:
        pass' "$port" "$1"
    }
    knock 10
    wait_until "all children have gone" has_children "$pid" 0
    memory=$(memory_of "$pid")
    descriptors=$(descriptor_count "$pid")
    knock "$scaled"
    assert_no_growth "$pid" "$memory" "$descriptors"
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "clients that are silent, slow, deaf or reset the connection do not keep others waiting, and leave nothing" {
  local start words descriptors
  for words in "-- cat" pipe "exec:cat,pipes"; do
    # shellcheck disable=SC2086  # words
    start_server tcp-listen:0,fork $words </dev/null 2>"$tmp/errors"
    server=$pid
    descriptors=$(descriptor_count "$server")
    start "$python" "$partners/sockcat_bad_clients.py" "$port" silent=20 drip=10 deaf=10 rude=5 >"$tmp/bad"
    bad=$pid
    wait_until "the bad clients are there" test -s "$tmp/bad"
    start=$(now)
    expect 0 "$storm" "$port" in-a-row 50
    assert_took "$start" 0
    kill -0 "$bad"
    (($(child_count "$server") >= 40)) || fail "the bad clients have $(child_count "$server") processes"
    kill "$bad"
    finish 143 "$bad"
    wait_until "all children have gone" has_children "$server" 0
    assert_equal "descriptors" "$(descriptor_count "$server")" "$descriptors"
    kill "$server"
    finish 143 "$server"
    : >"$tmp/bad"
  done
}

# How many pipes process $1 has.
pipe_count() { find "/proc/$1/fd" -lname 'pipe:*' | wc -l; }

@test "a silent connection takes nothing of the pipes that a user may have" {
  local server back worker answer
  start_server tcp-listen:0,fork pipe </dev/null
  back=$port
  start_server tcp-listen:0,fork "tcp:127.0.0.1:$back" </dev/null
  server=$pid
  exec 7<>"/dev/tcp/127.0.0.1/$port"
  wait_until "both are connected" has_connections "$back" 1
  worker=$(children_of "$server")
  assert_equal "pipes" "$(pipe_count "${worker% }")" "$(pipe_count "$server")"
  echo hello >&7
  read -r -t 10 answer <&7
  assert_equal "answer" "$answer" hello
  (($(pipe_count "${worker% }") > $(pipe_count "$server"))) || fail "there is no pipe, although something has passed"
  exec 7>&-
  wait_until "the child has gone" has_children "$server" 0
}

@test "a client that goes when nothing more fits on the way to it or from it leaves nothing" {
  local words
  for words in "-- cat" pipe "exec:cat,pipes" exec:yes; do
    # shellcheck disable=SC2086  # words
    start_server tcp-listen:0,fork $words </dev/null 2>"$tmp/errors"
    "$python" -c '
import select, socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.setblocking(False)
while select.select([], [client], [], 0.5)[1]:
    client.send(b"x" * 65536)' "$port"
    wait_until "the child of $words has gone" has_children "$pid" 0
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "a client that has gone before it is accepted is no reason to end" {
  start_server tcp-listen:0,fork -- cat </dev/null 2>"$tmp/errors"
  kill -STOP "$pid"
  "$python" -c '
import socket, struct, sys
for _ in range(50):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()' "$port"
  kill -CONT "$pid"
  expect 0 "$storm" "$port" in-a-row 5
  wait_until "all children have gone" has_children "$pid" 0
}

@test "max-children: never more processes than that; those who wait are served when others end" {
  start_server tcp-listen:0,fork,max-children=3 -- cat </dev/null
  server=$pid
  start_fed "$python" -c '
import select, socket, sys
def client():
    one = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
    one.sendall(b"%d" % one.getsockname()[1])
    return one
def answer(one):
    assert one.recv(100) == b"%d" % one.getsockname()[1]
    one.shutdown(socket.SHUT_WR)
    assert one.recv(100) == b""
first = [client() for _ in range(3)]
for one in first:
    assert select.select([one], [], [], 20)[0]
others = [client() for _ in range(5)]
assert not select.select(others, [], [], 0.5)[0]
print("full", flush=True)
sys.stdin.readline()
assert not select.select(others, [], [], 0)[0]
answer(first.pop())
assert select.select(others, [], [], 20)[0], "the place that is free is not taken"
assert len(select.select(others, [], [], 0.2)[0]) == 1
for one in first + others:
    answer(one)
print("done", flush=True)' "$port" >"$tmp/out"
  client=$pid
  is_full_or_gone() { [[ -s $tmp/out ]] || has_ended "$client"; }
  wait_until "all places are taken" is_full_or_gone
  for _ in {1..10}; do
    assert_equal "children" "$(child_count "$server")" 3
    sleep 0.02
  done
  exec 7>&-
  finish 0 "$client"
  assert_equal "what the client says" "$(xargs <"$tmp/out")" "full done"
  wait_until "all children have gone" has_children "$server" 0
  expect 0 "$storm" "$port" in-a-row 20
}

@test "max-children=1 serves one after the other, whoever they are" {
  scale 40 10
  start_server "unix-listen:$socket,fork,max-children=1" pipe </dev/null
  for _ in {1..4}; do start "$storm" "$socket" in-a-row "$scaled"; done
  for i in {1..4}; do finish 0 "${started[i]}"; done
  wait_until "all children have gone" has_children "${started[0]}" 0
}

@test "-n N: of many clients so many are served, each in full, and then it ends" {
  start_server -n 20 tcp-listen:0,fork,backlog=100 -- cat </dev/null
  server=$pid
  start_fed "$storm" "$port" at-once 20 >"$tmp/half"
  wait_until "each has its first half" test -s "$tmp/half"
  kill -0 "$server"
  # Nobody else is served, whether the connection comes about or not.
  expect 1 "$storm" "$port" in-a-row 1 7>&- &
  late=$!
  exec 7>&-
  finish 0 "$pid"
  finish 0 "$server"
  wait "$late"
}

@test "SIGTERM in the middle: the server takes no more clients, and those that it has get all of theirs" {
  local words
  for words in "-- cat" pipe; do
    # shellcheck disable=SC2086  # words
    start_server tcp-listen:0,fork $words </dev/null
    server=$pid
    : >"$tmp/half"
    start_fed "$storm" "$port" at-once 50 >"$tmp/half"
    clients=$pid
    wait_until "each has its first half" test -s "$tmp/half"
    children=$(children_of "$server")
    kill "$server"
    finish 143 "$server"
    expect 1 "$storm" "$port" in-a-row 1
    assert_message "connect: Connection refused"
    exec 7>&-
    finish 0 "$clients"
    for child in $children; do wait_until "child $child has ended" has_ended "$child"; done
  done
}

@test "SIGTERM to all of its processes ends them all, and their programs" {
  start_server tcp-listen:0,fork -- cat </dev/null
  server=$pid
  start_fed "$storm" "$port" at-once 20 >"$tmp/half" 2>"$tmp/errors"
  clients=$pid
  wait_until "each has its first half" test -s "$tmp/half"
  read -ra children < <(children_of "$server" | xargs)
  programs=()
  for child in "${children[@]}"; do programs+=("$(children_of "$child" | xargs)"); done
  assert_equal "programs" "${#programs[@]}" 20
  kill "$server" "${children[@]}"
  finish 143 "$server"
  for child in "${children[@]}" "${programs[@]}"; do wait_until "process $child has ended" has_ended "$child"; done
  exec 7>&-
  finish 1 "$clients"
}

@test "100 UDP peers at once: each has a process of its own, and gets its own packets back" {
  scale 100 30
  start_server udp-listen:0,fork pipe </dev/null
  expect 0 "$python" -c '
import signal, socket, sys
signal.alarm(15)
peers = []
for i in range(int(sys.argv[2])):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.settimeout(20)
    peer.connect(("127.0.0.1", int(sys.argv[1])))
    peers.append(peer)
for part in range(3):
    for i, peer in enumerate(peers):
        peer.send(b"%d %d" % (i, part))
    for i, peer in enumerate(peers):
        got = peer.recv(100)
        assert got == b"%d %d" % (i, part), (i, part, got)' "$port" "$scaled"
  assert_equal "children" "$(child_count "$pid")" "$scaled"
  read -ra children < <(children_of "$pid" | xargs)
  kill "${children[@]}"
  wait_until "all children have gone" has_children "$pid" 0
}

@test "1,000 packets, a process for each, in a row and as fast as they come" {
  local descriptors
  scale 1000 100
  start_server unix-recvfrom:"$socket",fork,max-children=10 pipe </dev/null
  descriptors=$(descriptor_count "$pid")
  expect 0 "$python" -c '
import os, socket, sys
path, count = sys.argv[1], int(sys.argv[2])
peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
peer.settimeout(20)
peer.bind(path + ".peer")
answers = set()
for i in range(count):
    peer.sendto(b"%d" % i, path)
    if i >= 5:
        answers.add(int(peer.recv(100)))
while len(answers) < count:
    answers.add(int(peer.recv(100)))
assert answers == set(range(count))
os.unlink(path + ".peer")' "$socket" "$scaled"
  wait_until "all children have gone" has_children "$pid" 0
  assert_equal "descriptors" "$(descriptor_count "$pid")" "$descriptors"
}
