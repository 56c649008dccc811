# Names of clients in logs, messages and variables.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers

forged=$'x\nsockcat: forged\e[31m\x7f'

# connect_as NAME TO [datagram]: a client that has bound that name.
connect_as() {
  "$python" -c '
import socket, sys
place = lambda text: "\0" + text[1:] if text[0] == "@" else text
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if len(sys.argv) > 3 else socket.SOCK_STREAM)
s.settimeout(20)
s.bind(place(sys.argv[1]))
s.connect(place(sys.argv[2]))
s.send(b"x")
if len(sys.argv) == 3:
    s.shutdown(socket.SHUT_WR)
    while s.recv(100): pass' "$@"
}

# assert_harmless WHAT FILE: no control character but the newlines of whole lines of messages.
assert_harmless() {
  ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$2" || fail "$1 has control characters:" "$(cat -v "$2")"
  ! grep -q '^sockcat: forged' "$2" || fail "$1 has a line that a client has forged:" "$(cat -v "$2")"
}

@test "a client's name with control characters is escaped in the log, in messages and in the environment" {
  local kind from to
  while read -r kind from to; do
    rm -f "$tmp"/{log,variable}
    start_server -d -d -d -d -lf "$tmp/log" "$kind" -- sh -c 'cat >/dev/null; printf "%s" "$SOCKCAT_PEERADDR$SOCAT_PEERADDR" >"$0.new"; mv "$0.new" "$0"' "$tmp/variable" </dev/null
    # shellcheck disable=SC2046  # one word or none
    connect_as "$from$forged" "$to" $([[ $kind == *recvfrom* ]] && echo datagram)
    wait_until "the command has run" test -e "$tmp/variable"
    kill "$pid" 2>/dev/null || true
    wait_until "$kind has ended" has_ended "$pid"
    grep -q forged "$tmp/variable" || fail "no name in the environment: $(<"$tmp/variable")"
    assert_equal "lines of the variable of $kind" "$(wc -l <"$tmp/variable")" 0
    assert_harmless "the environment with $kind" "$tmp/variable"
    grep -q forged "$tmp/log" || fail "no name in the log: $(<"$tmp/log")"
    assert_harmless "the log of $kind" "$tmp/log"
    start_server -d -d --allow-uid 12345 "${kind/recvfrom/listen}" -- true </dev/null 2>"$tmp/errors"
    connect_as "${from}n$forged" "$to" 2>/dev/null || true
    wait_until "the client is refused" has_text "$tmp/errors" "neither user"
    assert_harmless "the messages of $kind" "$tmp/errors"
    kill "$pid"
    finish 143 "$pid"
  done <<END
unix-listen:$socket ${socket}c $socket
abstract-listen:$name @${name}c @$name
unix-recvfrom:$socket ${socket}d $socket
abstract-recvfrom:$name @${name}d @$name
END
}
