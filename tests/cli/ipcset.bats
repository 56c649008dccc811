# ipcset(1) changes what objects are, and nothing of what they hold.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

# One object of every kind and API, each of mode 600: their references are in $all.
make_all() {
  all=("shm:$name" "mq:$name" "sem:$name" "shm:$key" "mq:$key" "sem:$key")
  ipcnew --size 10 "${all[@]}" >/dev/null
}

modes() { ipcls --raw --noheadings -o MODE "$@" | sort -u | paste -sd ' '; }

@test "--mode sets the permissions of every kind of object, whatever the umask" {
  local mode
  make_all
  for mode in 640 0666 0606; do
    expect 0 bash -c 'umask "$1"; shift; exec "$@"' bash "$mode" ipcset -m "$mode" "${all[@]}"
    assert_equal "output" "$output" ""
    assert_silent
    assert_equal "modes" "$(modes "${all[@]}")" "${mode#0}"
  done
  assert_equal "permissions of the file" "$(stat -c %a "/dev/shm$name" "/dev/shm/sem.${name#/}" | xargs)" "606 606"
}

@test "a symbolic mode changes the mode that each object has" {
  make_all
  ipcset --mode 644 "shm:$name" "mq:$key"
  ipcset --mode 620 "sem:$name" "shm:$key"
  expect 0 ipcset -m g+r,o-r "${all[@]}"
  assert_equal "modes" "$(ipcls --raw --noheadings -o MODE "${all[@]}" | xargs)" "640 640 660 660 640 640"
  expect 0 ipcset -m u=rw,go= "${all[@]}"
  assert_equal "modes" "$(modes "${all[@]}")" 600
}

@test "an object that its owner may not open gets its permissions back" {
  local references
  become_ordinary
  references=("shm:$name" "sem:$name" "shm:$key" "mq:$key" "sem:$key")
  [[ ! -d /dev/mqueue ]] || references+=("mq:$name")
  expect 0 "${ordinary[@]}" ipcnew --size 10 "${references[@]}"
  expect 0 "${ordinary[@]}" ipcset -m 0 "${references[@]}"
  assert_equal "modes" "$(modes "${references[@]}")" 000
  expect 0 "${ordinary[@]}" ipcset -m 600 "${references[@]}"
  assert_equal "modes" "$(modes "${references[@]}")" 600
}

@test "a bad mode, user, group or size is wrong usage, and nothing is changed" {
  local bad
  make_all
  for bad in --mode=888 --mode=1777 --mode=x+r --mode= --owner=no-such-user --owner=-1 --owner=4294967295 --owner= \
    --group=no-such-group --size=-1 --size=x --size= --qbytes=0 --qbytes=99999999999999999999; do
    expect 2 ipcset -m 666 "$bad" "shm:$name"
    assert_usage_error ipcset
  done
  assert_equal "modes" "$(modes "${all[@]}")" 600
}

@test "no option, no REF and a REF that is none are wrong usage" {
  local bad
  make_all
  expect 2 ipcset "shm:$name"
  assert_usage_error ipcset "nothing to change"
  expect 2 ipcset -m 666
  assert_usage_error ipcset "missing operand REF"
  for bad in "$name" shm: shm:private mq:private sem:private mb:@1 fifo:/x shm:/a/b shm:@x ''; do
    expect 2 ipcset -m 666 "shm:$name" "$bad"
    assert_usage_error ipcset
  done
  assert_equal "modes" "$(modes "${all[@]}")" 600
}

@test "what an object of that kind does not have is wrong usage, and the others stay as they are" {
  local reference
  make_all
  for reference in "mq:$name" "sem:$name" "mq:$key" "sem:$key"; do
    expect 2 ipcset -m 666 --size 5 "shm:$name" "$reference"
    assert_usage_error ipcset "only shared memory has a size"
  done
  expect 2 ipcset -m 666 --size 5 "shm:$name" "shm:$key"
  assert_usage_error ipcset "cannot change shared memory '$key': a System V segment keeps its size"
  for reference in "mq:$name" "shm:$name" "sem:$key" "shm:$key"; do
    expect 2 ipcset --qbytes 100 "mq:$key" "$reference"
    assert_usage_error ipcset "only System V queues have a limit"
  done
  for reference in "shm:$name" "mq:$key" "sem:$key"; do
    expect 2 ipcset --lock "shm:$key" "$reference"
    assert_usage_error ipcset "only System V shared memory can be locked"
  done
  assert_equal "modes" "$(modes "${all[@]}")" 600
  assert_equal "size" "$(cell "shm:$name" SIZE)" 10
  assert_equal "status" "$(cell "shm:$key" STATUS)" -
}

@test "a missing object is exit 1, and the others are changed" {
  make_all
  expect 1 ipcset -m 644 "shm:${name}missing" "shm:$name" "sem:$(key_at 9)" "mq:$key" shm:@2147483647 "shm:file:$tmp/no" "mq:${name}d"
  assert_message "ipcset: cannot change shared memory '${name}missing': No such file or directory" \
    "cannot change semaphore '$(key_at 9)'" "cannot change shared memory '@2147483647'" "'file:$tmp/no'" "'${name}d'"
  assert_equal "lines" "${#stderr_lines[@]}" 5
  assert_equal "modes of the others" "$(modes "shm:$name" "mq:$key")" 644
}

@test "--size lets shared memory and mapped files grow with zeros, and cuts them" {
  local reference
  content "$tmp/old" 5000
  for reference in "$name" "file:$tmp/mapped"; do
    shmput -m 640 "$reference" "$tmp/old"
    expect 0 ipcset --size 10000 "shm:$reference"
    { cat "$tmp/old"; head -c 5000 /dev/zero; } >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    expect 0 ipcset --size 16 "shm:$reference"
    head -c 16 "$tmp/old" >"$tmp/wanted"
    assert_content "$reference" "$tmp/wanted"
    expect 0 ipcset --size 1K "shm:$reference"
    assert_equal "size and mode" "$(cell "shm:$reference" SIZE,MODE)" "1024 640"
    expect 0 ipcset --size 0 "shm:$reference"
    assert_equal "size" "$(cell "shm:$reference" SIZE)" 0
  done
}

@test "who has shared memory mapped sees it grow" {
  shmput "$name" <<<text
  expect 0 ipcset --size 2M -m 644 "shm:$name"
  start_process map "/dev/shm$name"
  expect 0 ipcset --size 4M "shm:$name"
  stop "$pid"
  assert_equal "size and mode" "$(cell "shm:$name" SIZE,MODE)" "4194304 644"
}

@test "a size for which there is no room changes nothing" {
  in_small_shm 1M '
    printf "old content" | shmput /object
    ! ipcset --size 8M -m 644 shm:/object 2>/dev/shm/errors
    grep -q "cannot .*/object.*No space left on device" /dev/shm/errors || { cat /dev/shm/errors >&2; exit 1; }
    [[ $(shmget /object) == "old content" && $(stat -c "%s %a" /dev/shm/object) == "11 600" ]]'
  shmput "$name" <<<x
  expect 1 ipcset --size 8000000T "shm:$name"
  assert_message "ipcset: cannot " "'$name'"
  assert_equal "size" "$(cell "shm:$name" SIZE)" 2
}

@test "--qbytes sets how much a System V queue holds" {
  ipcnew -m 640 "mq:$key" >/dev/null
  expect 0 ipcset --qbytes 10 "mq:$key"
  assert_equal "limit and mode" "$(cell "mq:$key" QBYTES,MODE)" "10 640"
  mqsend "$key" 0123456789
  expect 124 mqsend --nonblock "$key" x
  expect 0 ipcset --qbytes 1K "mq:$key"
  expect 0 mqsend --nonblock "$key" x
  assert_equal "limit and messages" "$(cell "mq:$key" QBYTES,MSGS)" "1024 2"
}

@test "a sender that waits for room gets it when the limit is raised" {
  ipcnew --qbytes 10 "mq:$key" >/dev/null
  mqsend "$key" 0123456789
  start mqsend -w 20 "$key" x
  wait_until "it waits" is_asleep "$pid"
  expect 0 ipcset --qbytes 1K "mq:$key"
  finish 0 "$pid"
}

@test "without privilege a queue holds no more than kernel.msgmnb" {
  local limit
  become_ordinary
  limit=$(cat /proc/sys/kernel/msgmnb)
  "${ordinary[@]}" ipcnew -m 600 "mq:$key" >/dev/null
  expect 1 "${ordinary[@]}" ipcset --qbytes $((limit + 1)) "mq:$key"
  assert_message "ipcset: cannot change message queue '$key': Operation not permitted" "ipcset: hint: " "kernel.msgmnb" "$limit"
  assert_equal "limit" "$(cell "mq:$key" QBYTES)" "$limit"
  (((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24) & 1)) || return 0 # CAP_SYS_RESOURCE
  expect 0 ipcset --qbytes $((limit + 1)) "mq:$key"
  assert_equal "limit" "$(cell "mq:$key" QBYTES)" $((limit + 1))
}

@test "the limit of another user's queue: the hint names who may change it, and no capability" {
  local limit size
  need_second_user
  limit=$(cat /proc/sys/kernel/msgmnb)
  ipcnew -m 666 "mq:$key" >/dev/null
  for size in 100 $((limit + 1)); do
    expect 1 "${other[@]}" ipcset --qbytes "$size" "mq:$key"
    assert_equal "message" "$stderr" "ipcset: cannot change message queue '$key': Operation not permitted"$'\n'"ipcset: hint: only its owner, its creator or root may change it"
  done
}

@test "--lock keeps a segment in memory, and --unlock does no longer" {
  ipcnew --size 4K -m 640 "shm:$key" >/dev/null
  ((EUID == 0 || $(ulimit -l) >= 8)) || skip "nothing may be locked"
  expect 0 ipcset --lock "shm:$key"
  assert_equal "status and mode" "$(cell "shm:$key" STATUS,MODE)" "locked 640"
  expect 0 ipcset --lock "shm:$key"
  expect 0 ipcset --unlock -m 600 "shm:$key"
  assert_equal "status and mode" "$(cell "shm:$key" STATUS,MODE)" "- 600"
}

@test "what RLIMIT_MEMLOCK forbids is told" {
  become_ordinary
  "${ordinary[@]}" ipcnew --size 64K "shm:$key" >/dev/null
  expect 1 "${ordinary[@]}" bash -c 'ulimit -l 4; exec "$@"' bash ipcset --lock "shm:$key"
  assert_message "ipcset: cannot change shared memory '$key': " "ipcset: hint: its owner may lock it, as far as RLIMIT_MEMLOCK allows"
  assert_equal "status" "$(cell "shm:$key" STATUS)" -
}

@test "--owner and --group give objects away, by name and by number" {
  local reference
  need_second_user
  make_all
  expect 0 ipcset --owner nobody --group 65534 "${all[@]}"
  for reference in "${all[@]}"; do
    assert_equal "owner of $reference" "$(cell "$reference" UID,GID,MODE)" "65534 65534 600"
  done
  expect 0 "${other[@]}" shmget "$name"
  expect 0 "${other[@]}" ipcset -m 644 "${all[@]}"
  assert_equal "modes" "$(modes "${all[@]}")" 644
  expect 0 ipcset --owner 0 "${all[@]}"
  for reference in "${all[@]}"; do assert_equal "owner of $reference" "$(cell "$reference" UID,GID,MODE)" "0 65534 644"; done
  expect 0 ipcset --group root -m 600 "${all[@]}"
  for reference in "${all[@]}"; do assert_equal "owner of $reference" "$(cell "$reference" UID,GID,MODE)" "0 0 600"; done
}

@test "without privilege nobody gives objects away that are files" {
  become_ordinary
  "${ordinary[@]}" ipcnew --size 10 -m 600 "shm:$name" "sem:$name" >/dev/null
  expect 1 "${ordinary[@]}" ipcset --owner 0 "shm:$name" "sem:$name"
  assert_message "ipcset: cannot change shared memory '$name': Operation not permitted" \
    "ipcset: cannot change semaphore '$name': Operation not permitted"
  assert_equal "owners" "$("${ordinary[@]}" id -u | sed p | xargs)" "$(ipcls --raw --noheadings -o UID "shm:$name" "sem:$name" | xargs)"
}

@test "others' objects stay as they are, even those that may be written" {
  local reference
  need_second_user
  make_all
  ipcset -m 666 "${all[@]}"
  for reference in "${all[@]}"; do
    expect 1 "${other[@]}" ipcset -m 777 "$reference"
    assert_message "ipcset: cannot change " "'${reference#*:}': Operation not permitted"
  done
  assert_equal "modes" "$(modes "${all[@]}")" 666
  ipcset -m 600 "${all[@]}"
  for reference in "${all[@]}"; do expect 1 "${other[@]}" ipcset --owner 65534 "$reference"; done
  expect 1 "${other[@]}" ipcset --size 5 "shm:$name"
  assert_message "'$name': Permission denied"
  assert_equal "what they are" "$(ipcls --raw --noheadings -o UID,MODE "${all[@]}" | sort -u)" "0 600"
  assert_equal "size" "$(cell "shm:$name" SIZE)" 10
}

@test "links, directories, FIFOs and sockets in /dev/shm are no objects, and stay as they are" {
  local thing before
  echo text >"$tmp/target"
  chmod 600 "$tmp/target"
  ln -s "$tmp/target" "/dev/shm${name}link"
  mkdir -m 700 "/dev/shm${name}directory"
  mkfifo -m 600 "/dev/shm${name}fifo"
  before=$(stat -c '%n %a %s' "/dev/shm${name}"* "$tmp/target")
  for thing in link directory fifo; do
    expect 1 ipcset -m 666 "shm:$name$thing"
    assert_message "ipcset: cannot change shared memory '$name$thing': "
    expect 1 ipcset --size 1 "shm:$name$thing"
  done
  assert_equal "what they are" "$(stat -c '%n %a %s' "/dev/shm${name}"* "$tmp/target")" "$before"
}

@test "what a removed segment that is still attached is can be changed by its identifier" {
  local id
  id=$(ipcnew --size 100 "shm:$key")
  start_process attach "${id#*@}"
  ipcdel "$id"
  expect 0 ipcset -m 640 "$id"
  assert_equal "mode and status" "$(cell "$id" MODE,STATUS,NATTCH)" "640 dest 1"
  stop "$pid"
  expect 1 ipcls "$id"
}

@test "several changes come together, by every form of reference" {
  local reference
  reference=$(ftok_reference "$tmp/file")
  ipcnew --size 10 "shm:$name" "shm:file:$tmp/mapped" >/dev/null
  expect 0 ipcset --size 20 --mode 640 "shm:$name" "shm:file:$tmp/mapped"
  assert_equal "what they are" "$(ipcls --raw --noheadings -o SIZE,MODE "shm:$name" "shm:file:$tmp/mapped" | sort -u)" "20 640"
  remember_id "$(ipcnew "mq:$reference")"
  expect 0 ipcset --qbytes 20 --mode 640 "mq:$reference"
  expect 0 ipcset --qbytes 30 "$(ipcls --refs "mq:$reference")"
  assert_equal "what it is" "$(cell "mq:$reference" QBYTES,MODE)" "30 640"
}
