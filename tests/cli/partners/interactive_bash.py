"""An interactive bash on a terminal of its own: interactive_bash.py STEPS, a file with a step a line.

  type TEXT    types the line
  key LETTER   presses the key with Ctrl
  see REGEX    waits until what the shell has written matches, behind what the last step saw
  asleep       waits until the shell itself waits for something
  value TEXT   waits until bash, not interactive, runs TEXT with success

Ends the shell by Ctrl-D and exits as it does. What the terminal showed is standard output.
"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

LIMIT = 60

with open(sys.argv[1], encoding="ascii") as file:
    steps = [line.rstrip("\n") for line in file]

process, terminal = pty.fork()
if process == 0:
    os.environ.update(PS1="prompt> ", TERM="dumb")
    os.environ.pop("BASH_ENV", None)
    os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])

shown = ""
seen = 0


def leave(text):
    os.kill(process, signal.SIGKILL)
    sys.exit(f"interactive_bash.py: {text}\nthe terminal showed:\n{shown}")


def read(seconds):
    """What comes within this time; at the end of the terminal: False."""
    global shown
    if not select.select([terminal], [], [], seconds)[0]:
        return True
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        piece = b""
    shown += piece.decode(errors="backslashreplace").replace("\r", "")
    return piece != b""


def wait_for(what, holds):
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline or not read(0.01):
            leave(f"not within {LIMIT} s, or the shell ended: {what}")


def sees(pattern):
    global seen
    found = re.compile(pattern, re.MULTILINE).search(shown, seen)
    if found:
        seen = found.end()
    return found is not None


def is_asleep():
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


wait_for("a prompt", lambda: sees("prompt> "))
for step in steps:
    word, _, argument = step.partition(" ")
    if word == "type":
        os.write(terminal, argument.encode() + b"\n")
    elif word == "key":
        os.write(terminal, bytes([ord(argument) & 0x1F]))
    elif word == "see":
        wait_for(step, lambda: sees(argument))
    elif word == "asleep":
        wait_for(step, is_asleep)
    elif word == "value":
        wait_for(step, lambda: subprocess.run(["bash", "-c", argument], check=False).returncode == 0)
    else:
        leave(f"no step: {step}")
os.write(terminal, b"\x04")
deadline = time.monotonic() + LIMIT
while read(1):
    if time.monotonic() > deadline:
        leave("the shell did not end")
sys.stdout.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
