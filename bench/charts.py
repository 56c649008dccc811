"""The charts that README.md shows, drawn from bench/results.json."""

import dataclasses
import html
import pathlib

FOLDER = pathlib.Path(__file__).parent / "charts"
COLOURS = {"ours": "#2a6f97", "peer": "#a9a9a9", "limit": "#d9a441"}

WIDTH, LABELS, VALUES = 760, 250, 90  # pixels: of all, of the names at the left, of the figures at the right
BAR, GAP, HEAD = 15, 10, 34


@dataclasses.dataclass
class Bar:
    name: str
    role: str
    value: float


@dataclasses.dataclass
class Group:
    """Bars under one name."""

    name: str
    bars: list


def milliseconds(entry, program):
    return program["seconds"] * 1e3


def gibibytes(entry, program):
    return entry["bytes"] / program["seconds"] / 2**30


def share_of_limit(entry, program):
    limit = min(other["seconds"] for other in entry["programs"] if other["role"] == "limit")
    return limit / program["seconds"]


def group(results, name, case, measure, programs):
    """Of a case, those of `programs` that it has, in that order."""
    entry = results[case]
    rows = {row["program"]: row for row in entry["programs"]}
    return Group(name, [Bar(p, rows[p]["role"], measure(entry, rows[p])) for p in programs if p in rows])


def startup(results):
    tools = [row["program"] for row in results["startup.tools"]["programs"]]
    pair = ["small binaries", "single binary", "ipcmk + ipcrm"]
    return [
        group(results, "start", "startup.tools", milliseconds, tools),
        group(results, "make and remove a segment", "startup.pair-C.UTF-8", milliseconds, pair),
    ]


def sockets(results):
    programs = ["sockcat", "socat", "socat -b 1M", "splice loop", "splice loops", "sendfile and splice loops"]
    cases = [
        ("file through a TCP socket", "TCP-one-way"),
        ("file through a UNIX socket", "UNIX-one-way"),
        ("proxy between TCP sockets", "TCP-proxy"),
        ("proxy between UNIX sockets", "UNIX-proxy"),
        ("pipe to pipe", "pipes-one-way"),
    ]
    return [group(results, name, f"sockets.{case}", gibibytes, programs) for name, case in cases]


def objects(results):
    ours = ["shmput", "shmget", "shmget --zero-copy", "mqsend, mqrecv", "mkfifo-pipe -r", "mkfifo-pipe -s"]
    programs = [*ours, "cat", "dd bs=1M"]
    cases = [
        ("file into shared memory", "shm.file-to-object"),
        ("pipe into shared memory", "shm.pipe-to-object"),
        ("shared memory into a pipe", "shm.object-to-pipe"),
        ("the same by reference", "shm.object-to-pipe-zero-copy"),
        ("FIFO to a pipe", "fifo.to-pipe"),
        ("pipe into a FIFO", "fifo.from-pipe"),
        ("lines of 64 bytes, POSIX queue", "mq.stream-64-POSIX"),
        ("lines of 64 bytes, System V queue", "mq.stream-64-System-V"),
    ]
    return [group(results, name, case, share_of_limit, programs) for name, case in cases]


def listings(results):
    programs = ["ipcls", "ipcs", "ipcls -o as lsipc", "lsipc"]
    cases = [("segments", "ls.shm"), ("queues", "ls.mq"), ("semaphore sets", "ls.sem")]
    return [group(results, name, case, milliseconds, programs) for name, case in cases]


# File, title, figures, and how one of them is written.
CHARTS = [
    ("startup", "Start-up (ms, less is better)", startup, "{:.2f}"),
    ("sockets", "Moving 1 GiB (GiB/s, more is better)", sockets, "{:.2f}"),
    ("objects", "Throughput (system calls alone = 1, more is better)", objects, "{:.2f}"),
    ("listings", "Table of 10,000 objects (ms, less is better)", listings, "{:.0f}"),
]


def text(x, y, content, more=""):
    return f'<text x="{x}" y="{y}"{more}>{html.escape(content)}</text>'


def svg(title, groups, figure):
    scale = (WIDTH - LABELS - VALUES) / max(bar.value for group in groups for bar in group.bars)
    parts = [text(GAP, 22, title, ' font-size="15" font-weight="bold"')]
    y = HEAD
    for group in groups:
        y += BAR
        parts.append(text(GAP, y, group.name, ' font-weight="bold"'))
        y += GAP // 2
        for bar in group.bars:
            length = max(1, round(bar.value * scale))
            parts.append(text(LABELS - GAP, y + BAR - 3, bar.name, ' text-anchor="end"'))
            parts.append(f'<rect x="{LABELS}" y="{y}" width="{length}" height="{BAR - 2}" fill="{COLOURS[bar.role]}"/>')
            parts.append(text(LABELS + length + 5, y + BAR - 3, figure.format(bar.value)))
            y += BAR
        y += GAP
    lines = "\n".join(parts)
    attributes = f'width="{WIDTH}" height="{y}" font-family="sans-serif" font-size="12"'
    background = '<rect width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>\n{background}\n{lines}\n</svg>\n'


def draw(results):
    FOLDER.mkdir(exist_ok=True)
    for name, title, groups, figure in CHARTS:
        (FOLDER / f"{name}.svg").write_text(svg(title, groups(results), figure))
