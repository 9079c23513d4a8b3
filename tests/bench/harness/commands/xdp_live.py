# SPDX-License-Identifier: BSD-3-Clause
"""
The XDP prefilter on live frames: what it leaves of the rate of a program that does nothing but
drop; and what a frame costs that it drops, beside one that weir's worker drops.
"""

import contextlib
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path

from .. import machine, veth, weir
from ..context import MAIN_LCORE, PREFIX, WORKER_LCORE
from ..document import spread
from ..process import BenchError, Program
from ..rounds import Ratio, Sample, interleave, ratio

HELP = "the XDP prefilter live on veth: of a bare program's rate; against the worker (as root)"
AS_ROOT = True

ALONE, BARE = "sender alone", "bare XDP_DROP"
DROP, WORKER = "a rule drops in XDP", "the worker drops"
NETWORK = "10.0.0.0/8"  # all that bench-xdp-live sends comes from there
RULES = {"no rule": 0, "10 rules": 10, "1k rules": 1000, "10k rules": 10000, "100k rules": 100000}
SPREAD_LEAST = 10000  # rules; from one source and from as many as there are rules
BURST = 1024          # frames: half of an AF_XDP socket's ring
PAUSE = 0.01          # seconds after a burst: the worker may have been away from its core
SOURCES = 1000


def prefixes(count):
    """A rule for each source of bench-xdp-live."""
    if count == 0:
        return "default drop\n"
    addresses = (number * 2654435761 & 0xffffff for number in range(count))
    return "".join(f"drop from 10.{a >> 16}.{a >> 8 & 255}.{a & 255}\n" for a in addresses)


class Live:
    """bench-xdp-live between the ends of a wire, on the main lcore's core."""

    def __init__(self, wire, program, rules):
        self.wire = wire
        self.command = [*wire.enter, str(program), veth.SENDER, veth.RECEIVER, *map(str, rules)]

    def __enter__(self):
        self.program = Program(self.command, answers=True)
        self.program.__enter__()
        os.sched_setaffinity(self.program.pid, {MAIN_LCORE})
        return self

    def __exit__(self, *_):
        self.program.__exit__()

    def send(self, what, sources, frames):
        """(ns of a frame, frames that the prefilter says it dropped)"""
        self.program.type(f"{what} {sources} {frames}")
        said = json.loads(self.program.answer())
        return said["ns"], said["counted"]

    def bursts(self, what, count):
        """As send(), `count` times BURST frames."""
        said = []
        for _ in range(count):
            said.append(self.send(what, SOURCES, BURST))
            time.sleep(PAUSE)
        return sum(cost for cost, _ in said) / count, sum(counted for _, counted in said)


def dropped(live, what, frames, send):
    """
    A Sample of what `send` does. Its packets are those that were dropped, by the prefilter's
    count, of a bare program by the driver's; where nothing is sent, those that were made.
    """
    before, quiet = live.wire.dropped(), machine.Quiet([live.program.pid], [])
    cost, counted = send()
    disturbed = quiet.why_not()
    if what == "keep":
        counted = frames
    elif what == "bare":
        counted = live.wire.dropped() - before
    return Sample(rate=1e9 / cost, packets=counted, disturbed=disturbed,
                  extra={"sender": cost})


def compare(ours, theirs, frames):
    """ratio() of the rates, refused where the frames counted are not those sent."""
    for one in (ours, theirs):
        for sample in one.samples():
            if sample.packets != frames:
                return Ratio(None, f"refused: {one.name}: {sample.packets} of {frames} frames")
    return ratio(ours, theirs)


def ns(series):
    """Median cost of a frame."""
    return 1e9 / series.median()


# ---- share of the bare rate ----

def live_cases():
    """{label: (what bench-xdp-live is to do, from how many sources)}"""
    cases = {ALONE: ("keep", 1), BARE: ("bare", 1)}
    for number, (label, count) in enumerate(RULES.items(), 1):
        cases[label] = (number, 1)
        if count >= SPREAD_LEAST:
            cases[f"{label}, {label.split()[0]} sources"] = (number, count)
    return cases


def write(folder, name, text):
    path = Path(folder) / name
    path.write_text(text, encoding="ascii")
    return path


def share(context, program, wire, folder):
    section = context.section(
        "xdp-live", "The XDP prefilter on live frames: share of a bare program's rate",
        ["receiver", "Mpps min", "median", "max", "of bare", "ns a frame", "without the sender's"])
    frames = 20000 if context.quick else int(2.5e6 * context.window)
    section.remark(f"Kernel-made live frames of 64 octets over veth, {frames} a run; sender and "
                   "receiver share a core in turn, so both are in the rate. Every rule set drops "
                   "everything, from one source, or from as many at random as there are rules: "
                   "then what is looked up is not in the nearest cache. Counted: frames dropped, "
                   "by the prefilter; of the bare program by the driver.")
    files = [write(folder, f"rules-{count}", prefixes(count)) for count in RULES.values()]
    with Live(wire, program, files) as live:
        section.command(live.command[len(wire.enter):], folder)
        runs = {label: partial(dropped, live, what, frames,
                               partial(live.send, what, sources, frames))
                for label, (what, sources) in live_cases().items()}
        series = interleave(runs, context.rounds, context.attempts)
    for label, one in series.items():
        alone = label == ALONE
        section.add(label, *spread(one),
                    "-" if alone else compare(one, series[BARE], frames), f"{ns(one):.0f}",
                    "-" if alone else f"{ns(one) - ns(series[ALONE]):.0f}")
        section.check(one, label)
        if label.startswith("10k"):
            where = label.partition(", ")[2] or "one source"
            section.goal("xdp-live-10k", compare(series[BARE], one, frames).or_refusal(), where)
    context.finish(section)


