# SPDX-License-Identifier: BSD-3-Clause
"""What a capture takes is what it holds: small ones little memory, many flows all they need, and how
it comes (a file, compressed, through a pipe, growing) changes nothing that is said of it."""

import gzip
import os
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.tap import Tap

MB = 2**20
START = 1_700_000_000 * 10**9
# Of weir beyond what --help takes: some 20 MB, more with sanitizers; 190 where mbufs and huge pages are
# taken that it does not need.
LITTLE = 100 * MB
MANY = 20000  # flows, of a frame each, in a file that counts as small


def frames(count: int) -> list[capture.Frame]:
    """Each of another flow."""
    found = []
    for i in range(count):
        ip = struct.pack(">BBHHHBBH4sI", 0x45, 0, 38, 1, 0, 64, 17, 0, bytes((192, 0, 2, 1)),
                         0x0a000000 + i)
        data = bytes(12) + b"\x08\x00" + ip + struct.pack(">HHHH", 1000, 53, 18, 0) + bytes(10)
        found.append(capture.Frame(START + i, len(data), data))
    return found


def resident(*arguments: str) -> int:
    """The most that weir had in memory, in bytes."""
    with subprocess.Popen([weir.WEIR, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024 if process.returncode == 0 else -1


def small(tap: Tap) -> None:
    base = resident("--help")
    taken = resident("--read", weir.BUNDLED, "--flows", "/dev/null") - base
    tap.ok("a small capture takes little memory", base > 0 and 0 < taken < LITTLE,
           f"{taken / MB:.0f} MiB more than --help, which takes {base / MB:.0f}")


def check(tap: Tap, name: str, got: weir.Analysis, expected: weir.Analysis) -> None:
    tap.equal(f"{name}: consistent", got.faults(), [])
    tap.ok(f"{name}: the same records", got.lines == expected.lines)


def through_pipe(content: bytes, parts: int) -> weir.Analysis:
    """As from a program that writes it bit by bit."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = f"{folder}/pipe"
        os.mkfifo(pipe)

        def write() -> None:
            with open(pipe, "wb", buffering=0) as file:
                for at in range(0, len(content), -(-len(content) // parts)):
                    file.write(content[at:at - (-len(content) // parts)])

        writer = threading.Thread(target=write)
        writer.start()
        result = weir.analyse(pipe)
        writer.join()
        return result


def many_flows(tap: Tap, folder: Path) -> None:
    file, packed = folder / "many.pcap", folder / "many.pcap.gz"
    all_frames = frames(MANY)
    capture.write(str(file), all_frames)
    content = file.read_bytes()
    packed.write_bytes(gzip.compress(content, 1))
    plain = weir.analyse(str(file))
    tap.equal("many flows: consistent", plain.faults(), [])
    tap.equal("many flows: every one has its record", len(plain.lines), MANY)
    tap.equal("many flows: none had to make room",
              (plain.report["flows"]["ended"]["resources"], plain.report["ledger"]["overflow"]),
              (0, 0))
    check(tap, "compressed", weir.analyse(str(packed)), plain)
    check(tap, "through a pipe", through_pipe(content, 7), plain)
    many = folder / "many"
    many.mkdir()
    for i in range(MANY // 1000):
        capture.write(str(many / f"{i:02}.pcap"), all_frames[i * 1000:(i + 1) * 1000])
    check(tap, "in twenty files", weir.analyse(str(many)), plain)


def growing(tap: Tap, folder: Path) -> None:
    """Captures are looked into one after the other: the first one grows while the second, a pipe,
    has nothing to say."""
    file, pipe = folder / "growing.pcap", folder / "growing"
    all_frames = frames(2001)
    capture.write(str(file), all_frames)
    content = file.read_bytes()
    header, frame = content[:24], (len(content) - 24) // len(all_frames)
    file.write_bytes(content[:24 + 100 * frame])
    os.mkfifo(pipe)

    def grow() -> None:
        with open(pipe, "wb", buffering=0) as writer:  # waits until weir has opened it
            with open(file, "ab") as more:
                more.write(content[24 + 100 * frame:-frame])
            writer.write(header + content[-frame:])

    writer = threading.Thread(target=grow)
    writer.start()
    result = weir.analyse(str(file), str(pipe))
    writer.join()
    tap.equal("a file that grows: consistent", result.faults(), [])
    tap.equal("a file that grows: read to where its end is by then", len(result.lines), 2001)


def main() -> None:
    tap = Tap()
    small(tap)
    with tempfile.TemporaryDirectory() as folder:
        many_flows(tap, Path(folder))
        growing(tap, Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
