# SPDX-License-Identifier: BSD-3-Clause
"""docs/interface.md lists all commands of the socket and of weirctl, as their table has them, and no others.

    commands.py docs/interface.md PROGRAM    where the program prints them, a line each
"""

import re
import subprocess
import sys
from pathlib import Path


def listed(section: str) -> set[str]:
    """What stands in `backticks` in the first cell of its first table."""
    table = re.search(r"^\| command \|.*\n\|[-|]+\n((?:\|.*\n)+)", section, re.MULTILINE)
    cells = [row.split(" | ")[0] for row in table[1].replace(r"\|", "\0").splitlines()]
    return {usage.replace("\0", "|") for cell in cells for usage in re.findall("`([^`]+)`", cell)}


def main(document: str, program: str) -> int:
    text = Path(document).read_text()
    socket, weirctl = text.split("\n## Telemetry\n")[1].split("\n### weirctl\n")
    known = set(subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines())
    found = listed(socket) | listed(weirctl)
    for what, usages in (("missing in", known - found), ("only in", found - known)):
        for usage in sorted(usages):
            print(f"{what} {document}: {usage}")
    return known != found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
