# SPDX-License-Identifier: BSD-3-Clause
"""The whole of weir against dpdk-testpmd on the same vdev, one core each."""

import functools

from . import testpmd, weir
from .context import WORKER_LCORE
from .document import spread, whole
from .process import BenchError
from .rounds import interleave, ratio

MODES = ("5tswap", "rxonly", "macswap", "csum")
CASES = ("8k-1k", "1m-64k", "16k-1k-imix")
PREFIX = "weir-bench"

# weir's pool for a repeated capture: as many mbufs as frames and these, each just large enough.
# testpmd gets the same, or its frames would lie elsewhere in the caches.
MBUFS_BESIDE = 512
HEADROOM = 128


def memory_for(capture):
    """MiB for frames in mbufs, with room to spare."""
    return 1024 + capture.frames * 2048 // 2**20 * 2


def mbuf_options(capture):
    longest = 1514 if "imix" in capture.name else 128
    return [f"--total-num-mbufs={capture.frames + MBUFS_BESIDE}",
            f"--mbuf-size={HEADROOM + longest}"]


def document(section, context, capture, command):
    """The other captures differ only in the amounts of memory."""
    if capture.name == CASES[0]:
        section.command(command, context.captures.folder)


def contestants(context, section, capture):
    vdev = f"net_pcap0,rx_pcap={capture.path},infinite_rx=1"
    eal = context.eal([vdev], memory=memory_for(capture), prefix=PREFIX)
    found = {}
    if context.wants("weir"):
        command = weir.port_command(context.weir, eal)
        document(section, context, capture, command)
        found["weir"] = functools.partial(weir.forward, command, PREFIX, [WORKER_LCORE],
                                          context.window)
    for mode in MODES:
        if not context.wants(mode) or not testpmd.available():
            continue
        command = testpmd.command(eal, mode, mbuf_options(capture))
        document(section, context, capture, command)
        found[f"testpmd {mode}"] = functools.partial(testpmd.forward, command, WORKER_LCORE,
                                                     context.window)
    return found


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "pipeline", "The whole program against dpdk-testpmd, one core, a capture repeated",
        ["program", "capture", "packet size", "active flows", "cores", "Mpps min", "median", "max",
         "cycles/packet", "weir / this"])
    section.remark("Both run for the same time on the same vdev, memory layout and lcores; rounds "
                   "in which the measured thread had less than 97% of its core are dropped.")
    if not testpmd.available():
        section.remark("No dpdk-testpmd here (Debian: dpdk): weir alone.")
    context.need_cores(section, 2, "main and worker")
    with context.captures:
        for name in CASES:
            capture = context.captures.get(name)
            series = interleave(contestants(context, section, capture), context.rounds)
            if not series:
                raise BenchError(f"--only: nothing to run; there are weir, {', '.join(MODES)}")
            for label, one in series.items():
                against = ratio(series["weir"], one) if "weir" in series else "-"
                section.add(label, name, capture.frame_size, capture.flows, 1, *spread(one),
                            whole(one.median(lambda sample: sample.cycles)), against)
                section.check(one, f"{label} on {name}")
    context.finish(section)
