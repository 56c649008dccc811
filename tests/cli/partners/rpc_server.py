"""A server of JSON-RPC that misbehaves on request: the method says how.

usage: rpc_server.py SOCKET [FRAMING]

It appears at SOCKET when it listens. A notification is appended to SOCKET.notes. Framing: line, nul or lsp.
"""

import array
import fcntl
import json
import os
import socket
import sys
import threading

path = sys.argv[1]
framing = sys.argv[2] if len(sys.argv) > 2 else "line"
document = {"openrpc": "1.3.2", "methods": [{"name": "add", "params": [{"name": "a"}, {"name": "b"}]}, {"name": "x\x1b`$(touch pwned)`"}]}


def messages(stream):
    if framing == "line":
        yield from stream
    elif framing == "lsp":
        while header := stream.readline():
            stream.readline()
            yield stream.read(int(header.split(b":")[1]))
    else:
        text = b""
        while byte := stream.read(1):
            if byte != b"\0":
                text += byte
            else:
                yield text
                text = b""


def framed(text):
    if framing == "lsp":
        return b"Content-Length: %d\r\n\r\n%b" % (len(text), text)
    return text + (b"\n" if framing == "line" else b"\0")


def pass_memory(connection, identifier, content, seals, note):
    memory = os.memfd_create("result", os.MFD_ALLOW_SEALING)
    os.write(memory, content)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
    text = framed(json.dumps({"jsonrpc": "2.0", "id": identifier, "memfd": note}).encode())
    connection.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))])


def respond(request):
    method, params = request["method"], request.get("params")
    answer = {"jsonrpc": "2.0", "id": request.get("id")}
    if method == "echo":
        return answer | {"result": params}
    if method == "text":
        return answer | {"result": 'a "word"\n'}
    if method == "huge":
        return answer | {"result": "x" * params[0]}
    if method == "wrong_id":
        return answer | {"id": 77, "result": 1}
    if method == "null_id":
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
    if method == "no_response":
        return {"result": 1}
    if method == "rpc.memfd":
        return answer | {"result": True}
    if method == "rpc.discover":
        return answer | {"result": document}
    error = {"code": -32601, "message": "unknown\x1b", "data": {"method": method}}
    return answer | {"error": error if method != "plain" else {"code": 5, "message": "plain"}}


def serve(connection):
    stream = connection.makefile("rb")
    all_seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
    for text in messages(stream):
        request = json.loads(text)
        if isinstance(request, list):
            answers = [respond(part) for part in request if "id" in part]
            missing = any(part["method"] == "missing" for part in request)
            connection.sendall(framed(json.dumps(answers[::-1][:-1] if missing else answers[::-1]).encode()))
            continue
        if "id" not in request:
            with open(path + ".notes", "a") as notes:
                notes.write(json.dumps(request) + "\n")
            continue
        method, identifier = request["method"], request["id"]
        if method == "silence":
            continue
        if method == "half":
            connection.sendall(framed(json.dumps({"jsonrpc": "2.0", "id": 1, "result": 1}).encode())[:-9])
            break
        if method == "close":
            break
        if method == "chat":
            for part in ({"method": "log", "params": ["x"]}, {"id": 9, "method": "ask"}):
                connection.sendall(framed(json.dumps({"jsonrpc": "2.0"} | part).encode()))
        if method == "memory":
            pass_memory(connection, identifier, b'{"a":1}', all_seals, {"size": 7})
        elif method == "memory_text":
            pass_memory(connection, identifier, b"a\xff", all_seals, {"size": 2, "raw": True})
        elif method == "memory_size":
            pass_memory(connection, identifier, b"1", all_seals, {"size": 2})
        elif method == "memory_open":
            pass_memory(connection, identifier, b"1", fcntl.F_SEAL_GROW, {"size": 1})
        elif method == "memory_no_json":
            pass_memory(connection, identifier, b"{", all_seals, {"size": 1})
        elif method == "memory_none":
            connection.sendall(framed(json.dumps({"jsonrpc": "2.0", "id": identifier, "memfd": {"size": 1}}).encode()))
        else:
            connection.sendall(framed(json.dumps(respond(request | ({"method": "echo"} if method == "chat" else {}))).encode()))
    stream.close()
    connection.close()


def serve_unless_it_leaves(connection):
    try:
        serve(connection)
    except (BrokenPipeError, ConnectionResetError):
        pass


listener = socket.socket(socket.AF_UNIX)
listener.bind(path + ".new")
listener.listen()
os.rename(path + ".new", path)
while True:
    threading.Thread(target=serve_unless_it_leaves, args=[listener.accept()[0]], daemon=True).start()
