# Sourced by the tests of this folder: every check is a line of TAP, with its output where it fails.

tap_count=0
tap_failures=0

# check NAME COMMAND [ARG]...: whether COMMAND succeeds.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1 </dev/null); then
    echo "ok $((++tap_count)) - $name"
  else
    echo "not ok $((++tap_count)) - $name"
    printf '# %s\n' "${output//$'\n'/$'\n# '}"
    ((++tap_failures))
  fi
}

# The plan; its status is that of the tests.
finish() {
  echo "1..$tap_count"
  ((tap_failures == 0))
}
