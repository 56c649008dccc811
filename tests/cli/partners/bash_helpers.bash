# What the tests of the builtins of bash share.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() and run set; what the tests use; texts for an inner shell

# That of helpers.bash.
eval "load_$(sed -n '/^setup() {/,/^}/p' "$BATS_TEST_DIRNAME/helpers.bash")"

# What bash runs gets $name, $key and $tmp, and by `. "$loaded"` the builtins.
setup() {
  load_setup
  loaded=$TOOLS_DIR/ipcutils.bash
  [[ -e $loaded ]] || skip "built without the headers of bash"
  unset BASH_ENV
  in_shell=()
  export name key tmp loaded
  # The run-time of a sanitizer must be there before bash is. bash itself leaks.
  host=()
  [[ -z ${IPCUTILS_SANITIZED:-} ]] ||
    host=(env LD_PRELOAD="$(ldd "$TOOLS_DIR/mqsend" | awk '/libasan|libstdc/ { print $3 }' | sort | paste -sd :)"
      ASAN_OPTIONS=detect_leaks=0)
}

# not_sanitized: skips what a bash with the run-time of a sanitizer cannot show.
not_sanitized() { [[ -z ${IPCUTILS_SANITIZED:-} ]] || skip "a sanitizer takes memory, signals and descriptors of its own"; }

# in_bash STATUS TEXT [ARG]...: a bash with the builtins runs it, as expect() does.
in_bash() { expect "$1" "${host[@]}" bash -c '. "$loaded"; '"$2" bash "${@:3}"; }

# start_bash TEXT [ARG]...: such a bash in the background, as start() does.
start_bash() { start "${host[@]}" bash -c '. "$loaded"; '"$1" bash "${@:2}"; }

# on_terminal STATUS STEP...: an interactive bash with the builtins takes the steps of interactive_bash.py.
on_terminal() {
  local wanted=$1
  shift
  not_sanitized
  printf '%s\n' 'type . "$loaded"' "$@" >"$tmp/steps"
  expect "$wanted" "$python" "$partners/interactive_bash.py" "$tmp/steps"
}

# Whether the semaphore of System V with the test's key has this value.
has_value() { [[ $("$TOOLS_DIR/semop" "$key") == "$1" ]]; }
assert_value() { assert_equal "value of $key" "$("$TOOLS_DIR/semop" "$key")" "$1"; }
