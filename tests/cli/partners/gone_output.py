"""Runs a command with a socket and then a terminal for its output, closes the other end, and prints how it ended.

gone_output.py COMMAND [ARG]...
"""

import os
import pty
import socket
import subprocess
import sys
import time


def end_of(output, other):
    process = subprocess.Popen(sys.argv[1:], stdout=output)
    output.close()
    state = ""
    while state != "S":  # it waits
        with open(f"/proc/{process.pid}/stat") as stat:
            state = stat.read().rsplit(") ", 1)[1][0]
        time.sleep(0.01)
    other.close()
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


print("socket:", end_of(*socket.socketpair()))
terminal, user = pty.openpty()
print("terminal:", end_of(os.fdopen(user, "wb"), os.fdopen(terminal, "rb")))
