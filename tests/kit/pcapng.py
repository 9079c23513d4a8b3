# SPDX-License-Identifier: BSD-3-Clause
"""pcapng files made of random blocks, with what weir has to find in them. Without `own` they hold only what tshark
reads likewise: it leaves the FCS in, counts in ps beyond 64 bits, and shows custom blocks as frames."""

import random
import struct
from typing import NamedTuple

SECTION, INTERFACE, OLD_PACKET, SIMPLE, NAMES, STATISTICS, PACKET = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
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

    def block(self, order: str) -> bytes:
        options = option(order, 2, b"eth0") + option(order, 1, b"a comment")
        if self.resolution >= 0:
            options += option(order, 9, bytes((self.resolution,)))
        if self.offset:
            options += option(order, 14, struct.pack(order + "q", self.offset))
        if self.fcs:
            options += option(order, 13, bytes((self.fcs,)))
        return block(order, INTERFACE, struct.pack(order + "HHI", self.link, 0, self.snap) + options
                     + option(order, 0, b""))

    def ticks(self, time: int) -> int:
        """ns since the epoch as a stamp of this interface; rounded down."""
        time -= self.offset * 10**9
        return time * self.ticks_a_second() // 10**9

    def time(self, ticks: int) -> int:
        return ticks * 10**9 // self.ticks_a_second() + self.offset * 10**9

    def ticks_a_second(self) -> int:
        value = 6 if self.resolution < 0 else self.resolution
        return 2 ** (value & 127) if value & 128 else 10**value


class Row(NamedTuple):
    """A frame as weir has to read it."""
    time: int
    data: bytes
    wire: int


class Made(NamedTuple):
    content: bytes
    rows: list[Row]
    frames: int  # with those of link types that are not read
    lost: int


class Writer:
    def __init__(self, seed: int, own: bool) -> None:
        self.random = random.Random(seed)
        self.own = own
        self.content, self.rows, self.frames, self.lost = b"", [], 0, 0
        self.time = 1_700_000_000 * 10**9

    def make(self) -> Made:
        for _ in range(self.random.randint(1, 4)):
            self.section()
        return Made(self.content, self.rows, self.frames, self.lost)

    def section(self) -> None:
        self.order = self.random.choice("<>")
        length = self.random.choice((-1, 0xFFFFFFFF))  # both are wrong, and neither matters
        self.content += block(self.order, SECTION, struct.pack(self.order + "IHHq", 0x1A2B3C4D, 1, 0, -1 if length < 0
                                                               else length) + option(self.order, 1, b"x" * 13))
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
        resolution = choose((-1, 3, 6, 9, 10, 12 if self.own else 8, 0x80 | 10, 0x80 | 20, 0x80 | 30))
        # ps since 1970 do not fit the stamp: they need an offset.
        offset = 1_699_999_000 if resolution == 12 else choose((0, 0, 3600, -7200))
        interface = Interface(link, choose((0, 65535, 262144, 96)), resolution, offset, choose((0, 4)) if self.own else 0)
        self.interfaces.append(interface)
        self.told.append(0)
        self.counted.append(0)
        self.content += interface.block(self.order)

    def frame(self, interface: Interface) -> tuple[bytes, int]:
        wire = self.random.choice((0, 1, 13, 14, 60, 61, 590, 1514, 9000))
        captured = self.random.choice((wire, min(wire, 60), 0))
        if interface.snap:
            captured = min(captured, interface.snap)
        return self.random.randbytes(captured), wire

    def note(self, interface: Interface, time: int, data: bytes, wire: int, fcs: int) -> None:
        self.frames += 1
        wire = max(wire - fcs, 0)
        if interface.link != OTHER:
            self.rows.append(Row(time, data[:wire], wire))

    def stamp(self, interface: Interface) -> tuple[int, int]:
        self.time += self.random.randint(0, 2 * 10**9)
        ticks = interface.ticks(self.time)
        return ticks, interface.time(ticks)

    def packet(self) -> None:
        number = self.random.randrange(len(self.interfaces))
        interface, fcs = self.interfaces[number], self.interfaces[number].fcs
        data, wire = self.frame(interface)
        ticks, time = self.stamp(interface)
        options = b""
        if self.random.random() < 0.3:
            options += option(self.order, 1, b"c" * self.random.randint(0, 300))
        if self.own and self.random.random() < 0.3:
            fcs = self.random.choice((2, 4))
            options += option(self.order, 2, struct.pack(self.order + "I", fcs << 5 | 1))
        if self.random.random() < 0.3:
            drops = self.random.randint(0, 50)
            self.told[number] += drops
            options += option(self.order, 4, struct.pack(self.order + "Q", drops))
        if options and self.random.random() < 0.5:
            options += option(self.order, 0, b"")
        self.content += block(self.order, PACKET, struct.pack(self.order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF,
                                                              len(data), wire) + data + bytes(-len(data) % 4) + options)
        self.note(interface, time, data, wire, fcs)

    def old(self) -> None:
        number = self.random.randrange(len(self.interfaces))
        interface = self.interfaces[number]
        data, wire = self.frame(interface)
        ticks, time = self.stamp(interface)
        drops = self.random.choice((0, 3, 0xFFFF))
        self.told[number] += drops % 0xFFFF
        self.content += block(self.order, OLD_PACKET, struct.pack(self.order + "HHIIII", number, drops, ticks >> 32,
                                                                  ticks & 0xFFFFFFFF, len(data), wire) + data)
        self.note(interface, time, data, wire, interface.fcs)

    def simple(self) -> None:
        interface = self.interfaces[0]
        wire = self.random.choice((0, 14, 60, 61, 1514))
        data = self.random.randbytes(min(wire, interface.snap) if interface.snap else wire)
        self.content += block(self.order, SIMPLE, struct.pack(self.order + "I", wire) + data)
        self.note(interface, 0, data, wire, interface.fcs)

    def statistics(self) -> None:
        number = self.random.randrange(len(self.interfaces))
        drops = self.random.randint(0, 99), self.random.randint(0, 99)
        options = b"".join(option(self.order, code, struct.pack(self.order + "Q", value))
                           for code, value in ((4, 10**6), (5, drops[0]), (7, drops[1])))
        self.counted[number] = max(self.counted[number], sum(drops))
        self.content += block(self.order, STATISTICS, struct.pack(self.order + "III", number, 0, 0) + options)

    def unknown(self) -> None:
        kind = self.random.choice((NAMES, 10, 0x0BAD if self.own else NAMES, 0x80000001, 0x7FFFFFFF))
        body = self.random.randbytes(self.random.choice((0, 4, 99, 70000)))
        if kind == 0x0BAD:  # anybody's, by the number of an enterprise
            body = struct.pack(self.order + "I", 32473) + body
        if kind == NAMES:
            body = struct.pack(self.order + "HH", 0, 0)
        if kind == 10:  # decryption secrets
            body = struct.pack(self.order + "II", 0x544C534B, len(body)) + body
        self.content += block(self.order, kind, body)


def make(seed: int, own: bool = True) -> Made:
    return Writer(seed, own).make()
