# SPDX-License-Identifier: BSD-3-Clause
"""
Live traffic from a generator process over memif: Pktgen-DPDK where it is installed, else what
dpdk-testpmd can generate. What the generator sent and what weir received is one number.
"""

import functools
import os
import re
import shutil
import sys
import time

from .. import ROOT, memif, testpmd, weir
from ..context import MAIN_LCORE, PREFIX, WORKER_LCORE
from ..document import spread, whole
from ..process import BenchError, Program
from ..rounds import Sample, interleave

HELP = "live traffic from Pktgen-DPDK, or from dpdk-testpmd"

FLOWS = 16384
GENERATOR_LCORE = 2
MEMORY = 2048
SETTLE = 0.5  # seconds, from the last frame sent to the last one received
SCRIPT = ROOT / "tests/bench/pktgen/flows.lua"
TESTPMD = {
    "testpmd txonly": ("txonly", ["--txonly-multi-flow"]),
    "testpmd flowgen": ("flowgen", [f"--flowgen-flows={FLOWS}"]),
}


def generator_eal(context, folder):
    """Its main lcore has nothing to do while the other one sends; both are on one core."""
    lcores = (f"{MAIN_LCORE}@{MAIN_LCORE}", f"{GENERATOR_LCORE}@{MAIN_LCORE}")
    return context.eal([memif.vdev("client", folder)], lcores, MEMORY, f"{PREFIX}-generator")


# ---- generators: each sends while `measure` runs, which gets its Program, and then says how many.
# `stop` ends weir: before the link goes down, as memif's driver then forgets what it counted.

def testpmd_command(context, folder, label):
    mode, options = TESTPMD[label]
    return ["dpdk-testpmd", *generator_eal(context, folder), "--", "-i", "--nb-cores=1",
            "--no-flush-rx", f"--forward-mode={mode}", "--total-num-mbufs=16384", *options]


def testpmd_sends(command, measure, stop):
    with Program(command) as program:
        program.type("start")
        sample = measure(program)
        program.type("stop")
        time.sleep(SETTLE)
        report = stop()
        program.type("quit")
        output = program.finish()
    sent, dropped, _ = testpmd.accumulated(output, "TX") or (0, 0, 0)
    return sample, report, sent, dropped


def pktgen_command(context, folder):
    return ["pktgen", *generator_eal(context, folder), "--", "-P", "-m", f"{GENERATOR_LCORE}.0",
            "-f", str(SCRIPT)]


def pktgen_sends(context, command, measure, stop):
    """It starts by itself, and its environment tells it when to end."""
    os.environ.update(FLOWS=str(FLOWS), SECONDS=str(int(context.window + 4)), RATE="100")
    with Program(command, answers=True) as program:
        sample = measure(program)
        said = None
        while said is None:
            said = re.search(r'{"sent": (\d+)}', program.answer())
        report = stop()
    return sample, report, int(said[1]), None


def generators(context, section):
    """{label: (command for a folder, function that runs it)}"""
    pktgen = (functools.partial(pktgen_command, context), functools.partial(pktgen_sends, context))
    if shutil.which("pktgen") is None:
        section.remark("No pktgen on PATH (Pktgen-DPDK is not in Debian): dpdk-testpmd instead.")
    else:
        try:
            run(context, pktgen)
            return {"pktgen": pktgen}
        except BenchError as error:
            print(f"bench: {error}", file=sys.stderr)
            section.remark("The pktgen on PATH did not work here: dpdk-testpmd instead. (23.03 "
                           "does not with memif, whose driver sets no MTU.)")
    if not testpmd.available():
        raise BenchError("neither pktgen nor dpdk-testpmd works here; install one (Debian: "
                         "dpdk-dev)")
    return {label: (functools.partial(testpmd_command, context, label=label), testpmd_sends)
            for label in TESTPMD}


# ---- weir ----

def wait_for_traffic(running, generator):
    """Until as many packets came as a generator needs to go through its flows."""
    deadline = time.monotonic() + 30
    while sum(row["packets"] for row in weir.workers(running.telemetry)) < 2 * FLOWS:
        if time.monotonic() > deadline or generator.process.poll() is not None:
            raise generator.failure("no traffic from it")
        time.sleep(0.05)


def measure(context, running, interval, generator):
    wait_for_traffic(running, generator)
    first, quiet = running.mark(), running.quiet()
    time.sleep(max(0, context.window - interval / 2))
    rate, cycles, seconds = running.mark().since(first)
    share = quiet.shares()[0]
    disturbed = "" if share >= 0.97 else f"worker had {share * 100:.0f}% of its core"
    return Sample(rate=rate, window=seconds, cycles=cycles, disturbed=disturbed)


def run(context, generator):
    make_command, send = generator
    with memif.socket_folder(context) as folder:
        command = memif.weir_command(context, folder)
        with weir.Running(command, PREFIX, [WORKER_LCORE]) as running:
            sample, report, sent, dropped = send(
                make_command(folder),
                functools.partial(measure, context, running, weir.interval_of(command)),
                running.stop)
    received = report["ledger"]["received"]
    if received != sent:
        raise BenchError(f"{make_command('FOLDER')[0]} sent {sent} frames, weir received "
                         f"{received}; this run does not count")
    sample.extra = {"flows": report["flows"]["created"], "sent": sent, "received": received,
                    "dropped": dropped}
    return sample


def main(context):
    context.make("app/weir")
    section = context.section(
        "pktgen", "Live traffic from a generator process over memif, one worker",
        ["generator", "packet size", "flows", "new flows/s", "cores", "Mpps min", "median", "max",
         "cycles/packet", "frames sent", "received", "found no room"])
    section.remark("Rates are weir's; frames are those of the whole last run: what the generator "
                   "says it sent is what weir's ledger has, or the run does not count.")
    context.need_cores(section, 3, "worker, generator and statistics; the last two share one")
    with context.captures:
        found = generators(context, section)
        for make_command, _ in found.values():
            section.command(make_command("FOLDER"))
        section.command(memif.weir_command(context, "FOLDER"))
        series = interleave({label: functools.partial(run, context, generator)
                             for label, generator in found.items()},
                            context.rounds, context.attempts)
        for label, one in series.items():
            last = one.samples()[-1].extra
            dropped = "it does not say" if last["dropped"] is None else last["dropped"]
            section.add(label, 64, last["flows"], 0, 2, *spread(one),
                        whole(one.median(lambda s: s.cycles)), last["sent"],
                        last["received"], dropped)
            section.check(one, label)
    context.finish(section)
