# A full /dev/shm is an error and never SIGBUS; what was there stays, and nothing else does.
# shellcheck disable=SC2154,SC2016  # what setup() and run set; texts for an inner shell

load helpers

# For the inner shell: fails COMMAND...: it exits 1 and says that there is no room; used: bytes in use.
prelude='
cd "$BATS_TEST_TMPDIR"
fails() {
  local status=0
  timeout -s KILL 60 "$@" 2>messages || status=$?
  [[ $status == 1 ]] || { echo "$* exits $status: $(cat messages)" >&2; return 1; }
  grep -q "No space left on device" messages || { echo "$* says: $(cat messages)" >&2; return 1; }
}
unchanged() { shmget /x | cmp - wanted && [[ $(stat -c %s /dev/shm/x) == $(stat -c %s wanted) && $(ls -A /dev/shm) == "$1" ]]; }
used() { df --output=used -B1 /dev/shm | tail -1 | tr -d " "; }
head -c 3M /dev/urandom >large
head -c 100000 /dev/urandom >wanted
'

@test "a new object that is too large makes nothing" {
  in_small_shm 1M "$prelude"'
    fails shmput /x large
    grep -q "hint: /dev/shm has 1048576 bytes, and 1048576 of them are free" messages
    fails shmput /x < <(cat large)
    grep -q "hint: /dev/shm has 1048576 bytes, and 1048576 of them are free" messages
    fails shmput --size 3M /x </dev/null
    fails shmput --replace /x large
    fails shmput -o 3M /x <<<y
    [[ -z $(ls -A /dev/shm) && $(used) == 0 ]]'
}

@test "an object that cannot grow stays as it was where the length is known" {
  in_small_shm 1M "$prelude"'
    shmput /x wanted
    fails shmput --in-place /x large
    fails shmput -o 50000 /x large
    fails shmput --size 3M /x <<<y
    unchanged x
    [[ $(used) -lt 200000 ]]'
}

@test "from a pipe an object that cannot grow gives back what it has grown by, and the message counts what is replaced" {
  in_small_shm 1M "$prelude"'
    shmput /x wanted
    fails shmput -o 100000 /x < <(cat large)
    grep -Eq "hint: /dev/shm has 1048576 bytes, and [0-9]+ of them are free; [0-9]+ bytes have been replaced" messages
    unchanged x
    [[ $(used) -lt 200000 ]]'
}

@test "an object that cannot be replaced stays as it was" {
  in_small_shm 1M "$prelude"'
    shmput /x wanted
    fails shmput /x large
    fails shmput /x < <(cat large)
    fails shmput --replace --size 3M /x </dev/null
    unchanged x
    [[ $(used) -lt 200000 ]]'
}

@test "an object is made and replaced where there is just room" {
  in_small_shm 1M "$prelude"'
    shmput /x wanted
    head -c 600000 large >more
    shmput --replace /x more
    shmget /x | cmp - more
    rm /dev/shm/x
    head -c 1M large >all
    shmput /x all
    shmget /x | cmp - all'
}

@test "a hole in an existing object that cannot be filled is an error" {
  in_small_shm 1M "$prelude"'
    truncate -s 3M /dev/shm/x
    fails shmput --in-place /x large
    fails shmput --in-place /x < <(cat large)'
}

@test "ipcnew makes nothing that has no memory" {
  in_small_shm 1M "$prelude"'
    fails ipcnew --size 3M shm:/x
    [[ -z $(ls -A /dev/shm) && $(used) == 0 ]]
    [[ $(ipcnew --size 512K shm:/x) == shm:/x ]]
    [[ $(used) == 524288 ]]'
}

@test "a new object of the size given has all its memory" {
  in_small_shm 1M "$prelude"'
    shmput --size 512K /x <<<y
    [[ $(used) == 524288 ]]
    shmput --size 900K /x <<<y
    [[ $(used) == 921600 ]]'
}

@test "a full TMPDIR is an error of the spool, and no segment stays" {
  in_small_shm 1M "$prelude"'
    fails env TMPDIR=/dev/shm shmput '"$key"' < <(cat large)
    [[ -z $(ls -A /dev/shm) ]]'
  assert_missing "$key"
}

@test "a segment larger than the kernel allows is an error with a hint" {
  local namespace=(unshare --map-root-user --ipc)
  ((EUID == 0)) && namespace=(unshare --ipc)
  "${namespace[@]}" sh -c 'echo 100 >/proc/sys/kernel/shmall' 2>/dev/null || skip "no IPC namespace to be had"
  expect 0 "${namespace[@]}" bash -euc "$prelude"'
    echo 100 >/proc/sys/kernel/shmall
    fails shmput 5 large
    grep -q kernel.shmall messages
    fails ipcnew -M 3M
    [[ $(tail -n +2 /proc/sysvipc/shm) == "" ]]'
}
