# SPDX-License-Identifier: BSD-3-Clause
"""A client of the DPDK telemetry socket."""

import json
import os
import shutil
import socket
import time
from pathlib import Path


def runtime_folder():
    """Where the EAL of every program has a folder."""
    if os.geteuid() == 0:
        return Path("/var/run/dpdk")
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / "dpdk"


def remove_files(prefix):
    """What programs whose file prefix begins like that have left behind."""
    for folder in runtime_folder().glob(f"{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)


def socket_path(prefix):
    return runtime_folder() / prefix / "dpdk_telemetry.v2"


class Telemetry:
    def __init__(self, prefix, timeout=30):
        deadline = time.monotonic() + timeout
        while True:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                self._socket.connect(str(socket_path(prefix)))
                break
            except OSError:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._socket.settimeout(10)
        self._socket.recv(16384)  # the greeting

    def ask(self, command):
        self._socket.send(command.encode())
        return json.loads(self._socket.recv(16384))[command.split(",")[0]]

    def knows(self, command, member, timeout=30):
        """Wait until the answer has that member. False: it never had."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if member in (self.ask(command) or {}):
                return True
            time.sleep(0.02)
        return False

    def close(self):
        self._socket.close()
