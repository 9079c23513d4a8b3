# SPDX-License-Identifier: BSD-3-Clause
"""Random captures for as long as one likes, held to other readers:

    python3 -m tests.fuzz.savefiles SECONDS [FIRST SEED]

pcapng of any structure to tshark, captures that overlap to mergecap; both cut at every byte. From a minute on also
10 GB of frames in a sparse file, in flat memory. A find stays in the folder that is named."""

import os
import random
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

from tests.golden import captures
from tests.kit import pcapng, weir

LARGE, FRAME = 10 * 2**30, 262144


def analysis(file: Path) -> tuple[int, int]:
    """Frames that weir counts, and the most memory that it or one of those before has taken, in KiB."""
    received = weir.run("--read", str(file), "--format", "json", timeout=600).report()["ledger"]["received"]
    return received, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def large(folder: Path) -> list[str]:
    file, frames = folder / "large.pcap", LARGE // FRAME
    with file.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, FRAME, 1))
        for number in range(frames):
            out.write(struct.pack("<IIII", 1_700_000_000, number, FRAME, FRAME))
            out.seek(FRAME, os.SEEK_CUR)
        out.truncate()
    _, before = analysis(Path(weir.BUNDLED))
    begin = time.monotonic()
    received, after = analysis(file)
    print(f"10 GB of frames: {time.monotonic() - begin:.1f} s, {after} KiB, after {before} for a small capture")
    file.unlink()
    return [] if received == frames and after - before < 50_000 else [f"{received} of {frames} frames, {after} KiB of memory"]


def merged(folder: Path, seed: int) -> list[str]:
    files, whole = captures.merge(folder, seed)
    return [] if captures.listed(*files)[0] == captures.listed(whole)[0] else ["merged otherwise than by mergecap"]


def look(folder: Path, seed: int) -> list[str]:
    """One seed: one of a kind."""
    if seed % 3 == 0:
        return merged(folder, seed)
    if seed % 3 == 1:
        return captures.contradictions(pcapng.make(seed), folder / "random.pcapng", tshark=True)
    made = pcapng.make(seed, large=False) if seed % 2 else None
    return captures.cuts(folder / "cut", *((made.content, made.ends) if made else captures.random_pcap(seed)))


def main(seconds: float, seed: int) -> None:
    end, first = time.monotonic() + seconds, seed
    folder = Path(tempfile.mkdtemp(prefix="weir-savefiles-"))
    found = large(folder) if seconds >= 60 else []
    while time.monotonic() < end and not found:
        found = look(folder, seed)
        seed += 1
    print(f"{seed - first} random captures or sets of them, seeds {first} to {seed - 1}")
    if found:
        sys.exit(f"seed {seed - 1}, in {folder}: " + "\n".join(found))
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6))
