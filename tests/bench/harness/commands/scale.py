# SPDX-License-Identifier: BSD-3-Clause
"""One to N workers, each with a queue and a capture of its own."""

import functools
import os

from .. import weir
from ..context import MAIN_LCORE, PREFIX
from ..document import spread, whole
from ..repeated import memory_for, vdev
from ..rounds import interleave, ratio

HELP = "1 to N workers"

CASE = "8k-1k"
WORKERS_MOST = 16


def contestant(context, section, captures, workers):
    """The last worker has the main lcore's core when there are no others left."""
    cores = os.cpu_count()
    lcores = [MAIN_LCORE + 1 + n for n in range(workers)]
    eal = context.eal([vdev(*captures[:workers])],
                      [f"{lcore}@{lcore % cores}" for lcore in (MAIN_LCORE, *lcores)],
                      memory_for(captures[0]) * workers)
    command = context.port_command(eal, ["--workers", str(workers)])
    section.command(command, context.captures.folder)
    return functools.partial(weir.forward, command, PREFIX, lcores, context.window)


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    cores = os.cpu_count()
    section = context.section(
        "scale", "One to N workers, net_pcap repeating a capture for each queue",
        ["workers", "packet size", "active flows", "new flows/s", "cores", "Mpps min", "median",
         "max", "cycles/packet of a worker", "of one worker"])
    section.remark(f"With {cores} workers on {cores} cores the last one shares its core with the "
                   "statistics.")
    context.need_cores(section, 3, "main and at least two workers")
    most = min(cores, WORKERS_MOST)
    with context.captures:
        captures = [context.captures.get(CASE, seed) for seed in range(1, most + 1)]
        runs = {str(count): contestant(context, section, captures, count)
                for count in range(1, most + 1)}
        series = interleave(runs, context.rounds, context.attempts)
        for label, one in series.items():
            count = int(label)
            flows = sum(capture.flows for capture in captures[:count])
            section.add(label, captures[0].frame_size, flows, 0, min(count + 1, cores),
                        *spread(one), whole(one.median(lambda s: s.cycles)),
                        ratio(one, series["1"]))
            section.check(one, f"{label} workers")
    context.finish(section)
