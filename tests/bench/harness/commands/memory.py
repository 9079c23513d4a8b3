# SPDX-License-Identifier: BSD-3-Clause
"""Memory for a flow: everything that the program takes, from two capacities."""

import re
from pathlib import Path

from .. import weir
from ..context import PREFIX, WORKER_LCORE

HELP = "memory for a flow, everything"

SMALLEST = 1 << 16
# weir's own default; and the worst case, as the ring of free slots is a power of two.
CAPACITIES = (1 << 20, (1 << 20) + 1, 1 << 22)


def reserved(context, capacity):
    """Bytes of address space of a running weir: what it has asked for, touched or not."""
    command = context.port_command(context.eal(["net_null0"], memory=256),
                                   ["--flow-capacity", str(capacity)])
    with weir.Running(command, PREFIX, [WORKER_LCORE]) as running:
        status = Path(f"/proc/{running.program.pid}/status").read_text()
        running.stop()
    return command, int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) * 1024


def main(context):
    context.make("app/weir")
    section = context.section("memory", "Memory for a flow", ["flow capacity", "bytes a flow"],
                              exact=True)
    section.remark(f"Address space (VmSize) of a running weir beyond that of one with {SMALLEST} "
                   "flows, for each flow more: flow table, index, what the stats core keeps "
                   "beside each slot. A record holds IPv4 or IPv6 alike. No memory is taken while "
                   "traffic comes.")
    _, least = reserved(context, SMALLEST)
    for capacity in context.few(CAPACITIES, 2):
        command, size = reserved(context, capacity)
        section.command([word if word != str(capacity) else "N" for word in command])
        value = (size - least) / (capacity - SMALLEST)
        section.add(capacity, f"{value:.1f}")
        if capacity == CAPACITIES[0]:
            section.goal("memory", value)
    context.finish(section)
