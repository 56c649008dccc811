# FIFOs that live on, or do not: clients one after the other, names that go, readers that hang, both ends in one process.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/fifo_helpers

# serve COMMAND...: in the background, until clients may come.
serve() {
  start_ready --duplex "$fifo" "${fifo}b" -- "$@" 2>"$tmp/errors"
  server=$pid
}

stop_server() {
  kill "$server"
  finish 143 "$server"
  assert_equal "messages of the server" "$(<"$tmp/errors")" ""
}

# A shell's clients $1 to $2: each asks one line and reads one, between opening and closing its ends.
clients='for ((i = $1; i <= $2; i++)); do
    echo "q$i" >"$3"
    read -r answer <"$4"
    [[ $answer == "q$i" ]] || { echo "client $i got $answer"; exit 1; }
  done'

@test "1,000 clients of a shell, one after the other, each get their own answer" {
  local command number
  for command in cat "sed -u s/x/y/"; do
    # One command is enough for so many: each client takes two processes.
    [[ $command == cat ]] && number=1000 || number=50
    # shellcheck disable=SC2086  # words
    serve $command
    expect 0 bash -c "$clients" bash 1 "$number" "$fifo" "${fifo}b"
    assert_equal "clients with a wrong answer" "$output" ""
    stop_server
  done
}

@test "so do those of four shells that take turns by semop" {
  local number
  serve cat
  semop --create "$name" >/dev/null
  for number in 1 2 3 4; do
    start bash -c 'for ((n = $1; n < $1 + 25; n++)); do semop "$2" -- bash -c "$3" bash "$n" "$n" "$4" "$5" || exit; done' \
      bash "${number}000" "$name" "$clients" "$fifo" "${fifo}b" >"$tmp/said.$number"
  done
  for number in 1 2 3 4; do
    finish 0 "${started[number]}"
    assert_equal "what shell $number says" "$(<"$tmp/said.$number")" ""
  done
  stop_server
}

# Whether process $1 waits at three looks, and is no shell any more.
waits_still() {
  local exe
  for _ in 1 2 3; do
    exe=$(readlink "/proc/$1/exe") || return 0
    [[ ${exe##*/} != @(bash|env) || -n ${in_shell[*]} ]] && is_asleep "$1" || return 1
    sleep 0.01
  done
}

# Each is a command that waits for the other side of FIFO, its exit status, and which FIFO goes.
waiting='
1   FIFO    mkfifo-pipe -r FIFO
1   FIFO    mkfifo-pipe -r -w 60 FIFO
1   FIFO    mkfifo-pipe -r --keep-open FIFO
1   FIFO    mkfifo-pipe -s FIFO
1   FIFO    mkfifo-pipe -s -w 60 FIFO
1   FIFO    mkfifo-pipe -s --records FIFO
125 FIFO    mkfifo-pipe --duplex FIFO REPLY -- cat
125 REPLY   mkfifo-pipe --duplex FIFO REPLY -- cat
1   FIFO    sockcat -u pipe:FIFO -
1   FIFO    sockcat -u - pipe:FIFO
1   FIFO    sockcat -w 60 -u pipe:FIFO -
'

@test "a FIFO that is removed or replaced while a tool waits for the other side: the tool says so, and fails" {
  local wanted what command how there
  while read -r wanted what command; do
    [[ -n $command ]] || continue
    what=${what/FIFO/$fifo} what=${what/REPLY/${fifo}b}
    command=${command/FIFO/$fifo} command=${command/REPLY/${fifo}b}
    for there in before new; do
      for how in removed replaced; do
        [[ $there == new ]] || mkfifo -m 600 "$fifo" "${fifo}b"
        # shellcheck disable=SC2086  # words
        start $command <<<text >/dev/null 2>"$tmp/errors"
        wait_until "$command has made its FIFO" test -p "$what"
        wait_until "$command waits" waits_still "$pid"
        if [[ $how == removed ]]; then
          rm "$what"
        else
          mkfifo "$what.new"
          mv "$what.new" "$what"
        fi
        wait_until "$command ends when its FIFO has been $how" has_ended "$pid"
        finish "$wanted" "$pid"
        assert_contains "message of $command" "$(<"$tmp/errors")" "'$what': it has been $how"
        [[ $how == removed ]] || assert_fifo "$what"
        rm -f "$fifo" "${fifo}b"
      done
    done
  done <<<"$waiting"
}
# Whether process $1 is a zombie, or nothing.
has_ended() { ! grep -Eq '^State:[[:space:]]+[^Z]' "/proc/$1/status" 2>/dev/null; }

@test "a name that goes is noticed even when no inotify instance is left" {
  local without_inotify='echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"' what
  unshare --map-root-user bash -c "$without_inotify" bash true 2>/dev/null || skip "no user namespace to be had"
  for what in "1 mkfifo-pipe -r $fifo" "125 mkfifo-pipe --duplex $fifo ${fifo}b -- cat" "1 sockcat -u pipe:$fifo -"; do
    # shellcheck disable=SC2086  # words
    start unshare --map-root-user bash -c "$without_inotify" bash ${what#* } 2>"$tmp/errors"
    wait_until "there is a FIFO" test -p "$fifo"
    wait_until "it waits" waits_still "$pid"
    rm "$fifo"
    wait_until "it ends" has_ended "$pid"
    finish "${what%% *}" "$pid"
    assert_contains "message" "$(<"$tmp/errors")" "'$fifo': it has been removed"
  done
}

@test "--send that gives up a reader tells how many bytes it has not read, and what was not sent yet is among them" {
  local size read
  while read -r size read; do
    content "$tmp/data" "$size"
    mkfifo "$fifo"
    exec 8<>"$fifo"
    start mkfifo-pipe -s -w 0.5 "$fifo" <"$tmp/data" 2>"$tmp/errors"
    timeout 20 head -c "$read" <&8 >"$tmp/read"
    finish 124 "$pid"
    exec 8>&-
    assert_equal "bytes that the reader got" "$(stat -c %s "$tmp/read")" "$read"
    assert_contains "message" "$(<"$tmp/errors")" "$((size - read)) bytes"
    rm "$fifo"
  done <<'END'
1000 0
1000 600
3000000 0
3000000 100000
3000000 2999999
END
}

@test "a FIFO as both ends of one side gives back what it gets, with nonblock or without, with a limit or without" {
  local words address there
  for there in before new; do
    for address in "pipe:$fifo,nonblock!!pipe:$fifo" "pipe:$fifo!!pipe:${fifo%/*}/./${fifo##*/}" "pipe:$fifo,nonblock!!pipe:$fifo,nonblock"; do
      for words in "-t 0.3" "-T 0.5"; do
        [[ $there == new ]] || mkfifo -m 600 "$fifo"
        # shellcheck disable=SC2086  # words
        expect 0 timeout 10 sockcat $words - "$address" <<<hello
        assert_equal "what comes back from $address with $words" "$output" hello
        rm -f "$fifo"
      done
    done
  done
}
