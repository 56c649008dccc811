# mkfifo-pipe(1) as a maker of FIFOs: names, modes, owners, what is in their place, removal, --private; wrong usage.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/fifo_helpers

@test "each operand is made, with mode 600, whatever the umask" {
  local mask
  for mask in 000 022 077 777; do
    expect 0 bash -c 'umask "$1"; shift; exec "$@"' bash "$mask" mkfifo-pipe "$fifo" "${fifo}b" "${fifo}c"
    assert_silent
    assert_equal "output" "$output" ""
    assert_equal "what they are" "$(stat -c '%F %a' "$fifo" "${fifo}b" "${fifo}c" | sort -u)" "fifo 600"
    rm "$fifo" "${fifo}b" "${fifo}c"
  done
}

@test "--mode, octal and symbolic: the umask takes nothing, neither do -s and -r give anything" {
  local words mode wanted
  for words in "0 0" "640 640" "u=rw,g=r 640" "a+r 644" "777 777"; do
    read -r mode wanted <<<"$words"
    expect 0 bash -c 'umask 077; exec "$@"' bash mkfifo-pipe -m "$mode" "$fifo"
    assert_equal "mode $mode" "$(stat -c %a "$fifo")" "$wanted"
    rm "$fifo"
  done
  for words in -s -r; do
    expect 124 bash -c 'umask 077; exec "$@"' bash mkfifo-pipe "$words" -w 0 -m 620 "$fifo" </dev/null
    assert_equal "mode with $words" "$(stat -c '%F %a' "$fifo")" "fifo 620"
    expect 124 mkfifo-pipe "$words" -w 0 -m 600 "$fifo" </dev/null
    assert_equal "mode of one that exists" "$(stat -c '%F %a' "$fifo")" "fifo 620"
    rm "$fifo"
  done
}

@test "what exists is an error, whatever it is, and the others are made" {
  mkfifo "${fifo}1"
  echo text >"${fifo}2"
  mkdir "${fifo}3"
  ln -s "$tmp/target" "${fifo}4"
  local path
  for path in "${fifo}"{1..4}; do
    expect 1 mkfifo-pipe "$fifo" "$path" "${fifo}b"
    assert_equal "message" "$stderr" "mkfifo-pipe: cannot create FIFO '$path': File exists"
    assert_fifo "$fifo"
    assert_fifo "${fifo}b"
    rm "$fifo" "${fifo}b"
  done
  expect 1 mkfifo-pipe "$fifo" "$fifo"
  [[ $(<"${fifo}2") == text && -d ${fifo}3 && -L ${fifo}4 && ! -e $tmp/target ]] || fail "something was replaced"
  expect 1 mkfifo-pipe "$tmp/missing/fifo"
  assert_equal "message" "$stderr" "mkfifo-pipe: cannot create FIFO '$tmp/missing/fifo': No such file or directory"
}

@test "a name with control characters is shown escaped; one that begins with - is written ./-" {
  cd "$tmp"
  expect 0 mkfifo-pipe $'a\nb' ./-f 'with space'
  assert_fifo ./-f
  expect 1 mkfifo-pipe $'a\nb'
  assert_equal "lines" "${#stderr_lines[@]}" 1
  expect 2 mkfifo-pipe -f
  expect 1 mkfifo-pipe "$(printf '%300s' x)"
  assert_message "File name too long"
}

@test "-s and -r make what is missing, and leave it; -x and --existing" {
  local job
  for job in -s -r; do
    expect 1 mkfifo-pipe "$job" --existing -w 0 "$fifo" </dev/null
    assert_message "cannot open FIFO '$fifo': No such file or directory"
    assert_gone "$fifo"
    expect 124 mkfifo-pipe "$job" -x -w 0 "$fifo" </dev/null
    assert_fifo "$fifo"
    expect 1 mkfifo-pipe "$job" -x -w 0 "$fifo" </dev/null
    assert_message "cannot create FIFO '$fifo': File exists"
    expect 124 mkfifo-pipe "$job" --existing -w 0 "$fifo" </dev/null
    rm "$fifo"
  done
}

