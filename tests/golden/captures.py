# SPDX-License-Identifier: BSD-3-Clause
"""What kinds of captures are read, and in which order: held to the generator of random pcapng files, to tshark and
to mergecap; compressed ones, pipes, directories, thousands of files, sparse ones."""

import gzip
import lzma
import os
import random
import resource
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from tests.golden.clocks import SECOND, START, frame
from tests.kit import capture, pcapng, weir
from tests.kit.tap import Tap

LIST = str(weir.BUILD / "tests" / "kit" / "savefile-list")


def listed(*files: Path) -> tuple[list[tuple[int, ...]], str]:
    """Of each frame time, captured and wire length, and a sum of its bytes; what is said besides."""
    done = subprocess.run([LIST, *map(str, files)], capture_output=True, text=True, check=False)
    return [tuple(map(int, line.split()))[:4] for line in done.stdout.splitlines()], done.stderr


def sum_of(data: bytes) -> int:
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


def random_pcapng(tap: Tap, folder: Path) -> None:
    file = folder / "random.pcapng"
    for seed in range(15):
        made = pcapng.make(seed)
        file.write_bytes(made.content)
        frames, said = listed(file)
        expected = [(row.time, len(row.data), row.wire, sum_of(row.data)) for row in made.rows]
        tap.ok(f"random pcapng {seed}: every frame, its time, lengths and bytes", frames == expected, said)
        skipped = made.frames - len(made.rows)
        tap.ok("... what is skipped and what was lost is said", (f" {skipped} frames of link type" in said) == (skipped > 0)
               and (f"missed {made.lost} frames" in said) == (made.lost > 0), said)
    for seed in range(100, 102):
        file.write_bytes(pcapng.make(seed, own=False).content)
        tap.equal(f"random pcapng {seed}: as tshark reads it", [row[:3] for row in listed(file)[0]], tshark_rows(file))


def tshark_rows(file: Path) -> list[tuple[int, int, int]]:
    fields = ("frame.time_epoch", "frame.cap_len", "frame.len", "frame.encap_type")
    lines = subprocess.run(["tshark", "-n", "-r", str(file), "-T", "fields", *(word for field in fields for word in ("-e", field))],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return [(int((time or "0.0").replace(".", "")), int(captured), int(wire))
            for time, captured, wire, link in rows if link != "20"]  # 802.11


def merged(tap: Tap, folder: Path) -> None:
    """Captures that overlap, of different formats, in the order in which mergecap merges them."""
    choose, files = random.Random(1), []
    for number in range(6):
        time, frames = START + choose.randrange(60) * SECOND, []
        # One is longer than what is read of it at a time, and so slow that each frame could be a wild one.
        step, size, count = (30, 1500, 300) if number == 3 else (3, 60, choose.randrange(1, 400))
        for _ in range(count):
            time += choose.randrange(step * SECOND)
            frames.append(capture.Frame(time, size, choose.randbytes(size)))
        files.append(folder / f"overlap{number}.pcap")
        capture.write(str(files[-1]), frames)
    subprocess.run(["editcap", "-F", "pcapng", str(files[2]), str(folder / "overlap2.pcapng")], check=True)
    files[2] = folder / "overlap2.pcapng"
    whole = folder / "merged.pcap"
    subprocess.run(["mergecap", "-F", "nsecpcap", "-w", str(whole), *map(str, files)], check=True)
    frames, said = listed(*files)
    tap.equal("six captures that overlap, as mergecap merges them", frames, listed(whole)[0])
    tap.ok("... and it is said", "in the order of time" in said and "merged" in said, said)
    one, all_of_them = weir.analyse(whole), weir.analyse(*files, options=("--workers", "3"))
    tap.equal("... flow records are those of the merged capture", sorted(all_of_them.lines), sorted(one.lines))


def rotated(tap: Tap, folder: Path) -> None:
    """tcpdump -C: trace, trace1, trace10, ...; in the order of names they are out of order."""
    rotated_files = folder / "rotated"
    rotated_files.mkdir()
    for number in range(12):
        frames = [frame(START + (number * 5 + i) * 20 * SECOND) for i in range(5)]
        capture.write(str(rotated_files / f"trace{number or ''}"), frames)
    last = rotated_files / "trace11"
    last.write_bytes(last.read_bytes()[:-10])
    (rotated_files / "notes.txt").write_text("not a capture")
    (rotated_files / "empty").touch()
    by_name = sorted(path for path in rotated_files.iterdir() if path.name.startswith("trace"))
    named, directory = weir.analyse(*by_name), weir.analyse(rotated_files)
    tap.equal("rotated captures by name: consistent", named.faults() + directory.faults(), [])
    tap.equal("... one flow, never idle: its pieces of 300 s", [flow["packetDeltaCount"] for flow in named.flows], [16, 16, 16, 11])
    tap.equal("... the directory gives the same", directory.lines, named.lines)
    remarks = directory.report["remarks"]
    tap.ok("... it says what was passed over, what is empty and what is cut", any("1 files" in text for text in remarks)
           and any("empty: " in text for text in remarks) and any("trace11: " in text for text in remarks), remarks)


def many(tap: Tap, folder: Path) -> None:
    """A thousand captures with 64 descriptors."""
    several = folder / "several"
    several.mkdir()
    for number in range(1000):
        capture.write(str(several / f"{number}.pcap"), [frame(START + number * SECOND)])
    analysis = weir.run("--read", str(several), "--format", "json", command=("prlimit", "--nofile=128:128", weir.WEIR))
    tap.equal("1,000 captures: 128 descriptors are enough", (analysis.status, analysis.report()["ledger"]["received"],
              analysis.report()["flows"]["created"]), (0, 1000, 4))


def compressed(tap: Tap, folder: Path) -> None:
    plain = Path(weir.BUNDLED).read_bytes()
    expected = weir.analyse(weir.BUNDLED).lines
    # By what is in them: the names say nothing. The other two: tests/unit/savefile.
    for name, pack in (("gzip", gzip.compress), ("xz", lzma.compress)):
        file = folder / f"{name}.pcap"
        file.write_bytes(pack(plain))
        tap.equal(f"{name}: the same records as of the plain capture", weir.analyse(file).lines, expected)
        cut = folder / f"{name}-cut.pcap"
        cut.write_bytes(pack(plain)[:-1000])
        analysis = weir.analyse(cut)
        tap.ok(f"{name}, cut: what can be read is, and it is said", analysis.faults() == [] and
               any(name in remark for remark in analysis.report["remarks"]), analysis.report)
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(gzip.compress(plain)))
    writer.start()
    tap.equal("gzip through a FIFO", weir.analyse(fifo).lines, expected)
    writer.join()


