# SPDX-License-Identifier: BSD-3-Clause
"""What the tests under fire share: a source that never runs dry, and weir seen from outside."""

import json
import os
import socket
import struct
import time
from pathlib import Path
from typing import NamedTuple, Optional

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Rig, wait_until

NO_HUGE = ("--no-huge", "-m", 512, "--no-shconf", "--no-pci")
START = 1_700_000_000 * 10**9


def udp_frame(flow: int, reverse: bool = False, payload: int = 18) -> bytes:
    """Ethernet, IPv4, UDP: 10.x.y.z:1024+ to 192.0.2.1:53; which client, `flow` says."""
    client = (bytes([10]) + (flow & 0xFFFFFF).to_bytes(3, "big"), 1024 + flow % 60000)
    server = (bytes([192, 0, 2, 1]), 53)
    (source, source_port), (destination, port) = (server, client) if reverse else (client, server)
    udp = struct.pack(">HHHH", source_port, port, 8 + payload, 0) + bytes(payload)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + destination
    return bytes.fromhex("00005e005302" "00005e005301" "0800") + ip + udp


def endless(rig: Rig, name: str, flows: int, frames: int) -> str:
    """A vdev that gives these frames again and again, as fast as they are asked for. No TCP: so no
    flow ends before its timeout."""
    path = str(rig.folder / f"{name}.pcap")
    capture.write(path, [capture.Frame(START, len(data), data) for data in (
        udp_frame(number % flows, reverse=number // flows % 2 == 1) for number in range(frames))])
    return f"--vdev={name},rx_pcap={path},infinite_rx=1"


def start(rig: Rig, *options: object, flows: int = 1000, frames: int = 8000) -> LiveWeir:
    """A weir on such a source: one worker, on a core of its own."""
    eal = ("--lcores=0@0,1@1", *NO_HUGE, endless(rig, "net_pcap0", flows, frames))
    return rig.weir("--flow-capacity", 65536, *options, eal=eal)


def sanitized() -> bool:
    """Whether weir is built with a sanitizer: that keeps what was freed, so memory grows."""
    program = Path(weir.WEIR).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


class State(NamedTuple):
    """A process as the kernel sees it."""

    descriptors: int
    threads: int
    resident: int  # kB
    data: int  # kB of address space to write to: grows only when something is allocated

    def __str__(self) -> str:
        return (f"{self.descriptors} descriptors, {self.threads} threads, "
                f"{self.resident / 1024:.1f} MB resident, {self.data / 1024:.1f} MB of data")


def state(process: int) -> State:
    status = dict(line.split(":", 1) for line in
                  Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines())
    return State(len(os.listdir(f"/proc/{process}/fd")), int(status["Threads"]),
                 int(status["VmRSS"].split()[0]), int(status["VmData"].split()[0]))


def settled(process: int) -> State:
    """Once clients that have left are forgotten: their threads take a moment to notice."""
    after = state(process)
    while True:
        before = after
        time.sleep(0.5)
        after = state(process)
        if before[:2] == after[:2]:
            return after


class Client:
    """A telemetry client: waits for a place, of which there are ten, and has read the greeting."""

    def __init__(self, live: LiveWeir, seconds: float = 10):
        self.socket: socket.socket = wait_until(lambda: connected(live, seconds), "a place")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, request: bytes) -> None:
        self.socket.send(request)

    def ask(self, command: str) -> object:
        self.send(command.encode())
        return self.answer()

    def answer(self) -> object:
        """The value of the one member; None when there is no such command."""
        (value,) = json.loads(self.raw()).values()
        return value

    def raw(self) -> bytes:
        return self.socket.recv(16384)


def connected(live: LiveWeir, seconds: float = 10) -> Optional[socket.socket]:
    """A socket with its greeting read; None: all places are taken."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(seconds)
    try:
        client.connect(f"/var/run/dpdk/{live.prefix}/dpdk_telemetry.v2")
        if client.recv(16384):
            return client
    except BlockingIOError:
        pass  # more are waiting to be let in than the kernel keeps
    client.close()
    return None
