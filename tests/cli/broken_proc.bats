# The tools that look at objects where a source of what they know is missing, hidden or unreadable: what exists is found,
# or it is said that it cannot be known. No list is empty for lack of a source.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for inner shells

load helpers
load partners/scope_helpers

# What is broken | the user of the tools: root, or another | how root of a mount namespace of its own breaks it.
breakages='
/proc with subset=pid         | root  | mount -t proc -o subset=pid proc /proc
/proc with hidepid=2          | other | mount -t proc -o hidepid=2 proc /proc
/proc that is not mounted     | root  | umount --lazy /proc && [[ ! -e /proc/self ]]
an empty /proc/sysvipc        | root  | mount -t tmpfs tmpfs /proc/sysvipc
tables without headings       | root  | for t in /proc/sysvipc/*; do mount --bind "$1" "$t"; done
tables that cannot be read    | other | for t in /proc/sysvipc/*; do mount --bind "$1" "$t"; done
no /dev/mqueue                | root  | while umount /dev/mqueue 2>/dev/null; do :; done'

# For the shell in which a check runs: break_proc breaks what the row says, and ends it where the kernel refuses. The user
# of the row runs a tool by `t`.
prelude='
  breakage=$1 compat=$2
  shift 2
  as=("$@")

  t() { "${as[@]}" "$@"; }

  # The run-time of a sanitizer needs /proc.
  starts() { [[ -z ${IPCUTILS_SANITIZED:-} ]] || t ipcls --version >/dev/null 2>&1; }
  break_proc() {
    if bash -euc "$breakage" bash "$tmp/unreadable" 2>/dev/null && starts; then return 0; fi
    echo "$breakage" >>"$tmp/refused"
    exit 0
  }
  compat_ipcs() { t "$compat/ipcs" "$@"; }

  make() {
    t ipcnew --size 10 --sems 2 shm:/x shm:1 mq:1 sem:1 sem:/x mq:/x >/dev/null
    t mqsend 1 hello
  }

  # status STATUS COMMAND...: what it writes is in $tmp/output and $tmp/errors.
  status() {
    local wanted=$1 actual=0
    shift
    t "$@" >"$tmp/output" 2>"$tmp/errors" || actual=$?
    assert_equal "exit status of $* ($(<"$tmp/errors"))" "$actual" "$wanted"
  }

  columns=REF,KIND,API,NAME,KEY,ID,OWNER,MODE,SIZE,NATTCH,STATUS,CPID,MSGS,QBYTES,LSPID,NSEMS,VALUES,CTIME
  lists() {
    local options
    for options in -ms "-q --sysv" "-ms --mine" "-s --name x" "-m --unused"; do t ipcls -r -o "$columns" $options; done
    # Only root can list POSIX queues without a mount.
    [[ ${as[0]} != env ]] || t ipcls -r -o "$columns" -q
  }'

# under_each_breakage TEXT: runs the bash text among no other objects, once for each row of the table.
under_each_breakage() {
  local what user breakage compat as rows=0
  compat=$(cd "$TOOLS_DIR/../libexec/ipcutils/compat" && pwd)
  : >"$tmp/refused"
  : >"$tmp/unreadable"
  chmod 0 "$tmp/unreadable"
  while IFS='|' read -r what user breakage; do
    [[ -n $what ]] || continue
    rows=$((rows + 1))
    as=(env)
    if [[ $user == *other* ]]; then
      if ! have_second_user; then
        echo "$breakage" >>"$tmp/refused"
        continue
      fi
      as=("${ordinary[@]}")
    fi
    rm -f "$tmp"/{before,after,output,errors}
    in_own_namespace "$prelude
      $1" "$breakage" "$compat" "${as[@]}" || fail "under $what"
  done <<<"$breakages"
  (($(wc -l <"$tmp/refused") < rows)) || skip "nothing can be broken here"
}

# Whether root can act as a second user who can run the tools; sets `ordinary`.
have_second_user() {
  ((EUID == 0)) || return 1
  ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  "${ordinary[@]}" test -x "$TOOLS_DIR/ipcls"
}

@test "the lists and the filters find what they found before" {
  under_each_breakage '
    make
    lists >"$tmp/before"
    break_proc
    lists >"$tmp/after"
    diff "$tmp/before" "$tmp/after" >&2'
}

@test "each object is found by its reference and not gone, and what is missing is missing" {
  under_each_breakage '
    make
    ids=$(t ipcls --sysv --refs)
    break_proc
    for ref in shm:/x shm:1 mq:1 sem:1 sem:/x mq:/x $ids; do
      status 0 ipcls "$ref"
      status 0 ipcwait --nonblock "$ref" exists
      status 124 ipcwait --nonblock "$ref" gone
    done
    status 0 ipcwait --nonblock mq:/x empty
    status 0 ipcwait --nonblock mq:1 nonempty
    status 0 ipcwait --nonblock shm:1 unattached
    status 124 ipcwait --nonblock sem:1 zero
    for ref in shm:/y shm:2 mq:2 sem:2 sem:/y mq:/y; do
      status 1 ipcls "$ref"
      assert_contains "message of ipcls $ref" "$(<"$tmp/errors")" "No such file or directory"
      status 0 ipcwait --nonblock "$ref" gone
      status 124 ipcwait --nonblock "$ref" exists
    done'
}

@test "ipcset changes what exists" {
  under_each_breakage '
    make
    break_proc
    for ref in shm:/x shm:1 mq:1 sem:1 sem:/x mq:/x; do
      status 0 ipcset --mode 640 "$ref"
      assert_equal "mode of $ref" "$(t ipcls -r --noheadings -o MODE "$ref")" 640
    done
    status 0 ipcset --qbytes 1000 mq:1
    assert_equal "limit" "$(t ipcls -r --noheadings -o QBYTES mq:1)" 1000
    status 1 ipcset --mode 640 shm:2
    assert_contains "message" "$(<"$tmp/errors")" "No such file or directory"'
}

@test "ipcrun leaves nothing behind, so that the next one can make the same" {
  under_each_breakage '
    break_proc
    for i in 1 2; do
      status 0 ipcrun --make A=shm:1,size=10 --make B=mq:1 --make C=sem:1 --make D=shm:/x,size=10 --make E=sem:/x \
        --make F=mq:/x -- ipcls shm:1 mq:1 sem:1 shm:/x sem:/x mq:/x
    done
    assert_equal "objects" "$(t ipcls -ms --refs; t ipcls -q --sysv --refs)" ""
    status 0 ipcwait --nonblock mq:/x gone'
}

@test "ipcdel removes by reference and by filter, and all of it" {
  under_each_breakage '
    make
    t ipcnew --size 10 shm:/y shm:2 mq:2 sem:2 >/dev/null
    break_proc
    status 0 ipcdel shm:/x shm:1 mq:1 sem:1 sem:/x mq:/x
    status 0 ipcdel -ms --mine
    status 0 ipcdel -q --sysv --mine
    assert_equal "objects" "$(t ipcls -ms --refs; t ipcls -q --sysv --refs)" ""'
}

@test "the ipcs of libexec prints what it printed before" {
  under_each_breakage '
    make
    details=()
    for kind in m q s; do details+=("-$kind -i $(t ipcls "-$kind" --sysv -r --noheadings -o ID)"); done
    print() {
      local options
      for options in -a -t -p -c -l -u "${details[@]}"; do compat_ipcs $options; done
    }
    print >"$tmp/before"
    break_proc
    print >"$tmp/after"
    diff "$tmp/before" "$tmp/after" >&2'
}

@test "a FIFO exists, and who has it open is known or said to be unknown" {
  under_each_breakage '
    mkfifo -m 666 /dev/shm/fifo
    exec 9<>/dev/shm/fifo
    break_proc
    status 0 ipcwait --nonblock fifo:/dev/shm/fifo exists
    status 124 ipcwait --nonblock fifo:/dev/shm/fifo gone
    if [[ ! -e /proc/self ]]; then
      for condition in empty nonempty readers writers; do
        status 1 ipcwait --nonblock fifo:/dev/shm/fifo "$condition"
        assert_contains "message" "$(<"$tmp/errors")" "the processes of the system cannot be listed"
      done
    elif [[ ${as[0]} == env ]]; then
      status 0 ipcwait --nonblock fifo:/dev/shm/fifo readers
    fi'
}

@test "limits that cannot be read are told" {
  under_each_breakage '
    break_proc
    if [[ -e /proc/sys/fs ]]; then
      status 0 ipcls --limits
    else
      status 1 ipcls --limits
      assert_contains "message" "$(<"$tmp/errors")" "ipcls: cannot read the limits of POSIX message queues"
    fi
    assert_contains "limits" "$(<"$tmp/output")" kernel.shmmni'
}

# A FUSE file system whose process has ended: stat(2) of its root fails with ENOTCONN.
dead_mount='
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
os.mkdir(sys.argv[1])
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()}"
sys.exit(libc.mount(b"fuse", sys.argv[1].encode(), b"fuse", 0, options.encode()))'

@test "an entry of /dev/shm that cannot be looked at hides no other" {
  in_own_namespace '
    ipcnew --size 10 shm:/a shm:/z sem:/a >/dev/null
    "$1" -c "$2" /dev/shm/m 2>/dev/null || { : >"$tmp/refused"; exit 0; }
    for options in "" -m --posix "--mine --unused"; do
      status=0
      ipcls $options --refs >"$tmp/output" 2>"$tmp/errors" || status=$?
      assert_equal "exit status of ipcls $options" "$status" 1
      assert_contains "memory of ipcls $options" "$(<"$tmp/output")" "shm:/a
shm:/z"
      assert_equal "message" "$(<"$tmp/errors")" \
        "ipcls: cannot inspect shared memory '\''/m'\'': Transport endpoint is not connected"
    done
    assert_equal "semaphores" "$(ipcls -s --refs 2>&1)" sem:/a
    status=0
    ipcdel -m --mine 2>"$tmp/errors" || status=$?
    assert_equal "exit status of ipcdel" "$status" 1
    umount /dev/shm/m
    assert_equal "left" "$(ipcls -m --refs)" ""' "$python" "$dead_mount"
  [[ ! -e $tmp/refused ]] || skip "no FUSE here"
}

@test "another IPC namespace over the same mounts has its own queues" {
  in_own_namespace '
    [[ -d /dev/mqueue ]] || { : >"$tmp/refused"; exit 0; }
    ipcnew mq:/outer >/dev/null
    assert_equal "outer" "$(ipcls -q --refs)" mq:/outer
    for namespace in "unshare --ipc" "unshare --user --map-root-user --ipc"; do
      $namespace true 2>/dev/null || continue
      inner=$($namespace bash -euc "ipcnew mq:/inner >/dev/null; ipcls -q --refs")
      assert_equal "inner of $namespace" "$inner" mq:/inner
    done
    # Who may not mount can only compare.
    status=0
    unshare --ipc setpriv --bounding-set=-all --inh-caps=-all --no-new-privs ipcls -q --refs >"$tmp/output" 2>"$tmp/errors" ||
      status=$?
    assert_equal "exit status" "$status" 1
    assert_equal "output" "$(<"$tmp/output")" ""
    assert_contains "message" "$(<"$tmp/errors")" "/dev/mqueue shows those of another IPC namespace"'
  [[ ! -e $tmp/refused ]] || skip "no /dev/mqueue here"
}
