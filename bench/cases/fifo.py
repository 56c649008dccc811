"""4 GiB out of a FIFO and into one; making one; requests and replies."""

import os
import tempfile

from harness import Case, Program

FIFO = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.fifo")
REQUEST = f"{FIFO}.request"
REPLY = f"{FIFO}.reply"
FILE = f"/dev/shm/ipcutils-bench.{os.getpid()}"
CLIENTS = 500


def stream(name, title, programs, aim, size, **surroundings):
    surroundings = {"prepare": "", "finish": "", **surroundings}
    return Case(
        f"fifo.{name}",
        f"{size // 2**30} GiB {title}",
        [Program(name, role, command) for name, role, command in programs],
        aim,
        size=size,
        rounds=5,
        prepare=f"mkfifo -m 600 {FIFO}; {surroundings['prepare']}",
        finish=f"rm -f {FIFO}; {surroundings['finish']}",
    )


def receive(machine, name, title, aim, size, sink):
    """Out of a FIFO that is always full, into `sink`."""
    feed = f"{machine.limits}/pipe_ends feed {size} >{FIFO} &"
    programs = [
        ("mkfifo-pipe -r", "ours", f"mkfifo-pipe -r {FIFO}"),
        ("cat", "peer", f"cat {FIFO}"),
        ("dd bs=1M", "peer", f"dd if={FIFO} bs=1M status=none"),
        ("pv", "peer", f"pv -q {FIFO}"),
        ("mbuffer", "peer", f"mbuffer -q -i {FIFO}"),
        ("splice loop", "limit", f"{machine.limits}/move splice <{FIFO}"),
    ]
    timed = [(name, role, f"{feed} {command} {sink} && wait $!") for name, role, command in programs]
    return stream(name, title, timed, aim, size)


def send(machine, name, title, aim, size, source, method, option="", **surroundings):
    """Out of `source` into a FIFO that is always empty, until the last byte has been read."""
    drain = f"{machine.limits}/pipe_ends drain {size} <{FIFO} &"
    programs = [
        (f"mkfifo-pipe -s{option}", "ours", f"mkfifo-pipe -s{option} {FIFO}"),
        ("cat", "peer", f"cat >{FIFO}"),
        ("dd bs=1M", "peer", f"dd bs=1M status=none >{FIFO}"),
        ("pv", "peer", f"pv -q >{FIFO}"),
        ("mbuffer", "peer", f"mbuffer -q >{FIFO}"),
        (f"{method} loop", "limit", f"{machine.limits}/move {method} >{FIFO}"),
    ]
    timed = [(name, role, f"{drain} {source} {command} && wait $!") for name, role, command in programs]
    return stream(name, title, timed, aim, size, **surroundings)


def making(machine):
    def pair(program):
        return [program, FIFO, ",", "/bin/rm", FIFO]

    return Case(
        "fifo.make",
        "make a FIFO, and rm it",
        [
            Program("mkfifo-pipe", "ours", sequence=pair(machine.tools / "mkfifo-pipe")),
            Program("mkfifo", "peer", sequence=pair("/usr/bin/mkfifo")),
        ],
        "at most 1.2 of mkfifo",
        rounds=500,
    )


def round_trip(machine):
    client = f"echo question >{REQUEST}; mapfile -t answer <{REPLY}; [[ $answer == question ]] || exit"
    return Case(
        "fifo.round-trip",
        f"{CLIENTS} clients one after the other, each served by a run of cat",
        [
            Program(
                "mkfifo-pipe --duplex",
                "ours",
                f"mkfifo-pipe --duplex -n {CLIENTS} {REQUEST} {REPLY} -- cat & "
                f"for ((i = 0; i < {CLIENTS}; i++)); do {client}; done; wait $!",
            ),
            Program("cat alone", "limit", f"{machine.limits}/repeat {CLIENTS} /bin/cat >/dev/null"),
        ],
        "none",
        prepare=f"mkfifo -m 600 {REQUEST} {REPLY}",
        finish=f"rm -f {REQUEST} {REPLY}",
    )


def cases(machine):
    size = 2**30 if machine.quick else 4 * 2**30
    pipe_ends = f"{machine.limits}/pipe_ends"
    between_pipes = "at least 2.5 of cat, 1.0 of the best peer, 0.9 of the limit"
    elsewhere = "at least 1.0 of the best peer, 0.9 of the limit"
    return [
        receive(machine, "to-null", "from a FIFO to /dev/null", elsewhere, size, ">/dev/null"),
        receive(machine, "to-pipe", "from a FIFO to a pipe", between_pipes, size, f"| {pipe_ends} drain {size}"),
        send(
            machine, "from-pipe", "from a pipe into a FIFO", between_pipes, size, f"{pipe_ends} feed {size} |", "splice"
        ),
        send(
            machine,
            "from-file",
            "file into a FIFO, by reference",
            elsewhere,
            size,
            f"<{FILE}",
            "sendfile",
            option=" --zero-copy",
            prepare=f"head -c {size} /dev/urandom >{FILE}",
            finish=f"rm -f {FILE}",
        ),
        making(machine),
        round_trip(machine),
    ]
