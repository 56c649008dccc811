# sockcat: what it has made goes at the end, whatever the end is.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers
load partners/public_place

# All that is in the place, one a line.
left_in() { find "$1" -mindepth 1 -printf '%P\n'; }

# Addresses that make something in the directory in which they are opened. d is a directory there.
# shellcheck disable=SC2054  # they are parts of addresses
makers=(
  pipe:p
  pipe:p,chdir=d
  pipe:p,mode=666
  open:f,creat,unlink-close
  open:f,creat,unlink-close,chdir=d
  create:f,unlink-close
  create:f,unlink-close,umask=077
  ./f,unlink-close
  "unix-sendto:$BATS_FILE_TMPDIR/peer,bind=s"
  "unix-sendto:$BATS_FILE_TMPDIR/peer,bind=s,chdir=d"
  "unix-sendto:$BATS_FILE_TMPDIR/peer,bind-tempname"
  'pipe:p,nonblock!!create:f,unlink-close'
)

# In $place: where each test makes things, with an empty directory d. The makers' peer is there.
prepare_place() {
  place=$tmp/place
  mkdir -p "$place/d"
  export TMPDIR=$place
  cd "$place" || return
  rm -f "$BATS_FILE_TMPDIR/peer"
  start_datagram_sink "$tmp/sink" "$BATS_FILE_TMPDIR/peer"
}

@test "what the first address has made is gone when the second cannot be opened" {
  local first second
  prepare_place
  for first in "${makers[@]}"; do
    for second in tcp:127.0.0.1:1 open:/nonexistent/x unix-connect:missing create:d; do
      expect 1 timeout 20 sockcat "$first" "$second" </dev/null
      assert_equal "left by $first $second" "$(left_in "$place")" d
    done
  done
}

@test "what a second address has made is gone when the other half of it cannot be opened" {
  local first
  prepare_place
  for first in open:f,creat,unlink-close pipe:p,nonblock "unix-sendto:$BATS_FILE_TMPDIR/peer,bind=s"; do
    expect 1 timeout 20 sockcat - "$first!!create:/nonexistent/x" </dev/null
    assert_equal "left by $first" "$(left_in "$place")" d
  done
}

@test "what listens is gone when what comes next cannot be opened, with a client or without" {
  local keyword
  prepare_place
  for keyword in unix-listen unix-seqpacket-listen; do
    start_server "$keyword:s" tcp:127.0.0.1:1 </dev/null 2>/dev/null
    timeout 20 sockcat -u "${keyword/-listen/}:s" - >/dev/null 2>&1 || true
    finish 1 "$pid"
    assert_equal "left by $keyword" "$(left_in "$place")" d
    expect 1 timeout 20 sockcat tcp:127.0.0.1:1 "$keyword:s" </dev/null
    assert_equal "left by $keyword" "$(left_in "$place")" d
  done
  for keyword in unix-recv unix-recvfrom; do
    send_when_bound "$keyword" &
    expect 1 timeout 20 sockcat -u "$keyword:s" create:/nonexistent/x </dev/null
    wait $!
    assert_equal "left by $keyword" "$(left_in "$place")" d
  done
}
# A datagram for what waits for one before it opens its other address; the socket may have gone.
send_when_bound() {
  for _ in {1..1000}; do
    [[ ! -S s ]] || send_datagrams unix s x 2>/dev/null || true
    [[ ! -S s ]] || break
    sleep 0.01
  done
}

@test "what was made is gone when the time for the other side is up" {
  local words
  prepare_place
  for words in "pipe:p -" "pipe:p,chdir=d -" "- pipe:p" "- pipe:p,chdir=d" "unix-listen:s -" "unix-listen:s,chdir=d -"; do
    # shellcheck disable=SC2086  # words
    expect 124 timeout 20 sockcat -w 0.1 -u $words </dev/null
    assert_equal "left by $words" "$(left_in "$place")" d
  done
}

@test "SIGTERM while the second address is being opened leaves nothing of the first" {
  local first
  prepare_place
  for first in "${makers[@]}" unix-listen:s; do
    if [[ $first == unix-listen* ]]; then
      start sockcat -u "$first" - </dev/null
    else
      start sockcat -w 60 "$first" tcp:127.0.0.1:1 </dev/null
    fi
    wait_until "$first has made something" has_made_something
    wait_until "it waits" is_asleep "$pid"
    kill "$pid"
    finish 143 "$pid"
    assert_equal "left by $first" "$(left_in "$place")" d
  done
}
has_made_something() { [[ $(left_in "$place") != d ]]; }

# Commands, each behind the name of what it makes, that can no longer remove that when their directory is read-only.
removers='
s sockcat -u unix-listen:s -
s sockcat -u unix-seqpacket-listen:s -
p sockcat -u pipe:p -
f sockcat -u - open:f,creat,unlink-close
f sockcat -u - create:f,unlink-close
b sockcat -u - unix-sendto:PEER,bind=b
q mkfifo-pipe -r --remove q
'

