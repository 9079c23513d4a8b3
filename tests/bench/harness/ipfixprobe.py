# SPDX-License-Identifier: BSD-3-Clause
"""ipfixprobe on a DPDK port, where it is installed (it is not in Debian)."""

import shutil
import time

from . import machine
from .process import BenchError, Program
from .rounds import Sample
from .telemetry import Telemetry

CACHE_LOG2 = 17  # flows that it has room for


def available():
    return shutil.which("ipfixprobe") is not None


def command(eal, mbufs, port):
    """Exports IPFIX to UDP `port`. All of its threads are on the lcores of `eal`."""
    return ["ipfixprobe", "-i", f"dpdk;p=0;q=1;m={mbufs};e={' '.join(eal)}", "-s",
            f"cache;s={CACHE_LOG2}", "-o", f"ipfix;h=127.0.0.1;p={port};u"]


def received(telemetry):
    stats = telemetry.ask("/ethdev/stats,0")
    if stats["imissed"] or stats["rx_nombuf"]:
        raise BenchError(f"ipfixprobe: its port lost packets: {stats}")
    return stats["ipackets"]


def forward(argv, prefix, window):
    """Rate over `window` seconds, by its driver's count."""
    with Program(argv) as program:
        try:
            telemetry = Telemetry(prefix)
        except OSError:
            raise program.failure("did not start") from None
        deadline = time.monotonic() + 30
        while received(telemetry) == 0:
            if time.monotonic() > deadline:
                raise program.failure("receives nothing")
            time.sleep(0.1)
        time.sleep(0.5)
        quiet = machine.Quiet([program.pid], [])
        start, first = time.monotonic(), received(telemetry)
        time.sleep(window)
        packets, seconds = received(telemetry) - first, time.monotonic() - start
        disturbed = quiet.why_not()
        telemetry.close()
    rate = packets / seconds
    return Sample(rate=rate, window=seconds, cycles=machine.tsc_hz() / rate, disturbed=disturbed)
