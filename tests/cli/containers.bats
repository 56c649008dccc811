# ipcls(1) and ipcdel(1) where little is as usual: no /dev/mqueue, an ordinary user, processes that cannot be seen, names
# that somebody has planted, and in /dev/shm things that are no objects.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

# What is no object in /dev/shm, and what only looks odd. The names of those that ipcls lists are in objects, sorted.
clutter='
  cd /dev/shm
  mkdir directory sem.directory
  echo inside >directory/inside
  mkfifo fifo sem.fifo
  ln -s /etc/passwd link
  ln -s nowhere sem.dangling
  ln -s sem.real sem.link
  printf 1234 >sem.four
  : >sem.empty
  head -c 32 /dev/zero >sem.
  head -c 33 /dev/zero >sem.long
  printf x >mb.box
  mknod null c 1 3 2>/dev/null || true
  long=$(printf "%0250d" 0)
  printf x | tee -- plain .hidden ... -n @3 0x10 private "two words" "$(printf "new\nshm:@0")" "$(printf "bytes\377\e")" "x\\nshm:@0" \
    "${long}12345" >mb.
  ln plain hard
  ipcnew sem:/real "sem:/$long" "sem:/$(printf "new\nsem:@0")" >/dev/null
  printf "%s\0" shm:/{plain,.hidden,...,-n,@3,0x10,private,"two words","$(printf "new\nshm:@0")","$(printf "bytes\377\e")",hard} \
    "shm:/x\\nshm:@0" "shm:/${long}12345" sem:/real "sem:/$long" "sem:/$(printf "new\nsem:@0")" | sort -z >"$tmp/objects"
  cd /'

@test "what is in /dev/shm is listed as what it is, or not at all" {
  in_own_namespace "$clutter"'
    ipcls --posix -ms --refs -0 | sort -z | cmp - "$tmp/objects"
    ipcls --refs -0 -ms | sort -z | cmp - "$tmp/objects"
    xargs -0 ipcls --refs -0 <"$tmp/objects" | cmp - "$tmp/objects"
    objects=$(tr -cd "\0" <"$tmp/objects" | wc -c)
    for options in "" --raw --holders "--sort -SIZE" --unused; do
      assert_equal "lines of ipcls $options" "$(ipcls -ms --noheadings $options | wc -l)" "$objects"
    done
    ipcls -ms --json -o NAME,KIND | grep -c shm | { read -r number; assert_equal "shared memory" "$number" $((objects - 3)); }
    assert_equal "value" "$(ipcls -r --noheadings -o VALUES,SIZE sem:/real)" "1 -"
    assert_equal "size" "$(ipcls -r --noheadings -o SIZE shm:/0x10)" 1'
}

@test "all that is listed can be removed, and nothing else goes" {
  in_own_namespace "$clutter"'
    find /dev/shm ! -type f | sort >"$tmp/before"
    ipcls -ms --refs -0 | ipcdel -0 --dry-run - | sort -z | cmp - "$tmp/objects"
    ipcls -ms --refs -0 | ipcdel -0 -
    assert_equal "objects" "$(ipcls -ms --refs -0 | tr "\0" "\n")" ""
    find /dev/shm ! -type f | sort | cmp - "$tmp/before"
    assert_equal "files" "$(find /dev/shm -type f -printf "%P\n" | sort | xargs)" "directory/inside mb. mb.box sem. sem.empty sem.four sem.long"'
}

