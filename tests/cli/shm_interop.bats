# Shared memory of programs that know nothing of ipcutils.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

setup_file() { compile_partners segment; }

segment() { "$BATS_FILE_TMPDIR/segment" "$@"; }

@test "shmget reads what Python's multiprocessing.shared_memory has made" {
  content "$tmp/input" 100000
  "$python" "$partners/python_shm.py" create "${name#/}" shmget "$name" <"$tmp/input" >"$tmp/output"
  assert_same_file "$tmp/output" "$tmp/input"
}

@test "Python's multiprocessing.shared_memory reads and writes what shmput has made" {
  content "$tmp/input" 100000
  expect 0 shmput "$name" "$tmp/input"
  "$python" "$partners/python_shm.py" read "${name#/}" 100000 >"$tmp/output"
  assert_same_file "$tmp/output" "$tmp/input"
  content "$tmp/input" 100000
  "$python" "$partners/python_shm.py" write "${name#/}" <"$tmp/input"
  assert_content "$name" "$tmp/input"
}

@test "shmput writes into what Python has mapped, and Python sees it" {
  # shellcheck disable=SC2016  # for the inner shell
  printf 'old text' | "$python" "$partners/python_shm.py" create "${name#/}" \
    bash -c 'printf "new text" | shmput --in-place "$1" && "$2" "$3" read "${1#/}" 8 >"$4"' \
    bash "$name" "$python" "$partners/python_shm.py" "$tmp/output"
  assert_equal "what Python saw" "$(cat "$tmp/output")" "new text"
}

@test "a segment of a C program is read by shmget and written by shmput, by key and by identifier" {
  local id reference
  content "$tmp/input" 10000
  id=$(segment make "$key" 10000 <"$tmp/input")
  for reference in "$key" "@$id" "shm:@$id"; do
    assert_content "$reference" "$tmp/input"
    content "$tmp/input" 10000
    expect 0 shmput "$reference" "$tmp/input"
    segment read "$id" >"$tmp/output"
    assert_same_file "$tmp/output" "$tmp/input"
  done
  expect 0 shmput --print-ref "$key" "$tmp/input"
  assert_equal "reference" "$output" "shm:@$id"
}

@test "a C program reads the segment that shmput has made" {
  local reference
  content "$tmp/input" 10000
  reference=$(shmput private "$tmp/input")
  remember_id "$reference"
  segment read "${reference#shm:@}" >"$tmp/output"
  assert_same_file "$tmp/output" "$tmp/input"
}

@test "a segment that C programs have attached is read, written and removed" {
  local id
  id=$(segment make "$key" 4 <<<old)
  start_fed "$BATS_FILE_TMPDIR/segment" hold "$id" >"$tmp/output"
  wait_until "the segment is attached" test -s "$tmp/output"
  expect 0 shmput "$key" <<<new
  expect 0 shmget --remove "$key"
  assert_equal "content" "$output" new
  assert_missing "$key"
  expect 0 shmget "@$id" # it is there until the other one detaches it
  exec 7>&-
  finish 0 "$pid"
  expect 1 shmget "@$id"
}

@test "a mapped file is an ordinary file" {
  echo text >"$tmp/mapped"
  assert_content "file:$tmp/mapped" "$tmp/mapped"
  expect 0 shmput "file:$tmp/mapped" <<<more
  assert_equal "content" "$(cat "$tmp/mapped")" more
}

@test "shared memory passes from user to user by its mode" {
  need_second_user
  expect 0 shmput -m 644 "$name" <<<x
  expect 0 "${other[@]}" shmget "$name"
  expect 0 shmput -m 644 "$key" <<<x
  expect 0 "${other[@]}" shmget "$key"
  expect 1 "${other[@]}" shmput "$name" <<<y
  assert_message "cannot open shared memory '$name'" "Permission denied"
  expect 1 "${other[@]}" shmput "$key" <<<y
  assert_message "cannot open shared memory '$key'" "Permission denied"
}
