# Who is at the other end of a UNIX socket: what the kernel does not tell is never allowed.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers
load ../cli/partners/public_place

# A datagram socket at $socket and one of the abstract name $name, which write what they get to "$tmp/got".
start_datagram_peers() {
  : >"$tmp/got"
  start "$python" -c '
import os, select, socket, sys
peers = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
peers[0].bind(sys.argv[1])
peers[1].bind("\0" + sys.argv[2])
open(sys.argv[3] + ".ready", "w").close()
while True:
    for peer in select.select(peers, [], [])[0]:
        with open(sys.argv[3], "ab") as got: got.write(peer.recv(1000) + b"\n")' "$socket" "$name" "$tmp/got"
  wait_until "the peers are bound" test -e "$tmp/got.ready"
}

@test "a datagram peer has no credentials, so that with --allow-uid or --allow-gid nothing is sent" {
  local address words
  start_datagram_peers
  for words in "--allow-uid $(id -u)" "--allow-gid $(id -g)" "--allow-uid 0"; do
    for address in "unix-client:$socket" "abstract-client:$name" "unix-connect:$socket,socktype=2" "abstract-connect:$name,socktype=2" \
      "unix-sendto:$socket" "abstract-sendto:$name" "./${socket##*/}"; do
      # shellcheck disable=SC2086  # words
      run --separate-stderr timeout 20 bash -c 'cd "$1" && shift && exec sockcat -u "$@"' bash "${socket%/*}" $words - "$address" <<<secret
      [[ $status == [12] ]] || fail "status $status with $words and $address: $stderr"
      assert_message "sockcat: "
    done
  done
  # What came last has come, so whatever came before would have.
  send_datagrams unix "$socket" last
  wait_until "the last one has come" has_text "$tmp/got" last
  assert_equal "what the peers got" "$(<"$tmp/got")" last
}

@test "two UNIX addresses of which one has no credentials are wrong usage" {
  local first second
  while read -r first second; do
    expect 2 timeout 20 sockcat --allow-uid "$(id -u)" "$first" "$second" </dev/null
    assert_usage_error sockcat "--allow-uid"
    assert_gone "${socket}l"
  done <<END
unix-listen:${socket}l unix-sendto:${socket}d
unix-listen:${socket}l abstract-sendto:$name
abstract-listen:$name unix-sendto:${socket}d
unix-listen:${socket}l unix-recvfrom:${socket}d
unix-recvfrom:${socket}d unix-connect:${socket}l
unix-sendto:${socket}d unix-listen:${socket}l
END
}

@test "of two addresses with credentials both are checked" {
  need_second_user
  make_public_place
  start_server "unix-listen:$place/server,fork" -- echo secret </dev/null
  local server=$pid
  start_server --allow-uid 65534 "unix-listen:$place/proxy,mode=666" "unix-connect:$place/server" </dev/null 2>"$tmp/errors"
  run --separate-stderr timeout 20 "${ordinary[@]}" sockcat "unix-connect:$place/proxy" - </dev/null
  assert_equal "what another user gets from a server of root" "$output" ""
  finish 1 "$pid"
  assert_contains "message" "$(<"$tmp/errors")" "cannot trust UNIX"
  kill "$server"
  finish 143 "$server"
}

@test "--allow-uid without mode or user lets that user in, and nobody else" {
  need_second_user
  make_public_place
  local words
  for words in "--allow-uid 65534" "--allow-gid 65534" "--allow-uid 65533 --allow-uid 65534"; do
    # shellcheck disable=SC2086  # words
    start_server $words "unix-listen:$place/s,fork" -- echo hello </dev/null 2>"$tmp/errors"
    expect 0 timeout 20 "${ordinary[@]}" sockcat "unix-connect:$place/s" - </dev/null
    assert_equal "answer with $words" "$output" hello
    run timeout 20 setpriv --reuid=65532 --regid=65532 --clear-groups sockcat "unix-connect:$place/s" - </dev/null
    assert_equal "answer to a stranger with $words" "$output" ""
    kill "$pid"
    finish 143 "$pid"
  done
}

@test "who is refused is told on standard error, without -d" {
  start_server --allow-uid 12345 "unix-listen:$socket,fork" -- echo secret </dev/null 2>"$tmp/errors"
  run --separate-stderr timeout 20 sockcat "unix-connect:$socket" - </dev/null
  assert_equal "answer" "$output" ""
  wait_until "it is told" has_text "$tmp/errors" "neither user $(id -u)"
}
