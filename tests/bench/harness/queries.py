# SPDX-License-Identifier: BSD-3-Clause
"""What an operator's questions cost the worker: top lists over telemetry at 10 Hz, at full rate."""

import os
import statistics
import threading
import time

from . import weir
from .context import MAIN_LCORE, WORKER_LCORE
from .pipeline import PREFIX, memory_for
from .process import BenchError
from .telemetry import Telemetry

DIMENSIONS = ("source", "destination", "pair", "source_port", "destination_port", "protocol",
              "flow")
CASES = ("8k-1k", "1m-64k")
HERTZ = 10


class Asker:
    """Asks for every top list HERTZ times a second while `active`."""

    def __init__(self):
        self.active = False
        self.answers = 0
        self._telemetry = Telemetry(PREFIX)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self):
        while not self._end.wait(1 / HERTZ):
            if not self.active:
                continue
            for dimension in DIMENSIONS:
                answer = self._telemetry.ask(f"/weir/top,{dimension},10")
                if "error" in answer:
                    raise BenchError(f"/weir/top,{dimension}: {answer['error']}")
                self.answers += 1

    def close(self):
        self._end.set()
        self._thread.join()
        self._telemetry.close()


def cycles_over(running, window):
    """(cycles per packet, share of its core) from one new snapshot to another."""
    first, quiet = running.mark(), running.quiet()
    time.sleep(window - 0.5)
    return running.mark().since(first)[1], quiet.shares()[0]


def measure(context, command):
    """({False: [cycles], True: [cycles]}, answers a second while asking, rounds dropped)"""
    cycles, dropped, asked = {False: [], True: []}, 0, 0.0
    with weir.Running(command, PREFIX, [WORKER_LCORE]) as running:
        asker = Asker()
        time.sleep(1)
        for number in range(2 * context.rounds):
            pair = {}
            for active in (False, True) if number % 2 == 0 else (True, False):
                asker.active = active
                start = time.monotonic()
                pair[active] = cycles_over(running, context.window)
                asked += (time.monotonic() - start) * active
            if min(share for _, share in pair.values()) < 0.97:
                dropped += 1
            else:
                for active, (value, _) in pair.items():
                    cycles[active].append(value)
        asker.active = False
        asker.close()
        running.stop()
    return cycles, asker.answers / asked, dropped


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "queries", f"Top lists over telemetry at {HERTZ} Hz while the worker is at full rate",
        ["capture", "packet size", "active flows", "rounds", "cycles/packet quiet", "asked",
         "slowdown", "answers/s"])
    section.remark(f"Quiet and asked in turn within one run; a tick asks for all {len(DIMENSIONS)} "
                   "lists. Slowdown: median of the rounds' own; in brackets smallest and largest.")
    context.need_cores(section, 3, "worker, statistics and the one who asks")
    os.sched_setaffinity(0, {MAIN_LCORE})
    with context.captures:
        for name in CASES:
            capture = context.captures.get(name)
            eal = context.eal([f"net_pcap0,rx_pcap={capture.path},infinite_rx=1"],
                              memory=memory_for(capture), prefix=PREFIX)
            command = weir.port_command(context.weir, eal)
            section.command(command, context.captures.folder)
            cycles, answers, dropped = measure(context, command)
            if len(cycles[True]) < 3:
                raise BenchError(f"{name}: {dropped} rounds disturbed, too few left; try again "
                                 "when the machine is quiet")
            changes = sorted(asked / quiet - 1
                             for quiet, asked in zip(cycles[False], cycles[True]))
            section.add(name, capture.frame_size, capture.flows, len(changes),
                        f"{statistics.median(cycles[False]):.1f}",
                        f"{statistics.median(cycles[True]):.1f}",
                        f"{statistics.median(changes) * 100:+.1f}% "
                        f"[{changes[0] * 100:+.1f}, {changes[-1] * 100:+.1f}]", f"{answers:.0f}")
            if dropped:
                section.remark(f"{name}: {dropped} rounds dropped, the worker was not alone on its "
                               "core.")
    context.finish(section)
