# SPDX-License-Identifier: BSD-3-Clause
"""The parser against a second one, on what fuzzing has found:

    python3 -m tests.fuzz.differential FOLDER...    inputs of fuzz-packet, one a file

Every input is a frame of a capture; weir reads it, and its buckets and flows must be what
tests/golden/oracle.py, a plain reading of docs/truth.md in Python, says."""

import sys
import tempfile
from pathlib import Path

from tests.golden import oracle
from tests.golden.conformance import contradictions
from tests.kit import capture, weir
from tests.kit.tap import Tap

SETTINGS = 8  # bytes before the frame, see packet.c
START = 1_700_000_000 * 10**9


def frames(folders: list[str]) -> list[capture.Frame]:
    found = []
    for path in sorted(path for folder in folders for path in Path(folder).iterdir()):
        content = path.read_bytes()
        data = content[SETTINGS:]
        if len(content) >= SETTINGS:
            beyond = int.from_bytes(content[4:6], "little")
            found.append(capture.Frame(START + len(found) * 1000, len(data) + beyond, data))
    return found


def is_later_fragment(frame: capture.Frame) -> bool:
    try:
        return oracle.classify(frame).fragment == "later"
    except oracle.Verdict:
        return False


def disagreement(some: list[capture.Frame]) -> list[str]:
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        capture.write(file.name, some)
        # Without the first fragments in the same capture weir has nothing to remember either.
        return contradictions(weir.analyse(file.name), oracle.expect(file.name), ports=True)


def narrowed(some: list[capture.Frame]) -> list[capture.Frame]:
    """A part of the frames, as small as halving gets it, on which the two still disagree."""
    while len(some) > 1:
        half = len(some) // 2
        part = next((part for part in (some[:half], some[half:]) if disagreement(part)), None)
        if part is None:
            break
        some = part
    return some


def compare(tap: Tap, name: str, some: list[capture.Frame]) -> None:
    found = disagreement(some)
    if found:
        found += [f"{frame.data.hex()} of {frame.wire} bytes" for frame in narrowed(some)[:4]]
    tap.ok(f"{name}: weir and the oracle agree on {len(some)} frames", not found, "\n".join(found))


def main(folders: list[str]) -> None:
    tap = Tap()
    found = frames(folders)
    tap.ok("there are frames", found, folders)
    compare(tap, "later fragments", [frame for frame in found if is_later_fragment(frame)])
    compare(tap, "all others", [frame for frame in found if not is_later_fragment(frame)])
    tap.end()


if __name__ == "__main__":
    main(sys.argv[1:])
