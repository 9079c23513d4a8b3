# SPDX-License-Identifier: BSD-3-Clause
"""weir on an interface without addresses, as behind a mirror port, with AF_XDP on four queues:

    [sender: tcpreplay] span0 ---- veth, 4 queues ---- mon0 [monitor: weir, 4 workers]

Nobody else speaks on this wire, so counts are exact to the packet. Then the same while weir
stands still for a moment: what it could not take must stand in the ledger as missed."""

import shutil
import signal

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.rig import Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import is_ipv4_fragment, many_flows, replay, replay_in_step
from tests.kit.traffic import without_ipv4_fragments

QUEUES = 4


def exact(tap: Tap, driver: str, workers: int) -> None:
    """What is sent in step arrives whole: frames, buckets, flows."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", QUEUES)
        live = rig.weir("--interface", "mon0", "--workers", workers, *driver_option(driver),
                        namespace=monitor)
        name = f"{driver}, {workers} worker{'s' * (workers > 1)}"
        tap.ok(f"{name}: weir says which driver", driver in live.errors.read_text(),
               live.errors.read_text())
        many = many_flows(str(rig.folder / "many.pcap"), 4000, 1000)
        mixed = str(rig.folder / "mixed.pcap")
        if driver == "AF_PACKET":
            without_ipv4_fragments(weir.BUNDLED, mixed)
        else:
            shutil.copy(weir.BUNDLED, mixed)
        sent = replay_in_step(sender, "span0", mixed, live)
        sent += replay_in_step(sender, "span0", many, live)
        analysis = live.stop()
        ledger = analysis.report["ledger"] if analysis.report else {}
        tap.equal(f"{name}: SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal(f"{name}: frames sent = received", (sent, 0, 0), (
            ledger["received"], ledger["missed"], ledger["no_mbuf"]))
        expected = oracle.expect(mixed)["flows"] + oracle.expect(many)["flows"]
        tap.equal(f"{name}: flows are those of the captures", weir.difference(
            weir.traffic(analysis.flows, ports=False), weir.expected_traffic(expected, ports=False)), "")
        working = [worker for worker in analysis.report["workers"] if worker["packets"] > 0]
        tap.equal(f"{name}: all workers had work", len(working), workers)


def overloaded(tap: Tap, driver: str) -> None:
    """weir stopped for a moment while frames arrive faster than any buffer is deep."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", QUEUES)
        live = rig.weir("--interface", "mon0", *driver_option(driver), namespace=monitor)
        few = many_flows(str(rig.folder / "few.pcap"), 1000, 1000)
        many = many_flows(str(rig.folder / "many.pcap"), 20_000, 1000)
        before = replay_in_step(sender, "span0", few, live)
        live.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: "T" in stat(live.process.pid), "weir to stand still")
        sent = before + replay(sender, "span0", many, "--topspeed", "--loop", 10)
        live.process.send_signal(signal.SIGCONT)
        live.wait_for(sent)
        after = replay_in_step(sender, "span0", few, live)
        analysis = live.stop()
        ledger = analysis.report["ledger"] if analysis.report else {}
        tap.equal(f"{driver} overloaded: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.ok(f"{driver} overloaded: frames were missed", ledger["missed"] > 0, ledger)
        tap.equal(f"{driver} overloaded: sent = received + missed", sent + after,
                  ledger["received"] + ledger["missed"] + ledger["no_mbuf"])


def stat(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def reassembled(tap: Tap) -> None:
    """See docs/decisions/af-packet-fragments.md: they arrive as the packet that they make."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = rig.weir("--interface", "mon0", "--driver", "af_packet", namespace=monitor)
        fragments = [frame for frame in capture.read(weir.BUNDLED) if is_ipv4_fragment(frame)]
        file = str(rig.folder / "fragments.pcap")
        capture.write(file, fragments)
        sent = replay(sender, "span0", file, "--pps", 100)
        packets = len({frame.data[18:20] + frame.data[26:34] for frame in fragments})
        live.wait_for(packets)
        analysis = live.stop()
        tap.equal(f"AF_PACKET: {sent} IPv4 fragments are {packets} packets of 3028 octets",
                  (analysis.faults(), analysis.report["ledger"]["flow"],
                   analysis.report["ledger"]["ip_octets"]), ([], packets, packets * 3028))


def driver_option(driver: str) -> tuple[str, ...]:
    """AF_XDP must be weir's own choice here."""
    return () if driver == "AF_XDP" else ("--driver", "af_packet")


def main() -> None:
    tap = Tap()
    exact(tap, "AF_XDP", 4)
    exact(tap, "AF_XDP", 1)
    exact(tap, "AF_PACKET", 1)
    exact(tap, "AF_PACKET", 2)
    reassembled(tap)
    overloaded(tap, "AF_PACKET")
    overloaded(tap, "AF_XDP")
    tap.end()


if __name__ == "__main__":
    main()
