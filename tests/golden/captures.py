# SPDX-License-Identifier: BSD-3-Clause
"""What kinds of captures are read, and in which order: held to the generator of random pcapng files, to tshark and
to mergecap; compressed ones, pipes, directories, thousands of files, sparse ones."""

import json
import os
import random
import resource
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable

from tests.golden.clocks import SECOND, START, frame
from tests.kit import capture, pcapng, weir
from tests.kit.tap import Tap

LIST, CUTS = (str(weir.BUILD / "tests" / "kit" / name) for name in ("savefile-list", "savefile-cuts"))


def listed(*files: Path) -> tuple[list[tuple[int, ...]], str]:
    """Of each frame time, captured and wire length, and a sum of its bytes; what is said besides."""
    done = subprocess.run([LIST, *map(str, files)], capture_output=True, text=True, check=False)
    return [tuple(map(int, line.split()))[:4] for line in done.stdout.splitlines()], done.stderr


def tshark_rows(file: Path) -> list[tuple[str, int, int]]:
    """Packets as tshark reads them. It shows other blocks, too: those have no link type."""
    fields = ("frame.time_epoch", "frame.cap_len", "frame.len", "frame.encap_type")
    lines = subprocess.run(["tshark", "-n", "-r", str(file), "-T", "fields", *(word for field in fields for word in ("-e", field))],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return [(time, int(captured), int(wire)) for time, captured, wire, link in rows if link != ""]


def contradictions(made: pcapng.Made, file: Path, tshark: bool) -> list[str]:
    """Between what is in a pcapng and what weir (and tshark) read in `file`."""
    file.write_bytes(made.content)
    frames, said = listed(file)
    expected, found = made.weir(), []
    if frames != expected:
        number = next((i for i, pair in enumerate(zip(frames, expected)) if pair[0] != pair[1]), min(len(frames), len(expected)))
        found.append(f"{len(frames)} frames of {len(expected)}; from {number}: {frames[number:][:2]} for {expected[number:][:2]}; {said}")
    for sentence, count in (("are skipped", len(made.packets) - len(expected)),
                            ("of the frame before", made.timeless()), ("the capture itself says", made.lost)):
        if (f"{sentence}: {count}\n" in said) != (count > 0):
            found.append(f"{sentence}: {count}, but: {said}")
    if tshark and tshark_rows(file) != [packet.tshark() for packet in made.packets]:
        found.append("tshark reads it otherwise")
    return found


def random_pcapng(tap: Tap, folder: Path) -> None:
    for seed in range(15):
        tshark = seed < 2
        found = contradictions(pcapng.make(seed), folder / "random.pcapng", tshark)
        tap.ok(f"random pcapng {seed}: frames, what is skipped, lost and without a time{', as tshark sees it' * tshark}",
               not found, "\n".join(found))


def random_pcap(seed: int) -> tuple[bytes, list[tuple[int, int]]]:
    """Any pcap, and where its records end, with the frames up to there."""
    choose = random.Random(seed)
    order, magic, more = choose.choice("<>"), choose.choice((0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34)), b""
    if magic == 0xA1B2CD34:
        more = choose.randbytes(8)
    content = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, choose.choice((1, 0x24000001, 101)))
    ends = [(len(content), 0)]
    for number in range(1, 60):
        size = choose.choice((0, 3, 60, 61, 250))
        content += struct.pack(order + "IIII", 1_700_000_000 + number, number, size, choose.choice((size, 1514)))
        content += more + choose.randbytes(size)
        ends.append((len(content), number))
    return content, ends


def cuts(file: Path, content: bytes, ends: list[tuple[int, int]]) -> list[str]:
    """What is wrong with `content` cut at any byte. `ends`: of records, with the frames up to there."""
    file.write_bytes(content)
    done = subprocess.run([CUTS, str(file)], capture_output=True, text=True, check=False)
    at, frames, expected = dict(ends), 0, []
    for size in range(len(content) + 1):
        frames = at.get(size, frames)
        end = "refused" if size < ends[0][0] else "whole" if size in at else "cut"
        expected.append(f"{size} {frames} {end}")
    got = done.stdout.splitlines()
    return [f"{one} for {other}" for one, other in zip(got, expected) if one != other][:3] + (
        [] if done.returncode == 0 and len(got) == len(expected) else [f"exit {done.returncode}, {len(got)} lines"])


