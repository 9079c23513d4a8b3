# SPDX-License-Identifier: BSD-3-Clause
"""What all subcommands need: the programs, the captures, the rules of this call."""

import json
import os
import subprocess
from pathlib import Path

from . import machine
from .captures import Captures
from .document import Section
from .process import BenchError

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
ROUNDS_LEAST = 5
MAIN_LCORE, WORKER_LCORE = 0, 1


class Context:
    def __init__(self, arguments):
        self.build = Path(arguments.build or ROOT / "build-bench").resolve()
        self.rounds = arguments.rounds
        self.window = arguments.window
        self.only = arguments.only.split(",") if arguments.only else None
        self.document = not arguments.no_document
        self.captures = Captures(self.build / "tests/bench/bench-traffic")

    def make(self, *targets):
        """Build what is to be measured, optimized."""
        if not (self.build / "build.ninja").exists():
            subprocess.run(["meson", "setup", "--buildtype=release", str(self.build), str(ROOT)],
                           check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["ninja", "-C", str(self.build), *targets], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError("ninja: " + done.stdout[-3000:])

    @property
    def weir(self):
        return self.build / "app/weir"

    def build_type(self):
        done = subprocess.run(["meson", "introspect", "--buildoptions", str(self.build)],
                              check=True, capture_output=True, text=True)
        options = {option["name"]: option["value"] for option in json.loads(done.stdout)}
        flags = " ".join(options.get("c_args") or [])
        sanitize = options.get("b_sanitize", "none")
        if sanitize != "none":
            raise BenchError(f"{self.build}: built with {sanitize}; measure another build")
        return f"{options['buildtype']} (-O{options['optimization']}{' ' + flags if flags else ''})"

    def wants(self, name):
        return self.only is None or name in self.only

    def section(self, name, title, columns):
        section = Section(name, title, machine.describe(self.build_type()), columns)
        section.remark(f"min, median, max of {self.rounds} interleaved rounds.")
        return section

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
        if self.rounds < ROUNDS_LEAST or self.only is not None:
            print(f"\n{DOCUMENT.name} is left as it is: that takes {ROUNDS_LEAST} rounds of all.")
            return
        section.write(DOCUMENT)

    def eal(self, vdevs, lcores=(MAIN_LCORE, WORKER_LCORE), memory=2048, prefix="weir-bench"):
        """The same for both sides of a comparison. Without hugepages: works everywhere."""
        arguments = ["-l", ",".join(map(str, lcores)), "--no-huge", "-m", str(memory), "--no-pci",
                     "--no-shconf", "--file-prefix", prefix]
        for vdev in vdevs:
            arguments += ["--vdev", vdev]
        return arguments
