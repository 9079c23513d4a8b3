# SPDX-License-Identifier: BSD-3-Clause
"""What the stats core takes for a snapshot while all flows are active; it has one interval."""

import json
import statistics

from ..process import BenchError, run

HELP = "a snapshot of the stats core, with all flows active"

CASES = ((1, 1000), (1, 65536), (1, 1000000), (4, 1000000))


def main(context):
    context.make("tests/bench/bench-stats")
    section = context.section(
        "stats", "A snapshot of the stats core",
        ["workers", "active flows of each", "ms min", "median", "max", "ns a flow"])
    section.remark("Every flow had a packet since the snapshot before: all of them are read from the tables "
                   "and enter every list. The statistics interval is 1000 ms.")
    for workers, flows in context.few(CASES):
        command = [str(context.build / "tests/bench/bench-stats"), str(workers), str(flows),
                   str(max(context.rounds, 3))]
        done = run(command)
        found = json.loads(done.output)
        if found["flows"] != workers * flows:
            raise BenchError(f"bench-stats: {found['flows']} flows of {workers * flows}")
        median = statistics.median(found["ms"])
        section.command(command)
        section.add(workers, f"{flows:,}", f"{min(found['ms']):.1f}", f"{median:.1f}",
                    f"{max(found['ms']):.1f}", f"{median * 1e6 / (workers * flows):.0f}")
        if (workers, flows) == CASES[-1]:
            section.goal("stats", median)
        if done.disturbed():
            section.remark(f"Disturbed ({workers} x {flows:,}): {done.disturbed()}.")
    context.finish(section)
