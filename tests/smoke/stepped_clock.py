# SPDX-License-Identifier: BSD-3-Clause
"""The wall clock is set while weir runs: an hour back, and ten days ahead for two seconds. It dates
flows, and nothing else lives by it. (Only weir's wall clock is set: tests/kit/stepped_clock.c.)

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir]
"""

import os
import time
from datetime import datetime
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import replay

HOUR, TEN_DAYS = 3600, 10 * 86400
TIMEOUT = 2


def packet(port: int) -> capture.Frame:
    """UDP from `port`, 38 octets of IP."""
    ip = bytes.fromhex("4500002600010000401100 00c0000201c6336402".replace(" ", ""))
    data = bytes(12) + b"\x08\x00" + ip + port.to_bytes(2, "big") + bytes((0, 53, 0, 18, 0, 0)) + bytes(10)
    return capture.Frame(0, len(data), data)


def started(flow: dict) -> float:
    return flow["flowStartMilliseconds"] / 1000


def lasted(flow: dict) -> float:
    return flow["flowEndMilliseconds"] / 1000 - started(flow)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        setting = rig.folder / "seconds"
        setting.write_text("0")

        def send(port: int) -> None:
            file = str(rig.folder / f"{port}.pcap")
            capture.write(file, [packet(port)])
            replay(sender, "span0", file)

        os.environ.update({"LD_PRELOAD": str(Path(weir.BUILD, "tests/kit/libstepped-clock.so").resolve()),
                           "STEPPED_CLOCK": str(setting)})
        asan = os.environ.get("ASAN_OPTIONS", "")
        os.environ["ASAN_OPTIONS"] = asan + ":verify_asan_link_order=0"
        live = rig.weir("--interface", "mon0", "--driver", "af_packet", "--inactive-timeout", TIMEOUT,
                        namespace=monitor)
        del os.environ["LD_PRELOAD"]
        os.environ["ASAN_OPTIONS"] = asan

        def ended() -> int:
            return live.ask("/weir/flows")["ended"]["idle"]

        def leaves(name: str, flows: int) -> None:
            """The bound is the timeout and 2 s; half a second more for the snapshot and this test."""
            begin = time.monotonic()
            try:
                wait_until(lambda: ended() >= flows, name)
            except TimeoutError:
                pass
            took = time.monotonic() - begin
            tap.ok(name, TIMEOUT - 0.5 <= took <= TIMEOUT + 2.5, f"after {took:.2f} s")

        send(1000)
        leaves("a clock that nobody sets: the flow leaves in time", 1)
        send(1001)
        time.sleep(0.2)
        setting.write_text(str(-HOUR))
        leaves("set back by an hour: the flow leaves in time", 2)
        time.sleep(1.2)  # the worker looks about once a second
        stepped = time.time() - HOUR
        send(1002)
        leaves("... and so does one that began after it", 3)
        send(1003)
        time.sleep(0.2)
        setting.write_text(str(TEN_DAYS))
        time.sleep(1.2)
        tap.equal("ten days ahead: no flow ends by that", ended(), 3)
        time.sleep(0.8)
        setting.write_text("0")
        leaves_by = live.ask("/weir/throughput")["history"]["time"]
        tap.ok("history: entries, each of a second or so", len(leaves_by) > 5, leaves_by)
        wait_until(lambda: ended() >= 4, "the last flow")
        setting.write_text(str(-HOUR))
        time.sleep(1.2)
        latest = time.time() - HOUR
        send(1004)
        time.sleep(1.2)
        analysis = live.stop()
        tap.equal("exit 0, balanced", analysis.faults(), [])
        flows = {flow["sourceTransportPort"]: flow for flow in analysis.flows}
        tap.equal("five records", sorted(flows), [1000, 1001, 1002, 1003, 1004])
        tap.equal("each of one packet, so none lasts", [lasted(flows[port]) for port in sorted(flows)],
                  [0.0] * 5)
        tap.ok("what began after the step is dated by the new clock",
               abs(started(flows[1002]) - stepped) < 3, (started(flows[1002]), stepped))
        last = datetime.fromisoformat(analysis.report["time"]["last"][:26] + "+00:00").timestamp()
        tap.ok("the report's last packet is the one that came last", abs(last - latest) < 3, (last, latest))
        throughput = analysis.report["throughput"]
        seconds = analysis.report["time"]["seconds"]
        tap.ok("the report's seconds are those that passed", 5 < seconds < 60, seconds)
        octets = analysis.report["ledger"]["frame_octets"]
        tap.ok("averages are over those", abs(throughput["l2_bits_per_second"] - octets * 8 / seconds) <= 8,
               throughput)
    tap.end()


if __name__ == "__main__":
    main()
