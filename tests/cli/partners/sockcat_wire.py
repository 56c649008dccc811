"""A bad wire between the network namespaces of two processes: what one end sends comes out of the other later, or never.

    sockcat_wire.py PID_A PID_B DELAY_MS LOSS_PERCENT

Makes an interface "wire" in each of them and writes "ready". For systems without netem.
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
CLONE_NEWNET = 0x40000000


def enter(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def end_at(pid):
    enter(pid)
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TAP | IFF_NO_PI))
    return tap


ends = [end_at(pid) for pid in sys.argv[1:3]]
delay = float(sys.argv[3]) / 1000
loss = float(sys.argv[4]) / 100
print("ready", flush=True)

random.seed(1)
order = itertools.count()
on_the_way = []
while True:
    now = time.monotonic()
    while on_the_way and on_the_way[0][0] <= now:
        _, _, to, frame = heapq.heappop(on_the_way)
        try:
            os.write(to, frame)
        except OSError:
            pass  # it is down
    patience = max(0, on_the_way[0][0] - now) if on_the_way else None
    for ready in select.select(ends, [], [], patience)[0]:
        frame = os.read(ready, 65536)
        if random.random() >= loss:
            moment = time.monotonic() + delay * random.uniform(0.5, 1.5)
            heapq.heappush(on_the_way, (moment, next(order), ends[1 - ends.index(ready)], frame))
