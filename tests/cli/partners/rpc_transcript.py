"""Plays transcripts of JSON-RPC to the server at a UNIX socket, and prints TAP.

usage: rpc_transcript.py SOCKET FILE

A transcript is a line "# NAME", lines "--> TEXT" to send and "<-- JSON" to get; none of these: no answer. Responses of a
batch may come in any order. What an error says is the server's own affair: its code counts.
"""

import json
import socket
import sys


def essence(response):
    if isinstance(response, list):
        return sorted((essence(part) for part in response), key=str)
    if "error" in response:
        return {**response, "error": response["error"]["code"]}
    return response


def transcripts(path):
    name, said, wanted = None, [], []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("# "):
            if said:
                yield name, said, wanted
            name, said, wanted = line[2:], [], []
        elif line.startswith("--> "):
            said.append(line[4:])
        elif line.startswith("<-- "):
            wanted.append(line[4:])
    yield name, said, wanted


failed = 0
plays = list(transcripts(sys.argv[2]))
print(f"1..{len(plays)}")
for number, (name, said, wanted) in enumerate(plays, 1):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[1])
        connection.sendall("".join(text + "\n" for text in said).encode())
        connection.shutdown(socket.SHUT_WR)
        got = connection.makefile(encoding="utf-8").read().splitlines()
    is_right = [essence(json.loads(line)) for line in got] == [essence(json.loads(line)) for line in wanted]
    failed += not is_right
    print("ok" if is_right else "not ok", number, "-", name)
    if not is_right:
        print("# wanted:", *wanted, "\n# got:   ", *got)
sys.exit(failed > 0)
