# SPDX-License-Identifier: BSD-3-Clause
"""weir beside real servers, on the interface that they use:

    [clients: curl, dig, ping, iperf3] ---- veth ---- [servers: nginx, dnsmasq, iperf3; weir]

The interface has addresses, so weir must take AF_PACKET: AF_XDP would cut the servers off."""

import json

from tests.kit import weir
from tests.kit.network import Network
from tests.kit.rig import LiveWeir, Rig, run
from tests.kit.tap import Tap

TCP, UDP = 6, 17


def records(flows: list[dict], protocol: int, port: int) -> list[dict]:
    return [flow for flow in flows if flow["protocolIdentifier"] == protocol
            and flow.get("destinationTransportPort") == port]


def check_flows(tap: Tap, flows: list[dict]) -> None:
    """What scripts/net.sh did, found again in the flow records."""
    web = records(flows, TCP, 80)
    tap.equal("web: a flow for each of the 12 requests", len(web), 12)
    tap.equal("... from IPv4 and IPv6 clients", len({
        flow.get("sourceIPv4Address") or flow["sourceIPv6Address"] for flow in web}), 8)
    tap.equal("... each ended by its FINs", {flow["flowEndReason"] for flow in web}, {3})
    tap.ok("... each carried the 16 KiB page back",
           all(16384 < flow["reverseOctetDeltaCount"] < 20000 for flow in web), web)
    tap.equal("names: a flow for each of the 28 queries over UDP", len(records(flows, UDP, 53)), 28)
    tap.equal("... and the 4 over TCP", len(records(flows, TCP, 53)), 4)
    tap.equal("... of one packet each way", {
        (flow["packetDeltaCount"], flow["reversePacketDeltaCount"])
        for flow in records(flows, UDP, 53)}, {(1, 1)})
    refused = records(flows, TCP, 81)
    tap.equal("refused connections: SYN, and RST back", [
        (flow["packetDeltaCount"], flow["reversePacketDeltaCount"],
         flow["reverseTcpControlBits"] & 0x04, flow["flowEndReason"]) for flow in refused],
        [(1, 1, 4, 3)] * 2)
    bulk = [flow for flow in records(flows, TCP, 5201) if flow["octetDeltaCount"] > 100_000]
    tap.equal("bulk: one large flow over IPv4, one over IPv6", len(bulk), 2)


def check_weirctl(tap: Tap, live: LiveWeir) -> None:
    for command in ("info", "ledger", "throughput", "sizes", "top source", "top pair", "top flow",
                    "top protocol", "flows", "workers", "ports", "raw /weir/ledger"):
        text, document = live.ctl(*command.split()), live.ctl("--json", *command.split())
        tap.ok(f"weirctl {command}: a table", text.status == 0 and text.output and not text.errors
               and all(len(line) <= 80 for line in text.output.splitlines()), text)
        tap.ok(f"weirctl --json {command}: JSON", document.status == 0
               and isinstance(json.loads(document.output), dict), document)
    unknown = live.ctl("nonsense")
    tap.ok("weirctl nonsense: one line, exit 2", unknown.status == 2
           and unknown.errors.count("\n") == 1, unknown)
    nobody = weir.run("--file-prefix", "nobody-runs-this", "ledger", command=(weir.WEIRCTL,))
    tap.ok("weirctl without a weir: one line that says how to start one, exit 1",
           nobody.status == 1 and nobody.errors.count("\n") == 1 and "weir --" in nobody.errors, nobody)


def check_telemetry(tap: Tap, live: LiveWeir) -> None:
    """dpdk-telemetry.py as it is, and the socket itself."""
    commands = ("/weir/info", "/weir/ledger", "/weir/throughput", "/weir/throughput,5",
                "/weir/sizes", "/weir/flows", "/weir/flows,0,5", "/weir/top,source",
                "/weir/top,pair,3,packets,10s", "/weir/workers", "/weir/ports")
    answers = run("dpdk-telemetry.py", "-f", live.prefix, input_text="\n".join((*commands, "quit")))
    for command in commands:
        tap.ok(f"dpdk-telemetry.py: {command}", f'"{command.split(",")[0]}"' in answers, answers)
    ledger = live.ask("/weir/ledger")
    tap.equal("the ledger over the socket is balanced", ledger["received"],
              sum(ledger[bucket] for bucket in weir.BUCKETS))
    tap.ok("a wrong argument is answered with what is allowed",
           "octets" in live.ask("/weir/top,source,5,nonsense").get("error", ""))
    page = live.ask("/weir/flows,0,5")
    tap.ok("a page says how many there are", page["shown"] <= 5 and page["total"] >= page["shown"],
           page)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        network = Network(rig)
        before_start = network.frames()
        live = rig.weir("--interface", "server0", "--outgoing", namespace=network.servers)
        after_start = network.frames()
        info = live.ask("/weir/info")
        tap.ok("weir takes AF_PACKET on an interface with addresses, and says so",
               "AF_PACKET" in live.errors.read_text() and "af_packet" in json.dumps(info),
               live.errors.read_text())
        # Slow enough for a machine that is busy with other things: nothing may be missed here.
        # No net_fragments: AF_PACKET hands IPv4 fragments over reassembled (see monitor_port.py).
        network.do("net_web 16k; net_names; net_ping; net_refused; net_bulk --time 1 --bitrate 2M")
        check_weirctl(tap, live)
        check_telemetry(tap, live)
        before_stop = network.frames()
        live.wait_for(before_stop - after_start)
        analysis = live.stop()
        after_stop = network.frames()
        tap.equal("SIGINT: exit 0, ledger balanced, every flow ended", analysis.faults(), [])
        ledger = analysis.report["ledger"]
        tap.equal("nothing is missed", (ledger["missed"], ledger["no_mbuf"]), (0, 0))
        tap.ok("weir counted what the kernel's interface did",
               before_stop - after_start <= ledger["received"] <= after_stop - before_start,
               f"{before_stop - after_start} <= {ledger['received']} <= {after_stop - before_start}")
        check_flows(tap, analysis.flows)
    tap.end()


if __name__ == "__main__":
    main()
