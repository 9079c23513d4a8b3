# SPDX-License-Identifier: BSD-3-Clause
"""lib/flow alone, packets made up in the cache; beside it rte_hash, and no prefetching."""

import functools
from dataclasses import dataclass

from ..document import spread, whole
from ..process import BenchError, run
from ..rounds import Sample, interleave, ratio

HELP = "the flow table alone, from memory"

PACKETS = 20000000
FLOWS = (1000, 65536, 1000000, 4000000, 8000000)
CHURN = 4000000
LOADED = 1 << 20  # room
FULL = 100 * 10 / 15  # percent of the index's entries, when the table is full

PROGRAMS = {"weir": "bench-table", "weir, nothing prefetched": "bench-table-plain",
            "rte_hash and array": "bench-table-hash"}


@dataclass(frozen=True)
class Case:
    program: str
    traffic: str
    flows: int
    options: tuple = ()
    load: str = ""
    new: bool = False  # every packet begins a flow


def cases():
    """Groups of cases; each group is run interleaved."""
    uniform = {f"{flows}": Case("weir", "uniform", flows) for flows in FLOWS}
    uniform["plain"] = Case("weir, nothing prefetched", "uniform", 1000000)
    uniform["rte_hash"] = Case("rte_hash and array", "uniform", 1000000)
    yield uniform
    yield {f"{flows}": Case("weir", "Zipf", flows, ("-z",)) for flows in FLOWS}
    yield {f"{flows}": Case("weir", "uniform, IPv6", flows, ("-6",)) for flows in (1000, 1000000)}
    for flows in (1000, 65536, 1000000):
        yield {"none": Case("weir", "uniform", flows),
               "in order": Case("weir", "uniform, stamped by a NIC", flows, ("-s",)),
               "disorder": Case("weir", "uniform, stamped, up to 4 us out of order", flows, ("-S",))}
    for flows in (1000, 1000000):
        yield {"none": Case("weir", "uniform", flows),
               "extension": Case("weir", "uniform, an extension counts", flows, ("-e",))}
    yield {f"{share}": Case("weir", "uniform", LOADED * share // 100, ("-c", str(LOADED)),
                            f"{share / 100 * FULL:.0f}%")
           for share in (25, 50, 75, 100)}
    yield {"expire": Case("weir", "each packet a new flow, as many expire", CHURN, ("-x",),
                          new=True),
           "evict": Case("weir", "each packet a new flow, as many are evicted", CHURN, ("-n",),
                         new=True)}


def command_of(context, case):
    flows, packets = case.flows, PACKETS
    options = list(case.options)
    if context.quick:
        flows, packets = min(flows, 100000), PACKETS // 100
    return [str(context.build / "tests/bench/table" / PROGRAMS[case.program]), "-r", "1", "-p",
            str(packets), *options, str(flows)]


def run_table(command):
    done = run(command)
    heading, row = (line.split() for line in done.output.strip().split("\n"))
    said = dict(zip(heading, map(float, row)))
    # The program itself fails unless all packets are counted or overflowed.
    if said["overflow"] != 0:
        raise BenchError(f"{' '.join(command)}: {said['overflow']:.0f} packets overflowed; this "
                         "run does not count")
    return Sample(rate=said["Mpps"] * 1e6, packets=int(command[command.index("-p") + 1]),
                  cycles=said["cycles/packet"], disturbed=done.disturbed(),
                  extra={"push": said["push"], "live": said["live"]})


def add_rows(section, group, series):
    for label, case in group.items():
        one = series[label]
        against = ratio(one, series["1000"]) if "1000" in series else "-"
        section.add(case.program, case.traffic, whole(one.median(lambda s: s.extra["live"])),
                    case.load or f"to {FULL:.0f}%", whole(one.median()) if case.new else 0, 1, *spread(one),
                    whole(one.median(lambda s: s.cycles)),
                    whole(one.median(lambda s: s.extra["push"])), against)
        section.check(one, f"{case.program}, {case.traffic}, {case.flows}")


def add_goals(section, series):
    if "plain" in series:
        section.goal("table-1m", ratio(series["1000000"], series["1000"]).or_refusal())
        section.goal("table-8m", ratio(series["8000000"], series["1000"]).or_refusal())
        section.goal("table-prefetch", ratio(series["1000000"], series["plain"]).or_refusal())
        section.goal("table-rte-hash", ratio(series["1000000"], series["rte_hash"]).or_refusal())
    if "expire" in series:
        section.goal("table-churn", series["expire"].median() / 1e6)


def main(context):
    context.make(*(f"tests/bench/table/{program}" for program in PROGRAMS.values()))
    section = context.section(
        "table", "The flow table alone, packets without their frames",
        ["table", "traffic", "active flows", "index load", "new flows/s", "cores", "Mpps min",
         "median", "max", "cycles/packet", "of them in the table", "of the rate at 1000"])
    section.remark("Parsed packets of 64-byte frames, both directions, made up in the cache: that "
                   "is in the rate and in cycles/packet, and is the same for all.")
    section.remark("rte_hash: bulk look-up of 64, then weir's own update of an array of weir's "
                   "records, prefetched after the look-up; nothing expires. \"Nothing "
                   "prefetched\": weir's sources with prefetching compiled out, whole bursts as "
                   "always.")
    for group in cases():
        commands = {label: command_of(context, case) for label, case in group.items()}
        for command in commands.values():
            section.command([word if word != command[-1] else "FLOWS" for word in command])
        series = interleave({label: functools.partial(run_table, command)
                             for label, command in commands.items()},
                            context.rounds, context.attempts)
        add_rows(section, group, series)
        add_goals(section, series)
    context.finish(section)
