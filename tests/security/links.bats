# Symbolic links of others in directories where everybody may put one.
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
