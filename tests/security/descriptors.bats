# Descriptors that a peer sends along.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers

# Sends "first" along with a TCP socket whose close waits half a minute for what its peer does not read, and "second".
lingering='
import array, os, socket, struct, sys
listener = socket.create_server(("127.0.0.1", 0))
sender = socket.create_connection(listener.getsockname())
receiver = listener.accept()[0]
sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30))
sender.setblocking(False)
try:
    while True: sender.send(bytes(65536))
except BlockingIOError:
    pass
s = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + sys.argv[2]))
s.connect(sys.argv[1])
try:
    s.sendmsg([b"first"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sender.fileno()]))])
    sender.close()
except PermissionError:
    s.send(b"first")  # the receiver takes no descriptors: SO_PASSRIGHTS
s.send(b"second")
sys.stdin.read()
os._exit(0)  # which does not wait either'

@test "a descriptor whose close lingers does not keep sockcat from what comes behind it" {
  local keyword kind begin
  while read -r keyword kind; do
    start_server -u "$keyword:$socket" "create:$tmp/got" </dev/null
    local server=$pid
    begin=$(now)
    start_fed "$python" -c "$lingering" "$socket" "$kind"
    wait_until "what comes behind it has come to $keyword" has_text "$tmp/got" second
    assert_took "$begin" 0
    exec 7>&-
    finish 0 "$pid"
    kill "$server" 2>/dev/null || true
    wait_until "$keyword has ended" has_ended "$server"
  done <<END
unix-listen STREAM
unix-seqpacket-listen SEQPACKET
unix-recv DGRAM
END
}
