# SPDX-License-Identifier: BSD-3-Clause
"""Throughput over a capture's own time, against a count of its frames that knows nothing of weir: the
steps, what is in each, the highest and the 95th percentile; whatever the number of workers."""

import datetime
import random
import struct
import tempfile
from pathlib import Path
from typing import NamedTuple, Optional

from tests.kit import capture, weir
from tests.kit.tap import Tap

MS, SECOND = 10**6, 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
YEAR = 365 * DAY
START = 1_700_000_000 * SECOND
# Captures are shorter than that, or have gaps that are longer: a flow is made once before each gap.
TIMEOUT = 20 * DAY
OPTIONS = ("--flow-capacity", "100000", "--active-timeout", str(TIMEOUT // SECOND), "--inactive-timeout", str(TIMEOUT // SECOND))

STEPS = [1 * MS, 2 * MS, 10 * MS, 20 * MS, 100 * MS, 200 * MS, 1 * SECOND, 2 * SECOND, 10 * SECOND,
         20 * SECOND, 1 * MINUTE, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 1 * HOUR, 3 * HOUR, 6 * HOUR,
         12 * HOUR, 1 * DAY, 2 * DAY, 10 * DAY, 20 * DAY, 100 * DAY, 200 * DAY, 1000 * DAY,
         2000 * DAY, 10000 * DAY]
LINES = 40
SUMS = ("packets", "frame_octets", "ip_octets", "flows")
RATES = {"packets": "packets_per_second", "frame_octets": "l2_bits_per_second",
         "ip_octets": "ip_bits_per_second", "flows": "flows_per_second"}


class Item(NamedTuple):
    """A frame, and what is known of it."""
    clock: int  # of the capture, when it is handed out
    time: int  # its stamp
    port: Optional[int]  # of its flow; None: ARP
    length: int  # without FCS

    def frame(self) -> capture.Frame:
        if self.port is None:
            data = bytes(12) + b"\x08\x06" + bytes(self.length - 14)
            return capture.Frame(self.time, self.length, data)
        octets = self.length - 14
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, octets, 1, 0, 64, 17, 0,
                         bytes((10, 0, 0, self.port % 50)), bytes((198, 51, 100, 2)))
        udp = struct.pack(">HHHH", self.port, 53, octets - 20, 0)
        data = bytes(12) + b"\x08\x00" + ip + udp + bytes(octets - 28)
        return capture.Frame(self.time, self.length, data)


def made(random_: random.Random, clock: int, time: Optional[int] = None) -> Item:
    port = None if random_.random() < 0.1 else 1 + int(random_.paretovariate(0.4)) % 60000
    return Item(clock, clock if time is None else time, port, random_.randrange(64, 1200))


class Count(NamedTuple):
    step: int
    buckets: dict[int, dict[str, int]]  # by their begin


def count(items: list[Item], step: int) -> dict[int, dict[str, int]]:
    seen: set[int] = set()
    buckets: dict[int, dict[str, int]] = {}
    before = items[0].clock
    for item in items:
        if item.clock - before >= TIMEOUT:
            seen.clear()
        before = item.clock
        bucket = buckets.setdefault(item.clock // step * step, dict.fromkeys(SUMS, 0))
        bucket["packets"] += 1
        bucket["frame_octets"] += item.length
        if item.port is not None:
            bucket["ip_octets"] += item.length - 14
            bucket["flows"] += item.port not in seen
            seen.add(item.port)
    return buckets


def lines(buckets: dict[int, dict[str, int]], step: int) -> int:
    begins = sorted(buckets)
    return len(begins) + sum(b - a > step for a, b in zip(begins, begins[1:]))


def expected(items: list[Item]) -> Count:
    """The finest step that needs no more lines than a report has for it."""
    for step in STEPS:
        buckets = count(items, step)
        if lines(buckets, step) <= LINES:
            return Count(step, buckets)
    raise AssertionError("the widest step is too fine")


def date(text: Optional[str]) -> Optional[int]:
    if text is None:
        return None
    whole = datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return int(whole.replace(tzinfo=datetime.timezone.utc).timestamp()) * SECOND + int(text[20:29])


def rate(name: str, amount: int, ns: int) -> int:
    return amount * (8 if name.endswith("octets") else 1) * SECOND // ns


def check_seconds(tap: Tap, name: str, items: list[Item], shown: dict) -> None:
    buckets = count(items, SECOND)
    whole = (max(buckets) - min(buckets)) // SECOND + 1
    peak, begin, p95 = {}, {}, {}
    for sum_, key in RATES.items():
        values = [bucket[sum_] for bucket in buckets.values()]
        largest = max(values)
        peak[key] = rate(sum_, largest, SECOND)
        first = min(at for at in buckets if buckets[at][sum_] == largest)
        begin[key] = first if peak[key] else None
        # Of all seconds, in order: the first that 95% of them do not exceed.
        rank = -(-whole * 95 // 100)
        ranked = sorted(values)
        place = rank - (whole - len(values))
        p95[key] = rate(sum_, ranked[place - 1], SECOND) if place > 0 else 0
    tap.equal(f"{name}: the highest, when, and the 95th percentile",
              (shown["second_ms"] * MS, shown["peak"],
               {key: date(at) for key, at in shown["peak_begin"].items()}, shown["p95"]),
              (SECOND, peak, begin, p95))


def check(tap: Tap, folder: Path, name: str, items: list[Item], *, files: int = 1) -> None:
    paths = [str(folder / f"{number}.pcap") for number in range(files)]
    for number, path in enumerate(paths):
        capture.write(path, [item.frame() for item in items[number::files]])
    runs = [weir.analyse(*paths, options=(*OPTIONS, "--workers", str(workers)))
            for workers in (1, 4)]
    if not tap.equal(f"{name}: consistent", [fault for run in runs for fault in run.faults()], []):
        return
    report = runs[0].report
    shown, ledger = report["throughput_over_time"], report["ledger"]
    tap.ok(f"{name}: the same with any number of workers",
           all(run.report["throughput_over_time"] == shown for run in runs),
           [run.report["throughput_over_time"] for run in runs])
    tap.equal(f"{name}: the sums are those of the ledger",
              [sum(shown["history"][key]) for key in SUMS],
              [ledger["received"], ledger["frame_octets"], ledger["ip_octets"],
               report["flows"]["created"]])
    want = expected(items)
    begins = sorted(want.buckets)
    tap.equal(f"{name}: the step", shown["step_ms"] * MS, want.step)
    tap.equal(f"{name}: which steps have frames", shown["history"]["time"],
              [(begin + want.step) // MS for begin in begins])
    for key in SUMS:
        values = [want.buckets[begin][key] for begin in begins]
        tap.equal(f"{name}: {key} of each", shown["history"][key], values)
        tap.equal(f"{name}: {RATES[key]} of each", shown["history"][RATES[key]],
                  [rate(key, value, want.step) for value in values])
    check_seconds(tap, name, items, shown)


def steady(random_: random.Random, start: int, length: int, frames: int) -> list[Item]:
    return [made(random_, clock)
            for clock in sorted(start + random_.randrange(length) for _ in range(frames))]


def lengths(tap: Tap, folder: Path) -> None:
    """From one packet on."""
    random_ = random.Random(1)
    for name, length, frames in (("one packet", 1, 1), ("30 ms", 30 * MS, 500),
                                 ("700 ms", 700 * MS, 2000), ("3 s", 3 * SECOND, 3000),
                                 ("10 min", 10 * MINUTE, 3000), ("24 h", DAY, 5000),
                                 ("19 days", 19 * DAY, 5000)):
        check(tap, folder, name, steady(random_, START - length // 2, length, frames))
    check(tap, folder, "80 years",
          [item._replace(port=None)
           for item in steady(random_, START - 40 * YEAR, 80 * YEAR, 3000)])


def times_that_are_wrong(tap: Tap, folder: Path) -> None:
    """A frame counts where the clock of the capture is, which takes no notice of wild stamps."""
    random_ = random.Random(2)
    before = steady(random_, START, 20 * SECOND, 400)
    after = steady(random_, START + 20 * SECOND, 20 * SECOND, 400)
    clock = before[-1].clock
    for name, time in (("a stamp a year ahead", START + YEAR), ("a stamp of 1970", 0)):
        check(tap, folder, name, before + [made(random_, clock, time)] + after)
    check(tap, folder, "from 1970 on", steady(random_, 0, 5 * SECOND, 300))
    check(tap, folder, "a gap of two years",
          before + steady(random_, START + 2 * YEAR, 20 * SECOND, 400))
    # The first frame after the step finds the clock where it stands.
    back = after[0].clock - clock + HOUR
    check(tap, folder, "set back by an hour",
          before + [made(random_, clock + item.clock - after[0].clock, item.clock - back)
                    for item in after])
    late, now = [], 0
    for item in steady(random_, START, 3 * SECOND, 3000):
        time = item.clock - random_.randrange(400 * MS)
        now = max(now, time)
        late.append(made(random_, now, time))
    check(tap, folder, "frames out of order", late)


def several(tap: Tap, folder: Path) -> None:
    check(tap, folder, "three captures of the same time",
          steady(random.Random(3), START, 90 * SECOND, 6000), files=3)


def filtered(tap: Tap, folder: Path) -> None:
    """Only frames that passed the filter count, as in all that tells of throughput."""
    items = steady(random.Random(4), START, 30 * SECOND, 3000)
    path = str(folder / "filtered.pcap")
    capture.write(path, [item.frame() for item in items])
    report = weir.analyse(path, options=(*OPTIONS, "--filter", "arp", "--workers", "2")).report
    want = expected([item for item in items if item.port is None])
    tap.equal("filtered: packets", report["throughput_over_time"]["history"]["packets"],
              [want.buckets[begin]["packets"] for begin in sorted(want.buckets)])


def without_packets(tap: Tap, folder: Path) -> None:
    path = str(folder / "empty.pcap")
    capture.write(path, [])
    shown = weir.analyse(path).report["throughput_over_time"]
    tap.equal("no packets: nothing is shown",
              ([len(array) for array in shown["history"].values()], set(shown["peak"].values()),
               set(shown["peak_begin"].values())), ([0] * len(shown["history"]), {0}, {None}))
    text = weir.run("--read", path)
    tap.ok("no packets: nor as text", text.status == 0 and "over time" not in text.output, text)


def as_text(tap: Tap, folder: Path) -> None:
    random_ = random.Random(5)
    path = str(folder / "text.pcap")
    items = steady(random_, START, 30 * SECOND, 3000) + \
        steady(random_, START + 3 * DAY, 2 * SECOND, 10)
    capture.write(path, [item.frame() for item in items])
    output = weir.run("--read", path, *OPTIONS).output
    want = expected(items)
    rows = output.split("UTC, by ")[1].split("\n\n")[0].splitlines()
    tap.ok("text: the step", rows[0].startswith(f"{want.step // SECOND} s "), rows[0])
    begins = [datetime.datetime.fromtimestamp(begin // SECOND, datetime.timezone.utc)
              for begin in sorted(want.buckets)]
    tap.equal("text: a row for each, with its day",
              [row[:14] for row in rows[1:] if not row.startswith("...")],
              [begin.strftime("%m-%d %H:%M:%S") for begin in begins])
    tap.equal("text: and one for the gap", [row.split()[1:] for row in rows[1:] if row[0] == "."],
              [["idle", "for", "2", "days"]])


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        lengths(tap, folder)
        times_that_are_wrong(tap, folder)
        several(tap, folder)
        filtered(tap, folder)
        without_packets(tap, folder)
        as_text(tap, folder)
    tap.end()


if __name__ == "__main__":
    main()
