# SPDX-License-Identifier: BSD-3-Clause
"""Interleaved rounds: every contestant once in each, so that all see the same machine."""

import statistics
import sys
from dataclasses import dataclass, field

CLEAN_LEAST = 3
WINDOWS_DIFFER_MOST = 0.25  # of measurements over equal time


@dataclass
class Sample:
    """One run of one contestant."""
    rate: float                 # packets a second
    packets: int | None = None  # how many it says it processed; None: it does not say
    window: float | None = None # endless traffic: the seconds it was counted over
    cycles: float | None = None # per packet
    disturbed: str = ""         # why the figure is not to be trusted
    extra: dict = field(default_factory=dict)


class Series:
    """All runs of one contestant."""

    def __init__(self, name):
        self.name = name
        self.kept, self.dropped = [], []

    def add(self, sample):
        (self.dropped if sample.disturbed else self.kept).append(sample)

    def disturbed(self):
        """Were too few runs clean?"""
        return len(self.kept) < CLEAN_LEAST and bool(self.dropped)

    def samples(self):
        """The clean runs; all of them where these are too few."""
        return self.kept + self.dropped if self.disturbed() else self.kept

    def median(self, value=lambda sample: sample.rate):
        values = [v for v in map(value, self.samples()) if v is not None]
        return statistics.median(values) if values else None

    def spread(self):
        rates = [sample.rate for sample in self.samples()]
        return min(rates), statistics.median(rates), max(rates)


def interleave(contestants, rounds, attempts=2):
    """
    Run each of `contestants` ({name: function that returns a Sample}) in turn, `rounds` times, and
    then up to `attempts` times as many rounds for those that still lack undisturbed runs.
    Each round starts with another one. Returns {name: Series}.
    """
    series = {name: Series(name) for name in contestants}
    names = list(contestants)
    for number in range(rounds * attempts):
        turn = number % len(names) if names else 0
        for name in names[turn:] + names[:turn]:
            if number >= rounds and len(series[name].kept) >= rounds:
                continue
            sample = contestants[name]()
            series[name].add(sample)
            print(f"  round {number + 1} {name}: {sample.rate / 1e6:.2f} M/s"
                  + (f" ({sample.disturbed})" if sample.disturbed else ""), file=sys.stderr)
    return series


@dataclass(frozen=True)
class Ratio:
    """A number, or the reason why there is none."""
    value: float | None
    refusal: str = ""

    def __str__(self):
        return self.refusal if self.value is None else f"{self.value:.2f}"

    def or_refusal(self):
        """For goals.row()."""
        return self.refusal if self.value is None else self.value


def _refusal(ours, theirs):
    samples = ours.samples() + theirs.samples()
    windows = [sample.window for sample in samples]
    if not samples or not ours.samples() or not theirs.samples():
        return "refused: not measured"
    if None not in windows:
        apart = max(windows) > min(windows) * (1 + WINDOWS_DIFFER_MOST)
        return "refused: not the same time" if apart else ""
    if any(window is not None for window in windows):
        return "refused: a count against a time"
    for one in (ours, theirs):
        if any(sample.packets is None for sample in one.samples()):
            return f"refused: {one.name} does not say how many"
    counts = {sample.packets for sample in samples}
    return "" if len(counts) == 1 else "refused: not the same packets"


def ratio(ours, theirs):
    """
    How many times as fast: a Ratio, refused where the two did not do the same work. That is the
    same number of packets; where traffic is endless, what each counted in the same time.
    """
    refusal = _refusal(ours, theirs)
    return Ratio(None, refusal) if refusal else Ratio(ours.median() / theirs.median())
