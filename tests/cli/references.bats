# References that are none, or that name what must not be used; every message names the bad part.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

# Each tool that takes the name of shared memory says the same, as wrong usage.
assert_refused() {
  local reference=$1
  shift
  expect 2 shmput "$reference" </dev/null
  assert_usage_error shmput "$@"
  expect 2 shmget -w 0 "$reference"
  assert_usage_error shmget "$@"
}

# And those that need the kind.
assert_refused_with_kind() {
  local reference=$1
  shift
  expect 2 ipcls "$reference"
  assert_usage_error ipcls "$@"
  expect 2 ipcdel "$reference"
  assert_usage_error ipcdel "$@"
  expect 2 ipcnew --size 1 "$reference"
  assert_usage_error ipcnew "$@"
}

@test "a second slash is refused" {
  assert_refused /a/b "'/a/b'" "a name has one slash, at its beginning"
  assert_refused //a "'//a'" "a name has one slash"
  assert_refused /a/ "'/a/'" "a name has one slash"
  assert_refused_with_kind shm:/a/b "'shm:/a/b'" "a name has one slash, at its beginning"
}

@test "an empty name is refused" {
  assert_refused '' "''" "the name is empty"
  assert_refused / "'/'" "the name is empty"
  assert_refused shm: "'shm:'" "the name is empty"
  assert_refused_with_kind shm: "the name is empty"
  assert_refused_with_kind shm:/ "the name is empty"
  assert_refused_with_kind '' "does not name its kind"
}

@test "the names of directories and a name that is too long are refused" {
  assert_refused /. "'/.'"
  assert_refused /.. "'/..'"
  assert_refused "/$(printf '%0256d' 0)" "longer than 255 bytes"
}

@test "a word and a path into /dev/shm get a hint" {
  assert_refused frame "'frame'" "a name begins with '/'" "did you mean '/frame'?"
  assert_refused /dev/shm/frame "'/dev/shm/frame'" "did you mean '/frame'?"
  assert_refused_with_kind shm:frame "did you mean 'shm:/frame'?"
  assert_refused_with_kind shm:/dev/shm/frame "did you mean 'shm:/frame'?"
  assert_refused_with_kind /frame "'/frame'" "does not name its kind" "did you mean 'shm:/frame', 'mq:/frame', 'sem:/frame' or 'mb:/frame'?"
}

@test "a hint takes the kind from -m, -q and -s, and a number for an identifier or a key" {
  local tool
  for tool in ipcls ipcdel; do
    expect 2 "$tool" -s 2
    assert_usage_error "$tool" "did you mean the identifier 'sem:@2' or the key 'sem:2'?"
    expect 2 "$tool" -q /q
    assert_usage_error "$tool" "(did you mean 'mq:/q'?)"
    expect 2 "$tool" -mq @2
    assert_usage_error "$tool" "(did you mean 'shm:@2' or 'mq:@2'?)"
    expect 2 "$tool" @2
    assert_usage_error "$tool" "(did you mean 'shm:@2', 'mq:@2' or 'sem:@2'?)"
    expect 2 "$tool" 2
    assert_usage_error "$tool" "the identifier 'shm:@2', 'mq:@2' or 'sem:@2', or the key 'shm:2', 'mq:2' or 'sem:2'?"
  done
  expect 1 ipcdel -s - <<<"2"
  assert_message "did you mean the identifier 'sem:@2' or the key 'sem:2'?"
}

@test "a path gets a hint at its key and at the file, and one to an object at the object" {
  assert_refused /tmp/lock "did you mean the key of that path 'ftok:/tmp/lock' or that file 'file:/tmp/lock'?"
  expect 2 semop /tmp/lock -1
  assert_usage_error semop "did you mean the key of that path 'ftok:/tmp/lock' or that file 'file:/tmp/lock'?"
  expect 2 semop ./lock -1
  assert_usage_error semop "'ftok:./lock'" "'file:./lock'"
  expect 2 ipcdel /tmp/pipe
  assert_usage_error ipcdel "'shm:ftok:/tmp/pipe'" "'shm:file:/tmp/pipe' or 'sem:file:/tmp/pipe'" "that FIFO 'fifo:/tmp/pipe'"
  expect 2 ipcls /dev/mqueue/q
  assert_usage_error ipcls "(did you mean 'mq:/q'?)"
  expect 2 ipcdel /dev/shm/sem.lock
  assert_usage_error ipcdel "(did you mean 'sem:/lock'?)"
  expect 2 semop /dev/shm/sem.lock
  assert_usage_error semop "did you mean '/lock'?"
}

@test "the file of another kind of object is no hint at one of this kind" {
  assert_refused /dev/shm/sem.frame "its kind is 'sem', where 'shm' is wanted"
  assert_refused /dev/mqueue/frame "its kind is 'mq', where 'shm' is wanted"
  expect 2 mqsend /dev/shm/frame x
  assert_usage_error mqsend "its kind is 'shm', where 'mq' is wanted"
  [[ $stderr != *"did you mean"* ]] || fail "$stderr"
}

