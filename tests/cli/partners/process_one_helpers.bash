# Tools as process 1 of a PID namespace, as in a container. For sockcat_helpers.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034,SC2016  # what setup() and run set; what the tests use; texts for an inner shell

# Sets `process_one_of` to what runs a command as process 1, or skips the test.
as_process_one() {
  process_one_of=(unshare --pid --fork --kill-child --mount-proc)
  ((EUID == 0)) || process_one_of+=(--map-current-user --user)
  "${process_one_of[@]}" true 2>/dev/null || skip "no PID namespace to be had"
}

# start_as_process_one COMMAND...: in the background, until it has written to its descriptor 3. $pid is the process that
# the test awaits, $process_one the tool's.
start_as_process_one() {
  local ready=$tmp/ready.${#started[@]}
  as_process_one
  start "${process_one_of[@]}" bash -c 'exec "$@" 3>"$0"' "$ready" "$@" </dev/null
  wait_until "${*@Q} is ready" test -s "$ready"
  process_one=$(children_of "$pid")
  process_one=${process_one%% *}
}

# Whether none of the children of process $1 is a zombie.
has_no_zombies() {
  local child
  for child in $(children_of "$1"); do
    ! grep -q '^State:[[:space:]]*Z' "/proc/$child/status" 2>/dev/null || return 1
  done
}
