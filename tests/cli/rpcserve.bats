# rpcserve: commands as remote procedures.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and expect set; texts for an inner shell; tests are functions

load helpers

# method NAME TEXT: a shell script in $tmp/m.
method() {
  mkdir -p "$tmp/m"
  printf '#!/bin/bash\n%s\n' "$2" >"$tmp/m/$1"
  chmod +x "$tmp/m/$1"
}

# serve ARG...: in the background, at $tmp/s; returns when it is ready. $server is its pid.
serve() {
  mkfifo "$tmp/ready"
  # shellcheck disable=SC2016  # for the inner shell
  start bash -c 'exec 9>"$1/ready"; shift; exec rpcserve --ready-fd 9 "$@"' bash "$tmp" "unix:$tmp/s" "$@"
  server=$pid
  timeout -s KILL 120 cat "$tmp/ready" >/dev/null
  rm "$tmp/ready"
}

# say TEXT...: one line each, to the server; prints its answers.
say() { printf '%s\n' "$@" | timeout -s KILL 120 "$python" "$partners/rpc_say.py" "$tmp/s"; }

# call METHOD [PARAMS]: a request.
call() { printf '{"jsonrpc":"2.0","id":1,"method":"%s"%s}' "$1" "${2:+,\"params\":$2}"; }

# result_of METHOD [PARAMS], error_of METHOD [PARAMS]: of the answer.
result_of() { say "$(call "$@")" | "$python" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["result"]))'; }
error_of() { say "$(call "$@")" | "$python" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["error"]))'; }

@test "every example of the specification gets its answer, and so do ids, batches and params of every kind" {
  method subtract 'echo $((${RPC_PARAM_minuend-$RPC_PARAM_1} - ${RPC_PARAM_subtrahend-$RPC_PARAM_2}))'
  method sum 'echo $((RPC_PARAM_1 + RPC_PARAM_2 + RPC_PARAM_3))'
  method get_data 'echo "[\"hello\", 5]"'
  method update :
  method notify_hello :
  method notify_sum :
  serve --dir "$tmp/m"
  expect 0 "$python" "$partners/rpc_transcript.py" "$tmp/s" "$partners/rpc_specification.txt"
}

@test "params come on standard input and in the environment, where nobody else's are" {
  method show 'cat; echo; env | grep ^RPC_ | grep -v PEER | sort; [[ $RPC_PEER_UID == "$UID" && $RPC_PEER_PID -gt 1 ]] && echo peer'
  export RPC_PARAM_other=inherited
  serve --raw --dir "$tmp/m"
  assert_equal "by name" "$(result_of show '{"a":"x y","b":2,"c":[1],"d":true,"e-f":1}')" \
    '"{\"a\":\"x y\",\"b\":2,\"c\":[1],\"d\":true,\"e-f\":1}\nRPC_ID=1\nRPC_METHOD=show\nRPC_PARAM_a=x y\nRPC_PARAM_b=2\nRPC_PARAM_d=true\npeer"'
  assert_equal "by position" "$(result_of show '["p",0.5]')" \
    '"[\"p\",0.5]\nRPC_ID=1\nRPC_METHOD=show\nRPC_PARAM_1=p\nRPC_PARAM_2=0.5\npeer"'
}

@test "the end of a command is the answer" {
  method json 'echo " {\"a\":"; echo "1} "'
  method empty :
  method text 'echo no json'
  method fails 'echo why >&2; exit 3'
  method dies 'kill -TERM $$'
  serve --dir "$tmp/m"
  assert_equal "JSON on two lines" "$(say "$(call json)")" '{"jsonrpc":"2.0","result":{"a": 1},"id":1}'
  assert_equal "no output" "$(result_of empty)" null
  assert_contains "no JSON" "$(error_of text)" '"code": -32603'
  assert_contains "a failure" "$(error_of fails)" '"code": -32000, "message": "command failed with status 3", "data": {"status": 3, "stderr": "why\n"}'
  assert_contains "a signal" "$(error_of dies)" '"command died of signal TERM", "data": {"signal": "TERM"'
}

