# SPDX-License-Identifier: BSD-3-Clause
"""Traffic for live rigs: captures made for the purpose, and tcpreplay, whose count is the truth."""

import re

from tests.kit import capture
from tests.kit.rig import LiveWeir, Namespace


def replay(sender: Namespace, interface: str, file: str, *options: object) -> int:
    """How many frames tcpreplay sent."""
    said = sender.run("tcpreplay", "--intf1", interface, *options, file)
    failed = int(re.search(r"Failed packets:\s+(\d+)", said).group(1))
    assert failed == 0, said
    return int(re.search(r"Successful packets:\s+(\d+)", said).group(1))


IN_STEP = 450  # frames: fewer than any ring between tcpreplay and weir has room for


def replay_in_step(sender: Namespace, interface: str, file: str, live: LiveWeir) -> int:
    """How many frames tcpreplay sent, never more ahead of weir than the rings hold: nothing
    is lost, however busy the machine is."""
    frames, sent, already = list(capture.read(file)), 0, live.seen()
    part = file + ".part"
    for start in range(0, len(frames), IN_STEP):
        capture.write(part, frames[start:start + IN_STEP])
        sent += replay(sender, interface, part, "--pps", 5000)
        live.wait_for(already + sent)
    return sent


def many_flows(path: str, count: int, flows: int) -> str:
    """A capture of `count` UDP packets in turn over `flows` flows of as many address pairs."""
    frames = []
    for number in range(count):
        flow = number % flows
        addresses = bytes((192, 0, 2, flow % 250 + 1, 198, 51, 100, flow // 250 + 1))
        udp = (10_000 + flow).to_bytes(2, "big") + (53).to_bytes(2, "big") + b"\0\x1a\0\0" + bytes(18)
        header = b"\x45\0\0\x2e\0\0\0\0\x40\x11\0\0" + addresses
        ethernet = bytes.fromhex("00005e00530200005e0053010800")
        frame = ethernet + header + udp
        frames.append(capture.Frame(number * 1000, len(frame), frame))
    capture.write(path, frames)
    return path


def without_ipv4_fragments(source: str, path: str) -> str:
    """The capture `source` less its IPv4 fragments, for AF_PACKET: the fanout group that DPDK's
    driver joins has the kernel reassemble them, so fewer frames arrive than were sent."""
    capture.write(path, [frame for frame in capture.read(source) if not is_ipv4_fragment(frame)])
    return path


def is_ipv4_fragment(frame: capture.Frame) -> bool:
    return frame.data[12:14] == b"\x08\x00" and frame.data[20:22] not in (b"\0\0", b"\x40\0")
