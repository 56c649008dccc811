"""A program with multiprocessing.shared_memory, which knows nothing of ipcutils.

create NAME COMMAND...  makes an object of what standard input holds, runs COMMAND, removes the object
read NAME SIZE          writes SIZE bytes of an object to standard output
write NAME              writes standard input over the beginning of an object
"""
import subprocess
import sys
from multiprocessing import resource_tracker, shared_memory


def attach(name):
    memory = shared_memory.SharedMemory(name=name)
    resource_tracker.unregister(memory._name, "shared_memory")  # it would remove what it has not made
    return memory


verb, name = sys.argv[1:3]
status = 0
if verb == "create":
    data = sys.stdin.buffer.read()
    memory = shared_memory.SharedMemory(name=name, create=True, size=len(data))
    memory.buf[: len(data)] = data
    status = subprocess.run(sys.argv[3:], stdin=subprocess.DEVNULL).returncode
    memory.unlink()
elif verb == "read":
    memory = attach(name)
    sys.stdout.buffer.write(bytes(memory.buf[: int(sys.argv[3])]))
else:
    memory = attach(name)
    data = sys.stdin.buffer.read()
    memory.buf[: len(data)] = data
memory.close()
sys.exit(status)
