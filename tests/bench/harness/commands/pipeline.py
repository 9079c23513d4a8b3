# SPDX-License-Identifier: BSD-3-Clause
"""The whole of weir against dpdk-testpmd on the same vdev, one core each."""

import functools
import sys

from .. import ipfixprobe, memif, testpmd, weir
from ..context import PREFIX, WORKER_LCORE
from ..document import spread, whole
from ..goals import GOALS
from ..process import BenchError
from ..repeated import MBUFS_BESIDE, mbuf_options, memory_for, vdev
from ..rounds import Sample, interleave, ratio

HELP = "the whole of weir against dpdk-testpmd on the same vdev"

MODES = ("5tswap", "rxonly", "macswap", "csum")
CASES = ("8k-1k", "1m-64k", "16k-1k-imix", "8k-1k-vlan", "8k-1k-ipv6")
IPFIXPROBE_CASES = ("8k-1k", "32k-30k")
DISCARD = 9  # the UDP port for what nobody is to read
MEMIF_MODES = ("5tswap", "rxonly")
MEMIF_CASES = ("8k-1k", "1m-64k")
MEMIF_FRAMES = 5000000  # for each second of the window


def document(section, context, capture, command):
    """The other captures differ only in the amounts of memory."""
    if capture.name == CASES[0]:
        section.command(command, context.captures.folder)


# ---- net_pcap: a capture repeated, by the core that works on it ----

def on_pcap(context, section, capture):
    eal = context.eal([vdev(capture)], memory=memory_for(capture))
    found = {}
    if context.wants("weir"):
        command = context.port_command(eal)
        document(section, context, capture, command)
        found["weir"] = functools.partial(weir.forward, command, PREFIX, [WORKER_LCORE],
                                          context.window)
    for mode in context.few(MODES, 2):
        if not context.wants(mode) or not testpmd.available():
            continue
        command = testpmd.command(eal, mode, mbuf_options(capture))
        document(section, context, capture, command)
        found[f"testpmd {mode}"] = functools.partial(testpmd.forward, command, WORKER_LCORE,
                                                     context.window)
    return found


def beside_ipfixprobe(context, section, capture):
    """weir and ipfixprobe, all of whose threads share the worker's core."""
    prefix = f"{PREFIX}-ipfixprobe"
    eal = context.eal([vdev(capture)], (WORKER_LCORE,), memory_for(capture), prefix)
    command = ipfixprobe.command(eal, 2 * capture.frames + MBUFS_BESIDE, DISCARD)
    document(section, context, capture, command)
    weir_command = context.port_command(context.eal([vdev(capture)], memory=memory_for(capture)))
    return {"weir": functools.partial(weir.forward, weir_command, PREFIX, [WORKER_LCORE],
                                      context.window),
            "ipfixprobe": functools.partial(ipfixprobe.forward, command, prefix, context.window)}


# ---- net_memif: a number of frames from another process, until all are taken ----

def weir_takes(context, capture, frames):
    with memif.weir_fed(context, capture) as fed:
        fed.sender.send(0, capture.frames, lossless=True)
        quiet = fed.quiet()
        trial = fed.sender.send(0, frames, lossless=True)
        disturbed = quiet.why_not()
        fed.stop()
    return Sample(rate=trial.rate, packets=frames, disturbed=disturbed)


def testpmd_takes(context, capture, frames, mode):
    with memif.socket_folder(context) as folder:
        command = testpmd_command(context, folder, mode)
        with testpmd.Running(command, WORKER_LCORE) as running, \
                memif.sender(context, capture, folder) as sender:
            sender.send(0, capture.frames, lossless=True)
            quiet = running.quiet([sender.program.pid])
            trial = sender.send(0, frames, lossless=True)
            disturbed = quiet.why_not()
            received = running.stop()
    if received != sender.accepted:
        raise BenchError(f"testpmd {mode}: received {received} of {sender.accepted} frames")
    return Sample(rate=trial.rate, packets=frames, disturbed=disturbed)


