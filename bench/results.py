"""bench/results.json: the figures of the last recorded run of every case."""

import json
import os
import pathlib
import platform

PATH = pathlib.Path(__file__).parent / "results.json"


def load():
    return json.loads(PATH.read_text()) if PATH.exists() else {}


def machine_description():
    return f"{os.cpu_count()} processors, {platform.system()} {platform.release().split('-')[0]}"


def rounded(figure):
    return float(f"{figure:.4g}")


def store(case, rows):
    """Replaces the figures of one case. What was measured with --against is no part of them."""
    programs = []
    for row in rows:
        if row["role"] == "before":
            continue
        programs.append({"program": row["program"], "role": row["role"], "seconds": rounded(row["seconds"])})
        if "ratio" in row:
            programs[-1]["ratio"] = {name: rounded(ratio) for name, ratio in row["ratio"].items()}
    entry = {"title": case.title, "aim": case.aim, "machine": machine_description()}
    if case.size:
        entry["bytes"] = case.size
    entry["ratios_are"] = "speed of ours to theirs" if case.size else "time of ours to theirs"
    PATH.write_text(text_of({**load(), case.name: {**entry, "programs": programs}}))


def text_of(results):
    """JSON with a line for every program."""
    cases = []
    for name, entry in sorted(results.items()):
        lines = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in entry.items() if key != "programs"]
        programs = ",\n".join(f"      {json.dumps(program)}" for program in entry["programs"])
        lines.append(f'    "programs": [\n{programs}\n    ]')
        cases.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(cases) + "\n}\n"
