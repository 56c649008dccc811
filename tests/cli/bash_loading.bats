# ipcutils.bash(1): which shells get the builtins, and how they are found.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/bash_helpers

builtins=(ftok ipcdel ipcls ipcnew ipcset ipcwait mbrecv mbsend mkfifo-pipe mqrecv mqsend rpccall semop shmget shmput
  sigrecv sigsend)

@test "the tools are builtins, and those that live long or start programs are not" {
  in_bash 0 'type -t "$@"' "${builtins[@]}"
  assert_equal "what they are" "$(sort -u <<<"$output")" builtin
  assert_equal "how many there are" "${#lines[@]}" 17
  in_bash 0 'type -t ipcrun sockcat rpcserve'
  assert_equal "the others" "$output" $'file\nfile\nfile'
  in_bash 0 'type mqsend'
  assert_equal "type mqsend" "$output" "mqsend is a shell builtin"
}

@test "help TOOL prints the help of the binary" {
  local tool
  for tool in "${builtins[@]}"; do
    in_bash 0 'help "$1"' "$tool"
    sed "s/^$tool: //; s/^    //" <<<"$output" >"$tmp/builtin"
    "$TOOLS_DIR/$tool" --help | sed 's/^Usage: //' >"$tmp/binary"
    assert_same_file "$tmp/builtin" "$tmp/binary"
    in_bash 0 '"$1" --help' "$tool"
    assert_equal "$tool --help" "$output" "$("$TOOLS_DIR/$tool" --help)"
    in_bash 0 '"$1" --version' "$tool"
    assert_equal "$tool --version" "$output" "$("$TOOLS_DIR/$tool" --version)"
  done
}

@test "command and builtin call the builtin; env and a path call the binary" {
  in_bash 0 'mqsend() { return 9; }; ipcnew mq:"$name"; command mqsend "$name" a && builtin mqrecv --into v "$name" &&
    echo "$v" && env mqsend "$name" b && "$TOOLS_DIR/mqrecv" "$name"'
  assert_equal "messages" "${lines[*]}" "mq:$name a b"
  in_bash 2 'env mqrecv --into v "$name"'
  assert_usage_error mqrecv "--into" "builtin of bash"
}

@test "enable -n TOOL goes back to the binary, and enable TOOL to the builtin" {
  in_bash 0 'enable -n mqsend && type -t mqsend mqrecv && enable mqsend && type -t mqsend'
  assert_equal "what they are" "${lines[*]}" "file builtin builtin"
}

@test "enable -d unloads a tool, and all of them" {
  in_bash 0 'enable -d mqsend && type -t mqsend && enable -d mqrecv && type -t mqrecv && . "$loaded" &&
    type -t mqsend mqrecv'
  assert_equal "what they are" "${lines[*]}" "file file builtin builtin"
  in_bash 0 'enable -d "$@"; type -t "$@"; . "$loaded" && shmput "$name" <<<text && shmget "$name"' "${builtins[@]}"
  assert_equal "what they are, then content" "$(sort -u <<<"$output" | tr '\n' ' ')" "file text "
}

@test "sourcing says nothing, sets nothing and may be done twice" {
  in_bash 0 'before=$(set); . "$loaded"; after=$(set); [[ ${before//_=*/} == "${after//_=*/}" ]]; type -t mqsend'
  assert_equal "output" "$output" builtin
  assert_silent
}

@test "sourcing works under set -eu, in posix mode, by a symbolic link and from another directory" {
  not_sanitized
  expect 0 bash -euc '. "$loaded"; type -t mqsend'
  assert_equal "set -eu" "$output" builtin
  expect 0 bash --posix -c '. "$loaded"; type -t mqsend; shmput "$name" <<<text; shmget --into v "$name"; echo "$v"'
  assert_equal "posix mode" "${lines[*]}" "builtin text"
  ln -s "$TOOLS_DIR" "$tmp/directory"
  expect 0 bash -c 'cd /; . "$1"; type -t mqsend' bash "$tmp/directory/ipcutils.bash"
  assert_equal "a link to the directory" "$output" builtin
  expect 0 bash -c '. ipcutils.bash; type -t mqsend'
  assert_equal "found by PATH" "$output" builtin
  expect 0 bash -c 'cd "$1"; . ./ipcutils.bash; type -t mqsend' bash "$TOOLS_DIR"
  assert_equal "in this directory" "$output" builtin
}

@test "a restricted bash goes on with the binaries" {
  expect 0 bash -rc '. ipcutils.bash; shmput "$name" <<<text; shmget "$name"; type -t shmget'
  assert_equal "output" "${lines[*]}" "text file"
  assert_silent
}

@test "other shells say nothing and go on with the binaries" {
  local shell found=0
  local -a command
  for shell in dash zsh ksh mksh "busybox sh" "sh"; do
    read -ra command <<<"$shell"
    type -P "${command[0]}" >/dev/null || continue
    found=1
    expect 0 "${command[@]}" -euc '. "$loaded"; echo text | shmput "$name"; shmget "$name"; shmget "$name" | cat'
    assert_equal "$shell" "${lines[*]}" "text text"
    assert_silent
  done
  ((found)) || skip "no other shell"
}

@test "without the file of the builtins, scripts go on with the binaries" {
  mkdir "$tmp/bin"
  cp "$loaded" "$tmp/bin"
  expect 0 bash -euc '. "$1"; type -t mqsend' bash "$tmp/bin/ipcutils.bash"
  assert_equal "what it is" "$output" file
  assert_silent
}
