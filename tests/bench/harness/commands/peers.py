# SPDX-License-Identifier: BSD-3-Clause
"""weir --read against the flow meters of Debian on the same captures: whole process, output on."""

import functools
import tempfile
from pathlib import Path

from .. import weir
from ..document import cycles, spread
from ..peer_programs import PEERS, Sink
from ..process import run
from ..rounds import Sample, interleave, ratio

HELP = "weir --read against Debian's flow meters"

CASES = ("500k-1k", "500k-1m", "10m-1k", "10m-1m")
# capture: {program: goal}
GOALS = {"10m-1k": {"softflowd": "read-softflowd-1k"},
         "10m-1m": {name: f"read-{name}" for name in ("ipfixprobe", "softflowd", "nfpcapd")}}


def run_peer(peer, capture, folder, sink):
    with tempfile.TemporaryDirectory(dir=folder, prefix="out-") as output:
        output = Path(output)
        done = run(peer.command(capture, output, sink))
        return Sample(rate=capture.frames / (done.wall - peer.startup),
                      packets=peer.packets(output, done.output),
                      disturbed=done.disturbed(),
                      extra={"cpu": done.cpu, "peak_kib": done.peak_kib})


def run_weir(context, capture):
    with tempfile.TemporaryDirectory(dir=context.captures.folder, prefix="out-") as output:
        return weir.read(context.weir, capture, flows=f"{output}/flows.json")


def contestants(context, section, capture, sink):
    folder = context.captures.folder
    found = {}
    if context.wants("weir"):
        section.command(weir.read_command("weir", capture, "flows.json"), folder)
        found["weir"] = functools.partial(run_weir, context, capture)
    for name, peer in PEERS.items():
        if not peer.available() or not context.wants(name):
            continue
        # What is too slow for the large captures has small ones of its own.
        if capture.name.startswith("10m") == peer.slow:
            continue
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = peer.command(capture, Path(scratch), sink)
            section.command([word.replace(f"{scratch}/", "").replace(scratch, "OUT")
                             .replace(f":{sink}", ":PORT").replace(f"port={sink}", "port=PORT")
                             for word in command], folder)
        found[name] = functools.partial(run_peer, peer, capture, folder, sink)
    return found


def count_said(series):
    counts = {sample.packets for sample in series.samples()}
    return "does not say" if counts == {None} else " or ".join(map(str, sorted(
        count for count in counts if count is not None)))


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "peers", "Reading a capture, whole process, output on",
        ["program", "capture", "packet size", "active flows", "new flows/s", "cores", "Mpps min",
         "median", "max", "CPU s", "cycles/packet", "peak MiB", "packets it counted",
         "weir / this"])
    missing = [name for name, peer in PEERS.items() if not peer.available()]
    if missing:
        section.remark(f"Not on this machine: {', '.join(missing)}.")
    section.remark("weir writes every flow as a line of JSON, nfpcapd and argus their own files, "
                   "pmacctd CSV; softflowd and ipfixprobe send IPFIX to a UDP port that nobody "
                   "reads. The captures are in the page cache.")
    section.remark("pmacctd sleeps 2 s before it reads a capture: not counted.")
    context.need_cores(section, 3, "weir's reader, worker and statistics")
    with context.captures, Sink() as sink:
        for name in CASES[::3] if context.quick else CASES:
            capture = context.captures.get(name)
            found = contestants(context, section, capture, sink)
            if set(found) - {"weir"} or context.wants("weir"):
                series = interleave(found, context.rounds, attempts=1)
                add_rows(section, capture, series)
                add_goals(section, series, GOALS.get(name, {}))
            context.captures.drop(name)
    context.finish(section)


def add_rows(section, capture, series):
    for label, one in series.items():
        against = ratio(series["weir"], one) if "weir" in series else "-"
        cpu = one.median(lambda sample: sample.extra["cpu"])
        section.add(label, capture.name, capture.frame_size, capture.flows,
                    capture.new_flows(one.median()), "all", *spread(one), f"{cpu:.1f}",
                    cycles(cpu, capture),
                    f"{one.median(lambda sample: sample.extra['peak_kib']) / 1024:.0f}",
                    count_said(one), against)
        section.check(one, f"{label} on {capture.name}")


def add_goals(section, series, goals):
    for name, goal in goals.items():
        if name in series and "weir" in series:
            section.goal(goal, ratio(series["weir"], series[name]).or_refusal())
        else:
            section.goal(goal, "not run" if PEERS[name].available() else "not on PATH")
