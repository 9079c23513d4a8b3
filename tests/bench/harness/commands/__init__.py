# SPDX-License-Identifier: BSD-3-Clause
"""
The subcommands of scripts/bench: each file here is one, under its own name. It has HELP, one
line, and main(context); if it takes arguments, arguments(parser); and IN_ALL = False if
`scripts/bench all` is to leave it out.
"""

import importlib
import pkgutil


def load():
    """{name: module} of all subcommands."""
    return {found.name: importlib.import_module(f"{__name__}.{found.name}")
            for found in pkgutil.iter_modules(__path__)}
