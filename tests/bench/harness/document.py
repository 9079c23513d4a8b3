# SPDX-License-Identifier: BSD-3-Clause
"""A table on the terminal, and the same as a section of docs/benchmarks.md."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Section:
    name: str                 # the subcommand
    title: str
    machine: str
    columns: list
    rows: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    disturbed: list = field(default_factory=list)

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def command(self, command, folder=None):
        """Remember a command line as a user would type it, for any capture in `folder`."""
        text = " ".join(command)
        if folder is not None:
            text = re.sub(rf"{re.escape(str(folder))}/[\w-]+\.pcap", "FILE", text)
            text = text.replace(f"{folder}/", "")
        text = re.sub(r"\S*/(weir|bench-[a-z]+)(?= |$)", r"\1", text)
        if text not in self.commands:
            self.commands.append(text)

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

    def print(self):
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows)]
        print(f"\n{self.title}\n{self.machine}\n")
        for row in [self.columns] + self.rows:
            print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                            for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
        for remark in self.all_remarks():
            print(f"* {remark}")
        for command in self.commands:
            print(f"$ {command}")

    def markdown(self):
        def line(cells):
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

        lines = [f"## {self.title}", "", f"`scripts/bench {self.name}`, "
                 f"{time.strftime('%Y-%m-%d')}: {self.machine}.", "", line(self.columns),
                 line(["---"] + ["---:"] * (len(self.columns) - 1))]
        lines += map(line, self.rows)
        lines += [""] + [f"- {remark}" for remark in self.all_remarks()]
        if self.commands:
            lines += ["", "```"] + self.commands + ["```"]
        return "\n".join(lines)

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
