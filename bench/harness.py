"""What all cases share: running programs in turn, medians, and the tables of them."""

import concurrent.futures
import ctypes
import dataclasses
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import time
from typing import Optional


@dataclasses.dataclass
class Machine:
    """Where the programs are, and whether it is only to see that it works."""

    tools: pathlib.Path
    single: Optional[pathlib.Path]  # nothing: not measured
    limits: pathlib.Path
    quick: bool


@dataclasses.dataclass
class Program:
    """One contender: a bash command, or for short ones a sequence as bench/limits/repeat.c takes it."""

    name: str
    role: str  # "ours", "peer", "limit" or, of the tools measured against, "before"
    command: Optional[str] = None
    sequence: Optional[list] = None
    tools: Optional[pathlib.Path] = None  # where the command finds ours: nothing is Machine.tools
    now: Optional[str] = None  # of the role "before": the name of the one of ours to compare it with


@dataclasses.dataclass
class Case:
    """Programs that do the same. Commands are timed with `setup` before each round, `clean_up` behind it, untimed."""

    name: str
    title: str
    programs: list
    aim: str
    size: Optional[int] = None  # bytes moved: then ratios are speeds (more is better), otherwise times (less is better)
    prepare: str = ":"  # once
    setup: str = ":"
    clean_up: str = ":"
    finish: str = ":"  # once
    environment: dict = dataclasses.field(default_factory=dict)
    rounds: int = 7
    reported: bool = False  # commands print the seconds that count, in one number or several to add up
    isolated: bool = False  # in namespaces of its own, with an empty /dev/shm; takes root


def bash(command, environment=None):
    subprocess.run(["bash", "-c", command], check=True, env=environment, stdin=subprocess.DEVNULL)


def time_command(command, environment):
    begin = time.perf_counter()
    bash(command, environment)
    return time.perf_counter() - begin


def reported_seconds(command, environment):
    done = subprocess.run(
        ["bash", "-c", command],
        check=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    return sum(map(float, done.stdout.split()))


def with_tools(environment, tools):
    return {**environment, "PATH": f"{tools}:{os.environ['PATH']}"}


def measure_commands(case, environment, rounds):
    stopwatch = reported_seconds if case.reported else time_command
    times = {program.name: [] for program in case.programs}
    for number in range(rounds + 1):
        for program in case.programs:
            bash(case.setup, environment)
            surroundings = with_tools(environment, program.tools) if program.tools else environment
            seconds = stopwatch(program.command, surroundings)
            bash(case.clean_up, environment)
            if number > 0:  # the first round warms the caches
                times[program.name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


def measure_sequences(case, machine, environment, rounds):
    words = [str(machine.limits / "repeat"), str(rounds)]
    for index, program in enumerate(case.programs):
        words += ([":::"] if index else []) + [str(word) for word in program.sequence]
    output = subprocess.run(words, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
    return {program.name: int(line) / 1e9 for program, line in zip(case.programs, output.split())}


def measure_here(case, machine):
    environment = with_tools({**os.environ, **case.environment}, machine.tools)
    bash(case.prepare, environment)
    try:
        if case.programs[0].sequence:
            return measure_sequences(case, machine, environment, min(case.rounds, 50) if machine.quick else case.rounds)
        return measure_commands(case, environment, 1 if machine.quick else case.rounds)
    finally:
        bash(case.finish, environment)


def isolate():
    """Puts this process where there are no objects of anybody's."""
    clone_newns, clone_newipc = 0x00020000, 0x08000000  # <linux/sched.h>
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(clone_newns | clone_newipc) != 0:
        raise OSError(ctypes.get_errno(), "cannot make namespaces")
    bash("mount --make-rprivate / && mount -t tmpfs -o mode=1777 tmpfs /dev/shm")


def measure(case, machine):
    """Median seconds of each program."""
    if not case.isolated:
        return measure_here(case, machine)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context, initializer=isolate) as process:
        return process.submit(measure_here, case, machine).result()


def ratio_of(case, medians, ours, other):
    """Speed of ours to that of the other where bytes are moved, else time of ours to that of the other."""
    return medians[other] / medians[ours] if case.size else medians[ours] / medians[other]


def add_before(cases, cases_before, tools):
    """Beside each of ours its like in `cases_before`, which are the same cases with other tools."""
    for case, other in zip(cases, cases_before):
        for then in [program for program in other.programs if program.role == "ours"]:
            names = [program.name for program in case.programs]
            entry = dataclasses.replace(then, name=f"{then.name}, before", role="before", tools=tools, now=then.name)
            case.programs.insert(names.index(then.name) + 1, entry)


def rows_of(case, medians):
    ours = [program.name for program in case.programs if program.role == "ours"]
    rows = []
    for program in case.programs:
        row = {"program": program.name, "role": program.role, "seconds": medians[program.name]}
        if case.size:
            row["bytes_per_second"] = case.size / medians[program.name]
        if program.role != "ours":
            compared = [program.now] if program.now else ours
            row["ratio"] = {name: ratio_of(case, medians, name, program.name) for name in compared}
        rows.append(row)
    return rows


def duration(seconds):
    return f"{seconds * 1e3:.3f} ms" if seconds >= 1e-4 else f"{seconds * 1e6:.3f} µs"


def print_table(case, rows):
    ours = [row["program"] for row in rows if row["role"] == "ours"]
    what = "speed of ours : theirs" if case.size else "time of ours : theirs"
    print(f"\n{case.name}: {case.title}\n  aim: {case.aim}")
    heads = "".join(f"{name:>22}" for name in ours)
    print(f"  {'':28}{'median':>12}{'GiB/s':>8}  {what}\n  {'':48}{heads}")
    for row in rows:
        speed = f"{row['bytes_per_second'] / 2**30:8.2f}" if case.size else " " * 8
        ratios = row.get("ratio", {})
        columns = "".join(f"{ratios[name]:22.3f}" if name in ratios else " " * 22 for name in ours)
        print(f"  {row['program']:28}{duration(row['seconds']):>12}{speed}{columns}".rstrip(), flush=True)


def print_summary(measured):
    """The ratio of ours to what they were before, one a line. `measured`: pairs of a case and its rows."""
    print(f"\n{'ours : before':62}{'speed':>8}{'time':>8}")
    for case, rows in measured:
        for row in rows:
            if row["role"] != "before":
                continue
            ((name, ratio),) = row["ratio"].items()
            column = f"{ratio:8.3f}" if case.size else f"{'':8}{ratio:8.3f}"
            print(f"  {case.name:32}{name:28}{column}")
