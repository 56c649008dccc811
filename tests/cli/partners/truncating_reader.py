"""Runs a command, shortens a file to SIZE bytes as soon as the command has begun to write, and only then reads on.

truncating_reader.py FILE SIZE COMMAND...   exits with the command's status, 128 + N for signal N
"""
import os
import select
import subprocess
import sys

path, size = sys.argv[1], int(sys.argv[2])
with subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE) as command:
    select.select([command.stdout], [], [], 30)
    os.truncate(path, size)
    while command.stdout.read(1 << 20):
        pass
sys.exit(command.returncode if command.returncode >= 0 else 128 - command.returncode)
