#!/usr/bin/env bats
# Mailboxes under the tools for objects: ipcls(1), ipcnew(1), ipcdel(1), ipcset(1), ipcwait(1) and ipcrun(1).
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() and run set or use; texts for an inner shell

load helpers

# cells COLUMNS: of the test's mailbox, with one space between.
cells() { ipcls --raw --noheadings -o "$1" "mb:$name"; }

# has_cells COLUMNS CELLS
has_cells() { [[ $(cells "$1") == "$2" ]]; }

# start_receiver: $pid is a process that receives from the mailbox, once it has joined.
start_receiver() {
  start mbrecv -f "$name"
  wait_until "a receiver joins" has_cells READERS 1
}

@test "a mailbox is made, listed, changed and removed" {
  expect 0 ipcnew --size 5000 --on-full drop -m 640 "mb:$name"
  assert_equal "reference" "$output" "mb:$name"
  expect 1 ipcnew "mb:$name"
  assert_message "cannot create mailbox '$name': File exists"
  assert_equal "cells" "$(cells KIND,API,MODE,SIZE,ONFULL,MSGS,FILL,READERS,WRITERS,RECEIVERS,LOST,DROPPED,SENT)" \
    "mb posix 640 8192 drop 0 0 0 0 - 0 0 0"
  expect 0 ipcset -m g-r "mb:$name"
  expect 2 ipcset --size 4K "mb:$name"
  assert_usage_error ipcset "a mailbox keeps its size"
  expect 0 ipcls --dump "mb:$name"
  assert_equal "dump" "$output" "ipcnew --mode 600 --size 8192 --on-full drop mb:$name"
  expect 0 ipcdel "mb:$name"
  expect 1 ipcdel "mb:$name"
  expect 0 ipcnew "mb:$name"
  assert_equal "what is usual" "$(cells SIZE,ONFULL,MODE)" "1048576 block 600"
}

@test "mailboxes are listed among all kinds, and alone with --mb" {
  ipcnew "mb:$name" "sem:$name" >/dev/null
  assert_contains "all kinds" "$(ipcls --refs --posix)" "mb:$name"
  assert_equal "--mb" "$(ipcls --mb --refs --name "$name")" "mb:$name"
  assert_equal "--mb and -s" "$(ipcls --mb -s --refs --name "$name")" "sem:$name
mb:$name"
  assert_equal "other kinds" "$(ipcls -mqs --refs --name "$name" 2>/dev/null)" "sem:$name"
  assert_equal "--sysv" "$(ipcls --mb --sysv --refs --name "$name")" ""
  expect 0 ipcls --mb
  read -ra words <<<"${lines[0]}"
  assert_equal "headings" "${words[*]}" "REF KEY OWNER MODE SIZE MSGS ONFULL WRITERS RECEIVERS LOST DROPPED"
}

@test "who receives is named, with what it has not read, and whether it is stopped" {
  in_shell=() # a process with the name of the tool
  ipcnew "mb:$name" >/dev/null
  start_receiver
  kill -STOP "$pid"
  wait_until "the receiver is stopped" has_cells RECEIVERS "$pid\\040mbrecv\\040stopped"
  mbsend "$name" one two
  assert_equal "receiver" "$(cells RECEIVERS,MSGS,SENT)" "$pid\\040mbrecv\\0402\\040behind\\040stopped 2 2"
  expect 0 ipcls --json -o receivers,lost --holders "mb:$name"
  assert_equal "JSON" "$output" \
    '{"receivers":[{"pid":'"$pid"',"command":"mbrecv","stopped":true,"messages":2,"lost":0}],"lost":0}'
  assert_equal "holders" "$(ipcls --raw --noheadings --holders -o HOLDERS "mb:$name")" "$pid\\040mbrecv"
  expect 124 ipcwait --nonblock "mb:$name" empty
  kill -CONT "$pid"
  expect 0 ipcwait "mb:$name" empty
}

