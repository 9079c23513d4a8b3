# SPDX-License-Identifier: BSD-3-Clause
"""--filter against tcpdump: the same frames of the bundled capture match. Between expression and
verdict stand libpcap's compiler, DPDK's converter, its interpreter and its JIT."""

import subprocess

from tests.kit import weir
from tests.kit.tap import Tap

EXPRESSIONS = (
    "tcp", "udp port 53", "icmp or icmp6", "ip6", "host 192.0.2.80 and not tcp",
    "net 2001:db8::/32", "ether multicast", "ether broadcast or arp", "src portrange 1-1024",
    "less 100", "greater 1000",
    "tcp[13] = 18", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[tcpflags] & tcp-push != 0",
    "ip[6:2] & 0x3fff != 0", "ip[8] = 64", "udp[4:2] > 60", "icmp6 and ip6[40] = 135",
    "len % 7 = 3", "ether[12:2] / 256 = 8", "tcp[0:2] & 1 = 1 and tcp[12] >> 4 > 5", "not ip and not ip6",
)


def main() -> None:
    tap = Tap()
    for expression in EXPRESSIONS:
        frames = subprocess.run(["tcpdump", "-nr", weir.BUNDLED, expression], capture_output=True,
                                text=True, check=True).stdout.count("\n")
        run = weir.run("--read", weir.BUNDLED, "--filter", expression, "--format", "json")
        ledger = run.report()["ledger"] if run.status == 0 else {}
        tap.equal(f"{expression}: as many frames as with tcpdump",
                  (run.status, ledger.get("received", 0) - ledger.get("filtered", 0)), (0, frames))
    tap.end()


if __name__ == "__main__":
    main()