@test "a directory is looked at for each request, and a signature is checked before anything runs" {
  method add 'touch "$0.ran"; echo $((RPC_PARAM_a + RPC_PARAM_b))'
  echo '{"summary":"adds","params":[{"name":"a","required":true,"schema":{"type":"integer"}},{"name":"b","required":true,"schema":{"type":"integer"}}]}' >"$tmp/m/add.json"
  echo data >"$tmp/m/data"
  serve --dir "$tmp/m"
  assert_contains "a wrong type" "$(error_of add '["1",2]')" '"code": -32602'
  assert_contains "a missing one" "$(error_of add '{"a":1}')" '"code": -32602'
  [[ ! -e $tmp/m/add.ran ]]
  assert_equal "positions have names" "$(result_of add '[1,2]')" 3
  assert_contains "a file that is not executable" "$(error_of data)" '"code": -32601'
  method late 'echo 1'
  assert_equal "a new one" "$(result_of late)" 1
  result_of rpc.discover >"$tmp/document"
  assert_contains "the signature" "$(cat "$tmp/document")" '"summary": "adds"'
  assert_contains "its name" "$(cat "$tmp/document")" '"name": "add"'
  echo '{"params":5}' >"$tmp/m/late.json"
  assert_contains "an invalid signature" "$(error_of late)" "late.json"
}

@test "calls of one connection are answered as they finish" {
  mkfifo "$tmp/go"
  method slow "read -r <'$tmp/go'; echo 1"
  method fast 'echo 2'
  serve --dir "$tmp/m"
  say "$(call slow)" "$(call fast)" >"$tmp/answers" &
  wait_until "the fast one is answered" grep -q '"result":2' "$tmp/answers"
  echo >"$tmp/go"
  wait $!
  assert_equal "in this order" "$(grep -o 'result":.' "$tmp/answers" | tr '\n' ' ')" 'result":2 result":1 '
}

@test "no more than --max-children run at once, and the others wait for their turn" {
  mkfifo "$tmp/go"
  method slow "touch '$tmp/begun'; read -r <'$tmp/go'; [[ ! -e $tmp/second ]] && echo 1"
  method second "touch '$tmp/second'; echo 2"
  serve --max-children 1 --dir "$tmp/m"
  say "$(call slow)" "$(call second)" >"$tmp/answers" &
  wait_until "it has begun" test -e "$tmp/begun"
  echo >"$tmp/go"
  wait $!
  assert_equal "in this order" "$(grep -o 'result":.' "$tmp/answers" | tr '\n' ' ')" 'result":1 result":2 '
}

@test "a client that leaves ends its commands with all their children, but not what it has notified of" {
  mkfifo "$tmp/go"
  method wait "echo \$\$ >>'$tmp/pids'; trap '' TERM; sleep 1000 & echo \$! >>'$tmp/pids'; wait; sleep 1000"
  method note "read -r <'$tmp/go'; touch '$tmp/noted'"
  serve --max-children 2 --dir "$tmp/m"
  "$python" - "$tmp" "$(call wait)" '{"jsonrpc":"2.0","method":"note"}' <<'PYTHON'
import os, socket, sys, time
folder, *messages = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(folder + "/s")
    connection.sendall("".join(message + "\n" for message in messages).encode())
    while not (os.path.exists(folder + "/pids") and open(folder + "/pids").read().count("\n") == 2):
        time.sleep(0.01)
PYTHON
  are_gone() { ! xargs -n 1 kill -0 <"$tmp/pids" 2>/dev/null; }
  wait_until "its processes have gone" are_gone
  echo >"$tmp/go"
  wait_until "the notification is done" test -e "$tmp/noted"
}

