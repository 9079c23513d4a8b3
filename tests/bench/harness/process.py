# SPDX-License-Identifier: BSD-3-Clause
"""Running programs whole, and knowing whether they had the machine for themselves."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

from . import machine


class BenchError(Exception):
    """Something that is needed is not there or does not work: one line for the user."""


@dataclass
class Run:
    wall: float      # seconds, whole process
    cpu: float       # seconds, its threads and the children it waited for
    peak_kib: int
    foreign: float   # cores that others kept busy meanwhile
    output: str      # standard output and error

    def disturbed(self):
        """Why the figures are not to be trusted; empty: they are."""
        if self.foreign <= machine.FOREIGN_MOST:
            return ""
        return f"others used {self.foreign:.2f} cores"


def run(command, expect=0, cwd=None):
    """Run to the end, with the clock on. A status other than `expect` is an error."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        busy, start = machine.busy_seconds(), time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, cwd=cwd,
                                   preexec_fn=machine.raise_priority)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        wall = time.monotonic() - start
        busy = machine.busy_seconds() - busy
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != expect:
        raise BenchError(f"{' '.join(command)}: exit status {process.returncode}; it said:\n"
                         + text[-2000:])
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, usage.ru_maxrss, max(0.0, (busy - cpu) / wall), text)


class Program:
    """A program that runs while it is looked at. Ended by `stop`, or killed on leaving."""

    def __init__(self, command):
        self.command = command
        self._output = tempfile.TemporaryFile("w+", errors="replace")
        self._errors = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._output,
                                        stderr=self._errors, text=True,
                                        preexec_fn=machine.raise_priority)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self._output.close()
        self._errors.close()

    @property
    def pid(self):
        return self.process.pid

    def type(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.failure("ended too early") from None

    def failure(self, why):
        return BenchError(f"{' '.join(self.command)}: {why}; it said:\n{self.output()[-1500:]}"
                          f"{self.errors()[-1500:]}")

    def output(self):
        self._output.seek(0)
        return self._output.read()

    def errors(self):
        self._errors.seek(0)
        return self._errors.read()

    def finish(self, timeout=30):
        """Wait for an orderly end; returns standard output."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {timeout} s") from None
        if status != 0:
            raise self.failure(f"exit status {status}")
        return self.output()
