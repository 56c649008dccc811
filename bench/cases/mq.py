"""Lines through a message queue, and messages that are sent by a program each."""

import os
import tempfile

from harness import Case, Program

POSIX = f"/ipcutils-bench.{os.getpid()}"
SYSV = str(0x1BC0BE5 + os.getpid() % 4096)
PID_FILE = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.receiver")
EXECS = 500


def make(queue):
    return f"ipcnew mq:{queue} >/dev/null"


def remove(queue):
    return f"ipcdel mq:{queue}"


def stream(line_size, count, send, receive):
    """A sender of so many lines in the background, a receiver in front of it; both must succeed."""
    lines = f"yes {'x' * (line_size - 1)} | head -c {line_size * count}"
    return f"{lines} | {send} & {receive} >/dev/null || {{ kill $!; exit 1; }}; wait $!"


def stream_case(machine, api, queue, line_size, count):
    limit = machine.limits / "queue_stream"
    return Case(
        f"mq.stream-{line_size}-{api}",
        f"{count} lines of {line_size} bytes through a queue ({api})",
        [
            Program(
                "mqsend, mqrecv",
                "ours",
                stream(line_size, count, f"mqsend {queue}", f"mqrecv -n {count} {queue}"),
            ),
            Program(
                "system calls alone",
                "limit",
                stream(line_size, count, f"{limit} send {queue}", f"{limit} receive {queue} {count}"),
            ),
        ],
        "at least 0.85 of the limit",
        size=line_size * count,
        prepare=make(queue),
        finish=remove(queue),
    )


def one_case(machine, api, queue):
    """All the while a receiver takes the messages, so that none has to wait for room."""
    repeat = f"{machine.limits / 'repeat'} {EXECS}"
    return Case(
        f"mq.one-{api}",
        f"{EXECS} messages, a program each, to a queue that is drained ({api})",
        [
            Program("mqsend", "ours", f"{repeat} {machine.tools / 'mqsend'} {queue} x >/dev/null"),
            Program(
                "system calls alone",
                "limit",
                f"{repeat} {machine.limits / 'queue_send_one'} {queue} x >/dev/null",
            ),
        ],
        "at most 1.4 of the limit",
        prepare=f"{make(queue)}; mqrecv -f {queue} >/dev/null & echo $! >{PID_FILE}",
        finish=f"kill $(cat {PID_FILE}); rm {PID_FILE}; {remove(queue)}",
    )


def cases(machine):
    everything = []
    for api, queue in (("POSIX", POSIX), ("System-V", SYSV)):
        everything += [
            stream_case(machine, api, queue, 64, 2_000_000),
            stream_case(machine, api, queue, 4096, 200_000),
            one_case(machine, api, queue),
        ]
    return everything