@test "a name that cannot be removed at the end: a message, no abort" {
  local made command end
  make_public_place
  become_ordinary
  ((EUID != 0)) || chown 65534 "$place"
  start_datagram_sink "$tmp/sink" "$place/peer"
  chmod 666 "$place/peer"
  while read -r made command; do
    [[ -n $command ]] || continue
    for end in usual SIGTERM; do
      # shellcheck disable=SC2086  # words
      start_fed "${ordinary[@]}" bash -c 'cd "$0" && exec "$@"' "$place" ${command/PEER/peer} >/dev/null 2>"$tmp/errors"
      wait_until "$command has made $made" test -e "$place/$made"
      wait_until "it waits" is_asleep "$pid"
      chmod 555 "$place"
      case $end.$command in
        SIGTERM.*) kill "$pid" ;;
        *unix*listen*) timeout 20 sockcat -u text:x "unix-client:$place/$made" ;;
        *pipe:* | *mkfifo-pipe*) timeout 20 bash -c 'echo x >"$0"' "$place/$made" ;;
      esac
      exec 7>&-
      wait_until "$command ends" has_ended "$pid"
      status=0
      wait "$pid" || status=$?
      [[ $end.$status == @(usual.[01]|SIGTERM.143) ]] || fail "$command: status $status at its $end end: $(<"$tmp/errors")"
      [[ $end == SIGTERM ]] || assert_contains "message of $command" "$(<"$tmp/errors")" "cannot remove"
      chmod 755 "$place"
      rm "$place/$made"
    done
  done <<<"$removers"
}

@test "a port file that cannot be written, or not be put in its place, leaves no draft" {
  prepare_place
  expect 1 timeout 20 bash -c 'ulimit -f 0; exec sockcat --port-file port tcp-listen:0 stall 2>&1'
  assert_contains "message" "$output" "cannot write port file 'port': File too large"
  assert_equal "what is left" "$(left_in "$place")" d
  expect 1 timeout 20 sockcat --port-file d tcp-listen:0 stall
  assert_message "Is a directory"
  assert_equal "what is left" "$(left_in "$place")" d
}

@test "a file size limit is an error, and what was made is gone" {
  local words
  prepare_place
  content "$tmp/data" 100000
  for words in "open:$tmp/data create:f,unlink-close" "open:$tmp/data open:f,creat,unlink-close" "unix-listen:s create:f,unlink-close"; do
    # shellcheck disable=SC2086  # words
    start bash -c 'ulimit -f 1; exec sockcat -u "$@"' bash $words 2>"$tmp/errors"
    if [[ $words == unix-listen* ]]; then
      wait_until "it listens" test -S s
      timeout 20 sockcat -u "open:$tmp/data" unix-connect:s 2>/dev/null || true
    fi
    finish 1 "$pid"
    assert_contains "message" "$(<"$tmp/errors")" "File too large"
    assert_equal "left by $words" "$(left_in "$place")" d
  done
}

# A command that does nothing until it is ended; $job stands in its command line.
job_runs() { grep -qa -- "[/]${job#/}" /proc/[0-9]*/cmdline 2>/dev/null; }

@test "a command that was started is ended when the transfer fails, or does not begin" {
  local command
  job=$socket.job
  touch "$job"
  for command in "exec:tail -f $job" "exec:tail -f $job,pipes" "exec:tail -f $job,pty,setsid" "exec:env --ignore-signal=TERM tail -f $job"; do
    expect 1 timeout 60 sockcat "$command" tcp:127.0.0.1:1
    ! job_runs || fail "$command runs though the server has refused"
    expect 124 timeout 60 sockcat -w 0.1 "$command" tcp-listen:0
    ! job_runs || fail "$command runs though no client has come"
    start sockcat "$command" tcp-listen:0
    wait_until "$command runs" has_children "$pid" 1
    kill "$pid"
    finish 143 "$pid"
    ! job_runs || fail "$command runs after SIGTERM"
    expect 1 timeout 60 sockcat -r /dev/full - "$command" <<<x
    ! job_runs || fail "$command runs though its input cannot be recorded"
  done
  expect 1 timeout 60 sockcat "system:echo x; exec tail -f $job" udp:127.0.0.1:1
  ! job_runs || fail "the command runs though nobody receives its datagrams"
}

@test "with fork of the second address, the name that the first has made stays as long as the server" {
  prepare_place
  start_server -t 0.1 pipe:p tcp-listen:0,fork </dev/null
  local server=$pid
  for _ in 1 2; do
    timeout 20 sockcat "tcp:127.0.0.1:$port" - <<<x || true
    wait_until "the worker has ended" has_children "$server" 0
    [[ -p p ]] || fail "the FIFO has gone with a client"
  done
  kill "$server"
  finish 143 "$server"
  assert_equal "what is left" "$(left_in "$place")" d
}

@test "a program in sockcat's place leaves no file of a listener" {
  local keyword
  prepare_place
  for keyword in unix-listen unix-seqpacket-listen; do
    start_server "$keyword:s" exec:cat,nofork </dev/null
    expect 0 timeout 20 sockcat "${keyword/-listen/}:s" - <<<hello
    assert_equal "answer" "$output" hello
    finish 0 "$pid"
    assert_equal "left by $keyword" "$(left_in "$place")" d
  done
}
