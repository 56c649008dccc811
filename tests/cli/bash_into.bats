# --into NAME, ipcutils.bash(1): values into variables of the shell.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/bash_helpers

@test "mqrecv: one message into a scalar, several into an array" {
  in_bash 0 'ipcnew --max-messages 9 "mq:$name" >"$tmp/made"; mqsend "$name" a "b c" "" d
    mqrecv --into one "$name"; mqrecv -n 2 --into some "$name"; mqrecv --drain --into rest "$name"
    declare -p one some rest; mqrecv --drain --into rest "$name"; declare -p rest'
  assert_equal "variables" "$output" 'declare -- one="a"
declare -a some=([0]="b c" [1]="")
declare -a rest=([0]="d")
declare -a rest=()'
}

@test "mbrecv: one message into a scalar, several into an array" {
  in_bash 0 'mbsend --create "$name" </dev/null; mbsend "$name" a "b c" d
    mbrecv --from=oldest --into one "$name"; mbrecv --from=oldest -n 2 --into some "$name"
    mbrecv --from=oldest --drain --into all "$name"; declare -p one some all'
  assert_equal "variables" "$output" 'declare -- one="a"
declare -a some=([0]="a" [1]="b c")
declare -a all=([0]="a" [1]="b c" [2]="d")'
}

@test "shmget: exact bytes, with newlines at the end, an empty content, and invalid UTF-8" {
  in_bash 0 'printf "a\n\n" | shmput "$name"; shmget --into v "$name"; declare -p v
    shmput "$name" </dev/null; shmget --into v "$name"; declare -p v'
  assert_equal "variables" "$output" $'declare -- v=$\'a\\n\\n\'\ndeclare -- v=""'
  LC_ALL=C.UTF-8 in_bash 0 'printf "\xff\xc3(\xe2\x82" | shmput "$name"; shmget --into v "$name"; printf %s "$v" |
    od -An -tx1'
  assert_equal "bytes" "$output" " ff c3 28 e2 82"
}

