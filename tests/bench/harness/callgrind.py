# SPDX-License-Identifier: BSD-3-Clause
"""
Instructions by function of the source, from callgrind. The compiler inlines what is hot, so the
symbol that an instruction belongs to says little; the line that it comes from says all.
"""

import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from pathlib import Path

# Uncompressed output is simple to read.
OPTIONS = ("--tool=callgrind", "--compress-pos=no", "--compress-strings=no")


def parse(lines):
    """
    {(file, line, symbol): instructions of its own}; the program or library stands for a file
    that is not known.
    """
    counts = Counter()
    file = symbol = program = None
    callee = False
    for line in lines:
        word, _, rest = line.rstrip("\n").partition("=")
        if word == "ob":
            program = rest
        elif word in ("fl", "fi", "fe"):
            file = program if rest == "???" else rest
        elif word == "fn":
            symbol = rest
        elif word == "calls":
            callee = True  # the next line is the callee's
        elif symbol is not None and line[:1].isdigit():
            if not callee:
                number, count = line.split()[:2]
                counts[file, int(number), symbol] += int(count)
            callee = False
    return counts


def functions_of(text):
    """[(first line, name)] of the functions of a C source whose braces stand in column 0."""
    found, header, first = [], [], 1
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            name = re.search(r"(\w+)\s*\((?!\()", " ".join(header))
            if name:
                found.append((first, name.group(1)))
            header = []
        elif not line.strip() or line[0] in "}#/ *\t" and not header or line.endswith((";", "*/")):
            header = []
        else:
            if not header:
                first = number
            header.append(line)
    return found


@lru_cache(maxsize=None)
def _functions(path):
    try:
        return functions_of(Path(path).read_text(errors="replace"))
    except OSError:
        return []


def function_at(path, line, symbol):
    """The function of the source that the line is in; the symbol where there is no source."""
    functions = _functions(path)
    at = bisect_right(functions, (line, "\x7f")) - 1
    return functions[at][1] if at >= 0 else symbol


def by_function(counts):
    """{(file, function): instructions}"""
    functions = Counter()
    for (file, line, symbol), count in counts.items():
        functions[file, function_at(file, line, symbol)] += count
    return functions
