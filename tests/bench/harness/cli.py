# SPDX-License-Identifier: BSD-3-Clause
"""The command line of scripts/bench."""

import argparse
import atexit
import os
import signal
import sys
import time

from . import commands, telemetry
from .context import Context
from .process import PREFIX, BenchError


def parser(modules):
    top = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure weir; print a table and rewrite its section of "
        "docs/benchmarks.md. Captures are made in TMPDIR and removed.")
    names = top.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--build", metavar="DIR",
                        help="build folder (build-bench, made if missing)")
    shared.add_argument("--rounds", type=int, default=5, metavar="N", help="interleaved runs (5)")
    shared.add_argument("--window", type=float, default=2.0, metavar="S",
                        help="how long a running program is measured (2)")
    shared.add_argument("--only", metavar="NAME,...",
                        help="some of the contestants (pipeline, peers) or captures (builds, read)")
    shared.add_argument("--quick", action="store_true",
                        help="does it work? Small captures, one round: no figure means anything, "
                        "docs/benchmarks.md is left as it is")
    shared.add_argument("--no-document", action="store_true",
                        help="leave docs/benchmarks.md as it is")
    for name, module in modules.items():
        command = names.add_parser(name, parents=[shared], help=module.HELP)
        if hasattr(module, "arguments"):
            module.arguments(command)
    names.add_parser("all", parents=[shared], help="everything that writes a section")
    return top


def needs_root(module):
    """And this user is not root."""
    return getattr(module, "AS_ROOT", False) and os.geteuid() != 0


def run_one(context, name, module):
    if needs_root(module):
        raise BenchError(f"{name}: needs root")
    module.main(context)


def run_all(context, modules):
    """One that does not work here must not keep the others from being measured."""
    failed = []
    for name, module in modules.items():
        if not getattr(module, "IN_ALL", True):
            continue
        if needs_root(module):
            print(f"bench: {name}: left out: needs root", file=sys.stderr)
            continue
        start = time.monotonic()
        try:
            module.main(context)
        except BenchError as error:
            failed.append(name)
            print(f"bench: {name}: {error}", file=sys.stderr)
        print(f"bench: {name} took {time.monotonic() - start:.0f} s", file=sys.stderr)
    if failed:
        raise BenchError(f"failed: {', '.join(failed)}; see above")


def main():
    modules = commands.load()
    atexit.register(telemetry.remove_files, PREFIX)
    # So that what runs is ended, too, and does not disturb the next measurement.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parser(modules).parse_args()
    context = Context(arguments)
    try:
        if arguments.subcommand == "all":
            run_all(context, modules)
        else:
            run_one(context, arguments.subcommand, modules[arguments.subcommand])
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
