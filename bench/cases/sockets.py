"""1 GiB through sockets, pipes and proxies; round trips through a proxy; a server's connections a second."""

import dataclasses
import os
import random
import socket
import tempfile

from harness import Case, Program

FILE = f"/dev/shm/ipcutils-bench.{os.getpid()}"
PATH = os.path.join(tempfile.gettempdir(), f"ipcutils-bench.{os.getpid()}.socket")
ROUNDS = 5

# What a command has started ends with it, should it fail.
CLEANLY = "trap 'kill $(jobs -pr) 2>/dev/null' EXIT; "


def free_ports():
    """Below those that the kernel gives to clients, so that none of them gets one meanwhile."""
    for port in random.sample(range(16384, 32768), 1000):
        with socket.socket() as listener:
            try:
                listener.bind(("", port))
            except OSError:
                continue
        yield port


@dataclasses.dataclass
class Medium:
    """A kind of socket, and an address of it as sockcat and socat, nc and ncat, and bench/limits want it."""

    name: str
    listen: str
    connect: str
    netcat: str
    limit: str
    methods: list  # of bench/limits/socket_move to send and to receive
    large_buffer: str  # for socat; empty: there is none
    against_peer: str  # aim


def tcp(port):
    return Medium(
        name="TCP",
        listen=f"tcp-listen:{port}",
        connect=f"tcp:127.0.0.1:{port}",
        netcat=f"127.0.0.1 {port}",
        limit=f"tcp:{port}",
        methods=[("write", "read"), ("sendfile", "splice")],
        large_buffer="",
        against_peer="1.15",
    )


def unix(path):
    return Medium(
        name="UNIX",
        listen=f"unix-listen:{path}",
        connect=f"unix:{path}",
        netcat=f"-U {path}",
        limit=f"unix:{path}",
        methods=[("sendfile", "read"), ("sendfile", "splice")],
        large_buffer="sndbuf=4194304",
        against_peer="2.0",
    )


def amount(size):
    return f"{size // 2**30} GiB" if size >= 2**30 else f"{size // 2**20} MiB"


def aim(against_peer):
    return f"at least 3.0 of socat, {against_peer} of the best peer, 0.9 of the limit"


def case(name, title, programs, aim, **more):
    """A case of programs, each with a name, a role and a command."""
    more = {"rounds": ROUNDS, "setup": f"rm -f {PATH} {PATH}.server", "finish": ":", **more}
    return Case(
        f"sockets.{name}",
        title,
        [Program(name, role, CLEANLY + command) for name, role, command in programs],
        aim,
        **{**more, "finish": f"{more['setup']}; {more['finish']}"},
    )


def with_file(size):
    return {"prepare": f"head -c {size} /dev/urandom >{FILE}", "finish": f"rm -f {FILE}"}


def socats(medium, both_ways=False):
    """Name, options before the addresses, options of the listening one and of the connecting one."""
    reuse = ",reuseaddr" if medium.name == "TCP" else ""
    variants = [("socat", "", reuse, "")]
    # Both wait for ever until the other has read a block that is larger than the buffer.
    if not (both_ways and medium.large_buffer):
        variants.append(("socat -b 1M", "-b 1048576", reuse, ""))
    if medium.large_buffer:
        buffer = f",{medium.large_buffer}"
        variants.append(("socat -b 1M, sndbuf=4M", "-b 1048576", reuse + buffer, buffer))
    return variants


def pair(machine, medium, listener, connector):
    """A listener in the background, and one that connects to it as soon as it can; both must succeed."""
    return f"{listener} & {machine.limits}/when_listening {medium.limit} {connector} && wait $!"


@dataclasses.dataclass
class Traffic:
    """What the listening and the connecting program of a pair read and write, and the words that tell them."""

    name: str
    title: str
    streams: int
    redirections: tuple
    relays: tuple  # of sockcat and socat, around an address
    netcats: list
    loops: tuple


