# The options of shmput(1), on objects of all APIs.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

octal_mode() { stat -c %a "$1"; }
segment_mode() { segments_of_block | awk '{ print $2 }'; }

@test "a new object is for its owner alone, whatever the umask" {
  umask 0
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  expect 0 shmput "file:$tmp/mapped" <<<x
  assert_equal "mode of $name" "$(octal_mode "/dev/shm$name")" 600
  assert_equal "mode of $key" "$(segment_mode)" 600
  assert_equal "mode of the file" "$(octal_mode "$tmp/mapped")" 600
}

@test "--mode gives octal and symbolic permissions, and the umask does not apply" {
  local mode
  umask 077
  local -A modes=([640]=640 [0666]=666 [u=rw,g=r,o=r]=644 [g+r]=640 [+r]=644 [a=rw]=666 [go=u]=666 [u-w]=400)
  for mode in "${!modes[@]}"; do
    expect 0 shmput -x -m "$mode" "$name" <<<x
    assert_equal "permissions for --mode $mode" "$(octal_mode "/dev/shm$name")" "${modes[$mode]}"
    expect 0 shmput -x --mode="$mode" "$key" <<<x
    assert_equal "permissions for --mode $mode" "$(segment_mode)" "${modes[$mode]}"
    rm "/dev/shm$name"
    ipcrm -M "$key"
  done
}

@test "--mode leaves an existing object's permissions as they are" {
  expect 0 shmput -m 640 "$name" <<<x
  expect 0 shmput -m 666 "$name" <<<y
  assert_equal "mode" "$(octal_mode "/dev/shm$name")" 640
}

@test "wrong modes are wrong usage" {
  local mode
  for mode in 1777 888 u+q 07777 '' -1 'u+s' '600 '; do
    expect 2 shmput --mode "$mode" "$name" </dev/null
    assert_usage_error shmput
  done
  assert_missing "$name"
}

@test "in place, and in a System V segment, content is written over and the rest is zeroed" {
  local reference inode option
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf 'a long old text' | shmput "$reference"
    inode=$(stat -c %i "/dev/shm$name")
    option=--in-place
    [[ $reference != "$key" ]] || option=--print-ref
    printf 'new' | shmput "$option" "$reference" >/dev/null
    printf 'new\0\0\0\0\0\0\0\0\0\0\0\0' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    assert_equal "inode" "$(stat -c %i "/dev/shm$name")" "$inode"
    printf 'file' >"$tmp/input"
    expect 0 shmput --existing "$reference" "$tmp/input"
    printf 'file\0\0\0\0\0\0\0\0\0\0\0' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
  done
}

@test "in place, an existing POSIX object or file grows as needed" {
  local reference
  content "$tmp/input" 100000
  for reference in "$name" "file:$tmp/mapped"; do
    expect 0 shmput "$reference" <<<x
    expect 0 shmput --in-place "$reference" "$tmp/input"
    assert_content "$reference" "$tmp/input"
    expect 0 shmput --truncate "$reference" <<<x
    # shellcheck disable=SC2002  # a pipe is wanted
    cat "$tmp/input" | shmput --in-place "$reference"
    assert_content "$reference" "$tmp/input"
  done
}

@test "--truncate shortens an existing object to what is written" {
  local reference
  for reference in "$name" "file:$tmp/mapped"; do
    content "$tmp/input" 100000
    expect 0 shmput "$reference" "$tmp/input"
    printf short >"$tmp/input"
    expect 0 shmput --truncate "$reference" "$tmp/input"
    assert_content "$reference" "$tmp/input"
    expect 0 shmput --truncate --size 8 "$reference" "$tmp/input"
    printf 'short\0\0\0' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    expect 0 shmput --truncate --offset 2 "$reference" <<<x
    printf 'shx\n' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
  done
}

@test "--truncate and --replace of a System V segment are wrong usage" {
  expect 2 shmput --truncate "$key" </dev/null
  assert_usage_error shmput "--truncate is for POSIX objects and files"
  expect 2 shmput --replace "$key" </dev/null
  assert_usage_error shmput "--replace is for POSIX objects and files"
}

@test "--offset writes there and leaves the rest alone" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf 0123456789 | shmput "$reference"
    printf ab | shmput --offset 3 "$reference"
    printf 012ab56789 >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    printf XY >"$tmp/input"
    expect 0 shmput -o 8 "$reference" "$tmp/input"
    printf 012ab567XY >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    expect 0 shmput -o 10 "$reference" </dev/null
    assert_content "$reference" "$tmp/wanted"
  done
}

@test "--offset behind the end of a POSIX object fills the gap with zeros" {
  printf 0123 | shmput "$name"
  printf ab | shmput --offset 6 "$name"
  printf '0123\0\0ab' >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
}

