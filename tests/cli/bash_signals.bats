# ipcutils.bash(1): signals during a builtin, and job control.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/bash_helpers

# start_waiting PREPARATION TEXT: a bash with the builtins runs both, and waits in TEXT.
start_waiting() {
  rm -f "$tmp/ready"
  start_bash "$1"'; echo $$ >"$tmp/ready"; '"$2" >"$tmp/out" 2>"$tmp/err"
  wait_until "the shell is ready" test -s "$tmp/ready"
  wait_until "the tool waits" is_asleep "$pid"
}

@test "a signal ends a wait with 128+N, and then its trap runs" {
  local signal
  ipcnew "mq:$name" >/dev/null
  for signal in TERM INT HUP USR1; do
    start_waiting 'trap "echo trapped" '"$signal" 'mqrecv "$name"; echo $?; echo goes on'
    kill "-$signal" "$pid"
    finish 0 "$pid"
    assert_equal "$signal" "$(tr '\n' ' ' <"$tmp/out")" "trapped $((128 + $(kill -l "$signal"))) goes on "
  done
}

@test "without a trap the signal ends the shell in the middle of a wait" {
  local signal
  ipcnew "mq:$name" >/dev/null
  for signal in TERM INT HUP; do
    start_waiting : 'mqrecv "$name"; echo goes on'
    kill "-$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    assert_equal "output after $signal" "$(<"$tmp/out")" ""
  done
}

@test "an ignored signal does not end the wait" {
  ipcnew "mq:$name" >/dev/null
  start_waiting 'trap "" INT TERM' 'mqrecv "$name"; echo $?'
  kill -INT "$pid"
  kill -TERM "$pid"
  mqsend "$name" text
  finish 0 "$pid"
  assert_equal "output" "$(tr '\n' ' ' <"$tmp/out")" "text 0 "
}

@test "a message is not lost to a signal in the middle of a wait for more" {
  ipcnew "mq:$name" >/dev/null
  start_waiting 'trap "echo trapped" TERM' 'mqrecv -n 3 --into got "$name"; echo "$? ${got[*]}"'
  mqsend "$name" a b
  wait_until "it has taken both" "$TOOLS_DIR/ipcwait" -w 0 --quiet "mq:$name" empty
  kill -TERM "$pid"
  finish 0 "$pid"
  assert_equal "output" "$(tr '\n' ' ' <"$tmp/out")" "trapped 143 a b "
}

@test "sigrecv receives the signals of the shell, and with COMMAND those of its own process" {
  local process
  start_waiting : 'sigrecv --pidfile "$tmp/pid" -s USR1 -F %s; echo $?'
  wait_until "sigrecv is ready" test -s "$tmp/pid"
  assert_equal "process of sigrecv" "$(<"$tmp/pid")" "$pid"
  kill -USR1 "$pid"
  finish 0 "$pid"
  assert_equal "output" "$(tr '\n' ' ' <"$tmp/out")" "USR1 0 "
  rm -f "$tmp/pid"
  start_waiting : 'sigrecv --pidfile "$tmp/pid" -s USR1 -- sh -c "exit 5"; echo $?'
  wait_until "sigrecv is ready" test -s "$tmp/pid"
  process=$(<"$tmp/pid")
  [[ $process != "$pid" ]] || fail "sigrecv with COMMAND is in the process of the shell"
  kill -USR1 "$process"
  finish 0 "$pid"
  assert_equal "output" "$(<"$tmp/out")" 5
}

@test "interactive: Ctrl-C ends a wait, and the prompt is back and works" {
  ipcnew "mq:$name" "sem:$key" >/dev/null
  on_terminal 0 'see prompt> ' 'type echo rea""dy; mqrecv $name; echo not he""re' 'see ^ready' asleep 'key c' \
    'see prompt> ' \
    'type echo st""atus $?' 'see ^status 130$' 'type echo rea""dy; semop $key -2' 'see ^ready' asleep 'key c' \
    'see prompt> ' \
    'type mqsend $name te""xt; mqrecv $name' 'see ^text$'
  [[ $output != *"not here"* ]] || fail "the list went on"
}

@test "interactive: Ctrl-Z does nothing in the middle of a wait without COMMAND" {
  ipcnew "mq:$name" >/dev/null
  on_terminal 0 'see prompt> ' 'type echo rea""dy; mqrecv $name; echo st""atus $?' 'see ^ready' asleep 'key z' \
    'value "$TOOLS_DIR/mqsend" $name text' 'see text$' 'see ^status 0$' 'see prompt> '
}

@test "interactive: Ctrl-Z stops a tool with COMMAND, and jobs, bg, kill and wait work on it" {
  ipcnew "sem:$key" >/dev/null
  on_terminal 0 'see prompt> ' 'type semop $key -- sh -c "echo rea""dy; exec sleep 100"' 'see ^ready' 'key z' \
    'see Stopped' 'see prompt> ' \
    'type jobs' 'see Stopped +semop' 'see prompt> ' 'type bg' 'see semop.*&' 'see prompt> ' 'type jobs' \
    'see Running +semop' 'see prompt> ' \
    'type kill %1; wait %1; echo st""atus $?' 'see ^status 143$'
  assert_value 1
}

@test "interactive: a tool in the background is a job" {
  ipcnew "mq:$name" >/dev/null
  on_terminal 0 'see prompt> ' 'type mqrecv $name &' 'see \[1\]' 'see prompt> ' 'type jobs' 'see Running' \
    'type kill %1; wait %1; echo st""atus $?' \
    'see ^status 143$'
}

@test "interactive: COMMAND has the signals that it gets from the binary" {
  ipcnew "sem:$key" >/dev/null
  local show='-- grep -E "^(SigBlk|SigIgn|SigCgt)" /proc/self/status'
  on_terminal 0 'see prompt> ' 'type echo fi""rst; semop $key '"$show" 'see ^first' 'see SigCgt' 'see prompt> ' \
    'type echo sec""ond; env semop $key '"$show" 'see ^second' 'see SigCgt' 'see prompt> '
  local first second
  first=$(sed -n '/^first/,/^SigCgt/p' <<<"$output" | sed 1d)
  second=$(sed -n '/^second/,/^SigCgt/p' <<<"$output" | sed 1d)
  assert_equal "signals" "$first" "$second"
}