@test "keys are taken as C prints them, with a sign" {
  local high negative
  high=$(printf '0x%08x' $((key | 0x80000000)))
  negative=$((high - 4294967296))
  expect 0 ipcnew --size 10 "shm:$negative"
  remember_id "shm:@$(ipcls --raw --noheadings -o ID "shm:$high")"
  expect 0 shmget -l 0 -- "$negative"
  expect 0 ipcdel "shm:$negative"
  expect 1 ipcls "shm:$high"
}

@test "another kind is refused" {
  assert_refused mq:/x "'mq:/x'" "its kind is 'mq', where 'shm' is wanted"
  assert_refused sem:@1 "its kind is 'sem'"
  assert_refused mb:/x "its kind is 'mb'"
  assert_refused fifo:/x "its kind is 'fifo'"
  expect 2 ipcnew fifo:/x
  assert_usage_error ipcnew "cannot make FIFO '/x': mkfifo-pipe makes FIFOs"
  expect 2 mqsend sem:/x y
  assert_usage_error mqsend "its kind is 'sem', where 'mq' is wanted"
  expect 2 semop mq:/x
  assert_usage_error semop "its kind is 'mq', where 'sem' is wanted"
}

@test "the names of semaphores and mailboxes are refused" {
  assert_refused /sem.x "'/sem.x'" "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes"
  assert_refused /mb.x "'/mb.x'" "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes"
  assert_refused_with_kind shm:/sem.x "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes"
}

@test "keys that are none are refused" {
  assert_refused 0 "'0'" "a key cannot be 0" "'private'"
  assert_refused 0x0 "'0x0'" "a key cannot be 0"
  assert_refused 0x00000000 "a key cannot be 0"
  assert_refused 012 "'012'" "a decimal key has no leading zero"
  assert_refused 0x100000000 "a key has 32 bits"
  assert_refused 4294967296 "a key has 32 bits"
  assert_refused 99999999999999999999 "a key has 32 bits"
  assert_refused 0x "'0x'" "a key is 0x and hexadecimal digits"
  assert_refused 12a "'12a'" "a key is"
  assert_refused 0x12g "'0x12g'" "a key is"
  assert_refused '1 ' "'1 '" "a key is"
}

@test "identifiers that are none are refused" {
  local identifier
  for identifier in @x @ @-1 @+1 @0x1 '@1 ' @1x; do
    assert_refused "$identifier" "'$identifier'" "an identifier is '@' and decimal digits"
  done
  assert_refused @99999999999 "the identifier is too large"
}

@test "a project or path of ftok: that is none is refused" {
  assert_refused "ftok:$tmp:256" "a project is one character, or a number from 1 to 255"
  assert_refused "ftok:$tmp:0" "a project is one character"
  assert_refused "ftok:$tmp:ab" "a project is one character"
  assert_refused "ftok:$tmp:" "a project is one character"
  assert_refused ftok: "the path is empty"
  assert_refused ftok::a "the path is empty"
  assert_refused file: "the path is empty"
}

@test "sizes that are none are wrong usage" {
  expect 2 shmput --size 0 "$name" </dev/null
  assert_usage_error shmput "invalid size '0'" "it must be at least 1"
  expect 2 shmput --size 99999999999999999999 "$name" </dev/null
  assert_usage_error shmput "invalid size '99999999999999999999'" "too large"
  expect 2 shmput --size 16E "$name" </dev/null
  assert_usage_error shmput "invalid size '16E'" "too large"
  expect 2 shmput --size 5x "$name" </dev/null
  assert_usage_error shmput "invalid size '5x'" "unknown unit 'x'"
  assert_missing "$name"
}

@test "a name with a newline or an escape sequence is shown escaped in messages" {
  local odd=$name$'\n\e[31m'
  expect 1 shmget "$odd"
  assert_message "shmget: cannot open shared memory '$name\\n\\033[31m': No such file or directory"
  assert_equal "lines" "${#stderr_lines[@]}" 1
  expect 1 ipcdel "shm:$odd"
  assert_message "'$name\\n\\033[31m'"
  expect 1 ipcls "shm:$odd"
  assert_message "'$name\\n\\033[31m'"
  assert_refused $'/a\nb/c' "'/a\\nb/c'"
  expect 2 shmput $'--no\nsuch' "$name" </dev/null
  assert_usage_error shmput "unknown option"
  expect 1 shmput "$name" $'/no\nsuch' </dev/null
  assert_message "cannot open '/no\\nsuch'"
  assert_equal "lines" "${#stderr_lines[@]}" 1
}

