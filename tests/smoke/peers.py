# SPDX-License-Identifier: BSD-3-Clause
"""Drivers with somebody at the other end, no hugepages:

    [kernel: tcpreplay] ---- tap ---- [weir]
    [dpdk-testpmd, txonly] virtio-user ---- vhost ---- [weir]
"""

import re
import shutil
import subprocess
import time

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.rig import Rig
from tests.kit.tap import Tap

NO_HUGE = ("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci")


def tap_device(tap: Tap) -> None:
    """What the host sends on the tap is what weir receives, flow by flow."""
    frames = len(list(capture.read(weir.BUNDLED)))
    with Rig() as rig:
        host = rig.namespace("host")
        # Nobody speaks on the tap but tcpreplay.
        host.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
        live = rig.weir(namespace=host, eal=(*NO_HUGE, "--vdev=net_tap0,iface=wire0"))
        host.run("ip", "link", "set", "wire0", "arp", "off", "mtu", 9000, "up")
        before = live.seen()
        host.run("tcpreplay", "--intf1", "wire0", "--pps", 2000, weir.BUNDLED)
        live.wait_for(before + frames)
        analysis = live.stop()
        tap.equal("tap: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal("tap: the flows of the oracle", weir.difference(
            weir.traffic(analysis.flows, ports=False),
            weir.expected_traffic(oracle.expect(weir.BUNDLED)["flows"], ports=False)), "")


def transmit(rig: Rig, path: str, seconds: float) -> int:
    """How many frames testpmd put into the guest's ring."""
    prefix = f"{rig.folder.name}-testpmd"
    rig.callback(shutil.rmtree, f"/var/run/dpdk/{prefix}", ignore_errors=True)
    testpmd = rig.start(
        "dpdk-testpmd", *NO_HUGE, "--file-prefix", prefix, "--single-file-segments",
        f"--vdev=net_virtio_user0,path={path}", "--", "--interactive", "--total-num-mbufs=8192",
        "--forward-mode=txonly", "--txonly-multi-flow",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    testpmd.stdin.write("start\n")
    testpmd.stdin.flush()
    time.sleep(seconds)
    testpmd.stdin.write("stop\n")
    testpmd.stdin.flush()
    time.sleep(1)  # weir takes what lies in the ring before the guest goes
    said, _ = testpmd.communicate("show port stats 0\nquit\n", timeout=60)
    return int(re.findall(r"TX-packets:\s+(\d+)", said)[-1])


def vhost(tap: Tap) -> None:
    with Rig() as rig:
        path = f"{rig.folder}/vhost.sock"
        live = rig.weir(eal=(*NO_HUGE, f"--vdev=net_vhost0,iface={path},queues=1"))
        sent = transmit(rig, path, 1)
        live.wait_for(sent)
        analysis = live.stop()
        tap.equal("vhost: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal("vhost: frames that the guest put into its ring = received",
                  analysis.report["ledger"]["received"], sent)
        tap.ok("vhost: of several flows", len(analysis.flows) > 100, len(analysis.flows))


def main() -> None:
    tap = Tap()
    tap_device(tap)
    vhost(tap)
    tap.end()


if __name__ == "__main__":
    main()
