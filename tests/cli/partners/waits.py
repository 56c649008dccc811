"""Starts commands that wait, and ends each: by SIGTERM, or by a deadline of its own.

waits.py signal|deadline DIRECTORY [OPTION]... reads lines "LABEL | COMMAND". COMMAND is for bash, and the word WAIT in it
becomes the OPTIONs, such as -w 60. In the environment it has what makes others wait, all in DIRECTORY:

  silent    a FIFO with a writer that says nothing
  full      a FIFO that is full, with a reader that does not read
  fed       a FIFO with a writer that has said something
  tcp_full  HOST:PORT of a TCP listener whose backlog is full
  unix_full the path of such a UNIX listener
  deaf      the path of a UNIX listener that never reads what its clients send
  locked    a file that is locked

A line that says what was wrong for each command that was, and then how long they took, as a comment. With "deadline",
only commands with WAIT run, and must exit 124 and not before 0.2 s.
"""

import fcntl
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

mode, directory, options = sys.argv[1], sys.argv[2], sys.argv[3:]
kept = []  # what is open as long as this runs


def fifo(name, size=0):
    path = f"{directory}/{name}"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    kept.append(descriptor)
    fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 4096)
    if size > 0:
        os.write(descriptor, bytes(size))
    return path


def listener(family, where, is_full):
    server = socket.socket(family)
    server.bind(where)
    server.listen(0 if is_full else 100)
    kept.append(server)
    for _ in range(8 if is_full else 0):
        client = socket.socket(family)
        client.setblocking(False)
        try:
            client.connect(server.getsockname())
        except BlockingIOError:
            pass
        kept.append(client)
    return server.getsockname()


def lock(name):
    path = f"{directory}/{name}"
    kept.append(open(path, "w", encoding="ascii"))
    fcntl.flock(kept[-1], fcntl.LOCK_EX)
    return path


tcp = listener(socket.AF_INET, ("127.0.0.1", 0), True)
surroundings = dict(
    os.environ,
    silent=fifo("silent"),
    full=fifo("full", 4096),
    fed=fifo("fed", 100),
    tcp_full=f"{tcp[0]}:{tcp[1]}",
    unix_full=listener(socket.AF_UNIX, f"{directory}/unix_full", True),
    deaf=listener(socket.AF_UNIX, f"{directory}/deaf", False),
    locked=lock("locked"),
)


def sleeps(pid):
    """Whether the process has become the tool, and waits."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        state = stat.read().rpartition(")")[2].split()[0]
    return state == "S" and os.path.basename(os.readlink(f"/proc/{pid}/exe")) not in ("bash", "env")


def wait_until_asleep(process):
    seen = 0
    deadline = time.monotonic() + 20
    while seen < 3:
        if process.poll() is not None:
            return f"it did not wait, but ended with {process.returncode}"
        if time.monotonic() > deadline:
            return "it did not sleep within 20 s"
        seen = seen + 1 if sleeps(process.pid) else 0
        time.sleep(0.005)
    return None


def problem_of(command):
    """What is wrong with how the command ends, and how long that took."""
    with open(f"{directory}/said", "w+", encoding="utf-8") as said:
        begin = time.monotonic()
        process = subprocess.Popen(
            ["bash", "-c", "exec " + command.replace("WAIT", " ".join(options))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=surroundings,
            preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL),
        )
        wanted = -signal.SIGTERM if mode == "signal" else 124
        problem = wait_until_asleep(process) if mode == "signal" else None
        if problem is None:
            if mode == "signal":
                begin = time.monotonic()
                process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                problem = "it did not end"
        took = time.monotonic() - begin
        if process.poll() is None:
            process.kill()
            process.wait()
        elif problem is None and process.returncode != wanted:
            problem = f"status {process.returncode} instead of {wanted}"
        elif problem is None and mode == "deadline" and took < 0.2:
            problem = f"it ended after {took * 1000:.0f} ms"
        said.seek(0)
        return problem and f"{problem} ({said.read().strip()})", took


times = []
for line in sys.stdin:
    label, _, command = (part.strip() for part in line.partition("|"))
    if not label or (mode == "deadline" and "WAIT" not in command):
        continue
    problem, took = problem_of(command)
    times.append(took * 1000)
    if problem:
        print(f"{label}: {problem}", flush=True)
print(f"# {len(times)} waits: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")
