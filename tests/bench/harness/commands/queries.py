# SPDX-License-Identifier: BSD-3-Clause
"""What an operator's questions cost the worker: top lists over telemetry at 10 Hz, at full rate."""

import contextlib
import os
import statistics
import threading
import time

from .. import memif, weir
from ..context import MAIN_LCORE, PREFIX, WORKER_LCORE
from ..document import millions
from ..process import BenchError
from ..repeated import memory_for, vdev
from ..telemetry import Telemetry
from . import loss

HELP = "telemetry at 10 Hz: slowdown of the worker, loss that it adds"

DIMENSIONS = ("source", "destination", "pair", "source_port", "destination_port", "protocol",
              "flow")
CASES = ("8k-1k", "1m-64k")
LOSS_CASE = "1m-100k-each"
LOADS = (0.5, 0.9)  # of the highest rate without loss
HERTZ = 10
CLEAN_LEAST = 3


class Asker:
    """Asks for every top list HERTZ times a second while `active`."""

    def __init__(self):
        self.active = False
        self.answers = 0
        self.failure = None
        self._telemetry = Telemetry(PREFIX)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self):
        while not self._end.wait(1 / HERTZ):
            if not self.active:
                continue
            for dimension in DIMENSIONS:
                try:
                    answer = self._telemetry.ask(f"/weir/top,{dimension},10")
                except OSError as error:
                    answer = {"error": str(error)}
                if "error" in answer:
                    self.failure = BenchError(f"/weir/top,{dimension}: {answer['error']}")
                    return
                self.answers += 1

    def close(self):
        self._end.set()
        self._thread.join()
        self._telemetry.close()
        if self.failure is not None:
            raise self.failure


@contextlib.contextmanager
def asking():
    asker = Asker()
    try:
        yield asker
    finally:
        asker.close()


def turns(number):
    """Quiet and asked, in turn the one or the other first."""
    return (False, True) if number % 2 == 0 else (True, False)


# ---- slowdown ----

def cycles_over(running, window, interval):
    """(cycles per packet, share of its core) from one new snapshot to another."""
    first, quiet = running.mark(), running.quiet()
    time.sleep(max(0, window - interval / 2))
    return running.mark().since(first)[1], quiet.shares()[0]


def measure(context, command):
    """({False: [cycles], True: [cycles]}, answers a second while asking, rounds dropped)"""
    cycles, dropped, asked = {False: [], True: []}, 0, 0.0
    interval = weir.interval_of(command)
    with weir.Running(command, PREFIX, [WORKER_LCORE]) as running, asking() as asker:
        time.sleep(interval)
        for number in range(2 * context.rounds):
            pair = {}
            for active in turns(number):
                asker.active = active
                start = time.monotonic()
                pair[active] = cycles_over(running, context.window, interval)
                asked += (time.monotonic() - start) * active
            if min(share for _, share in pair.values()) < 0.97 and not context.quick:
                dropped += 1
            else:
                for active, (value, _) in pair.items():
                    cycles[active].append(value)
        asker.active = False
        running.stop()
    return cycles, asker.answers / asked, dropped


def slowdown(context):
    section = context.section(
        "queries", f"Top lists over telemetry at {HERTZ} Hz while the worker is at full rate",
        ["capture", "packet size", "active flows", "new flows/s", "cores", "rounds",
         "cycles/packet quiet", "asked", "slowdown: min", "median", "max", "answers/s"])
    section.remark(f"Quiet and asked in turn within one run; a tick asks for all {len(DIMENSIONS)} "
                   "lists. Slowdown: of each round's own pair.")
    context.need_cores(section, 3, "worker, statistics and the one who asks")
    for name in context.few(CASES):
        capture = context.captures.get(name)
        command = context.port_command(context.eal([vdev(capture)], memory=memory_for(capture)))
        section.command(command, context.captures.folder)
        cycles, answers, dropped = measure(context, command)
        if dropped:
            section.remark(f"{name}: {dropped} rounds dropped, the worker was not alone on its "
                           "core.")
        changes = sorted(asked / quiet - 1 for quiet, asked in zip(cycles[False], cycles[True]))
        if len(changes) < (1 if context.quick else CLEAN_LEAST):
            section.goal("queries", "too few rounds were clean", name)
        else:
            add_row(section, capture, cycles, changes, answers)
    context.finish(section)


def add_row(section, capture, cycles, changes, answers):
    spread = [change * 100 for change in (changes[0], statistics.median(changes), changes[-1])]
    section.add(capture.name, capture.frame_size, capture.flows, 0, 1, len(changes),
                f"{statistics.median(cycles[False]):.1f}", f"{statistics.median(cycles[True]):.1f}",
                *(f"{change:+.1f}%" for change in spread), f"{answers:.0f}")
    section.goal("queries", spread[1], capture.name)


# ---- added loss ----

def losses(context, capture):
    """(rate without loss, {load: {asked: [loss]}})"""
    found = {load: {False: [], True: []} for load in LOADS}
    with memif.weir_fed(context, capture, loss.options_for(capture)) as fed:
        most = loss.sender_most(fed, capture)
        best = loss.search(fed, most, loss.seconds(context), loss.steps(context))
        with asking() as asker:
            for number in range(context.rounds):
                for load in LOADS if best > 0 else ():
                    for active in turns(number):
                        asker.active = active
                        trial = loss.send(fed, best * load, context.window, most)
                        found[load][active].append(trial.loss)
            asker.active = False
        fed.stop()
    return best, found


def added_loss(context):
    section = context.section(
        "queries:loss", f"Loss that top lists over telemetry at {HERTZ} Hz add",
        ["active flows", "packet size", "new flows/s", "cores", "Mpps offered", "of the highest "
         "without loss", "loss quiet: min", "median", "max", "loss asked: min", "median", "max"])
    section.remark("As `scripts/bench loss`, at fixed rates; quiet and asked in turn.")
    context.need_cores(section, 3, "worker, sender and statistics; the last two share one")
    capture = context.captures.get(LOSS_CASE)
    best, found = losses(context, capture)
    for load, both in found.items():
        cells = [f"{value(both[asked]) * 100:.3g}%" if both[asked] else "-"
                 for asked in (False, True) for value in (min, statistics.median, max)]
        section.add(capture.flows, capture.frame_size, 0, 2, millions(best * load), f"{load:g}",
                    *cells)
    context.finish(section)


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {MAIN_LCORE})
    try:
        with context.captures:
            slowdown(context)
            added_loss(context)
    finally:
        os.sched_setaffinity(0, everywhere)
