"""A process of a program that knows nothing of ipcutils: it makes or holds an object, prints a line, and stays.

  map PATH       maps the file, and has it open no longer
  open PATH      has the file open, twice
  segment KEY    makes a segment and never attaches it; prints its identifier
  attach ID      attaches a segment
  send KEY       makes a queue with a message; prints its identifier
  receive ID     takes that message
  set KEY        makes two semaphores without giving them values; prints their identifier
"""
import ctypes
import mmap
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
CREATE = 0o1600  # IPC_CREAT and the mode


class Message(ctypes.Structure):
    _fields_ = [("type", ctypes.c_long), ("text", ctypes.c_char * 8)]


def check(result):
    if result in (-1, ctypes.c_void_p(-1).value):
        sys.exit(f"scope_process: {os.strerror(ctypes.get_errno())}")
    return result


def main(action, argument):
    if action == "map":
        with open(argument, "rb") as file:
            kept = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    elif action == "open":
        kept = [open(argument, "rb") for _ in range(2)]
    elif action == "attach":
        kept = check(libc.shmat(int(argument), None, 0))
    elif action == "receive":
        kept = check(libc.msgrcv(int(argument), ctypes.byref(Message()), 8, 0, 0))
    else:
        key = ctypes.c_int(int(argument, 0))
        if action == "segment":
            kept = check(libc.shmget(key, 100, CREATE))
        elif action == "set":
            kept = check(libc.semget(key, 2, CREATE))
        else:
            kept = check(libc.msgget(key, CREATE))
            check(libc.msgsnd(kept, ctypes.byref(Message(1, b"x")), 1, 0))
    print(kept if isinstance(kept, int) else "ready", flush=True)
    signal.pause()


main(*sys.argv[1:])
