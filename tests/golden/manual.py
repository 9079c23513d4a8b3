# SPDX-License-Identifier: BSD-3-Clause
"""The man pages say what --help says, and render without errors."""

import re
import subprocess

from tests.kit import weir
from tests.kit.tap import Tap


def defined(text: str) -> set[str]:
    """Long options that a line begins with, after other options at most."""
    found = set()
    for line in text.splitlines():
        head = re.match(r"\s*(-[a-z], )?(--[a-z-]+)((,| ,)? +--[a-z-]+)*", line)
        if head:
            found |= set(re.findall(r"--[a-z][a-z-]*", head.group(0)))
    return found


def commands(page: str) -> list[str]:
    """What the list of weirctl's commands in its page has, as --help writes it."""
    part = page.split("The commands are:")[1].split("An answer has room")[0]
    return [usage.replace(" | ", "|") for usage in re.findall(r"^ {5}([a-z].*?)(?:  .*)?$", part, re.MULTILINE)]


def expanded(said: str) -> list[str]:
    """The commands of --help, one for each verb of "show|counters"."""
    found = []
    for usage in re.findall(r"^  ([a-z].*?)(?:  .*)?$", said, re.MULTILINE):
        word, verbs, rest = re.fullmatch(r"(\w+)(?: ([a-z|]+))?( .*)?", usage).groups("")
        found += [" ".join(filter(None, (word, verb))) + rest for verb in verbs.split("|")]
    return found


def rendered(page: str) -> str:
    done = subprocess.run(["mandoc", "-T", "ascii", page], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", done.stdout)  # bold is letter, backspace, letter


def main() -> None:
    tap = Tap()
    for program, page in ((weir.WEIR, "docs/weir.8"), (weir.WEIRCTL, "docs/weirctl.1"), (weir.WEIRWEB, "docs/weirweb.1")):
        lint = weir.run("-T", "lint", "-W", "warning", page, command=("mandoc",))
        tap.equal(f"{page}: mandoc has nothing to say", (lint.status, lint.output), (0, ""))
        said = weir.run("--help", command=(program,))
        # Examples may break a long command so that a line begins with an option of DPDK's.
        options = rendered(page).split("\nEXAMPLES")[0]
        tap.equal(f"{page}: --help goes to standard output", (said.status, said.errors), (0, ""))
        tap.ok(f"{page}: there are options", len(defined(said.output)) > 3, said.output)
        tap.equal(f"{page}: the options of --help", sorted(defined(options)),
                  sorted(defined(said.output)))
    said = weir.run("--help", command=(weir.WEIRCTL,)).output
    tap.ok("weirctl --help: 80 columns", all(len(line) <= 80 for line in said.splitlines()), said)
    tap.equal("docs/weirctl.1: the commands of --help", commands(rendered("docs/weirctl.1")), expanded(said))
    page = "docs/weir-prefilter.5"
    lint = weir.run("-T", "lint", "-W", "warning", page, command=("mandoc",))
    tap.equal(f"{page}: mandoc has nothing to say", (lint.status, lint.output), (0, ""))
    tap.end()


if __name__ == "__main__":
    main()
