"""How long the tools take to start, and the making and removing of one object."""

from harness import Case, Program

TOOLS = ["ftok", "ipcdel", "ipcls", "ipcnew", "shmget", "shmput"]


def pair(name, tools):
    return Program(name, "ours", sequence=[tools / "ipcnew", "-M", "4096", ",", tools / "ipcdel", "{}"])


def cases(machine):
    versions = [Program(tool, "ours", sequence=[machine.tools / tool, "--version"]) for tool in TOOLS]
    nothing = Program("nothing (C)", "limit", sequence=[machine.limits / "nothing"])
    ipcs = Program("ipcs --version", "peer", sequence=["/usr/bin/ipcs", "--version"])
    everything = [
        Case("startup.tools", "start of every tool", versions + [ipcs, nothing], "none slower than ipcs", rounds=500)
    ]
    util_linux = Program(
        "ipcmk + ipcrm", "peer", sequence=["/usr/bin/ipcmk", "-M", "4096", ",", "/usr/bin/ipcrm", "-m", "{}"]
    )
    ours = [pair("small binaries", machine.tools)]
    if machine.single:
        ours.append(pair("single binary", machine.single))
    for locale, bound in (("C.UTF-8", "1.0"), ("C", "1.25")):
        everything.append(
            Case(
                f"startup.pair-{locale}",
                f"make and remove a segment, LC_ALL={locale}",
                [*ours, util_linux],
                f"small binaries at most {bound}, the single binary at most 1.0",
                environment={"LC_ALL": locale},
                rounds=1000,
            )
        )
    return everything
