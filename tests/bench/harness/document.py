# SPDX-License-Identifier: BSD-3-Clause
"""A table on the terminal, and the same as a section of docs/benchmarks.md."""

import re
import shlex
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import ROOT, goals, machine
from .process import PREFIX

@dataclass
class Section:
    name: str                 # the subcommand; several sections of one are name:part
    title: str
    machine: str
    columns: list
    exact: bool = False
    rows: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    disturbed: list = field(default_factory=list)
    goals: list = field(default_factory=list)

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def command(self, command, folder=None):
        """Remember a command line as a user would type it, for any capture in `folder`."""
        text = shlex.join(command)
        if folder is not None:
            text = re.sub(rf"{re.escape(str(folder))}/[\w-]+\.pcap", "FILE", text)
            text = text.replace(f"{folder}/", "")
        text = re.sub(r"\S*/(weir|bench-[a-z-]+)(?= |$)", r"\1", text)
        text = text.replace(PREFIX, "weir-bench").replace(f"{ROOT}/", "")
        if text not in self.commands:
            self.commands.append(text)

    def goal(self, key, value, where=""):
        """What was measured of a goal: a number, or the reason why there is none."""
        self.goals.append(goals.row(key, value, where))

    def remark(self, text):
        if text not in self.remarks:
            self.remarks.append(text)

    def check(self, series, label):
        """Say so where a series is not what it should be."""
        if series.disturbed():
            self.disturbed.append(label)

    def all_remarks(self):
        if not self.disturbed:
            return self.remarks
        which = "all" if len(self.disturbed) == len(self.rows) else ", ".join(self.disturbed)
        return self.remarks + [f"Disturbed, fewer than three clean runs: {which}."]

    def tables(self):
        """(headings, rows) of what was measured, and of the goals where there are any."""
        yield self.columns, self.rows
        if self.goals:
            yield goals.HEADINGS, self.goals

    def print(self):
        print(f"\n{self.title}\n{self.machine}")
        for headings, rows in self.tables():
            widths = [max(map(len, column)) for column in zip(headings, *rows)]
            print()
            for row in [headings] + rows:
                print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
        for remark in self.all_remarks():
            print(f"* {remark}")
        for command in self.commands:
            print(f"$ {command}")

    def markdown(self):
        def line(cells):
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

        lines = [f"## {self.title}", "", f"`scripts/bench {self.command_name()}`, "
                 f"{time.strftime('%Y-%m-%d')}: {self.machine}."]
        for headings, rows in self.tables():
            lines += ["", line(headings), line(["---"] + ["---:"] * (len(headings) - 1))]
            lines += map(line, rows)
        lines += [""] + [f"- {remark}" for remark in self.all_remarks()]
        if self.commands:
            lines += ["", "```"] + self.commands + ["```"]
        return "\n".join(lines)

    def command_name(self):
        """Sections of one subcommand are told apart by what follows a colon."""
        return self.name.split(":")[0]

    def write(self, path: Path):
        """Put the section between its markers; at the end of the file where there are none."""
        begin, end = f"<!-- bench:{self.name} -->", f"<!-- /bench:{self.name} -->"
        block = f"{begin}\n{self.markdown()}\n{end}"
        text = path.read_text()
        if begin in text:
            before, rest = text.split(begin, 1)
            text = before + block + rest.split(end, 1)[1]
        else:
            text = text.rstrip("\n") + f"\n\n{block}\n"
        path.write_text(text)


def millions(value):
    return "-" if value is None else f"{value / 1e6:.2f}"


def spread(series):
    """The three cells min, median, max, in millions a second."""
    return [millions(value) for value in series.spread()]


def whole(value):
    return "-" if value is None else f"{value:.0f}"


def cycles(cpu, capture):
    """Cycles per packet of all threads together, from the CPU time of a whole process."""
    return f"{cpu * machine.tsc_hz() / capture.frames:.0f}"
