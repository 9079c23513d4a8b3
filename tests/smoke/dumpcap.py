# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-dumpcap attached to a running weir. It is a secondary process and needs shared memory,
so this is the one test with hugepages:

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir on net_af_packet, dpdk-dumpcap]
"""

from tests.kit import capture, weir
from tests.kit.rig import Rig, run
from tests.kit.tap import Tap
from tests.kit.traffic import without_ipv4_fragments

FRAMES = 25
# Where a secondary process is to find the memory, too: DPDK's own choice is a sanitizer's shadow, and what
# the kernel then gives may be taken in the other process.
MEMORY = "--base-virtaddr=0x200000000000"


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        try:
            huge = rig.hugepages(256)
        except (OSError, MemoryError, RuntimeError) as error:
            tap.skip("dpdk-dumpcap attaches", str(error).replace("\n", " "))
            tap.end()
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = rig.weir(namespace=monitor, eal=(
            "--lcores=0@0,1@1", "--no-pci", "--huge-dir", huge, "-m", 192, MEMORY,
            "--vdev=net_af_packet0,iface=mon0"))
        file = without_ipv4_fragments(weir.BUNDLED, str(rig.folder / "sent.pcap"))
        rig.start("tcpreplay", "--intf1", "span0", "--pps", 500, "--loop", 1000, file,
                  namespace=sender)
        live.wait_for(100)
        dump = str(rig.folder / "dumped.pcapng")
        said = run("timeout", 60, "dpdk-dumpcap", "--file-prefix", live.prefix, "-i", "0",
                   "-c", FRAMES, "-w", dump)
        dumped = [frame.data for frame in capture.read(dump)]
        sent = {frame.data for frame in capture.read(file)}
        tap.ok(f"dpdk-dumpcap attaches and writes {FRAMES} frames", len(dumped) >= FRAMES, said)
        tap.ok("... which are frames that were sent", dumped and set(dumped) <= sent)
        tap.equal("weir goes on and ends with a balanced ledger", live.stop().faults(), [])
    tap.end()


if __name__ == "__main__":
    main()
