# SPDX-License-Identifier: BSD-3-Clause
"""weir with EAL options of the user's, on DPDK's virtual devices without hugepages:

    net_null                   frames of zeros, as fast as they are asked for
    net_pcap, infinite_rx      a capture again and again
    net_pcap, four captures    one queue each; one worker for all, or one for each
"""

from pathlib import Path

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.rig import Rig
from tests.kit.tap import Tap

NO_HUGE = ("--no-huge", "-m", 512, "--no-shconf", "--no-pci")


def endless(tap: Tap, vdev: str, keys: set) -> None:
    """A source that never runs dry: what weir received is what the driver says it gave."""
    with Rig() as rig:
        live = rig.weir("--duration", 1, eal=("--lcores=0@0,1@1", *NO_HUGE, f"--vdev={vdev}"))
        analysis = live.wait()
        name = vdev.split(",")[0]
        tap.equal(f"{name}: --duration: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.ok(f"{name}: there were frames", analysis.report["ledger"]["received"] > 0)
        tap.equal(f"{name}: as many as the driver gave", analysis.report["ledger"]["received"],
                  sum(port["received"] for port in analysis.report["ports"]))
        tap.equal(f"{name}: and as its own extended statistics say",
                  [port["xstats"].get("rx_good_packets") for port in analysis.report["ports"]],
                  [port["received"] for port in analysis.report["ports"]])
        tap.equal(f"{name}: its flows", {key[2:] for key in weir.traffic(analysis.flows, False)},
                  {key[2:] for key in keys})


def split_by_pair(path: str, folder: Path, parts: int) -> list[str]:
    """The capture in `parts` files; all packets between two addresses are in the same one."""
    files: list[list[capture.Frame]] = [[] for _ in range(parts)]
    pairs: dict[frozenset, int] = {}
    for frame in capture.read(path):
        try:
            packet = oracle.classify(frame)
            pair = frozenset((packet.source, packet.destination))
        except oracle.Verdict:
            pair = frozenset()
        files[pairs.setdefault(pair, len(pairs)) % parts].append(frame)
    names = [str(folder / f"queue{number}.pcap") for number in range(parts)]
    for name, frames in zip(names, files):
        capture.write(name, frames)
    return names


def four_queues(tap: Tap) -> None:
    """The same four queues on one worker and on four: the same totals, the same flows."""
    frames = len(list(capture.read(weir.BUNDLED)))
    analyses = []
    with Rig() as rig:
        files = split_by_pair(weir.BUNDLED, rig.folder, 4)
        vdev = "--vdev=net_pcap0," + ",".join(f"rx_pcap={file}" for file in files)
        for lcores in ((1, 1, 1, 1), (1, 2, 3, 4)):
            placement = ",".join(f"(0,{queue},{lcore})" for queue, lcore in enumerate(lcores))
            live = rig.weir("--config", placement, eal=("--lcores=(0-4)@(0-1)", *NO_HUGE, vdev))
            live.wait_for(frames)
            analyses.append(live.stop())
    for analysis, workers in zip(analyses, (1, 4)):
        name = f"four queues, {workers} worker{'s' * (workers > 1)}"
        tap.equal(f"{name}: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal(f"{name}: workers", len(analysis.report["workers"]), workers)
        tap.equal(f"{name}: the flows of the oracle", weir.difference(
            weir.traffic(analysis.flows, ports=False),
            weir.expected_traffic(oracle.expect(weir.BUNDLED)["flows"], ports=False)), "")
    one, four = analyses
    tap.equal("the same ledger", one.report["ledger"], four.report["ledger"])
    tap.equal("the same packet sizes", one.report["packet_size"], four.report["packet_size"])
    tap.equal("the same top lists", one.report["top"], four.report["top"])
    tap.equal("the same flow records", sorted(set(one.lines) ^ set(four.lines)), [])


def placement_by_workers(tap: Tap) -> None:
    """--workers 4 takes four queues of a port by itself."""
    frames = len(list(capture.read(weir.BUNDLED)))
    with Rig() as rig:
        files = split_by_pair(weir.BUNDLED, rig.folder, 4)
        vdev = "--vdev=net_pcap0," + ",".join(f"rx_pcap={file}" for file in files)
        live = rig.weir("--workers", 4, eal=("--lcores=(0-4)@(0-1)", *NO_HUGE, vdev))
        live.wait_for(frames)
        analysis = live.stop()
        tap.equal("--workers 4: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal("--workers 4: all frames", analysis.report["ledger"]["received"], frames)


def statistics_on_lcores(tap: Tap) -> None:
    """--stats-lcores: workers take the others, all comes to the same records."""
    frames = len(list(capture.read(weir.BUNDLED)))
    with Rig() as rig:
        files = split_by_pair(weir.BUNDLED, rig.folder, 4)
        vdev = "--vdev=net_pcap0," + ",".join(f"rx_pcap={file}" for file in files)
        eal = tuple(map(str, ("--lcores=(0-6)@(0-1)", *NO_HUGE, vdev)))
        live = rig.weir("--stats-lcores", "2,6", eal=eal)
        live.wait_for(frames)
        analysis = live.stop()
        workers = analysis.report["workers"]
        tap.equal("--stats-lcores: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal("--stats-lcores: all frames", analysis.report["ledger"]["received"], frames)
        tap.equal("--stats-lcores: the flows of the oracle", weir.difference(
            weir.traffic(analysis.flows, ports=False),
            weir.expected_traffic(oracle.expect(weir.BUNDLED)["flows"], ports=False)), "")
        tap.equal("--stats-lcores: workers have the others", [worker["lcore"] for worker in workers],
                  [1, 3, 4, 5])
        tap.equal("--stats-lcores: and are shared by all three",
                  [worker["cpu"]["stats_lcore"] for worker in workers], [2, 6, 0, 2])
        for lcores, words in (("7", "the EAL has no such lcore"), ("0", "the main lcore")):
            run = weir.run(*eal, "--", "--stats-lcores", lcores)
            tap.ok(f"--stats-lcores {lcores}: one line, exit 2", run.status == 2 and words in run.errors, run)
        run = weir.run(*eal, "--", "--config", "(0,0,1),(0,1,2),(0,2,3),(0,3,4)", "--stats-lcores", "2")
        tap.ok("--stats-lcores of a worker: one line, exit 2",
               run.status == 2 and "--config gives that lcore a worker" in run.errors, run)


def main() -> None:
    tap = Tap()
    endless(tap, "net_null0,size=64", set())
    bundled = weir.expected_traffic(oracle.expect(weir.BUNDLED)["flows"], ports=False)
    endless(tap, f"net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1", set(bundled))
    four_queues(tap)
    placement_by_workers(tap)
    statistics_on_lcores(tap)
    tap.end()


if __name__ == "__main__":
    main()
