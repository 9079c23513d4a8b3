# SPDX-License-Identifier: BSD-3-Clause
"""lib/flow alone, packets made up in the cache: bench-table at growing numbers of flows."""

import functools

from .document import spread, whole
from .process import BenchError, run
from .rounds import Sample, interleave, ratio

FLOWS = (1000, 65536, 1000000, 8000000)
KINDS = {"IPv4": [], "IPv6": ["-6"], "every packet a new flow": ["-n"]}


def run_table(command, flows):
    done = run(command)
    row = done.output.split("\n")[1].split()
    if int(row[0]) != flows:
        raise BenchError(f"{' '.join(command)}: did not answer for {flows} flows: {done.output}")
    return Sample(rate=float(row[1]) * 1e6, cycles=float(row[2]),
                  disturbed=done.disturbed(),
                  extra={"push": float(row[3]), "overflow": int(row[5])})


def main(context):
    context.make("tests/bench/bench-table")
    program = str(context.build / "tests/bench/bench-table")
    section = context.section(
        "table", "The flow table alone, one core",
        ["traffic", "flows", "Mpps min", "median", "max", "cycles/packet", "of them in the table",
         "overflow", "of the rate at 1000"])
    for kind, options in KINDS.items():
        commands = {flows: [program, *options, "-r", "1", str(flows)] for flows in FLOWS}
        series = interleave({str(flows): functools.partial(run_table, command, flows)
                             for flows, command in commands.items()}, context.rounds)
        for flows, command in commands.items():
            one = series[str(flows)]
            section.add(kind, flows, *spread(one), whole(one.median(lambda s: s.cycles)),
                        whole(one.median(lambda s: s.extra["push"])),
                        one.median(lambda s: s.extra["overflow"]), ratio(one, series["1000"]))
            section.check(one, f"{kind} at {flows}")
        section.command([program, *options, "-r", "1", "FLOWS"])
    context.finish(section)
