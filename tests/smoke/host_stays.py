# SPDX-License-Identifier: BSD-3-Clause
"""This host stays on its network while weir takes frames past the kernel:

    [peer: ping, tcpreplay] span0 ---- veth ---- mon0 [host: weir, AF_XDP]

Whatever address the interface has, had or gets, and whatever rules are in force, the host is reached
by it; all other frames are analysed, and each stands in the ledger. Killed, weir leaves nothing."""

import json
import os
import shutil
import struct

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Namespace, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay

FRAMES = 400  # fewer than a ring holds


def pings(namespace: Namespace, address: str) -> int:
    """How many of three were answered."""
    done = weir.run("-q", "-c", "3", "-i", "0.2", "-W", "1", address,
                    command=(*namespace.enter, "ping"))
    return int(done.output.split(" received")[0].split()[-1])


def link_local(namespace: Namespace, interface: str) -> str:
    """Once it may be used."""
    def address() -> str:
        links = json.loads(namespace.run("ip", "-json", "-6", "address", "show", interface))
        ready = [a["local"] for link in links for a in link.get("addr_info", ())
                 if a["scope"] == "link" and not a.get("tentative")]
        return ready[0] if ready else ""
    return wait_until(address, f"a link-local address on {interface}")


def has_xdp(namespace: Namespace) -> bool:
    return "xdp" in namespace.run("ip", "link", "show", "mon0")


def settled(live: LiveWeir, peer: Namespace) -> dict:
    """The ledger, once all that the peer sent is in it: analysed, lost or left to this host."""
    def whole() -> dict:
        sent = peer.counter("span0", "tx_packets")
        ledger = live.ask("/weir/ledger")
        part = ledger.get("prefilter", {"in_flight": 0})
        known = part.get("seen", sum(ledger[name] for name in (
            "received", "missed", "no_mbuf", "no_socket", "host")))
        return ledger if known == sent - live.before and part["in_flight"] == 0 else {}
    return wait_until(whole, "every frame that was sent in the ledger")


def start(rig: Rig, host: Namespace, peer: Namespace, *options: object) -> LiveWeir:
    """`before`: what the peer had sent before; until the next frame of the test it is silent."""
    live = rig.weir("--interface", "mon0", "--driver", "af_xdp", *options, namespace=host)
    live.before = peer.counter("span0", "tx_packets")
    return live


def silent(rig: Rig, one: Namespace, other: Namespace) -> None:
    """A wire on which nobody speaks unasked, but asks for addresses when he does."""
    rig.wire(one, "span0", other, "mon0")
    for namespace, name in ((one, "span0"), (other, "mon0")):
        namespace.run("ip", "link", "set", name, "arp", "on")


def from_the_beginning_and_later(tap: Tap) -> None:
    with Rig() as rig:
        peer, host = rig.namespace("peer"), rig.namespace("host")
        silent(rig, peer, host)
        peer.run("ip", "address", "add", "192.0.2.1/24", "dev", "span0")
        peer.run("ip", "address", "add", "198.51.100.1/24", "dev", "span0")
        host.run("ip", "address", "add", "192.0.2.2/24", "dev", "mon0")
        live = start(rig, host, peer)
        tap.equal("an address from the beginning: the host answers", pings(peer, "192.0.2.2"), 3)
        host.run("ip", "address", "add", "198.51.100.2/24", "dev", "mon0")
        tap.equal("one that is added later: it answers at once", pings(peer, "198.51.100.2"), 3)
        sent = replay(peer, "span0", many_flows(str(rig.folder / "many.pcap"), FRAMES, 50))
        ledger = settled(live, peer)
        tap.equal("what is for others is analysed, and nothing else",
                  (ledger["received"], ledger["missed"]), (sent, 0))
        tap.ok("what was left to this host is counted: the echo requests and an ARP request",
               ledger["host"] >= 7, ledger)
        analysis = live.stop()
        tap.equal("SIGINT: exit 0, balanced", analysis.faults(), [])
        tap.equal("nothing else on standard error than weir's own lines",
                  [line for line in analysis.run.errors.splitlines()
                   if not line.startswith("weir: ") or "lib" in line], [])
        tap.ok("no program is left", not has_xdp(host))


def added_to_none(tap: Tap) -> None:
    """No address at the start, so that AF_XDP is weir's own choice; then one, and none again."""
    with Rig() as rig:
        peer, host = rig.namespace("peer"), rig.namespace("host")
        silent(rig, peer, host)
        peer.run("ip", "address", "add", "192.0.2.1/24", "dev", "span0")
        live = rig.weir("--interface", "mon0", namespace=host)
        live.before = peer.counter("span0", "tx_packets")
        tap.ok("no address: AF_XDP", "mon0: AF_XDP" in live.errors.read_text(),
               live.errors.read_text())
        host.run("ip", "address", "add", "192.0.2.2/24", "dev", "mon0")
        tap.equal("an address that is added later: the host answers", pings(peer, "192.0.2.2"), 3)
        host.run("ip", "address", "delete", "192.0.2.2/24", "dev", "mon0")
        left = settled(live, peer)["host"]
        mac = json.loads(host.run("ip", "-json", "link", "show", "mon0"))[0]["address"]
        sent = replay(peer, "span0", to_mac(rig, mac, "192.0.2.2"))
        ledger = settled(live, peer)
        tap.equal("taken off again: what is sent to it is analysed",
                  (ledger["host"], ledger["received"] >= sent), (left, True))
        tap.equal("... exit 0, balanced", live.stop().faults(), [])


