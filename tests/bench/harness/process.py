# SPDX-License-Identifier: BSD-3-Clause
"""Running programs whole, and knowing whether they had the machine for themselves."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

from . import machine


PREFIX = f"weir-bench-{os.getpid()}"  # of EAL files, so that two benches can run at once

prepare = machine.raise_priority  # what a child does before exec


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
                                   preexec_fn=prepare)
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
    """
    A program that runs while it is looked at; killed on leaving if it has not ended. With
    `answers` its output is read line by line.
    """

    def __init__(self, command, answers=False):
        self.command = command
        self._output = tempfile.TemporaryFile("w+", errors="replace")
        self._errors = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE if answers else self._output,
                                        stderr=self._errors,
                                        preexec_fn=prepare)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
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

    def answer(self):
        """The next line that it says; waits for it."""
        line = self.process.stdout.readline()
        if not line:
            raise self.failure("ended too early")
        return line

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
