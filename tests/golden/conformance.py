# SPDX-License-Identifier: BSD-3-Clause
"""Captures through the whole program, against an oracle that shares no code with it.

The public captures are compared with their expected.jsonl; the bundled one with tests/golden/oracle.py (which
expected.jsonl checks, too) and with tshark's frame counts."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.golden import oracle
from tests.kit import weir
from tests.kit.tap import Tap


def contradictions(analysis: weir.Analysis, expected: dict) -> list[str]:
    found = analysis.faults()
    if analysis.report is None:
        return found
    buckets = {name: frames for name in weir.BUCKETS
               if (frames := analysis.report["ledger"][name])}
    if buckets != expected["buckets"]:
        found.append(f"buckets: got {buckets}, expected {expected['buckets']}")
    if analysis.report["ledger"]["received"] != expected["frames"]:
        found.append(f"frames: got {analysis.report['ledger']['received']}, expected {expected['frames']}")
    # Which flow a later fragment belongs to, weir remembers and the oracle does not.
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
            line = expected[file.name]
            found = contradictions(analysis, line)
            if oracle.expect(str(file)) != {k: v for k, v in line.items() if k != "capture"}:
                found.append("tests/golden/oracle.py disagrees with expected.jsonl")
            tap.ok(file.name, not found, "\n".join(found))
    return len(files)


def other_link_types(tap: Tap) -> int:
    files = sorted((weir.CAPTURES / "other-link-types").iterdir())
    for file in files:
        name = link_type(file)
        run = weir.run("--read", str(file))
        tap.ok(f"{file.name}: refused in one line that names {name}",
               run.status == 2 and run.output == "" and run.errors.count("\n") == 1
               and run.errors.startswith("weir: ") and name in run.errors,
               f"exit {run.status}: {run.output}{run.errors}")
    return len(files)


def link_type(file: Path) -> str:
    """As tcpdump calls it: "reading from file X, link-type SLIP (SLIP), snapshot length 1500"."""
    line = subprocess.run(["tcpdump", "-n", "-c", "1", "-r", str(file)], capture_output=True,
                          text=True, check=False).stderr
    return re.search(r", link-type ([^ ,]+)", line).group(1)


def main() -> None:
    tap = Tap()
    bundled(tap)
    if weir.CAPTURES.is_dir():
        ethernet, other = public(tap), other_link_types(tap)
        print(f"# {ethernet} Ethernet captures and {other} of other link types ran, none skipped")
    else:
        print(f"# NO PUBLIC CAPTURES: {weir.CAPTURES} is not there; only the bundled one ran")
    tap.end()


if __name__ == "__main__":
    main()
