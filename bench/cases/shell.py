"""Calls in a loop of one bash: the builtins of ipcutils.bash, the binaries, what scripts use instead, and bare C.

Each program prints the seconds of one turn of its loop. Starting bash or Python is no part of that; bash's own share of
a turn is, and shell.loop tells what a turn takes that does nothing. In Python a queue or a semaphore is opened once, in
front of the loop, since programs there can keep it.
"""

import os
import tempfile

from harness import Case, Program

NAME = f"/ipcutils-bench.{os.getpid()}"
KEY = 0x1BC0BE5 + os.getpid() % 4096
FOLDER = os.path.join(tempfile.gettempdir(), NAME[1:])
LOCK, SOCKET = f"{FOLDER}/lock", f"{FOLDER}/redis"
SIZE = 1024
AIM = "at most 0.01 of the binaries, 3.0 of the C builtin"

TOOLS = "ipcdel ipcnew mqrecv mqsend semop shmget shmput"
LIMITS = " ".join(f"limit_{name}" for name in "mqsend mqrecv semop hold shmget shmput ipcnew ipcdel".split())
# Without the builtins, bash would go on with the binaries.
WITH_BUILTINS = f". ipcutils.bash; [[ $(type -t {TOOLS} | sort -u) == builtin ]] || exit"

# Where the package has the server under another name only, it does what it is called.
START_REDIS = f"""
    ln -s "$(readlink -f "$(command -v redis-server || command -v redis-check-rdb)")" {FOLDER}/redis-server
    {FOLDER}/redis-server --daemonize yes --port 0 --unixsocket {SOCKET} --save '' --dir {FOLDER} >/dev/null
    for ((i = 0; i < 1000; ++i)); do redis-cli -s {SOCKET} ping >/dev/null 2>&1 && break; done"""
STOP_REDIS = f"redis-cli -s {SOCKET} shutdown nosave"
REDIS = f"redis-cli -s {SOCKET}"

# Of the packages of scripts/deps, not of another Python that comes first.
PYTHON = "/usr/bin/python3"
PYTHON_SEMAPHORE = f"import sysv_ipc; semaphore = sysv_ipc.Semaphore({KEY})"
PYTHON_QUEUE = f"""
import ctypes, os
libc = ctypes.CDLL(None)
libc.mq_receive.restype = ctypes.c_ssize_t
queue = libc.mq_open(b"{NAME}", os.O_RDWR)
room = ctypes.create_string_buffer(8192)"""

FIND_SET = f"while read -r key id _; do [[ $key != {KEY} ]] || break; done </proc/sysvipc/sem"


class Loops:
    """Makes programs of what stands in their loops."""

    def __init__(self, machine):
        self.limits = machine.limits / "bash_builtin"
        self.turns = 200 if machine.quick else 10_000
        self.turns_with_processes = 10 if machine.quick else 200

    def bash(self, name, role, body, turns, before=":"):
        return Program(
            name,
            role,
            f"{before}; printf -v V %{SIZE}s; begin=$EPOCHREALTIME; "
            f"for ((i = 0; i < {turns}; ++i)); do {body} || exit; done; end=$EPOCHREALTIME; "
            f"echo $(((${{end/[.,]/}} - ${{begin/[.,]/}}) * 1000 / {turns}))e-9",
        )

    def ours(self, name, body, before=":"):
        return self.bash(name, "ours", body, self.turns, f"{WITH_BUILTINS}; {before}")

    def limit(self, body, before=":"):
        return self.bash("C builtin", "limit", body, self.turns, f"enable -f {self.limits} {LIMITS}; {before}")

    def without_processes(self, name, body):
        return self.bash(name, "peer", body, self.turns)

    def with_processes(self, name, body, before=":"):
        return self.bash(name, "peer", body, self.turns_with_processes, before)

    def python(self, body, before):
        program = (
            f"import time\n{before}\nbegin = time.perf_counter()\nfor i in range({self.turns}):\n    {body}\n"
            f"print((time.perf_counter() - begin) / {self.turns})"
        )
        return Program("Python loop", "peer", f"{PYTHON} - <<'END'\n{program}\nEND")


def case(name, title, programs, prepare=":", finish=":", aim=AIM):
    return Case(
        f"shell.{name}",
        title,
        programs,
        aim,
        prepare=f"mkdir {FOLDER}; {prepare}",
        finish=f"{finish}; rm -r {FOLDER}",
        reported=True,
    )


def loop(loops):
    return case("loop", "a turn of bash's loop around ':'", [loops.bash("bash", "limit", ":", loops.turns)], aim="none")


