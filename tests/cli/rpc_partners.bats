# rpcserve and rpccall with clients and servers of others at the other end. What comes from npm is in build/partners,
# where scripts/partners puts it.
# shellcheck disable=SC2154,SC2016  # what setup() and expect set; texts for an inner shell

load helpers

export NODE_PATH="$BATS_TEST_DIRNAME/../../build/partners/node_modules"

need_package() { # of npm
  command -v node >/dev/null || skip "no node"
  [[ -d $NODE_PATH/$1 ]] || skip "no package $1 in build/partners: run scripts/partners"
}

need_pylsp() { "$python" -c 'import pylsp_jsonrpc' 2>/dev/null || skip "no python3-pylsp-jsonrpc"; }

# method NAME TEXT: a shell script in $tmp/m.
method() {
  mkdir -p "$tmp/m"
  printf '#!/bin/bash\n%s\n' "$2" >"$tmp/m/$1"
  chmod +x "$tmp/m/$1"
}

# What the clients of rpc_methods.js and rpc_pylsp.py ask for.
methods() {
  method add 'echo $((${RPC_PARAM_a-$RPC_PARAM_1} + ${RPC_PARAM_b-$RPC_PARAM_2}))'
  method echo cat
  method note 'touch "$0.$RPC_PARAM_1"'
  method fail 'echo why >&2; exit 3'
}

# serve ADDRESS ARG...: in the background; returns when it is ready.
serve() {
  mkfifo "$tmp/ready"
  start bash -c 'exec 9>"$1"; shift; exec rpcserve --ready-fd 9 "$@"' bash "$tmp/ready" --dir "$tmp/m" "$@"
  timeout -s KILL 120 cat "$tmp/ready" >/dev/null
}

# assert_answers COMMAND...: a client that asks all that the clients ask.
assert_answers() {
  expect 0 "$@"
  assert_equal "answers" "$output" 'by position: 3
by name: 3
text: {"text":"grüße 😀\n"}
nothing: null
unknown: -32601 "none"
failure: -32000 {"status":3,"stderr":"why\n"}'
  assert_silent
  wait_until "the request has run" test -e "$tmp/m/note.asked"
  wait_until "the notification has run" test -e "$tmp/m/note.notified"
}

# assert_calls ADDRESS [OPTION]...: a server with the methods of rpc_methods.js and rpc_pylsp.py.
assert_calls() {
  expect 0 rpccall -w 120 "$@" add :=1 :=2
  assert_equal "by position" "$output" 3
  expect 0 rpccall -w 120 "$@" add a:=1 b:=2
  assert_equal "by name" "$output" 3
  expect 0 rpccall -w 120 "$@" echo text=$'grüße 😀\n'
  assert_equal "text" "$("$python" -c 'import json, sys; print(json.loads(sys.argv[1])["text"])' "$output")" "grüße 😀"
  expect 0 rpccall -w 120 "$@" note "$tmp/asked"
  assert_equal "nothing" "$output" null
  expect 1 rpccall -w 120 "$@" none
  assert_message "rpccall: " "(code -32601)"
  expect 1 rpccall -w 120 --json "$@" fail
  assert_message '{"code":-32001,"message":"it failed","data":{"why":"ü"}}'
  expect 0 rpccall -w 120 --notify "$@" note "$tmp/notified"
  wait_until "the request has run" test -e "$tmp/asked"
  wait_until "the notification has run" test -e "$tmp/notified"
}

@test "python3-pylsp-jsonrpc as a client, by Content-Length over a UNIX socket" {
  need_pylsp
  methods
  serve --framing=lsp "unix:$tmp/s"
  assert_answers "$python" "$partners/rpc_pylsp.py" client "$tmp/s"
}

@test "python3-pylsp-jsonrpc as a server, by Content-Length over standard input and output" {
  need_pylsp
  assert_calls --framing=lsp "exec:$python '$partners/rpc_pylsp.py' server"
}

@test "jayson as a client, by lines over TCP" {
  need_package jayson
  methods
  serve --port-file "$tmp/port" tcp:0
  assert_answers node "$partners/rpc_jayson.js" client "$(<"$tmp/port")"
}

@test "jayson as a server, by lines over TCP" {
  need_package jayson
  start node "$partners/rpc_jayson.js" server "$tmp/port"
  wait_until "it listens" test -s "$tmp/port"
  assert_calls "tcp:127.0.0.1:$(<"$tmp/port")"
}

@test "jayson sends a batch, and answers one" {
  need_package jayson
  methods
  serve --port-file "$tmp/port" tcp:0
  expect 0 node "$partners/rpc_jayson.js" batch "$(<"$tmp/port")"
  assert_equal "answers" "$output" $'1: 7\n2: -32601'
  wait_until "the notification has run" test -e "$tmp/m/note.notified"
  start node "$partners/rpc_jayson.js" server "$tmp/port.jayson"
  wait_until "it listens" test -s "$tmp/port.jayson"
  expect 1 rpccall --batch "tcp:127.0.0.1:$(<"$tmp/port.jayson")" <<<'{"jsonrpc":"2.0","method":"add","params":[3,4],"id":1}
{"jsonrpc":"2.0","method":"note","params":["'"$tmp/notified"'"]}
{"jsonrpc":"2.0","method":"none","id":"b"}'
  assert_equal "answers" "$output" '{"jsonrpc":"2.0","result":7,"id":1}
{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":"b"}'
  wait_until "the notification has run" test -e "$tmp/notified"
}

@test "vscode-jsonrpc as a client, by Content-Length over standard input and output" {
  need_package vscode-jsonrpc
  methods
  assert_answers node "$partners/rpc_vscode.js" client rpcserve --framing=lsp --dir "$tmp/m" -
}

@test "vscode-jsonrpc as a server, by Content-Length over a UNIX socket" {
  need_package vscode-jsonrpc
  start node "$partners/rpc_vscode.js" server "$tmp/s"
  assert_calls --framing=lsp "unix:$tmp/s"
}

@test "the client of the Model Context Protocol's SDK lists and calls scripts as tools" {
  need_package @modelcontextprotocol/sdk
  method fail 'echo why >&2; exit 3'
  method hello 'echo "Hello, $RPC_PARAM_name!"'
  echo '{"summary":"greets","params":[{"name":"name","required":true,"schema":{"type":"string"}}]}' >"$tmp/m/hello.json"
  expect 0 node "$partners/rpc_mcp.js" rpcserve --mcp --dir "$tmp/m" -
  assert_equal "what it prints" "$output" 'tool fail - {"type":"object"}
tool hello greets {"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}
hello: [{"type":"text","text":"Hello, grüße 😀!\n"}]
fail: error [{"type":"text","text":"why\n"}]
hello: -32602
none: -32602'
  assert_silent
}
