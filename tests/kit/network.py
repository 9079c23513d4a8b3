# SPDX-License-Identifier: BSD-3-Clause
"""The network of real servers and clients of scripts/net.sh, driven from a test."""

import subprocess

from tests.kit.rig import Namespace, Rig


class Network:
    def __init__(self, rig: Rig):
        self.shell = rig.start("bash", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.do("set -eu; source scripts/lib.sh; source scripts/net.sh; trap net_down EXIT")
        self.do("net_up")
        self.servers = Namespace(self.do("echo $net_servers"))
        self.clients = Namespace(self.do("echo $net_clients"))

    def do(self, line: str) -> str:
        """One line of shell; what it prints."""
        self.shell.stdin.write(f"{line}\necho =done=\n")
        self.shell.stdin.flush()
        lines = []
        while (answer := self.shell.stdout.readline()) != "=done=\n":
            if not answer:
                raise RuntimeError(f"scripts/net.sh failed in: {line}")
            lines.append(answer)
        return "".join(lines).strip()

    def frames(self) -> int:
        """Both ways through the servers' interface since it is there."""
        return sum(self.servers.counter("server0", name) for name in ("rx_packets", "tx_packets"))