@test "filters keep a mailbox that is in use, or that somebody has messages to read in" {
  ipcnew "mb:$name" "mb:${name}b" >/dev/null
  start_receiver
  expect 0 ipcdel --mb --name "$name*" --unused
  assert_message "kept mailbox '$name': it is in use by process $pid"
  expect 1 ipcls "mb:${name}b"
  kill -STOP "$pid"
  mbsend "$name" one
  expect 0 ipcdel --mb --name "$name"
  assert_message "kept mailbox '$name': it holds 1 message, and only --with-messages removes it"
  expect 0 ipcdel --mb --name "mb.${name#/}" --with-messages
  assert_silent
  expect 1 ipcls "mb:$name"
}

@test "a file that is no mailbox is left out, and an error by its name" {
  local size
  for size in 0 1 100K; do
    truncate -s "$size" "/dev/shm/mb.${name#/}"
    assert_equal "list" "$(ipcls --mb --refs --name "$name")" ""
    expect 1 ipcls "mb:$name"
    assert_message "cannot inspect mailbox '$name': it is no mailbox"
  done
  rm "/dev/shm/mb.${name#/}"
  ipcnew "mb:$name" >/dev/null
  truncate -s 100K "/dev/shm/mb.${name#/}"
  expect 1 ipcls --holders "mb:$name"
  assert_message "it is no mailbox"
}

@test "of a mailbox that one may not read, only its file is known" {
  need_second_user
  ipcnew "mb:$name" >/dev/null
  assert_equal "cells" "$("${other[@]}" ipcls --raw --noheadings -o MODE,SIZE,ONFULL,MSGS,RECEIVERS,LOST "mb:$name")" \
    "600 - - - - -"
  expect 1 "${other[@]}" ipcwait --nonblock "mb:$name" empty
  assert_message "cannot wait for mailbox '$name': Permission denied"
  expect 0 "${other[@]}" ipcwait --nonblock "mb:$name" exists
}

@test "what is true of a mailbox can be waited for" {
  local condition
  start ipcwait "mb:$name" exists
  wait_until "ipcwait waits" is_asleep "$pid"
  ipcnew "mb:$name" >/dev/null
  finish 0 "$pid"
  for condition in empty unattached exists; do expect 0 ipcwait --nonblock "mb:$name" "$condition"; done
  for condition in nonempty readers writers gone; do expect 124 ipcwait -q --nonblock "mb:$name" "$condition"; done
  for condition in zero value:1; do
    expect 2 ipcwait "mb:$name" "$condition"
    assert_usage_error ipcwait "only semaphores have values"
  done
  start ipcwait "mb:$name" gone
  wait_until "ipcwait waits" is_asleep "$pid"
  ipcdel "mb:$name"
  finish 0 "$pid"
}

@test "ipcrun makes a mailbox for its command, and takes it away" {
  expect 0 ipcrun --make M="mb:$name,size=4K,on-full=overwrite,mode=640" -- \
    sh -c 'echo "$M"; ipcls --raw --noheadings -o SIZE,ONFULL,MODE "$M"'
  assert_equal "inside" "$output" "mb:$name
4096 overwrite 640"
  expect 1 ipcls "mb:$name"
}

@test "what a mailbox cannot be made with is wrong usage" {
  expect 2 ipcnew --on-full full "mb:$name"
  assert_usage_error ipcnew "invalid action 'full': there are block, drop and overwrite"
  expect 2 ipcnew --on-full drop --size 1 "shm:$name"
  assert_usage_error ipcnew "--on-full is for mailboxes, and nothing that is to be made takes it"
  expect 2 ipcnew --max-messages 3 "mb:$name"
  assert_usage_error ipcnew "--max-messages is for POSIX message queues"
  expect 2 ipcnew mb:private
  assert_usage_error ipcnew "a name begins with '/'"
  expect 1 ipcnew --size 2T "mb:$name"
  assert_message "cannot create mailbox '$name'"
  assert_equal "mailboxes" "$(ipcls --mb --refs --name "$name*")" ""
}
