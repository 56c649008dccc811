# ipcdel(1) removes what filters choose: all of that, and nothing else.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

# Which of these objects there are, in one line.
still() { ipcls --refs "$@" 2>/dev/null | xargs; }

@test "--name removes what matches, of the kinds and APIs that are chosen" {
  ipcnew --size 10 "shm:$name" "shm:${name}b" "sem:$name" "sem:${name}b" "shm:$key" >/dev/null
  expect 0 ipcdel -m --name "$name*"
  assert_equal "output" "$output" ""
  assert_silent
  assert_equal "what is still there" "$(still "shm:$name" "shm:${name}b" "sem:$name" "sem:${name}b")" "sem:$name sem:${name}b"
  expect 0 ipcdel --semaphores --posix --name "${name#/}?"
  assert_equal "what is still there" "$(still "sem:$name" "sem:${name}b")" "sem:$name"
  expect 0 ipcdel -s --sysv --name "$name*"
  assert_equal "what is still there" "$(still "sem:$name")" "sem:$name"
  expect 0 ipcls "shm:$key"
}

@test "several --name are a union, and '!' keeps" {
  ipcnew --size 10 "shm:${name}a_1" "shm:${name}b_1" "shm:${name}b_2" "shm:${name}c_1" >/dev/null
  expect 0 ipcdel --dry-run -m --unused --name "${name}a_*" --name "${name}b_*"
  assert_equal "references" "${lines[*]}" "shm:${name}a_1 shm:${name}b_1 shm:${name}b_2"
  expect 0 ipcdel -m --name "${name}a_*" --name "${name}b_*" --name "!${name}b_2"
  assert_silent
  assert_equal "what is still there" "$(ipcls -m --refs --name "$name*" | xargs)" "shm:${name}b_2 shm:${name}c_1"
}

@test "--larger-than, --full and --pid choose what is removed" {
  # env: by a process that has ended, and not by a shell that has the tool as a builtin.
  env ipcnew --size 4097 "shm:$name" "shm:$key" >/dev/null
  ipcnew --size 4K "shm:${name}b" >/dev/null
  ipcnew --max-messages 1 "mq:$name" "mq:${name}b" >/dev/null
  mqsend "$name" x
  expect 0 ipcdel --larger-than 4K "shm:$name" "shm:${name}b"
  expect 0 ipcdel --full --with-messages "mq:$name" "mq:${name}b"
  expect 0 ipcdel --pid $$ "shm:$key"
  assert_equal "what is still there" "$(still "shm:$name" "shm:${name}b" "mq:$name" "mq:${name}b" "shm:$key")" \
    "shm:${name}b mq:${name}b $(still "shm:$key")"
}

@test "--orphaned takes no POSIX object by a pattern that only excludes" {
  ipcnew --size 10 "shm:$name" >/dev/null
  expect 0 ipcdel --dry-run -m --orphaned --name '!x*' "shm:$name"
  assert_equal "references" "$output" ""
  expect 0 ipcdel --dry-run -m --orphaned --name "$name" --name '!x*' "shm:$name"
  assert_equal "references" "$output" "shm:$name"
}

@test "nothing that matches is no error" {
  expect 0 ipcdel -ms --name "$name*"
  assert_silent
  expect 0 ipcdel -ms --dry-run --name "$name*"
  assert_equal "output" "$output" ""
}

@test "kinds and APIs alone are refused, and so is nothing at all" {
  in_own_namespace '
    ipcnew --size 10 shm:/x mq:/x sem:/x shm:1 mq:1 sem:1 >/dev/null
    ipcls --refs >"$tmp/before"
    for options in -m -q -s -mqs --sysv --posix "--sysv --posix" "-m --sysv --force" "-q --with-messages" "-s --dry-run" "" --dry-run \
      --with-messages --force; do
      status=0
      ipcdel $options 2>"$tmp/errors" >"$tmp/output" || status=$?
      [[ $status == 2 && ! -s $tmp/output ]] || fail "ipcdel $options: exit status $status"
      [[ $(wc -l <"$tmp/errors") == 2 && $(tail -n 1 "$tmp/errors") == "Try '\''ipcdel --help'\'' for more information." ]] || fail "$(<"$tmp/errors")"
    done
    ipcls --refs >"$tmp/after"'
  assert_same_file "$tmp/before" "$tmp/after"
}

