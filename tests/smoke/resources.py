# SPDX-License-Identifier: BSD-3-Clause
"""What weir takes of a machine beside its traffic.

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir]

An interface on which nothing happens costs next to nothing, and no frame when it ends. Memory is taken at
the start: flows add none, and where there is too little weir says so instead of being killed."""

import os
import time
from pathlib import Path
from typing import Optional

from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay

SECONDS = 2
BURST = 1000  # frames: fewer than any ring between tcpreplay and weir has room for

MANY = 20_000  # flows
SLACK = 4 << 20


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


def resident(live: LiveWeir) -> int:
    pages = Path(f"/proc/{live.process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def check_memory(tap: Tap, driver: str, live: LiveWeir, many: tuple) -> None:
    """20,000 flows, as fast as they can be sent: how many of them arrive does not matter."""
    told, before = live.ask("/weir/info")["memory_bytes"], resident(live)
    active = live.ask("/weir/flows")["active"]
    replay(*many, "--topspeed")
    time.sleep(1)
    more = live.ask("/weir/flows")["active"] - active
    grown = resident(live) - told
    tap.ok(f"{driver}: weir tells what memory it has taken", abs(told - before) < SLACK, (told, before))
    tap.ok("... and flows add nothing to it", more > 1000 and grown < SLACK,
           f"{more} flows more, {grown} octets more")


def small_cgroup(rig: Rig, limit: int) -> Optional[Path]:
    """A cgroup with that much memory: of version 1, else of version 2."""
    for parent, name in ((Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
                         (Path("/sys/fs/cgroup"), "memory.max")):
        group = parent / f"weir-test-{os.getpid()}"
        if not (parent / "cgroup.procs").exists():
            continue
        group.mkdir()
        rig.callback(group.rmdir)
        if (group / name).exists():
            (group / name).write_text(str(limit))
            return group
    return None


def check_too_little(tap: Tap) -> None:
    with Rig() as rig:
        group, namespace = small_cgroup(rig, 200 << 20), rig.namespace("small")
        name = "in a cgroup that is too small weir says so, and does not start"
        if group is None:
            tap.skip(name, "no cgroup can be given a limit here")
            return
        enter = ("sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh")
        done = weir.run("--interface", "lo", "--file-prefix", rig.folder.name,
                        command=(*namespace.enter, *enter, weir.WEIR))
        tap.ok(name, done.status == 1 and "weir: memory: " in done.errors
               and "lower --flow-capacity" in done.errors, done)


def check(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        burst = many_flows(str(rig.folder / "burst.pcap"), BURST, BURST)
        many = many_flows(str(rig.folder / "many.pcap"), MANY, MANY)
        check_idle(tap, driver, live)
        sent = check_bursts(tap, driver, live, (sender, "span0", burst))
        check_memory(tap, driver, live, (sender, "span0", many))
        analysis = live.stop()
        tap.equal(f"{driver}: exit 0, balanced", analysis.faults(), [])
        ledger = analysis.report["ledger"]
        tap.equal("... and every frame is accounted for",
                  ledger["received"] + ledger["missed"] + ledger["no_mbuf"], sent + MANY)


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
    check_too_little(tap)
    tap.end()


if __name__ == "__main__":
    main()
