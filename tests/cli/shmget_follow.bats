# shmget --follow: versions of an object, each complete, as somebody replaces or writes it.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers

# start_following ARG...: in the background; what it writes goes to $tmp/seen, with NULs as '|' in seen().
start_following() {
  : >"$tmp/seen"
  start shmget --follow --null "$@" >"$tmp/seen"
}
seen() { tr '\0' '|' <"$tmp/seen"; }
has_seen() { [[ $(seen) == "$1" ]]; }
has_seen_last() { [[ $(seen) == *"$1|" ]]; }

# Each version is the numbers up to 2000 between two lines with its own number.
numbered_version() { seq -s ' ' 2000 | sed "1s/.*/$1\n&\n$1/"; }

ends_with_version() { [[ $(tail -c 5 "$2" | tr '\0' '|') == $'\n'"$1"$'\n|' ]]; }

@test "each content that takes the place of the last one is written once, until the object is removed" {
  local reference
  for reference in "$name" "file:$tmp/mapped"; do
    printf one | shmput "$reference"
    start_following "$reference"
    wait_until "the first version" has_seen "one|"
    printf 'number two' | shmput "$reference"
    wait_until "the second version" has_seen "one|number two|"
    shmput "$reference" </dev/null
    wait_until "an empty version" has_seen "one|number two||"
    chmod 644 "/dev/shm$name" "$tmp/mapped" 2>/dev/null || true
    printf 'number two' | shmput "$reference"
    wait_until "the second version again" has_seen "one|number two||number two|"
    ipcdel "shm:$reference"
    finish 0 "$pid"
    assert_equal "what was seen" "$(seen)" "one|number two||number two|"
  done
}

@test "what is written into the object itself is written, and what is announced by its time" {
  printf 'a first text' >"/dev/shm$name"
  start_following "$name"
  wait_until "the first version" has_seen_last "a first text"
  printf short | shmput --in-place --truncate "$name"
  wait_until "a shorter version" has_seen_last "short"
  printf LONGER >"/dev/shm$name"
  wait_until "a version of the shell" has_seen_last "LONGER"
  printf !! >>"/dev/shm$name"
  wait_until "an addition" has_seen_last "LONGER!!"
  printf x | shmput --offset 3 "$name"
  wait_until "one other byte" has_seen_last "LONxER!!"
  : >"$tmp/seen"
  touch "/dev/shm$name"
  wait_until "the same again" has_seen_last "LONxER!!"
  rm "/dev/shm$name"
  finish 0 "$pid"
}

@test "a link to a file is followed to the file that takes its place" {
  printf one >"$tmp/target"
  ln -s target "$tmp/link"
  start_following --count 2 "file:$tmp/link"
  wait_until "the first version" has_seen "one|"
  printf two | shmput "file:$tmp/link"
  finish 0 "$pid"
  assert_equal "what was seen" "$(seen)" "one|two|"
}

@test "every watcher of a busy producer sees complete versions, in order, and the last one" {
  local i watcher watchers=()
  numbered_version 0 | shmput "$name"
  for i in 1 2 3; do
    start shmget -f -0 "$name" >"$tmp/seen.$i"
    watchers+=("$pid")
  done
  for i in {1..30}; do numbered_version "$i" | shmput "$name"; done
  for i in 1 2 3; do
    wait_until "watcher $i sees the last version" ends_with_version 30 "$tmp/seen.$i"
  done
  ipcdel "shm:$name"
  for watcher in "${watchers[@]}"; do finish 0 "$watcher"; done
  for i in 1 2 3; do
    expect 0 "$python" -c '
import sys
text = " ".join(map(str, range(1, 2001)))
versions = open(sys.argv[1]).read().split("\0")
assert versions.pop() == "", "the last version does not end"
last = -1
for version in versions:
    number = int(version.split("\n", 1)[0])
    assert version == f"{number}\n{text}\n{number}\n", f"version {number} is not complete"
    assert number > last, f"version {number} comes after {last}"
    last = number
' "$tmp/seen.$i"
  done
}

@test "a watcher whose reader is slow skips versions and mixes none" {
  local i size
  for size in 10 3000000; do # less and more than a pipe holds
    for i in 1 2 3; do content "$tmp/version.$i" "$size"; done
    shmput "$name" "$tmp/version.1"
    rm -f "$tmp/output"
    mkfifo "$tmp/output"
    exec 8<>"$tmp/output"
    start shmget -f -0 -n 2 "$name" >"$tmp/output"
    head -c 1 <&8 >"$tmp/seen" # it has begun to write the first one, and writes no other before that is read
    shmput "$name" "$tmp/version.2"
    shmput --in-place --truncate "$name" "$tmp/version.3"
    timeout -s KILL "$limit" head -c $((2 * size + 1)) <&8 >>"$tmp/seen"
    finish 0 "$pid"
    exec 8>&-
    { cat "$tmp/version.1" && printf '\0' && cat "$tmp/version.3" && printf '\0'; } >"$tmp/wanted"
    assert_same_file "$tmp/seen" "$tmp/wanted"
  done
}

@test "--count ends it, and the other options choose the piece of every version" {
  printf 'text\0more' | shmput "$name"
  expect 0 shmget -f -n 1 -o 1 -l 3 "$name"
  assert_equal "a piece" "$output" ext
  expect 0 shmget --follow --count=1 -z "$name"
  assert_equal "up to the NUL" "$output" text
  expect 1 shmget -f -n 1 -o 10 "$name"
  assert_message "cannot read shared memory '$name'" "it ends at 9, before the offset 10"
  expect 1 "${into_full[@]}" shmget -f "$name"
  assert_message "cannot write standard output" "No space left on device"
}

@test "--timeout bounds the wait for the object and each wait for a change" {
  expect 1 shmget -f "$name"
  assert_message "cannot open shared memory '$name': No such file or directory"
  expect 124 shmget -f -w 0.01 "$name"
  assert_message "no shared memory '$name' within the time allowed"
  start_following -n 1 -w 60 "$name"
  printf x | shmput "$name"
  finish 0 "$pid"
  for option in --nonblock '-w 0' '-w 10ms'; do
    # shellcheck disable=SC2086  # an option and its argument
    expect 124 shmget -f $option "$name"
    assert_message "shared memory '$name' not changed within the time allowed"
    assert_equal "the version that is there" "$output" x
  done
  expect 124 shmget -f -w 0 -q "$name"
  assert_silent
}

@test "a reader that goes while nothing changes ends it by SIGPIPE" {
  local statuses
  printf text | shmput "$name"
  timeout -s KILL "$limit" shmget -f "$name" 2>"$tmp/messages" | head -c 1 >"$tmp/output" && statuses=("${PIPESTATUS[@]}")
  assert_equal "exit status" "${statuses[0]}" 141
  assert_equal "messages" "$(<"$tmp/messages")" ""
}

@test "what cannot be followed, and options that do not go together, are wrong usage" {
  local arguments
  expect 2 shmget -f "$key"
  assert_usage_error shmget "--follow is for POSIX objects and files"
  for arguments in "-f --zero-copy" "-f --remove" "-f --progress" "-n 1" "-0" "-f -n 0" "-f -n x"; do
    # shellcheck disable=SC2086  # several options
    expect 2 shmget $arguments "$name"
    assert_usage_error shmget
  done
}