def cut_anywhere(tap: Tap, folder: Path) -> None:
    """Every frame that is whole is read, as in the whole capture, and that the capture is cut is said."""
    small = [pcapng.make(seed, large=False) for seed in range(9)]
    some = [(made.content, made.ends) for made in small if 5_000 < len(made.content) < 15_000]
    for number, (content, ends) in enumerate((*some[:2], *map(random_pcap, range(3)))):
        tap.equal(f"capture {number} of {len(content)} bytes, cut at each of them", cuts(folder / "cut", content, ends), [])


def merge(folder: Path, seed: int) -> tuple[list[Path], Path]:
    """Captures that overlap, of different formats, and what mergecap makes of them."""
    choose, files = random.Random(seed), []
    for number in range(choose.randrange(2, 9)):
        file, time, frames = folder / f"overlap{number}", START + choose.randrange(60) * SECOND, []
        # Some are longer than what is read of them at a time, and so slow that each frame could be a wild one.
        step, size, count = choose.choice(((30, 1500, 300), (3, 60, choose.randrange(1, 400)), (0.001, 60, 900), (1, 60, 1)))
        unit = choose.choice((1, SECOND // 2))  # frames of equal times
        for _ in range(count):
            time += choose.randrange(int(step * SECOND)) // unit * unit
            frames.append(capture.Frame(time, size, choose.randbytes(size)))
        capture.write(str(file), frames)
        if choose.random() < 0.5:
            subprocess.run(["editcap", "-F", "pcapng", str(file), f"{file}.pcapng"], check=True)
            file = Path(f"{file}.pcapng")
        files.append(file)
    whole = folder / "merged.pcap"
    # Of frames of one time mergecap takes that of the capture named last first; weir, named first.
    subprocess.run(["mergecap", "-F", "nsecpcap", "-w", str(whole), *map(str, reversed(files))], check=True)
    return files, whole


def merged(tap: Tap, folder: Path) -> None:
    for seed in range(1, 4):
        files, whole = merge(folder, seed)
        frames, said = listed(*files)
        tap.equal(f"{len(files)} captures that overlap, as mergecap merges them", frames, listed(whole)[0])
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
    tap.ok("... it says what was passed over, what is empty and what is cut", any(text.endswith("passed over: 1") for text in remarks)
           and any("empty: " in text for text in remarks) and any("trace11: " in text for text in remarks), remarks)


def many(tap: Tap, folder: Path) -> None:
    """A thousand captures with 128 descriptors, in a folder for each hundred; some are empty, some cut."""
    several, expected = folder / "several", 0
    for number in range(1000):
        file = several / str(number // 100) / f"{number}.pcap"
        file.parent.mkdir(parents=True, exist_ok=True)
        capture.write(str(file), [frame(START + number * SECOND), frame(START + number * SECOND + 1)])
        if number % 100 == 7:
            file.write_bytes(b"")
        elif number % 100 == 8:
            os.truncate(file, file.stat().st_size - 1)
        expected += 0 if number % 100 == 7 else 1 if number % 100 == 8 else 2
    analysis = weir.run("--read", str(several), "--format", "json", command=("prlimit", "--nofile=128:128", weir.WEIR))
    report = analysis.report()
    tap.equal("1,000 captures: 128 descriptors are enough", (analysis.status, weir.faults(report), report["ledger"]["received"],
              report["flows"]["created"]), (0, [], expected, 4))
    for what, sentence in (("empty", "the file is empty"), ("cut", "ends within a frame")):
        tap.equal(f"... each of those that are {what} has a remark", sum(sentence in text for text in report["remarks"]), 10)


PACKERS = {"gzip": ("gzip", "-c"), "zstd": ("zstd", "-qc"), "xz": ("xz", "-c"), "lz4": ("lz4", "-qcB4")}


def pack(name: str, content: bytes) -> bytes:
    """In small pieces, so that something is left of it when it is cut."""
    return subprocess.run(PACKERS[name], input=content, capture_output=True, check=True).stdout


def compressed(tap: Tap, folder: Path) -> None:
    """By the programs that people have, and under names that say nothing."""
    plain = Path(weir.BUNDLED).read_bytes()
    expected, file = weir.analyse(weir.BUNDLED).lines, folder / "packed"
    frames = listed(Path(weir.BUNDLED))
    for name in PACKERS:
        packed = pack(name, plain)
        file.write_bytes(packed)
        tap.equal(f"{name}: the same records as of the plain capture", weir.analyse(file).lines, expected)
        file.write_bytes(packed[:-1000])
        got, said = listed(file)
        tap.ok(f"{name}, cut: what can be read is, and it is said", 0 < len(got) < len(frames[0]) and
               got == frames[0][:len(got)] and f"{name}: " in said, said)
        for half in (1, 24, len(plain) // 2):
            file.write_bytes(pack(name, plain[:half]) + pack(name, b"") + pack(name, plain[half:]) + bytes(1000))
            tap.equal(f"{name}, from byte {half} on in another piece, and filled up with zeros", listed(file), frames)
        file.write_bytes(packed + b"and more")
        got, said = listed(file)
        tap.ok(f"{name}, and more: all of it is read, and it is said", got == frames[0] and "is not compressed" in said, said)


def streams(tap: Tap, folder: Path) -> None:
    """Standard input and FIFOs, alone and among others."""
    plain = Path(weir.BUNDLED).read_bytes()
    expected = weir.analyse(weir.BUNDLED).lines
    out = folder / "flows.jsonl"
    done = subprocess.run([weir.WEIR, "--read", "-", "--flows", str(out)], input=pack("zstd", plain), capture_output=True, check=False)
    tap.equal("zstd on standard input", (done.returncode, out.read_text().splitlines()), (0, expected))
    files, whole = merge(folder, 5)
    fifos = [folder / "fifo1", folder / "fifo2"]
    for fifo, file in zip(fifos, files):
        os.mkfifo(fifo)
        threading.Thread(target=lambda fifo=fifo, file=file: fifo.write_bytes(pack("gzip", file.read_bytes()))).start()
    tap.equal("two FIFOs among captures, merged", listed(*fifos, *files[2:])[0], listed(whole)[0])


def written_meanwhile(tap: Tap, folder: Path) -> None:
    """As tcpdump writes: in pieces that end anywhere."""
    choose, file = random.Random(1), folder / "growing.pcap"
    capture.write(str(file), [frame(START + number) for number in range(2000)])
    whole, content = listed(file)[0], file.read_bytes()
    each, faults = (len(content) - 24) // len(whole), []
    size = 24 + each
    while size < len(content):
        file.write_bytes(content[:size])
        count, cut = divmod(size - 24, each)
        frames, said = listed(file)
        if frames != whole[:count] or ("within a frame" in said) != (cut > 0):
            faults.append((size, len(frames), said))
        size += choose.randrange(100 * each)
    tap.equal("a capture that grows: what is there of it", faults, [])


def truncated_meanwhile(tap: Tap, folder: Path) -> None:
    """A capture that is cut off while it is read (with a mapped file that is SIGBUS)."""
    file, fifo = folder / "long.pcap", folder / "holds-up"
    frames = [frame(START + number * SECOND) for number in range(4000)]
    capture.write(str(file), frames)
    os.mkfifo(fifo)
    process = subprocess.Popen([weir.WEIR, "--read", str(file), "--read", str(fifo), "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with fifo.open("wb") as out:
        first = folder / "first.pcap"
        capture.write(str(first), [frame(START), frame(START + 1)])
        out.write(first.read_bytes())
        out.flush()
        wait_for(lambda: position(process.pid, file) > 0)
        os.truncate(file, 0)
    report = json.loads(process.communicate(timeout=60)[0])
    tap.equal("a capture that is cut off while it is read", (process.returncode, weir.faults(report)), (0, []))
    tap.ok("... what was read of it is analysed, and it is said", 1 < report["ledger"]["received"] < 4000 and
           any(str(file) in text and "within a frame" in text for text in report["remarks"]), report["remarks"])


def position(process: int, file: Path) -> int:
    """How far the process has read the file; 0: it is not open."""
    for number in os.listdir(f"/proc/{process}/fd"):
        try:
            if os.readlink(f"/proc/{process}/fd/{number}") == str(file):
                return int(Path(f"/proc/{process}/fdinfo/{number}").read_text().split()[1])
        except OSError:
            pass
    return 0


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def lost_by_capture(tap: Tap, folder: Path) -> None:
    seed = next(seed for seed in range(99) if pcapng.make(seed).lost > 0)
    made, file = pcapng.make(seed), folder / "lost.pcapng"
    file.write_bytes(made.content)
    analysis = weir.analyse(file)
    tap.equal("frames that the capture lost stand beside the ledger", (analysis.faults(),
              analysis.report["ledger"]["missed_by_capture"], analysis.report["ledger"]["received"]),
              ([], made.lost, len(made.weir())))
    tap.ok("... and in a remark", any(text.endswith(f"capture itself says: {made.lost}") for text in analysis.report["remarks"]))


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
        out.write(section + pcapng.block("<", pcapng.INTERFACE, interface.body("<")))
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
        for test in (random_pcapng, cut_anywhere, merged, rotated, many, compressed, streams, written_meanwhile,
                     truncated_meanwhile, lost_by_capture, fcs, sparse):
            test(tap, Path(name))
    tap.end()


if __name__ == "__main__":
    main()
