"""Compares `ipcls --sysv --json` with the installed ipcs(1) for the segments whose identifiers are given."""
import json
import os
import re
import subprocess
import sys
import time


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def table(*options):
    """The rows of `ipcs -m OPTION` as lists of words, by identifier."""
    column = 0 if options else 1
    rows = (line.split() for line in run("ipcs", "-m", *options).splitlines())
    return {row[column]: row for row in rows if len(row) > 2 and row[column].isdigit()}


def details(identifier):
    """What `ipcs -m -i` says, as a dictionary."""
    text = run("ipcs", "-m", "-i", identifier)
    found = dict(re.findall(r"(\w+)=(\S+)", text))
    for name, moment in re.findall(r"(\w+_time)=(.*\S)", text):
        found[name] = None if moment == "Not set" else int(time.mktime(time.strptime(moment, "%a %b %d %H:%M:%S %Y")))
    return found


listed = {str(entry["id"]): entry for entry in map(json.loads, run("ipcls", "--sysv", "--json").splitlines())}
default, pids, creators, times = table(), table("-p"), table("-c"), table("-t")
failures = []


def check(identifier, what, ours, theirs):
    if str(ours) != str(theirs):
        failures.append(f"segment {identifier}: {what} is {ours} in ipcls and {theirs} in ipcs")


for number in sys.argv[1:]:
    ours = listed[number]
    row = default[number]
    status = ",".join(row[6:])
    check(number, "key", ours["key"], row[0])
    check(number, "owner", ours["owner"][:10], row[2])
    check(number, "perms", int(ours["mode"], 8), int(row[3], 8))
    check(number, "bytes", ours["size"], row[4])
    check(number, "nattch", ours["nattch"], row[5])
    check(number, "status", ours["status"] or "", status)
    check(number, "removed", ours["removed"], "dest" in status)
    check(number, "locked", ours["locked"], "locked" in status)
    check(number, "pids", [ours["cpid"], ours["lpid"]], [int(pid) for pid in pids[number][2:4]])
    check(number, "owner of -c", [ours["owner"][:10], ours["group"][:10]], creators[number][4:6])
    check(number, "owner of -t", ours["owner"][:10], times[number][1])
    more = details(number)
    for name in ("uid", "gid", "cuid", "cgid", "cpid", "lpid", "nattch"):
        check(number, name, ours[name], more[name])
    check(number, "bytes of -i", ours["size"], more["bytes"])
    check(number, "access_perms", int(ours["mode"], 8), int(more["access_perms"], 8))
    for name, theirs in (("atime", "att_time"), ("dtime", "det_time"), ("ctime", "change_time")):
        check(number, name, ours[name], more[theirs])
sys.exit("\n".join(failures) or 0)
