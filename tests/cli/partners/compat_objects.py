"""Makes System V objects of every kind in an IPC namespace, which is not shared, and runs a command among them.

compat_objects.py twins|all COMMAND [ARG]...
"twins": four of each kind, with the keys 0xf0000000 to 0xf0000003. "all": what ipcs can show.
"""
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
IPC_CREAT, IPC_RMID, SHM_LOCK, SETVAL, SHM_NORESERVE = 0o1000, 0, 11, 16, 0o10000


def segment(key, size, flags):
    return libc.shmget(ctypes.c_int(key), ctypes.c_size_t(size), flags | IPC_CREAT)


def make_twins():
    for number in range(4):
        key = 0xF0000000 + number
        segment(key, 10, 0o600)
        libc.msgget(ctypes.c_int(key), 0o600 | IPC_CREAT)
        libc.semget(ctypes.c_int(key), 2, 0o600 | IPC_CREAT)


def make_as(uid):
    """Objects of another user, which nobody else may read."""
    if os.fork() == 0:
        os.setgid(uid)
        os.setuid(uid)
        segment(0, 1048524, 0o600)
        libc.msgget(0, 0o600 | IPC_CREAT)
        libc.semget(0, 3, 0o600 | IPC_CREAT)
        os._exit(0)
    os.wait()


def make_all():
    segment(5, 5000, 0o644)
    segment(-5, 12345, 0o640)
    for size in (1, 1023, 1024, 1029, 1048524, 1048575, 3 << 30, (1 << 40) - 1, 5 << 50):
        segment(0, size, 0o600 | SHM_NORESERVE)
    libc.shmat(segment(6, 4096, 0o604), None, 0)
    removed = segment(7, 4096, 0o600)
    libc.shmat(removed, None, 0)
    libc.shmctl(removed, IPC_RMID, None)
    libc.shmctl(segment(0x7FFFFFFF, 70000, 0o666), SHM_LOCK, None)
    queue = libc.msgget(ctypes.c_int(-9), 0o622 | IPC_CREAT)
    message = ctypes.create_string_buffer(b"\1\0\0\0\0\0\0\0hello world")
    libc.msgsnd(queue, message, 11, 0)
    libc.msgsnd(queue, message, 5, 0)
    libc.msgrcv(queue, message, 11, 0, 0)
    # Places in the table that were used before come with high identifiers.
    for _ in range(70):
        libc.msgctl(libc.msgget(0, 0o600 | IPC_CREAT), IPC_RMID, None)
    libc.msgget(8, 0o600 | IPC_CREAT)
    semaphores = libc.semget(ctypes.c_int(-77), 40, 0o600 | IPC_CREAT)
    libc.semctl(semaphores, 1, SETVAL, 7)
    libc.semop(semaphores, b"\1\0\xff\xff\0\0", 1)
    if os.geteuid() == 0:
        for uid in (1, 65534, 1000000000):
            make_as(uid)


{"twins": make_twins, "all": make_all}[sys.argv[1]]()
status = os.spawnvp(os.P_WAIT, sys.argv[2], sys.argv[2:])
sys.exit(status)
