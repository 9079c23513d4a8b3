#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Does scripts/bench refuse what it says it refuses, and keep what it should of a document?"""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import callgrind, captures, commands, goals, memif, testpmd, weir  # noqa: E402
from harness.commands import instructions, loss, xdp_live  # noqa: E402
from harness.document import Section  # noqa: E402
from harness.process import BenchError  # noqa: E402
from harness.rounds import Sample, Series, interleave, ratio  # noqa: E402


def series(name, rate, packets=None, window=None, runs=5):
    one = Series(name)
    for _ in range(runs):
        one.add(Sample(rate, packets, window))
    return one


class Ratios(unittest.TestCase):
    def test_same_work(self):
        found = ratio(series("a", 10.0, 7), series("b", 4.0, 7))
        self.assertEqual((found.value, str(found)), (2.5, "2.50"))

    def refused(self, ours, theirs, why):
        found = ratio(ours, theirs)
        self.assertIsNone(found.value)
        self.assertIn(why, str(found))
        self.assertEqual(goals.row("memory", found.or_refusal())[3], "not measured")

    def test_other_work(self):
        self.refused(series("a", 10.0, 7), series("b", 4.0, 8), "not the same packets")

    def test_one_run_of_other_work(self):
        ours = series("a", 10.0, 7)
        ours.add(Sample(10.0, 6))
        self.refused(ours, series("b", 4.0, 7), "not the same packets")

    def test_unsaid_work(self):
        self.refused(series("a", 10.0, 7), series("b", 4.0), "b does not say")
        self.refused(series("a", 10.0), series("b", 4.0), "a does not say")

    def test_equal_time(self):
        self.assertEqual(ratio(series("a", 1.0, window=2.0), series("b", 4.0, window=2.1)).value,
                         0.25)

    def test_other_time(self):
        self.refused(series("a", 1.0, window=2.0), series("b", 4.0, window=3.0), "same time")

    def test_time_against_a_count(self):
        self.refused(series("a", 1.0, window=2.0), series("b", 4.0, 7), "count against a time")

    def test_nothing(self):
        self.refused(Series("a"), series("b", 4.0, 7), "not measured")


class Goals(unittest.TestCase):
    def verdicts(self, key, value):
        row = goals.row(key, value)
        return row[3], row[5]

    def test_more_is_better(self):
        for value, expected in ((0.5, ("not reached", "not reached")),
                                (0.95, ("reached", "not reached")), (1.2, ("reached", "reached"))):
            self.assertEqual(self.verdicts("5tswap-8k-1k", value), expected)

    def test_less_is_better(self):
        for value, expected in ((200, ("not reached", "not reached")),
                                (160, ("reached", "not reached")), (128, ("reached", "reached"))):
            self.assertEqual(self.verdicts("memory", value), expected)

    def test_not_measured(self):
        self.assertEqual(goals.row("memory", "no reason")[1], "no reason")
        self.assertEqual(self.verdicts("memory", "no reason"), ("not measured", "not measured"))


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

    def test_sections_of_one_subcommand(self):
        for name in ("queries", "queries:loss"):
            section = Section(name, "A title", "a machine", ["what"])
            self.assertIn("`scripts/bench queries`", section.markdown())

    def test_commands_as_a_user_types_them(self):
        section = Section("one", "One", "a machine", ["what"])
        section.command(["/b/tests/bench/table/bench-table-plain", "-r", "1"])
        section.command(["/b/app/weir", "--vdev", "net_pcap0,rx_pcap=/tmp/f/8k-1k.pcap"], "/tmp/f")
        self.assertEqual(section.commands,
                         ["bench-table-plain -r 1", "weir --vdev net_pcap0,rx_pcap=FILE"])

    def test_every_subcommand_has_what_the_command_line_needs(self):
        for name, module in commands.load().items():
            self.assertTrue(callable(module.main), name)
            self.assertTrue(module.HELP, name)

    def test_quick_captures_are_small_and_else_the_same(self):
        self.assertEqual(captures.shrink("--frames 10000000 --flows 1000 --order zipf"),
                         "--frames 100000 --flows 1000 --order zipf")
        self.assertEqual(captures.shrink("--frames 8192 --flood syn"), "--frames 8192 --flood syn")


