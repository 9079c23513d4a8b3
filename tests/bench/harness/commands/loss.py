# SPDX-License-Identifier: BSD-3-Clause
"""
Offered rate against loss, and the highest rate without any (after RFC 2544, section 26.1): how
it changes with the number of active flows. What is lost is what found no room in the ring to
weir: sent = received + missed holds to the packet, or the run does not count.
"""

import sys
from dataclasses import dataclass
from statistics import median

from .. import memif
from ..document import millions
from ..process import BenchError

HELP = "offered rate against loss, the highest rate without any"

CASES = ("1m-10k-each", "1m-100k-each", "1m-1m-each", "10m-10m-each", "32m-32m-each")
STEPS = 7              # of the binary search: to 1/128 of the sender's own rate
CURVE = (1, 2, 5, 10, 15, 20, 25, 30)  # Mpps
KEPT_MOST = 100e-6     # seconds that a worker may be kept from its core during a trial
TRIES = 5              # of a trial with loss in which it was longer


def arguments(command):
    command.add_argument("--trial", type=float, metavar="S",
                         help="how long a trial is (a quarter of the window; RFC 2544 wants 60)")
    command.add_argument("--rates", metavar="MPPS,...", help="those of the curve")


def asked(context, name):
    """An argument of this subcommand: `all` has none of them."""
    return getattr(context.arguments, name, None)


def seconds(context):
    """Of a trial."""
    return asked(context, "trial") or context.window / 4


def curve_rates(context):
    rates = asked(context, "rates")
    return tuple(float(mpps) for mpps in rates.split(",")) if rates else CURVE


def steps(context):
    return 3 if context.quick else STEPS


def send(fed, rate, length, most):
    """
    A trial at `rate` (0: all that the sender can). Loss because something else ran on the worker's
    core says nothing about weir: then again.
    """
    for _ in range(TRIES):
        waited = fed.waited()
        trial = fed.sender.send(rate, max(1, int((rate or most) * length)))
        if trial.loss == 0 or fed.waited() - waited < KEPT_MOST:
            break
    return trial


def search(fed, most, length, halvings=STEPS):
    """The highest rate up to `most` at which nothing was lost, by bisection."""
    if send(fed, most, length, most).loss == 0:
        return most
    low, high = 0, most
    for _ in range(halvings):
        middle = (low + high) / 2
        if send(fed, middle, length, most).loss == 0:
            low = middle
        else:
            high = middle
    return low


def options_for(capture):
    return ["--flow-capacity", str(max(1 << 20, capture.flows)), "--inactive-timeout", "300"]


def age(fed):
    """Of the newest snapshot, in ms; 0: not more than two intervals."""
    return fed.weir.telemetry.ask("/weir/ledger").get("age_ms", 0)


@dataclass
class Result:
    rates: list     # without loss, frames a second
    curve: dict     # by Mpps offered: the losses
    most: float     # that the sender can offer
    oldest: int     # snapshot, of those looked at behind each trial: its age, ms
    overflow: float # share of the frames


def sender_most(fed, capture):
    """What the sender can offer, having sent every flow once so that weir knows them all."""
    fed.sender.send(0, capture.frames, lossless=True)
    return fed.sender.send(0, capture.frames).rate


def measure(context, capture):
    rates, curve, oldest = [], {mpps: [] for mpps in curve_rates(context)}, 0
    length = seconds(context)
    with memif.weir_fed(context, capture, options_for(capture)) as fed:
        most = sender_most(fed, capture)
        for number in range(context.rounds):
            rates.append(search(fed, most, length, steps(context)))
            print(f"  round {number + 1} {capture.name}: {rates[-1] / 1e6:.2f} M/s without loss",
                  file=sys.stderr)
            for mpps, losses in curve.items():
                if mpps * 1e6 <= most:
                    losses.append(send(fed, mpps * 1e6, length, most).loss)
                    oldest = max(oldest, age(fed))
        report = fed.stop()
    if report["flows"]["created"] != capture.flows:
        raise BenchError(f"weir: made {report['flows']['created']} records of {capture.flows} "
                         "flows; this run does not count")
    ledger = report["ledger"]
    return Result(rates, curve, most, oldest, ledger["overflow"] / ledger["received"])


def percent(losses):
    return "-" if not losses else f"{median(losses) * 100:.3g}%"


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic")
    section = context.section(
        "loss", "Offered rate against loss, one worker, memif from another process",
        ["active flows", "packet size", "new flows/s", "cores", "no loss: Mpps min", "median",
         "max", *(f"loss at {mpps:g}" for mpps in curve_rates(context)), "sender's most",
         "oldest snapshot, ms", "overflow"])
    section.remark(f"Each flow in its turn. Trials of {seconds(context):g} s (RFC 2544 wants "
                   "60: --trial), "
                   f"{STEPS} steps of bisection between 0 and what the sender can offer; a ring of "
                   f"{2 ** memif.RING_LOG2} frames. Loss at so many Mpps offered: median of the "
                   "rounds; -: more than the sender can offer.")
    section.remark("In every run sent = received + missed, to the packet: the sender counts what "
                   "the ring took and what it did not, and weir's ledger has exactly the former.")
    section.remark(f"A trial with loss in which something else had the worker's core for "
                   f"{KEPT_MOST * 1e6:.0f} us or more is repeated, up to {TRIES} trials in all.")
    section.remark("Oldest snapshot: looked at behind each trial of the curve; 0 is not older than "
                   "two intervals. Overflow: frames whose flow found no room in the table.")
    section.remark("After a pause of more than 20 us the sender goes on at the given rate and does "
                   "not catch up.")
    context.need_cores(section, 3, "worker, sender and statistics; the last two share one")
    with context.captures:
        for name in context.few(CASES, 2):
            capture = context.captures.get(name)
            if name == CASES[0]:
                section.command(memif.weir_command(context, "FOLDER", options_for(capture)))
                section.command(memif.sender(context, capture, "FOLDER").command,
                                context.captures.folder)
            result = measure(context, capture)
            rates = result.rates
            section.add(capture.flows, capture.frame_size, 0, 2, millions(min(rates)),
                        millions(median(rates)), millions(max(rates)),
                        *map(percent, result.curve.values()), millions(result.most), result.oldest,
                        f"{result.overflow * 100:.3g}%")
            context.captures.drop(name)
    context.finish(section)
