"""Runs a command on a terminal of its own, presses Ctrl-C once it says "ready", and prints what it says.

terminal_key.py COMMAND [ARG]...   exits as the command does
"""

import os
import pty
import sys

process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

text = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # how a terminal ends whose last user has gone
        break
    if not piece:
        break
    if b"ready" in piece:
        os.write(terminal, b"\x03")
    text += piece
sys.stdout.write(text.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
