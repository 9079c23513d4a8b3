# SPDX-License-Identifier: BSD-3-Clause
"""Collectors as people run them, each started here, on what weir makes of the demo capture: nfcapd and nfdump, nfacctd
(pmacct), tshark and libfixbuf. What they show sums to weir's ledger, but for what each is known not to know."""

import json
import signal
import socket
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Generator, Iterator

from tests.kit import ipfix, weir
from tests.kit.rig import Rig, run, wait_until
from tests.kit.tap import Tap

NFACCTD = """daemonize: false
nfacctd_ip: 127.0.0.1
nfacctd_port: {port}
plugins: print
print_output: json
print_output_file: {output}
print_refresh_time: 3600
aggregate: src_host, dst_host, src_port, dst_port, proto, tcpflags, tos, in_iface
"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port: int) -> bool:
    return any(int(line.split()[1].split(":")[1], 16) == port
               for line in Path("/proc/net/udp").read_text().splitlines()[1:])


def export(urls: list[str]) -> weir.Analysis:
    """All of it to all of them."""
    analysis = weir.analyse(weir.BUNDLED, options=tuple(word for url in urls for word in ("--export", url)))
    if analysis.run.status != 0 or analysis.run.errors:
        raise RuntimeError(analysis.run.errors)
    return analysis


def flow_totals(analysis: weir.Analysis) -> tuple[int, int]:
    ledger = analysis.report["ledger"]
    return ledger["flow"], ledger["ip_octets"]


def directions(line: dict) -> Iterator[tuple]:
    """Who sent what to whom: addresses, ports, protocol, flags, TOS, packets, octets."""
    version = "v6" if "sourceIPv6Address" in line else "v4"
    ends = [(line[f"{end}IP{version}Address"], line[f"{end}TransportPort"]) for end in ("source", "destination")]
    for (one, other), way in ((ends, ""), (ends[::-1], "reverse")):
        def value(name: str, way: str = way):
            return line.get(way + name[0].upper() + name[1:] if way else name, 0)
        if value("packetDeltaCount"):
            yield (one[0], one[1], other[0], other[1], line["protocolIdentifier"], value("tcpControlBits"),
                   value("ipClassOfService"), value("packetDeltaCount"), value("octetDeltaCount"))


def without_icmp(rows: list[tuple]) -> Counter:
    """Collectors show ICMP's type in place of a port."""
    return Counter(row for row in rows if row[4] not in (1, 58))


# Each of these starts a collector, yields the URLs of exports to it, is sent what weir said, and looks.
Check = Generator[list[str], weir.Analysis, None]

# ---- nfcapd and nfdump ----


TCP = 6


def nfdump_row(row: dict) -> tuple:
    """Its flags are letters from the highest bit to the lowest."""
    flags = sum(1 << (7 - at) for at, letter in enumerate(row.get("tcp_flags", "........")) if letter != ".")
    version = "6" if "src6_addr" in row else "4"
    return (row[f"src{version}_addr"], row.get("src_port", 0), row[f"dst{version}_addr"], row.get("dst_port", 0),
            row["proto"], flags if row["proto"] == TCP else 0, row["src_tos"], row["in_packets"],
            row["in_bytes"])


def nfdump(tap: Tap, rig: Rig, scheme: str, both: bool) -> Check:
    """`both`: directions are in one record."""
    folder, port = rig.folder / f"nfcapd-{scheme}", free_port()
    folder.mkdir()
    log = folder.with_suffix(".log")
    with open(log, "wb") as words:
        process = rig.start("nfcapd", "-w", folder, "-p", port, "-b", "127.0.0.1", "-t", 3600, "-I", "weir",
                            stdout=words, stderr=words)
    wait_until(lambda: listens(port), "nfcapd")
    analysis = yield [f"{scheme}://127.0.0.1:{port}"]
    process.terminate()
    process.wait(20)
    rows, said = json.loads(run("nfdump", "-R", folder, "-o", "json")), log.read_text()
    name = f"nfdump, {scheme}"
    tap.equal(f"{name}: packets and octets of both directions", (
        sum(row.get("in_packets", 0) + row.get("out_packets", 0) for row in rows),
        sum(row.get("in_bytes", 0) + row.get("out_bytes", 0) for row in rows)), flow_totals(analysis))
    tap.ok(f"{name}: no error in sequence, no bad packet", "Sequence Errors: 0, Bad Packets: 0" in said, said)
    expected = [way for line in analysis.flows for way in list(directions(line))[:1 if both else 2]]
    got = [nfdump_row(row) for row in rows]
    tap.equal(f"{name}: addresses, ports, flags, TOS and counts of each record",
              (len(got), list((without_icmp(got) - without_icmp(expected)).items())), (len(expected), []))
    starts = Counter(row["first"] for row in rows) - Counter(
        stamp for line in analysis.flows for stamp in [as_nfdump(line["flowStartMilliseconds"])] * (1 if both else 2))
    tap.equal(f"{name}: times", list(starts), [])


