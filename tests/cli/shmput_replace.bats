# What shmput replaces, with --replace or without: a reader sees the old object or the new one.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

setup_file() { compile_partners snapshot_reader; }

# make_generation NUMBER FILE: one 32-bit number over and over, as snapshot_reader checks it.
make_generation() {
  "$python" -c 'import struct, sys; n = int(sys.argv[1]); sys.stdout.buffer.write(struct.pack("=I", n) * (30000 + n * 1000))' \
    "$1" >"$2"
}

@test "readers never see a mixture or a gap in a thousand replacements" {
  local rounds=1000 i reader watcher
  [[ -z $IPCUTILS_SANITIZED ]] || rounds=200
  for i in {0..7}; do make_generation "$i" "$tmp/generation.$i"; done
  expect 0 shmput "$name" "$tmp/generation.0"
  start_fed "$BATS_FILE_TMPDIR/snapshot_reader" "$name" >"$tmp/rounds"
  reader=$pid
  # shellcheck disable=SC2016  # for the inner shell
  start bash -c 'until [[ -e $1 ]]; do shmget "$2" | "$3" || exit; done; exit 0' \
    bash "$tmp/end" "$name" "$BATS_FILE_TMPDIR/snapshot_reader"
  watcher=$pid
  for ((i = 0; i < rounds; ++i)); do
    if ((i % 2)); then
      shmput --replace "$name" "$tmp/generation.$((i % 8))"
    else
      shmput "$name" < <(cat "$tmp/generation.$((i % 8))")
    fi
  done
  exec 7>&-
  touch "$tmp/end"
  finish 0 "$reader"
  finish 0 "$watcher"
  (($(cat "$tmp/rounds") > 10)) || fail "the reader looked $(cat "$tmp/rounds") times only"
  assert_no_hidden_names
}

@test "a reader that has the object open goes on with the old one" {
  content "$tmp/old" 8388608
  expect 0 shmput "$name" "$tmp/old"
  mkfifo "$tmp/output"
  exec 8<>"$tmp/output"
  start shmget "$name" >"$tmp/output"
  exec 9<"$tmp/output" 8>&-
  head -c 100 <&9 >"$tmp/seen"
  expect 0 shmput --replace "$name" <<<new
  cat <&9 >>"$tmp/seen"
  exec 9<&-
  finish 0 "$pid"
  assert_same_file "$tmp/seen" "$tmp/old"
  echo new >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
}

@test "a replacement has the old one's mode, and another inode" {
  local reference path before option
  for reference in "$name" "file:$tmp/mapped"; do
    path=${reference#file:}
    [[ $path == /ipcutils* ]] && path=/dev/shm$path
    for option in "" --replace; do
      expect 0 shmput -m 640 "$reference" <<<"old and long"
      before=$(stat -c %i "$path")
      # shellcheck disable=SC2086  # no option is no argument
      expect 0 shmput $option -m 666 "$reference" <<<new
      assert_equal "mode" "$(stat -c %a "$path")" 640
      [[ $(stat -c %i "$path") != "$before" ]] || fail "the same inode"
      echo new >"$tmp/wanted"
      assert_content "$reference" "$tmp/wanted"
    done
  done
  assert_no_hidden_names
  assert_equal "files" "$(find "$tmp" -maxdepth 1 -name '.*')" ""
}

@test "an object that cannot be written is replaced by --replace alone" {
  become_ordinary
  expect 0 "${ordinary[@]}" shmput -m 400 "$name" <<<old
  expect 1 "${ordinary[@]}" shmput "$name" <<<new
  assert_message "cannot open shared memory '$name': Permission denied"
  expect 0 "${ordinary[@]}" shmput --replace "$name" <<<new
  assert_equal "content and mode" "$(shmget "$name") $(stat -c %a "/dev/shm$name")" "new 400"
}

@test "a file that can be written and not replaced is left, and --in-place writes it" {
  become_ordinary
  mkdir -m 755 "$tmp/directory"
  echo old >"$tmp/directory/mapped"
  chmod 666 "$tmp/directory/mapped"
  ((EUID == 0)) || chmod 555 "$tmp/directory"
  cd "$tmp/directory"
  expect 1 "${ordinary[@]}" shmput file:mapped <<<new
  assert_message "cannot create shared memory 'file:mapped': Permission denied" "hint: --in-place writes into the object itself"
  expect 0 "${ordinary[@]}" shmput --in-place file:mapped <<<new
  chmod 755 "$tmp/directory"
  assert_equal "content" "$(<mapped)" new
}

@test "a replacement has the old one's owner" {
  need_second_user
  expect 0 "${other[@]}" shmput -m 640 "$name" <<<old
  expect 0 shmput --replace --existing "$name" <<<new
  assert_equal "owner, group and mode" "$(stat -c '%u %g %a' "/dev/shm$name")" "65534 65534 640"
}

@test "--replace makes what is missing, with the mode asked for" {
  expect 0 shmput --replace -m 644 "$name" <<<x
  assert_equal "mode" "$(stat -c %a "/dev/shm$name")" 644
  assert_no_hidden_names
}

@test "--replace shortens, and --size makes it longer" {
  content "$tmp/old" 100000
  expect 0 shmput "$name" "$tmp/old"
  expect 0 shmput --replace "$name" <<<x
  echo x >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
  expect 0 shmput --replace --size 4 "$name" <<<x
  printf 'x\n\0\0' >"$tmp/wanted"
  assert_content "$name" "$tmp/wanted"
}

@test "--replace of a name as long as names can be" {
  local long
  long=$name$(printf '%0*d' $((256 - ${#name})) 0)
  expect 0 shmput "$long" <<<old
  expect 0 shmput --replace "$long" <<<new
  echo new >"$tmp/wanted"
  assert_content "$long" "$tmp/wanted"
}

@test "many that replace at once leave one of their contents and no other name" {
  local i pids=()
  for i in {0..7}; do make_generation "$i" "$tmp/generation.$i"; done
  for i in {0..31}; do
    shmput --replace "$name" "$tmp/generation.$((i % 8))" 3>&- 4>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "a shmput failed"; done
  shmget "$name" | "$BATS_FILE_TMPDIR/snapshot_reader"
  assert_no_hidden_names
}

@test "--replace does not replace what is no regular file, or another user's" {
  mkdir "/dev/shm$name"
  expect 1 shmput --replace "$name" <<<x
  assert_message "cannot use shared memory '$name'" "not a regular file"
  rmdir "/dev/shm$name"
  ln -s /etc/hostname "/dev/shm$name"
  expect 1 shmput --replace "$name" <<<x
  assert_message "cannot use shared memory '$name'" "not a regular file"
  [[ -L /dev/shm$name ]] || fail "the link has gone"
  rm "/dev/shm$name"
  assert_no_hidden_names

  need_second_user
  expect 0 "${other[@]}" shmput "$name" <<<planted
  expect 1 shmput --replace "$name" <<<x
  assert_message "cannot use shared memory '$name'" "belongs to another user (uid 65534)"
  assert_no_hidden_names
}
