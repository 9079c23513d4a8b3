# SPDX-License-Identifier: BSD-3-Clause
"""What weir set out to reach, as ratios within one run: floor and aim, and was it reached?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    what: str
    floor: float
    aim: float
    unit: str = "x"
    less_is_better: bool = False

    def reached(self, value, wanted):
        met = value <= wanted if self.less_is_better else value >= wanted
        return "reached" if met else "not reached"

    def show(self, value):
        if self.unit == "x":
            return f"{value:.2f}x"
        return f"{value:.{2 if self.unit == 's' else 1}f} {self.unit}"


GOALS = {
    "5tswap-8k-1k": Goal("weir / testpmd 5tswap, 64 B, 1k flows in 8k frames", 0.95, 1.1),
    "5tswap-8k-1k-vlan": Goal("weir / testpmd 5tswap, the same with a VLAN tag", 0.85, 1.0),
    "5tswap-1m-64k": Goal("weir / testpmd 5tswap, 64 B, 64k flows in 1M frames", 0.88, 1.0),
    "5tswap-16k-1k-imix": Goal("weir / testpmd 5tswap, IMIX", 0.95, 1.0),
    "ipfixprobe-8k-1k": Goal("weir / ipfixprobe's DPDK input, 1k flows", 2.5, 4),
    "ipfixprobe-32k-30k": Goal("weir / ipfixprobe's DPDK input, 30k flows", 4, 8),
    "table-1m": Goal("flow table, 1M flows uniform / 1k flows", 0.65, 0.75),
    "table-8m": Goal("flow table, 8M flows uniform / 1k flows", 0.45, 0.60),
    "table-prefetch": Goal("flow table / itself without prefetching, 1M flows uniform", 4, 6),
    "table-rte-hash": Goal("flow table / rte_hash bulk and an array of records, 1M flows", 1.5, 2),
    "table-churn": Goal("insert and expire a flow with every packet, 4M flows", 13.5, 20, "Mpps"),
    "read-ipfixprobe": Goal("weir --read / ipfixprobe, 10M frames, 1M flows", 8, 15),
    "read-softflowd-1k": Goal("weir --read / softflowd, 10M frames, 1k flows", 1, 5),
    "read-softflowd": Goal("weir --read / softflowd, 10M frames, 1M flows", 20, 40),
    "read-nfpcapd": Goal("weir --read / nfpcapd, 10M frames, 1M flows", 12, 25),
    "export-ipfix": Goal("one outlet, IPFIX over UDP on loopback", 1.0, 2.5, "M records/s"),
    "export-json": Goal("one outlet, JSON to a file", 1.0, 1.0, "M records/s"),
    "export-clickhouse": Goal("one outlet, ClickHouse into a table of the engine Null", 0.3, 0.3, "M records/s"),
    "export-give": Goal("what the statistics pay for an outlet", 30, 30, "ns a record", less_is_better=True),
    "read-libpcap": Goal("weir --read --flows / libpcap's bare loop, 10M frames, 1k flows", 0.9, 1.5),
    "read-imix": Goal("weir --read --flows, IMIX, 1M flows", 3, 6, "GB/s"),
    "read-small": Goal("weir --read --flows, 900 packets", 0.3, 0.15, "s", less_is_better=True),
    "read-thousand": Goal("weir --read --flows, 1,000 captures of 100 packets", 2, 1, "s",
                          less_is_better=True),
    "memory": Goal("memory for a flow, everything", 160, 128, "bytes", less_is_better=True),
    "stats": Goal("snapshot of 4 workers with 1M active flows each", 400, 200, "ms",
                  less_is_better=True),
    "stats-flow": Goal("the same for an active flow", 100, 50, "ns", less_is_better=True),
    "stats-stop": Goal("the same, draining stopped for at most", 10, 2, "ms", less_is_better=True),
    "stats-idle": Goal("snapshot of 1M flows, 10k of them active", 10, 4, "ms", less_is_better=True),
    "stats-many": Goal("snapshot of 4 workers with 8M active flows each, by two lcores", 2000, 1000, "ms",
                       less_is_better=True),
    "stats-ended": Goal("an ended record", 100, 50, "ns", less_is_better=True),
    "queries": Goal("slowdown of the worker by telemetry at 10 Hz", 1, 0.1, "%",
                    less_is_better=True),
    "xdp-live-10k": Goal("cost of a live frame, 10k prefilter rules / bare XDP_DROP", 2, 2,
                         less_is_better=True),
    "xdp-live-worker": Goal("cost of a live frame, dropped by the worker / in XDP", 5, 5),
}

HEADINGS = ["goal", "measured", "floor", "", "aim", ""]


def row(key, value, where=""):
    """
    Cells for HEADINGS. `value` is a number; anything else says why there is none. `where`: if
    it was measured more than once.
    """
    goal = GOALS[key]
    what = goal.what + (f" ({where})" if where else "")
    if not isinstance(value, (int, float)):
        return [what, str(value), goal.show(goal.floor), "not measured",
                goal.show(goal.aim), "not measured"]
    return [what, goal.show(value), goal.show(goal.floor), goal.reached(value, goal.floor),
            goal.show(goal.aim), goal.reached(value, goal.aim)]
