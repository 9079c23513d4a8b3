# SPDX-License-Identifier: BSD-3-Clause
"""What scripts/gdb.py makes of values: python3 -m tests.unit.flow.gdb_printers PROGRAM"""

import subprocess
import sys

from tests.kit.tap import Tap

SHOWN = {
    "key": "tcp 192.0.2.1:443 <-> 198.51.100.2:50000 vlan 7",
    "packet": "flow_ipv6 udp [2001:db8::2]:40000 -> [2001:db8::1]:53 77 octets",
    "record.hot": "tcp 198.51.100.2:50000 -> 192.0.2.1:443: 3 packets 300 octets, back 1 packets 52 octets, "
                  "FS.PA.../....A... forward_fin, end_idle",
    "dormant": "udp 0.0.0.0:0 -> 0.0.0.0:0: 1 packets 28 octets, back 0 packets 0 octets, reordered, dormant",
    "never_used": "empty",
    "packet.key": "udp [...:0000:0001]:53 <-> [...:0000:0002]:40000",
}


def main() -> None:
    tap = Tap()
    command = ["gdb", "-nx", "-batch", "-ex", "source scripts/gdb.py"]
    for value in [*SHOWN, "record"]:
        command += ["-ex", f"echo {value}=", "-ex", f"output {value}", "-ex", "echo \\n"]
    done = subprocess.run([*command, sys.argv[1]], capture_output=True, text=True)
    lines = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    for value, shown in SHOWN.items():
        tap.equal(value, lines.get(value), shown)
    tap.ok("a record is shown as its hot line is", SHOWN["record.hot"] in lines.get("record", ""), done)
    tap.end()


if __name__ == "__main__":
    main()
