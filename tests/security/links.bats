# Links of others, symbolic and hard, in directories where everybody may put one.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers
load ../cli/partners/public_place

@test "what sockcat opens for writing is not reached by another user's link in a sticky directory" {
  local words
  need_second_user
  make_public_place 1777
  echo precious >"$tmp/victim"
  "${ordinary[@]}" ln -s "$tmp/victim" "$place/link"
  "${ordinary[@]}" ln -s "$tmp/new" "$place/dangling"
  for words in "create:LINK" "open:LINK" "open:LINK,creat" "open:LINK,creat,append" "open:LINK,wronly,trunc" "LINK" "gopen:LINK" \
    "-r LINK open:/dev/null" "-lf LINK -d -d -d -d open:/dev/null"; do
    for link in "$place/link" "$place/dangling"; do
      # shellcheck disable=SC2086  # words
      expect 1 timeout 20 sockcat -u text:harm ${words//LINK/$link}
      assert_message "a symbolic link is not followed in a sticky directory"
      assert_equal "the file behind the link, after $words" "$(<"$tmp/victim")" precious
      assert_gone "$tmp/new"
    done
  done
}

@test "one's own link there is followed, and anybody's elsewhere" {
  make_public_place 1777
  : >"$tmp/file"
  mkdir "$place/usual"
  ln -s "$tmp/file" "$place/usual/link"
  expect 0 sockcat -u text:x "create:$place/usual/link"
  assert_equal "the file" "$(<"$tmp/file")" x
}

@test "a file that has a further name in a sticky directory is written, replaced and changed only when told so" {
  local path reference option
  make_public_place 1777
  for path in "/dev/shm$name" "$place/mapped"; do
    reference=file:$path
    [[ $path == "$place"/* ]] || reference=$name
    (umask 077; echo precious >"$path.victim")
    ln "$path.victim" "$path"
    for option in --print-ref --in-place --replace --size=5 --truncate; do
      expect 1 shmput "$option" "$reference" <<<harm
      assert_message "cannot use shared memory '$reference'" "its file has 2 names" "--existing takes it"
    done
    for option in --mode=666 --size=1 "--owner=$EUID"; do
      expect 1 ipcset "$option" "shm:$reference"
      assert_message "cannot use shared memory '$reference'" "its file has 2 names" "chmod, chown and truncate change it all the same"
    done
    assert_equal "the other name" "$(stat -c %a "$path.victim") $(shmget "$reference")" "600 precious"
    expect 0 shmput --existing "$reference" <<<harmless
    assert_equal "the other name, when told so" "$(<"$path.victim")" harmless
  done
}

@test "a file that has a further name elsewhere is written" {
  echo old >"$tmp/file"
  ln "$tmp/file" "$tmp/other"
  expect 0 shmput --in-place "file:$tmp/other" <<<new
  assert_equal "the file" "$(<"$tmp/file")" new
  expect 0 ipcset -m 644 "shm:file:$tmp/other"
  expect 0 shmput "file:$tmp/other" <<<newer
  assert_equal "both" "$(<"$tmp/file") $(<"$tmp/other")" "new newer"
}
