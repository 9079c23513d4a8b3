# SPDX-License-Identifier: BSD-3-Clause
"""Several builds of weir against each other: does a change pay? For the one who tunes."""

import functools
import tempfile
from pathlib import Path

from .. import weir
from ..context import PREFIX, WORKER_LCORE
from ..document import spread, whole
from ..process import BenchError
from ..repeated import memory_for, vdev
from ..rounds import interleave, ratio

HELP = "several builds of weir against each other"
IN_ALL = False

REPEATED_CASES = ("8k-1k", "1m-64k", "16k-1k-imix")
READ_CASES = ("10m-1k", "10m-1m")


def arguments(parser):
    parser.add_argument("folders", nargs="+", metavar="FOLDER",
                        help="a build folder; the first is what the others are compared with")


def read_whole(program, capture, folder):
    with tempfile.TemporaryDirectory(dir=folder, prefix="out-") as output:
        return weir.read(program, capture, f"{output}/flows.json")


def contestants(context, programs, capture):
    found = {}
    for label, program in programs.items():
        if capture.name in REPEATED_CASES:
            eal = context.eal([vdev(capture)], memory=memory_for(capture))
            found[label] = functools.partial(weir.forward, weir.port_command(program, eal), PREFIX,
                                             [WORKER_LCORE], context.window)
        else:
            found[label] = functools.partial(read_whole, program, capture, context.captures.folder)
    return found


def main(context):
    context.make("tests/bench/bench-traffic")
    folders = context.arguments.folders
    programs = {folder: Path(folder).resolve() / "app/weir" for folder in folders}
    for folder, program in programs.items():
        if not program.exists():
            raise BenchError(f"{folder}: no app/weir below it; build it there")
    section = context.section(
        "builds", "Builds of weir against each other",
        ["build", "capture", "Mpps min", "median", "max", "cycles/packet", "CPU s",
         "this / first"])
    with context.captures:
        for name in filter(context.wants, REPEATED_CASES + READ_CASES):
            capture = context.captures.get(name)
            attempts = context.attempts if name in REPEATED_CASES else 1
            series = interleave(contestants(context, programs, capture), context.rounds, attempts)
            for label, one in series.items():
                cpu = one.median(lambda sample: sample.extra.get("cpu"))
                section.add(label, name, *spread(one), whole(one.median(lambda s: s.cycles)),
                            "-" if cpu is None else f"{cpu:.2f}", ratio(one, series[folders[0]]))
                section.check(one, f"{label} on {name}")
            context.captures.drop(name)
    section.print()
