# SPDX-License-Identifier: BSD-3-Clause
"""Queues that keep no flow together: every sender has a queue of its own, as without symmetric RSS. Four
workers must export the flow records that one worker makes of the same packets. So must the workers of two
ports that have one direction of a link each, as behind a tap."""

from pathlib import Path

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.rig import Rig
from tests.kit.tap import Tap

# A piece waits for the others as long as two intervals: workers that are not equally fast with their
# parts of a capture need some. So the first snapshot comes late, and the end makes the rest whole.
OPTIONS = ("--flow-capacity", 65536, "--interval", 2)
EAL = ("--lcores=(0-4)@(0-1)", "--no-huge", "-m", 512, "--no-shconf", "--no-pci")


def by_sender(path: str, folder: Path, parts: int) -> list[str]:
    """The capture in `parts` files: all that one address sends is in the same one, and what the
    other end of a conversation sends mostly in another."""
    files: list[list[capture.Frame]] = [[] for _ in range(parts)]
    senders: dict[str, int] = {}
    for frame in capture.read(path):
        try:
            sender = oracle.classify(frame).source
        except oracle.Verdict:
            sender = ""
        files[senders.setdefault(sender, len(senders)) % parts].append(frame)
    names = [str(folder / f"sender{number}.pcap") for number in range(parts)]
    for name, frames in zip(names, files):
        capture.write(name, frames)
    return names


def run(frames: int, vdevs: list[str], *options: object) -> weir.Analysis:
    with Rig() as rig:
        live = rig.weir(*OPTIONS, *options, eal=(*EAL, *vdevs))
        live.wait_for(frames)
        return live.stop()


def replay(files: list[str], lcores: tuple[int, ...]) -> weir.Analysis:
    frames = sum(len(list(capture.read(file))) for file in files)
    placement = ",".join(f"(0,{queue},{lcore})" for queue, lcore in enumerate(lcores))
    vdev = "--vdev=net_pcap0," + ",".join(f"rx_pcap={file}" for file in files)
    return run(frames, [vdev], "--config", placement)


def same_flows(tap: Tap, name: str, path: str) -> None:
    with Rig() as rig:
        one = replay([path], (1,))
        four = replay(by_sender(path, rig.folder, 4), (1, 2, 3, 4))
    for analysis, workers in ((one, 1), (four, 4)):
        tap.equal(f"{name}: {workers} workers: exit 0, balanced, every flow ended",
                  analysis.faults(), [])
    split = four.report["flows"]["split_flows"]
    tap.ok(f"{name}: flows were split", split["merged"] > 0)
    tap.equal(f"{name}: and none left early", split["left_early"], 0)
    tap.equal(f"{name}: one worker needs no merging",
              one.report["flows"]["split_flows"]["possible"], False)
    tap.equal(f"{name}: the same flow records", sorted(set(one.lines) ^ set(four.lines)), [])
    tap.equal(f"{name}: as often", sorted(one.lines), sorted(four.lines))


def by_direction(path: str, folder: Path) -> list[list[str]]:
    """The capture as a tap of two fibres hands it out, each spread over two queues: of every pair of
    addresses one direction is on one port, the other on the other, in the queue of the same number."""
    files: list[list[list[capture.Frame]]] = [[[], []], [[], []]]
    pairs: dict[frozenset, int] = {}
    for frame in capture.read(path):
        try:
            packet = oracle.classify(frame)
            ends = frozenset((packet.source, packet.destination))
            port = int(packet.source > packet.destination)
        except oracle.Verdict:
            ends, port = frozenset(), 0
        files[port][pairs.setdefault(ends, len(pairs)) % 2].append(frame)
    names = [[str(folder / f"port{port}-queue{queue}.pcap") for queue in range(2)] for port in range(2)]
    for port in range(2):
        for queue in range(2):
            capture.write(names[port][queue], files[port][queue])
    return names


def tapped(tap: Tap, path: str) -> None:
    """Both directions of a link on ports of their own are one biflow."""
    frames = len(list(capture.read(path)))
    expected = weir.expected_traffic(oracle.expect(path)["flows"], ports=False)
    with Rig() as rig:
        names = by_direction(path, rig.folder)
        vdevs = [f"--vdev=net_pcap{port}," + ",".join(f"rx_pcap={name}" for name in names[port])
                 for port in range(2)]
        one = replay([path], (1,))
        counts = [len(list(capture.read(name))) for name in sum(names, [])]
        four = run(frames, vdevs)
        two = run(frames, vdevs, "--workers", 2)
    for analysis, workers in ((four, 4), (two, 2)):
        name = f"two ports of a tap, {workers} workers"
        tap.equal(f"{name}: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal(f"{name}: that many, and each port with what it got", (
            len(analysis.report["workers"]), [port["received"] for port in analysis.report["ports"]],
            analysis.report["ledger"]["received"]),
            (workers, [sum(counts[:2]), sum(counts[2:])], frames))
        tap.equal(f"{name}: the flows of the oracle", weir.difference(
            weir.traffic(analysis.flows, ports=False), expected), "")
    tap.ok("a worker for each queue: directions are merged", four.report["flows"]["split_flows"]["merged"] > 0)
    tap.equal("... to the records of one port", sorted(set(one.lines) ^ set(four.lines)), [])
    tap.equal("... and so many are those of pairs of queues", len(two.flows), len(one.flows))


def main() -> None:
    tap = Tap()
    same_flows(tap, "bundled capture", weir.BUNDLED)
    tapped(tap, weir.BUNDLED)
    tap.end()


if __name__ == "__main__":
    main()
