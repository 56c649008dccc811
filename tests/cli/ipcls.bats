# ipcls(1) lists what is there, and ipcs(1) agrees with it.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

setup_file() { compile_partners segment; }

segment() { "$BATS_FILE_TMPDIR/segment" "$@"; }

# The value of column $2 for reference $1.
cell() { ipcls --raw --noheadings -o "$2" "$1"; }

@test "ipcs and ipcls agree on every field of several segments, attached, locked and removed ones too" {
  local i ids=()
  for i in 0 1 2 3 4; do ids+=("$(segment make "$(key_at "$i")" $((1000 * i + 1)) <<<content)"); done
  ids+=("$(shmput -m 640 private <<<x | cut -d @ -f 2)")
  remember_id "${ids[5]}"
  segment chmod "${ids[1]}" 644
  for i in 2 3 3; do
    start "$BATS_FILE_TMPDIR/segment" keep "${ids[i]}" >"$tmp/attached"
    wait_until "segment $i is attached" test -s "$tmp/attached"
    rm "$tmp/attached"
  done
  ipcrm -m "${ids[3]}"
  segment lock "${ids[4]}" 2>/dev/null || true
  ((EUID != 0)) || segment chown "${ids[1]}" 65534
  run --separate-stderr "$python" "$partners/compare_with_ipcs.py" "${ids[@]}"
  ((EUID != 0)) || segment chown "${ids[1]}" 0
  [[ $status == 0 ]] || fail "$stderr"
  assert_equal "status of the removed one" "$(cell "shm:@${ids[3]}" STATUS,NATTCH,KEY)" "dest 2 0x00000000"
  ((EUID != 0)) || assert_equal "status of the locked one" "$(cell "shm:@${ids[4]}" status,Locked)" "locked yes"
}

@test "a POSIX object has the file's size, mode, owner and time" {
  local file
  head -c 5000 /dev/zero | shmput -m 640 "$name"
  file=/dev/shm$name
  assert_equal "columns" "$(cell "shm:$name" REF,KIND,API,NAME,SIZE,MODE,UID,GID,OWNER,GROUP)" \
    "shm:$name shm posix $name $(stat -c '5000 %a %u %g %U %G' "$file")"
  assert_equal "what POSIX objects have not" "$(cell "shm:$name" KEY,ID,NATTCH,STATUS,CPID,LPID,ATIME,CUID)" "- - - - - - - -"
  assert_equal "modification time" "$(cell "shm:$name" MTIME)" "$(date -d "@$(stat -c %Y "$file")" +%Y-%m-%dT%H:%M:%S)"
  assert_equal "bytes in memory" "$(cell "shm:$name" RSS)" 8192
}

@test "--json is a JSON object a line, with real numbers and booleans" {
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  expect 0 ipcls --json
  "$python" "$partners/check_json.py" "shm:$name" "$(cell "shm:$key" REF)" <<<"$output"
  expect 0 ipcls -j "shm:$name" "shm:$key"
  assert_equal "lines" "${#lines[@]}" 2
  assert_equal "-J" "$(ipcls -J "shm:$name")" "$(ipcls -j "shm:$name")"
  expect 0 ipcls -j -o SIZE,name "shm:$name"
  assert_equal "chosen columns" "$output" "{\"size\":2,\"name\":\"$name\"}"
  expect 0 ipcls -j -o removed,nattch,key,mode "shm:$key"
  assert_equal "chosen columns" "$output" "{\"removed\":false,\"nattch\":0,\"key\":\"$key\",\"mode\":\"600\"}"
}

@test "--json is JSON for names that are no UTF-8 and hold quotes and newlines" {
  local reference=$name$'"\\\n\xff'
  expect 0 shmput "$reference" <<<x
  expect 0 ipcls --json "shm:$reference"
  assert_equal "lines" "${#lines[@]}" 1
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["name"], end="")' <<<"$output" >"$tmp/name"
  printf '%s"\\\n\xef\xbf\xbd' "$name" >"$tmp/wanted"
  assert_same_file "$tmp/name" "$tmp/wanted"
}

@test "--refs prints references that every tool takes back" {
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  expect 0 ipcls --refs
  assert_contains "references" $'\n'"$output"$'\n' $'\n'"shm:$name"$'\n'
  assert_contains "references" $'\n'"$output"$'\n' $'\n'"$(cell "shm:$key" REF)"$'\n'
  expect 0 ipcls --refs "shm:$key" "shm:$name"
  assert_equal "first reference" "$(shmget "${lines[0]}")" x
  expect 0 ipcdel "${lines[@]}"
}

