# ipcls(1) and ipcdel(1) where little is as usual: no /dev/mqueue, an ordinary user, processes that cannot be seen, names
# that somebody has planted, and in /dev/shm things that are no objects.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers
load partners/scope_helpers

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

