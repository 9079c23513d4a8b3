# SPDX-License-Identifier: BSD-3-Clause
"""What weir must say about a capture, found by a second, slow and plain reading of docs/truth.md.
It shares nothing with the C code; tests/golden/conformance.py holds it, too, against the public captures."""

import socket
from collections import Counter
from typing import NamedTuple

from tests.kit import capture

TAGS = (0x8100, 0x88A8, 0x9100)
SHORTEST_HEADER = {6: 20, 17: 8, 132: 12, 33: 12, 136: 8}  # TCP, UDP, SCTP, DCCP, UDP-Lite
EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
FRAGMENT, AUTHENTICATION = 44, 51


class Verdict(Exception):
    """The bucket of a frame that belongs to no flow."""


class Packet(NamedTuple):
    vlan: int
    protocol: int
    source: str
    source_port: int
    destination: str
    destination_port: int
    octets: int
    fragment: str  # "first", "tiny" (and first), "later"; "" if it is none


class Bytes:
    """The captured bytes from `start` on, of which the wire had `wire`."""

    def __init__(self, data: bytes, wire: int, start: int = 0):
        self.data, self.start = data, start
        self.captured, self.wire = len(data) - start, wire - start

    def need(self, count: int) -> None:
        if self.captured < count:
            raise Verdict("truncated")

    def number(self, offset: int, size: int = 2) -> int:
        start = self.start + offset
        return int.from_bytes(self.data[start : start + size], "big")

    def skip(self, count: int) -> "Bytes":
        return Bytes(self.data, self.wire + self.start, self.start + count)


def classify(frame: capture.Frame) -> Packet:
    """The packet of a frame, or a Verdict."""
    bytes_ = Bytes(frame.data, max(frame.wire, len(frame.data)))
    bytes_.need(14)
    kind, vlan, bytes_ = _tags(bytes_.number(12), bytes_.skip(14))
    version, bytes_ = _below_ethernet(kind, bytes_)
    return _ipv4(vlan, bytes_) if version == 4 else _ipv6(vlan, bytes_)


def _tags(kind: int, bytes_: Bytes) -> tuple[int, int, Bytes]:
    vlan, count = 0, 0
    while kind in TAGS:
        count += 1
        if count > 4:
            raise Verdict("malformed")
        bytes_.need(4)
        if count == 1:
            vlan = bytes_.number(0) & 0xFFF
        kind, bytes_ = bytes_.number(2), bytes_.skip(4)
    return kind, vlan, bytes_


def _below_ethernet(kind: int, bytes_: Bytes) -> tuple[int, Bytes]:
    """The IP version and where the packet starts, through MPLS and PPPoE."""
    if kind in (0x8847, 0x8848):
        return _mpls(bytes_)
    if kind == 0x8864:
        bytes_.need(8)
        kind = {0x21: 0x0800, 0x57: 0x86DD}.get(bytes_.number(6), 0)
        bytes_ = bytes_.skip(8)
    versions = {0x0800: 4, 0x86DD: 6}
    if kind not in versions:
        raise Verdict("non_ip")
    return versions[kind], bytes_


def _mpls(bytes_: Bytes) -> tuple[int, Bytes]:
    for _ in range(16):
        bytes_.need(4)
        bottom = bytes_.number(2, 1) & 1
        bytes_ = bytes_.skip(4)
        if bottom:
            bytes_.need(1)
            version = bytes_.number(0, 1) >> 4
            if version not in (4, 6):
                raise Verdict("non_ip")
            return version, bytes_
    raise Verdict("malformed")


def _ipv4(vlan: int, ip: Bytes) -> Packet:
    ip.need(20)
    header = (ip.number(0, 1) & 15) * 4
    if ip.number(0, 1) >> 4 != 4 or header < 20:
        raise Verdict("malformed")
    ip.need(header)
    octets = ip.number(2) or ip.wire  # 0: segmentation offload
    if octets < header or octets > ip.wire:
        raise Verdict("malformed")
    addresses = [socket.inet_ntop(socket.AF_INET, ip.data[at : at + 4])
                 for at in (ip.start + 12, ip.start + 16)]
    later, more = ip.number(6) & 0x1FFF != 0, ip.number(6) & 0x2000 != 0
    fragment = "later" if later else "first" if more else ""
    return _packet(vlan, ip.number(9, 1), addresses, ip.skip(header), octets - header, octets,
                   fragment)


