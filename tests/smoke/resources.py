# SPDX-License-Identifier: BSD-3-Clause
"""What weir takes of a machine beside its traffic.

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir]

An interface on which nothing happens costs next to nothing, and no frame when it ends."""

import os
import time
from pathlib import Path

from tests.kit.rig import LiveWeir, Rig
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay

SECONDS = 2
BURST = 1000  # frames: fewer than any ring between tcpreplay and weir has room for


def wakeups(live: LiveWeir) -> int:
    """How often threads of weir went to sleep, which is how often they woke up."""
    statuses = [task / "status" for task in Path(f"/proc/{live.process.pid}/task").iterdir()]
    lines = [line for status in statuses for line in status.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def cpu_seconds(live: LiveWeir) -> float:
    stat = Path(f"/proc/{live.process.pid}/stat").read_text(encoding="ascii")
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def check_idle(tap: Tap, driver: str, live: LiveWeir) -> None:
    time.sleep(1)
    before, cpu = wakeups(live), cpu_seconds(live)
    time.sleep(SECONDS)
    woken, cpu = wakeups(live) - before, cpu_seconds(live) - cpu
    tap.ok(f"{driver}: an idle weir wakes up some 120 times a second", woken < 400 * SECONDS,
           f"{woken} times in {SECONDS} s")
    tap.ok("... and takes less than a tenth of a core", cpu < SECONDS / 10, f"{cpu} s in {SECONDS} s")


def check_bursts(tap: Tap, driver: str, live: LiveWeir, burst: tuple) -> int:
    """Frames that come at once into the sleep; how many were sent."""
    sent = 0
    for _ in range(3):
        time.sleep(0.3)
        sent += replay(*burst, "--topspeed")
        live.wait_for(sent)
    ledger = live.ask("/weir/ledger")
    tap.equal(f"{driver}: bursts wake it, and nothing is lost",
              (ledger["received"], ledger["missed"], ledger["no_mbuf"]), (sent, 0, 0))
    return sent


def check(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        burst = many_flows(str(rig.folder / "burst.pcap"), BURST, BURST)
        check_idle(tap, driver, live)
        sent = check_bursts(tap, driver, live, (sender, "span0", burst))
        analysis = live.stop()
        tap.equal(f"{driver}: exit 0, balanced", analysis.faults(), [])
        tap.equal("... and nothing came late", analysis.report["ledger"]["received"], sent)


def check_ports(tap: Tap) -> None:
    """Nobody is at the other end of this memif."""
    with Rig() as rig:
        memif = f"id=0,socket={rig.folder}/memif.sock,socket-abstract=no"
        eal = ("--no-huge", "-m", 128, "--no-shconf", "--no-pci", f"--vdev=net_memif0,role=server,{memif}")
        live = rig.weir("--idle-sleep", eal=eal)
        time.sleep(1)
        cpu = cpu_seconds(live)
        time.sleep(SECONDS)
        cpu = cpu_seconds(live) - cpu
        tap.ok("--idle-sleep: an idle DPDK port takes less than a quarter of a core", cpu < SECONDS / 4,
               f"{cpu} s in {SECONDS} s")
        tap.equal("... and its weir ends as any other", live.stop().faults(), [])


def main() -> None:
    tap = Tap()
    check(tap, "af_xdp")
    check(tap, "af_packet")
    check_ports(tap)
    tap.end()


if __name__ == "__main__":
    main()
