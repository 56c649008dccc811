# sockcat with the programs of others at the other end, and in the place of socat.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/sockcat_family

eval "tear_down_$(declare -f teardown)" # that of the helpers

teardown() {
  local process
  for process in "${databases[@]}"; do ! is_remembered_process "$process" || kill -INT "$process" 2>/dev/null || true; done
  for process in "${databases[@]}"; do wait_until "the database has ended" has_ended "$process"; done
  tear_down_teardown
  [[ -z ${place:-} ]] || rm -rf -- "$place"
}

# $place is a directory with a short path for the files of programs that do not run as root, $ordinary what runs them.
need_place() {
  become_ordinary
  databases=()
  place=$(mktemp -d -p /tmp)
  ((EUID != 0)) || chown 65534:65534 "$place"
}

# The nc of OpenBSD, in $nc.
need_nc() {
  nc=$(command -v nc.openbsd nc | head -n 1)
  [[ -n $nc && $("$nc" -h 2>&1) == OpenBSD* ]] || skip "no nc of OpenBSD"
}

# assert_answer COMMAND...: a client that gets $tmp/content back.
assert_answer() {
  timeout -s KILL 60 "$@" <"$tmp/content" >"$tmp/back" || fail "${*@Q} failed: $?"
  assert_same_file "$tmp/content" "$tmp/back"
}

@test "socat as a client: what it sends comes back, by TCP and every kind of UNIX socket" {
  need socat
  content "$tmp/content" 1000000
  start_server tcp-listen:0,fork -- cat </dev/null
  assert_answer socat -t 30 - "TCP:127.0.0.1:$port"
  start_server "unix-listen:$socket,fork" -- cat </dev/null
  assert_answer socat -t 30 - "UNIX-CONNECT:$socket"
  assert_answer socat -t 30 - "UNIX-CLIENT:$socket"
  start_server "abstract-listen:$name,fork" -- cat </dev/null
  assert_answer socat -t 30 - "ABSTRACT-CONNECT:$name"
  content "$tmp/content" 5000
  start_server "unix-seqpacket-listen:${socket}s,fork" pipe </dev/null
  assert_answer socat -t 30 - "UNIX-CONNECT:${socket}s,socktype=5"
  start_server udp-listen:0,fork pipe </dev/null
  assert_answer socat -t 30 - "UDP:127.0.0.1:$port,readbytes=5000"
  start_server udp-recvfrom:0,fork pipe </dev/null
  assert_answer socat -t 30 - "UDP-SENDTO:127.0.0.1:$port,readbytes=5000"
  need_ipv6
  start_server tcp6-listen:0,fork -- cat </dev/null
  assert_answer socat -t 30 - "TCP6:[::1]:$port"
}

@test "socat as a server: what sockcat sends comes back, by TCP and every kind of UNIX socket" {
  need socat
  content "$tmp/content" 1000000
  start_on_free_port tcp socat -t 30 TCP-LISTEN:PORT,fork,reuseaddr EXEC:cat
  assert_answer sockcat - "tcp:127.0.0.1:$port"
  start socat -t 30 "UNIX-LISTEN:$socket,fork" EXEC:cat
  wait_until "it listens" is_at_path "$socket"
  assert_answer sockcat - "unix-connect:$socket"
  assert_answer sockcat - "unix:$socket"
  start socat -t 30 "ABSTRACT-LISTEN:$name,fork" EXEC:cat
  wait_until "it listens" is_at_path "@$name"
  assert_answer sockcat - "abstract-connect:$name"
  content "$tmp/content" 5000
  start socat -t 30 "UNIX-LISTEN:${socket}s,socktype=5,fork" PIPE
  wait_until "it listens" is_at_path "${socket}s"
  assert_answer sockcat - "unix-seqpacket:${socket}s"
  assert_answer sockcat - "unix:${socket}s"
  start_on_free_port udp socat -t 30 UDP-LISTEN:PORT,fork PIPE
  assert_answer sockcat -t 30 - "udp:127.0.0.1:$port,readbytes=5000"
  start_on_free_port udp socat -t 30 UDP-RECVFROM:PORT,fork PIPE
  assert_answer sockcat -t 30 - "udp-sendto:127.0.0.1:$port,readbytes=5000"
  start socat -u "UNIX-RECV:${socket}d" "CREATE:$tmp/received"
  wait_until "it is bound" is_at_path "${socket}d"
  expect 0 sockcat -u "open:$tmp/content" "unix-sendto:${socket}d"
  wait_until "all has come" has_size "$tmp/received" 5000
  assert_same_file "$tmp/content" "$tmp/received"
}

