# SPDX-License-Identifier: BSD-3-Clause
"""Make a capture by name. Without a name: which there are."""

from .. import captures

HELP = "make a capture by name; without one: list them"
IN_ALL = False


def arguments(parser):
    parser.add_argument("name", nargs="?", help="of the capture")
    parser.add_argument("file", nargs="?", help="where to (NAME.pcap)")


def main(context):
    name, file = context.arguments.name, context.arguments.file
    if name is None:
        for known, recipe in captures.RECIPES.items():
            print(f"{known:<14} bench-traffic {recipe}")
        return
    context.make("tests/bench/bench-traffic")
    made = captures.make(context.captures.generator, name, file or f"{name}.pcap")
    print(made.path, made.sums)
