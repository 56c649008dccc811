"""1 GiB into shared memory and out of it."""

import os
import tempfile

from harness import Case, Program

SIZE = 2**30
NAME = f"ipcutils-bench.{os.getpid()}"
OBJECT = f"/dev/shm/{NAME}"
FILE = os.path.join(tempfile.gettempdir(), NAME)


def cases(machine):
    move = machine.limits / "move"
    with_file = {
        "prepare": f"head -c {SIZE} /dev/urandom >{FILE}; cat {FILE} >/dev/null",
        "finish": f"rm -f {FILE}",
        "clean_up": f"rm -f {OBJECT}",
    }
    with_object = {"prepare": f"head -c {SIZE} /dev/urandom >{OBJECT}", "finish": f"rm -f {OBJECT}"}
    key = 0x1BC0BE5 + os.getpid() % 4096
    with_segment = {
        "prepare": f"head -c {SIZE} /dev/urandom | shmput --size {SIZE} {key}",
        "finish": f"ipcdel shm:{key}",
    }
    return [
        Case(
            "shm.file-to-object",
            "1 GiB file into a new object",
            [
                Program("shmput", "ours", f"shmput /{NAME} {FILE}"),
                Program("cat", "peer", f"cat {FILE} >{OBJECT}"),
                Program("dd bs=1M", "peer", f"dd if={FILE} of={OBJECT} bs=1M status=none"),
                Program("sendfile loop", "limit", f"{move} sendfile <{FILE} >{OBJECT}"),
            ],
            "at least 1.0 of the best peer, 0.9 of the limit",
            size=SIZE,
            **with_file,
        ),
        Case(
            "shm.pipe-to-object",
            "1 GiB from a pipe into a new object",
            [
                Program("shmput", "ours", f"cat {FILE} | shmput /{NAME}"),
                Program("cat", "peer", f"cat {FILE} | cat >{OBJECT}"),
                Program("dd bs=1M", "peer", f"cat {FILE} | dd of={OBJECT} bs=1M status=none"),
                Program("read and write loop", "limit", f"cat {FILE} | {move} copy >{OBJECT}"),
            ],
            "at least 1.15 of the best peer, 0.9 of the limit",
            size=SIZE,
            **with_file,
        ),
        Case(
            "shm.object-to-pipe",
            "1 GiB from an object into a pipe, copied",
            [
                Program("shmget", "ours", f"shmget /{NAME} | wc -c >/dev/null"),
                Program("cat", "peer", f"cat {OBJECT} | wc -c >/dev/null"),
                Program("dd bs=1M", "peer", f"dd if={OBJECT} bs=1M status=none | wc -c >/dev/null"),
                Program("read and write loop", "limit", f"{move} copy <{OBJECT} | wc -c >/dev/null"),
            ],
            "at least 1.5 of cat, 0.9 of the limit",
            size=SIZE,
            **with_object,
        ),
        Case(
            "shm.object-to-pipe-zero-copy",
            "1 GiB from an object into a pipe, by reference",
            [
                Program("shmget --zero-copy", "ours", f"shmget --zero-copy /{NAME} | wc -c >/dev/null"),
                Program("cat", "peer", f"cat {OBJECT} | wc -c >/dev/null"),
                Program("dd bs=1M", "peer", f"dd if={OBJECT} bs=1M status=none | wc -c >/dev/null"),
                Program("splice loop", "limit", f"{move} splice <{OBJECT} | wc -c >/dev/null"),
            ],
            "at least 2.5 of cat, 0.9 of the limit",
            size=SIZE,
            **with_object,
        ),
        Case(
            "shm.segment-to-pipe",
            "1 GiB from a System V segment into a pipe (nobody else can)",
            [
                Program("shmget", "ours", f"shmget {key} | wc -c >/dev/null"),
                Program("shmget --zero-copy", "ours", f"shmget --zero-copy {key} | wc -c >/dev/null"),
            ],
            "none",
            size=SIZE,
            **with_segment,
        ),
    ]
