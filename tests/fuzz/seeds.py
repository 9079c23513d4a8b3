# SPDX-License-Identifier: BSD-3-Clause
"""Seeds for the fuzz targets, from captures:

    python3 -m tests.fuzz.seeds FOLDER      makes FOLDER/packet, FOLDER/flow, ...

From ../shared/captures where they are, else from the bundled capture; frames that look alike
(same length of headers, same kind) come once. The flow table's seeds are drawn by lot."""

import hashlib
import random
import struct
import sys
from pathlib import Path
from typing import Iterator

from tests.golden.captures import PACKERS, pack
from tests.kit import capture, pcapng, weir

FRAME_MAX = 320  # headers and some payload; what follows nobody looks at
FILE_MAX = 20_000
EXPRESSIONS = (
    "tcp", "udp port 53", "ip6 and tcp", "host 192.0.2.80", "net 2001:db8::/32", "vlan 5 and ip",
    "mpls and ip", "pppoes and ip", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "less 128",
    "ip[2:2] > 100 and ip[6:2] & 0x1fff = 0", "len % 7 = 3 or ether[12:2] / 3 > 20",
    "not (src portrange 1-1024 or dst host 10.0.0.1)", "ether multicast", "ip6 protochain 17",
    "sctp or icmp6 or arp", "udp[8:4] << 2 = 0", "",
)
REQUESTS = (
    "/weir/info", "/weir/ledger", "/weir/throughput", "/weir/throughput,3600,0", "/weir/sizes",
    "/weir/flows", "/weir/flows,10,250", "/weir/flows,0,250,7", "/weir/top,source,5,packets,10s",
    "/weir/top,flow,250,flows,total", "/weir/workers,0,1", "/weir/ports", "/weir/top,nonsense",
    "/weir/events,0,9",
)


def captures() -> list[Path]:
    if weir.CAPTURES.is_dir():
        return sorted(path for folder in ("ethernet", "other-link-types")
                      for path in (weir.CAPTURES / folder).iterdir())
    return [Path(weir.BUNDLED)]


def frames(paths: list[Path]) -> list[capture.Frame]:
    """One of a kind: the parser tells frames apart by little more than this."""
    kinds: dict[tuple, capture.Frame] = {}
    for path in paths:
        try:
            for frame in capture.read(str(path)):
                kind = frame.data[12:16], frame.data[20:24], len(frame.data) // 32
                kinds.setdefault(kind, frame)
        except (AssertionError, ArithmeticError, IndexError, ValueError, OSError):
            continue  # another link type, or broken on purpose: a seed for the reader
    return list(kinds.values())


def pcap(frames: list[bytes], magic: int = 0xA1B2C3D4, minor: int = 4, link: int = 1) -> bytes:
    more = struct.pack("<I", 0) if magic >> 16 == 0x1C00 else b""
    return struct.pack("<IHHiIII", magic, 2, minor, 0, 0, 65535, link) + more + b"".join(
        struct.pack("<IIII", 1_700_000_000, number, len(data), len(data)) + data for number, data in enumerate(frames))


def savefiles() -> Iterator[bytes]:
    """Captures of kinds that the public ones are not: compressed, of other systems and link types, damaged."""
    plain = Path(weir.BUNDLED).read_bytes()[:FILE_MAX]
    for name in PACKERS:
        yield pack(name, plain)
        yield pack(name, plain[:99]) + pack(name, plain[99:]) + b"\0\0x"
    yield bytes.fromhex("28b52ffd00a8010000")  # zstd --long=31
    yield from (pcap([bytes(60)], minor=2, link=link) for link in (6, 9, 15, 24))  # AIX
    yield from (pcap([bytes(60)], magic=magic) for magic in (0x1C0001AB, 0x1C0001AC, 0xA1B2CD34))
    yield from (pcap([struct.pack(order + "I", family) + bytes(40) for family in (2, 10, 23, 24, 28, 30, 99)], link=0) for order in "<>")
    yield pcap([bytes.fromhex(start) + bytes(40) for start in ("ff030021", "ff030057", "ff030281", "ff030283", "21", "c021")], link=9)
    head = pcapng.block("<", pcapng.SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for kind in (pcapng.SECTION, pcapng.INTERFACE, pcapng.PACKET, pcapng.SIMPLE, pcapng.STATISTICS):
        yield head + pcapng.block("<", pcapng.INTERFACE, struct.pack("<HHI", 1, 0, 20)) + pcapng.block("<", kind, b"M<+\x1a" * (kind == pcapng.SECTION))


class Folder:
    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes) -> None:
        (self.path / hashlib.sha1(content).hexdigest()).write_bytes(content)


def main(folder: str) -> None:
    lot = random.Random(1)
    paths = captures()
    packet, filters, savefile, reader, flow, telemetry = (
        Folder(Path(folder) / name) for name in ("packet", "filter", "savefile", "reader", "flow", "telemetry"))
    for number, frame in enumerate(frames(paths)):
        data = frame.data[:FRAME_MAX]
        beyond = min(max(frame.wire, len(frame.data)) - len(data), 0xFFFF)
        # As packet.c reads it: flags, stripped VLAN, bytes beyond those captured, fewer bytes.
        packet.add(bytes([1, 0, 0, 0]) + beyond.to_bytes(2, "little") + bytes([20, 0]) + data)
        expression = EXPRESSIONS[number % len(EXPRESSIONS)].encode()
        filters.add(expression + b"\n" + bytes([min(beyond, 255), number % 8]) + data)
    for path in paths:
        if path.stat().st_size <= FILE_MAX or path.name == "demo.pcap":
            reader.add(bytes([lot.randrange(4)]) + path.read_bytes()[:FILE_MAX])
            savefile.add(bytes([lot.randrange(256)]) + path.read_bytes()[:FILE_MAX])
    for seed in range(40):
        savefile.add(bytes([lot.randrange(256)]) + pcapng.make(seed).content[:FILE_MAX])
    for content in savefiles():
        savefile.add(bytes([lot.randrange(256)]) + content)
    for length in (50, 100, 200, 400):
        for _ in range(8):
            flow.add(lot.randbytes(length))
    for request in REQUESTS:
        telemetry.add(request.encode())
    print(" ".join(f"{part.path.name}: {len(list(part.path.iterdir()))}"
                   for part in (packet, flow, savefile, reader, filters, telemetry)))


if __name__ == "__main__":
    main(sys.argv[1])
