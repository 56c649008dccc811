"""Runs a command with a terminal as its standard error, and prints what it wrote there: on_terminal.py COMMAND..."""
import os
import pty
import subprocess
import sys

terminal, other_end = pty.openpty()
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=other_end) as command:
    os.close(other_end)
    text = b""
    try:
        while chunk := os.read(terminal, 4096):
            text += chunk
    except OSError:
        pass  # EIO: the other end is closed
sys.stdout.buffer.write(text)
sys.exit(command.returncode)
