# SPDX-License-Identifier: BSD-3-Clause
"""pcapng files made of random blocks, with what weir has to find in them, and what tshark 4.0 does. Where the two
differ, Row.weir() and Row.tshark() say so and why; in nothing else may they."""

import random
import struct
from typing import NamedTuple, Optional

SECTION, INTERFACE, OLD_PACKET, SIMPLE, NAMES, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
JOURNAL, SECRETS, CUSTOM = 9, 10, 0x0BAD
READ = (0, 1, 9, 101, 108, 113, 228, 229, 276)  # link types that weir reads
OTHER = 105  # and one that it does not: 802.11


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


class Interface(NamedTuple):
    link: int
    snap: int
    resolution: int  # as in if_tsresol; -1: not said
    offset: int  # s
    fcs: int  # bytes

    def body(self, order: str) -> bytes:
        options = option(order, 2, b"eth0") + option(order, 1, b"a comment")
        if self.resolution >= 0:
            options += option(order, 9, bytes((self.resolution,)))
        if self.offset:
            options += option(order, 14, struct.pack(order + "q", self.offset))
        if self.fcs:
            options += option(order, 13, bytes((self.fcs,)))
        return struct.pack(order + "HHI", self.link, 0, self.snap) + options + option(order, 0, b"")

    def ticks(self, time: int) -> int:
        """ns since the epoch as a stamp of this interface; rounded down."""
        time -= self.offset * 10**9
        return time * self.ticks_a_second() // 10**9

    def time(self, ticks: int) -> int:
        return ticks * 10**9 // self.ticks_a_second() + self.offset * 10**9

    def tshark_time(self, ticks: int) -> int:
        """With the fraction of a second times 10^9 in 64 bits, which units of less than 55 ps do not fit."""
        seconds, fraction = divmod(ticks, self.ticks_a_second())
        return (seconds + self.offset) * 10**9 + fraction * 10**9 % 2**64 // self.ticks_a_second()

    def ticks_a_second(self) -> int:
        value = 6 if self.resolution < 0 else self.resolution
        return 2 ** (value & 127) if value & 128 else 10**value


def sum_of(data: bytes) -> int:
    """As savefile-list sums up."""
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


class Row(NamedTuple):
    """A packet's block."""
    interface: Interface
    ticks: Optional[int]  # None: a simple packet, which has no time
    data: bytes
    wire: int
    fcs: int

    def tshark(self) -> tuple[str, int, int]:
        """frame.time_epoch, frame.cap_len, frame.len: the FCS is left in, and no time is none."""
        if self.ticks is None:
            return "", len(self.data), self.wire
        return "%d.%09d" % divmod(self.interface.tshark_time(self.ticks), 10**9), len(self.data), self.wire


class Made(NamedTuple):
    content: bytes
    packets: list[Row]
    ends: list[tuple[int, int]]  # of all blocks: offset, packets before it of link types that are read
    lost: int

    def weir(self) -> list[tuple[int, int, int, int]]:
        """Time, captured and wire length, and a sum of the bytes of all frames that are read: without FCS, and with the
        time of the packet before where there is none."""
        rows, time = [], 0
        for packet in self.packets:
            if packet.ticks is not None:
                time = packet.interface.time(packet.ticks)
            if packet.interface.link in READ:
                wire = max(packet.wire - packet.fcs, 0)
                data = packet.data[:wire]
                rows.append((time, len(data), wire, sum_of(data)))
        return rows

    def timeless(self) -> int:
        return sum(packet.ticks is None and packet.interface.link in READ for packet in self.packets)