# recipe TEXT: the same bash text with socat and with sockcat as $cat gives the same output, files and exit status; each
# has a directory of its own with a file, and gets a few lines.
recipe() {
  local cat
  for cat in socat sockcat; do
    rm -rf "${tmp:?}/$cat"
    mkdir "$tmp/$cat"
    printf 'one\ntwo\nthree' >"$tmp/$cat/file"
    run --separate-stderr timeout -s KILL 30 env -C "$tmp/$cat" cat="$cat" bash -c "$1" < <(printf 'first\nsecond\nlast')
    echo "exit status $status" >"$tmp/$cat/status"
    printf '%s' "$output" >"$tmp/$cat/output"
    printf '%s' "$stderr" >"$tmp/$cat.errors"
  done
  diff -r "$tmp/socat" "$tmp/sockcat" >"$tmp/difference" || fail "recipe: $1" "$(<"$tmp/difference")" "$(<"$tmp/socat.errors")" "$(<"$tmp/sockcat.errors")"
}

@test "common recipes for one process give the same with sockcat as with socat" {
  need socat
  recipe '$cat - EXEC:"tr a-z A-Z"'
  recipe '$cat - SYSTEM:"sort | tail -n 1"'
  recipe '$cat - SYSTEM:"cat; echo done",pipes'
  recipe '$cat -u EXEC:"seq 100" -'
  recipe '$cat -U - EXEC:"seq 100"'
  recipe '$cat -u OPEN:file STDOUT'
  recipe '$cat -u ./file -'
  recipe '$cat -u "$PWD/file" -'
  recipe '$cat -u - CREATE:new'
  recipe '$cat -u - CREATE:new,mode=0640; stat -c %a new'
  recipe '$cat -u - OPEN:new,creat,excl'
  recipe '$cat -u - OPEN:file,append'
  recipe '$cat -u - GOPEN:"$PWD/file"'
  recipe '$cat -u - ./file'
  recipe '$cat -u - OPEN:file,trunc'
  recipe '$cat -u - OPEN:file'
  recipe '$cat -u OPEN:file,readbytes=5 -'
  recipe '$cat -u STDIN STDOUT'
  recipe '$cat -u 0 1'
  recipe '$cat -u FD:0 FD:1'
  recipe '$cat - PIPE'
  recipe '$cat - ECHO'
  recipe '$cat -u - STDOUT,crnl'
  recipe '$cat -u - STDOUT,cr'
  recipe '$cat -u -,escape=101 -'
  recipe '$cat OPEN:file\!\!CREATE:new EXEC:"tr a-z A-Z"'
  recipe '$cat "OPEN:file!!CREATE:new" EXEC:"tr a-z A-Z"'
  recipe 'exec 3<file; $cat -u FD:3 -'
  recipe 'exec 4>new; $cat -u - FD:4'
  recipe '$cat -b 3 -u - -'
  recipe '$cat -u EXEC:"printf \[%s\] a b\\ c" -'
  recipe '$cat -u SYSTEM:"echo \$SOCAT_VERSION | wc -l" -'
  recipe '$cat -u SYSTEM:"echo err >&2",stderr -'
  recipe '$cat -u EXEC:pwd - | grep -c /cat$'
  recipe '$cat - SYSTEM:"sort <&5",fdin=5'
  recipe '$cat -u SYSTEM:"echo x >&7",fdout=7 -'
  recipe '$cat - EXEC:cat,nofork'
  recipe '$cat -u OPEN:missing -; echo $?'
  recipe '$cat -u nonsense:1 - 2>/dev/null; test $? != 0'
}

# Whether a file has 17 bytes, within 20 seconds.
comes_soon() {
  local deadline=$((SECONDS + 20))
  until has_size "$1" 17; do
    ((SECONDS < deadline)) || return
    sleep 0.02
  done
}

