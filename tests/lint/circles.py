# SPDX-License-Identifier: BSD-3-Clause
"""circles.py LIBRARY...: fails where files of a library need each other in a circle: a.c calls b.c, and b.c a.c."""

import re
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

SYMBOL = re.compile(r"[:/](?P<file>[^:/]+)\.c\.o:\s*[0-9a-f]*\s+(?P<type>[A-Za-z]) (?P<name>\S+)$")


def needs(library: str) -> dict[str, dict[str, list[str]]]:
    """File: other file of the library: symbols that it takes from there."""
    output = subprocess.run(["nm", "-A", "-g", library], capture_output=True, text=True, check=True).stdout
    symbols = [match.groups() for match in map(SYMBOL.search, output.splitlines()) if match]
    home = {name: file for file, kind, name in symbols if kind not in "Uw"}
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file, kind, name in symbols:
        if kind == "U" and home.get(name, file) != file:
            found[file][home[name]].append(name)
    return found


def main(libraries: list[str]) -> int:
    failed = 0
    for library in libraries:
        found = needs(library)
        try:
            TopologicalSorter(found).prepare()
        except CycleError as error:
            circle = error.args[1]
            steps = [f"{user}.c takes {', '.join(found[user][giver])}" for giver, user in zip(circle, circle[1:])]
            print(f"{Path(library).name}: in a circle: {'; '.join(steps)}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
