# SPDX-License-Identifier: BSD-3-Clause
"""Holds every #include to the table of modules in docs/architecture.md, the one place that says who may use whom, and
every header's guard to its path. Meson's include folders are transitive, so the compiler alone does not."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TABLE = Path("docs/architecture.md")
ROW = re.compile(r"^\| *(?P<level>\d) *\| *(?P<folders>[^|]+)\|[^|]*\| *(?P<uses>[^|]*)\|", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:<([^>]+)>|"([^"]+)")', re.M)
GUARD = re.compile(r"^#ifndef (\w+)\n#define (\w+)\n", re.M)
# What the column "may use" calls the headers of others.
OTHERS = {"DPDK": r"rte_", "libpcap": r"pcap[/.]", "libbpf": r"bpf/", "libxdp": r"xdp/", "jansson": r"jansson", "libmicrohttpd": r"microhttpd"}


def modules() -> dict[str, tuple[int, set[str]]]:
    """Folder of each module: its level, and the names that its row allows."""
    found = {}
    for row in ROW.finditer(TABLE.read_text()):
        for folder in re.findall(r"`([\w/]+)`", row["folders"]):
            found[folder] = int(row["level"]), set(re.findall(r"\w+", row["uses"]))
    return found


def name_of(folder: str) -> str:
    """As other rows call it."""
    return folder.split("/")[-1]


def upward(table: dict[str, tuple[int, set[str]]]) -> Iterator[str]:
    """Rows that allow what is built later or beside them."""
    rows = {name_of(folder): (place, level) for place, (folder, (level, _)) in enumerate(table.items())}
    for place, (folder, (level, uses)) in enumerate(table.items()):
        for other in uses & rows.keys():
            if rows[other] >= (place, level):
                yield f"{TABLE}: {folder} may use {other}, which stands no lower"


def wrong_includes(path: str, table: dict[str, tuple[int, set[str]]], public: dict[str, str]) -> Iterator[str]:
    module = max((folder for folder in table if path.startswith(folder + "/")), key=len, default=None)
    if module is None:
        yield f"{path}: in no folder of the table in {TABLE}"
        return
    allowed = table[module][1]
    if "all" in allowed:
        return
    for match in INCLUDE.finditer(Path(path).read_text()):
        header = match[1] or match[2]
        owner = public.get(header.removeprefix("weir/")) if header.startswith("weir/") else None
        if owner not in (None, module) and name_of(owner) not in allowed:
            yield f"{path}: <{header}> is {owner}'s, which {module} may not use"
        for label, pattern in OTHERS.items():
            if re.match(pattern, header) and label not in allowed:
                yield f"{path}: <{header}> is {label}'s, which {module} may not use"


def guard_of(path: str) -> str:
    """lib/flow/table.h: WEIR_FLOW_TABLE_H; and of <weir/flow.h>: WEIR_FLOW_H."""
    name = re.sub(r"^lib/(\w+/include/weir/)?", "", path)
    return "WEIR_" + re.sub(r"\W", "_", name).upper()


def mend_guards(paths: list[str]) -> None:
    for path in paths:
        text = Path(path).read_text()
        guard = GUARD.search(text)
        if guard is not None and guard[1] != guard_of(path):
            Path(path).write_text(re.sub(rf"\b{guard[1]}\b", guard_of(path), text))


def wrong_guard(path: str) -> Iterator[str]:
    guard = GUARD.search(Path(path).read_text())
    if guard is None:
        yield f"{path}: has no guard"
    elif (guard[1], guard[2]) != (guard_of(path),) * 2:
        yield f"{path}: its guard is {guard[1]}, not {guard_of(path)}"


def main() -> int:
    files = [path for path in sys.stdin.read().splitlines() if path.endswith((".c", ".h"))]
    # Headers that stand in for those of others keep to their form.
    guarded = [path for path in files if path.endswith(".h") and not re.search(r"/(shim|aarch64|unlocked)/", path)]
    if sys.argv[1:] == ["--mend"]:
        mend_guards(guarded)
        return 0
    table = modules()
    public = {path.name: folder for folder in table for path in Path(folder).glob("include/weir/*.h")}
    complaints = list(upward(table))
    for path in files:
        if path.startswith(("lib/", "app/")):
            complaints += wrong_includes(path, table, public)
    for path in guarded:
        complaints += wrong_guard(path)
    print(*complaints, sep="\n")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
