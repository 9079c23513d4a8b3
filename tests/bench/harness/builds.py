# SPDX-License-Identifier: BSD-3-Clause
"""Several builds of weir against each other: does a change pay? For the one who tunes."""

import functools
import tempfile
from pathlib import Path

from . import weir
from .context import WORKER_LCORE
from .document import spread, whole
from .pipeline import CASES, PREFIX, memory_for
from .process import BenchError
from .rounds import interleave, ratio

READ_CASES = ("10m-1k", "10m-1m")


def read_whole(program, capture, folder):
    with tempfile.TemporaryDirectory(dir=folder, prefix="out-") as output:
        return weir.read(program, capture, f"{output}/flows.json")


def contestants(context, programs, capture):
    """{label: run}, and whether they repeat the capture on a vdev (else they read it once)."""
    repeated = capture.name in CASES
    found = {}
    for label, program in programs.items():
        if repeated:
            eal = context.eal([f"net_pcap0,rx_pcap={capture.path},infinite_rx=1"],
                              memory=memory_for(capture), prefix=PREFIX)
            found[label] = functools.partial(weir.forward, weir.port_command(program, eal), PREFIX,
                                             [WORKER_LCORE], context.window)
        else:
            found[label] = functools.partial(read_whole, program, capture, context.captures.folder)
    return found, repeated


def main(context, folders):
    context.make("tests/bench/bench-traffic")
    programs = {folder: Path(folder).resolve() / "app/weir" for folder in folders}
    for folder, program in programs.items():
        if not program.exists():
            raise BenchError(f"{folder}: no app/weir below it; build it there")
    section = context.section(
        "builds", "Builds of weir against each other",
        ["build", "capture", "Mpps min", "median", "max", "cycles/packet", "CPU s",
         "this / first"])
    wanted = [name for name in CASES + READ_CASES if context.wants(name)]
    with context.captures:
        for name in wanted:
            capture = context.captures.get(name)
            runs, repeated = contestants(context, programs, capture)
            series = interleave(runs, context.rounds, attempts=2 if repeated else 1)
            for label, one in series.items():
                cpu = one.median(lambda sample: sample.extra.get("cpu"))
                section.add(label, name, *spread(one), whole(one.median(lambda s: s.cycles)),
                            "-" if cpu is None else f"{cpu:.2f}", ratio(one, series[folders[0]]))
                section.check(one, f"{label} on {name}")
            context.captures.drop(name)
    section.print()
