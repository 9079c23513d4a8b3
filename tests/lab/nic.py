# SPDX-License-Identifier: BSD-3-Clause
"""weir on PCI ports by their DPDK drivers behind an IOMMU, as in production, in an emulated machine:

    [namespace: tcpreplay] nic0 ---- tap, 4 queues ---- virtio-net, RSS [guest: weir, 4 workers]
                           nic1 ---- tap, 1 queue ----- e1000e

Nobody else speaks on these wires, so counts are exact to the packet. In turn: one port; it is killed; both
ports, and one is unplugged; it is plugged in again and belongs to the kernel, for AF_XDP on its four queues."""

import json

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.rig import Rig
from tests.kit.tap import Tap
from tests.kit.traffic import replay
from tests.lab import image
from tests.lab.guest import Guest, Nic, boot
from tests.lab.guest_weir import GuestWeir

QUEUES = 4
VIRTIO = Nic("nic0", "virtio-net-pci", QUEUES, slot=1)
E1000E = Nic("nic1", "e1000e", 1, slot=2)
FRAMES = list(capture.read(weir.BUNDLED))
OCTETS = sum(frame.wire for frame in FRAMES)
PADDED = sum(max(frame.wire, 60) for frame in FRAMES)  # as e1000e hands them over
FLOWS = oracle.expect(weir.BUNDLED)["flows"]
IP_OCTETS = sum(flow["octets"] + flow["reverse_octets"] for flow in FLOWS)


def eal(*ports: Nic) -> tuple[str, ...]:
    return ("-l", f"0-{QUEUES}", *(word for nic in ports for word in ("-a", nic.address)))


def on_ports(guest: Guest, *ports: Nic) -> GuestWeir:
    return GuestWeir(guest, "--workers", QUEUES, "--idle-sleep", eal=eal(*ports))


def check(guest: Guest) -> tuple[int, dict]:
    """Exit status of `weir check`, and by name what it found."""
    status, said = guest.attempt(
        f"weir check {' '.join(eal(VIRTIO))} -- --workers {QUEUES} --flow-capacity 16384 --format json 2>/tmp/errors")
    return status, {line["name"]: line for line in map(json.loads, said.splitlines())}


def bound(tap: Tap, guest: Guest) -> None:
    """From the kernel's driver to vfio-pci, and what `weir check` says before and after."""
    status, found = check(guest)
    tap.ok("check: the kernel's driver has the NIC, and a command to mend it",
           status == 1 and found["binding"]["verdict"] == "fail" and "vfio-pci" in found["binding"]["mend"], found)
    for nic in (VIRTIO, E1000E):
        guest.bind(nic, "vfio-pci")
    status, found = check(guest)
    tap.equal("check: bound to vfio-pci, all is as it must be", (status, *(
        found.get(name, {}).get("verdict") for name in ("binding", "iommu", "vfio", "hugepages", "eal", "ports", "rss"))),
        (0, *["ok"] * 7))


def send(guest: Guest, nic: Nic, live: GuestWeir) -> dict:
    """The bundled capture, real traffic both ways; what the ledger has more than before."""
    before = live.ask("ledger")
    sent = replay(guest.wires, nic.name, weir.BUNDLED, "--topspeed")
    after = live.wait_for(before["received"] + sent)
    return {name: after[name] - before[name] for name in ("received", "missed", "no_mbuf", "frame_octets", "ip_octets")}


def whole(frame_octets: int) -> dict:
    """What send() returns when nothing is lost."""
    return {"received": len(FRAMES), "missed": 0, "no_mbuf": 0, "frame_octets": frame_octets, "ip_octets": IP_OCTETS}


