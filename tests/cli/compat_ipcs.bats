# libexec/ipcutils/compat/ipcs prints byte for byte what the ipcs of util-linux 2.38 prints.
# shellcheck disable=SC1091,SC2154,SC2016  # what setup() and run set; texts for inner shells

load helpers

setup_file() {
  source "$BATS_TEST_DIRNAME/partners/compat_compare.bash"
  skip_unless_known_version ipcs
}

# among OBJECTS TEXT: runs the bash text in an IPC namespace with these objects.
among() {
  source "$partners/compat_compare.bash"
  need_namespace
  export scratch=$tmp
  expect 0 "${namespace[@]}" "$python" "$partners/compat_objects.py" "$1" bash -eu -c 'source "$0"; eval "$1"
    echo "compared: $compared"' "$partners/compat_compare.bash" "$2"
  assert_contains "comparisons" "$output" "compared: "
}

@test "every option alone and in pairs prints the same" {
  among all 'options=(-m -q -s -a -t -p -c -l -u -b --human)
    for one in "" "${options[@]}"; do
      for two in "" "${options[@]}"; do same ipcs $one $two; done
    done
    for one in -t -p -l -u -c; do same ipcs $one -q -b; same ipcs --human -m $one; done'
}

@test "long options and their abbreviations print the same" {
  among all 'for option in --shmems --queues --semaphores --all --time --pid --creator --limits --summary --human \
      --bytes --version --help --hum --lim --s --li=3 --foo "--id=0 --queues" "--i 0 -m" -h -V "-V -h" "-h -Z"; do
      same ipcs $option
    done'
}

@test "the details of every object are the same" {
  among all 'for kind in m:shm q:msg s:sem; do
      for id in $(awk "NR > 1 { print \$2 }" /proc/sysvipc/${kind#*:}); do
        for unit in "" --human; do same ipcs -${kind%:*} -i "$id" $unit; done
      done
    done'
}

@test "errors are the same" {
  among twins 'for id in x "" " 1" "1 " +1 0x1 99 2147483648 -2147483649 99999999999999999999999; do
      same ipcs -q -i "$id"
    done
    for options in -Z "-Z -h" -i "-i 0" "-m -q -i 0" "-a -i 0" "-qi 0 -aq" "-i 0 -i 1 -q" x "-q x -t" "-q -- -t"; do
      same ipcs $options
    done'
}

@test "another user sees the same" {
  ((EUID == 0)) || skip "only root can act as a second user"
  become_ordinary
  chmod 777 "$tmp"
  among all 'as=('"${ordinary[*]}"')
    for option in "" -t -p -c -l -u --human; do same ipcs $option; done
    for kind in m:shm q:msg s:sem; do
      for id in $(awk "NR > 1 { print \$2 }" /proc/sysvipc/${kind#*:}); do same ipcs -${kind%:*} -i "$id"; done
    done'
}

@test "it does not depend on the locale, and follows the time zone" {
  among all 'for LC_ALL in C C.UTF-8; do export LC_ALL; same ipcs; same ipcs -t; same ipcs -Z; done
    export TZ=Asia/Tokyo; same ipcs -t'
}

@test "other limits, at the ends of the range too, print the same" {
  ((EUID == 0)) || skip "only root can set limits"
  among twins 'for pages in 1000 1 0 4503599627370495 4503599627370496 18446744073709551615; do
      echo "$pages" >/proc/sys/kernel/shmall
      echo "$pages" >/proc/sys/kernel/shmmax
      for unit in "" -b --human; do same ipcs -l $unit; done
    done
    echo "10 2000 30 40" >/proc/sys/kernel/sem
    echo 1234567 >/proc/sys/kernel/msgmax
    same ipcs -l; same ipcs -l --human'
}

@test "a full disk is a failure, and a closed standard output is none" {
  source "$partners/compat_compare.bash"
  for folder in "$original" "$compat"; do
    expect 1 "${into_full[@]}" "$folder/ipcs"
    assert_equal "message" "$stderr" "ipcs: write error: No space left on device"
    expect 0 "${without_stdout[@]}" "$folder/ipcs"
    assert_silent
  done
}

@test "an identifier of -1 is one that there is not" {
  source "$partners/compat_compare.bash"
  expect 0 "$compat/ipcs" -s -i -1
  assert_equal "message" "$stderr" "ipcs: id -1 not found"
}
