# SPDX-License-Identifier: BSD-3-Clause
"""What the stats core takes for a snapshot, which has one interval, and for records that end."""

import json
import statistics

from ..process import BenchError, run

HELP = "the stats core: a snapshot with many active flows, ended records"

# Workers, flows of each, active ones of each, lcores of the stats core, and the goals that it is for.
LIVE = ((1, 1000, 1000, 1, ()), (1, 65536, 65536, 1, ()), (1, 1000000, 1000000, 1, ()),
        (4, 1000000, 1000000, 1, ("stats", "stats-flow", "stats-stop")),
        (1, 1000000, 10000, 1, ("stats-idle",)), (4, 1000000, 1000000, 2, ()),
        (4, 8000000, 8000000, 2, ("stats-many",)))
ENDED = 1000000


def bench(context, section, *arguments):
    command = [str(context.build / "tests/bench/bench-stats"), *map(str, arguments), str(max(context.rounds, 3))]
    done = run(command)
    section.command(command)
    if done.disturbed():
        section.remark(f"Disturbed ({' '.join(map(str, arguments))}): {done.disturbed()}.")
    return json.loads(done.output)


def live(context, section, goals):
    for workers, flows, active, lcores, wanted in context.few(LIVE):
        found = bench(context, section, "live", workers, flows, active, lcores)
        if (found["flows"], found["packets"]) != (workers * flows, workers * active):
            raise BenchError(f"bench-stats: {found} of {workers} x {flows}, {active} active")
        median = statistics.median(found["ms"])
        stop = max(found["stop_ms"])
        ns = median * 1e6 / (workers * active)
        section.add(workers, f"{flows:,}", f"{active:,}", lcores, f"{min(found['ms']):.1f}", f"{median:.1f}",
                    f"{max(found['ms']):.1f}", f"{ns:.0f}", f"{stop:.1f}")
        values = {"stats": median, "stats-flow": ns, "stats-stop": stop, "stats-idle": median, "stats-many": median}
        goals.update({key: values[key] for key in wanted})


def ended(context, goals):
    section = context.section(
        "stats:ended", "Ended records in the stats core", ["flows", "ns a record: min", "median", "max"])
    section.remark("Each was looked at while it lived, and ends with one packet more. There are no outlets: what an "
                   "outlet adds is in the section on export. CPU time.")
    flows = 10000 if context.quick else ENDED
    found = bench(context, section, "ended", flows)
    if found["packets"] != found["counted"]:
        raise BenchError(f"bench-stats: {found}: not every packet is counted")
    median = statistics.median(found["ns"])
    section.add(f"{flows:,}", f"{min(found['ns']):.0f}", f"{median:.0f}", f"{max(found['ns']):.0f}")
    goals["stats-ended"] = median
    return section


def main(context):
    context.make("tests/bench/bench-stats")
    section = context.section(
        "stats", "A snapshot of the stats core",
        ["workers", "flows of each", "active of each", "lcores", "ms min", "median", "max", "ns an active flow",
         "ms not drained"])
    section.remark("Active flows had a packet since the snapshot before, all between endpoints of their own drawn at "
                   "random; the last minute of the top lists is full. CPU time of all threads; the longest time in "
                   "which nothing was drained is as it passes. The statistics interval is 1000 ms.")
    goals = {}
    live(context, section, goals)
    of_ended = ended(context, goals)
    for key, value in goals.items():
        (of_ended if key == "stats-ended" else section).goal(key, value)
    context.finish(section)
    context.finish(of_ended)
