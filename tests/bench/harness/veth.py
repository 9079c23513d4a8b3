# SPDX-License-Identifier: BSD-3-Clause
"""A veth pair in a network namespace of its own, on which nobody speaks by himself."""

import contextlib
import re

from .process import PREFIX, run

SENDER, RECEIVER = "send0", "recv0"


class Wire:
    def __init__(self, namespace):
        # `ip netns exec` would hide bpffs.
        self.enter = ["nsenter", f"--net=/run/netns/{namespace}"]

    def run(self, *command):
        return run([*self.enter, *command]).output

    def dropped(self):
        """Frames that the receiver's XDP program dropped, by the driver's count."""
        return sum(map(int, re.findall(r"rx_queue_\d+_xdp_drops: (\d+)",
                                       self.run("ethtool", "-S", RECEIVER))))


@contextlib.contextmanager
def wire():
    namespace = f"{PREFIX}-wire"
    run(["ip", "netns", "add", namespace])
    try:
        run(["ip", "link", "add", SENDER, "netns", namespace, "type", "veth",
             "peer", "name", RECEIVER, "netns", namespace])
        pair = Wire(namespace)
        for name in (SENDER, RECEIVER):
            pair.run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            pair.run("ip", "link", "set", name, "arp", "off", "up")
        yield pair
    finally:
        run(["ip", "netns", "delete", namespace])