@test "an ordinary user without /dev/mqueue sees others' objects, and may do nothing to them" {
  local refs='shm:/mine shm:/others sem:/mine sem:/others'
  need_second_user
  in_own_namespace '
    while umount /dev/mqueue 2>/dev/null; do :; done
    ipcnew --mode 600 --size 10 --sems 2 shm:/others shm:1 mq:1 sem:1 sem:/others >/dev/null
    "$@" ipcnew --size 10 shm:/mine shm:2 mq:2 sem:2 sem:/mine >/dev/null
    "$@" ipcls -ms --posix --refs | xargs >"$tmp/refs"
    "$@" ipcls --raw --noheadings -o KIND,API,NAME,KEY,OWNER,MODE,SIZE,VALUES 2>"$tmp/errors" >"$tmp/list"
    status=0
    "$@" ipcdel --owner root 2>"$tmp/errors.ipcdel" || status=$?
    assert_equal "exit status" "$status" 1
    "$@" ipcdel --dry-run --mine 2>/dev/null >"$tmp/announced"
    ipcls -ms --refs >"$tmp/before"
    "$@" ipcdel --mine 2>/dev/null
    ipcls -ms --refs >"$tmp/after"
    ipcls --sysv -q --refs >"$tmp/queues"' "${ordinary[@]}"
  assert_equal "references" "$(<"$tmp/refs")" "$refs"
  assert_contains "others' memory" "$(<"$tmp/list")" 'shm posix /others - root 600 10 -'
  assert_contains "others' semaphore" "$(<"$tmp/list")" 'sem posix /others - root 600 - -'
  assert_contains "others' segment" "$(<"$tmp/list")" 'shm sysv - 0x00000001 root 600 10 -'
  assert_contains "others' queue" "$(<"$tmp/list")" 'mq sysv - 0x00000001 root 600 0 -'
  assert_contains "others' set" "$(<"$tmp/list")" 'sem sysv - 0x00000001 root 600 - -'
  assert_contains "own set" "$(<"$tmp/list")" 'sem sysv - 0x00000002 nobody 600 - 1'
  assert_equal "lines of messages" "$(wc -l <"$tmp/errors")" 2
  assert_contains "message" "$(<"$tmp/errors")" "ipcls: cannot list POSIX message queues: no mqueue file system is mounted at /dev/mqueue"
  assert_equal "refusals" "$(grep -c 'Operation not permitted$' "$tmp/errors.ipcdel")" 5
  assert_equal "gone" "$(comm -23 <(sort "$tmp/before") <(sort "$tmp/after"))" "$(grep -v ^mq: "$tmp/announced" | sort)"
  assert_equal "announced" "$(wc -l <"$tmp/announced")" 5
  assert_equal "queues" "$(wc -l <"$tmp/queues")" 1
}

@test "a /dev/shm that may not be listed is told, and exit 1 where it was asked for" {
  need_second_user
  in_own_namespace '
    ipcnew --size 10 shm:/x shm:1 >/dev/null
    chmod 700 /dev/shm
    for tool in "ipcls -m" "ipcls -s --refs" "ipcdel -m --mine" "ipcdel -s --dry-run --mine"; do
      status=0
      "$@" $tool >"$tmp/output" 2>"$tmp/errors" || status=$?
      assert_equal "exit status of $tool" "$status" 1
      assert_contains "message of $tool" "$(<"$tmp/errors")" "${tool%% *}: cannot list '\''/dev/shm'\'': Permission denied"
    done
    "$@" ipcls -m --sysv >"$tmp/output" 2>"$tmp/errors"
    [[ ! -s $tmp/errors ]]
    assert_equal "the others" "$("$@" ipcls --noheadings -r -o KEY 2>"$tmp/errors")" 0x00000001
    assert_contains "message" "$(<"$tmp/errors")" "ipcls: cannot list '\''/dev/shm'\'': Permission denied"' "${ordinary[@]}"
}

@test "without a /dev/shm there are no POSIX objects, and in one that is read-only they stay" {
  in_own_namespace '
    ipcnew --size 10 shm:/x sem:/x shm:1 >/dev/null
    mount -o remount,bind,ro /dev/shm
    for options in "shm:/x sem:/x" "-ms --posix --mine"; do
      status=0
      ipcdel $options 2>"$tmp/errors" || status=$?
      assert_equal "exit status" "$status" 1
      assert_equal "refusals" "$(grep -c "^ipcdel: cannot remove .* '\''/x'\'': Read-only file system$" "$tmp/errors")" 2
    done
    assert_equal "objects" "$(ipcls -ms --posix --refs | xargs)" "shm:/x sem:/x"
    mount -t tmpfs tmpfs /dev
    assert_equal "segments" "$(ipcls -ms --noheadings -r -o KEY)" 0x00000001
    assert_equal "POSIX" "$(ipcls --posix -ms --refs --unused)" ""
    ! ipcls shm:/x 2>"$tmp/errors"
    assert_contains "message" "$(<"$tmp/errors")" "cannot find shared memory '\''/x'\''"
    ipcdel -ms --mine
    assert_equal "segments" "$(ipcls -ms --refs)" ""'
}

@test "processes that hidepid hides are not thought absent" {
  need_second_user
  unshare --mount mount -t proc -o hidepid=2 proc /proc 2>/dev/null || skip "no /proc with hidepid to be had"
  in_own_namespace '
    "$@" ipcnew --size 10 --mode 066 shm:/held shm:/free >/dev/null
    mount -t proc -o hidepid=2 proc /proc
    exec 9<>/dev/shm/held # of the shell alone, whom the user does not see
    # Without permission to read, the kernel cannot be asked.
    assert_equal "unused" "$("$@" ipcls --refs -m --unused 9<&-)" ""
    "$@" ipcdel -m --orphaned --name "*" 9<&-
    assert_equal "objects" "$(ipcls -m --refs | xargs)" "shm:/free shm:/held"
    "$@" chmod 600 /dev/shm/held /dev/shm/free 9<&-
    assert_equal "unused" "$("$@" ipcls --refs -m --unused 9<&-)" shm:/free' "${ordinary[@]}"
}