@test "all that a client says before its end is heard, however much that is" {
  local -i i
  method note "echo >>'$tmp/noted'"
  serve --max-children 2 --dir "$tmp/m"
  for ((i = 0; i < 200; ++i)); do call none && echo; done >"$tmp/requests"
  assert_equal "answers" "$("$python" "$partners/rpc_say.py" "$tmp/s" <"$tmp/requests" | grep -c -- -32601)" 200
  "$python" - "$tmp/s" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(b'{"jsonrpc":"2.0","method":"note"}\n' * 70)
PYTHON
  has_noted() { [[ -e $tmp/noted && $(wc -l <"$tmp/noted") == 70 ]]; }
  wait_until "all notifications are done" has_noted
}

@test "no more than --max-clients are served, and the others wait for their turn" {
  method one 'echo 1'
  serve --max-clients 1 --dir "$tmp/m"
  start_fed "$python" "$partners/rpc_say.py" "$tmp/s" >"$tmp/first"
  call one >&7 && echo >&7
  wait_until "the first is answered" grep -q result "$tmp/first"
  say "$(call one)" >"$tmp/second" 7>&- &
  call one >&7 && echo >&7
  wait_until "the first is answered again" eval '(($(grep -c result "$tmp/first") == 2))'
  [[ ! -s $tmp/second ]]
  exec 7>&-
  wait $!
  assert_contains "the second" "$(cat "$tmp/second")" '"result":1'
}

@test "a call that takes too long, or writes too much, is ended" {
  method forever 'trap "" TERM; sleep 1000 & wait; sleep 1000'
  method much 'yes'
  serve --call-timeout 0.2 --dir "$tmp/m"
  assert_contains "it is ended" "$(error_of forever)" '"code": -32000, "message": "command was ended: it took longer than 0.2 s"'
  kill "$server"
  finish 143 "$server"
  serve --max-result 1M --dir "$tmp/m"
  assert_contains "it is ended" "$(error_of much)" 'its result has more than 1048576 bytes'
}

@test "SIGTERM lets what runs finish, and takes the name away" {
  mkfifo "$tmp/go"
  method slow "touch '$tmp/begun'; read -r <'$tmp/go'; echo 1"
  serve --dir "$tmp/m"
  say "$(call slow)" >"$tmp/answers" &
  wait_until "it has begun" test -e "$tmp/begun"
  kill -TERM "$server"
  wait_until "the name has gone" test ! -e "$tmp/s"
  echo >"$tmp/go"
  wait $!
  assert_contains "it is answered" "$(cat "$tmp/answers")" '"result":1'
  finish 143 "$server"
}

@test "a second signal ends what runs" {
  method forever "touch '$tmp/begun'; sleep 1000"
  serve --dir "$tmp/m"
  say "$(call forever)" >"$tmp/answers" &
  wait_until "it has begun" test -e "$tmp/begun"
  kill -TERM "$server"
  wait_until "the name has gone" test ! -e "$tmp/s"
  kill -INT "$server"
  finish 130 "$server"
  wait $! || true
}

