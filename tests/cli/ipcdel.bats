# ipcdel(1) removes the objects it is told to remove, and nothing else.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

@test "objects of every API go, by every form of reference" {
  local id reference
  reference=$(ftok_reference "$tmp/file")
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  expect 0 shmput "$reference" <<<x
  expect 0 shmput "file:$tmp/mapped" <<<x
  id=$(shmput private <<<x)
  remember_id "$id"
  expect 0 ipcdel "shm:$name" "shm:$key" "shm:$reference" "shm:file:$tmp/mapped" "$id"
  assert_equal "output" "$output" ""
  assert_silent
  for reference in "$name" "$key" "$reference" "$id" "file:$tmp/mapped"; do expect 1 shmget "$reference"; done
}

@test "a missing object is exit 1, the others go, and --force makes it no error" {
  expect 0 shmput "$name" <<<x
  expect 1 ipcdel "shm:${name}missing" "shm:$name" "shm:$key"
  assert_message "ipcdel: cannot remove shared memory '${name}missing': No such file or directory" \
    "ipcdel: cannot remove shared memory '$key': No such file or directory"
  assert_missing "$name"
  expect 0 ipcdel --force "shm:$name" "shm:$key" shm:@2147483647 "shm:file:$tmp/missing"
  assert_silent
}

@test "everything is parsed before anything is removed" {
  local bad
  expect 0 shmput "$name" <<<x
  for bad in shm:@x shm:0 shm:/a/b "$name" shm: shm:private mq:private mb:@1 '' --nonsense; do
    expect 2 ipcdel "shm:$name" "$bad"
    assert_usage_error ipcdel
    expect 2 ipcdel "shm:$name" "$bad" --force
    expect 1 ipcdel - < <(printf '%s\n' "shm:$name" "$bad")
    expect 1 ipcdel - -0 < <(printf '%s\0' "shm:$name" "$bad")
    expect 0 shmget "$name"
  done
}

@test "- takes references from standard input, one a line or NUL-terminated, also without the last terminator" {
  local text
  for text in "shm:$name\nshm:${name}b\n" "shm:$name\nshm:${name}b"; do
    expect 0 shmput "$name" <<<x
    expect 0 shmput "${name}b" <<<x
    # shellcheck disable=SC2059  # the text is a format
    expect 0 ipcdel - < <(printf "$text")
    assert_missing "$name"
    assert_missing "${name}b"
    expect 0 shmput "$name" <<<x
    expect 0 shmput "${name}b" <<<x
    # shellcheck disable=SC2059
    expect 0 ipcdel --null - < <(printf "${text//\\n/\\0}")
    assert_missing "$name"
    assert_missing "${name}b"
  done
  expect 0 ipcdel - </dev/null
  expect 0 shmput "$name" <<<x
  expect 0 shmput "${name}b" <<<x
  expect 0 ipcdel "shm:$name" - <<<"shm:${name}b"
  assert_missing "$name"
  assert_missing "${name}b"
}

@test "what ipcls --refs prints ipcdel takes, and -0 carries names with newlines" {
  local odd=$name$'\nodd'
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$odd" <<<x
  expect 0 shmput "$key" <<<x
  ipcls --refs -0 "shm:$name" "shm:$odd" "shm:$key" | ipcdel -0 -
  assert_missing "$name"
  assert_missing "$key"
  [[ ! -e /dev/shm$odd ]] || fail "the odd name is still there"
}

@test "a name with a newline never makes it remove another object" {
  local victim planted
  victim=$(shmput private <<<x)
  remember_id "$victim"
  planted=$name$'\n'$victim
  expect 0 shmput "$planted" <<<x
  ipcls --refs | { grep -F "${name#/}" || true; } >"$tmp/refs"
  ipcls --refs "shm:$planted" >>"$tmp/refs"
  expect 0 ipcdel - <"$tmp/refs"
  expect 0 shmget "$victim"
  expect 0 ipcdel --dry-run "shm:$planted"
  assert_equal "lines" "${#lines[@]}" 1
  expect 0 ipcdel "shm:$planted"
  expect 0 shmget "$victim"
}

@test "--dry-run prints canonical references and removes nothing" {
  local id
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  id=$(ipcls -r --noheadings -o REF "shm:$key")
  expect 1 ipcdel --dry-run "shm:$name" "shm:${name}missing" "shm:$key"
  assert_equal "references" "$output" "shm:$name"$'\n'"$id"
  assert_message "cannot remove shared memory '${name}missing': No such file or directory"
  expect 0 ipcdel --dry-run --force "shm:${name}missing"
  assert_equal "references" "$output" ""
  ipcdel --dry-run -0 "shm:$name" "shm:$key" >"$tmp/refs"
  printf '%s\0' "shm:$name" "$id" >"$tmp/wanted"
  assert_same_file "$tmp/refs" "$tmp/wanted"
  expect 0 shmget "$name"
  expect 0 shmget "$key"
}

