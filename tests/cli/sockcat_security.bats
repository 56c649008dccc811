# sockcat: who can reach what it opens, and what those that it starts get to see.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/sockcat_family

setup_file() {
  compile_partners sockcat_seen
}

# The local addresses, in the kernel's hexadecimal, of what listens (TCP) or is bound (UDP) at port $2; $1 is a table of
# /proc/net.
places_of() {
  awk -v port="$(printf ':%04X' "$2")" -v state="$([[ $1 == tcp* ]] && echo 0A || echo 07)" \
    '$4 == state && substr($2, length($2) - 4) == port { sub(/:.*/, "", $2); print $2 }' "/proc/net/$1"
}

# assert_bound_to TABLE ADDRESS: what start_server has just started is there, and in no other table.
assert_bound_to() {
  local table found=
  for table in "${1%6}" "${1%6}6"; do
    [[ ! -e /proc/net/$table ]] || found+=$(places_of "$table" "$port")
  done
  assert_equal "where it is bound" "$found" "$2"
}

loopback_4=0100007F
loopback_6=00000000000000000000000001000000

@test "what listens or receives at a port is bound to loopback unless bind= says otherwise" {
  local keyword
  for keyword in tcp-listen tcp4-listen udp-listen udp4-listen udp-recv udp4-recv udp-recvfrom udp4-recvfrom; do
    start_server -u "$keyword:0" "open:/dev/null" </dev/null
    assert_bound_to "${keyword:0:3}" "$loopback_4"
  done
  start_server -u tcp-listen:0,bind=0.0.0.0 open:/dev/null </dev/null
  assert_bound_to tcp 00000000
  start_server -u udp-recv:0,bind=0.0.0.0 open:/dev/null </dev/null
  assert_bound_to udp 00000000
  start_server -u tcp-listen:0,bind=127.0.0.2 open:/dev/null </dev/null
  assert_bound_to tcp 0200007F
}

@test "so it is with version 6 of IP, which is ::1 and no IPv4 as well" {
  local words
  need_ipv6
  for words in tcp6-listen:0 tcp-listen:0,pf=ip6 udp6-listen:0 udp-listen:0,pf=ip6 udp6-recv:0 udp6-recvfrom:0 "-6 tcp-listen:0" "-6 udp-recv:0"; do
    # shellcheck disable=SC2086  # words
    start_server -u $words open:/dev/null </dev/null
    words=${words#-6 }
    assert_bound_to "${words:0:3}6" "$loopback_6"
  done
  start_server -u 'tcp6-listen:0,bind=[::]' open:/dev/null </dev/null
  assert_bound_to tcp6 00000000000000000000000000000000
}

# in_umask UMASK ARG...: start_server under that umask.
in_umask() {
  local old
  old=$(umask)
  umask "$1"
  start_server "${@:2}" </dev/null
  umask "$old"
}

@test "a new UNIX socket is 0600 whatever the umask, and what mode= says whatever the umask" {
  local keyword mask number=0
  for keyword in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
    for mask in 000 022 0777; do
      number=$((number + 1))
      in_umask "$mask" -u "$keyword:$socket$number" open:/dev/null
      assert_socket "$socket$number"
      assert_equal "mode of $keyword under umask $mask" "$(stat -c %a "$socket$number")" 600
      in_umask "$mask" -u "$keyword:${socket}m$number,mode=0662" open:/dev/null
      assert_equal "mode of $keyword,mode=0662 under umask $mask" "$(stat -c %a "${socket}m$number")" 662
    done
  done
}

@test "so is the file that a client binds to, and it is gone afterwards" {
  local words
  start_server -u "unix-recv:$socket" open:/dev/null </dev/null
  for words in "bind=${socket}c" bind-tempname; do
    TMPDIR=$tmp in_umask 000 "stall" "unix-sendto:$socket,$words"
    found() { find "$tmp" -type s ! -name "${socket##*/}"; }
    assert_equal "mode with $words" "$(found | xargs -r stat -c %a)" 600
    kill "$pid"
    finish 143 "$pid"
    assert_equal "sockets with $words" "$(found)" ""
  done
}

# A socket of kind $1 (stream, dgram, seqpacket) at path $2 that is bound, and listens if $3 says so, by another program.
start_foreign_socket() {
  start "$python" -c '
import os, socket, sys, time
kind, path, listens = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + kind.upper()))
s.bind(path)
if listens == "listens":
    s.listen()