def to_mac(rig: Rig, mac: str, address: str) -> str:
    """A capture of frames to an interface, for an IPv4 address."""
    path = str(rig.folder / "to.pcap")
    frame = (bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("00005e0053010800")
             + b"\x45\0\0\x2e\0\0\0\0\x40\x11\0\0" + bytes((203, 0, 113, 1))
             + bytes(map(int, address.split("."))) + struct.pack(">HHHH", 1, 9, 26, 0) + bytes(18))
    capture.write(path, [capture.Frame(i, len(frame), frame) for i in range(FRAMES)])
    return path


def link_local_only(tap: Tap) -> None:
    with Rig() as rig:
        peer, host = rig.namespace("peer"), rig.namespace("host")
        rig.network(peer, "span0", [], host, "mon0", [])
        own = link_local(host, "mon0")
        link_local(peer, "span0")
        live = rig.weir("--interface", "mon0", namespace=host)
        tap.ok("a link-local address only: AF_XDP is weir's choice",
               "mon0: AF_XDP" in live.errors.read_text(), live.errors.read_text())
        tap.equal("... and the host answers by it", pings(peer, f"{own}%span0"), 3)
        mac = json.loads(host.run("ip", "-json", "link", "show", "mon0"))[0]["address"]
        before = live.ask("/weir/ledger")["received"]
        sent = replay(peer, "span0", to_mac(rig, mac, "192.0.2.9"))
        live.wait_for(before + sent)
        tap.equal("... and is not taken for the receiver of all that is sent to its MAC address",
                  live.stop().faults(), [])


def with_rules(tap: Tap) -> None:
    """What is in the README: rules that pass, on an interface with an address."""
    with Rig() as rig:
        peer, host = rig.namespace("peer"), rig.namespace("host")
        silent(rig, peer, host)
        peer.run("ip", "address", "add", "192.0.2.2/24", "dev", "span0")
        host.run("ip", "address", "add", "192.0.2.1/24", "dev", "mon0")
        rules, others = rig.folder / "rules", rig.folder / "others"
        rules.write_text("pass proto tcp to 192.0.2.1 to port 22\npass arp\n"
                         "drop from 203.0.113.0/24\nsample 1/100 proto icmp\n")
        others.write_text("analyse proto udp\ndefault sample 1/100\n")
        live = rig.weir("--interface", "mon0", "--prefilter", rules, namespace=host)
        live.before = peer.counter("span0", "tx_packets")
        said = live.errors.read_text()
        tap.ok("rules that pass, on an interface with an address: AF_XDP, and the line says why",
               "mon0: AF_XDP" in said and "pass" in said, said)
        tap.equal("... the host answers, also to what a rule samples", pings(peer, "192.0.2.1"), 3)
        live.ask(f"/weir/prefilter/replace,{others}")
        tap.equal("... and with other rules in force", pings(peer, "192.0.2.1"), 3)
        sent = replay(peer, "span0", many_flows(str(rig.folder / "many.pcap"), FRAMES, 50))
        ledger = settled(live, peer)
        part = ledger["prefilter"]
        tap.equal("... what is for others is analysed", (ledger["received"], part["sampled_out"]),
                  (sent, 0))
        tap.ok("... what was left to this host is counted, and is part of what was passed",
               part["host"] == ledger["host"] >= 6 and part["passed"] >= part["host"], part)
        analysis = live.stop()
        part = analysis.report["ledger"]["prefilter"]
        tap.equal("... exit 0, both ledgers balance", (analysis.faults(), part["balanced"], part["seen"]),
                  ([], True, peer.counter("span0", "tx_packets") - live.before))


def killed(tap: Tap) -> None:
    with Rig() as rig:
        peer, host = rig.namespace("peer"), rig.namespace("host")
        rig.wire(peer, "span0", host, "mon0")
        prefix = f"weir-killed-{os.getpid()}"
        rig.callback(shutil.rmtree, f"/var/run/dpdk/{prefix}", ignore_errors=True)
        live = rig.weir("--interface", "mon0", namespace=host, prefix=prefix)
        tap.ok("weir's program is on the interface", has_xdp(host))
        live.process.kill()
        live.process.wait()
        wait_until(lambda: not has_xdp(host), "the program to come off")
        tap.ok("killed: no program is left", not has_xdp(host))
        live = rig.weir("--interface", "mon0", namespace=host, prefix=prefix)
        tap.equal("... and the next one starts", live.stop().faults(), [])


def main() -> None:
    tap = Tap()
    from_the_beginning_and_later(tap)
    added_to_none(tap)
    link_local_only(tap)
    with_rules(tap)
    killed(tap)
    tap.end()


if __name__ == "__main__":
    main()
