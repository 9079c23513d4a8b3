# SPDX-License-Identifier: BSD-3-Clause
"""
Frames from another process over shared memory (memif): a rig that can offer any rate, take a
frame back that finds no room, and count both. Who receives is the server.
"""

import contextlib
import json
import tempfile
from dataclasses import dataclass

from . import weir
from .context import MAIN_LCORE, PREFIX, WORKER_LCORE
from .process import BenchError, Program

RING_LOG2 = 12  # 4096 descriptors, as weir asks a NIC for
MEMORY = 512    # MiB


def vdev(role, folder):
    return (f"net_memif0,role={role},id=0,socket={folder}/memif,socket-abstract=no,"
            f"rsize={RING_LOG2}")


@contextlib.contextmanager
def socket_folder(context):
    with tempfile.TemporaryDirectory(dir=context.captures.folder, prefix="memif-") as folder:
        yield folder


@dataclass
class Trial:
    offered: int
    accepted: int
    seconds: float
    late: float

    @property
    def rate(self):
        """What was offered in a second."""
        return self.offered / self.seconds

    @property
    def loss(self):
        return (self.offered - self.accepted) / self.offered


class Sender:
    """bench-sender on the main lcore's core, which the receiver hardly uses."""

    def __init__(self, program, eal, capture):
        self.command = [str(program), *eal, "--log-level=*:error", "--", str(capture.path)]
        self.offered = self.accepted = 0

    def __enter__(self):
        self.program = Program(self.command, answers=True)
        self.program.__enter__()
        self.program.answer()  # the link is up
        return self

    def __exit__(self, *_):
        self.program.__exit__()

    def send(self, rate, frames, lossless=False):
        """`rate` 0: as fast as they are taken."""
        self.program.type(f"{rate:.0f} {frames}" + (" lossless" if lossless else ""))
        trial = Trial(**json.loads(self.program.answer()))
        self.offered += trial.offered
        self.accepted += trial.accepted
        return trial


def sender(context, capture, folder):
    eal = context.eal([vdev("client", folder)], lcores=(MAIN_LCORE,), memory=MEMORY,
                      prefix=f"{PREFIX}-sender")
    return Sender(context.program("bench-sender"), eal, capture)


class Fed:
    """weir, and who feeds it."""

    def __init__(self, running, feeder):
        self.weir, self.sender = running, feeder

    def quiet(self):
        return self.weir.quiet(others=[self.sender.program.pid])

    def waited(self):
        """Seconds that weir's workers were kept from their cores so far."""
        return sum(clock.waited() for clock in self.weir.clocks)

    def stop(self):
        """Whatever the sender got rid of must be in the ledger, to the packet."""
        report = self.weir.stop()
        received = report["ledger"]["received"]
        if received != self.sender.accepted:
            raise BenchError(f"weir: {received} frames in its ledger, {self.sender.accepted} were "
                             f"sent ({self.sender.offered} offered); this run does not count")
        return report


def weir_command(context, folder, options=()):
    return context.port_command(context.eal([vdev("server", folder)], memory=MEMORY), options)


@contextlib.contextmanager
def weir_fed(context, capture, options=()):
    """A running weir and a sender that sends it `capture` as told."""
    with socket_folder(context) as folder:
        command = weir_command(context, folder, options)
        with weir.Running(command, PREFIX, [WORKER_LCORE]) as running, \
                sender(context, capture, folder) as feeder:
            yield Fed(running, feeder)
