# ipcutils.bash(1): the builtins in scripts, as any command.
# shellcheck disable=SC2154,SC2016,SC2034  # what setup() and run set, and what they use; texts for an inner shell

load helpers
load partners/bash_helpers

@test "redirections, pipelines and command substitutions" {
  in_bash 0 'shmput "$name" <<<text; shmget "$name" >"$tmp/out"; cat "$tmp/out"; shmget "$name" | tr a-z A-Z
    x=$(shmget "$name"); echo "$x"; echo piped | shmput "$name"; shmget "$name" | cat | cat; cat <(shmget "$name")
    exec 5>"$tmp/fd"; shmget "$name" >&5; exec 5>&-; cat "$tmp/fd"; shmget "${name}none" 2>"$tmp/err"
    grep -c shmget "$tmp/err"'
  assert_equal "output" "${lines[*]}" "text TEXT text piped piped piped 1"
}

@test "&, wait and kill" {
  in_bash 0 'ipcnew "mq:$name" >"$tmp/made"; mqrecv "$name" & mqsend "$name" a; wait $!; echo $?
    mqrecv "$name" & kill $!; wait $!; echo $?; mqrecv "$name" & kill -KILL $!; wait $!; echo $?
    mqrecv -w 0 --quiet "$name"; echo $?'
  assert_equal "output" "${lines[*]}" "a 0 143 137 124"
}

@test "set -e ends the shell at a failure, also in a function, and not in a condition" {
  in_bash 1 'set -e; if shmget "$name" 2>"$tmp/err"; then :; fi; shmget "$name" 2>"$tmp/err" || echo goes on
    f() { shmget "$name"; echo not here; }; f; echo nor here'
  assert_equal "output" "$output" "goes on"
  in_bash 1 'set -eE; trap "echo trapped" ERR; f() { shmget "$name"; }; f'
  assert_contains "output" "$output" trapped
}

@test "pipefail and PIPESTATUS" {
  in_bash 1 'shmget "$name" 2>"$tmp/err" | cat; echo "$? ${PIPESTATUS[*]}"; shmget "$name" 2>"$tmp/err" | cat
    echo "${PIPESTATUS[*]}"
    set -o pipefail; shmget "$name" 2>"$tmp/err" | cat'
  assert_equal "output" "${lines[*]}" "0 1 0 1 0"
}

@test "a reader that has gone does not end the shell: 141" {
  in_bash 0 'seq 100000 | shmput "$name"; shmget "$name" | read -r line; echo "${PIPESTATUS[0]}"
    (shmget "$name"; echo "$?" >"$tmp/status") | true; cat "$tmp/status"; echo lives'
  assert_equal "output" "${lines[*]}" "141 141 lives"
  assert_silent
}

@test "a subshell, and exec of a tool" {
  in_bash 3 'shmput "$name" <<<text; (shmget "$name"; exit 3); echo $?; (exec shmget "$name")
    exec bash -c "shmget \$name; exit 3"'
  assert_equal "output" "${lines[*]}" "text 3 text text"
}

@test "ulimit -f: a file too large is an error, and the shell lives" {
  in_bash 0 'head -c 100000 /dev/zero | shmput "$name"; ulimit -f 1; shmget "$name" >"$tmp/out"; echo $?'
  assert_equal "output" "$output" 1
  assert_message "shmget: " "File too large"
}

@test "ulimit -n: no descriptor left is an error, and the shell lives" {
  not_sanitized
  in_bash 0 'shmput "$name" <<<text; ulimit -n 3; shmget "$name"; echo $?; ulimit -Sn "$(ulimit -Hn)"'
  assert_equal "output" "$output" 1
  assert_message "shmget: " "Too many open files"
}

@test "ulimit -v: no memory is an error, and the shell lives" {
  not_sanitized
  in_bash 0 'head -c 100000000 /dev/zero | tr "\0" x | shmput "$name"; v=old
    (ulimit -v $(($(awk "/VmSize/ { print \$2 }" /proc/$BASHPID/status) + 50000)); shmget --into v "$name"
    echo "$? $v"; echo lives)'
  assert_equal "output" "${lines[*]}" "1 old lives"
  assert_message "shmget: " "memory"
}

@test "relative names belong to the directory of the shell" {
  in_bash 0 'mkdir "$tmp/a" "$tmp/b"; cd "$tmp/a"; echo A | shmput file:data; cd ../b; echo B | shmput file:data
    shmget file:data; cd ../a; shmget file:data
    pwd'
  assert_equal "output" "${lines[*]}" "B A $tmp/a"
}

@test "closed standard descriptors are errors as with the binary, and closed afterwards" {
  local text
  for text in 'shmget "$name" >&-' 'shmput "$name" <&-' 'shmget "${name}none" 2>&-' \
    'shmget "$name" <&- >&- 2>&-' 'semop -j "$key" >&-'; do
    expect 0 bash -c 'shmput "$name" <<<text; '"$text"'; echo $?'
    local binary=$output errors=$stderr
    in_bash 0 'shmput "$name" <<<text; '"$text"'; echo $?'
    assert_equal "$text" "$output$stderr" "$binary$errors"
  done
  in_bash 0 'shmput "$name" <<<text; exec <&-; shmget "$name"; shmget --into v "$name"; [[ ! -e /proc/$$/fd/0 ]] &&
    echo closed
    exec 2>&-; shmget "${name}none"; [[ ! -e /proc/$$/fd/2 ]] && echo closed'
  assert_equal "output" "${lines[*]}" "text closed closed"
}

