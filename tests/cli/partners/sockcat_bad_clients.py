"""Clients that are a burden to a server that gives back what it gets.

    sockcat_bad_clients.py PORT SORT=N...

SORT: silent (connects and says nothing), drip (a byte a second), deaf (sends and never reads), rude (sends, then resets the
connection, and the next one comes). Writes "ready" once all are there, and goes on until it is ended.
"""

import select
import socket
import struct
import sys
import time

port = int(sys.argv[1])
counts = dict(argument.split("=") for argument in sys.argv[2:])


def connected():
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.setblocking(False)
    return client


def send(client):
    try:
        client.send(b"x" * 65536)
    except BlockingIOError:
        pass


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


silent, drips, deaf, rude = ([connected() for _ in range(int(counts.get(sort, 0)))] for sort in ("silent", "drip", "deaf", "rude"))
for client in deaf + rude:
    send(client)
print("ready", flush=True)
next_drip = time.monotonic()
while True:
    if time.monotonic() >= next_drip:
        next_drip += 1
        for client in drips:
            client.send(b"x")
            if select.select([client], [], [], 0)[0]:
                client.recv(100)
        for client in deaf:
            send(client)
    for i, client in enumerate(rude):
        reset(client)
        rude[i] = connected()
        send(rude[i])
    time.sleep(0.25)  # a machine that takes long to start processes must keep up