def lost_by_capture(tap: Tap, folder: Path) -> None:
    seed = next(seed for seed in range(99) if pcapng.make(seed).lost > 0)
    made, file = pcapng.make(seed), folder / "lost.pcapng"
    file.write_bytes(made.content)
    analysis = weir.analyse(file)
    tap.equal("frames that the capture lost stand beside the ledger", (analysis.faults(),
              analysis.report["ledger"]["missed_by_capture"], analysis.report["ledger"]["received"]),
              ([], made.lost, len(made.rows)))
    tap.ok("... and in a remark", any(f"missed {made.lost} frames" in text for text in analysis.report["remarks"]))


def fcs(tap: Tap, folder: Path) -> None:
    """64 octets on the wire, of which 4 are the FCS."""
    data = frame(START).data.ljust(60, b"\0") + b"\xde\xad\xbe\xef"
    file = folder / "fcs.pcap"
    file.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 0x24000001) +
                     struct.pack("<IIII", 1_700_000_000, 0, 64, 64) + data)
    report = weir.analyse(file).report
    tap.equal("an FCS is left out of the frame's length, and in its size", (report["ledger"]["frame_octets"],
              report["packet_size"]["min"]), (60, 64))


def sparse(tap: Tap, folder: Path) -> None:
    """10 GB with holes, in less memory than anything that holds on to what it has read."""
    file, packets = folder / "sparse.pcapng", 3
    section = pcapng.block("<", pcapng.SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = pcapng.Interface(1, 0, 9, 0, 0)
    hole = 2**32 - 4096
    with file.open("wb") as out:
        out.write(section + interface.block("<"))
        for number in range(packets):
            data = frame(0).data
            out.write(pcapng.block("<", pcapng.PACKET, struct.pack("<IIIII", 0, *divmod(START + number, 2**32), len(data), len(data)) + data))
            out.write(struct.pack("<II", 0x7FFFFFFF, hole))
            out.seek(hole - 12, os.SEEK_CUR)
            out.write(struct.pack("<I", hole))
    analysis = weir.analyse(file)
    tap.equal("a sparse file of 12 GB", (analysis.faults(), analysis.report["ledger"]["received"], analysis.report["remarks"]),
              ([], packets, []))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    zeros = folder / "zeros.pcap"
    with zeros.open("wb") as out:  # a frame of 256 KiB after the other, all of zeros
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for number in range(1024):
            out.write(struct.pack("<IIII", 1_700_000_000, number, 262144, 262144))
            out.seek(262144, os.SEEK_CUR)
        out.truncate()
    analysis = weir.analyse(zeros)
    tap.equal("a sparse file of 256 MB, read to the end", (analysis.faults(), analysis.report["ledger"]["received"]), ([], 1024))
    grown = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before
    tap.ok("... in flat memory", grown < 50_000, f"{grown} KiB more than other captures")


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        for test in (random_pcapng, merged, rotated, many, compressed, lost_by_capture, fcs, sparse):
            test(tap, Path(name))
    tap.end()


if __name__ == "__main__":
    main()
