# SPDX-License-Identifier: BSD-3-Clause
"""Running weir on captures, and what must hold for everything it says."""

import json
import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Optional

BUILD = Path(os.environ.get("WEIR_BUILD", "build")).resolve()
WEIR = str(BUILD / "app" / "weir")
WEIRCTL = str(BUILD / "app" / "ctl" / "weirctl")
WEIRWEB = str(BUILD / "app" / "web" / "weirweb")
BUNDLED = "tests/captures/demo.pcap"
CAPTURES = Path(os.environ.get("WEIR_CAPTURES", "../shared/captures"))

BUCKETS = ("flow", "non_ip", "truncated", "malformed", "filtered", "overflow", "sampled")


class Run(NamedTuple):
    status: int
    output: str
    errors: str

    def report(self) -> dict:
        return json.loads(self.output)


def run(*arguments: str, timeout: float = 120, command: tuple[str, ...] = (WEIR,)) -> Run:
    done = subprocess.run([*command, *arguments], capture_output=True, text=True,
                          errors="surrogateescape", timeout=timeout, stdin=subprocess.DEVNULL,
                          check=False)
    return Run(done.returncode, done.stdout, done.stderr)


class Analysis(NamedTuple):
    run: Run
    report: Optional[dict]
    lines: list[str]  # of --flows

    @property
    def flows(self) -> list[dict]:
        return [json.loads(line) for line in self.lines]

    def faults(self) -> list[str]:
        if self.run.status != 0 or self.report is None:
            return [f"exit {self.run.status}: {self.run.errors.strip()[-1000:]}"]
        return faults(self.report, self.flows)


def analyse(*captures: str, options: tuple[str, ...] = ()) -> Analysis:
    """weir --read all of `captures` with JSON report and --flows."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as flows:
        reads = [word for capture in captures for word in ("--read", str(capture))]
        result = run(*reads, "--format", "json", "--flows", flows.name, *options)
        report = result.report() if result.status == 0 else None
        return Analysis(result, report, flows.read().splitlines())


def faults(report: dict, flows: Optional[list[dict]] = None) -> list[str]:
    """Where a report contradicts itself or, when the run is over, its flow records."""
    ledger, found = report["ledger"], []

    def same(what: str, one: object, other: object) -> None:
        if one != other:
            found.append(f"{what}: {one} != {other}")

    same("balanced", ledger["balanced"], True)
    same("received = sum of buckets", ledger["received"], sum(ledger[name] for name in BUCKETS))
    reasons = Counter()
    for reason, frames in ledger["reasons"].items():
        reasons[next(name for name in BUCKETS if reason.startswith(name))] += frames
    same("buckets = their reasons", {b: ledger[b] for b in BUCKETS}, {b: reasons[b] for b in BUCKETS})
    sizes = report["packet_size"]
    same("packet sizes", sum(row["packets"] for row in sizes["histogram"]), sizes["packets"])
    same("sizes = received - sampled - filtered", sizes["packets"],
         ledger["received"] - ledger["sampled"] - ledger["filtered"])
    counters = report["flows"]
    same("flows created = ended + active", counters["created"],
         sum(counters["ended"].values()) + counters["active"])
    overflow = report["overflow"]
    rest = overflow["other_networks"]["packets"]
    for what, sums in (("protocols", 0), ("source_networks", rest)):
        same(f"overflow = its {what}", ledger["overflow"],
             sum((row["packets"] for row in overflow[what]), sums))
    if flows is not None:
        split = counters["split_flows"]
        same("records = flows ended, less what was merged",
             len(flows) + split["pieces"] - split["merged"], sum(counters["ended"].values()))
        same("packets in records = ledger.flow", ledger["flow"], sum(
            flow["packetDeltaCount"] + flow.get("reversePacketDeltaCount", 0) for flow in flows))
        if ledger["overflow"] == 0:
            same("octets in records = ledger.ip_octets", ledger["ip_octets"], sum(
                flow["octetDeltaCount"] + flow.get("reverseOctetDeltaCount", 0) for flow in flows))
    return found


# ---- flow records, summed so that they can be compared ----

Traffic = dict[tuple, tuple[int, int]]


def traffic(records: list[dict], ports: bool = True) -> Traffic:
    """Packets and octets by key and sender. A flow that ended early and went on as another
    record, perhaps from the other side, is one again."""
    sums: dict[tuple, list[int]] = {}
    for record in records:
        key = (record.get("vlanId", 0), record["protocolIdentifier"])
        one = _endpoint(record, "source", ports)
        other = _endpoint(record, "destination", ports)
        for sender, receiver, prefix in ((one, other, ""), (other, one, "reverse")):
            _add(sums, (*key, *sender, *receiver),
                 record.get(_name(prefix, "packetDeltaCount"), 0),
                 record.get(_name(prefix, "octetDeltaCount"), 0))
    return {key: (packets, octets) for key, (packets, octets) in sums.items()}


def expected_traffic(flows: list[dict], ports: bool = True) -> Traffic:
    """The same of flows in the shape of expected.jsonl."""
    sums: dict[tuple, list[int]] = {}
    for flow in flows:
        key = (flow["vlan"], flow["protocol"])
        one = (flow["source"], flow["source_port"] if ports else 0)
        other = (flow["destination"], flow["destination_port"] if ports else 0)
        _add(sums, (*key, *one, *other), flow["packets"], flow["octets"])
        _add(sums, (*key, *other, *one), flow["reverse_packets"], flow["reverse_octets"])
    return {key: (packets, octets) for key, (packets, octets) in sums.items()}


def difference(got: Traffic, expected: Traffic) -> str:
    return "\n".join(f"{key}: got {got.get(key)}, expected {expected.get(key)}"
                     for key in sorted(got.keys() | expected.keys(), key=str)
                     if got.get(key) != expected.get(key))


def _name(prefix: str, name: str) -> str:
    return prefix + name[0].upper() + name[1:] if prefix else name


def _endpoint(record: dict, side: str, ports: bool) -> tuple:
    address = record.get(f"{side}IPv4Address") or record[f"{side}IPv6Address"]
    return address, record.get(f"{side}TransportPort", 0) if ports else 0


def _add(sums: dict, key: tuple, packets: int, octets: int) -> None:
    if packets or octets:
        entry = sums.setdefault(key, [0, 0])
        entry[0] += packets
        entry[1] += octets
