# SPDX-License-Identifier: BSD-3-Clause
"""One thread of a process made to stand still, while its others go on: what a debugger does, and a scheduler
that has better things to do."""

import ctypes
import os
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


def ptrace(request: int, thread: int) -> None:
    if LIBC.ptrace(request, thread, None, None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"ptrace: {os.strerror(code)}")


def named(process: int, name: str) -> list[int]:
    """The threads of a process whose names begin like this, in the order in which they began."""
    return [thread for thread in sorted(map(int, os.listdir(f"/proc/{process}/task")))
            if name_of(process, thread).startswith(name)]


def name_of(process: int, thread: int) -> str:
    try:
        return Path(f"/proc/{process}/task/{thread}/comm").read_text(encoding="ascii")
    except OSError:
        return ""  # it has just ended, as a telemetry client's does


class Stalled:
    """with Stalled(thread): it stands still."""

    def __init__(self, thread: int):
        self.thread = thread

    def __enter__(self) -> "Stalled":
        ptrace(SEIZE, self.thread)
        ptrace(INTERRUPT, self.thread)
        os.waitpid(self.thread, WALL)
        return self

    def __exit__(self, *_: object) -> None:
        ptrace(DETACH, self.thread)
