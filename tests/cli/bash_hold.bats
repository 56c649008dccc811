# semop --hold, ipcutils.bash(1): semaphores that belong to the shell.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/bash_helpers

@test "--hold takes until the shell ends" {
  in_bash 0 'semop --create --init 1 --hold "$key" -1 && semop "$key"'
  assert_equal "value while it is held" "$output" 0
  assert_value 1
  in_bash 3 'semop --hold "$key" -1; exit 3'
  assert_value 1
}

@test "--hold +N gives back what was taken, and the end of the shell does not give it twice" {
  in_bash 0 'semop --create --init 1 --hold "$key" -1; semop --hold "$key" +1; semop "$key"'
  assert_equal "value after giving back" "$output" 1
  assert_value 1
}

@test "two locks are held at once, and each is given back by itself" {
  ipcnew --sems 2 --init 1 "sem:$key" "sem:$(key_at 1)" >/dev/null
  in_bash 0 'other=$1
    semop --hold "$other" 0:-1 1:-1; semop --hold "$key" 0:-1 1:-1; semop "$key"; semop "$other"
    semop --hold "$key" 1:+1; semop "$key"; semop "$other"' "$(key_at 1)"
  assert_equal "both held, one given back" "${lines[*]}" "0 0 0 0 0 1 0 0"
  assert_equal "values at the end" "$(semop "$key"; semop "$(key_at 1)")" $'1\n1\n1\n1'
}

@test "what is taken several times is given back so many times" {
  in_bash 0 'semop --create --init 3 --hold "$key" -1; semop --hold "$key" -2; semop "$key"; semop --hold "$key" +1
    semop "$key"'
  assert_equal "values" "${lines[*]}" "0 1"
  assert_value 3
}

@test "without --hold the shell's operations stay" {
  in_bash 0 'semop --create --init 2 "$key" -1; semop --hold "$key" -1'
  assert_value 1
}

@test "a lock ends with the shell when SIGKILL or SIGTERM ends it" {
  local signal
  ipcnew --init 1 "sem:$key" >/dev/null
  mkfifo "$tmp/never"
  for signal in KILL TERM INT HUP; do
    start_bash 'semop --hold "$key" -1; : >"$tmp/held"; read -r <"$tmp/never"'
    wait_until "the shell holds the lock" has_value 0
    kill "-$signal" "$pid"
    finish $((128 + $(kill -l "$signal"))) "$pid"
    assert_value 1
  done
}

@test "a subshell does not hold the lock: its end changes nothing" {
  in_bash 0 'semop --create --init 1 --hold "$key" -1; (semop "$key"); (exit 0); x=$(semop "$key"); semop "$key" | cat
    echo "$x"; semop "$key"'
  assert_equal "values" "${lines[*]}" "0 0 0 0"
  assert_value 1
}

@test "a lock that a subshell takes ends with the subshell" {
  in_bash 0 'ipcnew --init 1 "sem:$key" >"$tmp/made"
    (semop --hold "$key" -1; semop "$key"); semop "$key"'
  assert_equal "values" "${lines[*]}" "0 1"
}

@test "a background job outlives the lock of its shell" {
  ipcnew --init 1 "sem:$key" >/dev/null
  in_bash 0 'semop --hold "$key" -1; sleep 60 >/dev/null 2>&1 & echo $!'
  remember_process "$output"
  assert_value 1
}

@test "exec PROGRAM keeps the lock until PROGRAM ends" {
  ipcnew --init 1 "sem:$key" >/dev/null
  in_bash 0 'semop --hold "$key" -1; exec "$TOOLS_DIR/semop" "$key"'
  assert_equal "value while PROGRAM runs" "$output" 0
  assert_value 1
}

@test "a second shell waits for the lock, and gets it when the first ends" {
  ipcnew --init 1 "sem:$key" >/dev/null
  start_fed "${host[@]}" bash -c '. "$loaded"; semop --hold "$key" -1; read -r line'
  local first=$pid
  wait_until "the first holds it" has_value 0
  in_bash 124 'semop --hold -w 0.1 "$key" -1'
  assert_message "semop: the operation on semaphore '$key' was not possible"
  in_bash 124 'semop --hold --nonblock --quiet "$key" -1'
  start_bash 'semop --hold "$key" -1 && echo held >"$tmp/second"'
  wait_until "the second waits" is_asleep "$pid"
  exec 7>&-
  finish 1 "$first"
  finish 0 "$pid"
  assert_equal "the second" "$(<"$tmp/second")" held
  assert_value 1
}

@test "what timed out or failed is not held" {
  ipcnew --init 1 "sem:$key" >/dev/null
  in_bash 0 'semop --hold -w 0.05 --quiet "$key" -2; echo $?; semop "$key"; semop --hold "$key" 9:-1 2>/dev/null
    echo $?; semop "$key"'
  assert_equal "statuses and values" "${lines[*]}" "124 1 1 1"
}

@test "--hold is refused for POSIX semaphores, values, COMMAND and no OP, and by the binary" {
  ipcnew --init 1 "sem:$key" >/dev/null
  in_bash 2 'semop --hold "$name" -1'
  assert_usage_error semop "--hold is for System V"
  in_bash 2 'semop --hold "$key" =1'
  assert_usage_error semop "does not set values"
  in_bash 2 'semop --hold "$key"'
  assert_usage_error semop
  in_bash 125 'semop --hold "$key" -1 -- true'
  assert_message "COMMAND holds it while it runs"
  expect 2 "$TOOLS_DIR/semop" --hold "$key" -1
  assert_usage_error semop "--hold is for the builtin of bash"
  assert_value 1
}

@test "a lock of a set that was removed says so, and the shell goes on" {
  in_bash 0 'semop --create --init 1 --hold "$key" -1; ipcdel "sem:$key"; semop --hold "$key" +1; echo $?'
  assert_equal "status" "$output" 1
  assert_message "semop: "
}