def one_port(tap: Tap, guest: Guest) -> None:
    live = on_ports(guest, VIRTIO)
    tap.ok("virtio-net: vfio-pci, and the IOMMU in front of it", "Using IOMMU type 1" in live.errors(), live.errors())
    tap.equal("virtio-net: frames sent = received", send(guest, VIRTIO, live), whole(OCTETS))
    report = live.report()
    tap.equal("virtio-net: the report while it runs is right", weir.faults(report), [])
    port = report["ports"][0]
    tap.equal("virtio-net: RSS is symmetric", port["symmetry"], "rss_symmetric")
    tap.ok("virtio-net: all queues were used", len(port["queues"]) == QUEUES
           and all(queue["received"] > 0 for queue in port["queues"]), port)
    tap.ok("virtio-net: all workers had work", all(worker["packets"] > 0 for worker in report["workers"]),
           report["workers"])
    links(tap, guest, live)
    analysis = live.stop()
    tap.equal("virtio-net: SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
    tap.equal("virtio-net: both directions of each flow met one worker",
              analysis.report["flows"]["split_flows"]["pieces"], 0)
    same_flows(tap, "virtio-net", analysis, times=2)


def links(tap: Tap, guest: Guest, live: GuestWeir) -> None:
    for up, kind in ((False, "link_down"), (True, "link_up")):
        guest.set_link(VIRTIO, up)
        live.wait_for_event(kind, VIRTIO.address)
        tap.ok(f"{kind}: an event says so", True)
    tap.equal("link up again: frames sent = received", send(guest, VIRTIO, live), whole(OCTETS))


def same_flows(tap: Tap, name: str, analysis: weir.Analysis, times: int) -> None:
    tap.equal(f"{name}: flows are those of the capture", weir.difference(
        weir.traffic(analysis.flows), weir.expected_traffic(FLOWS * times)), "")


def killed(tap: Tap, guest: Guest) -> None:
    live = on_ports(guest, VIRTIO)
    send(guest, VIRTIO, live)
    live.kill()
    tap.ok("SIGKILL: the guest still has the device", guest.attempt(
        f"[ -e /sys/bus/pci/devices/{VIRTIO.address} ]")[0] == 0)


def two_ports(tap: Tap, guest: Guest) -> None:
    """After what was killed, with its prefix."""
    live = on_ports(guest, VIRTIO, E1000E)
    tap.equal("after SIGKILL: frames sent = received", send(guest, VIRTIO, live), whole(OCTETS))
    tap.equal("e1000e: the same octets, though it counts the CRC", send(guest, E1000E, live), whole(PADDED))
    ports = {port["name"]: port for port in live.report()["ports"]}
    tap.equal("... and it does", ports[E1000E.address]["octets"], PADDED + 4 * len(FRAMES))
    guest.unplug(VIRTIO)
    live.wait_for_event("port_removed", VIRTIO.address)
    tap.equal("unplugged: the other port goes on", send(guest, E1000E, live), whole(PADDED))
    analysis = live.stop()
    tap.equal("unplugged: SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
    tap.equal("unplugged: what came from it is still counted", analysis.report["ledger"]["received"], 3 * len(FRAMES))
    same_flows(tap, "both ports", analysis, times=3)
    guest.until(f"[ ! -e /sys/bus/pci/devices/{VIRTIO.address} ]")


def kernel_interface(tap: Tap, guest: Guest) -> None:
    guest.plug(VIRTIO)
    guest.bind(VIRTIO, "virtio-pci")
    interface = guest.do(f"ls /sys/bus/pci/devices/{VIRTIO.address}/virtio*/net").strip()
    guest.do(f"ethtool -L {interface} combined {QUEUES}; ip link set {interface} up")
    live = GuestWeir(guest, "--interface", interface, "--workers", QUEUES)
    tap.ok("plugged in again, by the kernel's driver: AF_XDP", "AF_XDP" in live.errors(), live.errors())
    tap.equal("AF_XDP: frames sent = received", send(guest, VIRTIO, live), whole(OCTETS))
    analysis = live.stop()
    tap.equal("AF_XDP: SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
    tap.ok("AF_XDP: all queues were used", len(analysis.report["workers"]) == QUEUES
           and all(worker["packets"] > 0 for worker in analysis.report["workers"]), analysis.report["workers"])
    same_flows(tap, "AF_XDP", analysis, times=1)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        guest = boot(rig, image.make(rig.folder), (VIRTIO, E1000E), cpus=QUEUES + 1)
        bound(tap, guest)
        one_port(tap, guest)
        killed(tap, guest)
        two_ports(tap, guest)
        kernel_interface(tap, guest)
    tap.end()


if __name__ == "__main__":
    main()
