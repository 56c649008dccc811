"""Calls of remote procedures: what a server answers itself, what it runs a command for, and a large result."""

import os
import pathlib
import tempfile

from harness import Case, Program

PATH = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.rpc")
FILE = f"/dev/shm/ipcutils-bench.{os.getpid()}.json"
ROOT = pathlib.Path(__file__).resolve().parents[2]
JAYSON = ROOT / "tests/cli/partners/rpc_jayson.js"
PACKAGES = ROOT / "build/partners/node_modules"  # scripts/partners installs them; nothing: not measured


def request(method, params="[]"):
    return f"""'{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}'"""


def calls(machine, name, count, clients, aim, title, contenders):
    """`contenders`: name, role and what follows the numbers of bench/limits/rpc_load."""
    return Case(
        f"rpc.{name}-{clients}",
        f"{count} calls over {clients} connection{'s' if clients > 1 else ''}, {title}",
        [
            Program(contender, role, f"NODE_PATH={PACKAGES} {machine.limits}/rpc_load {count} {clients} {words}")
            for contender, role, words in contenders
        ],
        aim,
        setup=f"rm -f {PATH}",
        finish=f"rm -f {PATH}",
        reported=True,
    )


def built_in(machine, clients):
    discover = request("rpc.discover")
    jayson = [("jayson", "peer", f"unix:{PATH} {request('add', '[1,2]')} node {JAYSON} serve {PATH}")]
    return calls(
        machine,
        "built-in",
        2_000 if machine.quick else 20_000,
        clients,
        "at most 0.33 of jayson",
        "without a command",
        [
            ("rpcserve, rpc.discover", "ours", f"unix:{PATH} {discover} rpcserve unix:{PATH} one -- true"),
            *(jayson if PACKAGES.exists() else []),
            ("echo loop", "limit", f"unix:{PATH} {discover} {machine.limits}/socket_echo unix:{PATH}"),
        ],
    )


def with_command(machine, clients):
    return calls(
        machine,
        "command",
        160 if machine.quick else 1_600,
        clients,
        "at most 1.25 of the posix_spawn loop",
        "each a run of true",
        [
            ("rpcserve", "ours", f"unix:{PATH} {request('one')} rpcserve unix:{PATH} one -- /bin/true"),
            ("posix_spawn loop", "limit", "spawn /bin/true"),
        ],
    )


def large_result(size):
    serve = f"trap 'kill $!; wait' EXIT; rpcserve --memfd --max-result {2 * size} unix:{PATH} large -- cat {FILE} & "
    return Case(
        "rpc.large-result",
        f"a result of {size // 2**20} MiB from a server that starts to /dev/null",
        [
            Program("rpccall --memfd", "ours", f"{serve} rpccall -w 60 --memfd unix:{PATH} large >/dev/null"),
            Program("rpccall", "peer", f"{serve} rpccall -w 60 unix:{PATH} large >/dev/null"),
        ],
        "at least 2.0 of plain",
        size=size,
        prepare=f"""{{ printf '"'; head -c {size - 2} /dev/zero | tr '\\0' x; printf '"'; }} >{FILE}""",
        setup=f"rm -f {PATH}",
        finish=f"rm -f {FILE} {PATH}",
    )


def cases(machine):
    return [
        *[built_in(machine, clients) for clients in (1, 16)],
        *[with_command(machine, clients) for clients in (1, 16)],
        large_result(2**26),
    ]
