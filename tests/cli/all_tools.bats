# What is true of every tool that tools/CMakeLists.txt names.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers

# Sets `tools`, of which each must be in TOOLS_DIR.
find_tools() {
  mapfile -t tools < <(sed -n 's/^ipcutils_add_tool(\([a-z-]*\).*/\1/p' "$BATS_TEST_DIRNAME/../../tools/CMakeLists.txt")
  ((${#tools[@]} >= 6)) || fail "only these tools: ${tools[*]}"
  local tool
  for tool in "${tools[@]}"; do
    [[ -x $TOOLS_DIR/$tool ]] || fail "no $tool in $TOOLS_DIR"
    assert_equal "the $tool that runs" "$(command -v "$tool")" "$TOOLS_DIR/$tool"
  done
}

# Descriptors of process $1 that an executed program would inherit, but for the standard ones.
inheritable() {
  local fd
  for fd in "/proc/$1/fdinfo/"*; do
    ((${fd##*/} > 2)) || continue
    (($(awk '/^flags:/ { print $2 }' "$fd") & 02000000)) || readlink "/proc/$1/fd/${fd##*/}"
  done
}

@test "--help and -h print the usage on standard output and exit 0" {
  find_tools
  for tool in "${tools[@]}"; do
    for option in --help -h; do
      expect 0 "$tool" "$option"
      assert_silent
      assert_equal "first line" "${lines[0]%% [[OP]*}" "Usage: $tool"
      assert_contains "help of $tool" "$output" "-h, --help"
      assert_contains "help of $tool" "$output" "-V, --version"
    done
  done
}

@test "--version and -V print name and version on standard output and exit 0" {
  find_tools
  for tool in "${tools[@]}"; do
    for option in --version -V; do
      expect 0 "$tool" "$option"
      assert_silent
      [[ $output =~ ^"$tool (ipcutils) "[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$tool $option prints: $output"
    done
  done
}

@test "a tool starts without /proc" {
  local namespace=(unshare --mount --map-root-user)
  ((EUID != 0)) || namespace=(unshare --mount)
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || skip "the run-time of a sanitizer needs /proc"
  "${namespace[@]}" mount -t tmpfs tmpfs /proc 2>/dev/null || skip "no mount namespace to be had"
  find_tools
  local programs=("${tools[@]}" "$TOOLS_DIR"/../libexec/ipcutils/compat/*)
  expect 0 "${namespace[@]}" bash -euc 'mount -t tmpfs tmpfs /proc; for tool; do "$tool" --version; done' bash \
    "${programs[@]}"
  assert_equal "versions" "${#lines[@]}" "${#programs[@]}"
}

@test "a tool starts as a set-uid program" {
  ((EUID == 0)) || skip "only root can make a program of another user"
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || skip "a set-uid program cannot look for leaks"
  become_ordinary
  cp "$TOOLS_DIR/ipcls" "$tmp/ipcls"
  chown 65534 "$tmp/ipcls"
  chmod 4755 "$tmp/ipcls"
  expect 0 "$tmp/ipcls" --version
}

@test "--help and --version into a full disk or a closed standard output are exit 1" {
  find_tools
  for tool in "${tools[@]}"; do
    for option in --help --version; do
      expect 1 "${into_full[@]}" "$tool" "$option"
      assert_message "$tool: cannot write standard output: No space left on device"
      expect 1 "${without_stdout[@]}" "$tool" "$option"
      assert_message "$tool: cannot write standard output: Bad file descriptor"
    done
  done
}

@test "data into a full disk or a closed standard output are exit 1" {
  find_tools
  expect 0 shmput "$name" <<<x
  expect 0 mqsend --create "$name" x
  expect 0 mqsend --create "$key" x
  expect 0 mbsend --create "$name" x
  semop --create "$name" >/dev/null
  semop --create "$key" >/dev/null
  for command in "shmget $name" "ipcls" "ipcls --json" "ipcls --refs" "ipcls --raw" "ftok $tmp" "shmput --print-ref $name" \
    "ipcdel --dry-run shm:$name" "mqrecv $name" "mqrecv --peek -j $key" "mbrecv --drain $name" "semop $name" "semop -j $key" "ipcnew -Q" \
    "ipcnew -S 2" "sigsend --print-ref $$"; do
    # shellcheck disable=SC2086  # words
    expect 1 "${into_full[@]}" $command </dev/null
    assert_message "cannot write standard output: No space left on device"
    # shellcheck disable=SC2086
    expect 1 "${without_stdout[@]}" $command </dev/null
    assert_message "cannot write standard output: Bad file descriptor"
  done
}

@test "an unknown option is wrong usage" {
  find_tools
  for tool in "${tools[@]}"; do
    for option in --nonsense --nonsense=x -Y -Yx; do
      expect 2 "$tool" "$option"
      assert_usage_error "$tool" "unknown option"
    done
    expect 2 "$tool" --nonsense --help
    expect 2 "$tool" ''
    assert_usage_error "$tool"
  done
}

@test "an abbreviated long option is wrong usage" {
  find_tools
  for tool in "${tools[@]}"; do
    for option in --vers --hel --h --v; do
      expect 2 "$tool" "$option"
      assert_usage_error "$tool" "unknown option '$option'"
    done
  done
  expect 2 shmput --trunc "$name" </dev/null
  assert_usage_error shmput "unknown option '--trunc'"
  expect 2 shmget --off=1 "$name"
  assert_usage_error shmget "unknown option"
}

@test "every option that takes an argument needs one, and no flag takes any" {
  local tool option argument
  find_tools
  for tool in "${tools[@]}"; do
    while read -r option argument; do
      if [[ -n $argument ]]; then
        expect 2 "$tool" "$option"
        assert_usage_error "$tool" "option '$option' requires an argument"
      else
        expect 2 "$tool" "$option=x"
        assert_usage_error "$tool" "option '$option' takes no argument"
      fi
    done < <("$tool" --help | sed -nE 's/^  +(-., )*(--[a-z-]+)( [A-Z]+)?  .*/\2\3/p')
  done
  expect 2 shmput -m
  assert_usage_error shmput "requires an argument"
  expect 2 shmget "$name" -w
  assert_usage_error shmget "requires an argument"
}

@test "an empty argument is an argument" {
  expect 2 shmget --offset= "$name"
  assert_usage_error shmget
  expect 2 shmget --offset '' "$name"
  assert_usage_error shmget "invalid size ''"
}

@test "short options join, and take their argument joined or apart" {
  printf 'text\0more' | shmput "$name"
  expect 0 shmget -zo1 "$name"
  assert_equal "output" "$output" ext
  expect 0 shmget -zl 2 "$name"
  assert_equal "output" "$output" te
  expect 0 ipcls -rm -oSIZE "shm:$name"
  assert_equal "output" "$output" $'SIZE\n9'
}

@test "options may follow operands" {
  expect 0 shmput "$name" --size 3 --print-ref <<<x
  assert_equal "output" "$output" "shm:$name"
  expect 0 shmget "$name" -l 1 --offset=0
  assert_equal "output" "$output" x
  expect 0 ipcls "shm:$name" --refs
  assert_equal "output" "$output" "shm:$name"
  expect 0 ftok / 1 -d
  expect 0 ipcdel "shm:$name" --dry-run
  expect 0 shmget "$name"
}

@test "-- ends the options" {
  echo x >"$tmp/--help"
  cd "$tmp"
  expect 0 ftok -- --help
  assert_equal "output" "$output" "$(ftok "$tmp/--help")"
  expect 0 shmput "$name" -- --help
  assert_content "$name" --help
  expect 2 shmget -- --version
  assert_usage_error shmget "'--version'"
  expect 2 ipcls -- --refs
  expect 2 shmput -- "$name" --help --
  assert_usage_error shmput "unexpected operand '--'"
  expect 0 shmput -- "$name" </dev/null
}

@test "of repeated options the last one counts" {
  printf 0123456789 | shmput "$name"
  expect 0 shmget -o 1 --offset 5 -l 9 -l 2 "$name"
  assert_equal "output" "$output" 56
  expect 0 shmput -m 644 --mode 640 -x "${name}b" <<<x
  assert_equal "mode" "$(stat -c %a "/dev/shm${name}b")" 640
  expect 0 shmget --help --nonsense
}

@test "operands that are missing or too many are wrong usage" {
  expect 2 shmput
  assert_usage_error shmput "missing operand SHM"
  expect 2 shmget
  assert_usage_error shmget "missing operand SHM"
  expect 2 shmput "$name" a b
  assert_usage_error shmput "unexpected operand 'b'"
  expect 2 shmget "$name" b
  assert_usage_error shmget "unexpected operand 'b'"
}

@test "--progress leaves the word behind it an operand" {
  expect 0 shmput --progress "$name" <<<x
  assert_silent
  expect 0 shmget --progress "$name"
  assert_equal "output" "$output" x
  assert_silent
  expect 0 shmget "$name" --progress
  expect 0 shmget --progress=never "$name"
  assert_silent
  expect 2 shmget --progress=sometimes "$name"
  assert_usage_error shmget "invalid progress 'sometimes'" auto always never
}

@test "--progress=always draws on standard error alone, and auto draws only on a terminal" {
  content "$tmp/input" 3000000
  expect 0 shmput --progress=always "$name" "$tmp/input"
  assert_contains "bar" "$stderr" "2.86 MiB"
  assert_contains "bar" "$stderr" "100%"
  assert_equal "output" "$output" ""
  shmget --progress=always "$name" >"$tmp/output" 2>"$tmp/bar"
  assert_same_file "$tmp/output" "$tmp/input"
  assert_contains "bar" "$(cat "$tmp/bar")" "100%"
  expect 0 shmput --progress=auto "$name" "$tmp/input"
  assert_silent
  expect 0 "$python" "$partners/on_terminal.py" shmget --progress=auto "$name"
  assert_contains "bar on a terminal" "$output" "100%"
  expect 0 "$python" "$partners/on_terminal.py" shmget "$name"
  assert_equal "what is drawn unasked" "$output" ""
  expect 0 shmput --progress=always "$name" < <(cat "$tmp/input")
  assert_contains "bar without a total" "$stderr" "2.86 MiB"
}

@test "an error that cannot be told is still exit 1, not a crash" {
  expect 1 bash -c 'exec shmget "$1" 2>&-' bash "$name"
  expect 1 bash -c 'exec shmget "$1" 2>/dev/full' bash "$name"
  expect 2 bash -c 'exec shmget 2>&-'
  expect 2 bash -c 'exec shmget 2>/dev/full'
  expect 124 bash -c 'exec shmget -w 0 "$1" 2>&-' bash "$name"
  expect 1 bash -c 'exec ipcdel "shm:$1" 2>/dev/full' bash "$name"
  expect 1 bash -c 'exec ipcls "shm:$1" 2>&-' bash "$name"
}

@test "every tool works with all three standard descriptors closed, and writes into no file of its own" {
  expect 0 shmput "$name" <<<x
  find_tools
  for tool in "${tools[@]}"; do
    run timeout -s KILL 60 bash -c 'exec "$@" <&- >&- 2>&-' bash "$tool" "shm:$name"
    ((status <= 2)) || fail "$tool exits $status"
  done
}

@test "without descriptors a new object holds nothing that was meant for them" {
  expect 1 bash -c 'exec shmput --progress=always "$1" <&- >&- 2>&-' bash "$name"
  expect 1 shmget "$name"
  echo text >"$tmp/input"
  run timeout -s KILL 60 bash -c 'exec shmput --print-ref --progress=always "$1" "$2" <&- >&- 2>&-' bash "$name" "$tmp/input"
  assert_content "$name" "$tmp/input"
}

@test "a tool runs with other descriptors open, and leaves them alone" {
  echo inherited >"$tmp/nine"
  expect 0 shmput "$name" 9<"$tmp/nine" <<<x
  # shellcheck disable=SC2016  # for the inner shell
  expect 0 bash -c 'exec 9<"$1"; shmget "$2" >/dev/null; cat <&9' bash "$tmp/nine" "$name"
  assert_equal "what is left in descriptor 9" "$output" inherited
}

@test "every descriptor that a tool opens is closed when a program is executed" {
  local reference missing=("${name}b" "$(key_at 1)" "file:$tmp/missing") i=0
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    start_fed shmput --size 100000 "$reference"
    echo first >&7
    wait_until "shmput waits" is_asleep "$pid"
    assert_equal "descriptors of shmput $reference that would be inherited" "$(inheritable "$pid")" ""
    exec 7>&-
    finish 0 "$pid"
    start shmget -w 60 "${missing[i++]}"
    wait_until "shmget waits" is_asleep "$pid"
    assert_equal "descriptors of shmget $reference that would be inherited" "$(inheritable "$pid")" ""
    kill -KILL "$pid"
  done
}

@test "a tool that waits for a queue or a semaphore leaves its descriptors to nobody, and COMMAND gets none" {
  local reference bare
  for reference in "$name" "$key"; do
    expect 0 mqrecv --create --drain "$reference"
    start mqrecv "$reference"
    wait_until "mqrecv waits" is_asleep "$pid"
    assert_equal "descriptors of mqrecv $reference that would be inherited" "$(inheritable "$pid")" ""
    kill "$pid"
    semop --create --init 0 "$reference" >/dev/null
    start semop "$reference" -1
    wait_until "semop waits" is_asleep "$pid"
    assert_equal "descriptors of semop $reference that would be inherited" "$(inheritable "$pid")" ""
    kill "$pid"
    expect 0 mqsend "$reference" x
    expect 0 ls /proc/self/fd
    bare=$output
    expect 0 mqrecv "$reference" -- ls /proc/self/fd
    assert_equal "descriptors of mqrecv's COMMAND" "$output" "$bare"
    expect 0 semop "$reference" +1
    expect 0 semop "$reference" -- ls /proc/self/fd
    assert_equal "descriptors of semop's COMMAND" "$output" "$bare"
  done
}

@test "a tool that waits for a mailbox leaves its descriptors to nobody, and COMMAND gets none" {
  local bare
  expect 0 mbsend --create "$name" x
  start mbrecv "$name"
  wait_until "mbrecv waits" is_asleep "$pid"
  assert_equal "descriptors of mbrecv that would be inherited" "$(inheritable "$pid")" ""
  kill "$pid"
  expect 0 ls /proc/self/fd
  bare=$output
  expect 0 mbrecv --drain "$name" -- ls /proc/self/fd
  assert_equal "descriptors of mbrecv's COMMAND" "$output" "$bare"
}

@test "a tool that waits for the other side of a FIFO leaves its descriptors to nobody, and COMMAND gets none" {
  local fifo=$tmp$name bare
  start mkfifo-pipe -r "$fifo"
  wait_until "there is a FIFO" test -p "$fifo"
  wait_until "mkfifo-pipe waits" is_asleep "$pid"
  assert_equal "descriptors of mkfifo-pipe -r that would be inherited" "$(inheritable "$pid")" ""
  kill "$pid"
  exec 9<>"$fifo"
  start mkfifo-pipe -s "$fifo" <<<x
  read -r _ <&9
  finish 0 "$pid"
  start mkfifo-pipe -s "$fifo" <<<x
  wait_until "mkfifo-pipe waits" is_asleep "$pid"
  assert_equal "descriptors of mkfifo-pipe -s that would be inherited" "$(inheritable "$pid")" ""
  kill "$pid"
  exec 9>&-
  expect 0 ls /proc/self/fd
  bare=$output
  expect 0 mkfifo-pipe --private -- ls /proc/self/fd
  assert_equal "descriptors of mkfifo-pipe's COMMAND" "$output" "$bare"
}

@test "messages do not depend on the locale, and numbers neither" {
  local locale
  for locale in C C.UTF-8 de_DE.UTF-8 nonsense; do
    LC_ALL=$locale expect 1 shmget "$name"
    assert_message "No such file or directory"
  done
}

@test "the end of a test finds what is left behind, and removes it" {
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  start shmget -w 60 "${name}b"
  clean_up
  assert_equal "objects in /dev/shm" "$(find /dev/shm -maxdepth 1 -name "*${name#/}*")" ""
  assert_equal "segments" "$(segments_of_block)" ""
  assert_equal "processes" "$(pgrep -af -- "$name")" ""
  touch "/dev/shm/.${name#/}.123"
  run clean_up
  assert_contains "what clean_up says" "$output" "left behind: /dev/shm/.${name#/}.123"
  assert_no_hidden_names
}
