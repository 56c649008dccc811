"""Checks the lines of `ipcls --json` on standard input: their types, and that the objects given are among them."""
import json
import sys

NUMBERS = "id uid gid cuid cgid size nattch rss swap cpid lpid atime dtime ctime mtime".split()
BOOLEANS = ["removed", "locked"]
TEXTS = "ref kind api name key owner group mode status".split()
OFTEN_NULL = "id cuid cgid nattch cpid lpid atime dtime ctime mtime name key status".split()

seen = set()
for line in sys.stdin.read().splitlines():
    entry = json.loads(line)
    seen.add(entry["ref"])
    for names, kind in ((NUMBERS, int), (BOOLEANS, bool), (TEXTS, str)):
        for name in names:
            value = entry.pop(name)
            if value is None and name in OFTEN_NULL:
                continue
            if type(value) is not kind:
                sys.exit(f"{name} is {value!r}, which is no {kind.__name__}: {line}")
    if entry:
        sys.exit(f"unknown members {entry}")
missing = set(sys.argv[1:]) - seen
if missing:
    sys.exit(f"not listed: {missing}")