@test "--refs leaves out a name with a newline, and -0 shows it" {
  local reference=$name$'\nshm:@0'
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$reference" <<<x
  expect 0 ipcls --refs "shm:$name" "shm:$reference"
  assert_equal "references" "$output" "shm:$name"
  ipcls --refs -0 "shm:$name" "shm:$reference" >"$tmp/refs"
  printf 'shm:%s\0' "$name" "$reference" >"$tmp/wanted"
  assert_same_file "$tmp/refs" "$tmp/wanted"
  mapfile -d '' refs < <(ipcls --refs --null --posix)
  assert_contains "all references" "<${refs[*]/%/>}" "shm:$reference>"
  [[ $(ipcls --refs) != *"${name#/}"$'\n'"shm:@0"* ]] || fail "a name with a newline is printed in lines"
}

@test "tables show names with control characters escaped" {
  local reference=$name$'\n\e[31m'
  expect 0 shmput "$reference" <<<x
  for options in --raw -o+NAME; do
    expect 0 ipcls "$options" "shm:$reference"
    assert_equal "lines" "${#lines[@]}" 2
    assert_contains "table" "$output" "shm:$name\\n\\033[31m"
  done
}

@test "no two names look alike in tables" {
  local options references=("shm:$name"$'\n' "shm:$name\\n" "shm:$name\\\\n" "shm:$name" "shm:$name " "shm:$name"$'\xc2\xa0')
  expect 0 ipcnew --size 1 "${references[@]}"
  for options in --raw -oNAME; do
    expect 0 ipcls "$options" --noheadings -oNAME "${references[@]}"
    assert_equal "different names of $options" "$(sort -u <<<"$output" | wc -l)" "${#references[@]}"
  done
}

@test "the table has headings, and --noheadings none" {
  expect 0 shmput -m 600 "$name" <<<x
  expect 0 ipcls "shm:$name"
  assert_equal "lines" "${#lines[@]}" 2
  read -ra words <<<"${lines[0]}"
  assert_equal "headings" "${words[*]}" "REF KEY OWNER MODE SIZE NATTCH STATUS"
  expect 0 ipcls --noheadings "shm:$name"
  assert_equal "row" "$(tr -s ' ' <<<"$output")" "shm:$name $(id -un) 600 2"
  expect 0 ipcls --noheadings --raw "shm:$name"
  assert_equal "row" "$output" "shm:$name - $(id -un) 600 2 - -"
  expect 0 ipcls -r "shm:$name"
  assert_equal "headings" "${lines[0]}" "REF KEY OWNER MODE SIZE NATTCH STATUS"
}

@test "--raw keeps a cell with spaces one word" {
  expect 0 shmput "$name with spaces" <<<x
  expect 0 ipcls --raw --noheadings -o NAME,SIZE "shm:$name with spaces"
  assert_equal "row" "$output" "${name}\\040with\\040spaces 2"
}

@test "--output chooses columns in any case, and with + adds to the usual ones" {
  expect 0 shmput "$name" <<<x
  expect 0 ipcls --raw --output=size,NAME,Api "shm:$name"
  assert_equal "table" "$output" "SIZE NAME API"$'\n'"2 $name posix"
  expect 0 ipcls --raw -o +API,NAME "shm:$name"
  assert_equal "headings" "${lines[0]}" "REF KEY OWNER MODE SIZE NATTCH STATUS API NAME"
  expect 0 ipcls --raw -o KEY -o SIZE "shm:$name"
  assert_equal "the last of two counts" "$output" "SIZE"$'\n'2
}

@test "--human prints sizes with units, in tables" {
  ipcnew --size 1536K "shm:$name" >/dev/null
  ipcnew --size 100 "shm:$key" >/dev/null
  assert_equal "sizes" "$(ipcls --human --raw --noheadings -o SIZE,MODE "shm:$name" "shm:$key" | xargs)" "1.5M 600 100B 600"
  assert_equal "order" "$(ipcls --human --raw --noheadings -o SIZE --sort SIZE "shm:$name" "shm:$key" | xargs)" "100B 1.5M"
  assert_equal "in JSON" "$(ipcls --human --json -o SIZE "shm:$name")" '{"size":1572864}'
  assert_contains "limits" "$(ipcls --limits --human --raw -m --sysv)" " 1B bytes"
}

