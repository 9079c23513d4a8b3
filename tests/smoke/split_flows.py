# SPDX-License-Identifier: BSD-3-Clause
"""Queues that keep no flow together: every sender has a queue of its own, as without symmetric RSS. Four
workers must export the flow records that one worker makes of the same packets."""

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


def replay(files: list[str], lcores: tuple[int, ...]) -> weir.Analysis:
    frames = sum(len(list(capture.read(file))) for file in files)
    placement = ",".join(f"(0,{queue},{lcore})" for queue, lcore in enumerate(lcores))
    vdev = "--vdev=net_pcap0," + ",".join(f"rx_pcap={file}" for file in files)
    with Rig() as rig:
        live = rig.weir(*OPTIONS, "--config", placement, eal=(*EAL, vdev))
        live.wait_for(frames)
        return live.stop()


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


def main() -> None:
    tap = Tap()
    same_flows(tap, "bundled capture", weir.BUNDLED)
    tap.end()


if __name__ == "__main__":
    main()