@test "--offset in a new object leaves zeros before" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf ab | shmput -o 4K "$reference"
    { head -c 4096 /dev/zero && printf ab; } >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
  done
}

@test "--offset is for sizes that exist" {
  expect 2 shmput --offset 20 --size 10 "$name" </dev/null
  assert_usage_error shmput "--offset lies behind --size"
  expect 2 shmput --offset 18446744073709551615 "$name" </dev/null
  assert_usage_error shmput "offset is too large"
  expect 2 shmput --offset -1 "$name" </dev/null
  assert_usage_error shmput "invalid size '-1'"
  assert_missing "$name"
}

@test "--size is the size of a new object, and the least of an existing one" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf ab | shmput --size 8 "$reference"
    printf 'ab\0\0\0\0\0\0' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    printf cd | shmput --size 4 "$reference"
    printf 'cd\0\0\0\0\0\0' >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
  done
  expect 0 shmput --size 1KiB "$name" <<<x
  assert_equal "size" "$(stat -c %s "/dev/shm$name")" 1024
  expect 0 shmput --size 2KB "$name" <<<x
  assert_equal "size" "$(stat -c %s "/dev/shm$name")" 2000
  expect 1 shmput --size 9 "$key" <<<x
  assert_message "cannot reserve 9 bytes for shared memory '$key'" "the segment has 8 bytes and cannot grow"
}

@test "more input than --size of a new object makes none" {
  local reference
  content "$tmp/input" 101
  for reference in "$name" "$key"; do
    expect 1 shmput --size 100 "$reference" "$tmp/input"
    assert_message "cannot write shared memory '$reference'" "the input has 101 bytes, and there is room for 100"
    expect 1 shmput --size 100 "$reference" < <(cat "$tmp/input")
    assert_message "cannot write shared memory '$reference'" "there is room for 100 bytes, and the input has more"
    assert_missing "$reference"
  done
}

@test "--exclusive fails for an object that exists and makes one that does not" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    echo old >"$tmp/wanted"
    expect 0 shmput --exclusive "$reference" "$tmp/wanted"
    expect 1 shmput -x "$reference" <<<new
    assert_message "cannot create shared memory" "File exists"
    assert_content "$reference" "$tmp/wanted"
  done
}

@test "--exclusive lets one of many win" {
  local i pids=() winners=0 reference
  for reference in "$name" "$key"; do
    pids=()
    winners=0
    for i in {1..20}; do
      shmput -x "$reference" <<<"$i" 2>"$tmp/messages" 3>&- 4>&- &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" && winners=$((winners + 1)); done
    assert_equal "how many made $reference" "$winners" 1
  done
}

@test "--existing fails where there is nothing, and makes nothing" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    expect 1 shmput --existing "$reference" <<<x
    assert_message "cannot open shared memory" "No such file or directory"
    expect 1 shmget "$reference"
    expect 0 shmput "$reference" <<<old
    expect 0 shmput --existing "$reference" <<<new
    echo new >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
  done
  expect 1 shmput --existing --replace "${name}b" <<<x
  assert_missing "${name}b"
}

@test "--existing and private exclude each other" {
  run --separate-stderr shmput --existing private <<<x
  [[ -z $output ]] || remember_id "$output"
  [[ $status != 0 ]] || fail "a new segment was made: $output"
}

@test "options that exclude each other are wrong usage" {
  expect 2 shmput --existing --exclusive "$name" </dev/null
  assert_usage_error shmput "--existing and --exclusive exclude each other"
  expect 2 shmput --replace -x "$name" </dev/null
  assert_usage_error shmput "--replace and --exclusive exclude each other"
  expect 2 shmput --replace --offset 1 "$name" </dev/null
  assert_usage_error shmput "--replace and --offset exclude each other"
  expect 2 shmput --replace --in-place "$name" </dev/null
  assert_usage_error shmput "--replace and --in-place exclude each other"
  expect 2 shmput --replace --truncate "$name" </dev/null
  assert_usage_error shmput "--replace and --truncate exclude each other"
}

@test "--print-ref prints the canonical reference, and nothing else does but private" {
  expect 0 shmput "$name" <<<x
  assert_equal "output" "$output" ""
  expect 0 shmput --print-ref "$name" <<<x
  assert_equal "output" "$output" "shm:$name"
  expect 0 shmput --print-ref "file:$tmp/mapped" <<<x
  assert_equal "output" "$output" "shm:file:$tmp/mapped"
  expect 0 shmput --print-ref "$key" <<<x
  assert_equal "output" "$output" "shm:@$(ipcs -m | awk -v key="$key" '$1 == key { print $2 }')"
}

