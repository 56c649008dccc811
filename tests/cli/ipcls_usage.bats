# ipcls(1) -m -u accounts for every byte of /dev/shm.
# shellcheck disable=SC2154,SC2016  # what setup() and in_small_shm set; what is for the inner shell

load helpers
export python # for inner shells

# Whether the parts add up to what the file system says, in the lines of --json.
adds_up='adds_up() {
  ipcls -mu --posix --json 9>&- | "$python" -c "
import json, sys
lines = [json.loads(line) for line in sys.stdin]
total = next(line[\"used\"] for line in lines if line[\"name\"] == \"/dev/shm\" and line[\"unit\"] == \"bytes\")
parts = [line for line in lines if \"files\" in line]
assert parts and sum(part[\"used\"] or 0 for part in parts) == total, lines"
}
parts() {
  local rows status=0
  rows=$(exec ipcls -mu --posix --raw --noheadings 9>&-) || status=$?
  sed 1,2d <<<"$rows"
  return "$status"
}
'

@test "objects, directories, other files and unlinked ones are told, each with its bytes and its share" {
  in_small_shm 1M "$adds_up"'
    head -c 5000 /dev/zero | shmput /memory
    semop --create /semaphore >/dev/null
    head -c 100 /dev/zero >/dev/shm/sem.none
    mkdir -p /dev/shm/directory/deep
    head -c 9000 /dev/zero >/dev/shm/directory/deep/file
    ln /dev/shm/directory/deep/file /dev/shm/directory/again
    exec 9>/dev/shm/gone
    head -c 20000 /dev/zero >&9
    rm /dev/shm/gone
    echo $$
    parts
    adds_up'
  assert_equal "parts" "$(tail -n +2 <<<"$output")" \
    'shm posix /dev/shm shared\040memory\040(1\040file) 8192 - 0.78%
shm posix /dev/shm semaphores\040(1\040file) 4096 - 0.39%
shm posix /dev/shm other\040(1\040file) 4096 - 0.39%
shm posix /dev/shm/directory directory\040(1\040file) 12288 - 1.17%
shm posix /dev/shm/gone unlinked,\040held\040by\040'"${lines[0]}"'\040bash 20480 - 1.95%'
}

@test "what is mapped and no longer open is its holder's, and unknown to whom the kernel does not show it" {
  in_small_shm 1M "$adds_up"'
    coproc "$python" -c "
import mmap, os, sys
file = os.open(\"/dev/shm/gone\", os.O_RDWR | os.O_CREAT)
os.ftruncate(file, 8192)
memory = mmap.mmap(file, 8192)
memory[:] = bytes(8192)
os.unlink(\"/dev/shm/gone\")
os.close(file)
print(flush=True)
sys.stdin.read()"
    read -r -u "${COPROC[0]}"
    parts
    adds_up'
  assert_contains "parts" "$output" 'shm posix /dev/shm/gone unlinked,\040held\040by\040'
  if ((EUID == 0)); then
    assert_contains "its size" "$output" " 8192 - 0.78%"
    assert_equal "parts" "${#lines[@]}" 1
  else
    assert_contains "its size" "${lines[0]}" " - - -"
    [[ ${lines[1]} == 'shm posix /dev/shm unknown'*' 8192 - 0.78%' ]] || fail "$output"
  fi
}

@test "what cannot be seen is unknown, and without a list of processes so is what they hold" {
  in_small_shm 1M "$adds_up"'
    mkdir /dev/shm/directory
    head -c 9000 /dev/zero >/dev/shm/directory/file
    mount -t tmpfs tmpfs /dev/shm/directory
    parts
    adds_up
    umount /dev/shm/directory
    exec 9>/dev/shm/gone
    head -c 4096 /dev/zero >&9
    rm /dev/shm/gone
    export LD_ORIGIN_PATH=$TOOLS_DIR # without /proc the loader does not know where a tool is
    mount -t tmpfs tmpfs /proc
    ! parts'
  [[ ${lines[0]} == 'shm posix /dev/shm unknown'*' 12288 - 1.17%' ]] || fail "$output"
  assert_equal "a directory, and what is unknown" "${lines[*]:1}" \
    'shm posix /dev/shm/directory directory\040(1\040file) 12288 - 1.17% shm posix /dev/shm unknown 4096 - 0.39%'
  assert_message "cannot tell what fills '/dev/shm': the processes of the system cannot be listed" "hint: "
}

@test "it is told where shared memory of POSIX is asked for by name" {
  local options
  for options in -u '-u -s' '-l -m' '-u -m --sysv'; do
    # shellcheck disable=SC2086  # words
    expect 0 ipcls $options --json
    [[ $output != *'"files":'* ]] || fail "$options: $output"
  done
}
