# SPDX-License-Identifier: BSD-3-Clause
"""Ports of all kinds in one run, which come and go while it lasts:

    [sender: tcpreplay] span0 ---- veth ---- mon0    net_af_packet0
                        span1 ---- veth ---- mon1    net_af_xdp0
    [tcpreplay] ---- mon2 -------------------------- net_tap0         [monitor: weir]
    [dpdk-testpmd] ---- memif ---------------------- net_memif0
    [dpdk-testpmd] net_virtio_user0 ---------------- net_vhost0
    a capture -------------------------------------- net_pcap0

What each gave is in the report, by the port and in sum; no count ever falls."""

import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Namespace, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay, replay_in_step

BURSTS, BURST = 4, 32  # fewer frames than any ring has room for


class Peer:
    """dpdk-testpmd at the other end of a memif or a vhost socket."""

    def __init__(self, rig: Rig, vdev: str):
        number = rig.__dict__.setdefault("peers", 0)
        rig.peers = number + 1
        prefix = f"{rig.folder.name}-peer{number}"
        rig.callback(shutil.rmtree, f"/var/run/dpdk/{prefix}", ignore_errors=True)
        self.process = rig.start(
            "dpdk-testpmd", "--lcores=0@0,1@1", "--no-huge", "-m", 64, "--no-shconf", "--no-pci",
            "--file-prefix", prefix, f"--vdev={vdev}", "--", "--interactive", "--total-num-mbufs=2048",
            f"--burst={BURST}", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self) -> int:
        """So many frames as said; testpmd goes on to forward what comes, which is nothing."""
        self.process.stdin.write(f"start tx_first {BURSTS}\nstop\n")
        self.process.stdin.flush()
        return BURSTS * BURST

    def leave(self) -> int:
        """How many it sent."""
        said, _ = self.process.communicate("show port stats 0\nquit\n", timeout=60)
        return int(re.findall(r"TX-packets:\s+(\d+)", said)[-1])


