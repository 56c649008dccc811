# rpccall: calls remote procedures.
# shellcheck disable=SC2154,SC2030,SC2031  # what setup() and expect set; tests are functions

load helpers

# serve [FRAMING]: a server that is not ours, at $server.
serve() {
  server=$tmp/socket${1-}
  start "$python" "$partners/rpc_server.py" "$server" "$@"
  wait_until "the server listens" test -S "$server"
}

# requests METHOD...: a line for each, with the ids 1, 2, ….
requests() {
  local -i id=0
  local method
  for method in "$@"; do
    id+=1
    printf '{"jsonrpc":"2.0","id":%d,"method":"%s","params":[%d]}\n' "$id" "$method" "$id"
  done
}

@test "parameters by name and by position, texts and JSON" {
  serve
  expect 0 rpccall "$server" echo
  assert_equal "no params" "$output" null
  expect 0 rpccall "unix:$server" echo a -2 :='{"b": [null]}' http://x?y=z :='"a=b"' 'ä"'
  assert_equal "by position" "$output" '["a", "-2", {"b": [null]}, "http://x?y=z", "a=b", "\u00e4\""]'
  expect 0 rpccall "$server" echo a=1 b:=1 c-d.e= _f=x=y
  assert_equal "by name" "$output" '{"a": "1", "b": 1, "c-d.e": "", "_f": "x=y"}'
  expect 0 rpccall "$server" echo - < <(printf '{"a":\n 1}\n')
  assert_equal "of standard input" "$output" '{"a": 1}'
  expect 1 rpccall "$server" echo - <<<'"text"'
  assert_message "an array or an object"
  expect 1 rpccall "$server" echo - <<<'{'
  assert_message "cannot send standard input: it is no JSON"
}

@test "results, errors of the server, and answers that are none" {
  serve
  expect 0 rpccall "$server" text
  assert_equal "a string" "$output" '"a \"word\"\n"'
  assert_equal "a string as its bytes" "$(rpccall --raw "$server" text; echo .)" $'a "word"\n.'
  expect 0 rpccall --raw "$server" echo a
  assert_equal "what is no string" "$output" '["a"]'
  expect 0 rpccall -v "$server" chat x
  assert_equal "after requests of the server" "$output" '["x"]'
  assert_message '> {"jsonrpc":"2.0","method":"chat","params":["x"]' '< {"jsonrpc": "2.0", "method": "log"'
  expect 1 rpccall "$server" nothing
  assert_equal "an error" "$output$stderr" $'rpccall: unknown\\033 (code -32601)\nrpccall: data: {"method":"nothing"}'
  expect 1 rpccall "$server" plain
  assert_equal "an error without data" "$output$stderr" "rpccall: plain (code 5)"
  expect 1 rpccall -j "$server" plain
  assert_equal "an error as JSON" "$output$stderr" '{"code":5,"message":"plain"}'
  expect 1 rpccall "$server" null_id
  assert_message "Parse error (code -32700)"
  expect 1 rpccall "$server" wrong_id
  assert_message "it has the id 77 instead of 1"
  expect 1 rpccall "$server" no_response
  assert_message "invalid response"
  expect 1 rpccall "$server" half
  assert_message "invalid response"
  expect 1 rpccall "$server" close
  assert_message "cannot get an answer from 'unix:$server': the server closed the connection"
  expect 1 "${into_full[@]}" rpccall "$server" text
  assert_message "No space left on device"
}

@test "answers of any length come whole, up to --max-response" {
  serve
  rpccall "$server" huge :=3000000 >"$tmp/answer"
  assert_equal "its length" "$(wc -c <"$tmp/answer")" 3000003
  expect 1 rpccall --max-response 1M "$server" huge :=3000000
  assert_message "longer than 1048576 bytes"
  head -c 3000000 /dev/zero | tr '\0' ' ' | sed 's/^/["a"/; s/$/]/' | rpccall "$server" echo - >"$tmp/answer"
  assert_equal "after long params" "$(<"$tmp/answer")" '["a"]'
}

@test "framings" {
  local framing
  for framing in nul lsp; do
    serve "$framing"
    expect 0 rpccall --framing="$framing" "$server" echo $'a\nb'
    assert_equal "$framing" "$output" '["a\nb"]'
    expect 1 rpccall --framing="$framing" "$server" half
  done
}

@test "time is up, and servers that come late" {
  serve
  expect 124 rpccall -w 0.1 "$server" silence
  assert_equal "a message" "$stderr" "rpccall: 'unix:$server' has not answered within the time allowed"
  expect 1 rpccall "unix:$tmp/none" x
  assert_message "cannot connect to '$tmp/none': No such file or directory"
  expect 1 rpccall --nonblock "unix:$tmp/none" x
  expect 124 rpccall -w 0.1 "unix:$tmp/none" x
  start rpccall -w 120 "$tmp/socketlsp" --framing=lsp echo late
  local caller=$pid
  serve lsp
  finish 0 "$caller"
  start rpccall "$server" --framing=lsp silence
  wait_until "it waits" is_asleep "$pid"
  kill "$pid"
  finish 143 "$pid"
}

@test "a notification is delivered, and nothing is answered" {
  serve
  expect 0 rpccall --notify "$server" hello a=b
  assert_equal "output" "$output$stderr" ""
  wait_until "it is noted" grep -qsx '{"jsonrpc": "2.0", "method": "hello", "params": {"a": "b"}}' "$server.notes"
  expect 0 rpccall --batch "$server" <<<'{"jsonrpc":"2.0","method":"x"}'
  assert_equal "output of a batch of notifications" "$output$stderr" ""
}

