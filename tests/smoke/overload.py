# SPDX-License-Identifier: BSD-3-Clause
"""Workers that stand still for 100 ms or more, while the rest of weir goes on: the loss is exact, and
weir says on which queue it was, when, and what share of its lists is missing.

    [sender: tcpreplay] span0 ---- veth, 2 queues ---- mon0 [monitor: weir, 2 workers, stalled]
"""

import time
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

from tests.kit import thread
from tests.kit.rig import LiveWeir, Rig
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay, replay_in_step

QUEUES, FLOWS = 2, 1000
# AF_PACKET hands frames that find their queue full to another one: there both have to be full.
STALLED = {"AF_PACKET": (0, 1), "AF_XDP": (1,)}


def queue_rows(report: dict) -> list[dict]:
    """AF_XDP: a port a queue; AF_PACKET: a port with queues."""
    return [queue for port in report["ports"] for queue in port["queues"]]


def stall(live: LiveWeir, which: tuple, send) -> tuple[int, datetime, datetime, int]:
    """What `send` sent while these workers stood still, when that was, and how many snapshots
    the stats core made meanwhile."""
    workers = thread.named(live.process.pid, "rte-worker")
    first, before = datetime.now(timezone.utc), live.ask("/weir/info")["snapshot"]
    with ExitStack() as stack:
        for number in which:
            stack.enter_context(thread.Stalled(workers[number]))
        sent = send()
        time.sleep(max(0.0, 0.1 - (datetime.now(timezone.utc) - first).total_seconds()))
        # Two snapshots on: all that was lost has been seen to be.
        deadline = time.monotonic() + 30
        while (snapshots := live.ask("/weir/info")["snapshot"] - before) < 2:
            assert time.monotonic() < deadline, "the stats core stands still"
            time.sleep(0.05)
    return sent, first, datetime.now(timezone.utc), snapshots


def overloaded(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", QUEUES)
        live = rig.weir("--interface", "mon0", "--workers", QUEUES, "--driver", driver.lower(),
                        namespace=monitor)
        few = many_flows(str(rig.folder / "few.pcap"), 1000, FLOWS)
        many = many_flows(str(rig.folder / "many.pcap"), 10_000, FLOWS)
        sent = replay_in_step(sender, "span0", few, live)
        tap.equal(f"{driver}: no loss yet", [port["loss"] for port in live.ask("/weir/ports")[
            "ports"].values() if "loss" in port], [])
        during, first, last, snapshots = stall(
            live, STALLED[driver],
            lambda: replay(sender, "span0", many, "--pps", 30_000, "--loop", 4))
        sent += during
        live.wait_for(sent)
        share = live.ask("/weir/top,source,1")["missed_share_ppm"]
        sent += replay_in_step(sender, "span0", few, live)
        analysis = live.stop()
        report, ledger = analysis.report, analysis.report["ledger"]
        lost = ledger["missed"] + ledger["no_mbuf"]
        rows = queue_rows(report)
        tap.equal(f"{driver}: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.ok(f"{driver}: the stats core went on", snapshots >= 2)
        tap.ok(f"{driver}: frames were missed", ledger["missed"] > 0, ledger)
        tap.equal(f"{driver}: sent = received + missed + no_mbuf", ledger["received"] + lost, sent)
        tap.equal(f"{driver}: queues tell all of it", sum(row["missed"] for row in rows),
                  ledger["missed"])
        queue = max(rows, key=lambda row: row["missed"])
        if len(STALLED[driver]) == 1:  # the other one may lose some, too, on a busy machine
            tap.ok(f"{driver}: most of it on one queue", queue["missed"] * 2 > ledger["missed"], rows)
        interval = timedelta(seconds=1)  # 0.2 s, on a machine that may be busy
        begin, end = (datetime.fromisoformat(queue["loss"][key][:23] + "+00:00")
                      for key in ("first", "last"))
        tap.ok(f"{driver}: while the worker stood still", first - interval <= begin < end
               <= last + interval, (first, begin, end, last))
        # Also when AF_PACKET has handed frames of one flow to two queues.
        tap.equal(f"{driver}: a record for each flow", len(analysis.flows), FLOWS)
        tap.ok(f"{driver}: the lists say what share they lack", share > 0 and
               report["top_missed_share_ppm"] == lost * 1_000_000 // sent, (share, lost, sent))


def main() -> None:
    tap = Tap()
    overloaded(tap, "AF_PACKET")
    overloaded(tap, "AF_XDP")
    tap.end()


if __name__ == "__main__":
    main()
