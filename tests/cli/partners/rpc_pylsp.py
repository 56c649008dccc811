"""python3-pylsp-jsonrpc, messages with Content-Length: a client of the server at a UNIX socket, or a server on standard
input and output.

usage: rpc_pylsp.py client SOCKET | server
"""

import json
import socket
import sys
import threading

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter


def as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def ask(endpoint):
    """Prints what the methods of rpc_partners.bats answer; rpc_methods.js does the same."""
    for what, method, params in (
        ("by position", "add", [1, 2]),
        ("by name", "add", {"a": 1, "b": 2}),
        ("text", "echo", {"text": "grüße 😀\n"}),
        ("nothing", "note", ["asked"]),
        ("unknown", "none", None),
        ("failure", "fail", None),
    ):
        try:
            answer = as_json(endpoint.request(method, params).result(120))
        except JsonRpcException as error:
            data = "" if error.data is None else " " + as_json(error.data)
            answer = f"{error.code}{data}"
        print(f"{what}: {answer}")
    endpoint.notify("note", ["notified"])


def fail(_):
    raise JsonRpcException("it failed", code=-32001, data={"why": "ü"})


METHODS = {
    "add": lambda params: params["a"] + params["b"] if isinstance(params, dict) else sum(params),
    "echo": lambda params: params,
    "note": lambda params: open(params[0], "w").close(),
    "fail": fail,
}


def be_client(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        with connection.makefile("rb") as reader, connection.makefile("wb") as writer:
            endpoint = Endpoint({}, JsonRpcStreamWriter(writer).write)
            listener = threading.Thread(target=JsonRpcStreamReader(reader).listen, args=[endpoint.consume])
            listener.start()
            ask(endpoint)
            connection.shutdown(socket.SHUT_WR)
            listener.join()
            endpoint.shutdown()


def be_server():
    endpoint = Endpoint(METHODS, JsonRpcStreamWriter(sys.stdout.buffer).write)
    JsonRpcStreamReader(sys.stdin.buffer).listen(endpoint.consume)
    endpoint.shutdown()


if sys.argv[1] == "client":
    be_client(sys.argv[2])
else:
    be_server()
