# SPDX-License-Identifier: BSD-3-Clause
"""What collectors of IPFIX and NetFlow v9 get is what --flows has, record for record and field for field, and what they are
told of weir is what its report says. Read by tests.kit.ipfix, which knows the RFCs and nothing of weir."""

import json
import ssl
import tempfile
from collections import Counter
from typing import Callable, Iterator, NamedTuple

from tests.golden import clocks
from tests.kit import capture, ipfix, weir
from tests.kit.rig import run
from tests.kit.tap import Tap

OWN = "weir"  # what names of weir's own elements begin with
BOTH_WAYS = "biflowLayer2OctetDeltaCount"  # a sum over both directions: in no record of one
V9_LAST = 127  # from here on elements are IPFIX' alone


def own(name: str) -> str:
    return OWN + name[0].upper() + name[1:]


def reverse(name: str) -> str:
    return "reverse" + name[0].upper() + name[1:]


def names_of_own(sessions: list[ipfix.Session]) -> set[str]:
    """Those of fields of flows, as --flows has them."""
    return {name[len(OWN)].lower() + name[len(OWN) + 1:] for session in sessions for name, _ in session.own.values()}


def biflow(line: dict, mine: set[str]) -> Iterator[dict]:
    yield {own(name) if name in mine else name: value for name, value in line.items()} | {"ingressInterface": 1}


SWAPPED = {f"{one}{what}": f"{other}{what}" for one, other in (("source", "destination"), ("destination", "source"))
           for what in ("IPv4Address", "IPv6Address", "TransportPort", "MacAddress")}


def directions(line: dict) -> Iterator[dict]:
    """Each that has packets, as a flow by itself."""
    forward = {name: value for name, value in line.items() if not name.startswith("reverse")}
    back = {SWAPPED.get(name, name): line.get(reverse(name), value) for name, value in forward.items()}
    yield from (flow for flow in (forward, back) if flow["packetDeltaCount"] > 0)


def uniflow(line: dict, mine: set[str]) -> Iterator[dict]:
    for flow in directions(line):
        del flow[BOTH_WAYS]
        yield from biflow(flow, mine)


def netflow9(line: dict, mine: set[str]) -> Iterator[dict]:
    shared = {name for number, (name, _) in ipfix.ELEMENTS.items() if number <= V9_LAST}
    for flow in directions(line):
        if "icmpTypeCodeIPv6" in flow:
            flow["icmpTypeCodeIPv4"] = flow["icmpTypeCodeIPv6"]
        kept = {name: value for name, value in flow.items() if name in shared and name not in mine}
        yield kept | {"ingressInterface": 1} | {
            name: flow[name] for name in ("flowStartMilliseconds", "flowEndMilliseconds")}


def dated(session: ipfix.Session) -> list[dict]:
    """NetFlow's flows with times of the calendar."""
    found = []
    for message in session.messages:
        boot = message.time * 1000 - message.uptime
        for flow in message.flows():
            check = flow["flowEndSysUpTime"] <= message.uptime
            if not check:
                raise ValueError(f"a flow that ends after its message: {flow}")
            found.append({name: value for name, value in flow.items() if "SysUpTime" not in name} | {
                "flowStartMilliseconds": boot + flow["flowStartSysUpTime"],
                "flowEndMilliseconds": boot + flow["flowEndSysUpTime"]})
    return found


def counted(flows: list[dict]) -> Counter:
    return Counter(json.dumps(flow, sort_keys=True) for flow in flows)


def difference(got: list[dict], expected: list[dict]) -> str:
    one, other = counted(got), counted(expected)
    return f"too many: {list((one - other).items())[:3]}\nmissing: {list((other - one).items())[:3]}"


class Export(NamedTuple):
    """What weir said of the demo capture, and what arrived at one collector."""

    analysis: weir.Analysis
    sessions: list[ipfix.Session]

    def session(self) -> ipfix.Session:
        return self.sessions[-1]


def export_to_all(wanted: dict[str, tuple[ipfix.Collector, str, dict]]) -> dict[str, Export]:
    """One weir, and by name: to whom, by which scheme and with which settings."""
    urls = [collector.url(scheme, **settings) for collector, scheme, settings in wanted.values()]
    analysis = weir.analyse(weir.BUNDLED, options=(
        "--active-timeout", "0.5", *(word for url in urls for word in ("--export", url))))
    for collector, _, _ in wanted.values():
        collector.close()
    return {name: Export(analysis, collector.sessions()) for name, (collector, _, _) in wanted.items()}