# meet SERVER CLIENT SERVER_ADDRESSES CLIENT_ADDRESSES PROTOCOL: sets $output. False when nothing comes out at the server
# that writes a file.
meet() {
  local text=${3//SOCKET/$socket} status=0
  rm -f "$tmp/out" "$socket"
  text=${text//FILE/$tmp/out}
  if [[ $text == *PORT* ]]; then
    # shellcheck disable=SC2086  # words
    start_on_free_port "$5" "$1" $text </dev/null
  else
    # shellcheck disable=SC2086  # words
    start "$1" $text </dev/null
    wait_until "it listens" is_at_path "$socket"
  fi
  text=${4//SOCKET/$socket}
  text=${text//PORT/$port}
  # shellcheck disable=SC2086  # words
  output=$(timeout -s KILL 30 "$2" $text < <(printf 'first\nsecond\nlast'); echo "status $?")
  if [[ $3 == *FILE* ]]; then
    comes_soon "$tmp/out" || status=1
    output+=" and $(cat "$tmp/out")"
  fi
  end_family "$pid"
  return "$status"
}

# pair SERVER CLIENT [PROTOCOL]: each of the two is socat or sockcat; whichever they are, the client writes the same.
# PORT is a free one, SOCKET a path, FILE a file for what comes out at the server. A datagram may get lost, so they meet
# again then.
pair() {
  local server client first="" output attempt attempts=1
  [[ ${3:-} != udp ]] || attempts=3
  for server in socat sockcat; do
    for client in socat sockcat; do
      for ((attempt = 1; ; ++attempt)); do
        ! meet "$server" "$client" "$1" "$2" "${3:-tcp}" || break
        echo "$1 of $server has nothing of $client: $output" >&2
        ((attempt < attempts)) || fail "the file has not come"
      done
      [[ -n $first ]] || first=$output
      assert_equal "server $server $1, client $client $2" "$output" "$first"
    done
  done
  assert_contains "what the client gets, and its status" "$first" "status 0"
}

@test "common recipes for two give the same whichever of both is socat and whichever sockcat" {
  need socat
  pair 'TCP-LISTEN:PORT,reuseaddr,fork EXEC:cat' '-t 20 - TCP:127.0.0.1:PORT'
  pair 'TCP4-LISTEN:PORT,bind=127.0.0.1,reuseaddr EXEC:sort,pipes' '-t 20 - TCP4:localhost:PORT'
  pair 'tcp-l:PORT,fork,range=127.0.0.0/8 pipe' '-t 20 stdio tcp-connect:127.0.0.1:PORT,nodelay,keepalive'
  pair 'TCP-LISTEN:PORT,fork,max-children=2,backlog=5 SYSTEM:sort' '-t 20 - TCP:127.0.0.1:PORT,retry=3,interval=0.1'
  pair '-u TCP-LISTEN:PORT,reuseaddr CREATE:FILE' '-u - TCP:127.0.0.1:PORT'
  pair '-u TCP-LISTEN:PORT,reuseaddr OPEN:FILE,creat,append' '-u - TCP:127.0.0.1:PORT,sndbuf=10000'
  # socat drops what a program said last when it notices its end first.
  pair '-U TCP-LISTEN:PORT,reuseaddr SYSTEM:pwd;sleep${IFS}0.3' '-u TCP:127.0.0.1:PORT -'
  pair 'UNIX-LISTEN:SOCKET,fork EXEC:cat' '-t 20 - UNIX-CONNECT:SOCKET'
  pair 'UNIX-LISTEN:SOCKET,mode=0600,unlink-early EXEC:sort' '-t 20 - UNIX-CLIENT:SOCKET'
  pair '-u UNIX-RECV:SOCKET CREATE:FILE' '-u - UNIX-SENDTO:SOCKET'
  pair '-u UNIX-RECVFROM:SOCKET CREATE:FILE' '-u - UNIX-CLIENT:SOCKET'
  pair 'UDP-LISTEN:PORT,fork PIPE' '-t 20 - UDP:127.0.0.1:PORT,readbytes=17' udp
  pair 'UDP-RECVFROM:PORT,fork EXEC:cat' '-t 20 - UDP-SENDTO:127.0.0.1:PORT,readbytes=17' udp
  pair '-u UDP-RECV:PORT CREATE:FILE' '-u - UDP4-SENDTO:127.0.0.1:PORT' udp
  pair '-u UDP4-RECV:PORT,bind=127.0.0.1 CREATE:FILE' '-u - UDP-DATAGRAM:127.0.0.1:PORT' udp
}

@test "a chain of forwarders, socat and sockcat in turn, passes every byte both ways" {
  need socat
  content "$tmp/content" 3000000
  start_server "unix-listen:$socket,fork" -- cat </dev/null
  start_on_free_port tcp socat -t 30 "TCP-LISTEN:PORT,fork,reuseaddr" "UNIX-CONNECT:$socket"
  start_server "abstract-listen:$name,fork" "tcp:127.0.0.1:$port" </dev/null
  start socat -t 30 "UNIX-LISTEN:${socket}b,fork" "ABSTRACT-CONNECT:$name"
  wait_until "it listens" is_at_path "${socket}b"
  start_server tcp-listen:0,fork "unix:${socket}b" </dev/null
  assert_answer sockcat - "tcp:127.0.0.1:$port"
  assert_answer socat -t 30 - "TCP:127.0.0.1:$port"
}

@test "nc of OpenBSD as a client and as a server" {
  need_nc
  content "$tmp/content" 1000000
  start_server tcp-listen:0,fork -- cat </dev/null
  assert_answer "$nc" -N 127.0.0.1 "$port"
  start_server "unix-listen:$socket,fork" -- cat </dev/null
  assert_answer "$nc" -N -U "$socket"
  # Files, one way, in both directions.
  start_server -u tcp-listen:0 "create:$tmp/received" </dev/null
  timeout 30 "$nc" -N 127.0.0.1 "$port" <"$tmp/content" || fail "nc failed: $?"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  start_server -u "open:$tmp/content" tcp-listen:0 </dev/null
  timeout 30 "$nc" -d 127.0.0.1 "$port" >"$tmp/received" || fail "nc failed: $?"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  # As a server it forgets what it has not sent yet when its client ends: ours must not before it has everything.
  start_on_free_port tcp "$nc" -N -l 127.0.0.1 PORT <"$tmp/content" >"$tmp/received"
  assert_answer sockcat - "tcp:127.0.0.1:$port,shut-none,readbytes=1000000"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  start "$nc" -N -l -U "${socket}b" <"$tmp/content" >"$tmp/received"
  wait_until "it listens" is_at_path "${socket}b"
  assert_answer sockcat - "unix:${socket}b,shut-none,readbytes=1000000"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
}

@test "nc of OpenBSD by UDP and UNIX datagrams" {
  need_nc
  start_server -u udp-recv:0 "create:$tmp/received" </dev/null
  # It tests a UDP port by packets of its own unless told not to.
  timeout 30 "$nc" -u -w 1 127.0.0.1 "$port" <<<hello || fail "nc failed: $?"
  wait_until "it has come" has_text "$tmp/received" hello
  start_on_free_port udp "$nc" -d -u -l 127.0.0.1 PORT >"$tmp/received"
  expect 0 sockcat -u - "udp:127.0.0.1:$port" <<<hello
  wait_until "it has come" has_text "$tmp/received" hello
  start_server udp-recvfrom:0,fork exec:'tr a-z A-Z' </dev/null
  run --separate-stderr timeout 30 "$nc" -u -W 1 127.0.0.1 "$port" <<<hello
  assert_equal "answer" "$output" HELLO
}

@test "ncat as a client and as a server" {
  need ncat
  content "$tmp/content" 1000000
  start_server tcp-listen:0,fork -- cat </dev/null
  assert_answer ncat 127.0.0.1 "$port"
  start_server "unix-listen:$socket,fork" -- cat </dev/null
  assert_answer ncat -U "$socket"
  start_server -u tcp-listen:0 "create:$tmp/received" </dev/null
  timeout 30 ncat --send-only 127.0.0.1 "$port" <"$tmp/content" || fail "ncat failed: $?"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  start_server -u "open:$tmp/content" tcp-listen:0 </dev/null
  timeout 30 ncat --recv-only 127.0.0.1 "$port" >"$tmp/received" </dev/null || fail "ncat failed: $?"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  start_on_free_port tcp ncat -l --recv-only 127.0.0.1 PORT >"$tmp/received" </dev/null
  expect 0 sockcat -u "open:$tmp/content" "tcp:127.0.0.1:$port"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  start_on_free_port tcp ncat -l --send-only 127.0.0.1 PORT <"$tmp/content"
  expect 0 sockcat -u "tcp:127.0.0.1:$port" "create:$tmp/received"
  finish 0 "$pid"
  assert_same_file "$tmp/content" "$tmp/received"
  # It loses bytes of a program that gives back much, and ends the program when its client ends.
  content "$tmp/content" 5000
  start_on_free_port tcp ncat -l -k -e /bin/cat 127.0.0.1 PORT
  assert_answer sockcat - "tcp:127.0.0.1:$port,shut-none,readbytes=5000"
  start_server udp-listen:0,fork pipe </dev/null
  start_fed ncat -u 127.0.0.1 "$port" >"$tmp/received"
  echo hello >&7
  wait_until "the answer has come" has_text "$tmp/received" hello
  exec 7>&-
}

# A handler for one request: it answers with what it has got, or with a file. $1 is the file.
http_handler='IFS=" " read -r method path _
length=0
while IFS= read -r line && [[ $line != $'"'\\r'"' ]]; do
  [[ ${line,,} != content-length:* ]] || length=${line//[!0-9]/}
done
printf "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Peer: %s\r\n\r\n" "$SOCKCAT_PEERADDR"
if [[ $method == GET ]]; then cat "$1"; else echo "$method $path"; head -c "$length"; fi'

@test "curl against a handler: downloads and uploads are whole, by TCP and UNIX sockets, many at once" {
  need curl
  content "$tmp/content" 1000000
  start_server tcp-listen:0,fork -- bash -c "$http_handler" bash "$tmp/content" </dev/null
  expect 0 curl -sS -o "$tmp/back" -D "$tmp/header" "http://127.0.0.1:$port/file"
  assert_same_file "$tmp/content" "$tmp/back"
  assert_contains "header" "$(<"$tmp/header")" "X-Peer: 127.0.0.1"
  expect 0 curl -sS --data-binary "@$tmp/content" -o "$tmp/back" "http://127.0.0.1:$port/upload"
  tail -n +2 "$tmp/back" >"$tmp/received"
  assert_equal "request" "$(head -n 1 "$tmp/back")" "POST /upload"
  assert_same_file "$tmp/content" "$tmp/received"
  expect 0 curl -sS --parallel --parallel-max 20 -o "$tmp/back#1" "http://127.0.0.1:$port/[1-40]"
  for i in {1..40}; do assert_same_file "$tmp/content" "$tmp/back$i"; done
  # A client that goes in the middle does no harm.
  run timeout 10 bash -c 'curl -sS "$1" | head -c 1000 >/dev/null' bash "http://127.0.0.1:$port/file"
  start_server "unix-listen:$socket,fork" -- bash -c "$http_handler" bash "$tmp/content" </dev/null
  expect 0 curl -sS --unix-socket "$socket" -o "$tmp/back" http://localhost/file
  assert_same_file "$tmp/content" "$tmp/back"
}

@test "curl through a proxy to a web server that keeps connections" {
  need curl
  content "$tmp/content" 1000000
  start "$python" -c '
import http.server, os, sys
os.chdir(sys.argv[1])
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open("port.new", "w") as file:
    print(server.server_port, file=file)
os.rename("port.new", "port")
server.serve_forever()' "$tmp" 2>"$tmp/http"
  wait_until "the web server listens" test -s "$tmp/port"
  start_server tcp-listen:0,fork "tcp:127.0.0.1:$(<"$tmp/port")" </dev/null
  # Requests that follow each other on one connection.
  expect 0 curl -sS -w '%{num_connects}\n' -o "$tmp/back#1" "http://127.0.0.1:$port/content?[1-20]"
  assert_equal "connections" "$(awk '{ sum += $1 } END { print sum }' <<<"$output")" 1
  for i in {1..20}; do assert_same_file "$tmp/content" "$tmp/back$i"; done
  expect 22 curl -sS -f -o "$tmp/back" "http://127.0.0.1:$port/missing"
}

@test "Python's asyncio: 100 streams at once to a server of ours, and a server of its for us" {
  start_server tcp-listen:0,fork pipe </dev/null
  expect 0 "$python" -c '
import asyncio, os, sys
async def client(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = os.urandom(1000) * number
    async def send():
        writer.write(data)
        await writer.drain()
        writer.write_eof()
    sent, got = await asyncio.gather(send(), reader.read(-1))
    assert got == data
    writer.close()
    await writer.wait_closed()
async def main():
    await asyncio.wait_for(asyncio.gather(*(client(int(sys.argv[1]), i) for i in range(100))), 50)
asyncio.run(main())' "$port"
  start "$python" -c '
import asyncio, os, sys
async def serve(reader, writer):
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()
    writer.write(b"END")
    writer.write_eof()
    writer.close()
async def main():
    server = await asyncio.start_unix_server(serve, sys.argv[1])
    await server.serve_forever()
asyncio.run(main())' "$socket"
  wait_until "it listens" is_at_path "$socket"
  seq -f 'line %.0f of text' 100000 >"$tmp/text"
  timeout 60 sockcat - "unix-connect:$socket" <"$tmp/text" >"$tmp/back" || fail "sockcat failed: $?"
  { tr '[:lower:]' '[:upper:]' <"$tmp/text"; printf END; } >"$tmp/wanted"
  assert_same_file "$tmp/wanted" "$tmp/back"
}

@test "Python's socket: descriptors, half-closed connections, and options as the other side sees them" {
  start_server tcp-listen:0,fork,sndbuf=100000 -- bash -c 'sleep 0.2; cat; echo end' </dev/null
  expect 0 "$python" -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
s.sendall(b"hello\n")
s.shutdown(socket.SHUT_WR)
data = b""
while part := s.recv(100):
    data += part
assert data == b"hello\nend\n", data' "$port"
  # A connection that is ours already, by its descriptor.
  expect 0 "$python" -c '
import socket, subprocess
ours, theirs = socket.socketpair()
process = subprocess.Popen(["sockcat", f"fd:{theirs.fileno()}", "exec:tr a-z A-Z"], pass_fds=[theirs.fileno()])
theirs.close()
ours.sendall(b"hello")
ours.shutdown(socket.SHUT_WR)
assert ours.recv(100) == b"HELLO"
assert ours.recv(100) == b""
assert process.wait(20) == 0'
  # What we send with nodelay and keepalive has these options at our end, whatever the other one has.
  start "$python" -c '
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
client, peer = s.accept()
assert peer[0] == "127.0.0.1" and peer[1] == int(sys.argv[1]), peer
while data := client.recv(65536):
    client.sendall(data)' "$(free_port tcp)" >"$tmp/port"
  wait_until "it listens" test -s "$tmp/port"
  sourceport=$(tr '\0' '\n' <"/proc/$pid/cmdline" | tail -n 1)
  expect 0 sockcat - "tcp:127.0.0.1:$(<"$tmp/port"),sourceport=$sourceport,reuseaddr,nodelay,keepalive" <<<hello
  assert_equal "answer" "$output" hello
  finish 0 "$pid"
}

# The server programs of PostgreSQL, in $postgres; distributions keep them out of PATH.
need_postgres() {
  local folder
  for folder in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin "$(dirname "$(command -v postgres)")"; do
    postgres=$folder
    [[ ! -x $folder/initdb || ! -x $folder/postgres || ! -x $folder/psql || ! -x $folder/pgbench ]] || return 0
  done
  skip "no initdb, postgres, psql and pgbench"
}

# start_postgres DIRECTORY: until it answers. Its System V objects are nobody else's where that can be had.
start_postgres() {
  local apart=()
  ((EUID != 0)) || ! unshare --ipc true 2>/dev/null || apart=(unshare --ipc --)
  "${ordinary[@]}" "$postgres/initdb" -D "$1" -U tester -A trust -N -E UTF8 --locale=C >"$tmp/initdb" 2>&1 || fail "$(<"$tmp/initdb")"
  start "${apart[@]}" "${ordinary[@]}" "$postgres/postgres" -D "$1" -c listen_addresses= -c unix_socket_directories="$1" -c fsync=off \
    -c dynamic_shared_memory_type=mmap >"$tmp/postgres" 2>&1
  databases+=("$pid")
  answers() { query "$1" 5432 'select 1' >"$tmp/query"; }
  wait_until "PostgreSQL answers" answers "$1"
}

# query HOST PORT TEXT
query() { "${ordinary[@]}" timeout 60 "$postgres/psql" -X -q -A -t -h "$1" -p "$2" -U tester -d postgres -c "$3" 2>"$tmp/query.errors"; }

@test "PostgreSQL through UNIX sockets and TCP: pgbench's balances agree, and large results are whole" {
  local sums large words
  need_postgres
  need_place
  cd "$place" || return
  start_postgres "$place/data"
  # A server for others at a place of its own, as PostgreSQL's clients look for it.
  mkdir -m 755 "$place/proxy"
  start_server "unix-listen:$place/proxy/.s.PGSQL.5432,fork,mode=0666" "unix-connect:$place/data/.s.PGSQL.5432" </dev/null
  start_server tcp-listen:0,fork "unix:$place/data/.s.PGSQL.5432" </dev/null
  for words in "$place/proxy 5432" "127.0.0.1 $port"; do
    read -r host number <<<"$words"
    expect 0 "${ordinary[@]}" "$postgres/pgbench" -h "$host" -p "$number" -U tester -i -q -s 1 postgres
    expect 0 "${ordinary[@]}" "$postgres/pgbench" -h "$host" -p "$number" -U tester -n -c 8 -j 2 -t 50 postgres
    assert_contains "pgbench" "$output" "number of transactions actually processed: 400/400"
    # A connection for each transaction.
    expect 0 "${ordinary[@]}" "$postgres/pgbench" -h "$host" -p "$number" -U tester -n -C -S -c 4 -t 25 postgres
    assert_contains "pgbench -C" "$output" "number of transactions actually processed: 100/100"
    sums=$(query "$host" "$number" 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history),
      (select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history), (select count(*) from pgbench_history)')
    assert_equal "balances agree" "$sums" "t|t|400"
    large=$(query "$host" "$number" "copy (select repeat(md5(n::text), 10) from generate_series(1, 10000) n) to stdout" | md5sum)
    assert_equal "a large result" "$large" "$(query "$place/data" 5432 "copy (select repeat(md5(n::text), 10) from generate_series(1, 10000) n) to stdout" | md5sum)"
  done
  query "$place/proxy" 5432 "select count(*) from pg_stat_activity where application_name like 'pgbench%'" >"$tmp/left"
  assert_equal "connections left" "$(<"$tmp/left")" 0
}

# The server of redis, in $redis: some packages have it under another name only, and it does what it is called.
need_redis() {
  need redis-cli
  redis=$(command -v redis-server || true)
  [[ -z $redis ]] || return 0
  redis=$(command -v redis-check-rdb) || skip "no redis-server"
  ln -s "$(readlink -f "$redis")" "$tmp/redis-server"
  redis=$tmp/redis-server
}

@test "redis through TCP and UNIX sockets: commands, a pipeline of 20,000, long values, and messages to subscribers" {
  need_redis
  start "$redis" --port 0 --unixsocket "$socket" --save '' --appendonly no --dir "$tmp" >"$tmp/redis"
  wait_until "redis listens" is_at_path "$socket"
  start_server tcp-listen:0,fork "unix:$socket" </dev/null
  start_server "unix-listen:${socket}b,fork" "tcp:127.0.0.1:$port" </dev/null
  port=$(<"$tmp/port.1")
  at=(redis-cli -h 127.0.0.1 -p "$port")
  expect 0 "${at[@]}" ping
  assert_equal "answer" "$output" PONG
  content "$tmp/content" 1000000
  timeout 30 "${at[@]}" -x set long <"$tmp/content" >"$tmp/out"
  timeout 30 redis-cli -s "${socket}b" --raw get long | head -c 1000000 >"$tmp/back"
  assert_same_file "$tmp/content" "$tmp/back"
  awk 'BEGIN { for (i = 0; i < 20000; ++i) printf "SET key:%d %d\r\n", i, i }' | timeout 60 "${at[@]}" --pipe >"$tmp/out" || fail "$(<"$tmp/out")"
  assert_contains "the pipeline" "$(<"$tmp/out")" "errors: 0, replies: 20000"
  expect 0 redis-cli -s "${socket}b" get key:19999
  assert_equal "a value" "$output" 19999
  expect 0 redis-cli -s "${socket}b" dbsize
  assert_equal "values" "$output" 20001
  start redis-cli -s "${socket}b" --csv subscribe news >"$tmp/news"
  wait_until "it has subscribed" has_text "$tmp/news" '"subscribe","news",1'
  expect 0 "${at[@]}" publish news hello
  assert_equal "subscribers" "$output" 1
  wait_until "the message has come" has_text "$tmp/news" '"message","news","hello"'
}