@test "a private segment whose reference cannot be printed does not stay" {
  start bash -c 'exec shmput private <<<x >/dev/full 2>/dev/null'
  finish 1 "$pid"
  segments_made_by "$pid" >>"$tmp/ids"
  assert_equal "segments of a failed shmput" "$(cat "$tmp/ids")" ""
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  exec 9>"$tmp/output" 8>&-
  start shmput private <<<x >&9
  exec 9>&-
  finish 141 "$pid"
  segments_made_by "$pid" >>"$tmp/ids"
  assert_equal "segments of a shmput that nobody reads" "$(cat "$tmp/ids")" ""
}

@test "known input that is too large for a segment is refused, and nothing has changed" {
  printf 0123456789 >"$tmp/wanted"
  expect 0 shmput "$key" "$tmp/wanted"
  content "$tmp/input" 11
  expect 1 shmput "$key" "$tmp/input"
  assert_message "'$key'" "the segment has 10 bytes and cannot grow"
  expect 1 shmput "$key" <"$tmp/input"
  expect 1 shmput --offset 5 "$key" <<<567890
  expect 1 shmput --offset 11 "$key" </dev/null
  assert_content "$key" "$tmp/wanted"
}

@test "a pipe that is too large for a segment is written as it comes, and the message counts the bytes replaced" {
  printf 0123456789 | shmput "$key"
  expect 1 shmput "$key" < <(printf abcdefghijk)
  assert_message "cannot write shared memory '$key'" "room for 10 bytes" "10 bytes have been replaced"
  printf abcdefghij >"$tmp/wanted"
  assert_content "$key" "$tmp/wanted"
  expect 1 shmput --offset 7 "$key" < <(printf 1234)
  assert_message "room for 3 bytes" "3 bytes have been replaced"
  printf abcdefg123 >"$tmp/wanted"
  assert_content "$key" "$tmp/wanted"
}

@test "a pipe into a new segment is spooled in TMPDIR, and nothing stays there" {
  mkdir "$tmp/spool"
  seq 10000 >"$tmp/wanted"
  seq 10000 | TMPDIR=$tmp/spool shmput "$key"
  assert_content "$key" "$tmp/wanted"
  assert_equal "files in TMPDIR" "$(ls -A "$tmp/spool")" ""
  TMPDIR=$tmp/nowhere expect 1 shmput "$(key_at 1)" < <(seq 9)
  assert_message "cannot make a temporary file" "'$tmp/nowhere'" "No such file or directory"
}

@test "an input that cannot be read makes nothing" {
  expect 1 shmput "$name" "$tmp/missing"
  assert_message "cannot open '$tmp/missing'" "No such file or directory"
  expect 1 shmput "$name" "$tmp"
  assert_message "cannot read '$tmp'" "Is a directory"
  expect 1 "${without_stdin[@]}" shmput "$name"
  assert_message "cannot read standard input" "Bad file descriptor"
  expect 1 "${without_stdin[@]}" shmput "$key"
  assert_message "Bad file descriptor"
  assert_missing "$name"
  assert_missing "$key"
}

@test "an input that cannot be read leaves an existing object as it was" {
  echo old >"$tmp/wanted"
  expect 0 shmput "$name" "$tmp/wanted"
  expect 1 shmput "$name" "$tmp/missing"
  expect 1 shmput "$name" "$tmp"
  expect 1 "${without_stdin[@]}" shmput "$name"
  expect 1 "${without_stdin[@]}" shmput --in-place "$name"
  expect 1 "${without_stdin[@]}" shmput --truncate "$name"
  expect 1 "${without_stdin[@]}" shmput --replace "$name"
  assert_content "$name" "$tmp/wanted"
  assert_no_hidden_names
}

@test "an object that is removed while it is written over is exit 1" {
  local reference
  for reference in "$name" "$key" "file:$tmp/mapped"; do
    printf 0123456789 | shmput "$reference"
    start_fed shmput --in-place "$reference" 2>"$tmp/messages"
    printf abc >&7
    wait_until "shmput has begun" begins_with "$reference" abc
    ipcdel "shm:$reference"
    exec 7>&-
    finish 1 "$pid"
    grep -F "cannot write shared memory '$reference': it was removed meanwhile" "$tmp/messages" || fail "$(<"$tmp/messages")"
  done
}

begins_with() { [[ $(shmget -l "${#2}" "$1") == "$2" ]]; }

@test "a System V segment that is removed before it is complete is exit 1" {
  start_fed shmput --size 100 "$key" 2>"$tmp/messages"
  wait_until "shmput has begun" is_filling_segment
  ipcrm -M "$key"
  exec 7>&-
  finish 1 "$pid"
  grep -F "'$key': Identifier removed" "$tmp/messages" || fail "$(<"$tmp/messages")"
}