def record_by_record(tap: Tap, name: str, export: Export, form: Callable, least: int = 80) -> None:
    mine = names_of_own(export.sessions)
    expected = [flow for line in export.analysis.flows for flow in form(line, mine)]
    version9 = export.session().messages[0].version == 9
    got = [flow for session in export.sessions for flow in (dated(session) if version9 else session.flows())]
    tap.ok(f"{name}: {len(expected)} records are those of --flows",
           export.analysis.run.status == 0 and len(got) >= least and counted(got) == counted(expected),
           export.analysis.run.errors + difference(got, expected))
    tap.equal(f"{name}: numbers in sequence", export.session().missing, 0)


def both_directions(tap: Tap, name: str, statistics: dict, export: Export) -> None:
    lines = export.analysis.flows
    tap.equal(f"{name}: sums of the last statistics", [statistics[key] for key in (
        "exportedFlowRecordTotalCount", "weirSentPackets", "weirSentOctets", "weirFinal", "weirOutputWaiting",
        "notSentFlowTotalCount", "notSentPacketTotalCount", "notSentOctetTotalCount")], [
        sum(len(session.flows()) for session in export.sessions),
        sum(line["packetDeltaCount"] + line["reversePacketDeltaCount"] for line in lines),
        sum(line["octetDeltaCount"] + line["reverseOctetDeltaCount"] for line in lines), 1, 0, 0, 0, 0])
    ledger = export.analysis.report["ledger"]
    told = {key: value for key, value in ledger.items() if key != "reasons"}
    tap.equal(f"{name}: they tell the ledger of the report", {
        key: statistics["weirLedger" + "".join(word.capitalize() for word in key.split("_"))] for key in told}, told)


def transport(tap: Tap, name: str, export: Export) -> None:
    """What statistics say of messages is what arrived before them."""
    before = [message for session in export.sessions for message in session.messages][:-1]
    last = export.session().statistics()
    tap.equal(f"{name}: messages and their octets", (
        last["exportedMessageTotalCount"], last["exportedOctetTotalCount"]), (
        len(before), sum(message.size for message in before)))


def tls(folder: str) -> tuple[ssl.SSLContext, str]:
    """Of a server whose certificate is its own authority, and the file of that."""
    key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=collector",
        "-addext", "subjectAltName=IP:127.0.0.1", "-days", 2, "-keyout", key, "-out", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


FORMS = {"IPFIX over UDP": biflow, "IPFIX over TCP": biflow, "IPFIX over TLS": biflow, "IPFIX over UDP, biflow=no": uniflow,
         "IPFIX over TCP, biflow=no": uniflow}


def ipfix_forms(tap: Tap, exports: dict[str, Export]) -> None:
    for name, form in FORMS.items():
        export = exports[name]
        record_by_record(tap, name, export, form)
        both_directions(tap, name, export.session().statistics(), export)
        transport(tap, name, export)
        tap.equal(f"{name}: one packet in 1", [row["samplingInterval"] for row in export.session().options(
            "samplingInterval")], [1])


def order_of_directions(tap: Tap, export: Export) -> None:
    """What collectors take for its twin if they do not know it stands before that, in all templates."""
    flows = [template for template in export.session().templates.values() if not template.options]
    wrong = [(template.number, field) for template in flows for at, field in enumerate(template.fields)
             if field.enterprise == ipfix.REVERSE
             and (ipfix.IANA, field.element) in [(other.enterprise, other.element) for other in template.fields[:at]]]
    tap.equal("elements of the other direction stand before their twins", (len(flows), wrong), (8, []))


