# SPDX-License-Identifier: BSD-3-Clause
"""The command line of scripts/bench."""

import argparse
import sys

from . import builds, captures, counts, flowtable, peers, pipeline, queries, read, scale
from .context import Context
from .process import BenchError


def traffic(context, arguments):
    """Without a name: which there are."""
    if arguments.name is None:
        for name, recipe in captures.RECIPES.items():
            print(f"{name:<12} bench-traffic {recipe}")
        return
    context.make("tests/bench/bench-traffic")
    generator = context.build / "tests/bench/bench-traffic"
    made = captures.make(generator, arguments.name, arguments.file or f"{arguments.name}.pcap")
    print(made.path, made.sums)


SUBCOMMANDS = {
    "table": (flowtable, "the flow table alone, from memory"),
    "pipeline": (pipeline, "the whole of weir against dpdk-testpmd on the same vdev"),
    "peers": (peers, "weir --read against Debian's flow meters"),
    "read": (read, "weir --read against libpcap alone"),
    "queries": (queries, "telemetry at 10 Hz: slowdown of the worker"),
    "counts": (counts, "instructions per packet by function (callgrind)"),
    "scale": (scale, "1 to N workers"),
}


def parser():
    top = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure weir; print a table and rewrite its section of "
        "docs/benchmarks.md. Captures are made in TMPDIR and removed.")
    commands = top.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--build", metavar="DIR", 
                        help="build folder (build-bench, made if missing)")
    shared.add_argument("--rounds", type=int, default=5, metavar="N", help="interleaved runs (5)")
    shared.add_argument("--window", type=float, default=3.0, metavar="S",
                        help="how long a running program is measured (3)")
    shared.add_argument("--only", metavar="NAME,...",
                        help="some of the programs (pipeline, peers) or captures (builds)")
    shared.add_argument("--no-document", action="store_true",
                        help="leave docs/benchmarks.md as it is")
    one = commands.add_parser("traffic", parents=[shared], help="make a capture by name")
    one.add_argument("name", nargs="?", help="without: list the names")
    one.add_argument("file", nargs="?", help="where to (NAME.pcap)")
    several = commands.add_parser("builds", parents=[shared],
                                  help="several builds of weir against each other")
    several.add_argument("folders", nargs="+", metavar="FOLDER",
                         help="a build folder; the first is what the others are compared with")
    for name, (_, text) in SUBCOMMANDS.items():
        commands.add_parser(name, parents=[shared], help=text)
    return top


def main():
    arguments = parser().parse_args()
    context = Context(arguments)
    try:
        if arguments.subcommand == "traffic":
            traffic(context, arguments)
        elif arguments.subcommand == "builds":
            builds.main(context, arguments.folders)
        else:
            SUBCOMMANDS[arguments.subcommand][0].main(context)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
