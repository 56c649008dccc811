# What goes in by shmput comes out by shmget, whatever it is and wherever it lies.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

sizes=(1 4095 4096 4097 65536 3145729)

# round_trip REF SIZE: as a user would check it, through pipes.
round_trip() {
  local reference=$1 size=$2 wanted actual
  rm -f "$tmp/wanted"
  head -c "$size" /dev/urandom | tee >(sha256sum >"$tmp/sum"; mv "$tmp/sum" "$tmp/wanted") | shmput "$reference" ||
    fail "shmput $reference of $size bytes failed"
  wait_until "the checksum of the input" test -e "$tmp/wanted"
  wanted=$(cat "$tmp/wanted")
  actual=$(shmget "$reference" | sha256sum)
  assert_equal "checksum of $size bytes in $reference" "$actual" "$wanted"
  actual=$(shmget --zero-copy "$reference" | sha256sum)
  assert_equal "checksum of $size bytes in $reference by --zero-copy" "$actual" "$wanted"
}

# round_trips REF: of all sizes, from a pipe and from a file, to a pipe and to a file; each time a new object.
round_trips() {
  local reference=$1 size
  for size in "${sizes[@]}"; do
    round_trip "$reference" "$size"
    ipcdel "shm:$reference"
    content "$tmp/input" "$size"
    shmput "$reference" "$tmp/input"
    assert_content "$reference" "$tmp/input"
    shmget --zero-copy "$reference" >"$tmp/output"
    assert_same_file "$tmp/output" "$tmp/input"
    ipcdel "shm:$reference"
    shmput "$reference" <"$tmp/input"
    assert_content "$reference" "$tmp/input"
    ipcdel "shm:$reference"
  done
}

@test "a POSIX object gives back what was put, from pipes and files, of every size" {
  round_trips "$name"
}

@test "a reference may name its kind" {
  round_trip "shm:$name" 5000
}

@test "a System V segment by key gives back what was put" {
  round_trips "$key"
}

@test "a System V key in decimal is the same key" {
  content "$tmp/input" 5000
  shmput "$key" <"$tmp/input"
  assert_content "$((key))" "$tmp/input"
}

@test "a System V key with the highest bit set gives back what was put" {
  local high
  high=$(printf '0x%08x' $((key | 0x80000000)))
  expect 1 ipcls "shm:$high" # nobody's
  content "$tmp/input" 5000
  remember_id "$(shmput --print-ref "$high" <"$tmp/input")"
  assert_content "$high" "$tmp/input"
}

@test "a segment by ftok: gives back what was put" {
  local reference
  reference=$(ftok_reference "$tmp/a file:with colons" a)
  round_trips "$reference"
}

@test "a mapped file gives back what was put" {
  round_trips "file:$tmp/mapped file"
}

@test "a mapped file may be given by a relative path" {
  cd "$tmp"
  round_trip file:mapped 5000
  [[ -f $tmp/mapped ]] || fail "no file $tmp/mapped"
}

@test "private makes a new segment every time and prints its reference" {
  local size first second
  for size in "${sizes[@]}"; do
    content "$tmp/input" "$size"
    # shellcheck disable=SC2002  # a pipe is wanted
    first=$(cat "$tmp/input" | shmput private)
    remember_id "$first"
    second=$(shmput private "$tmp/input")
    remember_id "$second"
    [[ $first =~ ^shm:@[0-9]+$ && $second =~ ^shm:@[0-9]+$ ]] || fail "no references: $first $second"
    [[ $first != "$second" ]] || fail "the same segment twice: $first"
    assert_content "$first" "$tmp/input"
    assert_content "$second" "$tmp/input"
    assert_content "${second#shm:}" "$tmp/input"
    ipcdel "$first" "$second"
  done
}

@test "no bytes make an empty POSIX object and an empty file" {
  local reference
  for reference in "$name" "file:$tmp/mapped"; do
    expect 0 shmput "$reference" </dev/null
    expect 0 shmget "$reference"
    assert_equal "content of $reference" "$output" ""
    expect 0 shmget --zero-copy "$reference"
    ipcdel "shm:$reference"
    true | shmput "$reference"
    assert_equal "size of $reference" "$(shmget "$reference" | wc -c)" 0
  done
}

@test "no bytes make no System V segment, and the message says why" {
  expect 1 shmput "$key" </dev/null
  assert_message "cannot create shared memory '$key'" "Invalid argument" "at least 1 byte"
  expect 1 shmput "$key" < <(true)
  expect 1 shmput private </dev/null
  assert_missing "$key"
}

@test "64 MiB go through a pipe, over an old object and through a System V segment" {
  local size=$((64 << 20))
  round_trip "$name" "$size"
  round_trip "$name" "$size"
  round_trip "$key" "$size"
}

@test "1 GiB goes through a pipe" {
  [[ -z $IPCUTILS_SANITIZED ]] || skip "too slow in a sanitized build"
  (($(df --output=avail -k /dev/shm | tail -1) > 1200 * 1024)) || skip "too little room in /dev/shm"
  (($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) > 2 << 20)) || skip "too little memory"
  head -c 1G /dev/urandom | tee >(sha256sum >"$tmp/sum"; mv "$tmp/sum" "$tmp/wanted") | shmput "$name"
  shmget "$name" | sha256sum >"$tmp/actual"
  wait_until "the checksum of the input" test -e "$tmp/wanted"
  assert_same_file "$tmp/actual" "$tmp/wanted"
}

@test "names of 255 bytes, with spaces, UTF-8 and a newline, are names" {
  local leaf reference
  leaf="${name#/} é ☃"$'\n'"x"
  for reference in "/$leaf" "$name$(printf '%0*d' $((256 - ${#name})) 0)"; do
    content "$tmp/input" 5000
    expect 0 shmput "$reference" "$tmp/input"
    assert_content "$reference" "$tmp/input"
    [[ -f /dev/shm$reference ]] || fail "no file /dev/shm$reference"
  done
}

@test "what is left of a file that was read in part goes in" {
  seq 1000 >"$tmp/input"
  {
    head -c 0 >/dev/null
    read -r _
    shmput "$name"
  } <"$tmp/input"
  tail -n +2 "$tmp/input" >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
}

@test "a file of /proc, which says it is empty, goes in whole" {
  cat /proc/version >"$tmp/wanted"
  expect 0 shmput "$name" /proc/version
  assert_content "$name" "$tmp/wanted"
  expect 0 shmput "$key" /proc/version
  assert_content "$key" "$tmp/wanted"
}

@test "standard input is the file -" {
  echo text >"$tmp/input"
  expect 0 shmput "$name" - <"$tmp/input"
  assert_content "$name" "$tmp/input"
}

# peak_of COMMAND [ARG]...: its peak memory in KiB.
peak_of() { "$python" "$partners/peak_memory.py" "$@"; }

@test "memory stays flat: 16 MiB at most beyond what a small object takes, and the mapping" {
  [[ -z ${IPCUTILS_SANITIZED:-} ]] || skip "sanitizers take memory of their own"
  local small large=65536
  small=$(echo x | peak_of shmput "$name")
  ((small + 16384 >= $(head -c "${large}K" /dev/zero | peak_of shmput "$name"))) || fail "shmput of a POSIX object"
  ((small + 16384 >= $(peak_of shmget "$name"))) || fail "shmget of a POSIX object"
  ((small + large + 16384 >= $(head -c "${large}K" /dev/zero | peak_of shmput "$key"))) || fail "shmput of a segment"
  ((small + large + 16384 >= $(peak_of shmget "$key"))) || fail "shmget of a segment"
}