@test "--dry-run prints exactly what then goes" {
  in_own_namespace '
    refs() { ipcls --refs -0 | sort -z; }
    for options in --mine --unused --orphaned "--orphaned --name *" "--name *b" "-m --unused" "-q --mine" "-s --orphaned" \
      "--sysv --mine" "--mine --with-messages" "--older-than 1h" "--owner 12345" "--unused --mine --name x*"; do
      ipcnew --size 10 --mode 640 shm:/x shm:/xb mq:/x mq:/xb sem:/x sem:/xb shm:1 shm:2 mq:1 mq:2 sem:1 sem:2 >/dev/null
      ipcnew --size 1 "$(printf "shm:/\nb")" >/dev/null
      mqsend /xb message
      mqsend 2 message
      refs >"$tmp/before"
      set -f
      ipcdel -0 --dry-run $options | sort -z >"$tmp/announced"
      refs | cmp - "$tmp/before"
      ipcdel $options
      set +f
      refs >"$tmp/after"
      comm -z -23 "$tmp/before" "$tmp/after" >"$tmp/gone"
      cmp "$tmp/announced" "$tmp/gone" || fail "ipcdel $options:" "$(tr "\0" "\n" <"$tmp/announced")" "went:" "$(tr "\0" "\n" <"$tmp/gone")"
      ipcdel --mine --with-messages
      [[ -z $(ipcls --refs) ]] || fail "still there: $(ipcls --refs)"
    done'
}

@test "queues with messages stay, unless --with-messages" {
  in_own_namespace '
    ipcnew mq:/empty mq:/full mq:1 mq:2 >/dev/null
    mqsend /full x
    mqsend 2 x
    [[ $(ipcdel --mine --dry-run | wc -l) == 2 ]]
    ipcdel -q --mine
    assert_equal "queues" "$(ipcls --noheadings -r -o NAME,KEY | xargs)" "- 0x00000002 /full -"
    ipcdel -q --name "*"
    assert_equal "queues" "$(ipcls --refs | wc -l)" 2
    mqrecv /full >/dev/null
    ipcdel -q --mine
    assert_equal "queues" "$(ipcls --noheadings -r -o NAME,KEY | xargs)" "- 0x00000002"
    ipcdel -q --mine --with-messages
    assert_equal "queues" "$(ipcls --refs)" ""'
}

@test "a reference to a queue with messages goes; with a filter it stays, unless --with-messages" {
  local queue
  for queue in "$name" "$key"; do
    mqsend --create "$queue" x
    expect 0 ipcdel --mine "mq:$queue"
    expect 0 ipcls "mq:$queue"
    expect 0 ipcdel --mine --with-messages "mq:$queue"
    expect 1 ipcls "mq:$queue"
    mqsend --create "$queue" x
    expect 0 ipcdel "mq:$queue"
    expect 1 ipcls "mq:$queue"
  done
}

@test "a queue that stays for its messages is told, but not with --quiet" {
  local queue kept
  for queue in "$name" "$key"; do
    mqsend --create "$queue" x
    kept="ipcdel: kept $(ipcls --refs "mq:$queue" | sed "s/^mq:\\(.*\\)/message queue '\\1'/"): it holds 1 message, and only --with-messages removes it"
    expect 0 ipcdel --mine "mq:$queue"
    assert_equal "what stays" "$stderr" "$kept"
    expect 0 ipcdel --dry-run --mine "mq:$queue"
    assert_equal "what would stay" "$stderr" "$kept"
    assert_equal "what would go" "$output" ""
    expect 0 ipcdel --quiet --mine "mq:$queue"
    assert_silent
    mqsend "$queue" y
    expect 0 ipcdel --mine "mq:$queue"
    assert_message "it holds 2 messages"
    expect 0 ipcdel --mine --with-messages "mq:$queue"
    assert_silent
  done
}

