# SPDX-License-Identifier: BSD-3-Clause
"""gdb shows keys, records and packets as people write them. In gdb: source scripts/gdb.py

A build with debug information is needed: meson setup build-debug --buildtype=debugoptimized."""

import ipaddress
import struct

import gdb
import gdb.printing

KEY_IPV6 = 0x8000  # PACKET_KEY_IPV6 of <weir/packet.h>
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 58: "icmpv6", 132: "sctp", 136: "udplite"}
TCP_FLAGS = "FSRPAUEC"
# The state byte of lib/flow/record.h, FLOW_STATE_*: bits, and where numbers begin.
FORWARD1, REORDERED = 0x01, 0x02
TCP_MASK, TCP_SHIFT = 0x1C, 2
END_SHIFT = 5


def memory(value: gdb.Value) -> bytes:
    """The bytes of an array."""
    low, high = value.type.range()
    return bytes(int(value[i]) & 0xFF for i in range(low, high + 1))


def enum_name(type_name: str, number: int) -> str:
    for field in gdb.lookup_type(type_name).fields():
        if field.enumval == number:
            return field.name.split("_", 1)[1].lower()
    return str(number)


def flags(octet: int) -> str:
    return "".join(name if octet >> bit & 1 else "." for bit, name in enumerate(TCP_FLAGS))


def endpoint(key: gdb.Value, end: int, prefix: gdb.Value | None) -> str:
    """Address and port; of an IPv6 address without its first 12 bytes, which are not in the key: "...:0000:0001"."""
    last = struct.pack("<I", int(key["address"][end]))
    port = struct.unpack("!H", struct.pack("<H", int(key["port"][end])))[0]
    if not int(key["vlan"]) & KEY_IPV6:
        return f"{ipaddress.IPv4Address(last)}:{port}"
    if prefix is None:
        return f"[...:{last[:2].hex()}:{last[2:].hex()}]:{port}"
    return f"[{ipaddress.IPv6Address(memory(prefix[end]) + last)}]:{port}"


def key_text(key: gdb.Value, prefix: gdb.Value | None = None, turned: bool = False, arrow: str = "<->") -> str:
    ends = [endpoint(key, end, prefix) for end in (0, 1)]
    protocol, vlan = int(key["protocol"]), int(key["vlan"]) & ~KEY_IPV6
    text = f"{PROTOCOLS.get(protocol, protocol)} {ends[turned]} {arrow} {ends[not turned]}"
    return text + (f" vlan {vlan}" if vlan else "")


class Key:
    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def to_string(self) -> str:
        return key_text(self.value)


class Packet:
    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def to_string(self) -> str:
        value = self.value
        text = key_text(value["key"], value["prefix"], bool(value["direction"]), "->")
        if int(value["key"]["protocol"]) == 6:
            text += f" {flags(int(value['tcp_flags']))}"
        return f"{enum_name('enum packet_reason', int(value['reason']))} {text} {int(value['octets'])} octets"


class Hot:
    """A record's hot line; its direction is that of the first packet."""

    def __init__(self, value: gdb.Value, prefix: gdb.Value | None = None) -> None:
        self.value, self.prefix = value, prefix

    def to_string(self) -> str:
        value, state = self.value, int(self.value["key"]["zero"])
        if not int(value["packets"][0]) | int(value["packets"][1]) and not state:
            return "empty"
        counts = [f"{int(value['packets'][d])} packets {int(value[f'octets{d}'])} octets" for d in (0, 1)]
        text = f"{key_text(value['key'], self.prefix, bool(state & FORWARD1), '->')}: {counts[0]}, back {counts[1]}"
        if int(value["key"]["protocol"]) == 6:
            seen = "/".join(flags(int(value["tcp_flags"][d])) for d in (0, 1))
            text += f", {seen} {enum_name('enum tcp_state', (state & TCP_MASK) >> TCP_SHIFT)}"
        text += ", reordered" if state & REORDERED else ""
        if int(value["ttl_min"]) > int(value["ttl_max"]):
            return text + ", dormant"
        end = state >> END_SHIFT
        return text + (f", {enum_name('enum flow_end', end)}" if end else "")


class Record:
    def __init__(self, value: gdb.Value) -> None:
        self.value = value

    def to_string(self) -> str:
        return Hot(self.value["hot"], self.value["cold"]["prefix"]).to_string()

    def children(self):
        yield "hot", self.value["hot"]
        yield "cold", self.value["cold"]


printers = gdb.printing.RegexpCollectionPrettyPrinter("weir")
for tag, printer in (("packet_key", Key), ("packet", Packet), ("flow_hot", Hot), ("flow_record", Record)):
    printers.add_printer(tag, f"^{tag}$", printer)
gdb.printing.register_pretty_printer(None, printers, replace=True)