@test "directories, FIFOs, symbolic links and sockets in /dev/shm stay" {
  local thing
  mkdir "/dev/shm${name}directory"
  mkfifo "/dev/shm${name}fifo"
  echo x >"$tmp/target"
  ln -s "$tmp/target" "/dev/shm${name}link"
  "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "/dev/shm${name}socket"
  for thing in directory fifo link socket; do
    expect 1 ipcdel "shm:$name$thing"
    assert_message "cannot remove shared memory '$name$thing'" "not a regular file"
    expect 1 ipcdel --force "shm:$name$thing"
    expect 1 ipcdel --dry-run "shm:$name$thing"
    [[ -e /dev/shm$name$thing ]] || fail "the $thing is gone"
  done
  [[ -e $tmp/target ]] || fail "the target of the link is gone"
}

@test "names of semaphores and mailboxes are not shared memory's" {
  local leaf=sem.${name#/}
  expect 2 ipcdel "shm:/$leaf"
  assert_usage_error ipcdel "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes"
}

@test "an attached segment goes when it is detached, and an object in use loses its name" {
  head -c 8M /dev/zero >"$tmp/wanted"
  expect 0 shmput "$name" "$tmp/wanted"
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  start shmget "$name" >"$tmp/output"
  exec 9<"$tmp/output" 8>&-
  head -c 1 <&9 >"$tmp/seen"
  expect 0 ipcdel "shm:$name"
  assert_missing "$name"
  cat <&9 >>"$tmp/seen"
  exec 9<&-
  finish 0 "$pid"
  assert_same_file "$tmp/seen" "$tmp/wanted"
}

@test "nothing to remove is wrong usage" {
  expect 2 ipcdel
  assert_usage_error ipcdel "nothing to remove: neither a reference nor a filter is given"
  expect 2 ipcdel --force
  assert_usage_error ipcdel "nothing to remove"
}

@test "another user's object is not removed" {
  become_ordinary
  ((EUID == 0)) || skip "only root can act as a second user"
  expect 0 shmput -m 666 "$name" <<<x
  expect 0 shmput -m 666 "$key" <<<x
  expect 1 "${ordinary[@]}" ipcdel "shm:$name" "shm:$key"
  assert_message "cannot remove shared memory '$name': Operation not permitted" \
    "cannot remove shared memory '$key': Operation not permitted"
  expect 0 shmget "$name"
  expect 0 shmget "$key"
}

@test "message queues and semaphores of both APIs go, and nobody can open them any more" {
  local reference
  mqsend --create "$name" x
  mqsend --create "$key" x
  semop --create "$name" >/dev/null
  semop --create "$key" >/dev/null
  expect 0 ipcdel --dry-run "mq:$name" "sem:$name" "mq:$key" "sem:$key"
  assert_equal "references" "${lines[*]%@*}" "mq:$name sem:$name mq: sem:"
  expect 0 ipcdel "mq:$name" "sem:$name" "mq:$key" "sem:$key"
  assert_silent
  for reference in "$name" "$key"; do
    expect 1 mqrecv --nonblock "$reference"
    assert_message "cannot open message queue '$reference': No such file or directory"
    expect 1 semop "$reference"
    assert_message "cannot open semaphore '$reference': No such file or directory"
  done
  expect 1 ipcdel "mq:$name" "sem:$key"
  assert_message "cannot remove message queue '$name': No such file or directory" \
    "cannot remove semaphore '$key': No such file or directory"
  expect 0 ipcdel --force "mq:$name" "sem:$key"
}

@test "what has a semaphore's name and is no file stays" {
  mkdir "/dev/shm/sem.${name#/}"
  expect 1 ipcdel "sem:$name"
  assert_message "cannot remove semaphore '$name'" "not a regular file"
  rmdir "/dev/shm/sem.${name#/}"
}

@test "a FIFO is removed by its path, and nothing in its place" {
  mkfifo-pipe "$tmp/pipe"
  echo text >"$tmp/file"
  ln -s "$tmp/pipe" "$tmp/link"
  for other in file link; do
    expect 1 ipcdel "fifo:$tmp/$other"
    assert_message "'$tmp/$other': it is "
  done
  expect 1 ipcdel "shm:file:$tmp/pipe"
  [[ -p $tmp/pipe && -e $tmp/file && -L $tmp/link ]] || fail "$(ls -l "$tmp")"
  expect 0 ipcdel --dry-run "fifo:$tmp/pipe"
  assert_equal "what would go" "$output" "fifo:$tmp/pipe"
  expect 0 ipcdel "fifo:$tmp/pipe"
  [[ ! -e $tmp/pipe ]] || fail "it is still there"
  expect 1 ipcdel "fifo:$tmp/pipe"
  expect 0 ipcdel --force "fifo:$tmp/pipe"
}
