"""A command under a lock, and a lock that is taken and given by a program each."""

import os
import tempfile

from harness import Case, Program

POSIX = f"/ipcutils-bench.{os.getpid()}"
SYSV = str(0x1BC0BE5 + os.getpid() % 4096)
FILE = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.lock")
EXECS = 500


def cases(machine):
    repeat = f"{machine.limits / 'repeat'} {EXECS}"
    semop = machine.tools / "semop"
    pair = machine.limits / "semaphore_pair"
    everything = []
    for api, semaphore in (("POSIX", POSIX), ("System-V", SYSV)):
        surroundings = {
            "prepare": f"ipcnew sem:{semaphore} >/dev/null; : >{FILE}",
            "finish": f"ipcdel sem:{semaphore}; rm -f {FILE}",
        }
        everything += [
            Case(
                f"sem.command-{api}",
                f"{EXECS} times a command that does nothing under a lock ({api})",
                [
                    Program("semop", "ours", f"{repeat} {semop} {semaphore} -- true >/dev/null"),
                    Program("flock", "peer", f"{repeat} /usr/bin/flock {FILE} true >/dev/null"),
                ],
                "at most 1.2 of flock",
                **surroundings,
            ),
            Case(
                f"sem.pair-{api}",
                f"{EXECS} times a lock that is taken by a program and given by another ({api})",
                [
                    Program(
                        "semop",
                        "ours",
                        f"{repeat} {semop} {semaphore} -1 , {semop} {semaphore} +1 >/dev/null",
                    ),
                    Program(
                        "system calls alone",
                        "limit",
                        f"{repeat} {pair} -1 {semaphore} , {pair} +1 {semaphore} >/dev/null",
                    ),
                ],
                "none",
                **surroundings,
            ),
        ]
    return everything