open(path + ".ready", "w").close()
time.sleep(60)' "$1" "$2" "$3"
  wait_until "$2 is bound" test -e "$2.ready"
}

@test "a path where a live socket is: refused, whatever it is and whatever it was to become; it lives on" {
  local kind keyword inode
  for kind in "stream listens" "stream is-bound" "seqpacket listens" "dgram is-bound"; do
    # shellcheck disable=SC2086  # words
    start_foreign_socket ${kind/ / $socket.${kind%% *}.${kind##* } }
    path=$socket.${kind%% *}.${kind##* }
    inode=$(stat -c %i "$path")
    for keyword in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
      expect 1 sockcat -u -w 5 "$keyword:$path" -
      assert_message "sockcat: cannot create socket '$path': Address already in use"
      assert_equal "the file" "$(stat -c %i "$path")" "$inode"
    done
    assert_gone "$path.ipclock"
  done
  expect 1 sockcat -u open:/dev/null "unix-sendto:$socket.dgram.is-bound,bind=$socket.dgram.is-bound"
  assert_message "Address already in use"
}

@test "a stale socket is replaced, whatever it was; also one that a killed sockcat has left" {
  local kind
  for kind in STREAM SEQPACKET DGRAM; do
    "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + sys.argv[1])).bind(sys.argv[2])' "$kind" "$socket"
    assert_socket "$socket"
    start_server "unix-listen:$socket" -- echo hello </dev/null
    assert_equal "mode" "$(stat -c %a "$socket")" 600
    expect 0 sockcat -u "unix-connect:$socket" -
    assert_equal "answer" "$output" hello
    finish 0 "$pid"
    assert_gone "$socket" "$socket.ipclock"
  done
  start_server -u "unix-listen:$socket" - </dev/null
  kill -KILL "$pid"
  finish 137 "$pid"
  assert_socket "$socket"
  start_server -u "unix-recv:$socket" - </dev/null
  kill "$pid"
  finish 143 "$pid"
  assert_gone "$socket" "$socket.ipclock"
}

@test "of several that start at the same path at once exactly one wins, and the others say why they do not" {
  local round number winners status
  for round in {1..6}; do
    # Every other time there is a stale one, too.
    ((round % 2)) || "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$socket"
    started=()
    for number in {1..6}; do start sockcat -w 20 "unix-listen:$socket" -- echo "$number" </dev/null 2>"$tmp/error.$number"; done
    losers_have_gone() {
      winners=()
      for number in {0..5}; do has_ended "${started[number]}" || winners+=("$number"); done
      ((${#winners[@]} <= 1))
    }
    wait_until "all but one have given up" losers_have_gone
    assert_equal "number of winners in round $round" "${#winners[@]}" 1
    wait_until "it listens" is_at_path "$socket"
    expect 0 sockcat -u -w 10 "unix-connect:$socket" -
    assert_equal "who answers" "$output" $((winners[0] + 1))
    for number in {0..5}; do
      status=125
      ((number != winners[0])) || status=0
      finish "$status" "${started[number]}"
      ((number == winners[0])) || grep -q "Address already in use" "$tmp/error.$((number + 1))" || fail "$(<"$tmp/error.$((number + 1))")"
    done
    assert_gone "$socket" "$socket.ipclock"
  done
}

@test "trap: a test by connecting takes a one-shot server its only client; sockcat looks without" {
  start "$python" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
client, _ = s.accept()
client.sendall(client.recv(100).upper())' "$socket"
  wait_until "it listens" is_at_path "$socket"
  for keyword in unix-listen unix-seqpacket-listen unix-recv; do
    expect 1 sockcat -u -w 5 "$keyword:$socket" -
    assert_message "Address already in use"
  done
  expect 0 sockcat -t 10 - "unix-connect:$socket" <<<hello
  assert_equal "answer" "$output" HELLO
  finish 0 "$pid"
  start_server "unix-listen:${socket}b" -- cat </dev/null
  expect 1 sockcat -u -w 5 "unix-listen:${socket}b" -
  expect 0 sockcat - "unix-connect:${socket}b" <<<hello
  assert_equal "answer" "$output" hello
  finish 0 "$pid"
}

@test "a path where something other than a socket is: refused, and it stays as it is" {
  local keyword what
  echo text >"$tmp/file"
  mkdir "$tmp/folder"
  mkfifo "$tmp/pipe"
  ln -s "$tmp/file" "$tmp/link"
  ln -s "$tmp/nowhere" "$tmp/dangling"
  start_foreign_socket stream "$socket" listens
  ln -s "$socket" "$tmp/live"
  "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$tmp/stale"
  ln -s "$tmp/stale" "$tmp/stale-link"
  stat -c '%n %i %f' "$tmp"/{file,folder,pipe,link,dangling,live,stale,stale-link} >"$tmp/before"
  for keyword in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
    for what in file folder pipe link dangling live stale-link; do
      expect 1 sockcat -u -w 5 "$keyword:$tmp/$what" -
      assert_message "sockcat: cannot create socket '$tmp/$what': "
    done
    for what in file pipe; do
      for option in unlink-early unlink; do
        expect 1 sockcat -u -w 5 "$keyword:$tmp/$what,$option" -
        assert_message "sockcat: " "socket '$tmp/$what': "
      done
    done
  done
  assert_equal "what is there" "$(stat -c '%n %i %f' "$tmp"/{file,folder,pipe,link,dangling,live,stale,stale-link})" "$(<"$tmp/before")"
  assert_equal "the file" "$(<"$tmp/file")" text
  assert_gone "$tmp/nowhere"
}

@test "a symbolic link in a sticky directory is not followed, neither for connecting nor for listening; elsewhere it is" {
  local keyword
  mkdir "$tmp/sticky" "$tmp/usual"
  chmod 1777 "$tmp/sticky"
  start_server "unix-listen:$socket,fork" -- echo hello </dev/null
  start_server -u "unix-recv:${socket}b" open:/dev/null </dev/null
  ln -s "$socket" "$tmp/sticky/link"
  ln -s "${socket}b" "$tmp/sticky/linkb"
  ln -s "$tmp/nowhere" "$tmp/sticky/dangling"
  ln -s "$socket" "$tmp/usual/link"
  ln -s "$tmp/sticky" "$tmp/usual/folder"
  for keyword in unix-connect unix-client unix gopen; do
    expect 1 sockcat "$keyword:$tmp/sticky/link" - </dev/null
    assert_message "sockcat: " "a symbolic link is not followed in a sticky directory"
    assert_equal "answer" "$output" ""
  done
  expect 1 sockcat -u - "unix-sendto:$tmp/sticky/linkb" <<<text
  assert_message "a symbolic link is not followed in a sticky directory"
  # A path that leads into such a directory is no way around it.
  expect 1 sockcat "unix-connect:$tmp/usual/folder/link" - </dev/null
  assert_message "a symbolic link is not followed in a sticky directory"
  for keyword in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
    expect 1 sockcat -u -w 5 "$keyword:$tmp/sticky/dangling" -
    assert_message "symbolic link"
    expect 1 sockcat -u -w 5 "$keyword:$tmp/sticky/link,unlink-early" -
    assert_message "symbolic link"
  done
  assert_gone "$tmp/nowhere"
  expect 0 sockcat "unix-connect:$tmp/usual/link" - </dev/null
  assert_equal "answer" "$output" hello
}

@test "a lock file that is no lock, or a link, is neither followed nor taken away" {
  local before
  mkdir "$tmp/folder"
  for before in 'echo text >"$1.ipclock"' 'ln -s "$1.there" "$1.ipclock"' 'mkdir "$1.ipclock"' 'mkfifo "$1.ipclock"'; do
    bash -c "$before" bash "$tmp/folder/s"
    find "$tmp/folder" -printf '%f %i %y %s\n' >"$tmp/before"
    expect 1 sockcat -u -w 1 "unix-listen:$tmp/folder/s" -
    assert_message "cannot lock '$tmp/folder/s.ipclock'"
    assert_equal "what is there" "$(find "$tmp/folder" -printf '%f %i %y %s\n')" "$(<"$tmp/before")"
    rm -rf "$tmp/folder/s.ipclock"
  done
}

@test "at the end another's socket stays, if the path has become its; unlink-close=0 leaves our own" {
  start_server -u "unix-listen:$socket" - </dev/null
  first=$pid
  mv "$socket" "$socket.moved"
  start_server -u "unix-listen:$socket" - </dev/null
  second=$pid
  kill "$first"
  finish 143 "$first"
  assert_socket "$socket"
  expect 0 sockcat -u - "unix-connect:$socket" <<<text
  finish 0 "$second"
  assert_gone "$socket"
  start_server -u "unix-listen:$socket" - </dev/null
  rm "$socket"
  echo text >"$socket"
  kill "$pid"
  finish 143 "$pid"
  assert_equal "the file" "$(<"$socket")" text
  rm "$socket"
  start_server -u "unix-listen:$socket,unlink-close=0" - </dev/null
  kill "$pid"
  finish 143 "$pid"
  assert_socket "$socket"
}

@test "--allow-uid and --allow-gid: others are turned away and the server goes on; either list is enough" {
  local own group words stranger=12345 address keyword
  own=$(id -u)
  group=$(id -g)
  for words in "--allow-uid $own" "--allow-gid $group" "--allow-uid $stranger --allow-gid $group" "--allow-uid $own --allow-gid $stranger" \
    "--allow-uid $stranger --allow-uid $own"; do
    # shellcheck disable=SC2086  # words
    start_server $words "unix-listen:$socket" -- cat </dev/null
    expect 0 sockcat - "unix-connect:$socket" <<<hello
    assert_equal "answer with $words" "$output" hello
    finish 0 "$pid"
    # shellcheck disable=SC2086  # words
    start_server "unix-listen:$socket" -- cat </dev/null
    # shellcheck disable=SC2086  # words
    expect 0 sockcat $words - "unix-connect:$socket" <<<hello
    finish 0 "$pid"
  done
  for keyword in unix unix-seqpacket abstract abstract-seqpacket; do
    address=$keyword-listen:$socket
    [[ $keyword != abstract* ]] || address=$keyword-listen:$name
    start_server --allow-uid "$stranger" "$address" -- cat </dev/null 2>"$tmp/errors"
    for _ in {1..5}; do
      run --separate-stderr timeout 20 sockcat "${address/-listen/$([[ $keyword == *seq* ]] || echo -connect)}" - </dev/null
      assert_equal "answer" "$output" ""
    done
    kill -0 "$pid"
    kill "$pid"
    finish 143 "$pid"
    start_server "$address" -- echo secret </dev/null
    expect 1 sockcat --allow-gid "$stranger" - "${address/-listen/$([[ $keyword == *seq* ]] || echo -connect)}" </dev/null
    assert_message "sockcat: cannot trust UNIX " "neither user $own nor group $group is allowed"
    assert_equal "output" "$output" ""
    kill "$pid" 2>/dev/null || true
  done
}

@test "--allow-uid: a client of another user does not take the place of the one that a one-shot server waits for" {
  need_second_user
  start_server --allow-uid root "abstract-listen:$name" -- echo secret </dev/null
  server=$pid
  for _ in {1..3}; do
    run --separate-stderr timeout 20 "${other[@]}" sockcat "abstract-connect:$name" - </dev/null
    assert_equal "answer" "$output" ""
  done
  expect 0 sockcat "abstract-connect:$name" - </dev/null
  assert_equal "answer" "$output" secret
  finish 0 "$server"
  start "${other[@]}" sockcat "abstract-listen:$name" -- echo false </dev/null
  wait_until "it listens" is_at_path "@$name"
  expect 1 sockcat --allow-uid root --allow-gid root "abstract-connect:$name" - </dev/null
  assert_message "sockcat: cannot trust UNIX " "neither user 65534 nor group 65534 is allowed"
  assert_equal "answer" "$output" ""
}

@test "the mode of a socket keeps other users out" {
  need_second_user
  place=$(mktemp -d -p /tmp)
  chmod 755 "$place"
  socket=$place$name
  start_server "unix-listen:$socket,fork" -- echo hello </dev/null
  expect 1 "${other[@]}" sockcat "unix-connect:$socket" - </dev/null
  assert_message "Permission denied"
  kill "$pid"
  finish 143 "$pid"
  start_server "unix-listen:$socket,fork,mode=0660,user=65534,group=65534" -- echo hello </dev/null
  assert_equal "owner" "$(stat -c '%u %g %a' "$socket")" "65534 65534 660"
  expect 0 "${other[@]}" sockcat "unix-connect:$socket" - </dev/null
  assert_equal "answer" "$output" hello
  kill "$pid"
  finish 143 "$pid"
  assert_gone "$socket"
  # What another user's lives at is not taken, not even by root.
  chmod 1777 "$place"
  start "${other[@]}" sockcat -u "unix-listen:$socket" open:/dev/null </dev/null
  wait_until "it listens" is_at_path "$socket"
  expect 1 sockcat -u -w 5 "unix-listen:$socket" -
  assert_message "Address already in use"
  kill "$pid"
  finish 143 "$pid"
  assert_equal "what is left" "$(ls -A "$place")" ""
  rmdir "$place"
}

# start_client COMMAND...: a program that connects to UNIX socket $1 as kind $2 and shows its process and what it gets.
unix_client='
import os, socket, sys
s = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + sys.argv[2]))
s.connect(sys.argv[1])
print(os.getpid(), os.getuid(), os.getgid(), flush=True)
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    print(data.decode(), end="")'

# A program that shows what it knows of its peer.
shows_peer=(bash -c 'while [[ -n $SOCKCAT_PEERUID ]] && read -r line; do :; done
  echo "$SOCKCAT_PEERPID $SOCKCAT_PEERUID $SOCKCAT_PEERGID"; echo "$SOCAT_PEERPID $SOCAT_PEERUID $SOCAT_PEERGID"' bash)

@test "user, group and process of the peer are in the environment, as the kernel knows them" {
  local keyword kind fork
  export SOCKCAT_PEERUID=4711 SOCKCAT_PEERPID=1 SOCKCAT_PEERGID=1 SOCAT_PEERUID=4711
  for fork in "" ,fork; do
    for keyword in unix-listen unix-seqpacket-listen; do
      kind=STREAM
      [[ $keyword != *seq* ]] || kind=SEQPACKET
      start_server "$keyword:$socket$fork" -- "${shows_peer[@]}" </dev/null
      expect 0 "$python" -c "$unix_client" "$socket" "$kind"
      assert_equal "number of lines" "${#lines[@]}" 3
      assert_equal "with SOCKCAT_" "${lines[1]}" "${lines[0]}"
      assert_equal "with SOCAT_" "${lines[2]}" "${lines[0]}"
      [[ -z $fork ]] || kill "$pid"
      finish $((${#fork} ? 143 : 0)) "$pid"
    done
  done
}

@test "of a TCP peer there is no user, even if the environment has had one; what has no address has none" {
  local variables='for v in PEERADDR PEERPORT SOCKADDR SOCKPORT PEERUID PEERGID PEERPID; do a=SOCKCAT_$v b=SOCAT_$v; echo "$v ${!a-none} ${!b-none}"; done'
  for variable in PEERADDR PEERPORT SOCKADDR SOCKPORT PEERUID PEERGID PEERPID; do export "SOCKCAT_$variable=4711" "SOCAT_$variable=4711"; done
  start_server "tcp-listen:0" -- bash -c "$variables" </dev/null
  expect 0 "$python" -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(s.getsockname()[1])
while data := s.recv(65536):
    print(data.decode(), end="")' "$port"
  assert_equal "environment" "$(printf '%s\n' "${lines[@]:1}")" "PEERADDR 127.0.0.1 127.0.0.1
PEERPORT ${lines[0]} ${lines[0]}
SOCKADDR 127.0.0.1 127.0.0.1
SOCKPORT $port $port
PEERUID none none
PEERGID none none
PEERPID none none"
  printf '%s\n' "$variables" >"$tmp/script"
  expect 0 sockcat -U - "exec:bash $tmp/script" </dev/null
  assert_equal "peer's user" "$(grep -c none <<<"$output")" 7
}

@test "nothing passes a shell in COMMAND and exec; what separates there are spaces" {
  local text='$(touch x)`touch x`;touch x|touch x&&touch x>x * ~ $HOME \n'
  mkdir "$tmp/place"
  cd "$tmp/place" || return
  # Brackets keep together what is between them.
  expect 0 sockcat -U - exec:'printf \[%s\] $(touch x) `touch x` ;touch x | touch x && > x * ~ $HOME' </dev/null
  assert_equal "arguments of exec" "$output" '[$(touch x)][`touch][x`][;touch][x][|][touch][x][&&][>][x][*][~][$HOME]'
  assert_equal "files" "$(ls -A)" ""
  start_server "unix-listen:$socket" -- printf '[%s]' "$text" "" "a b" "'" '"' "\\" "a"$'\n'"b" </dev/null
  expect 0 sockcat -u "unix-connect:$socket" -
  assert_equal "arguments of COMMAND" "$output" "[$text][][a b]['][\"][\\][a"$'\n'"b]"
  assert_equal "files" "$(ls -A)" ""
  # What comes from a peer is no text of a program either.
  start_server "unix-listen:$socket,fork" -- cat </dev/null
  expect 0 sockcat - "unix-connect:$socket" <<<"$text"
  assert_equal "echo" "$output" "$text"
  assert_equal "files" "$(ls -A)" ""
}

# assert_clean FORK LISTENER SECOND...: what a sockcat that listens there runs for a client sees nothing that it should not.
assert_clean() {
  local fork=$1 listener=$2 client
  shift 2
  start_server -lf "$tmp/log" -d -d "$listener$fork" "$@" </dev/null
  client=${listener/-listen/-connect}
  client=${client/seqpacket-connect/seqpacket}
  [[ $client != tcp* ]] || client=tcp:127.0.0.1:$port
  expect 0 sockcat -t 20 "$client" - </dev/null
  assert_equal "seen by $* of $listener$fork" "$output" end
  [[ -z $fork ]] || kill "$pid"
  finish $((${#fork} ? 143 : 0)) "$pid"
}

@test "a program gets descriptors 0, 1 and 2 and no other, and no signal blocked or ignored" {
  local listener fork second seen=$BATS_FILE_TMPDIR/sockcat_seen records=(-r "$tmp/record" -R "$tmp/record")
  for listener in "unix-listen:$socket" tcp-listen:0 "unix-seqpacket-listen:$socket"; do
    for fork in "" ,fork; do
      assert_clean "$fork" "$listener" "${records[@]}" -- "$seen"
      for second in "exec:$seen" "exec:$seen,pipes" "exec:$seen,stderr,setsid" "system:exec $seen" "shell:exec $seen"; do
        SHELL=/bin/sh assert_clean "$fork" "$listener" "$second" "${records[@]}"
      done
      assert_clean "$fork" "$listener" "exec:$seen,nofork"
    done
  done
  assert_clean ,fork,max-children=5 tcp-listen:0 -- "$seen"
}

@test "so does one with a terminal, and one of a connecting sockcat, of a receiving one and of a forking one" {
  local second seen=$BATS_FILE_TMPDIR/sockcat_seen keyword number=0
  start_server "unix-listen:$socket,fork" "exec:$seen,pty,setsid,ctty" </dev/null
  expect 0 sockcat -t 20 "unix-connect:$socket" - </dev/null
  assert_equal "seen with a terminal" "${output//$'\r'/}" end
  for second in COMMAND "exec:$seen" "exec:$seen,pipes" "system:exec $seen"; do
    start_server -u "unix-listen:${socket}c" "create:$tmp/out" </dev/null
    server=$pid
    # Not by expect(), since its descriptors of the tests' own would be inherited.
    if [[ $second == COMMAND ]]; then
      start sockcat "unix-connect:${socket}c" -- "$seen" </dev/null
    else
      start sockcat "unix-connect:${socket}c" "$second" </dev/null
    fi
    finish 0 "$pid"
    finish 0 "$server"
    assert_equal "seen by $second" "$(<"$tmp/out")" end
  done
  for keyword in unix-recvfrom udp-recvfrom; do
    number=$((number + 1))
    second="system:exec $seen >>$tmp/out.$number"
    if [[ $keyword == unix* ]]; then
      start_server "$keyword:${socket}d,fork" "$second" </dev/null
      send_datagrams unix "${socket}d" a b c
    else
      start_server "$keyword:0,fork" "$second" </dev/null
      send_datagrams udp "$port" a b c
    fi
    wait_until "three have been served" has_size "$tmp/out.$number" 12
    assert_equal "seen" "$(<"$tmp/out.$number")" $'end\nend\nend'
  done
  start_server "udp-listen:0,fork" "exec:$seen" </dev/null
  expect 0 sockcat -t 1 - "udp:127.0.0.1:$port" <<<x
  assert_equal "seen" "$output" end
}

@test "an over-long path, address, option value or program is refused" {
  local long part words
  long=$(printf '%0*d' 100000 0)
  part=${long:0:256}
  for words in "unix-connect:/$long" "unix-listen:/$long" "unix-listen:$tmp/$part" "unix-connect:$tmp/$part" "unix-sendto:$tmp/$part" "abstract-connect:${long:0:108}" \
    "abstract-listen:${long:0:108}" "abstract-listen:$long" "tcp:$long:80" "tcp:localhost:$long" "tcp-listen:$long" "tcp-listen:65536" "tcp-listen:-1" "udp:$long:1" "udp-recv:9$long" \
    "tcp-listen:0,bind=$long" "tcp-listen:0,range=$long" "tcp-listen:0,backlog=$long" "tcp-listen:0,backlog=9$long" "tcp-listen:0,interface=$long" "udp-recv:0,ip-add-membership=$long:lo" \
    "udp-multicast:224.0.0.1:1,if=$long" "open:$long" "create:/$long" "pipe:$tmp/$long" "exec:$long" "exec:/bin/true,path=$long$long,chdir=/$long" "tcp:127.0.0.1:1,mode=7$long" \
    "-,user=$long" "-,group=9$long" "-,readbytes=9$long" "-,$long" "-,$long=$long" "$long" "$long:1" "fd:9$long" "tcp-listen:0,setsockopt=1:2:x$long" "tcp-listen:0,pf=$long" "tcp:127.0.0.1:1,retry=9$long" \
    "tcp:127.0.0.1:1,interval=9$long" "'$long" "[$long" "($long" "udp-recv:0,ip-add-membership=224.0.0.1:$long"; do
    [[ ${#words} -lt 131072 ]] || continue # more is no argument
    run --separate-stderr timeout -s KILL 20 sockcat -u -w 0 /dev/null "$words"
    [[ $status == [12] ]] || fail "exit status $status of ${words:0:60}… (${#words} bytes)" "${stderr:0:500}"
    [[ $stderr == "sockcat: "* ]] || fail "${words:0:60}…: ${stderr:0:500}"
  done
}

@test "a path of any length the system knows is served, though an address of a socket is shorter" {
  local folder=$tmp
  while ((${#folder} < 400)); do folder+=/a-folder-with-a-name-that-is-rather-long; done
  mkdir -p "$folder"
  start_server "unix-listen:$folder/s" -- cat </dev/null
  assert_equal "mode" "$(stat -c %a "$folder/s")" 600
  expect 1 sockcat -u -w 5 "unix-listen:$folder/s" -
  assert_message "Address already in use"
  expect 0 sockcat - "unix-connect:$folder/s" <<<hello
  assert_equal "answer" "$output" hello
  finish 0 "$pid"
  assert_gone "$folder/s" "$folder/s.ipclock"
}
