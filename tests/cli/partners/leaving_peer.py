"""A server that a test tells when to leave its only client.

leaving_peer.py ADDRESS HOW FILE: ADDRESS is tcp or the path of a UNIX socket. Writes its port to FILE.port when it
listens, reads a line, makes FILE.got, waits for FILE.leave, leaves, and makes FILE.left. HOW is close, reset, or deaf,
which reads nothing at all before it resets.
"""

import os
import socket
import struct
import sys
import time

address, how, file = sys.argv[1:]


def tell(suffix, text="-"):
    with open(file + ".new", "w") as new:
        print(text, file=new)
    os.rename(file + ".new", file + suffix)


listener = socket.socket(socket.AF_INET if address == "tcp" else socket.AF_UNIX)
if how == "deaf":
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
listener.bind(("127.0.0.1", 0) if address == "tcp" else address)
listener.listen()
tell(".port", listener.getsockname()[1] if address == "tcp" else "-")
client = listener.accept()[0]
listener.close()
if how != "deaf":
    while not client.recv(4096).endswith(b"\n"):
        pass
tell(".got")
while not os.path.exists(file + ".leave"):
    time.sleep(0.005)
if how != "close":
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
tell(".left")
