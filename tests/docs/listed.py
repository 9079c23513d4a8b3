# SPDX-License-Identifier: BSD-3-Clause
"""The first columns of tables in a document that somebody writes have what a list in the code has, and nothing else.

    listed.py PROGRAM DOCUMENT SECTION...    where the program prints the list, a line each
"""

import re
import subprocess
import sys
from pathlib import Path


def listed(text: str, section: str) -> set[str]:
    """What stands in `backticks` in the first cells of the section's first table."""
    part = re.split(rf"^#+ {re.escape(section)}\n", text, flags=re.MULTILINE)[1]
    table = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", part, re.MULTILINE)
    cells = [row.split(" | ")[0] for row in table[1].replace(r"\|", "\0").splitlines()]
    return {word.replace("\0", "|") for cell in cells for word in re.findall("`([^`]+)`", cell)}


def main(program: str, document: str, *sections: str) -> int:
    text = Path(document).read_text()
    known = set(subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines())
    found = set().union(*(listed(text, section) for section in sections))
    for what, words in (("missing in", known - found), ("only in", found - known)):
        for word in sorted(words):
            print(f"{what} {document}: {word}")
    return known != found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
