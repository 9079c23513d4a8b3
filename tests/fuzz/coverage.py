# SPDX-License-Identifier: BSD-3-Clause
"""llvm-cov's lcov export on standard input: how many lines of the folder $1 were reached, and which were not."""

import os
import sys

counts: dict[tuple[str, int], int] = {}
for record in sys.stdin:
    kind, _, value = record.strip().partition(":")
    if kind == "SF":
        path = os.path.relpath(value)
    elif kind == "DA" and path.startswith(sys.argv[1]):
        # A line of a header comes once for each file that includes it.
        line, count = map(int, value.split(",")[:2])
        counts[path, line] = counts.get((path, line), 0) + count
print(f"{sys.argv[1]}: {sum(map(bool, counts.values()))} of {len(counts)} lines reached")
for path, line in sorted(key for key, count in counts.items() if count == 0):
    with open(path, encoding="utf-8") as file:
        print(f"not reached: {path}:{line}: {file.readlines()[line - 1].strip()}")
