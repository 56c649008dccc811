# ftok(1) prints what ftok(3) returns.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

setup_file() { compile_partners ftok_key; }

@test "the key is that of the C library for every kind of file and project" {
  local path project wanted number
  mkdir "$tmp/directory"
  touch "$tmp/a file" "$tmp/-f"
  ln -s "a file" "$tmp/link"
  for path in "$tmp/directory" "$tmp/a file" "$tmp/link" / /dev/null /proc/version .; do
    for project in 1 7 65 255 a Z '~' ' ' : -; do
      number=$project
      [[ $project =~ ^[0-9]+$ ]] || printf -v number %d "'$project"
      wanted=$("$BATS_FILE_TMPDIR/ftok_key" "$path" "$number")
      expect 0 ftok -- "$path" "$project"
      assert_equal "key of '$path' '$project'" "$output" "$wanted"
      assert_silent
    done
  done
}

@test "the project is 1 unless it is given" {
  expect 0 ftok "$tmp"
  assert_equal "key" "$output" "$("$BATS_FILE_TMPDIR/ftok_key" "$tmp" 1)"
}

@test "it agrees with Python's view of the C library, in decimal too" {
  expect 0 ftok --decimal "$tmp" 200
  assert_equal "key" "$output" "$("$python" "$partners/ftok_key.py" "$tmp" 200)"
  expect 0 ftok -d "$tmp" a
  assert_equal "key" "$output" "$("$python" "$partners/ftok_key.py" "$tmp" 97)"
}

@test "shmput takes the printed key and the ftok: reference for the same" {
  local reference path
  reference=$(ftok_reference "$tmp/file" q)
  path=${reference#ftok:}
  path=${path%:q}
  expect 0 shmput "$reference" <<<x
  expect 0 shmget "$(ftok "$path" q)"
  assert_equal "content" "$output" x
  expect 0 shmget "$(ftok -d "$path" 113)"
  expect 0 shmget --remove "ftok:$path:113"
}

@test "a file that is missing is exit 1" {
  expect 1 ftok "$tmp/missing"
  assert_message "ftok: cannot make a key from '$tmp/missing': No such file or directory"
}

@test "a project that is none is wrong usage" {
  local project
  for project in 0 256 ab '' -1 00 99999999999; do
    expect 2 ftok -- "$tmp" "$project"
    assert_usage_error ftok "invalid project '$project'" "one character, or a number from 1 to 255"
  done
}

@test "too few and too many operands are wrong usage" {
  expect 2 ftok
  assert_usage_error ftok "missing operand PATH"
  expect 2 ftok a b c
  assert_usage_error ftok "unexpected operand 'c'"
  expect 2 ftok ''
  assert_usage_error ftok "path is empty"
}
