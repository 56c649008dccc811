# Limits of files and memory: an error as any other, and nothing is lost or left.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/mq_helpers

setup_file() { compile_partners mq_program; }

@test "a file size limit is exit 1 and 'File too large' for every tool that writes, and leaves nothing" {
  local command
  content "$tmp/data" 100000
  shmput "${name}b" "$tmp/data"
  mkdir "$tmp/place"
  cd "$tmp/place" || return
  while read -r command; do
    expect 1 bash -c 'ulimit -f 1; eval "$1"' bash "$command"
    assert_message "File too large"
    assert_no_hidden_names
    rm -f output
    assert_equal "left by $command" "$(ls -A)" ""
    assert_missing "$name"
  done <<END
shmput file:new $tmp/data
shmput file:new <$tmp/data
cat $tmp/data | shmput file:new
shmput $name $tmp/data
cat $tmp/data | shmput $name
shmget ${name}b >output
sockcat -u open:$tmp/data create:new,unlink-close
sockcat -u open:$tmp/data - >output
sockcat -u -r output open:$tmp/data open:/dev/null
mkfifo -m 600 fifo; cat $tmp/data >fifo & mkfifo-pipe -r --remove fifo >output
END
}

# send_numbered QUEUE: six messages of 300 bytes.
send_numbered() {
  local number
  for number in {1..6}; do printf '%0300d' "$number"; done | fold -w 300 | mqsend "$1"
}

# assert_all_there QUEUE FILE: each of the six is in the queue or a line of the file, and none in both.
assert_all_there() {
  assert_equal "messages, in $1 and delivered" "$({ mq_program receive "$1" | sed 's/^[0-9]* //'; grep -E '^[0-9]{300}$' "$2"; } | sort | sed 's/^0*//' | xargs)" "1 2 3 4 5 6"
}

@test "mqrecv into a file with a size limit: exit 1, and what was not written is back in the queue" {
  local queue limit
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for limit in 0 1; do
      send_numbered "$queue"
      expect 1 bash -c 'ulimit -f "$1"; exec mqrecv --drain "$2" 2>&1 >"$3"' bash "$limit" "$queue" "$tmp/delivered"
      assert_contains "message" "$output" "File too large"
      assert_all_there "$queue" "$tmp/delivered"
    done
    remove_queue "$queue"
  done
}

@test "mqrecv without memory, whenever that ends: no message is lost" {
  local queue size failed=0
  for queue in "$name" "$key"; do
    make_queue "$queue"
    for ((size = 3000; size < 9000; size += 151)); do
      send_numbered "$queue"
      status=0
      timeout 20 bash -c 'ulimit -v "$1" && exec mqrecv --drain "$2" >"$3" 2>/dev/null' bash "$size" "$queue" "$tmp/delivered" || status=$?
      ((status == 0)) || failed=$((failed + 1))
      [[ $status != 134 ]] || fail "it is aborted with $size KiB"
      assert_all_there "$queue" "$tmp/delivered"
    done
    remove_queue "$queue"
  done
  ((failed > 0)) || fail "memory was enough each time"
}