def message(loops):
    return case(
        "message",
        "a message into a POSIX queue, and into a variable",
        [
            loops.ours("mqsend, mqrecv --into", f"mqsend {NAME} hello && mqrecv --into V {NAME}"),
            loops.with_processes("binaries", f"mqsend {NAME} hello && V=$(mqrecv {NAME})"),
            loops.with_processes("redis-cli", f"{REDIS} lpush queue hello >/dev/null && V=$({REDIS} rpop queue)"),
            loops.python(
                'libc.mq_send(queue, b"hello", 5, 0); text = room[: libc.mq_receive(queue, room, 8192, None)].decode()',
                PYTHON_QUEUE,
            ),
            loops.limit(f"limit_mqsend {NAME} hello && limit_mqrecv {NAME} V"),
        ],
        f"ipcnew mq:{NAME} >/dev/null; {START_REDIS}",
        f"ipcdel mq:{NAME}; {STOP_REDIS}",
    )


def semaphore_case(name, title, programs):
    return case(name, title, programs, f"ipcnew sem:{KEY} >/dev/null", f"ipcdel sem:{KEY}")


def semaphore(loops):
    return semaphore_case(
        "semaphore",
        "a System V semaphore up and down",
        [
            loops.ours("semop", "semop @$id +1 && semop @$id -1", FIND_SET),
            loops.with_processes("binaries", "semop @$id +1 && semop @$id -1", FIND_SET),
            loops.python("semaphore.release(); semaphore.acquire()", PYTHON_SEMAPHORE),
            loops.limit("limit_semop $id +1 && limit_semop $id -1", FIND_SET),
        ],
    )


def lock(loops):
    return semaphore_case(
        "lock",
        "a lock that the shell holds, taken and given",
        [
            loops.ours("semop --hold", "semop --hold @$id -1 && semop --hold @$id +1", FIND_SET),
            loops.with_processes("flock", "flock 9 && flock -u 9", f"exec 9>{LOCK}"),
            loops.python(
                "semaphore.acquire(); semaphore.release()", f"{PYTHON_SEMAPHORE}; semaphore.undo = True"
            ),
            loops.limit("limit_hold $id -1 && limit_hold $id +1", FIND_SET),
        ],
    )


def load(loops):
    return case(
        "load",
        f"{SIZE} bytes of shared memory into a variable",
        [
            loops.ours("shmget --into", f"shmget --into V {NAME}"),
            loops.with_processes("binaries", f"V=$(shmget {NAME})"),
            loops.with_processes("cat", f"V=$(cat /dev/shm{NAME})"),
            loops.without_processes("read", f"IFS= read -r -N {SIZE} V </dev/shm{NAME}"),
            loops.with_processes("redis-cli", f"V=$({REDIS} get text)"),
            loops.python("text = open(path).read()", f'path = "/dev/shm{NAME}"'),
            loops.limit(f"limit_shmget {NAME} V"),
        ],
        f"printf %{SIZE}s | shmput {NAME}; {START_REDIS}; printf %{SIZE}s | {REDIS} -x set text >/dev/null",
        f"ipcdel shm:{NAME}; {STOP_REDIS}",
    )


def save(loops):
    return case(
        "save",
        f"a here-string of {SIZE} bytes into shared memory",
        [
            loops.ours("shmput", f'shmput {NAME} <<<"$V"'),
            loops.ours("shmput --in-place", f'shmput --in-place {NAME} <<<"$V"'),
            loops.with_processes("binaries", f'shmput {NAME} <<<"$V"'),
            loops.with_processes("cat", f'cat <<<"$V" >/dev/shm{NAME}'),
            loops.with_processes("redis-cli", f'{REDIS} -x set text <<<"$V" >/dev/null'),
            loops.python(
                'with open(path, "w") as file: file.write(text)', f'path, text = "/dev/shm{NAME}", "x" * {SIZE}'
            ),
            loops.limit(f'limit_shmput {NAME} <<<"$V"'),
        ],
        f"shmput {NAME} </dev/null; {START_REDIS}",
        f"ipcdel shm:{NAME}; {STOP_REDIS}",
    )


def objects(loops, name, noun, letter, ours, in_python):
    """Private ones, made and removed. `letter`: of ipcmk and ipcrm."""
    return case(
        f"new-{name}",
        f"a private {noun}, made and removed",
        [
            loops.ours("ipcnew --into, ipcdel", f"ipcnew --into V {ours} && ipcdel $V"),
            loops.with_processes("binaries", f"V=$(ipcnew {ours}) && ipcdel $V"),
            loops.with_processes("ipcmk, ipcrm", f"V=$(ipcmk {ours}) && ipcrm -{letter} ${{V##* }}"),
            loops.python(f"sysv_ipc.{in_python}(None, sysv_ipc.IPC_CREX).remove()", "import sysv_ipc"),
            loops.limit(f"limit_ipcnew {name} V && limit_ipcdel {name} $V"),
        ],
    )


def cases(machine):
    loops = Loops(machine)
    if not loops.limits.exists():  # no headers of bash, so that there are no builtins
        return []
    return [
        loop(loops),
        message(loops),
        semaphore(loops),
        lock(loops),
        load(loops),
        save(loops),
        objects(loops, "queue", "System V queue", "q", "--queue", "MessageQueue"),
        objects(loops, "sem", "System V semaphore", "s", "--semaphore 1", "Semaphore"),
    ]