@test "what stays is told once each, and what filters are not about is not told" {
  in_own_namespace '
    ipcnew --size 10 shm:/x shm:/y shm:1 mq:/x mq:1 sem:1 >/dev/null
    mqsend /x message
    exec 5</dev/shm/x
    ipcdel --unused --mine 5<&- 2>"$tmp/errors"
    assert_equal "queues and sets" "$(grep -c "since no process holds System V queues and semaphores$" "$tmp/errors")" 2
    assert_equal "memory" "$(grep -F shared "$tmp/errors")" "ipcdel: kept shared memory '\''/x'\'': it is in use by process $$"
    assert_equal "the queue" "$(grep -F /x "$tmp/errors" | grep queue)" \
      "ipcdel: kept message queue '\''/x'\'': it holds 1 message, and only --with-messages removes it"
    assert_equal "lines" "$(wc -l <"$tmp/errors")" 4
    assert_equal "what is left" "$(ipcls --refs | wc -l)" 4
    ipcdel --unused --name "y*" --owner 4321 2>"$tmp/errors"
    ipcdel -s --unused --name "x" 2>>"$tmp/errors"
    ipcdel --older-than 1h --unused 2>>"$tmp/errors"
    assert_equal "of others" "$(<"$tmp/errors")" ""'
}

@test "--orphaned tells what it leaves: what lives, what is unknown, and POSIX objects without a name" {
  in_own_namespace '
    ipcnew --size 10 shm:/x mq:1 >/dev/null
    ipcdel --orphaned --mine 2>"$tmp/errors"
    assert_equal "messages" "$(sort "$tmp/errors")" "$(printf "ipcdel: kept %s\n" \
      "message queue '\''@$(ipcls --raw --noheadings -o ID mq:1)'\'': whether those who made and used it are dead is unknown" \
      "shared memory '\''/x'\'': of POSIX objects --orphaned takes only those of a --name or --older-than")"
    exec 5</dev/shm/x
    ipcdel -m --orphaned --mine 5<&- 2>"$tmp/errors"
    assert_equal "what is in use" "$(<"$tmp/errors")" ""
    ipcdel -m --orphaned --name x 5<&- 2>"$tmp/errors"
    assert_equal "what is in use" "$(<"$tmp/errors")" "ipcdel: kept shared memory '\''/x'\'': it is in use by process $$"'
}

@test "a segment that is attached is marked for removal, and that is told" {
  local id reason
  ipcnew --size 10 "shm:$key" >/dev/null
  id=$(cell "shm:$key" ID)
  start_process attach "$id"
  reason="it is marked for removal, and goes when it is detached (attached 1 time)"
  expect 0 ipcdel --verbose --mine "shm:@$id"
  assert_equal "what is marked" "$stderr" "ipcdel: kept shared memory '@$id': $reason"
  expect 0 ipcdel --mine "shm:@$id"
  assert_equal "what is marked already" "$stderr" "ipcdel: kept shared memory '@$id': $reason"
  expect 0 ipcdel --dry-run --mine "shm:@$id"
  assert_equal "what would go" "$output" ""
  expect 0 ipcdel --quiet --mine "shm:@$id"
  assert_silent
  stop "$pid"
  expect 1 ipcls "shm:@$id"
}

@test "--verbose tells what goes, with and without filters" {
  ipcnew --size 10 "shm:$name" "shm:${name}b" "sem:$name" >/dev/null
  expect 0 ipcdel -v "sem:$name"
  assert_equal "message" "$stderr" "ipcdel: removed semaphore '$name'"
  assert_equal "output" "$output" ""
  expect 0 ipcdel --verbose --dry-run -m --name "$name*"
  assert_silent
  expect 0 ipcdel --verbose -m --name "$name*"
  assert_equal "messages" "$(sort <<<"$stderr")" $'ipcdel: removed shared memory \''"$name"$'\'\nipcdel: removed shared memory \''"${name}b'"
  expect 0 ipcdel --verbose --force "sem:$name"
  assert_silent
  expect 2 ipcdel --verbose --quiet "sem:$name"
  assert_usage_error ipcdel "--quiet and --verbose exclude each other"
}

@test "a queue that may not be looked into is not thought empty" {
  become_ordinary
  "${ordinary[@]}" ipcnew -m 000 "mq:$name" >/dev/null
  # Where queues cannot be listed, that is an error.
  run "${ordinary[@]}" ipcdel --mine "mq:$name"
  ((status == 0)) || assert_contains "message" "$output" "cannot list POSIX message queues"
  expect 0 "${ordinary[@]}" ipcdel "mq:$name"
}