def testpmd_command(context, folder, mode):
    """What is forwarded goes to a port that throws it away: the sender is not to be disturbed."""
    sink = [] if mode == "rxonly" else ["net_null0,no-rx=1"]
    return testpmd.command(context.eal([memif.vdev("server", folder), *sink], memory=memif.MEMORY),
                           mode, [f"--total-num-mbufs={4 << memif.RING_LOG2}"])


def on_memif(context, section, capture):
    frames = int(MEMIF_FRAMES * context.window)
    found = {}
    if context.wants("weir"):
        document(section, context, capture, memif.weir_command(context, "FOLDER"))
        found["weir"] = functools.partial(weir_takes, context, capture, frames)
    for mode in MEMIF_MODES:
        if not context.wants(mode) or not testpmd.available():
            continue
        document(section, context, capture, testpmd_command(context, "FOLDER", mode))
        found[f"testpmd {mode}"] = functools.partial(testpmd_takes, context, capture, frames, mode)
    if found:
        document(section, context, capture,
                 memif.sender(context, capture, "FOLDER").command)
    return found


def add_rows(section, driver, capture, series):
    for label, one in series.items():
        against = ratio(series["weir"], one) if "weir" in series else "-"
        section.add(label, driver, capture.name, capture.frame_size, capture.flows, 0, 1,
                    *spread(one), whole(one.median(lambda sample: sample.cycles)), against)
        section.check(one, f"{label} on {driver}, {capture.name}")
        goal = f"{label.removeprefix('testpmd ')}-{capture.name}"
        if driver == "net_pcap" and goal in GOALS and "weir" in series:
            section.goal(goal, against.or_refusal())


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "pipeline", "The whole program against dpdk-testpmd, one core",
        ["program", "vdev", "capture", "packet size", "active flows", "new flows/s", "cores",
         "Mpps min", "median", "max", "cycles/packet", "weir / this"])
    section.remark("net_pcap repeats a capture: both sides for the same time with the same memory "
                   "layout and lcores. net_memif: the same number of frames from a process of its "
                   "own until all are taken; what a swap mode sends goes to net_null. Where rxonly "
                   "is no faster than weir, the sender is the limit.")
    section.remark("net_ring is not among them: its port sends to itself, and weir never sends. "
                   "How weir does with frames through a ring is what `scripts/bench read` shows.")
    if not testpmd.available():
        section.remark("No dpdk-testpmd here (Debian: dpdk): weir alone.")
    context.need_cores(section, 2, "main (with memif: and the sender) and worker")
    rigs = [("net_pcap", CASES, on_pcap), ("net_memif", MEMIF_CASES, on_memif)]
    with context.captures:
        for driver, cases, contestants in rigs:
            for name in context.few(cases):
                capture = context.captures.get(name)
                found = contestants(context, section, capture)
                if not found and driver == "net_pcap":
                    raise BenchError(f"--only: nothing to run; there are weir, {', '.join(MODES)}")
                series = interleave(found, context.rounds, context.attempts)
                add_rows(section, driver, capture, series)
        for name in context.few(IPFIXPROBE_CASES):
            measure_ipfixprobe(context, section, name)
    context.finish(section)


def measure_ipfixprobe(context, section, name):
    """It is not ours to mend: what it cannot do is said, and the other rows stay."""
    if not ipfixprobe.available() or not context.wants("ipfixprobe"):
        section.goal(f"ipfixprobe-{name}", "no ipfixprobe on PATH")
        return
    capture = context.captures.get(name)
    try:
        series = interleave(beside_ipfixprobe(context, section, capture), context.rounds,
                            context.attempts)
    except BenchError as error:
        print(error, file=sys.stderr)
        section.goal(f"ipfixprobe-{name}", "not measured: one of the two failed")
        return
    add_rows(section, "net_pcap", capture, series)