@test "rpccall, ipcls, ipcnew and semop into variables" {
  in_bash 0 'ipcnew --into one "sem:$key" && ipcnew --into some "mq:$name" "mq:${name}b" && declare -p some &&
    [[ $one == sem:@* ]]
    semop --into values "$key" && declare -p values'
  assert_equal "ipcnew and semop" "$output" "declare -a some=([0]=\"mq:$name\" [1]=\"mq:${name}b\")
declare -a values=([0]=\"1\")"
  in_bash 0 'shmput "$name" <<<x; ipcls --into found --name "${name#/}*" -m --posix && declare -p found
    ipcls --into none --name "${name#/}none" && declare -p none'
  assert_equal "ipcls" "${lines[*]}" "declare -a found=([0]=\"shm:$name\") declare -a none=()"
  mkdir "$tmp/methods"
  printf '#!/bin/sh\necho \\"hello\\"\n' >"$tmp/methods/greet"
  chmod +x "$tmp/methods/greet"
  start rpcserve --dir "$tmp/methods" "unix:$tmp/rpc"
  wait_until "the server listens" test -S "$tmp/rpc"
  in_bash 0 'rpccall --into answer "unix:$tmp/rpc" greet && echo "$answer"
    rpccall --into methods --list "unix:$tmp/rpc" && declare -p methods'
  assert_contains "rpccall" "$output" '"hello"'
  assert_contains "rpccall --list" "$output" 'declare -a methods=([0]="'
  assert_contains "rpccall --list" "$output" greet
  in_bash 2 'rpccall --into answer "exec:touch $tmp/run" m'
  assert_usage_error rpccall "--into and exec: exclude each other"
  [[ ! -e $tmp/run ]] || fail "the program ran"
}

@test "a value with NUL is an error, and a message goes back to its queue" {
  in_bash 0 'ipcnew --max-messages 2 "mq:$name" >"$tmp/made"; printf "a\0b" | mqsend --whole "$name"
    v=old; mqrecv --into v "$name"; echo "$? $v"; mqrecv --raw "$name" | od -An -c'
  assert_equal "status, value, message" "$output" $'1 old\n   a  \\0   b'
  assert_message "mqrecv: cannot assign to 'v'" "NUL"
  in_bash 0 'printf "a\0b" | shmput "$name"; v=old; shmget --into v "$name"; echo "$? $v"'
  assert_equal "status and value" "$output" "1 old"
}

@test "a variable that cannot be assigned to is refused before anything is taken" {
  local text
  in_bash 0 'ipcnew "mq:$name" >"$tmp/made"; mqsend "$name" a'
  for text in 'readonly v=1; mqrecv --into v "$name"' 'declare -A v; mqrecv --into v "$name"' \
    'mqrecv --into "A[1]" "$name"' \
    'mqrecv --into 1x "$name"' 'mqrecv --into "" "$name"' 'mqrecv --into "a b" "$name"' \
    'declare -n v=A[1]; mqrecv --into v "$name"' 'mqrecv --into "x=1" "$name"' \
    'mqrecv --into GROUPS "$name"' 'mqrecv --into "v[\$(touch $tmp/run)]" "$name"' \
    'readonly -a v=(1); mqrecv -n 1 --into v "$name"'; do
    in_bash 2 "$text"
    assert_message "mqrecv: " "Try 'mqrecv --help' for more information."
  done
  [[ ! -e $tmp/run ]] || fail "an index was evaluated"
  in_bash 0 'mqrecv "$name"'
  assert_equal "the message" "$output" a
}

@test "an integer variable takes integers and evaluates nothing" {
  in_bash 0 'declare -i v=5; ipcnew "mq:$name" >"$tmp/made"; mqsend "$name" -- "-12"; mqrecv --into v "$name"; echo "$v"
    mqsend "$name" "a[\$(touch $tmp/run)]"; mqrecv --into v "$name"; echo "$? $v"; mqrecv "$name" | wc -l'
  assert_equal "values" "${lines[*]}" "-12 1 -12 1"
  assert_message "mqrecv: cannot assign to 'v'"
  [[ ! -e $tmp/run ]] || fail "a value was evaluated"
}

@test "a local variable, a reference to another, and one that is exported" {
  in_bash 0 'echo -n text | shmput "$name"
    use() { local v=1; shmget --into v "$name"; echo "in $v"; }; v=out; use; echo "$v"
    refer() { local -n r=$1; shmget --into r "$name"; }; refer target; echo "$target"
    export e=1; shmget --into e "$name"; env | grep "^e="; set -u; shmget --into unset_before "$name"
    echo "$unset_before"
    local_array() { local a; ipcls --into a -m --posix --name "${name#/}"; declare -p a; }; local_array
    [[ -z ${a+set} ]]'
  assert_equal "values" "$output" "in text
out
text
e=text
text
declare -a a=([0]=\"shm:$name\")"
}

@test "variables that bash looks at have effect at once: IFS and PATH" {
  in_bash 0 'printf : | shmput "$name"; shmget --into IFS "$name"; x=a:b; set -- $x; echo "$#"
    unset IFS; mkdir "$tmp/bin"; printf "#!/bin/sh\necho found\n" >"$tmp/bin/cat"; chmod +x "$tmp/bin/cat"
    cat </dev/null
    printf "%s:$PATH" "$tmp/bin" | shmput "$name"; shmget --into PATH "$name"; cat'
  assert_equal "output" "${lines[*]}" "2 found"
}

@test "a scalar keeps its value at a timeout, an array is emptied" {
  in_bash 0 'ipcnew "mq:$name" >"$tmp/made"; v=old a=(old old)
    mqrecv --quiet -w 0.01 --into v "$name"; echo "$? $v"; mqrecv --quiet -w 0.01 -n 3 --into a "$name"
    echo "$? ${#a[@]}"'
  assert_equal "statuses and values" "${lines[*]}" "124 old 124 0"
}

@test "an array is emptied first, and its element 0 is what a scalar gets" {
  in_bash 0 'ipcnew --max-messages 5 "mq:$name" >"$tmp/made"; mqsend "$name" 1 2 3 4; a=(x y z)
    mqrecv -n 2 --into a "$name"
    declare -p a; a=(x y); mqrecv --into a "$name"; declare -p a; v=scalar; mqrecv -n 2 --drain --into v "$name"
    declare -p v'
  assert_equal "variables" "$output" 'declare -a a=([0]="1" [1]="2")
declare -a a=([0]="3" [1]="y")
declare -a v=([0]="4")'
}

@test "in a subshell and in a pipeline the variable is the subshell's" {
  in_bash 0 'v=out; echo -n text | shmput "$name"; (shmget --into v "$name"; echo "$v"); shmget --into v "$name" |
    cat; echo "$v"'
  assert_equal "values" "${lines[*]}" "text out"
}

@test "a value of 1 MiB" {
  in_bash 0 'head -c 1048576 /dev/zero | tr "\0" x | shmput "$name"; shmget --into v "$name"; echo "${#v}"'
  assert_equal "length" "$output" 1048576
}
