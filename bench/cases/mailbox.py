"""Messages to one process and to four: by mailboxes and by other means, of the library and of the tools."""

import os

from cases.mq import make, remove, stream
from harness import Case, Program

MAILBOX = f"/ipcutils-bench.{os.getpid()}"
QUEUE = MAILBOX
LINE_SIZE = 64

# As bench/limits/messages calls them.
STREAMS = [("pipe", "pipe"), ("socket", "UNIX socket")]
QUEUES = [("queue", "POSIX queue")]  # the kernel's default allows messages of up to 8 KiB
LIBRARIES = [("zeromq", "ZeroMQ"), ("nng", "nng"), ("boost", "Boost.Interprocess")]
RING = ("ring", "bare ring")


def programs(machine, words, ours, peers, limits=()):
    """`words`: the arguments of messages, with {} for a method. Those of a role are pairs of a method and a name."""
    # With --against, the library that was installed with the tools of before.
    library = f"LD_LIBRARY_PATH={machine.tools.parent / 'lib'}"
    messages = machine.limits / "messages"
    return [
        Program(name, role, f"{library} {messages} {words.format(method)}")
        for role, methods in (("ours", ours), ("peer", peers), ("limit", limits))
        for method, name in methods
    ]


def stream_case(machine, name, size, count, receivers, aim, ours, peers, limits=()):
    count = count // 10 if machine.quick else count
    return Case(
        f"mailbox.{name}",
        f"{count} messages of {size} bytes to {receivers} process{'es' if receivers > 1 else ''} (library)",
        programs(machine, f"stream {{}} {size} {count} {receivers}", ours, peers, limits),
        aim,
        size=size * count,
        reported=True,
    )


def streams(machine):
    small = [("mailbox", "mailbox"), ("mailbox-batch", "mailbox, 64 at once")]
    large = [("mailbox", "mailbox"), ("mailbox-in-place", "mailbox, in place")]
    everybody = STREAMS + QUEUES + LIBRARIES
    return [
        stream_case(
            machine, "64", 64, 2_000_000, 1, "at least 6 of a POSIX queue, 5 of ZeroMQ", small, everybody, [RING]
        ),
        stream_case(machine, "64K", 2**16, 2**15, 1, "none", large, STREAMS + LIBRARIES, [RING]),
        stream_case(
            machine, "1M", 2**20, 2**11, 1, "at least 4 of a UNIX socket", large, STREAMS + LIBRARIES, [RING]
        ),
        stream_case(machine, "64-to-4", 64, 200_000, 4, "none", small, everybody),
    ]


def round_trip(machine, name, percentile):
    count = 2_000 if machine.quick else 20_000
    return Case(
        f"mailbox.round-trip-{name}",
        f"64 bytes to a process and back, {name} of {count} times (library)",
        programs(
            machine,
            f"round-trip {{}} {count} {percentile}",
            [("mailbox", "mailbox"), ("mailbox-spinning", "mailbox, spinning")],
            STREAMS + QUEUES + LIBRARIES,
            [("futex", "bare futex"), ("ring", "bare ring, spinning")],
        ),
        "asleep at most 1.1 of a bare futex",
        reported=True,
    )


def sender_time(name, what, to_receivers):
    """CPU time. `to_receivers`: the command for so many."""
    return Case(
        f"mailbox.{name}",
        f"CPU time of {what}, to 4 receivers and to 1",
        [Program("4 receivers", "ours", to_receivers(4)), Program("1 receiver", "limit", to_receivers(1))],
        "at most 1.3 of 1 receiver",
        reported=True,
    )


def library_sender_time(machine, name, method, what):
    count = 40_000 if machine.quick else 400_000

    def to_receivers(number):
        words = f"sender-time {{}} {LINE_SIZE} {count} {number}"
        return programs(machine, words, [(method, "mailbox")], [])[0].command

    return sender_time(name, f"a sender, a message of {LINE_SIZE} bytes{what} (library)", to_receivers)


def mbsend_time(count):
    lines = f"yes {'x' * (LINE_SIZE - 1)} | head -c {LINE_SIZE * count}"

    def to_receivers(number):
        return (
            "trap 'kill $(jobs -p) 2>/dev/null' EXIT; TIMEFORMAT='%U %S'; "
            f"for ((i = 0; i < {number}; i++)); do mbrecv -n {count} {MAILBOX} >/dev/null & receivers+=($!); done; "
            f"{lines} | {{ time mbsend --min-receivers {number} {MAILBOX}; }} 2>&1 || exit; "
            "for receiver in ${receivers[@]}; do wait $receiver || exit; done"
        )

    return with_mailbox(sender_time("mbsend-time", f"mbsend, {count} lines of {LINE_SIZE} bytes", to_receivers))


def lines(count):
    mbsend = stream(LINE_SIZE, count, f"mbsend --min-receivers 1 {MAILBOX}", f"mbrecv -n {count} {MAILBOX}")
    mqsend = stream(LINE_SIZE, count, f"mqsend {QUEUE}", f"mqrecv -n {count} {QUEUE}")
    case = Case(
        "mailbox.lines",
        f"{count} lines of {LINE_SIZE} bytes through a mailbox",
        [
            Program("mbsend, mbrecv", "ours", mbsend),
            Program("mqsend, mqrecv", "peer", mqsend),
        ],
        "at least 3 of mqsend, mqrecv",
        size=LINE_SIZE * count,
    )
    return with_mailbox(case, also=make(QUEUE), then=remove(QUEUE))


def with_mailbox(case, also=":", then=":"):
    case.prepare = f"ipcnew mb:{MAILBOX} >/dev/null; {also}"
    case.finish = f"ipcdel mb:{MAILBOX}; {then}"
    return case


def cases(machine):
    count = 200_000 if machine.quick else 2_000_000
    return [
        lines(count),
        *streams(machine),
        library_sender_time(machine, "sender-time", "mailbox", ""),
        library_sender_time(machine, "sender-time-batch", "mailbox-batch", ", 64 at once"),
        mbsend_time(count),
        round_trip(machine, "median", 50),
        round_trip(machine, "99.9%", 99.9),
    ]
