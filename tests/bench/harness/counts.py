# SPDX-License-Identifier: BSD-3-Clause
"""
Instructions per packet by function, from callgrind: no noise at all, so two commits can be
compared on a busy machine. Two captures that differ in nothing but length: what start and end
cost is in both, and drops out of the difference.
"""

import re
import shutil
from collections import Counter

from . import weir
from .process import BenchError, run

PAIRS = {
    "1000 flows": ("100k-1k", "300k-1k"),
    "every packet a new flow": ("50k-syn", "150k-syn"),
}
SHOWN = 22
# Else a slower run takes more of them.
ONE_SNAPSHOT = ("--interval", "3600")


def parse(lines):
    """{function: instructions of its own} of a callgrind file."""
    names, counts = {}, Counter()
    current, skip = None, False
    for line in lines:
        if line.startswith("fn="):
            number, name = re.match(r"fn=(\(\d+\))(?: (.*))?", line).groups()
            current = names.setdefault(number, name)
        elif line.startswith("cfn="):
            number, name = re.match(r"cfn=(\(\d+\))(?: (.*))?", line).groups()
            names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True  # the next line is the callee's
        elif current is not None and line[:1] in "0123456789+-*":
            if not skip:
                counts[current] += int(line.split()[1])
            skip = False
    return counts


def count(context, capture):
    result = context.captures.folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", "--fair-sched=yes",
               f"--callgrind-out-file={result}",
               *weir.read_command(context.weir, capture, options=ONE_SNAPSHOT)]
    run(command)
    with open(result, encoding="utf-8", errors="replace") as lines:
        return parse(lines), command


def main(context):
    if shutil.which("valgrind") is None:
        raise BenchError("no valgrind on this machine; install it (Debian: valgrind)")
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section("counts", "Instructions per packet by function (weir --read)",
                              ["function", *PAIRS])
    section.remarks = ["Counted by callgrind: difference of two captures of different length. "
                       "Functions without symbols go by their address."]
    columns = []
    with context.captures:
        for short, long in PAIRS.values():
            few, many = context.captures.get(short), context.captures.get(long)
            (less, _), (more, command) = count(context, few), count(context, many)
            section.command(command, context.captures.folder)
            more.subtract(less)
            columns.append({name: value / (many.frames - few.frames)
                            for name, value in more.items()})
    total = Counter()
    for column in columns:
        total.update(column)
    for name, _ in total.most_common(SHOWN):
        section.add(name, *(f"{column.get(name, 0):.1f}" for column in columns))
    section.add("all", *(f"{sum(column.values()):.1f}" for column in columns))
    context.rounds = max(context.rounds, 5)  # one run is enough: instructions do not vary
    context.finish(section)
