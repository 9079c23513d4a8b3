# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-testpmd, the yardstick: what DPDK itself does with the same packets on one core."""

import re
import shutil
import time

from . import machine
from .process import BenchError, Program
from .rounds import Sample


def available():
    return shutil.which("dpdk-testpmd") is not None


def command(eal, mode, options=()):
    return ["dpdk-testpmd", *eal, "--", "-i", "--auto-start", "--nb-cores=1", "--no-flush-rx",
            f"--forward-mode={mode}", *options]


def accumulated(output, direction="RX"):
    """(handled, dropped, total) of all its ports together, of the direction RX or TX."""
    found = re.search(rf"Accumulated.*?{direction}-packets: (\d+)\s+{direction}-dropped: (\d+)\s+"
                      rf"{direction}-total: (\d+)", output, re.DOTALL)
    return tuple(map(int, found.groups())) if found else None


class Running:
    """testpmd, forwarding on worker `lcore`."""

    def __init__(self, argv, lcore):
        self.argv, self.lcore = argv, lcore

    def __enter__(self):
        self.program = Program(self.argv)
        self.program.__enter__()
        self.clock = machine.worker_thread(self.program.pid, self.lcore)
        if self.clock is None:
            failure = self.program.failure("its forwarding lcore did not start")
            self.program.__exit__()
            raise failure
        return self

    def __exit__(self, *_):
        self.program.__exit__()

    def quiet(self, others=()):
        return machine.Quiet([self.program.pid, *others], [self.clock])

    def stop(self):
        """End it in order. Returns how many packets it received; all of them must be handled."""
        self.program.type("stop\nquit")
        self.output = self.program.finish()
        received, sent = accumulated(self.output), accumulated(self.output, "TX")
        if received is None or received[0] == 0 or sent is None:
            raise BenchError(f"{' '.join(self.argv)}: received nothing:\n{self.output[-1500:]}")
        if received[1] != 0:
            raise BenchError(f"{' '.join(self.argv)}: dropped {received[1]} packets")
        if "--forward-mode=rxonly" not in self.argv and received[0] != sent[2]:
            raise BenchError(f"{' '.join(self.argv)}: received {received[0]} packets and handled "
                             f"{sent[2]}")
        return received[0]


def forward(argv, lcore, window):
    """Rate over `window` seconds, by testpmd's own count and clock."""
    with Running(argv, lcore) as testpmd:
        time.sleep(0.5)
        testpmd.program.type("show port stats 0")
        quiet, start = testpmd.quiet(), time.monotonic()
        time.sleep(window)
        testpmd.program.type("show port stats 0")
        seconds = time.monotonic() - start
        (share, _), disturbed = quiet.shares(), quiet.why_not()
        testpmd.stop()
    rates = [int(value) for value in re.findall(r"Rx-pps:\s+(\d+)", testpmd.output)]
    if len(rates) != 2 or rates[1] == 0:
        raise BenchError(f"{' '.join(argv)}: no rate in what it said:\n{testpmd.output[-1500:]}")
    return Sample(rate=rates[1], window=seconds, cycles=machine.tsc_hz() * share / rates[1],
                  disturbed=disturbed)