# ---- against the worker ----

def wait_for(running, frames):
    """Until weir's newest snapshot has them all; what is missing then is refused by count."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        ledger = running.telemetry.ask("/weir/ledger")["prefilter"]
        if ledger["seen"] >= frames and ledger["in_flight"] == 0:
            return
        time.sleep(0.02)


def kept_off(waited, wall):
    """Why the worker's figure is not to be trusted. That it sleeps between bursts is no reason."""
    share = waited / wall
    return f"worker waited {share * 100:.0f}% of the time for its core" if share > 0.03 else ""


def by_worker(live, command, count):
    """A weir of its own for each run: its report at the end is about these frames only."""
    with weir.Running(command, PREFIX, [WORKER_LCORE]) as running:
        clock, start = running.clocks[0], time.monotonic()
        waited, quiet = clock.waited(), machine.Quiet([running.program.pid, live.program.pid], [])
        sender, _ = live.bursts("send", count)
        waited, wall = clock.waited() - waited, time.monotonic() - start
        disturbed = quiet.why_not() or kept_off(waited, wall)
        wait_for(running, count * BURST)
        report = running.stop()
    ledger = report["ledger"]
    if ledger["prefilter"]["seen"] != count * BURST:
        raise BenchError(f"weir: its prefilter saw {ledger['prefilter']['seen']} of "
                         f"{count * BURST} frames; this run does not count")
    busy = sum(worker["cpu"]["cycles_busy"] for worker in report["workers"])
    worker = busy / machine.tsc_hz() / max(1, ledger["filtered"]) * 1e9
    return Sample(rate=1e9 / (sender + worker), packets=ledger["filtered"], disturbed=disturbed,
                  extra={"sender": sender, "worker": worker})


def worker_command(context, wire, rules):
    return [*wire.enter, str(context.weir), "--interface", veth.RECEIVER, "--driver", "af_xdp",
            "--prefilter", str(rules), "--filter", f"not src net {NETWORK}", "--file-prefix",
            PREFIX, "--flow-capacity", "65536", "--format", "json", "--log-level", "warning",
            "--interval", "0.1"]


def beyond(ours, theirs, base, frames):
    """How many times as dear, both without what `base` costs; a number or a refusal."""
    for one in (theirs, base):
        refusal = compare(ours, one, frames).refusal
        if refusal:
            return refusal
    least = ns(theirs) - ns(base)
    return (ns(ours) - ns(base)) / least if least > 0 else "refused: costs nothing"


def against_worker(context, program, wire, folder):
    section = context.section(
        "xdp-live:worker", "A frame dropped in XDP, and one dropped by the worker",
        ["dropped", "ns a frame min", "median", "max", "sender's core", "worker's core",
         "without the sender's", "without bare's"])
    count = 2 if context.quick else 50
    frames = count * BURST
    section.remark(f"CPU time of both cores together, {frames} frames a run in bursts of {BURST}, "
                   "which the AF_XDP socket's ring holds, the same for all. The sender's core "
                   "makes the frames, receives them on veth and runs the XDP program, for the "
                   "worker it also copies them to the socket; measured by the kernel's clock of "
                   "the run. Of the worker's core only polls that found frames count, by its own "
                   "cycles: what it does while nothing comes is not held against it.")
    section.remark("Counted: frames dropped by rule, or in weir's ledger as filtered; all of them, "
                   "or the ratio is refused. Goal: once without what the sender alone costs, once "
                   "without a bare XDP_DROP on the same wire, so reception left out too.")
    context.need_cores(section, 2, "the sender's and the worker's")
    rules = write(folder, "drop", f"drop from {NETWORK}\n")
    command = worker_command(context, wire, write(folder, "analyse", f"analyse from {NETWORK}\n"))
    with Live(wire, program, [rules]) as live:
        section.command(command[len(wire.enter):], folder)
        runs = {label: partial(dropped, live, what, frames, partial(live.bursts, what, count))
                for label, what in ((ALONE, "keep"), (BARE, "bare"), (DROP, 1))}
        runs[WORKER] = partial(by_worker, live, command, count)
        series = interleave(runs, context.rounds, context.attempts)
    for label, one in series.items():
        most, _, least = one.spread()
        cores = [one.median(lambda sample, core=core: sample.extra.get(core))
                 for core in ("sender", "worker")]
        section.add(label, f"{1e9 / least:.0f}", f"{ns(one):.0f}", f"{1e9 / most:.0f}",
                    *("-" if value is None else f"{value:.0f}" for value in cores),
                    *(f"{ns(one) - ns(series[base]):.0f}" for base in (ALONE, BARE)))
        section.check(one, label)
    for base in (ALONE, BARE):
        section.goal("xdp-live-worker", beyond(series[WORKER], series[DROP], series[base], frames),
                     f"without {base}")
    context.finish(section)


def main(context):
    context.make("app/weir", "tests/bench/bench-xdp-live")
    program = context.program("bench-xdp-live")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-bench-"))
        wire = stack.enter_context(veth.wire())
        share(context, program, wire, folder)
        against_worker(context, program, wire, folder)
