# SPDX-License-Identifier: BSD-3-Clause
"""Real TCP into an interface whose kernel would make one frame of several (GRO):

    [sender: iperf3] send0 ---- veth ---- mon0 [monitor: iperf3, weir]

weir counts what came over the wire and nothing that went out, and leaves the interface as it was."""

import signal

from tests.kit import weir
from tests.kit.rig import LiveWeir, Namespace, Rig, wait_until
from tests.kit.tap import Tap


def gro(monitor: Namespace) -> str:
    lines = monitor.run("ethtool", "-k", "mon0").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("generic-receive-offload"))


def set_gro(monitor: Namespace, how: str) -> None:
    monitor.run("ethtool", "-K", "mon0", "gro", how)


def start(rig: Rig, monitor: Namespace, *options: str) -> LiveWeir:
    return rig.weir("--interface", "mon0", *options, namespace=monitor)


def bulk(rig: Rig, sender: Namespace, monitor: Namespace) -> None:
    server = rig.start("iperf3", "--server", "--one-off", namespace=monitor)
    wait_until(lambda: "5201" in monitor.run("ss", "-Hltn"), "iperf3")
    sender.run("iperf3", "--client", "192.0.2.2", "--bytes", "4M", "--bitrate", "40M")
    server.wait(20)


def check_counts(tap: Tap, rig: Rig, sender: Namespace, monitor: Namespace, outgoing: bool) -> None:
    counters = ("rx_packets", "tx_packets") if outgoing else ("rx_packets",)
    live = start(rig, monitor, *(("--outgoing",) if outgoing else ()))
    tap.equal("GRO is off while weir runs, and weir says so", (
        gro(monitor), live.ask("/weir/info")["settings"]["frames_merged"]),
        ("off", "off for this run: rx-gro"))
    before = sum(monitor.counter("mon0", name) for name in counters)
    bulk(rig, sender, monitor)
    frames = sum(monitor.counter("mon0", name) for name in counters) - before
    live.wait_for(frames)
    analysis = live.stop()
    ledger = analysis.report["ledger"]
    tap.equal(f"{'both ways' if outgoing else 'what came in'}: weir counts what the interface did",
              (analysis.faults(), ledger["received"], ledger["missed"]), ([], frames, 0))
    tap.ok("... none of it of several frames", frames > 2000, frames)
    both = [flow for flow in analysis.flows if flow["reversePacketDeltaCount"] > 0]
    tap.equal("... flows have a reverse side where weir sees both", len(both) > 0, outgoing)
    tap.equal("... and GRO is on again", gro(monitor), "on")


def check_ends(tap: Tap, rig: Rig, monitor: Namespace) -> None:
    live = start(rig, monitor)
    tap.equal("switched off again", gro(monitor), "off")
    live.process.send_signal(signal.SIGKILL)
    live.process.wait(20)
    wait_until(lambda: gro(monitor) == "on", "GRO after SIGKILL")
    tap.ok("after SIGKILL it is on again", True)
    set_gro(monitor, "off")
    live = start(rig, monitor)
    tap.equal("off before: nothing to say", live.ask("/weir/info")["settings"]["frames_merged"], "off")
    live.stop()
    tap.equal("... and off afterwards", gro(monitor), "off")
    live = start(rig, monitor)
    set_gro(monitor, "on")
    live.stop()
    tap.equal("switched on by somebody else meanwhile: it stays on", gro(monitor), "on")


def check_without_right(tap: Tap, rig: Rig, monitor: Namespace) -> None:
    run = weir.run("--interface", "mon0", "--format", "json", "--duration", "1",
                   "--file-prefix", rig.folder.name,
                   command=(*monitor.enter, "setpriv", "--bounding-set", "-net_admin", weir.WEIR))
    remarks = run.report()["remarks"] if run.status == 0 else []
    said = "rx-gro is on, and CAP_NET_ADMIN is missing"
    tap.ok("without the right: said at once, with the command that helps",
           said in run.errors and "ethtool -K mon0 gro off" in run.errors, run)
    tap.ok("... and in the report", any(said in remark for remark in remarks), run)
    tap.equal("... and nothing is changed", gro(monitor), "on")


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.network(sender, "send0", ["192.0.2.1/24"], monitor, "mon0", ["192.0.2.2/24"])
        for interface, namespace in (("send0", sender), ("mon0", monitor)):
            namespace.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
        set_gro(monitor, "on")
        check_counts(tap, rig, sender, monitor, False)
        check_counts(tap, rig, sender, monitor, True)
        check_ends(tap, rig, monitor)
        check_without_right(tap, rig, monitor)
    tap.end()


if __name__ == "__main__":
    main()
