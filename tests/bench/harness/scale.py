# SPDX-License-Identifier: BSD-3-Clause
"""One to N workers, each with a queue and a capture of its own."""

import functools
import os

from . import weir
from .context import MAIN_LCORE
from .document import spread, whole
from .pipeline import PREFIX, memory_for
from .rounds import interleave, ratio

CASE = "8k-1k"
WORKERS_MOST = 16


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "scale", "One to N workers, net_pcap repeating a capture for each queue",
        ["workers", "packet size", "active flows", "cores", "Mpps min", "median", "max",
         "cycles/packet", "of one worker"])
    most = min(os.cpu_count() - 1, WORKERS_MOST)
    context.need_cores(section, 3, "main and at least two workers")
    with context.captures:
        captures = [context.captures.get(CASE, seed) for seed in range(1, most + 1)]
        runs = {}
        for count in range(1, most + 1):
            files = "".join(f",rx_pcap={capture.path}" for capture in captures[:count])
            lcores = range(MAIN_LCORE + 1, MAIN_LCORE + 1 + count)
            eal = context.eal([f"net_pcap0{files},infinite_rx=1"], (MAIN_LCORE, *lcores),
                              memory_for(captures[0]) * count, PREFIX)
            command = weir.port_command(context.weir, eal, ["--workers", str(count)])
            section.command(command, context.captures.folder)
            runs[str(count)] = functools.partial(weir.forward, command, PREFIX, lcores,
                                                 context.window)
        series = interleave(runs, context.rounds)
        for label, one in series.items():
            flows = sum(capture.flows for capture in captures[:int(label)])
            section.add(label, captures[0].frame_size, flows, int(label) + 1, *spread(one),
                        whole(one.median(lambda s: s.cycles)), ratio(one, series["1"]))
            section.check(one, f"{label} workers")
    context.finish(section)
