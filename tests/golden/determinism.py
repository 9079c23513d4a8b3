# SPDX-License-Identifier: BSD-3-Clause
"""A capture has one answer: whatever the number of workers, the run, the order of its packets in the
file, and whether it comes in one file or in several."""

import random
import tempfile
from pathlib import Path

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.tap import Tap


def captures() -> list[str]:
    """The bundled one and, of the public ones, the richest in flows and in fragments."""
    found = [weir.BUNDLED]
    public = weir.CAPTURES / "ethernet"
    if public.is_dir():
        expected = {str(file): oracle.expect(str(file)) for file in sorted(public.iterdir())}
        by_flows = sorted(expected, key=lambda file: -len(expected[file]["flows"]))
        found += by_flows[:8]
        found += [file for file in expected
                  if expected[file]["later_fragments"] and file not in by_flows[:8]]
    return found


def lasting(report: dict) -> dict:
    """The report without what tells of this run instead of the capture: wall-clock time, the machine,
    and how the work was shared out."""
    kept = {name: value for name, value in report.items()
            if name not in ("workers", "ports", "settings")}
    kept["flows"] = {name: value for name, value in report["flows"].items() if name != "capacity"}
    kept["outputs"] = [{name: value for name, value in output.items() if name != "to"}
                       for output in report["outputs"]]
    return kept


def same_answer(one: weir.Analysis, other: weir.Analysis) -> str:
    """Empty, or how the two differ."""
    for analysis in (one, other):
        if found := analysis.faults():
            return "\n".join(found)
    if sorted(one.lines) != sorted(other.lines):
        return "\n".join(sorted(set(one.lines) ^ set(other.lines))[:6])
    first, second = lasting(one.report), lasting(other.report)
    return "\n".join(f"{name}: {first[name]} and {second[name]}"
                     for name in first if first[name] != second[name])


def again_and_with_four_workers(tap: Tap, file: str) -> None:
    name = Path(file).name
    one = weir.analyse(file)
    tap.equal(f"{name}: twice the same answer", same_answer(one, weir.analyse(file)), "")
    four = weir.analyse(file, options=("--workers", "4"))
    tap.equal(f"{name}: four workers give the same answer", same_answer(one, four), "")
    stats = weir.analyse(file, options=("--workers", "4", "--stats-lcores", "5,6"))
    tap.equal(f"{name}: and so do three lcores for statistics", same_answer(one, stats), "")
    tap.equal(f"{name}: which share the workers",
              [worker["cpu"]["stats_lcore"] for worker in stats.report["workers"]], [5, 6, 0, 5])
    shared = sum(worker["packets"] > 0 for worker in four.report["workers"])
    pairs = {frozenset((flow["source"], flow["destination"]))
             for flow in oracle.expect(file)["flows"]}
    tap.ok(f"{name}: with {len(pairs)} address pairs more than one worker has work",
           shared > 1 or len(pairs) < 8, four.report["workers"])


def time_going_backwards(tap: Tap, folder: Path) -> None:
    """Packets shuffled within half a second, their times kept; then all in reverse."""
    frames = list(capture.read(weir.BUNDLED))
    order = random.Random(1)
    shuffled = sorted(frames, key=lambda frame: frame.time + order.randrange(500_000_000))
    for name, changed in (("shuffled", shuffled), ("reversed", frames[::-1])):
        file = str(folder / f"{name}.pcap")
        capture.write(file, changed)
        analysis = weir.analyse(file)
        tap.equal(f"{name} capture: nothing is lost", "\n".join(analysis.faults()), "")
        difference = weir.difference(
            weir.traffic(analysis.flows, ports=False),
            weir.expected_traffic(oracle.expect(weir.BUNDLED)["flows"], ports=False))
        tap.equal(f"{name} capture: the same traffic", difference, "")
        tap.equal(f"{name} capture: the same first and last time", analysis.report["time"],
                  weir.analyse(weir.BUNDLED).report["time"])


def several_files(tap: Tap, folder: Path) -> None:
    frames = list(capture.read(weir.BUNDLED))
    parts = [str(folder / f"part{number}.pcap") for number in range(3)]
    size = len(frames) // 3 + 1
    for number, part in enumerate(parts):
        capture.write(part, frames[number * size:(number + 1) * size])
    whole, split = weir.analyse(weir.BUNDLED), weir.analyse(*parts)
    for analysis in (whole, split):
        if analysis.report:
            del analysis.report["source"]
    tap.equal("three --read files are the capture that they were cut from",
              same_answer(whole, split), "")


def more_keys_than_are_held(tap: Tap, folder: Path) -> None:
    """Lists that cannot hold every address exactly. One packet a flow, a few addresses often: who stays
    depends on the order of the capture alone, and nothing in it on a hash that is known beforehand."""
    template = next(frame.data for frame in capture.read(weir.BUNDLED)
                    if frame.data[12:14] == b"\x08\x00" and frame.data[23] == 17)
    draw, frames = random.Random(7), []
    for number in range(140_000):
        source = draw.randrange(1 << 32) if number % 4 else 0x0A000000 + int(draw.expovariate(0.02))
        data = template[:26] + source.to_bytes(4, "big") + template[30:]
        frames.append(capture.Frame(10**18 + number * 1000, len(data), data))
    file = str(folder / "addresses.pcap")
    capture.write(file, frames)
    one, other = weir.analyse(file), weir.analyse(file)
    tap.ok("more addresses than are held exactly", one.report and not one.report["top_exact"],
           one.faults())
    tap.equal("and twice the same answer", same_answer(one, other), "")


def without_vlan(tap: Tap, folder: Path) -> None:
    """One conversation on two VLANs: two flows, or one without the VLAN in the key."""
    frames = [frame for frame in capture.read(weir.BUNDLED) if frame.data[12:14] == b"\x08\x00"]
    tagged = [frame._replace(data=frame.data[:12] + bytes((0x81, 0, 0, vlan)) + frame.data[12:],
                             wire=frame.wire + 4) for frame in frames for vlan in (7, 8)]
    file = str(folder / "vlans.pcap")
    capture.write(file, tagged)
    kept, left_out = weir.analyse(file), weir.analyse(file, options=("--no-vlan-key",))
    expected = weir.expected_traffic(oracle.expect(file)["flows"], ports=False)
    tap.equal("VLAN in the key", weir.difference(weir.traffic(kept.flows, False), expected), "")
    tap.ok("--no-vlan-key leaves it out",
           not left_out.faults() and {flow.get("vlanId", 0) for flow in left_out.flows} == {0}
           and left_out.report["ledger"] == kept.report["ledger"], left_out.faults())


def main() -> None:
    tap = Tap()
    for file in captures():
        again_and_with_four_workers(tap, file)
    with tempfile.TemporaryDirectory() as folder:
        time_going_backwards(tap, Path(folder))
        several_files(tap, Path(folder))
        more_keys_than_are_held(tap, Path(folder))
        without_vlan(tap, Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