@test "a process that nobody has asked how it ended is dead" {
  in_own_namespace '
    python=$1 program=$2
    # What is behind exec never waits for its child.
    bash -c "exec 4>&1; \"\$@\" & exec sleep 60 4>&- >/dev/null" bash "$python" "$program" segment 7 >"$tmp/id" &
    parent=$!
    trap "kill -KILL $parent" EXIT
    until [[ -s $tmp/id ]]; do sleep 0.02; done
    creator=$(ipcls --noheadings -r -o CPID "shm:7")
    assert_equal "orphaned" "$(ipcls --refs --orphaned)" ""
    kill -KILL "$creator"
    until grep -q "^State:.Z" "/proc/$creator/status"; do sleep 0.02; done
    assert_equal "orphaned" "$(ipcls --refs --orphaned)" "shm:@$(<"$tmp/id")"
    ipcdel --orphaned --mine
    assert_equal "objects" "$(ipcls --refs)" ""' "$python" "$partners/scope_process.py"
}

@test "planted names of every kind never make another object go: by lines, by NULs, by filter" {
  in_own_namespace '
    make() {
      local victim name
      victims=$(ipcnew --size 10 shm:1 mq:1 sem:1)
      for victim in $victims; do
        name=$(printf "/x\n%s\nx" "$victim")
        ipcnew --size 10 "shm:$name" "mq:$name" "sem:$name" >/dev/null
      done
      assert_equal "references by lines" "$(ipcls --refs)" "$victims"
    }
    check() { # WHAT PLANTED
      assert_equal "victims after $1" "$(ipcls --refs $victims)" "$victims"
      assert_equal "planted after $1" "$(ipcls --posix --refs -0 | tr -cd "\0" | wc -c)" "$2"
      ipcdel --mine
    }
    make
    ipcls --refs --name "x*" | ipcdel -
    check "lines" 9
    make
    ipcls --refs -0 --name "x*" | ipcdel -0 -
    check "NULs" 0
    make
    ipcdel --name "x*"
    check "a filter" 0'
}

@test "what --dry-run prints of a planted name is no other object's reference" {
  # The name of the second has a backslash where the first has a newline.
  printf '%s\n' "'shm:/x\\n'" 'shm:/x\n' shm:/y >"$tmp/wanted"
  in_own_namespace '
    ipcnew --size 10 "$1" "shm:/x\\n" shm:/y >/dev/null
    ipcdel --dry-run --mine >"$tmp/list"
    cmp "$tmp/list" "$tmp/wanted"
    ! ipcdel - <"$tmp/list" 2>"$tmp/errors"
    assert_equal "objects" "$(ipcls --refs -0 | tr -cd "\0" | wc -c)" 3
    ipcdel --dry-run -0 --name "${1#shm:}" | ipcdel -0 -
    assert_equal "objects" "$(ipcls --refs | xargs -d "\n")" "shm:/x\\n shm:/y"' $'shm:/x\n'
}

@test "a bad reference anywhere in a long list, or NULs without -0, remove nothing" {
  local bad
  ipcnew --size 10 "shm:$name" "sem:$name" >/dev/null
  for bad in x shm:/a/b shm:@-1 mq: $'\xff' sem:private; do
    expect 1 ipcdel --force - < <(yes "shm:$name" | head -n 20000; echo "$bad"; echo "sem:$name")
    expect 1 ipcdel --force --mine "sem:$name" - < <(yes "shm:$name" | head -n 20000; echo "$bad")
    expect 0 ipcls "shm:$name" "sem:$name"
  done
  expect 1 ipcdel --force - < <(printf '%s\0' "shm:$name" "sem:$name")
  expect 0 ipcls "shm:$name" "sem:$name"
}

@test "two ipcdel that read the same list remove each object once" {
  local references=() i first
  for i in {100..349}; do references+=("shm:$name$i" "sem:$name$i"); done
  ipcnew --size 1 "${references[@]}" "shm:$key" "sem:$key" >"$tmp/list"
  ipcnew --size 1 "shm:${name}kept" >/dev/null
  start ipcdel - <"$tmp/list" 2>"$tmp/first"
  first=$pid
  start ipcdel - <"$tmp/list" 2>"$tmp/second"
  wait "$first" "$pid" || true
  assert_equal "missing" "$(grep -hc '^ipcdel: cannot remove ' < <(cat "$tmp/first" "$tmp/second"))" 502
  expect 0 ipcls "shm:${name}kept"
  assert_equal "objects" "$(count_objects)" 1
}
