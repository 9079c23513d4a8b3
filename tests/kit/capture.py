# SPDX-License-Identifier: BSD-3-Clause
"""Capture files, read and written without libpcap: pcap (both byte orders, micro- and
nanoseconds) and pcapng. Knows what the tests need, and stops quietly where a file is cut."""

import struct
from typing import Iterator, NamedTuple

ETHERNET = 1


class Frame(NamedTuple):
    time: int  # ns since 1970
    wire: int  # the frame's own length
    data: bytes  # what was captured of it


def read(path: str) -> Iterator[Frame]:
    with open(path, "rb") as file:
        content = file.read()
    return _read_pcapng(content) if content[:4] == b"\x0a\x0d\x0d\x0a" else _read_pcap(content)


def write(path: str, frames: list[Frame]) -> None:
    """A pcap with nanosecond times."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, ETHERNET))
        for frame in frames:
            seconds, nanoseconds = divmod(frame.time, 10**9)
            file.write(struct.pack("<IIII", seconds, nanoseconds, len(frame.data), frame.wire))
            file.write(frame.data)


def statistics(path: str) -> list[tuple[int, int]]:
    """Of each interface of a pcapng that this machine wrote: isb_ifdrop, isb_filteraccept."""
    with open(path, "rb") as file:
        content = file.read()
    found, position = [], 0
    while position + 12 <= len(content):
        kind, length = struct.unpack_from("=II", content, position)
        if kind == 5:
            options, at = {}, position + 20
            while at + 4 < position + length - 4:
                code, size = struct.unpack_from("=HH", content, at)
                options[code] = content[at + 4 : at + 4 + size]
                at += 4 + (size + 3) // 4 * 4
            found.append(tuple(struct.unpack("=Q", options[code])[0] for code in (5, 6)))
        position += length
    return found


def _read_pcap(content: bytes) -> Iterator[Frame]:
    order = "<" if content[0] in (0xD4, 0x4D, 0x34) else ">"
    magic, _, minor, _, _, snap, link = struct.unpack(order + "IHHiIII", content[:24])
    assert link & 0xFFFF == ETHERNET, f"link type {link}"
    unit = 1 if magic == 0xA1B23C4D else 1000
    header = 24 if magic == 0xA1B2CD34 else 16  # Kuznetzov's variant has eight bytes more
    position = 24
    while position + header <= len(content):
        seconds, fraction, captured, wire = struct.unpack_from(order + "IIII", content, position)
        position += header
        data = content[position : position + captured]
        if len(data) < captured:
            return
        position += captured
        yield Frame(seconds * 10**9 + fraction * unit, wire, data)


def _read_pcapng(content: bytes) -> Iterator[Frame]:
    order = "<"
    interfaces: list[tuple[int, int]] = []  # ticks a second, snap length
    position = 0
    while position + 12 <= len(content):
        if content[position : position + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if content[position + 8] == 0x4D else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", content, position)
        if length < 12 or position + length > len(content):
            return
        body = content[position + 8 : position + length - 4]
        position += length
        if kind == 1:
            interfaces.append(_interface(order, body))
        elif kind == 6:  # enhanced packet
            number, high, low, captured, wire = struct.unpack_from(order + "IIIII", body)
            time = (high << 32 | low) * 10**9 // interfaces[number][0]
            yield Frame(time, wire, body[20 : 20 + captured])
        elif kind == 2:  # packet, obsolete
            number, _, high, low, captured, wire = struct.unpack_from(order + "HHIIII", body)
            time = (high << 32 | low) * 10**9 // interfaces[number][0]
            yield Frame(time, wire, body[20 : 20 + captured])
        elif kind == 3:  # simple packet: no time
            (wire,) = struct.unpack_from(order + "I", body)
            snap = interfaces[0][1] or wire
            yield Frame(0, wire, body[4 : 4 + min(wire, snap)])


def _interface(order: str, body: bytes) -> tuple[int, int]:
    link, _, snap = struct.unpack_from(order + "HHI", body)
    assert link == ETHERNET, f"link type {link}"
    ticks, position = 10**6, 8
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        if code == 0:
            break
        if code == 9:  # if_tsresol
            value = body[position + 4]
            ticks = 2 ** (value & 0x7F) if value & 0x80 else 10**value
        position += 4 + (length + 3) // 4 * 4
    return ticks, snap
