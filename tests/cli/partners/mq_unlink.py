# Removes POSIX message queues by name, those that there are.
import ctypes
import sys

libc = ctypes.CDLL(None)
for name in sys.argv[1:]:
    libc.mq_unlink(name.encode())
