# SPDX-License-Identifier: BSD-3-Clause
"""Interleaved rounds: every contestant once in each, so that all see the same machine."""

import statistics
import sys
from dataclasses import dataclass, field

CLEAN_LEAST = 3


@dataclass
class Sample:
    """One run of one contestant."""
    rate: float                 # packets a second
    packets: int | None = None  # how many it says it processed; None: it does not say
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
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if number >= rounds and len(series[name].kept) >= rounds:
                continue
            sample = contestants[name]()
            series[name].add(sample)
            print(f"  round {number + 1} {name}: {sample.rate / 1e6:.2f} M/s"
                  + (f" ({sample.disturbed})" if sample.disturbed else ""), file=sys.stderr)
    return series


def ratio(ours, theirs):
    """
    How many times as fast, as text; a refusal where the two did not do the same work. Runs
    over equal time have no count to compare (packets None on both sides).
    """
    counts = {sample.packets for sample in ours.samples() + theirs.samples()}
    if len(counts) > 1:
        return "refused: " + (f"{theirs.name} does not say how many" if None in counts
                              else "not the same packets")
    return f"{ours.median() / theirs.median():.2f}"
