"""Runs a command with this program's standard input, and prints its peak memory in KiB: peak_memory.py COMMAND [ARG]...

Its standard output goes to /dev/null.
"""
import os
import sys

null = os.open("/dev/null", os.O_WRONLY)
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
