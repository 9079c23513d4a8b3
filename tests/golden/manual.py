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
        head = re.match(r"\s*(--[a-z-]+)((,| ,)? +--[a-z-]+)*", line)
        if head:
            found |= set(re.findall(r"--[a-z][a-z-]*", head.group(0)))
    return found


def rendered(page: str) -> str:
    done = subprocess.run(["mandoc", "-T", "ascii", page], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", done.stdout)  # bold is letter, backspace, letter


def main() -> None:
    tap = Tap()
    for program, page in ((weir.WEIR, "docs/weir.8"), (weir.WEIRCTL, "docs/weirctl.1")):
        lint = weir.run("-T", "lint", "-W", "warning", page, command=("mandoc",))
        tap.equal(f"{page}: mandoc has nothing to say", (lint.status, lint.output), (0, ""))
        said = weir.run("--help", command=(program,))
        # Examples may break a long command so that a line begins with an option of DPDK's.
        options = rendered(page).split("\nEXAMPLES")[0]
        tap.equal(f"{page}: --help goes to standard output", (said.status, said.errors), (0, ""))
        tap.ok(f"{page}: there are options", len(defined(said.output)) > 3, said.output)
        tap.equal(f"{page}: the options of --help", sorted(defined(options)),
                  sorted(defined(said.output)))
    page = "docs/weir-prefilter.5"
    lint = weir.run("-T", "lint", "-W", "warning", page, command=("mandoc",))
    tap.equal(f"{page}: mandoc has nothing to say", (lint.status, lint.output), (0, ""))
    tap.end()


if __name__ == "__main__":
    main()