ONE_WAY = Traffic(
    name="one-way",
    title="",
    streams=1,
    redirections=("</dev/null >/dev/null", f"<{FILE}"),
    relays=("-u {} stdout", f"-u open:{FILE} {{}}"),
    netcats=[("nc", "nc -d -l {}", "nc -N {}"), ("ncat", "ncat --recv-only -l {}", "ncat --send-only {}")],
    loops=("none {receive}", "{send} none"),
)
BOTH_WAYS = Traffic(
    name="both-ways",
    title=" each way at once",
    streams=2,
    redirections=(f"<{FILE} >/dev/null", f"<{FILE} >/dev/null"),
    relays=("- {}", "- {}"),
    # Not nc: it ends when the other side has sent all, and loses what it has not sent itself.
    netcats=[("ncat", "ncat -l {}", "ncat {}")],
    loops=("{send} {receive}", "{send} {receive}"),
)


def through_socket(machine, medium, traffic, size):
    listen, connect = traffic.relays
    listen_loop, connect_loop = traffic.loops
    move = f"{machine.limits}/socket_move"
    contenders = [
        ("sockcat", "ours", f"sockcat {listen.format(medium.listen)}", f"sockcat {connect.format(medium.connect)}"),
        *[
            (
                name,
                "peer",
                f"socat {options} {listen.format(medium.listen + of_listener)}",
                f"socat {options} {connect.format(medium.connect + of_connector)}",
            )
            for name, options, of_listener, of_connector in socats(medium, both_ways=traffic is BOTH_WAYS)
        ],
        *[
            (name, "peer", listener.format(medium.netcat), connector.format(medium.netcat))
            for name, listener, connector in traffic.netcats
        ],
        *[
            (
                f"{send} and {receive} loops",
                "limit",
                f"{move} listen {medium.limit} {listen_loop.format(send=send, receive=receive)}",
                f"{move} connect {medium.limit} {connect_loop.format(send=send, receive=receive)}",
            )
            for send, receive in medium.methods
        ],
    ]
    of_listener, of_connector = traffic.redirections
    return case(
        f"{medium.name}-{traffic.name}",
        f"{amount(size)} of a file{traffic.title} through a {medium.name} socket to /dev/null",
        [
            (name, role, pair(machine, medium, f"{listener} {of_listener}", f"{connector} {of_connector}"))
            for name, role, listener, connector in contenders
        ],
        aim(medium.against_peer),
        size=traffic.streams * size,
        **with_file(size),
    )


def between_pipes(machine, size):
    ends = f"{machine.limits}/pipe_ends"
    contenders = [
        ("sockcat", "ours", "sockcat -u - -"),
        ("socat", "peer", "socat -u - -"),
        ("socat -b 1M", "peer", "socat -b 1048576 -u - -"),
        ("cat", "peer", "cat"),
        ("splice loop", "limit", f"{machine.limits}/move splice"),
    ]
    return case(
        "pipes-one-way",
        f"{amount(size)} from a pipe to a pipe",
        [
            (name, role, f"set -o pipefail; {ends} feed {size} | {command} | {ends} drain {size}")
            for name, role, command in contenders
        ],
        aim("2.0"),
        size=size,
    )


def between_pipes_both_ways(machine, size):
    """Two ways with a pipe on each side, which all are FIFOs here."""
    ends = f"{machine.limits}/pipe_ends"
    fifos = " ".join(f"{PATH}.{number}" for number in (3, 4, 5, 6))
    around = "".join(
        f"{ends} {what} {size} {direction}{PATH}.{number} & "
        for number, what, direction in ((3, "feed", ">"), (4, "drain", "<"), (5, "feed", ">"), (6, "drain", "<"))
    )
    redirected = " ".join(f"{number}{direction}{PATH}.{number}" for number, direction in zip((3, 4, 5, 6), "<><>"))

    def twice(command):
        return f"{command} <{PATH}.3 >{PATH}.6 & {command} <{PATH}.5 >{PATH}.4"

    contenders = [
        ("sockcat", "ours", f"sockcat 'fd:3!!fd:4' 'fd:5!!fd:6' {redirected}"),
        ("socat", "peer", f"socat 'fd:3!!fd:4' 'fd:5!!fd:6' {redirected}"),
        ("socat -b 1M", "peer", f"socat -b 1048576 'fd:3!!fd:4' 'fd:5!!fd:6' {redirected}"),
        ("two of cat", "peer", twice("cat")),
        ("two splice loops", "limit", twice(f"{machine.limits}/move splice")),
    ]
    return case(
        "pipes-both-ways",
        f"{amount(size)} from pipe to pipe and {amount(size)} from another to another at once",
        [
            (name, role, f"{around} {command} && for job in $(jobs -p); do wait $job || exit; done")
            for name, role, command in contenders
        ],
        aim("2.0"),
        size=2 * size,
        prepare=f"mkfifo -m 600 {fifos}",
        finish=f"rm -f {fifos}",
    )