@test "what one may not read or write is exit 1" {
  local reference
  become_ordinary
  for reference in "$name" "$key"; do
    expect 0 "${ordinary[@]}" shmput -m 000 "$reference" <<<x
    expect 1 "${ordinary[@]}" shmget "$reference"
    assert_message "cannot open shared memory '$reference'" "Permission denied"
    expect 1 "${ordinary[@]}" shmget -w 10 "$reference"
    assert_message "Permission denied"
    expect 1 "${ordinary[@]}" shmput "$reference" <<<y
    assert_message "cannot open shared memory '$reference'" "Permission denied"
    expect 1 "${ordinary[@]}" shmput -x "$reference" <<<y
  done
}

@test "an object that another user may have planted is refused, and --existing takes it" {
  local reference
  need_second_user
  for reference in "$name" "$key"; do
    # A third user, who is not root, meets it; root owns what everybody trusts.
    expect 0 "${other[@]}" shmput -m 666 "$reference" <<<planted
    expect 1 shmput "$reference" <<<secret
    assert_message "cannot use shared memory '$reference'" "Operation not permitted" "belongs to another user" "65534" \
      "--existing takes it"
    expect 1 setpriv --reuid=65533 --regid=65533 --clear-groups shmput "$reference" <<<secret
    assert_message "cannot use shared memory '$reference'" "belongs to another user"
    expect 0 shmget "$reference"
    assert_equal "content" "$output" planted
    expect 0 shmput --existing "$reference" <<<taken
    expect 0 shmget "$reference"
    assert_equal "content" "$output" taken
    expect 0 setpriv --reuid=65533 --regid=65533 --clear-groups shmput --existing "$reference" <<<again
  done
}

@test "root's object is trusted by everybody" {
  need_second_user
  expect 0 shmput -m 666 "$name" <<<x
  expect 0 shmput -m 666 "$key" <<<x
  expect 1 "${other[@]}" shmput "$name" <<<y
  assert_message "cannot keep the owner of shared memory '$name'" "hint: --in-place writes into the object itself"
  expect 0 "${other[@]}" shmput --in-place "$name" <<<y
  expect 0 "${other[@]}" shmput "$key" <<<y
}

@test "a symbolic link in /dev/shm is not followed" {
  echo precious >"$tmp/target"
  ln -s "$tmp/target" "/dev/shm$name"
  expect 1 shmget "$name"
  assert_message "cannot open shared memory '$name'" "a symbolic link is not followed in a sticky directory"
  for option in --progress=never --in-place --truncate --existing --size=10; do
    expect 1 shmput "$option" "$name" <<<x
    assert_message "cannot open shared memory '$name'" "a symbolic link is not followed in a sticky directory"
  done
  expect 1 shmput -x "$name" <<<x
  assert_equal "target" "$(cat "$tmp/target")" precious
  rm "$tmp/target"
  expect 1 shmput "$name" <<<x
  [[ ! -e $tmp/target ]] || fail "the target was made"
}

@test "a symbolic link to a mapped file is followed in a directory of one's own, and not in a sticky one" {
  mkdir "$tmp/own" "$tmp/sticky"
  chmod 1777 "$tmp/sticky"
  echo text >"$tmp/target"
  ln -s ../target "$tmp/own/link"
  ln -s ../target "$tmp/sticky/link"
  assert_content "file:$tmp/own/link" "$tmp/target"
  for option in --progress=never --in-place --replace; do
    expect 0 shmput "$option" "file:$tmp/own/link" <<<"more by $option"
    assert_equal "target" "$(cat "$tmp/target")" "more by $option"
    [[ -L $tmp/own/link ]] || fail "the link has been replaced"
  done
  echo more >"$tmp/target"
  expect 1 shmget "file:$tmp/sticky/link"
  assert_message "a symbolic link is not followed in a sticky directory"
  expect 1 shmput "file:$tmp/sticky/link" <<<x
  assert_equal "target" "$(cat "$tmp/target")" more
}

@test "a FIFO or a directory in /dev/shm is an error and never blocks" {
  # shellcheck disable=SC2034  # expect uses it
  limit=10
  mkfifo "/dev/shm$name"
  expect 1 shmget "$name"
  assert_message "cannot use shared memory '$name'" "it is not a regular file"
  expect 1 shmget -w 5 "$name"
  expect 1 shmput "$name" <<<x
  assert_message "shared memory '$name'"
  exec 8<>"/dev/shm$name" # a FIFO with a reader
  expect 1 shmput "$name" <<<x
  assert_message "cannot use shared memory '$name'" "it is not a regular file"
  exec 8>&-
  rm "/dev/shm$name"
  mkdir "/dev/shm$name"
  expect 1 shmget "$name"
  assert_message "cannot use shared memory '$name'" "it is not a regular file"
  expect 1 shmput "$name" <<<x
  assert_message "shared memory '$name'" "Is a directory"
  expect 1 shmget "file:/dev/null"
  assert_message "it is not a regular file"
}

@test "a directory that is missing is an error" {
  expect 1 shmput "file:$tmp/missing/file" <<<x
  assert_message "'file:$tmp/missing/file'" "No such file or directory"
}
