# libexec/ipcutils/compat/ipcmk makes what the ipcmk of util-linux 2.38 makes, and says the same.
# shellcheck disable=SC1091,SC2154,SC2016  # what setup() and run set; texts for inner shells

load helpers

# compare TEXT: runs the bash text in an IPC namespace; every object that is made is compared and removed.
compare() {
  source "$partners/compat_compare.bash"
  skip_unless_known_version ipcmk
  need_namespace
  export scratch=$tmp
  expect 0 "${namespace[@]}" bash -eu -c 'source "$0"
    clear() {
      local kind
      for kind in m:shm q:msg s:sem; do
        awk "NR > 1 { print \$2 }" "/proc/sysvipc/${kind#*:}" | xargs -r -n 1 "$original/ipcrm" "-${kind%:*}"
      done
    }
    # Of every object whether it has a key, its permissions and size; of a set its times of use.
    made() {
      awk "FNR > 1 { print FILENAME, \$1 != 0, \$3, FILENAME ~ /msg/ ? 0 : \$4, FILENAME ~ /sem/ ? \$9 : 0 }" \
        /proc/sysvipc/{shm,msg,sem}
    }
    outcome_as_is=$(declare -f outcome); eval "${outcome_as_is/outcome/outcome_with_ids}"
    outcome() { outcome_with_ids "$@" | sed "s/id: [0-9]*$/id: N/"; }
    prepare=(clear) effect=(made)
    eval "$1"; clear; echo "compared: $compared"' "$partners/compat_compare.bash" "$1"
  assert_contains "comparisons" "$output" "compared: "
}

@test "sizes are taken for the same" {
  compare 'for size in 0 x 1x -1 1k 1KB 1KiB 1kb 1kib 1.5k 1.5 1m 0x10 010 "" " 5" "5 " +5 20E 99999999999999999999 1Z \
      0Z 16E 1.99999k 1,5k 0.5k .5k 1.k 1.05M 10. 1.9k 1.75k 1.333M 1.09k 1.10k 1.100k 1.0100k 0x1.8k 1.5KB 1ki 1KIB 1B \
      "1 k" 08; do
      same ipcmk -M "$size"
    done'
}

@test "numbers of semaphores and permissions are taken for the same" {
  compare 'for number in x 0 -1 99999999999 40000 "" 1k 0x4 5 " 6" +7 32000 32001; do same ipcmk -S "$number"; done
    for mode in 0600 9 "" u+r 7777777777777777777777777 0x1 " 600" 777 701 1600 077 0; do
      for kind in -Q "-M 10" "-S 2"; do same ipcmk $kind -p "$mode"; done
    done'
}

@test "options together, long ones and wrong ones do the same" {
  compare 'for options in "" x -M -Z "-Q -Z" "--s 4" "--sh 4" --shmem=10 "--mode 600 --queue" "--mode 600" -V "-V -h" \
      "--semaphore 3" "-M x -h" "-Q -p z -M x" "-Q x" "-M 10 -M 20" "-S 3 -S 4" "-Qp 600 -M 10 -S 3" "-S 1 -Q -M 0" \
      "-S 0 -Q" --queue=3 --semaphore "-- -Q"; do
      same ipcmk $options
    done'
}

@test "its help is the original's and names the POSIX options besides" {
  source "$partners/compat_compare.bash"
  skip_unless_known_version ipcmk
  assert_equal "what is missing" "$(diff <("$original/ipcmk" -h) <("$compat/ipcmk" -h) | grep '^<' || true)" ""
  assert_contains "help" "$("$compat/ipcmk" --help)" "-n, --name"
}

@test "POSIX objects are made, and none that exists is touched" {
  source "$partners/compat_compare.bash"
  umask 022
  expect 0 "$compat/ipcmk" -m 5000 -s -q -p 666 -n "$name"
  assert_equal "output" "$output" "POSIX shared memory name: $name
POSIX message queue name: $name
POSIX semaphore name: $name"
  assert_equal "size and mode" "$(stat -c '%s %a' "/dev/shm$name")" "5000 644"
  assert_equal "semaphore" "$(semop "$name")" 0
  printf text | shmput "$name"
  expect 1 "$compat/ipcmk" --posix-shmem 1 --name "${name#/}"
  assert_equal "message" "$stderr" "ipcmk: create POSIX shared memory failed: File exists"
  assert_equal "content" "$(shmget -l 4 "$name")" text
  expect 1 "$compat/ipcmk" -q
  assert_message "ipcmk: a POSIX resource needs a name (--name)" "Try 'ipcmk --help' for more information."
  mqsend "$name" x
  semop "$name" +1
  expect 0 "$compat/ipcmk" -m 1G -n "${name#/}b"
  assert_equal "output" "$output" "POSIX shared memory name: ${name#/}b"
  assert_equal "size and blocks" "$(stat -c '%s %b' "/dev/shm${name}b")" "1073741824 0"
}
