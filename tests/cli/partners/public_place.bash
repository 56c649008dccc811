# A directory that another user can reach, for tests that act as one. For sockcat_helpers or fifo_helpers, behind them.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # what setup() sets; what the tests use

eval "usual_$(declare -f teardown)"

teardown() {
  usual_teardown
  [[ -z ${place_to_remove:-} ]] || { chmod -R u+rwX "$place_to_remove" && rm -rf "$place_to_remove"; }
}

# Sets `place`, which is removed at the end.
make_public_place() {
  place=$(mktemp -d -p /tmp)
  place_to_remove=$place
  chmod "${1:-755}" "$place"
}
