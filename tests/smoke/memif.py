# SPDX-License-Identifier: BSD-3-Clause
"""Two DPDK processes side by side, no hugepages, no kernel in between:

    [dpdk-testpmd, txonly] client ---- memif ---- server [weir]
"""

import re
import shutil
import subprocess
import time

from tests.kit import thread
from tests.kit.rig import Rig
from tests.kit.tap import Tap


def transmit(rig: Rig, memif: str, seconds: float, worker: int) -> tuple[int, int]:
    """How many frames testpmd handed to the memif, and how many found no room in it. Halfway weir's worker
    stands still for 100 ms."""
    prefix = f"{rig.folder.name}-testpmd"
    rig.callback(shutil.rmtree, f"/var/run/dpdk/{prefix}", ignore_errors=True)
    testpmd = rig.start(
        "dpdk-testpmd", "--lcores=0@0,1@1", "--no-huge", "-m", 128, "--no-shconf", "--no-pci",
        "--file-prefix", prefix, f"--vdev=net_memif0,role=client,{memif}",
        "--", "--interactive", "--total-num-mbufs=8192", "--forward-mode=txonly",
        "--txonly-multi-flow", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    testpmd.stdin.write("start\n")
    testpmd.stdin.flush()
    time.sleep(seconds / 2)
    with thread.Stalled(worker):
        time.sleep(0.1)
    time.sleep(seconds / 2)
    # Sending ends before the process does: a memif that closes drops what lies in its rings.
    testpmd.stdin.write("stop\n")
    testpmd.stdin.flush()
    time.sleep(1)
    said, _ = testpmd.communicate("show port stats 0\nquit\n", timeout=60)
    return tuple(int(re.findall(rf"TX-{what}:\s+(\d+)", said)[-1])
                 for what in ("packets", "dropped"))


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        memif = f"id=0,socket={rig.folder}/memif.sock,socket-abstract=no"
        live = rig.weir(eal=("--lcores=0@0,1@1", "--no-huge", "-m", 256, "--no-shconf", "--no-pci",
                             f"--vdev=net_memif0,role=server,{memif}"))
        (worker,) = thread.named(live.process.pid, "rte-worker")
        sent, dropped = transmit(rig, memif, 2, worker)
        live.wait_for(sent)
        analysis = live.stop()
        ledger = analysis.report["ledger"] if analysis.report else {}
        tap.equal("SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.ok("while the worker stood still frames found no room", dropped > 0)
        tap.equal("frames that testpmd could send = received", ledger["received"], sent)
        tap.equal("a memif does not tell its reader of the others", ledger["missed"], 0)
        tap.equal("... all of them IPv4 flows", ledger["flow"], sent)
        tap.ok("... and of several flows", len(analysis.flows) > 100, len(analysis.flows))
    tap.end()


if __name__ == "__main__":
    main()
