# libexec/ipcutils/compat/ipcrm removes what the ipcrm of util-linux 2.38 removes, and says the same.
# shellcheck disable=SC1091,SC2154,SC2016  # what setup() and run set; texts for inner shells

load helpers

# compare TEXT: runs the bash text, in which @0 … @3 are the identifiers of four objects of each kind, with the keys
# 0xf0000000 … 0xf0000003. After each call what is left is compared.
compare() {
  source "$partners/compat_compare.bash"
  skip_unless_known_version ipcrm
  need_namespace
  export scratch=$tmp python partners
  expect 0 bash -eu -c 'source "$0"
    # The identifiers are those of a fresh namespace: 0 to 3.
    in_fresh() {
      local folder=$1
      shift
      '"${namespace[*]}"' "$python" "$partners/compat_objects.py" twins \
        bash -c "source \"\$0\"; as=($prefix); outcome \"\$@\"; awk \"FNR > 1 { print FILENAME, \\\$1, \\\$2 }\" /proc/sysvipc/{shm,msg,sem}" \
        "$partners/compat_compare.bash" "$folder" "$@"
    }
    try() {
      in_fresh "$original" ipcrm "$@" >"$scratch/one"
      in_fresh "$compat" ipcrm "$@" >"$scratch/other"
      compared=$((compared + 1))
      diff "$scratch/one" "$scratch/other" || { echo "They differ: ${*@Q}"; exit 1; }
    }
    prefix='"'${prefix:-env}'"'
    eval "$1"; echo "compared: $compared"' "$partners/compat_compare.bash" "$1"
  assert_contains "comparisons" "$output" "compared: "
}

@test "by identifier, the same are removed and the same is said" {
  compare 'for option in -q -m -s; do
      for id in x 9999 -1 2147483648; do try $option "$id"; done
      try -v $option 1 $option 9999 $option 2
    done
    try -q ""; try -m 0x1; try -s " 1"; try -m "1 "
    try --shmem-id 1 --queue-id 2 --semaphore-id 3'
}

@test "by key, the same are removed and the same is said" {
  compare 'for option in -Q -M -S; do
      for key in 4026531842 0x99 0 x; do try $option "$key"; done
      try -v $option 0xf0000001 $option 0x99 $option 0xf0000003
    done
    try -M -268435456; try -Q 0x; try -S 0x100000000; try -M 99999999999999999999; try -M 01
    try --shmem-key 0xf0000001 --queue-key 0xf0000002 --semaphore-key 0xf0000003'
}

@test "the old form does the same" {
  compare 'for kind in shm msg sem; do try $kind; try $kind 0; try $kind 0 0 1; try $kind x 1 9999; done
    try shm ""; try msg -a; try sem " 1" +1 0x1; try shm 99999999999; try shm 0 1 2 3; try shmem 1'
}

@test "--all does the same" {
  compare 'try -a; try -v -a; for kind in shm msg sem; do try -a$kind; try --all=$kind -v; try -a $kind; done
    try -a -q 9999; try -q 1 -a -v; try -ax; try --all=; try -ashm -amsg; try -a --verbose x'
}

@test "wrong usage removes the same" {
  compare 'for options in "" -Z x -v -V "-q 1 x" "x -q 1" "-q 1 -Z" "-q 1 -V" "--q 1" "-h -V -q" -m --queue-id; do
      [[ $options == -h* ]] || try $options
    done'
}

@test "another user may do the same" {
  ((EUID == 0)) || skip "only root can act as a second user"
  become_ordinary
  chmod 777 "$tmp"
  prefix=${ordinary[*]}
  compare 'try -q 1; try -m 1 -s 1; try -v -Q 0xf0000001; try -v -a; try shm 0 1'
}

@test "its help is the original's and names the POSIX options besides" {
  source "$partners/compat_compare.bash"
  skip_unless_known_version ipcrm
  assert_equal "what is missing" "$(diff <("$original/ipcrm" -h) <("$compat/ipcrm" -h) | grep '^<' || true)" ""
}

@test "POSIX objects are removed by name" {
  source "$partners/compat_compare.bash"
  shmput "$name" <<<x
  mqsend --create "$name" x
  semop --create "$name" >/dev/null
  expect 0 "$compat/ipcrm" --posix-shmem "$name" --posix-mqueue "$name" --posix-semaphore "${name#/}"
  assert_silent
  expect 1 "$compat/ipcrm" -v --posix-shmem "$name"
  assert_equal "message" "$stderr" "ipcrm: invalid name ($name)"
  assert_equal "output" "$output" "removing POSIX shared memory \`$name'"
}
