# SPDX-License-Identifier: BSD-3-Clause
"""Running weir, and believing it only when its ledger balances."""

import json
import os
import signal
import time

from . import machine
from .process import PREFIX, BenchError, Program, run
from .rounds import Sample
from .telemetry import Telemetry

BUCKETS = ("flow", "non_ip", "truncated", "malformed", "filtered", "overflow", "sampled")


def check(report, sums=None):
    """
    Refuse a report whose ledger does not balance, or, with the capture's `sums`, one that
    says anything else about it.
    """
    ledger = report["ledger"]
    if not ledger["balanced"] or ledger["received"] != sum(ledger[name] for name in BUCKETS):
        raise BenchError(f"weir: its ledger does not balance: {ledger}; this run does not count")
    if ledger["received"] == 0:
        raise BenchError("weir: received nothing; see the command line")
    if sums is None:
        return
    wanted = {"received": sums["frames"], "flow": sums["frames"]}
    got = {name: ledger[name] for name in wanted}
    flows = report["flows"]
    if sums["flows"] <= flows["capacity"] and not flows["ended"]["resources"]:
        wanted["flows"], got["flows"] = sums["flows"], flows["created"]
    if got != wanted:
        raise BenchError(f"weir: says {got} of a capture with {wanted}; this run does not count")


def read_command(program, capture, flows=None, options=()):
    command = [str(program), "--read", str(capture.path), "--format", "json",
               "--file-prefix", PREFIX, *options]
    return command + (["--flows", str(flows)] if flows else [])


def read(program, capture, flows=None, options=()):
    """weir --read, whole process."""
    done = run(read_command(program, capture, flows, options))
    report = json.loads(done.output[done.output.index("{"):])
    check(report, capture.sums)
    return Sample(rate=capture.frames / done.wall, packets=report["ledger"]["received"],
                  disturbed=done.disturbed(),
                  extra={"cpu": done.cpu, "peak_kib": done.peak_kib})


def port_command(program, eal, options=(), interval=1):
    """weir on DPDK ports. `interval`: seconds between snapshots, so between figures."""
    paced = ["--interval", str(interval)] if interval != 1 else []
    return [str(program), *eal, "--", "--format", "json", "--log-level", "warning", *paced,
            *options]


def interval_of(command):
    return float(command[command.index("--interval") + 1]) if "--interval" in command else 1.0


def workers(telemetry):
    """[{"packets":.., "cpu": {...}}] of the newest snapshot."""
    def walk(answer):
        if isinstance(answer, dict):
            if "cpu" in answer:
                yield answer
            else:
                for value in answer.values():
                    yield from walk(value)

    return list(walk(telemetry.ask("/weir/workers")))


class Mark:
    """The workers' counters at the moment when a snapshot is new."""

    def __init__(self, telemetry):
        def total(rows, *path):
            values = rows
            for name in path:
                values = [row[name] for row in values]
            return sum(values)

        old = workers(telemetry)
        rows = old
        deadline = time.monotonic() + 10
        while rows == old and time.monotonic() < deadline:
            time.sleep(0.01)
            rows = workers(telemetry)
        self.packets = total(rows, "packets")
        self.cycles = total(rows, "cpu", "cycles")
        self.count = len(rows)

    def since(self, earlier):
        """(packets a second of all workers, cycles per packet, seconds)"""
        packets, cycles = self.packets - earlier.packets, self.cycles - earlier.cycles
        if packets <= 0 or cycles <= 0:
            raise BenchError("weir: its workers count no packets; see the command line")
        seconds = cycles / self.count / machine.tsc_hz()
        return packets / seconds, cycles / packets, seconds


class Running:
    """weir on DPDK ports, running. `lcores`: its worker lcores."""

    def __init__(self, command, prefix, lcores):
        self.program = Program(command)
        self.prefix, self.lcores = prefix, lcores

    def __enter__(self):
        self.program.__enter__()
        try:
            self.telemetry = Telemetry(self.prefix)
            if not self.telemetry.knows("/weir/ledger", "received"):
                raise self.program.failure("has no statistics")
            # It works; that of a kernel interface sleeps until frames come.
            self.clocks = [machine.worker_thread(self.program.pid, n, busy=0) for n in self.lcores]
            if None in self.clocks:
                raise self.program.failure("its worker did not start")
        except BaseException:
            self.program.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.telemetry.close()
        self.program.__exit__()

    def mark(self):
        return Mark(self.telemetry)

    def quiet(self, others=()):
        return machine.Quiet([self.program.pid, *others], self.clocks)

    def stop(self):
        """End it in order; returns the report, checked: also against the drivers' own counts."""
        os.kill(self.program.pid, signal.SIGINT)
        output = self.program.finish()
        report = json.loads(output[output.index("{"):])
        check(report)
        handed = sum(port["received"] for port in report["ports"])
        if handed != report["ledger"]["received"]:
            raise BenchError(f"weir: received {report['ledger']['received']} frames and its "
                             f"drivers handed over {handed}; this run does not count")
        return report


def forward(command, prefix, lcores, window):
    """Rate of a running weir over about `window` seconds, from snapshot to snapshot."""
    interval = interval_of(command)
    with Running(command, prefix, lcores) as weir:
        time.sleep(interval / 2)
        first, quiet = weir.mark(), weir.quiet()
        time.sleep(max(0, window - interval / 2))
        rate, cycles, seconds = weir.mark().since(first)
        disturbed = quiet.why_not()
        weir.stop()
        return Sample(rate=rate, window=seconds, cycles=cycles, disturbed=disturbed)
