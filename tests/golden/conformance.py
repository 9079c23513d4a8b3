# SPDX-License-Identifier: BSD-3-Clause
"""Captures through the whole program, against an oracle that shares no code with it.

The public captures are compared with their expected.jsonl; the bundled one with tests/golden/oracle.py (which
expected.jsonl checks, too) and with tshark's frame counts."""

import json
import re
import socket
import struct
import subprocess
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Optional

from tests.golden import oracle
from tests.kit import capture, weir
from tests.kit.tap import Tap


def contradictions(analysis: weir.Analysis, expected: dict, ports: Optional[bool] = None) -> list[str]:
    """Between weir and oracle.expect(). `ports`: whether flows are told apart by them; unless said, where
    there is no later fragment: which flow that belongs to, weir remembers and the oracle does not."""
    found = analysis.faults()
    if analysis.report is None:
        return found
    buckets = {name: frames for name in weir.BUCKETS
               if (frames := analysis.report["ledger"][name])}
    if buckets != expected["buckets"]:
        found.append(f"buckets: got {buckets}, expected {expected['buckets']}")
    if analysis.report["ledger"]["received"] != expected["frames"]:
        found.append(f"frames: got {analysis.report['ledger']['received']}, expected {expected['frames']}")
    for kind in ("first", "tiny", "later"):
        got, frames = analysis.report["flows"]["fragments"][kind], expected[f"{kind}_fragments"]
        if got != frames:
            found.append(f"{kind} fragments: got {got}, expected {frames}")
    if ports is None:
        ports = expected["later_fragments"] == 0
    lines = weir.difference(weir.traffic(analysis.flows, ports),
                            weir.expected_traffic(expected["flows"], ports))
    return found + lines.splitlines()


def bundled(tap: Tap) -> None:
    expected = oracle.expect(weir.BUNDLED)
    found = contradictions(weir.analyse(weir.BUNDLED), expected)
    tap.ok("bundled capture: buckets and flows as the oracle says", not found, "\n".join(found))
    tap.equal("bundled capture: tshark counts as many frames",
              expected["frames"], tshark_frames(""))
    tap.equal("bundled capture: tshark counts as many IP packets", expected["buckets"]["flow"],
              tshark_frames("eth.type == 0x0800 || eth.type == 0x86dd"))
    tap.ok("bundled capture: IPv4 and IPv6", {4, 6} == {
        6 if ":" in flow["source"] else 4 for flow in expected["flows"]})
    tap.ok("bundled capture: under 1 MB", Path(weir.BUNDLED).stat().st_size < 10**6)


def tshark_frames(display_filter: str) -> int:
    fields = ["tshark", "-n", "-r", weir.BUNDLED, "-Y", display_filter, "-T", "fields",
              "-e", "frame.number"]
    return len(subprocess.run(fields, capture_output=True, text=True, check=True).stdout.split())


def public(tap: Tap) -> int:
    lines = (weir.CAPTURES / "expected.jsonl").read_text().splitlines()
    expected = {line["capture"]: line for line in map(json.loads, lines)}
    files = sorted((weir.CAPTURES / "ethernet").iterdir())
    tap.equal("every public capture has a line in expected.jsonl, and the reverse",
              sorted(expected), [file.name for file in files])
    with ThreadPoolExecutor(2) as pool:
        for file, analysis in zip(files, pool.map(weir.analyse, files)):
            line, said = expected[file.name], oracle.expect(str(file))
            found = contradictions(analysis, said)
            if any(said[key] != value for key, value in line.items() if key != "capture"):
                found.append("tests/golden/oracle.py disagrees with expected.jsonl")
            tap.ok(file.name, not found, "\n".join(found))
    return len(files)


# Of the captures that are not Ethernet, those whose frames are read all the same.
READ = ("linux-sll-", "null-", "ppp-", "rawip-", "rawip4-", "rawip6-")


def other_link_types(tap: Tap) -> int:
    files = sorted((weir.CAPTURES / "other-link-types").iterdir())
    for file in files:
        if file.name.startswith(READ):
            analysis = weir.analyse(file)
            tap.equal(f"{file.name}: flows as tshark sees the packets",
                      (analysis.faults(), totals(analysis.flows)), ([], tshark_totals(file)))
            continue
        name = link_type(file)
        run = weir.run("--read", str(file))
        tap.ok(f"{file.name}: refused in one line that names {name}",
               run.status == 2 and run.output == "" and run.errors.count("\n") == 1
               and run.errors.startswith("weir: ") and name in run.errors,
               f"exit {run.status}: {run.output}{run.errors}")
    return len(files)


