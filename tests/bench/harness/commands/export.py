# SPDX-License-Identifier: BSD-3-Clause
"""Records that leave: how many a second one outlet takes to its other side, and what the statistics pay for it."""

import functools
import json
import re
import tempfile
from dataclasses import dataclass

from .. import weir
from ..clickhouse import ClickHouse
from ..document import spread, whole
from ..peer_programs import PEERS, Sink
from ..process import BenchError, run
from ..rounds import Sample, interleave, ratio

HELP = "records to collectors: IPFIX, NetFlow v9, JSON, ClickHouse"

RECORDS = 3000000
PEER = "softflowd"
CAPTURE = "10m-1m"


@dataclass(frozen=True)
class Case:
    where: str
    records: int = RECORDS
    outlets: int = 1
    goal: str = ""


def cases(sink, folder, clickhouse):
    found = {
        "IPFIX over UDP": Case(f"ipfix+udp://127.0.0.1:{sink}", goal="export-ipfix"),
        "IPFIX over UDP, a record each way": Case(f"ipfix+udp://127.0.0.1:{sink}?biflow=no"),
        "NetFlow v9 over UDP": Case(f"netflow9+udp://127.0.0.1:{sink}"),
        "JSON to a file": Case(f"{folder}/flows.jsonl", goal="export-json"),
        "IPFIX over UDP, 4 outlets": Case(f"ipfix+udp://127.0.0.1:{sink}", RECORDS // 4, 4),
    }
    if clickhouse.url:
        found["ClickHouse, a table of the engine Null"] = Case(clickhouse.url, goal="export-clickhouse")
    return found


def run_case(context, case):
    records = case.records // 50 if context.quick else case.records
    done = run([str(context.build / "tests/bench/bench-export"), case.where, str(records), str(case.outlets)])
    said = json.loads(done.output[done.output.index("{"):])
    if (said["sent"], said["lost"]) != (records, 0):
        raise BenchError(f"{case.where}: sent {said['sent']}, lost {said['lost']} of {records}; this run does not count")
    return Sample(rate=records / said["seconds"], packets=records, disturbed=done.disturbed(),
                  extra={"cpu": said["cpu"] * 1e9 / records / case.outlets, "give": said["give_ns"]})


def measure_outlets(context, sink, folder, clickhouse):
    section = context.section(
        "export", "Records to collectors, one thread an outlet",
        ["outlet", "records of each", "outlets", "M records/s min", "median", "max", "CPU ns a record of one's thread",
         "ns a record that statistics pay"])
    section.remark("Records of TCP flows both ways, made up in memory, a fifth of them IPv6; given from one core, sent from the "
                   "others, which waits for the outlet as with captures. The UDP port is one that nobody reads.")
    section.remark("\"That statistics pay\": copying a record into a batch and handing that over, to all outlets, while there "
                   "is room.")
    if not clickhouse.url:
        section.remark(f"Not measured: ClickHouse: {clickhouse.why_not}.")
    found = cases(sink, folder, clickhouse)
    series = interleave({label: functools.partial(run_case, context, case) for label, case in found.items()},
                        context.rounds, context.attempts)
    for label, one in series.items():
        case = found[label]
        section.command(["bench-export", re.sub(r":\d+", ":PORT", case.where).replace(f"{folder}/", ""), "RECORDS",
                         *([str(case.outlets)] if case.outlets > 1 else [])])
        section.add(label, case.records, case.outlets, *spread(one), whole(one.median(lambda s: s.extra["cpu"])),
                    f"{one.median(lambda s: s.extra['give']):.1f}")
        section.check(one, label)
        if case.goal:
            section.goal(case.goal, one.median() / 1e6)
    section.goal("export-give", series["IPFIX over UDP"].median(lambda s: s.extra["give"]))
    context.finish(section)


def run_weir(context, capture, sink):
    return weir.read(context.weir, capture, options=("--export", f"ipfix+udp://127.0.0.1:{sink}"))


def run_peer(capture, folder, sink):
    done = run(PEERS[PEER].command(capture, folder, sink))
    return Sample(rate=capture.frames / done.wall, packets=PEERS[PEER].packets(folder, done.output),
                  disturbed=done.disturbed(), extra={"cpu": done.cpu})


def measure_peers(context, sink, folder):
    """The other one that exports both directions in one record of IPFIX."""
    section = context.section(
        "export:peers", "From a capture to IPFIX over UDP, whole process",
        ["program", "capture", "active flows", "Mpps min", "median", "max", "CPU s", "weir / this"])
    with context.captures:
        capture = context.captures.get(CAPTURE)
        found = {"weir": functools.partial(run_weir, context, capture, sink)}
        if PEERS[PEER].available():
            found[PEER] = functools.partial(run_peer, capture, folder, sink)
        else:
            section.remark(f"Not on this machine: {PEER}.")
        section.command([*weir.read_command("weir", capture), "--export", "ipfix+udp://127.0.0.1:PORT"],
                        context.captures.folder)
        series = interleave(found, context.rounds, attempts=1)
        for label, one in series.items():
            section.add(label, capture.name, capture.flows, *spread(one),
                        f"{one.median(lambda sample: sample.extra['cpu']):.1f}", ratio(series["weir"], one))
            section.check(one, label)
        context.captures.drop(CAPTURE)
    context.finish(section)


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic", "tests/bench/bench-export")
    with tempfile.TemporaryDirectory(prefix="weir-export-") as folder, Sink() as sink:
        with ClickHouse(context.build / "tests/bench/bench-export") as clickhouse:
            measure_outlets(context, sink, folder, clickhouse)
        measure_peers(context, sink, folder)