def as_nfdump(ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(ms // 1000))}.{ms % 1000:03}"


# ---- nfacctd ----


def nfacctd(tap: Tap, rig: Rig, query: str, forward: bool) -> Check:
    """`forward`: that direction is all that it sees."""
    port = free_port()
    output, settings = rig.folder / f"nfacctd{port}.json", rig.folder / f"nfacctd{port}.conf"
    settings.write_text(NFACCTD.format(port=port, output=output))
    process = rig.start("nfacctd", "-f", settings)
    wait_until(lambda: listens(port), "nfacctd")
    analysis = yield [f"{query.format(port=port)}"]
    process.send_signal(signal.SIGINT)
    process.wait(20)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    got = [(row["ip_src"], row["port_src"], row["ip_dst"], row["port_dst"], row["ip_proto"], int(row["tcp_flags"]),
            row["tos"], row["packets"], row["bytes"]) for row in rows]
    named = {6: "tcp", 17: "udp"}
    expected = [(*way[:4], named.get(way[4]), *way[5:]) for line in analysis.flows
                for way in list(directions(line))[:1 if forward else 2]]
    name = "nfacctd" + (": no other direction, as it knows none" if forward else "")
    tap.equal(f"{name}: each record of TCP and UDP", list((Counter(
        row for row in got if row[4] in named.values()) - Counter(expected)).items()), [])
    tap.equal(f"{name}: sums", (len(got), sum(row[7] for row in got), sum(row[8] for row in got)), (
        len(expected), sum(row[7] for row in expected), sum(row[8] for row in expected)))


# ---- tshark ----


def as_packets(messages: list[bytes], protocol: int, port: int) -> Iterator[bytes]:
    """Raw IP packets with these messages to the port."""
    sequence = 1
    for number, octets in enumerate(messages):
        if protocol == socket.IPPROTO_UDP:
            header = struct.pack(">HHHH", 40000, port, 8 + len(octets), 0)
        else:
            header = struct.pack(">HHIIBBHHH", 40000, port, sequence, 1, 5 << 4, 0x18, 65535, 0, 0)
            sequence += len(octets)
        yield struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(header) + len(octets), number, 0, 64, protocol, 0,
                          b"\x7f\0\0\1", b"\x7f\0\0\1") + header + octets


def tshark(tap: Tap, rig: Rig) -> Check:
    schemes = {"ipfix+udp": (4739, socket.IPPROTO_UDP), "ipfix+tcp": (4739, socket.IPPROTO_TCP),
               "netflow9+udp": (2055, socket.IPPROTO_UDP)}
    collectors = [ipfix.Collector(scheme.split("+")[1]) for scheme in schemes]
    analysis = yield [collector.url(scheme, template_packets=3) for scheme, collector in zip(schemes, collectors)]
    path = rig.folder / "export.pcap"
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for collector, (port, protocol) in zip(collectors, schemes.values()):
            collector.close()
            for packet in as_packets(collector.raw[-1], protocol, port):
                file.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    said = run("tshark", "-r", path, "-d", "udp.port==4739,cflow", "-d", "tcp.port==4739,cflow", "-d",
               "udp.port==2055,cflow", "-T", "fields", "-E", "aggregator=,", "-e", "cflow.packets", "-e", "cflow.octets",
               "-e", "_ws.expert.message", "-e", "_ws.malformed")
    lines = [line.split("\t") for line in said.splitlines()]
    tap.equal("tshark, IPFIX over UDP and TCP, NetFlow v9: nothing to complain of",
              (len(lines) > 20, [line for line in lines if any(line[2:])]), (True, []))
    sums = [sum(int(number) for line in lines for number in line[column].split(",") if number) for column in (0, 1)]
    tap.equal("tshark: sums", sums, [3 * total for total in flow_totals(analysis)])


# ---- libfixbuf ----


def libfixbuf(tap: Tap, rig: Rig) -> Check:
    """Its ipfixDump, on the stream as a file (RFC 5655): it knows weir's own elements by what it is told of them."""
    collector = ipfix.Collector("tcp", "::1")
    analysis = yield [collector.url("ipfix+tcp")]
    collector.close()
    path = rig.folder / "stream.ipfix"
    path.write_bytes(b"".join(collector.raw[-1]))
    done = subprocess.run(["ipfixDump", "--rfc5610", "--in", path], capture_output=True, text=True, timeout=60, check=False)
    tap.equal("libfixbuf: nothing to complain of, no element unknown", (
        done.returncode, done.stderr, done.stdout.count("_alienInformationElement")), (0, "", 0))
    found: Counter = Counter()
    for line in done.stdout.splitlines():
        name, _, value = line.split(")")[-1].partition(":")
        if name.strip().endswith(("acketDeltaCount", "Layer2OctetDeltaCount")) and value.strip().isdigit():
            found[name.strip()] += int(value)
    lines = analysis.flows
    tap.equal("libfixbuf: sums", found, Counter({
        "packetDeltaCount": sum(line["packetDeltaCount"] for line in lines),
        "reversePacketDeltaCount": sum(line["reversePacketDeltaCount"] for line in lines),
        "weirBiflowLayer2OctetDeltaCount": sum(line["biflowLayer2OctetDeltaCount"] for line in lines)}))


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        checks = [nfdump(tap, rig, "ipfix+udp", True), nfdump(tap, rig, "netflow9+udp", False),
                  nfacctd(tap, rig, "ipfix+udp://127.0.0.1:{port}?biflow=no", False),
                  nfacctd(tap, rig, "ipfix+udp://127.0.0.1:{port}", True), tshark(tap, rig), libfixbuf(tap, rig)]
        analysis = export([url for check in checks for url in next(check)])
        for check in checks:
            try:
                check.send(analysis)
            except StopIteration:
                continue
    tap.end()


if __name__ == "__main__":
    main()