@test "references are removed as far as the filters choose them" {
  ipcnew --size 10 "shm:$name" "shm:${name}b" "sem:$name" "shm:$key" >/dev/null
  start_process map "/dev/shm$name"
  expect 0 ipcdel --dry-run --unused "shm:$name" "shm:${name}b" "sem:$name"
  assert_equal "references" "${lines[*]}" "shm:${name}b sem:$name"
  assert_equal "what stays" "$stderr" "ipcdel: kept shared memory '$name': it is in use by process $pid"
  expect 0 ipcdel -m --unused "shm:$name" "shm:${name}b" "sem:$name"
  assert_equal "what stays" "$stderr" "ipcdel: kept shared memory '$name': it is in use by process $pid"
  assert_equal "what is still there" "$(still "shm:$name" "shm:${name}b" "sem:$name")" "shm:$name sem:$name"
  expect 1 ipcdel --unused "shm:${name}b" "sem:$name"
  assert_message "ipcdel: cannot remove shared memory '${name}b': No such file or directory"
  expect 0 ipcdel --sysv - < <(printf '%s\n' "shm:$name" "shm:$key")
  assert_equal "what is still there" "$(still "shm:$name" "sem:$name" "shm:$key")" "shm:$name"
  expect 0 ipcdel --mine - </dev/null
  expect 0 ipcls "shm:$name"
}

@test "--unused and --orphaned leave what is held, and what nothing is known of" {
  local held
  # env: by a process that has ended, and not by a shell that has the tool as a builtin.
  env ipcnew --size 10 --sems 1 "shm:$name" "shm:${name}b" "shm:$key" "shm:$(key_at 1)" "mq:$key" "sem:$key" >/dev/null
  start_process map "/dev/shm$name"
  start_process attach "$(cell "shm:$key" ID)"
  held=$(still "shm:$name" "shm:$key" "mq:$key" "sem:$key")
  expect 0 ipcdel --unused "shm:$name" "shm:${name}b" "shm:$key" "shm:$(key_at 1)" "mq:$key" "sem:$key"
  assert_equal "what is still there" "$(still "shm:$name" "shm:${name}b" "shm:$key" "shm:$(key_at 1)" "mq:$key" "sem:$key")" "$held"
  expect 0 ipcdel --orphaned "shm:$name" "shm:$key" "mq:$key"
  expect 0 ipcdel --orphaned --name "$name*" -m
  assert_equal "what is still there" "$(still "shm:$name" "shm:$key" "mq:$key" "sem:$key")" "$held"
  expect 0 ipcdel --orphaned "sem:$key"
  expect 1 ipcls "sem:$key"
}

@test "--orphaned takes a queue that nobody has received from, but not its message" {
  local queue
  # env: by a process that has ended, and not by a shell that has the tool as a builtin.
  env mqsend --create "$key" x
  queue=$(still "mq:$key")
  expect 0 ipcdel --dry-run --orphaned "$queue"
  assert_equal "what would go" "$output" ""
  assert_message "kept message queue '${queue#mq:}': it holds 1 message"
  expect 0 ipcdel --orphaned --with-messages "$queue"
  expect 1 ipcls "$queue"
}