@test "whatever a client says, the others are served" {
  method one 'echo 1'
  serve --max-request 1M --message-timeout 0.2 --dir "$tmp/m"
  assert_contains "invalid UTF-8" "$(printf '"\xff"\n' | "$python" "$partners/rpc_say.py" "$tmp/s")" '-32700'
  assert_contains "a NUL" "$(printf '{"a\0b":1}\n' | "$python" "$partners/rpc_say.py" "$tmp/s")" '-32700'
  assert_contains "deep nesting" "$("$python" -c 'print("[" * 500000)' | "$python" "$partners/rpc_say.py" "$tmp/s")" '-32700'
  assert_contains "a long batch" "$("$python" -c 'print("[" + ",".join(["1"] * 1025) + "]")' | "$python" "$partners/rpc_say.py" "$tmp/s")" '{"code":-32600'
  assert_contains "too long" "$("$python" -c 'print("1" * 2000000)' | "$python" "$partners/rpc_say.py" "$tmp/s")" '-32700'
  printf '{"jsonrpc":' >"$tmp/half"
  assert_contains "half a message and silence" \
    "$({ cat "$tmp/half"; tail -f /dev/null --pid="$server"; } | timeout -s KILL 120 "$python" "$partners/rpc_say.py" "$tmp/s" || true)" "not come in time"
  assert_equal "the others" "$(result_of one)" 1
}

@test "messages can be framed by their length, or by NUL" {
  method one 'echo 1'
  serve --framing=lsp --dir "$tmp/m"
  assert_equal "by length" \
    "$(printf 'Content-Length: %d\r\n\r\n%s' $(($(call one | wc -c))) "$(call one)" | "$python" "$partners/rpc_say.py" "$tmp/s")" \
    "$(printf 'Content-Length: 35\r\n\r\n{"jsonrpc":"2.0","result":1,"id":1}')"
  kill "$server"
  finish 143 "$server"
  serve --framing=nul --dir "$tmp/m"
  assert_equal "by NUL" "$(printf '%s\0' "$(call one)" | "$python" "$partners/rpc_say.py" "$tmp/s" | tr '\0' '|')" '{"jsonrpc":"2.0","result":1,"id":1}|'
}

@test "methods can be named one by one, or be one COMMAND" {
  method one 'echo "${1-none}"'
  serve --method a.b="$tmp/m/one" --raw c -- "$tmp/m/one" word
  assert_equal "a PATH" "$(result_of a.b)" '"none"'
  assert_equal "a COMMAND" "$(result_of c)" '"word"'
}

@test "standard input and output serve one client, to its end" {
  method one 'echo 1'
  expect 0 bash -c 'rpcserve --dir "$1/m" - <<<"$2"' bash "$tmp" "$(call one)"
  assert_equal "its answer" "$output" '{"jsonrpc":"2.0","result":1,"id":1}'
}

@test "a port that the kernel chooses is told, and is on loopback alone" {
  method one 'echo 1'
  mkfifo "$tmp/ready"
  start bash -c 'exec 9>"$1/ready"; exec rpcserve --ready-fd 9 --port-file "$1/port" --dir "$1/m" tcp:0' bash "$tmp"
  timeout -s KILL 120 cat "$tmp/ready" >/dev/null
  exec 5<>"/dev/tcp/127.0.0.1/$(cat "$tmp/port")"
  call one >&5
  echo >&5
  read -r line <&5
  exec 5>&-
  assert_equal "its answer" "$line" '{"jsonrpc":"2.0","result":1,"id":1}'
  assert_contains "it listens on loopback" "$(cat /proc/net/tcp)" "$(printf '0100007F:%04X 00000000:0000 0A' "$(cat "$tmp/port")")"
}

@test "a socket that listens already is served, as systemd passes it" {
  method show 'env | grep -c ^LISTEN_ || true'
  "$python" - "$tmp" <<'PYTHON' &
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1] + "/s")
listener.listen()
os.dup2(listener.fileno(), 3, inheritable=True)
os.execvpe("rpcserve", ["rpcserve", "--dir", sys.argv[1] + "/m", "accept-fd:3"], {**os.environ, "LISTEN_FDS": "1"})
PYTHON
  server=$!
  remember_process "$server"
  wait_until "it listens" test -e "$tmp/s"
  wait_until "it is served" eval '[[ $(result_of show 2>/dev/null) == 0 ]]'
  kill "$server"
  finish 143 "$server"
  expect 1 rpcserve --dir "$tmp/m" accept-fd:0 </dev/null
  assert_message "accept-fd:0" "Socket operation on non-socket"
}