def _ipv6(vlan: int, ip: Bytes) -> Packet:
    ip.need(40)
    if ip.number(0, 1) >> 4 != 6:
        raise Verdict("malformed")
    payload = ip.number(4) or ip.wire - 40
    if payload > ip.wire - 40:
        raise Verdict("malformed")
    addresses = [socket.inet_ntop(socket.AF_INET6, ip.data[at : at + 16])
                 for at in (ip.start + 8, ip.start + 24)]
    octets, kind, bytes_, count, fragment = payload + 40, ip.number(6, 1), ip.skip(40), 0, ""
    while kind in EXTENSIONS and fragment != "later":
        count += 1
        if count > 8:
            raise Verdict("malformed")
        length = _extension_length(kind, bytes_, payload)
        if kind == FRAGMENT and bytes_.number(2) >> 3:
            fragment = "later"
        elif kind == FRAGMENT and bytes_.number(2) & 1:
            fragment = "first"
        kind, bytes_, payload = bytes_.number(0, 1), bytes_.skip(length), payload - length
    return _packet(vlan, kind, addresses, bytes_, payload, octets, fragment)


def _extension_length(kind: int, bytes_: Bytes, payload: int) -> int:
    if payload < 8:
        raise Verdict("malformed")
    bytes_.need(2)  # a header too long for its packet is malformed, captured to its end or not
    length = (bytes_.number(1, 1) + 1) * 8
    if kind == FRAGMENT:
        length = 8
    elif kind == AUTHENTICATION:
        length = (bytes_.number(1, 1) + 2) * 4
    if length > payload:
        raise Verdict("malformed")
    bytes_.need(length)
    return length


def _packet(vlan: int, protocol: int, addresses: list[str], bytes_: Bytes, payload: int,
            octets: int, fragment: str) -> Packet:
    ports = [0, 0]
    if protocol in SHORTEST_HEADER and fragment != "later":
        if payload < SHORTEST_HEADER[protocol]:
            if fragment != "first" or payload < 4:
                raise Verdict("malformed")
            fragment = "tiny"
        bytes_.need(4)
        ports = [bytes_.number(0), bytes_.number(2)]
    return Packet(vlan, protocol, addresses[0], ports[0], addresses[1], ports[1], octets, fragment)


# ---- a whole capture, in the shape of a line of expected.jsonl ----


def expect(path: str) -> dict:
    """Buckets and flows of the capture; forward is the direction of a key's first packet."""
    frames, buckets, fragments, flows = 0, Counter(), Counter(), {}
    for frame in capture.read(path):
        frames += 1
        try:
            packet = classify(frame)
        except Verdict as verdict:
            buckets[str(verdict)] += 1
            continue
        buckets["flow"] += 1
        fragments[packet.fragment] += 1
        _count(flows, packet)
    return {"frames": frames, "buckets": dict(buckets), "later_fragments": fragments["later"],
            "first_fragments": fragments["first"] + fragments["tiny"],
            "tiny_fragments": fragments["tiny"], "flows": list(flows.values())}


def _count(flows: dict, packet: Packet) -> None:
    one = (packet.source, packet.source_port)
    other = (packet.destination, packet.destination_port)
    key = (packet.vlan, packet.protocol, *sorted((one, other)))
    flow = flows.setdefault(key, {
        "vlan": packet.vlan, "protocol": packet.protocol,
        "source": packet.source, "source_port": packet.source_port,
        "destination": packet.destination, "destination_port": packet.destination_port,
        "packets": 0, "octets": 0, "reverse_packets": 0, "reverse_octets": 0})
    way = "" if one == (flow["source"], flow["source_port"]) else "reverse_"
    flow[way + "packets"] += 1
    flow[way + "octets"] += packet.octets
