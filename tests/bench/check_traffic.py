#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
Does bench-traffic write what it says? Reads its captures with a parser that shares nothing with
it (or with weir), counts flows by their full keys and verifies every checksum.
"""

import json
import struct
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

GENERATOR = sys.argv.pop(1)


def internet_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def frames_of(path):
    data = path.read_bytes()
    magic, major, minor, _, _, snap, link = struct.unpack_from("<IHHIIII", data)
    assert (magic, major, minor, link) == (0xa1b23c4d, 2, 4, 1) and snap >= 1514
    at = 24
    while at < len(data):
        seconds, nano, captured, wire = struct.unpack_from("<IIII", data, at)
        assert captured == wire and nano < 10**9
        yield seconds * 10**9 + nano, data[at + 16:at + 16 + captured]
        at += 16 + captured
    assert at == len(data)


def dissect(frame):
    """(flow key with the ends as sent, IP octets, TCP flags or None, is it IPv6)"""
    vlan, at = 0, 12
    kind = struct.unpack_from(">H", frame, at)[0]
    while kind in (0x8100, 0x88a8):
        inner, kind = struct.unpack_from(">HH", frame, at + 2)
        vlan, at = vlan or inner, at + 4
    packet = frame[at + 2:]
    if kind == 0x0800:
        at = 4 * (packet[0] & 15)
        assert packet[0] >> 4 == 4 and internet_sum(packet[:at]) == 0xffff
        octets, protocol, addresses = (struct.unpack_from(">H", packet, 2)[0], packet[9],
                                       packet[12:20])
    else:
        assert kind == 0x86dd and packet[0] == 0x60
        octets, protocol, addresses, at = (struct.unpack_from(">H", packet, 4)[0] + 40, packet[6],
                                           packet[8:40], 40)
    assert octets == len(packet)
    payload = packet[at:]
    pseudo = addresses + struct.pack(">II", len(payload), protocol)
    assert internet_sum((b"" if protocol == 1 else pseudo) + payload) == 0xffff
    half = len(addresses) // 2
    ports = struct.unpack_from(">HH", payload) if protocol in (6, 17) else (0, 0)
    ends = (addresses[:half], ports[0]), (addresses[half:], ports[1])
    return (vlan, protocol, *ends), octets, payload[13] if protocol == 6 else None, half == 16


class Traffic(unittest.TestCase):
    def make(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "made.pcap"
            said = subprocess.run([GENERATOR, *options, path], check=True, capture_output=True)
            self.frames = list(frames_of(path))
        self.said = json.loads(said.stdout)
        self.parts = [dissect(frame) for _, frame in self.frames]
        one_way = {key for key, *_ in self.parts}
        both = {(vlan, protocol, frozenset(ends)) for vlan, protocol, *ends in one_way}
        clients = sum(key[2][0][-4] == 10 for key, *_ in self.parts)
        found = {
            "frames": len(self.frames),
            "frame_octets": sum(len(frame) for _, frame in self.frames),
            "ip_octets": sum(octets for _, octets, *_ in self.parts),
            "flows": len(both),
            "one_way_flows": len(one_way),
            "ipv6": sum(ipv6 for *_, ipv6 in self.parts),
            "vlan": sum(key[0] != 0 for key, *_ in self.parts),
            "tcp": sum(key[1] == 6 for key, *_ in self.parts),
            "icmp": sum(key[1] in (1, 58) for key, *_ in self.parts),
            "reverse": len(self.frames) - clients,
        }
        self.assertEqual(found, {name: self.said[name] for name in found})
        return found

    def near(self, value, expected, share):
        self.assertLess(abs(value - expected), expected * share)

    def test_minimum_frames(self):
        found = self.make("--frames", "20000", "--flows", "1000")
        self.assertEqual({len(frame) for _, frame in self.frames}, {60})
        self.assertEqual(found["flows"], 1000)
        self.near(found["reverse"], 10000, 0.05)
        self.near(found["tcp"], 16000, 0.05)

    def test_mixed(self):
        found = self.make("--frames", "20000", "--flows", "5000", "--ipv6", "0.3", "--vlan", "0.2",
                          "--tcp", "0.5", "--reverse", "0.1")
        for name, share in {"ipv6": 0.3, "vlan": 0.2, "tcp": 0.5, "reverse": 0.1}.items():
            self.near(found[name], 20000 * share, 0.1)

    def test_options_and_tags(self):
        found = self.make("--frames", "20000", "--flows", "1000", "--options", "--vlan", "0.5",
                          "--tags", "2", "--icmp", "0.4", "--ipv6", "0.3")
        self.assertEqual(found["flows"], 1000)
        self.near(found["vlan"], 10000, 0.1)
        self.near(found["icmp"], 8000, 0.1)
        tagged = [frame for _, frame in self.frames if frame[12:14] == b"\x88\xa8"]
        self.assertEqual(len(tagged), found["vlan"])
        self.assertEqual({frame[16:18] for frame in tagged}, {b"\x81\x00"})
        plain = [frame for _, frame in self.frames if frame[12:14] == b"\x08\x00"]
        self.assertEqual({frame[14] for frame in plain}, {0x46})

    def test_imix(self):
        self.make("--frames", "12000", "--size", "imix")
        sizes = Counter(len(frame) for _, frame in self.frames)
        self.assertEqual(set(sizes), {60, 590, 1514})
        for size, share in {60: 7, 590: 4, 1514: 1}.items():
            self.near(sizes[size], share * 1000, 0.1)

    def test_sequential_and_time(self):
        found = self.make("--frames", "3000", "--flows", "1500", "--order", "sequential", "--step",
                          "1000", "--reverse", "0")
        self.assertEqual((found["flows"], found["reverse"]), (1500, 0))
        times = [time for time, _ in self.frames]
        self.assertEqual({b - a for a, b in zip(times, times[1:])}, {1000})
        self.assertEqual(self.parts[0][0], self.parts[1500][0])

    def test_zipf(self):
        self.make("--frames", "50000", "--flows", "1000", "--order", "zipf", "--reverse", "0")
        counts = [count for _, count in Counter(key for key, *_ in self.parts).most_common()]
        total = sum(1 / rank for rank in range(1, 1001))
        for rank in (1, 2, 5, 10):
            self.near(counts[rank - 1], 50000 / total / rank, 0.15)

    def test_churn(self):
        # 10 ms at 100,000 new flows a second, beside the 500 that were there
        found = self.make("--frames", "10000", "--flows", "500", "--step", "1000", "--churn",
                          "100000")
        self.near(found["flows"], 1500, 0.1)
        early = {key for key, *_ in self.parts[:2000]}
        late = {key for key, *_ in self.parts[-2000:]}
        self.assertFalse(early & late)

    def test_flood(self):
        found = self.make("--frames", "5000", "--flood", "syn")
        self.assertEqual(found["flows"], 5000)
        self.assertEqual({flags for *_, flags, _ in self.parts}, {2})

    def test_seed(self):
        self.make("--frames", "500", "--seed", "7")
        first = self.frames
        self.make("--frames", "500", "--seed", "7")
        self.assertEqual(first, self.frames)
        self.make("--frames", "500", "--seed", "8")
        self.assertNotEqual(first, self.frames)


if __name__ == "__main__":
    unittest.main()