class Counts:
    """with Counts(live): all counts of ports and of the ledger, again and again, which never fall."""

    def __init__(self, live: LiveWeir):
        self.live, self.fallen, self.looks, self.over = live, [], 0, threading.Event()
        self.pool = ThreadPoolExecutor(1)

    def _look(self) -> None:
        last: dict[tuple, int] = {}
        while not self.over.wait(0.05):
            now = {("ledger", name): value for name, value in self.live.ask("/weir/ledger").items()
                   if isinstance(value, int) and name not in ("snapshot", "age_ms")}
            for name, port in ports(self.live).items():
                now |= {(name, key): port[key] for key in ("received", "octets", "missed", "no_mbuf", "errors")}
            self.fallen += [(key, last[key], now[key]) for key in last if now[key] < last[key]]
            self.looks, last = self.looks + 1, now

    def __enter__(self) -> "Counts":
        self.looking = self.pool.submit(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.pool.shutdown()
        self.looking.result()  # a look that failed is a failure


def ports(live: LiveWeir) -> dict[str, dict]:
    return {port["name"]: port for port in live.ask("/weir/ports")["ports"].values()}


def kinds(live: LiveWeir, port: str) -> list[str]:
    """What happened to it, oldest first."""
    rows = live.ask("/weir/events")["events"]
    return [rows[rank]["kind"] for rank in sorted(rows, key=int, reverse=True) if rows[rank]["port"] == port]


def wait_for(live: LiveWeir, port: str, *expected: str) -> None:
    try:
        wait_until(lambda: kinds(live, port) == list(expected), f"{port}: events {expected}", 20)
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {live.ask('/weir/events')}") from None


def visit(rig: Rig, live: LiveWeir, vdevs: dict[str, str]) -> dict[str, Peer]:
    """Peers come, and each sends."""
    already = live.seen()
    peers = {port: Peer(rig, vdev) for port, vdev in vdevs.items()}
    for port in vdevs:
        wait_until(lambda port=port: ports(live)[port]["link_up"], f"a peer of {port}")
    live.wait_for(already + sum(peer.send() for peer in peers.values()))
    return peers


def delete_under_traffic(rig: Rig, sender: Namespace, monitor: Namespace, live: LiveWeir, file: str) -> None:
    """The interface is removed while frames come on it."""
    already = live.seen()
    flood = rig.start("tcpreplay", "--intf1", "span0", "--loop", 0, "--pps", 2000, file, namespace=sender)
    live.wait_for(already + 100)
    monitor.run("ip", "link", "delete", "mon0")
    flood.kill()


def check_end(tap: Tap, analysis: weir.Analysis, sent: Counter) -> None:
    report = analysis.report
    received = {port["name"]: port["received"] for port in report["ports"]}
    tap.equal("SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
    tap.ok("the removed interface: all before, some of the flood", received["net_af_packet0"] >=
           sent["net_af_packet0"] + 100, received)
    sent["net_af_packet0"] = received["net_af_packet0"]
    tap.equal("each port with what it got, to the frame", received, dict(sent))
    tap.equal("... and the ledger is their sum", report["ledger"]["received"], sum(received.values()))
    tap.equal("removals are told in remarks", sorted(
        remark.split(" ")[0] for remark in report["remarks"] if "is gone" in remark), ["mon0", "mon1", "mon2"])
    tap.ok("and once each in the log", analysis.run.errors.count(": the interface was removed") == 3,
           analysis.run.errors[-3000:])


def mixed(tap: Tap) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        monitor.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")  # or mon2 speaks by itself
        for number in (0, 1):
            rig.wire(sender, f"span{number}", monitor, f"mon{number}")
        vhost, memif = f"{rig.folder}/vhost", f"id=0,socket={rig.folder}/memif,socket-abstract=no"
        vdevs = (f"net_pcap0,rx_pcap={weir.BUNDLED}", "net_af_xdp0,iface=mon1", "net_tap0,iface=mon2",
                 "net_af_packet0,iface=mon0,blocksz=65536,framesz=2048,framecnt=2048",
                 f"net_memif0,role=server,{memif}", f"net_vhost0,iface={vhost}")
        visitors = {"net_memif0": f"net_memif0,role=client,{memif}", "net_vhost0": f"net_virtio_user0,path={vhost}"}
        live = rig.weir("--idle-sleep", "--flow-capacity", 65536, namespace=monitor, eal=(
            "--lcores=(0-2)@(0-1)", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
            *(f"--vdev={vdev}" for vdev in vdevs)))
        file = many_flows(str(rig.folder / "few.pcap"), 200, 50)
        sent = Counter({"net_pcap0": len(list(capture.read(weir.BUNDLED)))})
        with Counts(live) as counts:
            live.wait_for(sent["net_pcap0"])
            sent["net_af_packet0"] += replay_in_step(sender, "span0", file, live)
            sent["net_af_xdp0"] += replay_in_step(sender, "span1", file, live)
            sent["net_tap0"] += replay_in_step(monitor, "mon2", file, live)
            for port in visitors:
                wait_for(live, port, "link_down")
            first = visit(rig, live, visitors)
            for port, peer in first.items():
                wait_for(live, port, "link_down", "link_up")
                sent[port] += peer.leave()
                wait_for(live, port, "link_down", "link_up", "link_down")
            second = visit(rig, live, visitors)
            tap.equal("each port with what it got, also from the second peer", {
                name: port["received"] for name, port in ports(live).items()},
                dict(sent + Counter({port: BURSTS * BURST for port in visitors})))
            delete_under_traffic(rig, sender, monitor, live, file)
            wait_for(live, "mon0", "interface_removed")
            monitor.run("ip", "link", "delete", "mon2")
            wait_for(live, "mon2", "interface_removed")
            monitor.run("ip", "link", "delete", "mon1")
            wait_for(live, "mon1", "interface_removed")
            rig.wire(sender, "span0", monitor, "mon0")
            wait_for(live, "mon0", "interface_removed", "interface_added")
            replay(sender, "span0", file)
            already = live.seen()
            live.wait_for(already + sum(peer.send() for peer in second.values()))
            for port, peer in second.items():
                sent[port] += peer.leave()
        tap.equal(f"in {counts.looks} looks no count has fallen", counts.fallen, [])
        began = time.monotonic()
        analysis = live.stop()
        tap.ok("it ends in no time", time.monotonic() - began < 10)
        check_end(tap, analysis, sent)


def main() -> None:
    tap = Tap()
    mixed(tap)
    tap.end()


if __name__ == "__main__":
    main()