class Instructions(unittest.TestCase):
    source = """\
static int inner(int x)
{
	return x;
}

/* of outer( */
struct s outer(struct s *s,
	       int y)
{
	call(y);
}
"""

    def test_own_instructions_by_line(self):
        lines = ["ob=/lib/x.so\n", "fl=a.c\n", "fn=outer\n", "10 5\n", "cfn=inner\n",
                 "calls=3 20\n", "11 900\n", "11 2\n", "fi=other.h\n", "40 4\n", "fe=a.c\n",
                 "12 1\n", "\n", "fl=???\n", "fn=0x12\n", "0 7\n"]
        self.assertEqual(callgrind.parse(lines), {
            ("a.c", 10, "outer"): 5, ("a.c", 11, "outer"): 2, ("other.h", 40, "outer"): 4,
            ("a.c", 12, "outer"): 1, ("/lib/x.so", 0, "0x12"): 7})

    def test_functions_of_a_source(self):
        self.assertEqual(callgrind.functions_of(self.source), [(1, "inner"), (7, "outer")])

    def test_inlined_lines_belong_to_their_source(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.c"
            path.write_text(self.source)
            self.assertEqual(callgrind.function_at(str(path), 3, "main"), "inner")
            self.assertEqual(callgrind.function_at(str(path), 10, "main"), "outer")
        self.assertEqual(callgrind.function_at("/not/there.c", 3, "main"), "main")

    def test_stages(self):
        for where, stage in ((("x/lib/packet/parse.c", "packet_parse"), "parse"),
                             (("x/lib/base/include/weir/hash.h", "hash_fold"), "hash"),
                             (("x/lib/flow/index.h", "bucket_match"), "find"),
                             (("x/lib/flow/record.h", "record_update"), "update"),
                             (("x/lib/worker/tally.h", "tally_frame"), "tally"),
                             (("/usr/include/dpdk/rte_mbuf.h", "rte_pktmbuf_reset"),
                              "DPDK: driver, buffers, rings")):
            self.assertEqual(instructions.stage_of(*where), stage)


class Receiver:
    """As memif.Fed, for a receiver that loses whatever comes faster than `limit`."""

    def __init__(self, limit):
        self.limit, self.sender = limit, self

    def waited(self):
        return 0.0

    def send(self, rate, frames):
        lost = max(0, round(frames * (1 - self.limit / rate)))
        return memif.Trial(frames, frames - lost, frames / rate, 0.0)


class Disturbed(Receiver):
    """Something else runs on its core in all trials but every fourth: then it loses."""

    def __init__(self, limit):
        super().__init__(limit)
        self.trials = 0

    def waited(self):
        return 1.0 * (self.trials - self.trials // 4)

    def send(self, rate, frames):
        self.trials += 1
        if self.trials % 4 == 0:
            return super().send(rate, frames)
        return memif.Trial(frames, frames // 2, frames / rate, 0.0)


class Loss(unittest.TestCase):
    def test_search_comes_close_from_below(self):
        for limit in (1e6, 7.3e6, 19.9e6):
            found = loss.search(Receiver(limit), 20e6, 1.0)
            self.assertLessEqual(found, limit * 1.001)
            self.assertGreater(found, limit - 20e6 / 2 ** loss.STEPS * 1.001)

    def test_trials_in_which_something_else_ran_are_repeated(self):
        found = loss.search(Disturbed(7.3e6), 20e6, 1.0)
        self.assertGreater(found, 7.3e6 - 20e6 / 2 ** loss.STEPS * 1.001)

    def test_sender_is_the_limit(self):
        self.assertEqual(loss.search(Receiver(30e6), 20e6, 1.0), 20e6)


class XdpLive(unittest.TestCase):
    def test_frames_that_are_not_all_counted(self):
        whole, less = series("a", 10.0, 7), series("b", 4.0, 6)
        self.assertEqual(str(xdp_live.compare(whole, less, 7)), "refused: b: 6 of 7 frames")
        self.assertIn("refused", str(xdp_live.compare(less, less, 7)))
        self.assertEqual(xdp_live.compare(whole, series("c", 5.0, 7), 7).value, 2)

    def test_cost_beyond_what_both_have(self):
        worker, drop, base = (series(str(cost), 1e9 / cost, 7) for cost in (330, 90, 30))
        self.assertAlmostEqual(xdp_live.beyond(worker, drop, base, 7), 5)
        self.assertIn("refused", xdp_live.beyond(worker, drop, series("x", 1e9 / 30, 6), 7))
        self.assertIn("refused", xdp_live.beyond(worker, drop, drop, 7))

    def test_rules_differ(self):
        rules = xdp_live.prefixes(100000).splitlines()
        self.assertEqual(len(set(rules)), 100000)
        self.assertEqual(rules[:2], ["drop from 10.0.0.0", "drop from 10.55.121.177"])


class Testpmd(unittest.TestCase):
    def test_sums_of_all_ports(self):
        said = """
  ---------------------- Forward statistics for port 0  ----------------------
  RX-packets: 5              RX-dropped: 0             RX-total: 5
  TX-packets: 0              TX-dropped: 0             TX-total: 0
  +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++
  RX-packets: 7              RX-dropped: 1             RX-total: 8
  TX-packets: 5              TX-dropped: 2             TX-total: 7
"""
        self.assertEqual(testpmd.accumulated(said), (7, 1, 8))
        self.assertEqual(testpmd.accumulated(said, "TX"), (5, 2, 7))
        self.assertIsNone(testpmd.accumulated("nothing"))


if __name__ == "__main__":
    unittest.main()