@test "every column that the help names can be chosen" {
  local column
  expect 0 shmput "$key" <<<x
  expect 0 ipcls --help
  mapfile -t columns < <(awk '/^COLUMNS/ { on = 1; next } on && !NF { exit } on { print $1 }' <<<"$output")
  ((${#columns[@]} > 20)) || fail "columns: ${columns[*]}"
  for column in "${columns[@]}"; do
    expect 0 ipcls --raw -o "$column" "shm:$key"
    assert_equal "heading" "${lines[0]}" "$column"
    assert_equal "lines of $column" "${#lines[@]}" 2
  done
}

@test "an unknown column is wrong usage that lists those that there are" {
  local columns
  for columns in FOO REF,FOO +FOO; do
    expect 2 ipcls -o "$columns"
    assert_usage_error ipcls "unknown column 'FOO'" "REF KIND API NAME KEY"
  done
  for columns in '' + ',' 'REF,' ',REF'; do
    expect 2 ipcls -o "$columns"
    assert_usage_error ipcls
  done
}

@test "--sysv and --posix list one API, and both together both" {
  local sysv
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  sysv=$(cell "shm:$key" REF)
  assert_equal "objects of --sysv" "$(ipcls --sysv --refs | grep -cxF -e "$sysv" -e "shm:$name")" 1
  assert_equal "segment in --sysv" "$(ipcls --sysv --refs | grep -xF "$sysv")" "$sysv"
  assert_equal "objects of --posix" "$(ipcls --posix --refs | grep -cxF -e "$sysv" -e "shm:$name")" 1
  assert_equal "object in --posix" "$(ipcls -m --posix --refs | grep -xF "shm:$name")" "shm:$name"
  assert_equal "objects of both" "$(ipcls --sysv --posix --refs | grep -cxF -e "$sysv" -e "shm:$name")" 2
}

@test "operands list those objects, in that order, and a missing one is exit 1" {
  local file
  echo text >"$tmp/mapped"
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  file=shm:file:$tmp/mapped
  expect 1 ipcls --refs "shm:${name}missing" "shm:$name" "shm:$key" shm:@2147483647 "$file"
  assert_message "ipcls: cannot find shared memory '${name}missing': No such file or directory" \
    "cannot find shared memory '@2147483647'"
  assert_equal "what is there" "$output" "shm:$name"$'\n'"$(cell "shm:$key" REF)"$'\n'"$file"
  expect 1 ipcls "shm:${name}missing"
  assert_equal "what is printed of a missing object" "$output" ""
  expect 0 ipcls --owner 54321 "shm:$name"
  assert_equal "what is printed where nothing is left" "$output" ""
  expect 2 ipcls "$name"
  assert_usage_error ipcls "does not name its kind" "did you mean 'shm:$name', 'mq:$name', 'sem:$name' or 'mb:$name'?"
  expect 2 ipcls "shm:$name" mq:/a/b
  assert_usage_error ipcls "'mq:/a/b'"
}

@test "what is in /dev/shm and is no shared memory is not listed" {
  local thing
  mkdir "/dev/shm${name}directory"
  mkfifo "/dev/shm${name}fifo"
  ln -s /etc/passwd "/dev/shm${name}link"
  expect 0 ipcls --posix --refs
  [[ $output != *"$name"* ]] || fail "listed: $output"
  for thing in directory fifo link; do
    expect 1 ipcls "shm:$name$thing"
    assert_message "cannot find shared memory '$name$thing'"
  done
}

@test "objects of others are listed without permission to read them" {
  become_ordinary
  expect 0 shmput "$name" <<<x
  expect 0 shmput "$key" <<<x
  expect 0 "${ordinary[@]}" ipcls --raw --noheadings -o SIZE "shm:$name" "shm:$key"
  assert_equal "sizes" "$output" $'2\n2'
}

@test "-m, -q and -s choose kinds, and without them all are listed" {
  shmput "$name" <<<x
  mqsend --create "$name" x
  semop --create "$name" >/dev/null
  shmput "$key" <<<x
  mqsend --create "$key" x
  semop --create "$key" >/dev/null
  # Of the objects of the test, their kinds, in the order of the list.
  kinds() { ipcls --raw --noheadings -o KIND,KEY,NAME "$@" 2>/dev/null | awk -v name="$name" -v key="$key" '$2 == key || $3 == name { print $1 }'; }
  local posix_queue=mq
  ipcls -q >/dev/null 2>&1 || posix_queue= # they cannot be listed here
  assert_equal "all" "$(kinds | xargs)" "shm shm mq${posix_queue:+ mq} sem sem"
  assert_equal "-m" "$(kinds -m | xargs)" "shm shm"
  assert_equal "-q" "$(kinds -q | xargs)" "mq${posix_queue:+ mq}"
  assert_equal "-sm" "$(kinds -sm | xargs)" "shm shm sem sem"
  assert_equal "--semaphores --sysv" "$(kinds --semaphores --sysv | xargs)" "sem"
  assert_equal "--shmems --posix" "$(kinds --shmems --posix | xargs)" "shm"
  expect 0 ipcls -s
  [[ ${lines[0]} =~ ^REF\ +KEY\ +OWNER\ +MODE\ +NSEMS\ +VALUES$ ]] || fail "headings of -s: ${lines[0]}"
  expect 0 ipcls "mq:$name" "mq:$key"
  [[ ${lines[0]} =~ ^REF\ +KEY\ +OWNER\ +MODE\ +SIZE\ +MSGS$ ]] || fail "headings of queues: ${lines[0]}"
}

@test "a queue has its messages, limits, processes and times" {
  local last
  mqsend --create --max-messages 4 --max-size 64 "$name" one three
  assert_equal "POSIX" "$(cell "mq:$name" KIND,API,NAME,SIZE,MSGS,MAXMSGS,MSGSIZE,QBYTES,FILL,LSPID,STIME,KEY,MODE)" \
    "mq posix $name 8 2 4 64 - 50 - - - 600"
  mqsend --create --qbytes 4000 "$key" one three
  start mqrecv "$key"
  finish 0 "$pid"
  last=$pid
  assert_equal "System V" "$(cell "mq:$key" KIND,API,KEY,SIZE,MSGS,MAXMSGS,QBYTES,LRPID,MODE)" "mq sysv $key 5 1 - 4000 $last 600"
  [[ $(cell "mq:$key" STIME) == 20*T* && $(cell "mq:$key" RTIME) == 20*T* ]] || fail "times: $(ipcls -j "mq:$key")"
}

@test "semaphores have their number, values and time" {
  semop --create --init 3 "$name" >/dev/null
  assert_equal "POSIX" "$(cell "sem:$name" KIND,API,NAME,NSEMS,VALUES,OTIME,MODE)" "sem posix $name 1 3 - 600"
  semop --create --sems 3 --init 2 "$key" >/dev/null
  semop "$key" 1:-2
  assert_equal "System V" "$(cell "sem:$key" KIND,API,KEY,NSEMS,VALUES,MODE)" "sem sysv $key 3 2,0,2 600"
  [[ $(cell "sem:$key" OTIME) == 20*T* ]] || fail "time: $(ipcls -j "sem:$key")"
}

@test "others' queues and semaphores are listed without what may not be read" {
  need_second_user
  mqsend --create "$name" x
  semop --create "$name" >/dev/null
  semop --create --sems 2 "$key" >/dev/null
  expect 0 "${other[@]}" ipcls -o REF,NSEMS,VALUES --raw --noheadings "sem:$name" "sem:$key"
  assert_equal "semaphores" "${lines[*]% -}" "sem:$name 1 $(ipcls --refs "sem:$key") 2"
  run "${other[@]}" ipcls -q --raw --noheadings -o REF,SIZE,MSGS
  ((status == 1)) || assert_contains "queues" "$output" "mq:$name - -"
}

@test "what looks like a semaphore and is none is left out" {
  printf 1234 >"/dev/shm/sem.${name#/}"
  mkdir "/dev/shm/sem.${name#/}b"
  ln -s /etc/passwd "/dev/shm/sem.${name#/}c"
  head -c 32 /dev/zero >"/dev/shm/sem.${name#/}d"
  expect 0 ipcls -s --refs
  assert_contains "references" "$output" "sem:${name}d"
  [[ $output != *"sem:$name"$'\n'* && $output != *"sem:${name}b"* && $output != *"sem:${name}c"* ]] || fail "listed: $output"
  expect 1 ipcls "sem:$name" "sem:${name}b" "sem:${name}c"
}

@test "without a mount of mqueue root lists queues all the same, and others are told" {
  local unmounted=(unshare --mount --propagation private bash -c 'while umount /dev/mqueue 2>/dev/null; do :; done; exec "$@"' bash)
  need_second_user
  "${unmounted[@]}" true || skip "no mount namespace to be had"
  mqsend --create "$name" x
  expect 0 "${unmounted[@]}" ipcls -q --refs
  assert_contains "references" "$output" "mq:$name"
  expect 1 "${unmounted[@]}" "${other[@]}" ipcls -q --refs
  assert_message "cannot list POSIX message queues: no mqueue file system is mounted at /dev/mqueue" "hint: as root: "
  expect 0 "${unmounted[@]}" "${other[@]}" ipcls --refs
  assert_message "cannot list POSIX message queues"
}

@test "the columns of a table begin in the same place, whatever takes two places, and no line ends in blanks" {
  local reference=$name-中é
  expect 0 shmput "$name-wide" <<<x
  expect 0 shmput "$reference" <<<x
  expect 0 ipcls -o SIZE,NAME,MODE,STATUS "shm:$name-wide" "shm:$reference"
  assert_equal "table" "$output" "SIZE NAME$(printf '%*s' $((${#name} + 1)) '') MODE STATUS
   2 $name-wide 600
   2 $reference  600"
}

@test "a FIFO is listed when it is named, with its readers, its writers and what is in it" {
  mkfifo-pipe --mode 640 "$tmp/pipe"
  expect 0 ipcls --raw --noheadings -o REF,KIND,API,MODE,READERS,WRITERS "fifo:$tmp/pipe"
  assert_equal "nobody has it" "$output" "fifo:$tmp/pipe fifo file 640 0 0"
  # shellcheck disable=SC2016  # for the inner shell
  start bash -c 'exec 9<>"$1"; echo hello >&9; exec sleep 60' bash "$tmp/pipe"
  expect 0 ipcwait -w 20 "fifo:$tmp/pipe" nonempty
  expect 0 ipcls --json -o SIZE,READERS,WRITERS "fifo:$tmp/pipe"
  assert_equal "somebody has it" "$output" '{"size":6,"readers":1,"writers":1}'
  expect 0 ipcls --json --holders -o HOLDERS "fifo:$tmp/pipe"
  [[ $output == *"\"pid\":$pid,"* ]] || fail "$output"
  kill "$pid"
  wait "$pid" || true
  assert_equal "dump" "$(ipcls --dump "fifo:$tmp/pipe")" "mkfifo-pipe --mode 640 $tmp/pipe"
  assert_equal "what is not named" "$(ipcls | grep -c fifo: || true)" 0
  echo text >"$tmp/file"
  ln -s "$tmp/pipe" "$tmp/link"
  for other in file link; do
    expect 1 ipcls "fifo:$tmp/$other"
    assert_message "cannot inspect FIFO '$tmp/$other': it is no FIFO"
  done
  expect 1 ipcls "fifo:$tmp/none"
}

@test "--signals lists what processes do with signals" {
  start sigrecv -s RTMIN,RTMIN+1,RTMIN+2,USR1 --pidfile "$tmp/pid"
  wait_until "sigrecv has blocked them" test -e "$tmp/pid"
  kill -STOP "$pid"
  wait_until "it is stopped" grep -q '^State:.T' "/proc/$pid/status"
  sigsend -s RTMIN+1 "$pid"
  expect 0 ipcls --signals --raw "$pid:${births[$pid]}"
  [[ $output =~ ^"PID COMMAND QUEUED LIMIT PENDING BLOCKED IGNORED CAUGHT"$'\n'"$pid $(<"/proc/$pid/comm") "[0-9]+" "([0-9]+|unlimited)" RTMIN+1 "(.*)$ ]] ||
    fail "output: $output"
  assert_contains "blocked" "${BASH_REMATCH[2]}" "USR1"
  assert_contains "blocked" "${BASH_REMATCH[2]}" ",RTMIN..RTMIN+2"
  expect 1 ipcls --signals --json "$pid" "$pid:1"
  assert_message "ipcls: cannot find process $pid:1: its number belongs to another process by now"
  assert_contains "JSON" "$output" '"pending":["RTMIN+1"]'
  expect 1 ipcls --signals 999999999
  assert_equal "output" "$output" ""
  expect 2 ipcls --signals
  assert_usage_error ipcls "missing operand PID"
  expect 2 ipcls --signals --sort REF 1
  assert_usage_error ipcls "--signals and --sort exclude each other: processes are listed, not objects"
  expect 2 ipcls --signals shm:/x
}
