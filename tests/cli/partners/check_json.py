"""Checks the lines of `ipcls --json` on standard input: their types, and that the objects given are among them."""
import json
import sys

NUMBERS = "id uid gid cuid cgid size nattch rss swap cpid lpid atime dtime ctime mtime msgs maxmsgs msgsize qbytes fill lspid lrpid stime rtime nsems otime readers writers lost dropped sent".split()
BOOLEANS = ["removed", "locked", "others"]
TEXTS = "ref kind api name key owner group mode status onfull".split()
LISTS = ["values", "semaphores", "holders", "waiters", "receivers"]
NEVER_NULL = set("ref kind api owner group uid gid mode".split())
OF_KIND = {"shm": {"size", "rss", "swap", "removed", "locked"}, "mq": set(), "sem": {"nsems"}, "mb": set()}

seen = set()
for line in sys.stdin.read().splitlines():
    entry = json.loads(line)
    seen.add(entry["ref"])
    kind_of_object = entry["kind"]
    for names, kind in ((NUMBERS, int), (BOOLEANS, bool), (TEXTS, str), (LISTS, list)):
        for name in names:
            value = entry.pop(name)
            if value is None and name not in NEVER_NULL | OF_KIND[kind_of_object]:
                continue
            if type(value) is not kind:
                sys.exit(f"{name} is {value!r}, which is no {kind.__name__}: {line}")
    if entry:
        sys.exit(f"unknown members {entry}")
missing = set(sys.argv[1:]) - seen
if missing:
    sys.exit(f"not listed: {missing}")