def totals(flows: list[dict]) -> Counter:
    """Octets of the packets that each address sent to each other one."""
    octets = Counter()
    for flow in flows:
        ends = [flow.get(f"{end}IPv4Address") or flow[f"{end}IPv6Address"] for end in ("source", "destination")]
        octets[ends[0], ends[1]] += flow["octetDeltaCount"]
        octets[ends[1], ends[0]] += flow["reverseOctetDeltaCount"]
    return +octets


def tshark_totals(file: Path) -> Counter:
    fields = ("ip.src", "ip.dst", "ip.len", "ipv6.src", "ipv6.dst", "ipv6.plen")
    lines = subprocess.run(["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "occurrence=f",
                            *(word for field in fields for word in ("-e", field))],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    octets = Counter()
    for line in lines:
        source, destination, length, source6, destination6, payload = line.split("\t")
        octets[source or source6, destination or destination6] += int(length or 0) or 40 + int(payload)
    return octets


def link_type(file: Path) -> str:
    """As tcpdump calls it: "reading from file X, link-type SLIP (SLIP), snapshot length 1500"."""
    line = subprocess.run(["tcpdump", "-n", "-c", "1", "-r", str(file)], capture_output=True,
                          text=True, check=False).stderr
    return re.search(r", link-type ([^ ,]+)", line).group(1)


SYN = struct.pack(">HHIIBBHHH", 7, 8, 1, 0, 5 << 4, 2, 1024, 0, 0)


def fragments_of_syn(version: int, size: int) -> list[bytes]:
    """Frames with a SYN from port 7 to port 8, `size` octets in each, as `nmap -f` sends it."""
    frames = []
    for offset in range(0, len(SYN), size):
        part, more = SYN[offset : offset + size], offset + size < len(SYN)
        if version == 4:
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(part), 1, more << 13 | offset // 8, 64, 6,
                             0, bytes((192, 0, 2, 1)), bytes((198, 51, 100, 2)))
        else:
            ends = [socket.inet_pton(socket.AF_INET6, f"2001:db8::{host}") for host in (1, 2)]
            ip = struct.pack(">IHBB16s16sBBHI", 6 << 28, 8 + len(part), 44, 64, *ends, 6, 0, offset | more, 1)
        frames.append(bytes(12) + (b"\x08\x00" if version == 4 else b"\x86\xdd") + ip + part)
    return frames


def fragment_scan(tap: Tap) -> None:
    """Two first fragments hold the ports and no whole header, one has room for the flags, too."""
    sent = [*fragments_of_syn(4, 8), *fragments_of_syn(6, 8), *fragments_of_syn(4, 16)]
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        capture.write(file.name, [capture.Frame(10**18 + number, len(data), data)
                                  for number, data in enumerate(sent)])
        analysis = weir.analyse(file.name)
        found = contradictions(analysis, oracle.expect(file.name), ports=False)
    tap.ok("a scan with tiny fragments: as the oracle says", not found, "\n".join(found))
    tap.equal("... fragments", analysis.report["flows"]["fragments"],
              {"first": 3, "tiny": 3, "later": 5, "unmatched": 0})
    tap.equal("... flows: ports, packets, octets, flags", sorted(
        (flow["sourceTransportPort"], flow["destinationTransportPort"], flow["packetDeltaCount"],
         flow["octetDeltaCount"], flow.get("tcpControlBits"))
        for flow in analysis.flows), [(7, 8, 3, 3 * 48 + 20, 0), (7, 8, 5, 5 * 20 + 40, 2)])


def main() -> None:
    tap = Tap()
    bundled(tap)
    fragment_scan(tap)
    if weir.CAPTURES.is_dir():
        ethernet, other = public(tap), other_link_types(tap)
        print(f"# {ethernet} Ethernet captures and {other} of other link types ran, none skipped")
    else:
        print(f"# NO PUBLIC CAPTURES: {weir.CAPTURES} is not there; only the bundled one ran")
    tap.end()


if __name__ == "__main__":
    main()
