# ipcls(1) --watch prints what changes.
# shellcheck disable=SC2154  # what setup() and run set

load helpers

# start_watch [OPTION]...: of the POSIX objects of the test; $tmp/seen is what it prints.
start_watch() { start ipcls --posix --name "${name#/}*" "$@" >"$tmp/seen"; }

# wait_for TEXT: until a line of $tmp/seen has it.
wait_for() { wait_until "there is $1 in: $(<"$tmp/seen")" grep -qF -- "$1" "$tmp/seen"; }

@test "--watch --json tells each change of shared memory, without looks in between" {
  local other=${name}b
  shmput -m 600 "$name" <<<x
  start_watch --watch=inf -m --json -o REF,SIZE,MODE
  wait_for present
  shmput -m 600 "$other" <<<x
  wait_for added
  ipcset --mode 640 "shm:$other"
  wait_for '"mode":"640"'
  ipcset --size 100 "shm:$other"
  wait_for '"size":100'
  ipcdel "shm:$other"
  wait_for removed
  kill -TERM "$pid"
  finish 143 "$pid"
  assert_equal "changes" "$(<"$tmp/seen")" \
    '{"change":"present","ref":"shm:'"$name"'","size":2,"mode":"600"}
{"change":"added","ref":"shm:'"$other"'","size":2,"mode":"600"}
{"change":"changed","ref":"shm:'"$other"'","size":2,"mode":"640"}
{"change":"changed","ref":"shm:'"$other"'","size":100,"mode":"640"}
{"change":"removed","ref":"shm:'"$other"'","size":100,"mode":"640"}'
}

@test "what the kernel does not tell of is looked at in intervals" {
  semop --create --init 1 "$name" >/dev/null
  start ipcls --watch=50ms -s --json -o KEY,NAME,VALUES >"$tmp/seen"
  wait_for "\"name\":\"$name\",\"values\":[1]"
  semop "$name" -1
  wait_for "{\"change\":\"changed\",\"key\":null,\"name\":\"$name\",\"values\":[0]}"
  semop --create "$key" >/dev/null
  wait_for "\"key\":\"$key\",\"name\":null,\"values\":[1]}"
  ipcdel "sem:$key"
  wait_for "{\"change\":\"removed\",\"key\":\"$key\""
  kill -INT "$pid"
  finish 130 "$pid"
}

@test "tables follow each other, also of what is given and not there yet" {
  start ipcls --watch=inf --posix --raw -o REF,SIZE "shm:$name" >"$tmp/seen"
  wait_for SIZE
  shmput "$name" <<<x
  wait_for "shm:$name 2"
  kill -TERM "$pid"
  finish 143 "$pid"
  assert_equal "tables" "$(<"$tmp/seen")" $'REF SIZE\n\nREF SIZE\n'"shm:$name 2"
}

@test "on a terminal the table takes the place of the last one" {
  shmput "$name" <<<x
  expect 0 "$python" -c '
import os, pty, signal, subprocess, sys
name = sys.argv[1]
process, terminal = pty.fork()
if process == 0:
    os.execvp("ipcls", ["ipcls", "--watch=inf", "-m", "--posix", "--noheadings", "-o", "REF,SIZE", "--name", name[1:] + "*"])
text = b""
def read_until(part):
    global text
    while part not in text:
        text += os.read(terminal, 4096)
read_until(b"\x1b[?7h")
subprocess.run(["shmput", name + "b"], input=b"x", check=True)
read_until(name.encode() + b"b 1\r\n\x1b[?7h")
os.kill(process, signal.SIGINT)
assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGINT
wanted = f"\x1b[?7lshm:{name} 2\r\n\x1b[?7h\x1b[1A\x1b[J\x1b[?7lshm:{name}  2\r\nshm:{name}b 1\r\n\x1b[?7h"
assert text.decode() == wanted, repr(text)' "$name"
}

@test "it ends when nobody reads any more, and refuses what it cannot print again" {
  local options
  shmput "$name" <<<x
  # shellcheck disable=SC2016  # for the inner shell
  expect 0 bash -c 'ipcls --watch=inf -m --posix --json | head -n 1; [[ ${PIPESTATUS[0]} == 141 ]]'
  for options in --watch=0 --watch=x '--watch --refs' '--watch --dump' '-l --watch' '--watch -u'; do
    # shellcheck disable=SC2086  # words
    expect 2 ipcls $options
    assert_usage_error ipcls
  done
}
