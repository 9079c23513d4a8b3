# SPDX-License-Identifier: BSD-3-Clause
"""What all subcommands need: the programs, the captures, the rules of this call."""

import json
import os
import subprocess
from pathlib import Path

from . import ROOT, machine, process, weir
from .captures import Captures
from .document import Section
from .process import PREFIX, BenchError

DOCUMENT = ROOT / "docs" / "benchmarks.md"
ROUNDS_LEAST = 5
MAIN_LCORE, WORKER_LCORE = 0, 1


class Context:
    def __init__(self, arguments):
        self.arguments = arguments
        self.build = Path(arguments.build or ROOT / "build-bench").resolve()
        self.quick = arguments.quick
        self.rounds = 1 if self.quick else arguments.rounds
        self.attempts = 1 if self.quick else 2  # for those that were disturbed
        self.window = 0.2 if self.quick else arguments.window
        self.only = arguments.only.split(",") if arguments.only else None
        self.document = not (arguments.no_document or self.quick)
        self.captures = Captures(self.build / "tests/bench/bench-traffic", small=self.quick)
        if self.quick:
            process.prepare = os.setsid

    def make(self, *targets):
        """Build what is to be measured, optimized."""
        if not (self.build / "build.ninja").exists():
            # Debug information changes no instruction; `instructions` reads it.
            subprocess.run(["meson", "setup", "--buildtype=release", "-Ddebug=true",
                            str(self.build), str(ROOT)], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["ninja", "-C", str(self.build), *targets], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError("ninja: " + done.stdout[-3000:])

    @property
    def weir(self):
        return self.build / "app/weir"

    def build_options(self):
        done = subprocess.run(["meson", "introspect", "--buildoptions", str(self.build)],
                              check=True, capture_output=True, text=True)
        return {option["name"]: option["value"] for option in json.loads(done.stdout)}

    def build_type(self):
        options = self.build_options()
        flags = " ".join(options.get("c_args") or [])
        sanitize = options.get("b_sanitize", "none")
        if sanitize != "none":
            raise BenchError(f"{self.build}: built with {sanitize}; measure another build")
        return f"{options['buildtype']} (-O{options['optimization']}{' ' + flags if flags else ''})"

    def few(self, cases, least=1):
        """All of them, or with --quick as few as show that it works."""
        return cases[:least] if self.quick else cases

    def wants(self, name):
        return self.only is None or name in self.only

    def section(self, name, title, columns, exact=False):
        """`exact`: not of several rounds, one is enough."""
        section = Section(name, title, machine.describe(self.build_type()), columns, exact)
        if self.quick:
            section.remark("QUICK: shows that it works. No figure here means anything.")
        if not exact:
            section.remark(f"min, median, max of {self.rounds} interleaved "
                           f"round{'s' if self.rounds > 1 else ''}.")
        return section

    def program(self, name):
        """Path of a program of tests/bench, built."""
        folder = "tests/bench/sender" if name == "bench-sender" else "tests/bench"
        self.make(f"{folder}/{name}")
        return self.build / folder / name

    def need_cores(self, section, wanted, why):
        cores = os.cpu_count()
        if cores < wanted:
            section.remark(f"This machine has {cores} cores and the rig wants {wanted} ({why}): "
                           "what shares a core is slower than it could be.")
        return cores >= wanted

    def finish(self, section):
        section.print()
        if not self.document:
            return
        if not section.exact and (self.rounds < ROUNDS_LEAST or self.only is not None):
            print(f"\n{DOCUMENT.name} is left as it is: that takes {ROUNDS_LEAST} rounds of all.")
            return
        section.write(DOCUMENT)

    def port_command(self, eal, options=()):
        """weir on the ports of `eal`."""
        return weir.port_command(self.weir, eal, options, interval=0.1 if self.quick else 1)

    def eal(self, vdevs, lcores=(MAIN_LCORE, WORKER_LCORE), memory=2048, prefix=PREFIX):
        """The same for both sides of a comparison. Without hugepages: works everywhere."""
        arguments = ["--lcores", ",".join(map(str, lcores)), "--no-huge", "-m", str(memory),
                     "--no-pci", "--no-shconf", "--file-prefix", prefix]
        for vdev in vdevs:
            arguments += ["--vdev", vdev]
        return arguments