@test "a name with a newline goes, and the object whose reference is in it stays" {
  local victim planted
  victim=$(ipcnew -M 10)
  remember_id "$victim"
  planted=$name$'\n'$victim$'\n'
  ipcnew --size 10 "shm:$planted" "shm:${planted}b" >/dev/null
  expect 0 ipcdel -m --dry-run --name "$name*"
  assert_equal "lines" "${#lines[@]}" 2
  assert_equal "the first" "${lines[0]}" "'shm:$name\\n$victim\\n'"
  ipcdel -m --dry-run -0 --name "$name*" >"$tmp/refs"
  printf 'shm:%s\0' "$planted" "${planted}b" >"$tmp/wanted"
  assert_same_file "$tmp/refs" "$tmp/wanted"
  expect 0 ipcdel -m --name "$name*"
  assert_silent
  assert_equal "files" "$(find /dev/shm -name "${name#/}*")" ""
  expect 0 ipcls "$victim"
}

@test "what is no object stays, whatever its name" {
  mkdir "/dev/shm${name}directory" "/dev/shm/sem.${name#/}directory"
  mkfifo "/dev/shm${name}fifo"
  echo x >"$tmp/target"
  ln -s "$tmp/target" "/dev/shm${name}link"
  printf short >"/dev/shm/sem.${name#/}short"
  printf x >"/dev/shm/mb.${name#/}"
  "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "/dev/shm${name}socket"
  find /dev/shm -name "*${name#/}*" | sort >"$tmp/before"
  expect 0 ipcdel -ms --name "*${name#/}*"
  assert_silent
  expect 0 ipcdel -ms --mine --orphaned --name "*${name#/}*"
  find /dev/shm -name "*${name#/}*" | sort >"$tmp/after"
  assert_same_file "$tmp/before" "$tmp/after"
  [[ -e $tmp/target ]] || fail "the target of the link is gone"
}

@test "hundreds of objects go, and two ipcdel at once do not hinder each other" {
  local references=() i first
  for i in {100..399}; do references+=("shm:$name$i" "sem:$name$i"); done
  ipcnew --size 1 "${references[@]}" >/dev/null
  start ipcdel -ms --name "$name*" 2>"$tmp/first"
  first=$pid
  # The first one has semaphores open while it looks at them.
  start ipcdel -ms --quiet --unused --name "$name*" 2>"$tmp/second"
  finish 0 "$first"
  finish 0 "$pid"
  assert_equal "messages" "$(cat "$tmp/first" "$tmp/second")" ""
  assert_equal "objects" "$(count_objects)" 0
}

@test "two ipcdel at once remove System V objects without a complaint" {
  in_own_namespace '
    for i in {1..60}; do echo "shm:$i mq:$i sem:$i"; done | xargs ipcnew --size 1 >/dev/null
    ipcdel --mine 2>"$tmp/first" & first=$!
    ipcdel --quiet --orphaned --mine 2>"$tmp/second" & second=$!
    wait "$first"
    wait "$second"
    [[ ! -s $tmp/first && ! -s $tmp/second && -z $(ipcls --refs) ]] || fail "$(cat "$tmp/first" "$tmp/second"; ipcls --refs)"'
}

@test "others' objects are tried once, stay, and make it exit 1; --mine leaves them alone" {
  need_second_user
  ipcnew --size 10 --mode 666 "shm:$name" "sem:$name" >/dev/null
  "${other[@]}" ipcnew --size 10 "shm:${name}b" "sem:${name}b" >/dev/null
  expect 0 "${other[@]}" ipcdel -ms --mine --name "$name*"
  assert_silent
  assert_equal "what is still there" "$(still "shm:$name" "sem:$name" "shm:${name}b" "sem:${name}b")" "shm:$name sem:$name"
  "${other[@]}" ipcnew --size 10 "shm:${name}b" "sem:${name}b" >/dev/null
  expect 1 "${other[@]}" ipcdel -ms --name "$name*"
  assert_message "ipcdel: cannot remove shared memory '$name': Operation not permitted" \
    "ipcdel: cannot remove semaphore '$name': Operation not permitted"
  assert_equal "messages" "${#stderr_lines[@]}" 2
  assert_equal "what is still there" "$(still "shm:$name" "sem:$name" "shm:${name}b" "sem:${name}b")" "shm:$name sem:$name"
  expect 0 ipcdel -ms --owner 0 --name "$name*"
  assert_equal "what is still there" "$(still "shm:$name" "sem:$name")" ""
}

@test "without privilege others' objects whose processes cannot be seen are not removed as unused" {
  need_second_user
  ipcnew --size 10 "shm:$name" >/dev/null
  "${other[@]}" ipcnew --size 10 "shm:${name}b" >/dev/null
  expect 0 "${other[@]}" ipcdel -m --unused --name "$name*"
  assert_equal "what stays" "$stderr" \
    "ipcdel: kept shared memory '$name': whether it is in use is unknown, since not every process can be looked at"
  assert_equal "what is still there" "$(still "shm:$name" "shm:${name}b")" "shm:$name"
}

@test "a bad reference or filter removes nothing" {
  local bad
  ipcnew --size 10 "shm:$name" >/dev/null
  for bad in --owner=no-such-user --older-than=x --nonsense shm:@x shm:private mb:@1 "$name"; do
    expect 2 ipcdel -m --name "$name*" "$bad"
    assert_usage_error ipcdel
    expect 2 ipcdel --mine "shm:$name" "$bad"
    assert_usage_error ipcdel
  done
  expect 0 ipcls "shm:$name"
}