@test "trap: a shell's > makes a regular file where the FIFO is missing, and fills the disk; the tool does not" {
  echo lost >"$fifo"
  [[ -f $fifo ]]
  expect 1 mkfifo-pipe -s -w 0 "$fifo" <<<more
  assert_message "cannot open FIFO '$fifo': it is a regular file"
  assert_equal "the file" "$(<"$fifo")" lost
}

@test "what is no FIFO is refused, and a symbolic link is not followed, not even to a FIFO" {
  local job words
  echo text >"${fifo}1"
  mkdir "${fifo}2"
  (cd "$tmp" && "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "${name#/}3")
  mkfifo "${fifo}5"
  ln -s "${fifo}5" "${fifo}4"
  ln -s "$tmp/target" "${fifo}6"
  for words in "1 a regular file" "2 a directory" "3 a socket" "4 a symbolic link, which is not followed" "6 a symbolic link, which is not followed"; do
    for job in "-s" "-r" "-s --existing" "-r --remove"; do
      # shellcheck disable=SC2086  # words
      expect 1 mkfifo-pipe $job -w 0 "$fifo${words%% *}" <<<x
      assert_equal "message" "$stderr" "mkfifo-pipe: cannot open FIFO '$fifo${words%% *}': it is ${words#* }"
    done
  done
  expect 1 mkfifo-pipe -s /dev/null <<<x
  assert_message "it is a device"
  expect 125 mkfifo-pipe --duplex "$fifo" "${fifo}1" -- true
  assert_message "it is a regular file"
  [[ $(<"${fifo}1") == text && -d ${fifo}2 && -S ${fifo}3 && -L ${fifo}4 && -p ${fifo}5 && ! -e $tmp/target ]] || fail "something has changed"
}

@test "trap: a planted link leads a shell's > to another file; the tool is not led" {
  echo precious >"$tmp/victim"
  ln -s "$tmp/victim" "$fifo"
  echo log >"$fifo"
  assert_equal "what the shell did" "$(<"$tmp/victim")" log
  expect 1 mkfifo-pipe -s -w 0 "$fifo" <<<x
  expect 1 mkfifo-pipe -r -w 0 --remove "$fifo"
  assert_equal "what the tool did" "$(<"$tmp/victim")" log
  [[ -L $fifo ]] || fail "the link was removed"
}

@test "a FIFO of another user may be planted: refused, unless --existing takes it" {
  ((EUID == 0)) || skip "only root can give a FIFO away"
  local job
  mkdir -m 1777 "$tmp/sticky"
  fifo=$tmp/sticky$name
  mkfifo -m 666 "$fifo"
  chown 65534 "$fifo"
  if (($(</proc/sys/fs/protected_fifos) > 0)); then
    expect 1 bash -c ': >"$1"' bash "$fifo"
    assert_message "Permission denied"
  fi
  for job in -s -r; do
    expect 1 mkfifo-pipe "$job" -w 0 "$fifo" <<<x
    assert_message "mkfifo-pipe: cannot use FIFO '$fifo': Operation not permitted" \
      "hint: it belongs to another user (uid 65534), who may have planted it; --existing takes it"
  done
  # Nothing was opened: who waits for a partner has not met one.
  start_ready -r --existing "$fifo" >"$tmp/received"
  expect 0 mkfifo-pipe -s --existing "$fifo" <<<through
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/received")" through
  expect 125 mkfifo-pipe --duplex -w 0 "$fifo" "${fifo}b" -- true
  assert_message "it belongs to another user"
}

@test "trap: a script that is ended leaves its FIFO behind; --remove leaves nothing" {
  start bash -c 'mkfifo "$1"; cat "$1"; rm "$1"' bash "$fifo"
  wait_until "there is a FIFO" test -p "$fifo"
  kill "$pid"
  finish 143 "$pid"
  timeout 1 bash -c ': >"$1"' bash "$fifo" || true # lets cat go
  assert_fifo "$fifo"
  rm "$fifo"
  local signal job
  for job in -s -r; do
    for signal in TERM INT HUP QUIT ALRM USR1 USR2; do
      start_ready "$job" --remove "$fifo"
      assert_fifo "$fifo"
      kill -"$signal" "$pid"
      finish $((128 + $(kill -l "$signal"))) "$pid"
      assert_gone "$fifo"
    done
  done
}

@test "--remove: after success, a time that is up, and errors; of --duplex both" {
  expect 124 mkfifo-pipe -r --remove -w 0 "$fifo"
  assert_gone "$fifo"
  expect 124 mkfifo-pipe -s --remove -w 0 "$fifo" </dev/null
  assert_gone "$fifo"
  start_ready -r --remove "$fifo" >"$tmp/received"
  expect 0 mkfifo-pipe -s "$fifo" <<<x
  finish 0 "$pid"
  assert_gone "$fifo"
  mkfifo "$fifo"
  start cat "$fifo"
  expect 1 mkfifo-pipe -s --remove "$fifo" <"$tmp"
  assert_message "cannot read standard input: Is a directory"
  assert_gone "$fifo"
  expect 0 mkfifo-pipe --duplex --remove --idle 0 "$fifo" "${fifo}b" -- true
  assert_gone "$fifo" "${fifo}b"
  mkdir "${fifo}d"
  expect 125 mkfifo-pipe --duplex --remove "$fifo" "${fifo}d" -- true
  assert_gone "$fifo"
  [[ -d ${fifo}d ]]
}

@test "--remove: what has the name meanwhile stays, and a name that is gone is no error" {
  local replace
  for replace in 'rm "$1"; mkfifo "$1"' 'rm "$1"; echo text >"$1"' 'rm "$1"; mkdir "$1"' 'rm "$1"; ln -s / "$1"' \
    'mv "$1" "$1b"; ln "$1b" "$1c"; ln -s "$1b" "$1"'; do
    rm -rf "$fifo"*
    start_ready -r --remove "$fifo"
    bash -c "$replace" bash "$fifo"
    finish 1 "$pid" # no writer can come any more
    ! is_missing "$fifo" || fail "removed after: $replace"
  done
  rm -rf "$fifo"*
  start_ready -r --remove "$fifo"
  rm "$fifo"
  finish 1 "$pid"
  start_ready -r --remove "$fifo"
  rm "$fifo"
  mkfifo-pipe "$fifo"
  finish 1 "$pid"
  assert_fifo "$fifo"
}

@test "--remove that may not is told" {
  ((EUID != 0)) || skip "root may do everything"
  mkdir "$tmp/closed"
  fifo=$tmp/closed$name
  start_ready -r --remove "$fifo" 2>"$tmp/errors"
  chmod 500 "$tmp/closed"
  kill "$pid"
  finish 143 "$pid"
  chmod 700 "$tmp/closed"
  assert_contains "message" "$(<"$tmp/errors")" "cannot remove FIFO '$fifo': Permission denied"
}

@test "SIGTERM at any moment leaves nothing with --remove" {
  local i job
  for i in {1..25}; do
    job=-r
    ((i % 2)) || job=-s
    expect 143 timeout --preserve-status -s TERM "0.0$((i / 5))$((i * 2 % 10))" mkfifo-pipe "$job" --remove "$fifo" </dev/null
    [[ ! -e $fifo ]] || fail "left behind in round $i"
  done
}

@test "a signal that was ignored before stays ignored" {
  bash -c 'trap "" HUP; exec mkfifo-pipe -r --ready-fd 3 "$1" >"$2" 3>"$3"' bash "$fifo" "$tmp/received" "$tmp/ready" &
  pid=$!
  remember_process "$pid"
  wait_until "it is ready" test -s "$tmp/ready"
  kill -HUP "$pid"
  expect 0 mkfifo-pipe -s "$fifo" <<<x
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/received")" x
}

@test "--private: a FIFO in a directory of the owner alone, for COMMAND, and nothing is left" {
  mkdir "$tmp/there"
  expect 0 env TMPDIR="$tmp/there" mkfifo-pipe --private -- \
    bash -c 'echo "$FIFO|$1|$2"; stat -c "%F %a" "$FIFO" "${FIFO%/*}"' bash {} 'x{}'
  assert_silent
  [[ ${lines[0]} == "$tmp/there/"*"|$tmp/there/"*"|x{}" ]] || fail "paths: ${lines[0]}"
  assert_equal "\$FIFO and {}" "${lines[0]%%|*}" "$(cut -d '|' -f 2 <<<"${lines[0]}")"
  assert_equal "what they are" "${lines[*]:1}" "fifo 600 directory 700"
  assert_equal "what is left" "$(ls -A "$tmp/there")" ""
  expect 0 env -u TMPDIR mkfifo-pipe --private -m 640 -- bash -c 'echo "$FIFO"; stat -c %a "$FIFO"'
  [[ ${lines[0]} == /tmp/* ]] || fail "path: ${lines[0]}"
  assert_equal "mode" "${lines[1]}" 640
  assert_gone "${lines[0]%/*}"
  expect 0 env TMPDIR= mkfifo-pipe --private -- bash -c 'echo "$FIFO"'
  [[ $output == /tmp/* ]] || fail "path: $output"
  expect 125 env TMPDIR="$tmp/missing" mkfifo-pipe --private -- true
  assert_message "cannot create directory '$tmp/missing/"
}

@test "--private: a pair of programs that know only files" {
  expect 0 env TMPDIR="$tmp" mkfifo-pipe --private -- bash -c 'seq 100000 >"$1" & diff "$1" <(seq 100000) && wait' bash {}
  assert_equal "output" "$output" ""
}

@test "--private: COMMAND's status, standard input and output are those of the tool; its failures are 125, 126, 127" {
  local status_of_command
  export TMPDIR=$tmp/there
  mkdir "$TMPDIR"
  for status_of_command in 0 1 124 255; do
    expect "$status_of_command" mkfifo-pipe --private -- bash -c "exit $status_of_command"
    assert_silent
  done
  expect 137 mkfifo-pipe --private -- bash -c 'kill -KILL $$'
  expect 0 mkfifo-pipe --private -- cat <<<text
  assert_equal "output" "$output" text
  expect 0 bash -c '"$@"; (($? == 127))' bash mkfifo-pipe --private -- "$tmp/missing"
  assert_message "cannot run '$tmp/missing': No such file"
  expect 126 mkfifo-pipe --private -- "$tmp"
  expect 0 mkfifo-pipe --private -- bash -c 'rm "$FIFO"'
  assert_silent
  expect 0 mkfifo-pipe --private -- bash -c 'rm "$FIFO"; rmdir "${FIFO%/*}"'
  assert_silent
  assert_equal "what is left" "$(ls -A "$TMPDIR")" ""
  expect 0 mkfifo-pipe --private -- bash -c 'touch "${FIFO%/*}/mine"'
  assert_message "cannot remove directory '$TMPDIR/" "Directory not empty"
}

@test "--private: signals are passed on, and nothing is left" {
  local signal
  export TMPDIR=$tmp/there
  mkdir "$TMPDIR"
  for signal in TERM INT HUP; do
    rm -f "$tmp/began"
    # env: the process that gets the signal is not a shell, which would leave its COMMAND alone
    start env mkfifo-pipe --private -- env --default-signal="$signal" \
      bash -c 'echo $$ >"$1"; exec sleep 30' bash "$tmp/began"
    wait_until "COMMAND runs" test -s "$tmp/began"
    kill -"$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    ! kill -0 "$(<"$tmp/began")" 2>/dev/null || fail "COMMAND is still there"
    assert_equal "what is left" "$(ls -A "$TMPDIR")" ""
  done
  rm "$tmp/began"
  start env mkfifo-pipe --private -- \
    bash -c 'trap "exit 3" TERM; echo >"$1"; while :; do sleep 0.02; done' bash "$tmp/began"
  wait_until "COMMAND runs" test -s "$tmp/began"
  kill "$pid"
  finish 3 "$pid"
  assert_equal "what is left" "$(ls -A "$TMPDIR")" ""
}

@test "--private: a key of the terminal reaches COMMAND once" {
  expect 0 "$python" "$partners/terminal_key.py" env TMPDIR="$tmp" mkfifo-pipe --private -- "$python" -c '
import signal, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
while not seen: time.sleep(0.01)
time.sleep(0.2)
print(f"SIGINT came {len(seen)} times", flush=True)
'
  assert_contains "what COMMAND says" "$output" "SIGINT came 1 times"
  assert_equal "what is left" "$(find "$tmp" -name 'mkfifo-pipe.*')" ""
}

@test "--ready-fd: a newline and the end, when the FIFO is made" {
  expect 0 bash -c 'exec 3> >(cat >"$1"); mkfifo-pipe --ready-fd 3 "$2" "$2b"; exec 3>&-; wait $!' bash "$tmp/ready" "$fifo"
  assert_equal "what was written" "$(wc -c <"$tmp/ready")" 1
  # Who waits sees the end while the tool still runs.
  mkfifo "$tmp/told"
  start bash -c 'exec mkfifo-pipe -r --ready-fd 5 "$1" 5>"$2"' bash "$fifo" "$tmp/told"
  expect 0 timeout 10 cat "$tmp/told"
  has_open "$pid" "$fifo" || fail "it is not open for reading"
  kill -0 "$pid"
  # It is open for reading: nobody waits for a reader now.
  expect 0 timeout 5 bash -c ': >"$1"' bash "$fifo"
  finish 0 "$pid"
  expect 2 mkfifo-pipe --ready-fd 77 "${fifo}c"
  assert_message "cannot use descriptor 77"
  assert_gone "${fifo}c"
  expect 1 bash -c 'exec mkfifo-pipe -r --remove --ready-fd 3 "$1" 3>/dev/full' bash "${fifo}c"
  assert_message "cannot write to descriptor 3"
  assert_gone "${fifo}c"
}

@test "--capacity: what the kernel gives is told with -v, at both ends" {
  local unit
  unit=$(getconf PAGESIZE)
  start_ready -r --capacity 131072 -v "$fifo" 2>"$tmp/errors" >"$tmp/received"
  assert_equal "told by -r" "$(<"$tmp/errors")" "mkfifo-pipe: FIFO '$fifo' holds 131072 bytes"
  expect 0 mkfifo-pipe -s --capacity 1 -v "$fifo" <<<x
  assert_equal "told by -s" "$stderr" "mkfifo-pipe: FIFO '$fifo' holds $unit bytes"
  finish 0 "$pid"
  expect 0 mkfifo-pipe --duplex --capacity 128K -v --idle 0 "$fifo" "${fifo}b" -- true
  assert_equal "told by --duplex" "$stderr" "mkfifo-pipe: FIFO '$fifo' holds 131072 bytes"
  expect 1 mkfifo-pipe -r --capacity 1T "$fifo"
  assert_message "cannot give FIFO '$fifo' a capacity of 1099511627776 bytes: Invalid argument"
  for size in 0 -1 1X ''; do
    expect 2 mkfifo-pipe -r --capacity "$size" "$fifo"
    assert_usage_error mkfifo-pipe
  done
}

@test "--capacity: it is what a stalled reader takes, page by page" {
  mkfifo "$fifo"
  exec 8<>"$fifo"
  expect 124 mkfifo-pipe -s --capacity 8192 -w 0.1 "$fifo" < <(head -c 100000 /dev/zero)
  assert_message "8192 bytes in FIFO '$fifo' and the rest of the input were not read"
  exec 8>&-
}

@test "--capacity: over the limit of an ordinary user is an error that names the limit" {
  become_ordinary
  local size
  size=$(($(</proc/sys/fs/pipe-max-size) * 2))
  mkdir -m 777 "/tmp$name"
  run --separate-stderr "${ordinary[@]}" timeout 20 mkfifo-pipe -r --remove --capacity "$size" "/tmp$name/fifo"
  rmdir "/tmp$name"
  assert_equal "exit status" "$status" 1
  assert_message "a capacity of $size bytes: Operation not permitted" "hint: " fs.pipe-max-size
}

@test "wrong usage: which option goes with which job" {
  local option
  refuses() { # MESSAGE ARG...
    local message=$1 wanted=2
    shift
    [[ " $* " != *" -- "* ]] || wanted=125
    expect "$wanted" mkfifo-pipe "$@" </dev/null
    assert_equal "lines for $*" "${#stderr_lines[@]}" 2
    assert_message "mkfifo-pipe: $message" "Try 'mkfifo-pipe --help' for more information."
    assert_gone "$fifo" "${fifo}b"
  }
  local duplex=(--duplex "$fifo" "${fifo}b" -- true) private=(--private -- true)
  # What making alone and --private have no use for.
  for option in --keep-open -n1 --idle=1 -w1 --nonblock --remove --existing --capacity=1 --records --on-full=drop --progress; do
    refuses "" "$option" "$fifo"
    refuses "" "$option" "${private[@]}"
  done
  refuses "--ready-fd" --ready-fd 2 "${private[@]}"
  refuses "--count needs --receive or --duplex" -s -n 1 "$fifo"
  refuses "--idle needs --receive or --duplex" -s --idle 1 "$fifo"
  refuses "--keep-open needs --send or --receive" --keep-open "${duplex[@]}"
  for option in --records --on-full=drop; do
    refuses "${option%=*} needs --send" "$option" -r "$fifo"
    refuses "${option%=*} needs --send" "$option" "${duplex[@]}"
  done
  for option in -0 --null; do
    refuses "--null needs --send" -r "$option" "$fifo"
    refuses "--null needs --records" -s "$option" "$fifo"
  done
  refuses "--progress needs --send or --receive" --progress "${duplex[@]}"
  refuses "--progress and --records exclude each other" -s --progress --records "$fifo"
  refuses "--capacity needs --send, --receive or --duplex: the kernel forgets it" --capacity=1 "$fifo"
  refuses "--existing and --exclusive exclude each other: --existing makes nothing" -r --existing -x "$fifo"
  refuses "--existing and --mode exclude each other: --existing makes nothing" -r --existing -m600 "$fifo"
  # Operands and COMMAND.
  refuses "missing operand FIFO"
  for option in -s -r -m600; do refuses "invalid path '': the path is empty" "$option" ''; done
  refuses "invalid path '': the path is empty" --duplex "$fifo" '' -- true
  refuses "invalid path '': the path is empty" "$fifo" ''
  for option in -s -r; do
    refuses "missing operand FIFO" "$option"
    refuses "unexpected operand '${fifo}b'" "$option" "$fifo" "${fifo}b"
    refuses "COMMAND needs --duplex or --private" "$option" "$fifo" -- true
  done
  refuses "COMMAND needs --duplex or --private" "$fifo" -- true
  refuses "--duplex needs COMMAND: it follows '--'" --duplex "$fifo" "${fifo}b"
  refuses "--private needs COMMAND: it follows '--'" --private
  refuses "missing operand REPLY" --duplex "$fifo" -- true
  refuses "unexpected operand 'x'" --duplex "$fifo" "${fifo}b" x -- true
  refuses "unexpected operand '$fifo'" --private "$fifo" -- true
  refuses "" --duplex "$fifo" "${fifo}b" --
  for option in "--send --receive" "--send --duplex" "--receive --private" "--duplex --private"; do
    # shellcheck disable=SC2086  # words
    refuses "${option/ / and } exclude each other" $option "$fifo"
  done
  # Values.
  for option in --on-full=x --on-full= -w-1 -wx -w '-n 1' --idle=-1 --idle= -m888 -m '--ready-fd=0' --progress=x; do
    refuses "" -r "${option}" "$fifo"
  done
  for option in 0 -1 1.5 x ''; do refuses "" -r -n "$option" "$fifo"; done
}
