# ipcnew(1) makes objects and prints their references.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

@test "-M makes a private segment and prints nothing but its reference" {
  local id
  expect 0 ipcnew -M 4096
  remember_id "$output"
  [[ $output =~ ^shm:@[0-9]+$ ]] || fail "no reference: $output"
  assert_silent
  id=$(ipcnew --shmem 4K)
  remember_id "$id"
  assert_equal "size, key and mode" "$(ipcls -r --noheadings -o SIZE,KEY,MODE "$id")" "4096 0x00000000 600"
  head -c 4096 /dev/zero >"$tmp/wanted"
  assert_content "$id" "$tmp/wanted"
  expect 0 ipcdel "$id"
}

@test "references are made with --size, and printed in order" {
  local reference
  reference=$(ftok_reference "$tmp/file")
  expect 0 ipcnew --size 5000 "shm:$name" "shm:$key" "shm:file:$tmp/mapped" "shm:$reference" shm:private
  remember_id "${lines[4]}"
  assert_equal "first" "${lines[0]}" "shm:$name"
  assert_equal "second" "${lines[1]}" "shm:@$(ipcs -m | awk -v key="$key" '$1 == key { print $2 }')"
  assert_equal "third" "${lines[2]}" "shm:file:$tmp/mapped"
  assert_equal "how many" "${#lines[@]}" 5
  head -c 5000 /dev/zero >"$tmp/wanted"
  for reference in "${lines[@]}"; do assert_content "$reference" "$tmp/wanted"; done
  assert_equal "sizes" "$(ipcls -r --noheadings -o SIZE "${lines[@]}" | sort -u)" 5000
  expect 0 ipcdel "${lines[@]}"
}

@test "several -M make several segments" {
  expect 0 ipcnew -M 1 -M 2K
  remember_id "${lines[0]}"
  remember_id "${lines[1]}"
  assert_equal "sizes" "$(ipcls -r --noheadings -o SIZE "${lines[@]}" | paste -sd ' ')" "1 2048"
}

@test "--mode is octal or symbolic, and the umask does not apply; segments have no permission to execute" {
  local mode umask wanted
  local -A modes=([640]=640 [0]=0 [0777]=777 [u=rw,go=r]=644 [a+r]=644 [o+w]=602 [=]=0)
  for umask in 077 000; do
    umask "$umask"
    for mode in "${!modes[@]}"; do
      wanted=${modes[$mode]}
      expect 0 ipcnew -m "$mode" --size 10 "shm:$name" "shm:$key"
      assert_equal "permissions of the file for $mode" "$(stat -c %a "/dev/shm$name")" "$wanted"
      assert_equal "permissions for $mode" "$(ipcls -r --noheadings -o MODE "${lines[@]}" | paste -sd ' ')" \
        "$(printf '%03o %03o' "0$wanted" $((0$wanted & 0666)))"
      ipcdel "${lines[@]}"
    done
  done
  expect 2 ipcnew -m 1777 --size 10 "shm:$name"
  assert_usage_error ipcnew "invalid mode '1777'"
}

@test "what exists is never touched, and the others are made" {
  echo old >"$tmp/wanted"
  expect 0 shmput "$name" "$tmp/wanted"
  expect 1 ipcnew --size 10 "shm:${name}a" "shm:$name" "shm:$key"
  assert_message "ipcnew: cannot create shared memory '$name': File exists"
  assert_equal "how many were made" "${#lines[@]}" 2
  assert_equal "first" "${lines[0]}" "shm:${name}a"
  assert_content "$name" "$tmp/wanted"
  expect 1 ipcnew --size 10 "shm:$key"
  assert_message "cannot create shared memory '$key': File exists"
  expect 0 ipcls "shm:${name}a" "shm:$key"
}

@test "a planted link, directory or FIFO is not followed or replaced" {
  ln -s "$tmp/target" "/dev/shm$name"
  expect 1 ipcnew --size 10 "shm:$name"
  assert_message "File exists"
  [[ ! -e $tmp/target && -L /dev/shm$name ]] || fail "the link was followed"
  mkfifo "/dev/shm${name}fifo"
  expect 1 ipcnew --size 10 "shm:${name}fifo"
  assert_message "File exists"
}

@test "only one of many makes the same object" {
  local reference i pids winners
  for reference in "shm:$name" "shm:$key"; do
    pids=()
    winners=0
    for i in {1..20}; do
      ipcnew --size 10 "$reference" >/dev/null 2>&1 3>&- 4>&- &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" && winners=$((winners + 1)); done
    assert_equal "how many made $reference" "$winners" 1
  done
}