def settings(tap: Tap, exports: dict[str, Export]) -> None:
    session = exports["mtu"].session()
    sizes = [message.size for message in session.messages]
    tap.ok("mtu=512: no message is longer, and most are no shorter than they must be",
           max(sizes) <= 512 and sorted(sizes)[len(sizes) // 2] > 512 - 200, sizes)
    tap.equal("domain=, interface=, sampling=", (
        {message.domain for message in session.messages}, {flow["ingressInterface"] for flow in session.flows()},
        [row["samplingInterval"] for row in session.options("samplingInterval")]), ({4294967295}, {77}, [1000]))
    often, usual = exports["templates"].session(), exports["IPFIX over UDP"].session()
    count = [sum(len(message.templates) for message in session.messages) for session in (often, usual)]
    tap.ok("template-packets=2: templates again and again", count[0] > 2 * count[1], count)
    tap.equal("... which no number counts", often.missing, 0)


def pieces(tap: Tap, export: Export) -> None:
    """A long flow is there every so often, and who knows the first knows the last."""
    key = ("sourceIPv4Address", "sourceIPv6Address", "destinationIPv4Address", "destinationIPv6Address", "sourceTransportPort",
           "destinationTransportPort", "protocolIdentifier", "vlanId")
    chains: dict = {}
    for flow in sorted(export.session().flows(), key=lambda flow: flow["flowStartMilliseconds"]):
        chains.setdefault(tuple(flow.get(name) for name in key), []).append(flow)
    long = [chain for chain in chains.values() if len(chain) > 1]
    ended = [[flow["flowEndReason"] for flow in chain] for chain in long]
    tap.ok("pieces end by the active timeout (2)", long and any(2 in chain[:-1] for chain in ended), ended)
    wrong = [chain for chain in long for one, other in zip(chain, chain[1:])
             if other["weirFlowContinues"] != (one["flowEndReason"] == 2)]
    tap.equal("the next one says that it continues", wrong, [])
    tap.ok("a first one does not", all(chain[0]["weirFlowContinues"] == 0 for chain in chains.values()))


def netflow(tap: Tap, export: Export) -> None:
    record_by_record(tap, "NetFlow v9", export, netflow9)
    statistics = export.session().statistics()
    tap.equal("NetFlow v9: totals", [statistics[key] for key in (
        "exportedFlowRecordTotalCount", "exportedMessageTotalCount")],
        [len(export.session().flows()), len(export.session().messages) - 1])
    tap.equal("NetFlow v9: sampling", [(row["samplingInterval"], row["samplingAlgorithm"]) for row in
                                      export.session().options("samplingInterval")], [(100, 1)])


def far_apart(tap: Tap, folder: str) -> None:
    """More than the 50 days between flows that fit the 32 bits of one message of NetFlow."""
    file, collector = f"{folder}/months.pcap", ipfix.Collector()
    capture.write(file, [clocks.frame(clocks.START + month * 60 * 24 * clocks.HOUR, month + 1) for month in range(6)])
    analysis = weir.analyse(file, options=("--export", collector.url("netflow9+udp")))
    collector.close()
    record_by_record(tap, "NetFlow v9, months apart", Export(analysis, collector.sessions()), netflow9, 6)


def export_all(folder: str) -> dict[str, Export]:
    context, authority = tls(folder)
    return export_to_all({
        "IPFIX over TLS": (ipfix.Collector("tcp", context=context), "ipfix+tls", {"ca": authority}),
        "IPFIX over UDP": (ipfix.Collector(), "ipfix+udp", {}),
        "IPFIX over TCP": (ipfix.Collector("tcp", "::1"), "ipfix+tcp", {}),
        "IPFIX over UDP, biflow=no": (ipfix.Collector("udp", "::1"), "ipfix+udp", {"biflow": "no"}),
        "IPFIX over TCP, biflow=no": (ipfix.Collector("tcp"), "ipfix+tcp", {"biflow": "no"}),
        "NetFlow v9": (ipfix.Collector(), "netflow9+udp", {"sampling": 100}),
        "mtu": (ipfix.Collector(), "ipfix+udp", {"mtu": 512, "domain": 4294967295, "interface": 77, "sampling": 1000}),
        "templates": (ipfix.Collector(), "ipfix+udp", {"template_packets": 2}),
    })


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="weir-") as folder:
        exports = export_all(folder)
        far_apart(tap, folder)
    ipfix_forms(tap, exports)
    order_of_directions(tap, exports["IPFIX over UDP"])
    pieces(tap, exports["IPFIX over UDP"])
    settings(tap, exports)
    netflow(tap, exports["NetFlow v9"])
    tap.end()


if __name__ == "__main__":
    main()
