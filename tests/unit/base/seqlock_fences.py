# SPDX-License-Identifier: BSD-3-Clause
"""The fences of weir/seqlock.h, which on x86 only keep the compiler in order, in aarch64's instructions.

    python3 -m tests.unit.base.seqlock_fences CLANG

No test that runs can miss them here: what x86 never reorders, no reader ever sees torn.
"""

import re
import subprocess
import sys

from tests.kit.tap import Tap

PROBE = "tests/unit/base/aarch64"

# By function: what an instruction does, first match, and the order in which all that is done must be.
WRITER = (
    ("odd ", r"str\s+w\d+, \[x0\]"),
    ("fence ", r"dmb\s+ish(st)?$"),
    ("data ", r"st\w+\s+x\d+.*\[x1"),
    ("release ", r"stlr\s+w\d+, \[x0\]"),
)
READER = (
    ("acquire ", r"ldar\s+w\d+"),
    ("data ", r"bl\s+memcpy|ldp?\s+x\d+.*\[x1"),
    ("fence ", r"dmb\s+ish(ld)?$"),
    ("again ", r"ldr\s+w\d+, \[x\d+\]"),
)


def compiled(clang: str) -> str:
    command = [clang, "--target=aarch64-linux-gnu", "-O2", "-ffreestanding", "-Wall", "-Werror",
               "-I", PROBE, "-I", "lib/base/include", "-S", "-o", "-", PROBE + "/seqlock.c"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def steps(assembly: str, function: str, kinds: tuple[tuple[str, str], ...]) -> str:
    body = re.search(rf"^{function}:(.*?)^\s*ret\b", assembly, re.DOTALL | re.MULTILINE)[1]
    lines = [re.sub(r"//.*", "", line).strip() for line in body.splitlines()]
    return "".join(next((name for name, what in kinds if re.match(what, line)), "") for line in lines)


def main() -> None:
    tap = Tap()
    assembly = compiled(sys.argv[1])
    for what, function, kinds, order in (
            ("the number is odd before the data changes, and even after", "write_pair", WRITER,
             "odd fence (data )+release "),
            ("the data is read between the two looks at the number", "read_pair", READER,
             "acquire (data )+fence again ")):
        found = steps(assembly, function, kinds)
        tap.ok(what, re.fullmatch(order, found), f"{found}\n{assembly}")
    tap.end()


if __name__ == "__main__":
    main()