class Writer:
    def __init__(self, seed: int, large: bool) -> None:
        self.random = random.Random(seed)
        self.sizes = (0, 1, 13, 14, 60, 61, 590) + ((1514, 9000) if large else ())
        self.body_sizes = (0, 4, 99) + ((70000,) if large else ())
        self.content, self.packets, self.ends, self.lost = b"", [], [], 0
        self.read = 0  # of the packets
        self.time = 1_700_000_000 * 10**9

    def make(self) -> Made:
        for _ in range(self.random.randint(1, 4)):
            self.section()
        return Made(self.content, self.packets, self.ends, self.lost)

    def add(self, kind: int, body: bytes) -> None:
        self.content += block(self.order, kind, body)
        self.ends.append((len(self.content), self.read))

    def add_packet(self, kind: int, body: bytes, row: Row) -> None:
        self.packets.append(row)
        self.read += row.interface.link in READ
        self.add(kind, body)

    def section(self) -> None:
        self.order = self.random.choice("<>")
        length = self.random.choice((-1, 0xFFFFFFFF))  # both are wrong, and neither matters
        self.add(SECTION, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, length) + option(self.order, 1, b"x" * 13))
        self.interfaces: list[Interface] = []
        self.told, self.counted = [], []
        self.interface()
        for _ in range(self.random.randint(0, 60)):
            self.random.choices((self.packet, self.old, self.simple, self.interface, self.statistics, self.unknown),
                                (60, 10, 6, 6, 6, 12))[0]()
        self.lost += sum(max(pair) for pair in zip(self.told, self.counted))

    def interface(self) -> None:
        choose = self.random.choice
        link = choose(READ + (1,) * 10) if not self.interfaces else choose(READ + (1,) * 10 + (OTHER,) * 3)
        resolution = choose((-1, 3, 6, 9, 10, 12, 0x80 | 10, 0x80 | 20, 0x80 | 30))
        # ps since 1970 do not fit the stamp: they need an offset.
        offset = 1_699_999_000 if resolution == 12 else choose((0, 0, 3600, -7200))
        interface = Interface(link, choose((0, 65535, 262144, 97)), resolution, offset, choose((0, 4)))
        self.interfaces.append(interface)
        self.told.append(0)
        self.counted.append(0)
        self.add(INTERFACE, interface.body(self.order))

    def frame(self, interface: Interface) -> tuple[bytes, int]:
        wire = self.random.choice(self.sizes)
        captured = self.random.choice((wire, min(wire, 60), 0))
        if interface.snap:
            captured = min(captured, interface.snap)
        return self.random.randbytes(captured), wire

    def stamp(self, interface: Interface) -> int:
        self.time += self.random.randint(0, 2 * 10**9)
        return interface.ticks(self.time)

    def packet(self) -> None:
        number = self.random.randrange(len(self.interfaces))
        interface, fcs = self.interfaces[number], self.interfaces[number].fcs
        data, wire = self.frame(interface)
        ticks = self.stamp(interface)
        options = b""
        if self.random.random() < 0.3:
            options += option(self.order, 1, b"c" * self.random.randint(0, 300))
        if self.random.random() < 0.3:
            fcs = self.random.choice((2, 4))
            options += option(self.order, 2, struct.pack(self.order + "I", fcs << 5 | 1))
        if self.random.random() < 0.3:
            drops = self.random.randint(0, 50)
            self.told[number] += drops
            options += option(self.order, 4, struct.pack(self.order + "Q", drops))
        if options and self.random.random() < 0.5:
            options += option(self.order, 0, b"")
        head = struct.pack(self.order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
        self.add_packet(PACKET, head + data + bytes(-len(data) % 4) + options, Row(interface, ticks, data, wire, fcs))

    def old(self) -> None:
        number = self.random.randrange(len(self.interfaces))
        interface = self.interfaces[number]
        data, wire = self.frame(interface)
        ticks = self.stamp(interface)
        drops = self.random.choice((0, 3, 0xFFFF))  # the last one: not known
        self.told[number] += drops % 0xFFFF
        head = struct.pack(self.order + "HHIIII", number, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), wire)
        self.add_packet(OLD_PACKET, head + data, Row(interface, ticks, data, wire, interface.fcs))

    def simple(self) -> None:
        interface = self.interfaces[0]
        wire = self.random.choice(self.sizes)
        data = self.random.randbytes(min(wire, interface.snap) if interface.snap else wire)
        self.add_packet(SIMPLE, struct.pack(self.order + "I", wire) + data,
                        Row(interface, None, data, wire, interface.fcs))

    def statistics(self) -> None:
        number = self.random.randrange(len(self.interfaces) + 1)  # the last one is not declared
        drops = self.random.randint(0, 99), self.random.randint(0, 99)
        options = b"".join(option(self.order, code, struct.pack(self.order + "Q", value))
                           for code, value in ((4, 10**6), (5, drops[0]), (7, drops[1])))
        if number < len(self.interfaces):
            self.counted[number] = max(self.counted[number], sum(drops))
        self.add(STATISTICS, struct.pack(self.order + "III", number, 0, 0) + options)

    def unknown(self) -> None:
        """Blocks of no interest. tshark shows some of them as frames, without a link type."""
        kind = self.random.choice((NAMES, SECRETS, JOURNAL, CUSTOM, 0x80000001, 0x7FFFFFFF))
        body = self.random.randbytes(self.random.choice(self.body_sizes))
        if kind == CUSTOM:  # anybody's, by the number of an enterprise
            body = struct.pack(self.order + "I", 32473) + body
        if kind == JOURNAL:
            body = b"__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=a\n"
        if kind == NAMES:
            record = bytes((192, 0, 2, 1)) + b"one.example\0two.example\0"
            body = struct.pack(self.order + "HH", 1, len(record)) + record + bytes(-len(record) % 4 + 4)
        if kind == SECRETS:
            body = struct.pack(self.order + "II", 0x544C534B, len(body)) + body
        self.add(kind, body)


def make(seed: int, large: bool = True) -> Made:
    return Writer(seed, large).make()
