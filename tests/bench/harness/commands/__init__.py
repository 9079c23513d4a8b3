# SPDX-License-Identifier: BSD-3-Clause
"""
The subcommands of scripts/bench: each file here is one, under its own name (with - for _). It has
HELP, one line, and main(context); if it takes arguments, arguments(parser); IN_ALL = False if
`scripts/bench all` is to leave it out; and AS_ROOT = True if only root can.
"""

import importlib
import pkgutil


def load():
    """{name: module} of all subcommands."""
    return {found.name.replace("_", "-"): importlib.import_module(f"{__name__}.{found.name}")
            for found in pkgutil.iter_modules(__path__)}