@test "a batch: answers in the order of the requests" {
  serve
  expect 0 rpccall --batch "$server" < <(requests echo echo)
  assert_equal "responses" "$output" $'{"jsonrpc":"2.0","result":[1],"id":1}\n{"jsonrpc":"2.0","result":[2],"id":2}'
  expect 1 rpccall --batch "$server" < <(requests plain echo)
  assert_equal "with an error" "$output" \
    $'{"jsonrpc":"2.0","error":{"code":5,"message":"plain"},"id":1}\n{"jsonrpc":"2.0","result":[2],"id":2}'
  expect 1 rpccall --batch "$server" < <(requests missing echo)
  assert_message "the server did not answer the request with the id 1"
  expect 1 rpccall --batch "$server" < <(requests wrong_id)
  assert_message "the id 77, which no request has"
  expect 1 rpccall -j --batch "$server" < <(requests null_id)
  assert_equal "an error of all" "$stderr" '{"code":-32700,"message":"Parse error"}'
  expect 0 rpccall --batch "unix:$tmp/none" < <(echo)
  assert_equal "nothing to send" "$output$stderr" ""
  expect 1 rpccall --batch "$server" < <(requests echo; echo; echo '{"id":1}')
  assert_message "cannot send line 3"
  expect 1 rpccall --batch "$server" < <(requests echo; requests echo)
  assert_message "cannot send line 2: another request has its id, 1"
}

@test "the methods of a server" {
  serve
  expect 0 rpccall --list "$server"
  assert_equal "a line for each" "$output" $'add a b\nx\\033`$(touch pwned)`'
  expect 0 rpccall --list -j "$server"
  assert_contains "the document" "$output" '{"openrpc": "1.3.2", "methods": [{"name": "add"'
}

@test "results in memory: sealed, of the right size, and JSON" {
  local row method message
  serve
  expect 0 rpccall --memfd "$server" memory
  assert_equal "JSON" "$output" '{"a":1}'
  expect 0 rpccall --memfd "$server" memory_text
  assert_equal "a string" "$output" $'"a\xef\xbf\xbd"'
  assert_equal "a string as its bytes" "$(rpccall --raw --memfd "$server" memory_text | od -An -tx1)" " 61 ff"
  expect 0 rpccall --memfd "$server" echo a
  assert_equal "what is not passed" "$output" '["a"]'
  for row in "memory_size:it has 1 bytes and not 2" "memory_open:it is not sealed" "memory_no_json:it is no JSON" \
    "memory_none:no descriptor came with it"; do
    IFS=: read -r method message <<<"$row"
    expect 1 rpccall --memfd "$server" "$method"
    assert_message "$message"
  done
  expect 1 rpccall --memfd --max-response 4 "$server" memory
}

@test "exec: a program that is started for the call, and ended" {
  local program="exec:$python -c \"import json\\,sys; r = json.loads(input()); r['result'] = r.pop('params'); r.pop('method'); print(json.dumps(r))\""
  program=${program//'\,'/,}
  expect 0 rpccall "$program" x 'a b'
  assert_equal "its answer" "$output" '["a b"]'
  expect 0 rpccall --notify "exec:tee $tmp/noted" hello
  assert_equal "a notification" "$(<"$tmp/noted")" '{"jsonrpc":"2.0","method":"hello"}'
  expect 124 rpccall -w 0.1 "exec:sleep 1000" x
  expect 1 rpccall exec:true x
  assert_message "cannot get an answer from command 'true': the server closed the connection"
  expect 127 rpccall exec:/nowhere/x x
  expect 126 rpccall "exec:$tmp" x
}

@test "a server that refuses a long request before it has read it is heard" {
  start "$python" -c '
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1] + ".new")
listener.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
connection = listener.accept()[0]
connection.recv(1)
connection.sendall(b"""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"too long"}}\n""")' "$tmp/s"
  wait_until "it listens" test -S "$tmp/s"
  expect 1 rpccall "$tmp/s" x - < <(printf '["%08000000d"]' 0)
  assert_message "too long (code -32600)"
}

@test "wrong usage" {
  local row words message
  while IFS='|' read -r words message; do
    # shellcheck disable=SC2086  # words
    expect 2 rpccall $words
    assert_usage_error rpccall "$message"
  done <<'TABLE'
|missing operand ADDRESS
./s|missing operand METHOD
--list|missing operand ADDRESS
--list ./s x|exclude each other
--batch ./s x|exclude each other
--batch --list ./s|exclude each other
--notify --list ./s|exclude each other
--raw --notify ./s x|exclude each other
--memfd tcp:80 x|needs a UNIX socket
--framing=x ./s m|invalid framing 'x'
--max-response 0 ./s m|invalid size '0'
service x|(unix:service)
host:80 x|(tcp:host:80)
unix: x|its path is empty
abstract: x|invalid
exec: x|it names no program
tcp:0 x|port 0 is for servers
tcp:::1:80 x|an IPv6 address needs brackets
tcp:host:99999 x|invalid port '99999'
tcp:host: x|invalid port ''
- x|a client needs a server
./s m a b=c|'b=c' is a parameter with name
./s m b=c a|'a' is a parameter without name
./s m a=1 a:=2|the parameter 'a' is given twice
./s m a:=x|the value of 'a:=x' is no JSON
./s m :=|the value of ':=' is no JSON
TABLE
}
