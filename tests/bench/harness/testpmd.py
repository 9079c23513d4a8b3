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


def forward(argv, lcore, window):
    """Rate over `window` seconds, by testpmd's own count and clock."""
    with Program(argv) as testpmd:
        clock = machine.worker_thread(testpmd.pid, lcore)
        if clock is None:
            raise testpmd.failure("its forwarding lcore did not start")
        time.sleep(0.5)
        testpmd.type("show port stats 0")
        quiet = machine.Quiet(testpmd.pid, [clock])
        time.sleep(window)
        testpmd.type("show port stats 0")
        (share, _), disturbed = quiet.shares(), quiet.why_not()
        testpmd.type("stop\nquit")
        output = testpmd.finish()
    rates = [int(value) for value in re.findall(r"Rx-pps:\s+(\d+)", output)]
    total = re.search(r"Accumulated.*?RX-packets: (\d+)\s+RX-dropped: (\d+)", output, re.DOTALL)
    if len(rates) != 2 or rates[1] == 0 or total is None or int(total[1]) == 0:
        raise BenchError(f"{' '.join(argv)}: no rate in what it said:\n{output[-1500:]}")
    if int(total[2]) != 0:
        raise BenchError(f"{' '.join(argv)}: dropped {total[2]} packets")
    return Sample(rate=rates[1], cycles=machine.tsc_hz() * share / rates[1],
                  disturbed=disturbed)
