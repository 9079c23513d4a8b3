#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Does scripts/bench refuse what it says it refuses, and keep what it should of a document?"""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import counts, weir  # noqa: E402
from harness.document import Section  # noqa: E402
from harness.process import BenchError  # noqa: E402
from harness.rounds import Sample, Series, interleave, ratio  # noqa: E402


def series(name, rate, packets, runs=5):
    one = Series(name)
    for _ in range(runs):
        one.add(Sample(rate, packets))
    return one


class Ratios(unittest.TestCase):
    def test_same_work(self):
        self.assertEqual(ratio(series("a", 10.0, 7), series("b", 4.0, 7)), "2.50")

    def test_other_work(self):
        self.assertIn("refused", ratio(series("a", 10.0, 7), series("b", 4.0, 8)))

    def test_unsaid_work(self):
        self.assertIn("refused", ratio(series("a", 10.0, 7), series("b", 4.0, None)))

    def test_equal_time(self):
        self.assertEqual(ratio(series("a", 1.0, None), series("b", 4.0, None)), "0.25")


class Rounds(unittest.TestCase):
    def run_with(self, verdicts, rounds=5):
        left = iter(verdicts)
        return interleave({"it": lambda: Sample(1.0, disturbed=next(left))}, rounds)["it"]

    def test_disturbed_runs_are_repeated_and_dropped(self):
        it = self.run_with(["", "noise", "", "", ""] + [""] * 5)
        self.assertEqual((len(it.samples()), it.disturbed()), (5, False))

    def test_too_few_clean_runs_show_all(self):
        it = self.run_with(["noise"] * 8 + ["", ""])
        self.assertEqual((len(it.samples()), it.disturbed()), (10, True))

    def test_each_round_begins_with_another(self):
        order = []
        interleave({name: lambda name=name: order.append(name) or Sample(1.0) for name in "abc"}, 3)
        self.assertEqual("".join(order), "abcbcacab")


class Reports(unittest.TestCase):
    sums = {"frames": 5, "flows": 2}

    def report(self, **changes):
        ledger = dict.fromkeys(weir.BUCKETS, 0) | {"flow": 5, "received": 5, "balanced": True}
        return {"ledger": ledger | changes,
                "flows": {"created": 2, "capacity": 10, "ended": {"resources": 0}}}

    def test_whole(self):
        weir.check(self.report())
        weir.check(self.report(), self.sums)

    def test_broken(self):
        for changes in ({"received": 6}, {"balanced": False}, {"flow": 0, "received": 0}):
            with self.assertRaises(BenchError, msg=changes):
                weir.check(self.report(**changes))

    def test_not_the_capture(self):
        for change in ({"frames": 6}, {"flows": 3}):
            with self.assertRaises(BenchError, msg=change):
                weir.check(self.report(), self.sums | change)

    def test_frames_without_flow(self):
        with self.assertRaises(BenchError):
            weir.check(self.report(flow=4, non_ip=1), self.sums)


class Parts(unittest.TestCase):
    def test_section_is_replaced_and_the_rest_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "document.md"
            path.write_text("# Head\n")
            for value in ("1", "2"):
                section = Section("one", "One", "a machine", ["what", "value"])
                section.add("x", value)
                section.write(path)
                Section("two", "Two", "a machine", ["what"]).write(path)
            text = path.read_text()
        self.assertTrue(text.startswith("# Head\n"))
        self.assertEqual(text.count("## One"), 1)
        self.assertEqual(text.count("## Two"), 1)
        self.assertIn("| x | 2 |", text)
        self.assertNotIn("| x | 1 |", text)

    def test_callgrind_counts_own_instructions(self):
        lines = ["fn=(1) outer\n", "10 5\n", "cfn=(2) inner\n", "calls=3 20\n", "11 900\n",
                 "+1 2\n", "fi=(1) other.h\n", "* 4\n", "fn=(2)\n", "20 900\n", "fn=(1)\n",
                 "-3 1\n"]
        self.assertEqual(counts.parse(lines), {"outer": 12, "inner": 900})


if __name__ == "__main__":
    unittest.main()