@test "wrong usage makes nothing" {
  expect 2 ipcnew
  assert_usage_error ipcnew "nothing to make"
  expect 2 ipcnew "shm:$name"
  assert_usage_error ipcnew "the size of shared memory '"
  expect 2 ipcnew --size 10 "$name"
  assert_usage_error ipcnew "does not name its kind" "did you mean 'shm:$name', 'mq:$name', 'sem:$name' or 'mb:$name'?"
  expect 2 ipcnew --size 10 "shm:$name" shm:@5
  assert_usage_error ipcnew "the kernel chooses the identifier"
  expect 2 ipcnew --size 10 "mq:$name"
  assert_usage_error ipcnew "--size is for shared memory and mailboxes, and nothing that is to be made takes it"
  expect 2 ipcnew --max-messages 3 "mq:$key"
  assert_usage_error ipcnew "--max-messages is for POSIX message queues"
  expect 2 ipcnew --qbytes 3 "mq:$name"
  assert_usage_error ipcnew "--qbytes is for System V message queues"
  expect 2 ipcnew --sems 3 "sem:$name"
  assert_usage_error ipcnew "--sems is for System V semaphores"
  expect 2 ipcnew --init 3 -Q
  assert_usage_error ipcnew "--init is for semaphores"
  expect 2 ipcnew -S 0
  assert_usage_error ipcnew "invalid number of semaphores '0'"
  expect 2 ipcnew --size 0 "shm:$name"
  assert_usage_error ipcnew "invalid size '0'" "at least 1"
  expect 2 ipcnew -M 0
  assert_usage_error ipcnew "invalid size '0'"
  expect 2 ipcnew --size 10 "shm:$name" shm:/a/b
  assert_usage_error ipcnew "'shm:/a/b'" "one slash"
  assert_missing "$name"
}

@test "a segment whose reference cannot be printed does not stay" {
  start bash -c 'exec ipcnew -M 4096 >/dev/full 2>/dev/null'
  finish 1 "$pid"
  segments_made_by "$pid" >>"$tmp/ids"
  assert_equal "segments of a failed ipcnew" "$(cat "$tmp/ids")" ""
}

@test "a size that no object can have is an error" {
  expect 1 ipcnew -M 16000P
  assert_message "cannot create shared memory 'private'"
  expect 1 ipcnew --size 8191P "shm:$name"
  assert_message "shared memory '$name'"
  expect 1 ipcnew --size 9E "shm:$name"
  assert_message "shared memory '$name'"
  assert_missing "$name"
}

@test "-Q and -S make private queues and sets, which other tools take" {
  local queue set
  queue=$(ipcnew -Q --qbytes 2000)
  remember_id "$queue"
  set=$(ipcnew -S 3 --init 7)
  remember_id "$set"
  [[ $queue == mq:@* && $set == sem:@* ]] || fail "references: $queue $set"
  expect 0 mqsend "$queue" a b
  assert_equal "queue" "$(ipcls --raw --noheadings -o MSGS,SIZE,QBYTES,KEY,MODE "$queue")" "2 2 2000 0x00000000 600"
  assert_equal "set" "$(semop "$set")" $'7\n7\n7'
  expect 0 semop --create "${set#sem:}" -1
}

@test "queues and sets are made with limits, values and mode whatever the umask, and never twice" {
  local reference
  umask 077
  expect 0 ipcnew -m 640 --max-messages 3 --max-size 100 --qbytes 1000 "mq:$name" "mq:$key"
  assert_equal "reference" "${lines[0]}" "mq:$name"
  assert_equal "POSIX" "$(ipcls --raw --noheadings -o MAXMSGS,MSGSIZE,MODE "mq:$name")" "3 100 640"
  assert_equal "System V" "$(ipcls --raw --noheadings -o QBYTES,MODE "mq:$key")" "1000 640"
  expect 0 ipcnew -m g=r --sems 2 --init 5 "sem:$name" "sem:$key"
  assert_equal "POSIX" "$(ipcls --raw --noheadings -o NSEMS,VALUES,MODE "sem:$name")" "1 5 640"
  assert_equal "System V" "$(ipcls --raw --noheadings -o NSEMS,VALUES,MODE "sem:$key")" "2 5,5 640"
  for reference in "mq:$name" "mq:$key" "sem:$name" "sem:$key"; do
    expect 1 ipcnew "$reference"
    assert_message "ipcnew: cannot create" "File exists"
  done
}

@test "a queue or a set whose reference cannot be printed does not stay" {
  # shellcheck disable=SC2016  # for the inner shell
  expect 1 bash -c 'exec ipcnew "mq:$1" "sem:$1" >/dev/full' bash "$name"
  expect 1 ipcls "mq:$name"
  expect 1 ipcls "sem:$name"
}