@test "a socket that nobody has is replaced, one that is served stays, and it is its owner's alone" {
  method one 'echo 1'
  "$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$tmp/s"
  serve --dir "$tmp/m"
  assert_equal "its mode" "$(stat -c %a "$tmp/s")" 600
  expect 1 rpcserve --dir "$tmp/m" "unix:$tmp/s"
  assert_message "Address already in use"
  assert_equal "the first one" "$(result_of one)" 1
}

@test "--allow-uid names who may be a client, and refuses everybody else" {
  method one 'echo 1'
  serve --dir "$tmp/m" --allow-uid 4321
  assert_equal "no answer" "$(say "$(call one)" 2>/dev/null || true)" ""
  kill "$server"
  finish 143 "$server"
  serve --dir "$tmp/m" --allow-uid "$UID"
  assert_equal "an answer" "$(result_of one)" 1
}

@test "--memfd passes a large result as memory, and as bytes to who does not ask for it" {
  method large 'head -c 2097152 /dev/zero | tr "\0" x'
  serve --memfd --raw --dir "$tmp/m"
  "$tmp/m/large" >"$tmp/wanted"
  expect 0 rpccall --raw "unix:$tmp/s" large
  assert_equal "as bytes" "$output" "$(cat "$tmp/wanted")"
  expect 0 rpccall -v --raw --memfd "unix:$tmp/s" large
  assert_message '"memfd":{"size":2097154}'
  assert_equal "as memory" "$output" "$(cat "$tmp/wanted")"
}

@test "--mcp makes tools of the methods" {
  method hello 'echo "Hello, $RPC_PARAM_name!"'
  method bad 'echo no >&2; exit 1'
  echo '{"summary":"greets","params":[{"name":"name","required":true,"schema":{"type":"string"}}]}' >"$tmp/m/hello.json"
  expect 0 bash -c 'printf "%s\n" "${@:2}" | rpcserve --mcp --max-children 1 --dir "$1/m" -' bash "$tmp" \
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}' \
    '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
    '{"jsonrpc":"2.0","id":2,"method":"tools/list"}' \
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"hello","arguments":{"name":"you"}}}' \
    '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"bad"}}' \
    '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bad","arguments":5}}'
  assert_contains "initialize" "${lines[0]}" '"protocolVersion":"2025-06-18"'
  assert_contains "tools/list" "${lines[1]}" '"description":"greets","inputSchema":{'
  assert_contains "wrong arguments" "${lines[3]}" '"code":-32602'
  assert_contains "tools/call" "${lines[2]}" '{"content":[{"text":"Hello, you!\n","type":"text"}],"isError":false}'
  assert_contains "a failure" "${lines[4]}" '{"content":[{"text":"no\n","type":"text"}],"isError":true}'
  assert_equal "answers" "${#lines[@]}" 5
}

@test "what cannot be served is wrong usage, or an error that names it" {
  mkdir "$tmp/m"
  while IFS='|' read -r words message; do
    # shellcheck disable=SC2086  # words
    expect 2 rpcserve $words
    assert_usage_error rpcserve "$message"
  done <<'TABLE'
|missing operand ADDRESS
-|no method: give --method NAME=PATH, --dir DIR, or NAME -- COMMAND
exec:cat --dir .|exec: is an address for rpccall
nowhere --dir .|unix:
- --method x|it is not NAME=PATH
- --method .x=/bin/true|invalid method '.x'
- --method rpc.x=/bin/true|invalid method 'rpc.x'
- --dir . --framing=xml|invalid framing 'xml'
- --dir . --allow-uid 0|--allow-uid and --allow-gid go with a UNIX socket
unix:x --dir . --port-file p|--port-file goes with tcp:PORT
tcp:0 --dir . --memfd|--memfd goes with a UNIX socket
- --dir . --max-children 0|invalid number '0'
TABLE
  expect 1 rpcserve --dir "$tmp/none" -
  assert_message "cannot list directory '$tmp/none'" "No such file or directory"
  expect 127 rpcserve --method a="$tmp/none" -
}
