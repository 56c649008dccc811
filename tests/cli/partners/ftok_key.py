"""Prints the key that the C library's ftok(3) makes of a path and a project number, in decimal."""
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
project = sys.argv[2]
key = libc.ftok(os.fsencode(sys.argv[1]), int(project) if project.isdigit() else ord(project))
if key == -1:
    sys.exit(os.strerror(ctypes.get_errno()))
print(key & 0xFFFFFFFF)
