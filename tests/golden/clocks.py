# SPDX-License-Identifier: BSD-3-Clause
"""Captures whose times are wrong: wild stamps, clocks that were set, two clocks. Timeouts go on as if
they were right, the report says so, and every record has the dates of its own packets."""

import struct
import tempfile
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.tap import Tap

SECOND = 10**9
HOUR, YEAR = 3600 * SECOND, 365 * 86400 * SECOND
START = 1_700_000_000 * SECOND
OPTIONS = ("--inactive-timeout", "30", "--active-timeout", "300")


def frame(time: int, port: int = 1000) -> capture.Frame:
    """A UDP packet of 38 octets, of the flow of `port`."""
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 38, 1, 0, 64, 17, 0, bytes((192, 0, 2, 1)),
                     bytes((198, 51, 100, 2)))
    data = bytes(12) + b"\x08\x00" + ip + struct.pack(">HHHH", port, 53, 18, 0) + bytes(10)
    return capture.Frame(time, len(data), data)


def row(start: int, step: int, count: int, port: int = 1000) -> list[capture.Frame]:
    return [frame(start + number * step, port) for number in range(count)]


def packets(flows: list[dict], port: int) -> list[int]:
    """Those of each record of the flow, in the order of their times."""
    of_port = [flow for flow in flows if flow["sourceTransportPort"] == port]
    return [flow["packetDeltaCount"]
            for flow in sorted(of_port, key=lambda flow: flow["flowStartMilliseconds"])]


def check(tap: Tap, folder: Path, name: str, frames: list[capture.Frame],
          expected: dict[int, list[int]], words: tuple[str, ...] = ()) -> weir.Analysis:
    """`expected`: by port the packets of each record; `words`: those of the only remark."""
    file = str(folder / "capture.pcap")
    capture.write(file, frames)
    one = weir.analyse(file, options=OPTIONS)
    four = weir.analyse(file, options=(*OPTIONS, "--workers", "4"))
    tap.equal(f"{name}: consistent", one.faults() + four.faults(), [])
    tap.equal(f"{name}: records", {port: packets(one.flows, port) for port in expected}, expected)
    tap.equal(f"{name}: the same with four workers", sorted(four.lines), sorted(one.lines))
    remarks = one.report["remarks"]
    tap.ok(f"{name}: {'a remark' if words else 'no remark'}", len(remarks) == bool(words) and
           all(word in remarks[0] for word in words), remarks)
    return one


def wild(tap: Tap, folder: Path) -> None:
    """Among packets of one flow, 120 s apart, and of another that goes on all the time."""
    rare, steady = row(START, 120 * SECOND, 30), row(START, SECOND * 11, 317, 2000)
    frames = sorted(rare + steady)
    expected = {1000: [1] * 30, 2000: [28] * 11 + [9]}
    check(tap, folder, "right times", frames, expected)
    for name, stamps in (("a year ahead", [START + YEAR]), ("1970", [0]),
                         ("five in a row", row_times(START + YEAR, 5)),
                         ("an hour back", [START - HOUR])):
        strange = [frame(time, 3000) for time in stamps]
        analysis = check(tap, folder, name, frames[:100] + strange + frames[100:], expected,
                         ("wild", "frame 101:", f"{len(stamps)} of the kind"))
        dates = sorted(flow["flowStartMilliseconds"] for flow in analysis.flows
                       if flow["sourceTransportPort"] == 3000)
        tap.equal(f"{name}: dates as the frames say", dates[0], stamps[0] // 10**6)
        tap.equal(f"{name}: how long the capture is", analysis.report["time"]["seconds"], 3480.0)
    check(tap, folder, "the first frame", [frame(START + YEAR, 3000)] + frames,
          {**expected, 3000: [1]}, ("wild", "frame 1:"))


def row_times(start: int, count: int) -> list[int]:
    return [start + number * SECOND for number in range(count)]


def set_clocks(tap: Tap, folder: Path) -> None:
    """Timeouts go on after a step: records of one packet each where they are 120 s apart."""
    for step, words in ((YEAR, ("forward",)), (-HOUR, ("back",)), (-YEAR, ("back",))):
        frames = row(START, 120 * SECOND, 20)
        frames += row(START + 20 * 120 * SECOND + step, 120 * SECOND, 20)
        analysis = check(tap, folder, f"a step of {step // SECOND} s", frames, {},
                         (*words, "frame 21:", "1 of the kind"))
        longest = max(flow["packetDeltaCount"] for flow in analysis.flows)
        # The frame of the step is as old as the one before it: no time has passed between them.
        tap.equal("... records go on to end", (len(analysis.flows), longest),
                  (40, 1) if step > 0 else (39, 2))


def no_fault(tap: Tap, folder: Path) -> None:
    """What looks strange and is not."""
    for count in (1, 2, 3, 40):
        check(tap, folder, f"{count} packets, one an hour", row(START, HOUR, count), {1000: [1] * count})
    disorder = [frame(START + number * SECOND // 2 - number % 5 * 2 * SECOND) for number in range(200)]
    check(tap, folder, "disorder of seconds", disorder, {1000: [200]})
    pause = row(START, SECOND, 20) + row(START + HOUR, SECOND, 20)
    check(tap, folder, "a quiet hour", pause, {1000: [20, 20]})


def two_clocks(tap: Tap, folder: Path) -> None:
    frames = []
    for number in range(30):
        time = START + number * 120 * SECOND
        frames += [frame(time, 1000), frame(time + HOUR, 2000)]
    check(tap, folder, "two clocks, an hour apart", frames, {1000: [1] * 30, 2000: [1] * 30},
          ("wild", "frame 2:", "30 of the kind"))


def epoch(tap: Tap, folder: Path) -> None:
    """A clock that was never set begins at 0, which is a time like any other."""
    for count, last in ((1, "00:00:00"), (2, "00:00:01")):
        one = check(tap, folder, f"{count} from 1970", row(0, SECOND, count), {1000: [count]})
        tap.equal(f"{count} from 1970: time of the report", one.report["time"],
                  {"first": "1970-01-01T00:00:00.000000000Z", "last": f"1970-01-01T{last}.000000000Z",
                   "seconds": count - 1})


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        for test in (wild, set_clocks, no_fault, two_clocks, epoch):
            test(tap, Path(name))
    tap.end()


if __name__ == "__main__":
    main()
