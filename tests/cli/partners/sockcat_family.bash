# For the tests of sockcat whose servers have processes of their own for their clients, which would outlive them: teardown()
# ends those, too. After sockcat_helpers.
# shellcheck shell=bash
# shellcheck disable=SC2154  # what setup() sets

# Ends a process of start() and its children, at once.
end_family() {
  local children
  is_remembered_process "$1" || return 0
  kill -STOP "$1" 2>/dev/null || return 0
  read -ra children < <(children_of "$1" | xargs) || true
  kill -KILL "$1" "${children[@]}" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

teardown() {
  local process
  for process in "${started[@]}"; do end_family "$process"; done
  clean_up
}
