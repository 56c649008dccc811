"""Tables of 10,000 objects, and the end of 1,000."""

import os
import tempfile

from harness import Case, Program

COUNT = 10_000
FEW = 1_000
IDS_FILE = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.ids")

RAISE_LIMITS = f"""
    echo {2 * COUNT} >/proc/sys/kernel/shmmni
    echo {2 * COUNT} >/proc/sys/kernel/msgmni
    echo 250 {2 * COUNT} 100 {2 * COUNT} >/proc/sys/kernel/sem"""

# Letter, noun, and the columns that lsipc shows, by its names and ours. COMMAND, which ours have not, is left out.
KINDS = [
    (
        "m",
        "shm",
        "segments",
        "KEY,ID,PERMS,OWNER,SIZE,NATTCH,STATUS,CTIME,CPID,LPID",
        "KEY,ID,MODE,OWNER,SIZE,NATTCH,STATUS,CTIME,CPID,LPID",
    ),
    (
        "q",
        "mq",
        "queues",
        "KEY,ID,PERMS,OWNER,USEDBYTES,MSGS,LSPID,LRPID",
        "KEY,ID,MODE,OWNER,SIZE,MSGS,LSPID,LRPID",
    ),
    ("s", "sem", "semaphore sets", "KEY,ID,PERMS,OWNER,NSEMS", "KEY,ID,MODE,OWNER,NSEMS"),
]


def make(kind, count, name="%d"):
    size = "--size 4096" if kind == "shm" else ""
    return f"ipcnew {size} $(printf '{kind}:{name} ' {{1..{count}}}) >/dev/null"


def listing(name, title, aim, programs, prepare):
    return Case(f"ls.{name}", title, programs, aim, prepare=prepare, rounds=201, isolated=True)


def kind_case(machine, letter, kind, noun, their_columns, our_columns):
    ipcls = [machine.tools / "ipcls", f"-{letter}", "--sysv"]
    return listing(
        kind,
        f"table of {COUNT} {noun}",
        "the usual columns at most 1.0 of ipcs, those of lsipc at most 0.5 of it",
        [
            Program("ipcls", "ours", sequence=ipcls),
            Program("ipcls -o as lsipc", "ours", sequence=[*ipcls, "-o", our_columns]),
            Program("ipcs", "peer", sequence=["/usr/bin/ipcs", f"-{letter}"]),
            Program("lsipc", "peer", sequence=["/usr/bin/lsipc", f"-{letter}", "-o", their_columns]),
        ],
        f"{RAISE_LIMITS}; {make(kind, COUNT)}",
    )


def all_case(machine):
    ipcls, lsipc = [], []
    for letter, _, _, their_columns, our_columns in KINDS:
        comma = [","] if lsipc else []
        ipcls += [*comma, machine.tools / "ipcls", f"-{letter}", "--sysv", "-o", our_columns]
        lsipc += [*comma, "/usr/bin/lsipc", f"-{letter}", "-o", their_columns]
    return listing(
        "all",
        f"table of {COUNT} objects of each kind",
        "the usual columns at most 1.0 of ipcs, those of lsipc, which takes three runs, at most 0.5 of it",
        [
            Program("ipcls", "ours", sequence=[machine.tools / "ipcls", "--sysv"]),
            Program("ipcls -o as lsipc", "ours", sequence=ipcls),
            Program("ipcs", "peer", sequence=["/usr/bin/ipcs"]),
            Program("lsipc -m, -q, -s", "peer", sequence=lsipc),
        ],
        "; ".join([RAISE_LIMITS, *(make(kind, COUNT) for _, kind, *_ in KINDS)]),
    )


def posix_case(machine):
    ipcls = [machine.tools / "ipcls", "-m", "--posix"]
    return listing(
        "posix",
        f"table of {COUNT} POSIX shared memory objects, without and with their holders",
        "none",
        [
            Program("ipcls", "ours", sequence=ipcls),
            Program("ipcls --holders", "ours", sequence=[*ipcls, "--holders"]),
        ],
        make("shm", COUNT, "/%d"),
    )


def removal_case():
    return Case(
        "ls.remove",
        f"the end of {FEW} segments",
        [
            Program("ipcdel --mine", "ours", "ipcdel -m --sysv --mine"),
            Program("ipcrm", "peer", f"ipcrm $(<{IDS_FILE})"),
        ],
        "none",
        setup=f"{make('shm', FEW)}; ipcls -m --sysv --refs | sed 's/.*@/-m /' >{IDS_FILE}",
        finish=f"rm -f {IDS_FILE}",
        rounds=21,
        isolated=True,
    )


def cases(machine):
    return [*(kind_case(machine, *row) for row in KINDS), all_case(machine), posix_case(machine), removal_case()]