def proxies(client_side, server_side, variants):
    """Programs that relay both ways between the two, without the limits."""
    return [
        ("sockcat", "ours", f"sockcat {client_side.listen} {server_side.connect}"),
        *[
            (
                name,
                "peer",
                f"socat {options} {client_side.listen}{of_listener} {server_side.connect}{of_connector}",
            )
            for name, options, of_listener, of_connector in variants
        ],
        ("ncat", "peer", f"ncat -l {client_side.netcat} -c 'exec ncat {server_side.netcat}'"),
    ]


def through_proxy(machine, client_side, server_side, size):
    relay = f"{machine.limits}/socket_relay {client_side.limit} {server_side.limit}"
    contenders = proxies(client_side, server_side, socats(client_side)) + [
        ("read and write loops", "limit", f"{relay} copy"),
        ("splice loops", "limit", f"{relay} splice"),
    ]
    load = f"{machine.limits}/socket_load stream {FILE} {server_side.limit} {client_side.limit}"
    return case(
        f"{client_side.name}-proxy",
        f"{amount(size)} through a proxy between {client_side.name} sockets",
        [(name, role, f"{load} {command}") for name, role, command in contenders],
        aim(client_side.against_peer),
        size=size,
        **with_file(size),
    )


def round_trips(machine, client_side, server_side, count):
    load = f"{machine.limits}/socket_load trips {count} {server_side.limit}"
    relay = f"{machine.limits}/socket_relay {client_side.limit} {server_side.limit} copy"
    contenders = [
        *proxies(client_side, server_side, socats(client_side)[:1]),
        ("read and write loops", "limit", relay),
    ]
    return case(
        f"{client_side.name}-round-trips",
        f"{count} round trips of 64 bytes through a proxy between {client_side.name} sockets",
        [(name, role, f"{load} {client_side.limit} {command}") for name, role, command in contenders]
        + [("no proxy", "limit", f"{load} {server_side.limit}")],
        "at most 1.0 of the best peer",
    )


def connections(machine, medium, count):
    """Without ncat, which loses the answer to a client that has shut down its side."""
    contenders = [
        ("sockcat, fork", "ours", f"sockcat {medium.listen},fork -- /bin/cat"),
        ("socat, fork and exec", "peer", f"socat {medium.listen},fork,reuseaddr exec:/bin/cat"),
        ("accept and spawn loop", "limit", f"{machine.limits}/socket_serve {medium.limit} /bin/cat"),
    ]
    load = f"{machine.limits}/socket_load connections {count} {medium.limit}"
    return case(
        "connections",
        f"{count} connections one after the other, each served by a run of cat",
        [(name, role, f"{load} {command}") for name, role, command in contenders],
        "at most 1.0 of socat",
    )


def cases(machine):
    size, trips, clients = (2**27, 2000, 100) if machine.quick else (2**30, 20_000, 1000)
    ports = free_ports()
    everything = []
    for client_side, server_side in ((tcp(next(ports)), tcp(next(ports))), (unix(PATH), unix(f"{PATH}.server"))):
        everything += [
            through_socket(machine, client_side, ONE_WAY, size),
            through_socket(machine, client_side, BOTH_WAYS, size),
            through_proxy(machine, client_side, server_side, size),
            round_trips(machine, client_side, server_side, trips),
        ]
    return everything + [
        between_pipes(machine, size),
        between_pipes_both_ways(machine, size),
        connections(machine, tcp(next(ports)), clients),
    ]
