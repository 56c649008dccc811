"""Whether the exit status of sockcat depends on timing when its peer leaves.

one_status.py KIND PATH RUNS: runs `sockcat -u - PEER` so often, KIND being tcp or unix. The peer closes after one line,
and the source, after a pause that differs from run to run, goes on or ends. Prints each status once, with its source.
"""

import random
import signal
import socket
import subprocess
import sys
import time

kind, path, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
random.seed(4711)


def run(goes_on):
    listener = socket.socket(socket.AF_INET if kind == "tcp" else socket.AF_UNIX)
    listener.settimeout(20)
    listener.bind(("127.0.0.1", 0) if kind == "tcp" else path)
    listener.listen()
    peer = f"tcp:127.0.0.1:{listener.getsockname()[1]}" if kind == "tcp" else f"unix-connect:{path}"
    process = subprocess.Popen(["sockcat", "-u", "-", peer], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(b"first\n")
    process.stdin.flush()
    with listener, listener.accept()[0] as client:
        while not client.recv(100).endswith(b"\n"):
            pass
    time.sleep(random.random() * 0.004)
    if goes_on:
        try:
            process.stdin.write(b"lost\n")
            process.stdin.flush()
            process.wait(20)  # before the end of the source
        except BrokenPipeError:
            pass  # it has ended: the status tells how
        except subprocess.TimeoutExpired:
            process.kill()
            return "none: it went on"
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        return "none: it went on"
    finally:
        if kind == "unix":
            subprocess.run(["rm", "-f", path], check=True)


seen = {(source, run(source == "goes on")) for number in range(runs) for source in ["goes on" if number % 2 else "ends"]}
for source, status in sorted(seen, key=str):
    print(f"source {source}: {status}")