@test "umask, descriptors, directory, handlers and mask of the shell are unchanged" {
  in_bash 0 'state() { umask; pwd; trap; ls /proc/$$/fd | tr "\n" " "; grep -E "^(Sig[BIC]|ShdPnd)" /proc/$$/status
    ulimit -a; }
    trap "echo x" USR1; trap "" USR2; umask 027
    state >"$tmp/before"
    shmput "$name" <<<text; shmget "$name" | cat; ipcnew --mode 666 "mq:$name" | cat; mqsend "$name" a
    mqrecv "$name"; mqrecv --quiet -w 0.01 "$name"
    semop --create "$key" -1; semop -w 0.01 --quiet "$key" -1; semop "$key" +1; semop "$key" -- true
    shmget "${name}none" 2>"$tmp/err"; mbsend --create "$name.mail" x
    mqsend --wrong 2>"$tmp/err"; sigsend -s 0 $$; ipcls >"$tmp/out"
    mkfifo-pipe "$tmp/fifo" --private -- true >"$tmp/out" 2>&1
    state >"$tmp/after"'
  assert_same_file "$tmp/before" "$tmp/after"
}

@test "the umask of the shell is that of the tool" {
  in_bash 0 'umask 077; shmput -m 666 "$name" <<<x; (umask 0; shmput -m 666 "${name}b" <<<x)
    stat -c %a "/dev/shm$name" "/dev/shm${name}b"'
  local builtin=$output
  expect 0 bash -c 'umask 077; shmput -m 666 "$name" <<<x; (umask 0; shmput -m 666 "${name}b" <<<x)
    stat -c %a "/dev/shm$name" "/dev/shm${name}b"'
  assert_equal "modes" "$builtin" "$output"
}

@test "exported variables reach COMMAND, and assignments in front of a tool" {
  in_bash 0 'export a=1 c=3; b=2; a=new; unset c; semop --create "$key" -- sh -c "echo \$a\$b\$c"
    d=4 semop "$key" -- sh -c "echo \$d"; echo "[$d]"
    f() { local -x e=5; semop "$key" -- sh -c "echo \$e"; }; f; e=; semop "$key" -- sh -c "echo [\$e]"'
  assert_equal "output" "${lines[*]}" "new 4 [] 5 []"
}

@test "COMMAND has the signals that it gets from the binary" {
  not_sanitized
  local show='semop "$key" -- grep -E "^(SigBlk|SigIgn|SigCgt)" /proc/self/status' text
  ipcnew "sem:$key" >/dev/null
  for text in "$show" 'trap "echo x" USR1 INT TERM CHLD; '"$show" 'trap "" INT USR2; '"$show" \
    "$show"' & wait' "($show)" "x=\$($show); echo \"\$x\"" "$show | cat"; do
    expect 0 bash -c "$text; :"
    local binary=$output
    in_bash 0 "$text; :"
    assert_equal "signals with: $text" "$output" "$binary"
  done
}

@test "the status of COMMAND: its own, 128+N, 126, 127 and 125" {
  ipcnew "sem:$key" >/dev/null
  in_bash 0 'semop "$key" -- sh -c "exit 7"; echo $?; semop "$key" -- sh -c "kill -TERM \$\$"; echo $?
    semop "$key" -- /dev/null; echo $?; semop "$key" -- /no/such; echo $?; semop "${key}0" -- true; echo $?
    semop "$key"'
  assert_equal "statuses" "${lines[*]}" "7 143 126 127 125 1"
}

@test "calls leak nothing" {
  not_sanitized
  local calls=${IPCUTILS_CALLS:-20000}
  limit=3000
  in_bash 0 '
    memory() { while read -r word kilobytes _; do [[ $word != VmRSS: ]] || rss=$kilobytes; done </proc/self/status; }
    open() { set -- /proc/self/fd/*; fds=$#; }
    call() {
      mqsend "$name" "message $1"; mqrecv --into v "$name"; mqrecv --quiet --nonblock "$name"
      semop "$key" +1; semop --hold "$key" -1; semop --hold "$key" +1; semop "$key" -1
      shmput "$name" <<<"content $1"; shmget --into v "$name"; shmget "${name}none"; shmget --wrong
      semop --into values "$key"; ftok --into v /; mqrecv -n 3 --drain --into list "$name"
      ipcls --into list --name none -m; sigsend -s 0 $$
    } >"$tmp/out" 2>&1
    ipcnew "mq:$name" "sem:$key" >"$tmp/made"
    for ((i = 0; i < 500; ++i)); do call "$i"; done
    memory; open; before=$rss fds_before=$fds
    for ((i = 0; i < $1 / 16; ++i)); do call "$i"; done
    memory; open; echo "$before $rss $fds_before $fds"' "$calls"
  read -r before after descriptors_before descriptors_after <<<"$output"
  echo "# $calls calls: $before kB, then $after kB" >&3
  assert_equal "descriptors" "$descriptors_after" "$descriptors_before"
  ((after - before <= 256)) || fail "$calls calls took $((after - before)) kB"
}
