# SPDX-License-Identifier: BSD-3-Clause
"""`weir check`: what would be wrong with a run, a line each, in an order that stays, as text and as JSON. What needs a
network or root is in tests.smoke.check, what needs another machine in tests/unit/check."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.golden.errors import wait_for_socket
from tests.kit import weir
from tests.kit.tap import Tap

LINE = re.compile(r"(ok  |warn|fail) ([a-z_]+): (.+)")
NO_HUGE = ("--lcores=(0-2)@0", "--no-huge", "-m", "256", "--no-pci")


class Finding(NamedTuple):
    verdict: str
    name: str
    text: str


def findings(run: weir.Run) -> list[Finding]:
    lines = [LINE.fullmatch(line) for line in run.output.splitlines()]
    assert all(lines), run.output
    return [Finding(line[1].strip(), line[2], line[3]) for line in lines]


def complaint(tap: Tap, what: str, run: weir.Run, status: int, verdict: str, name: str, *words: str) -> None:
    """It has one line of that name, which complains with all of these words, and says what to do."""
    found = [finding for finding in findings(run) if finding.name == name and finding.verdict != "ok"]
    tap.ok(f"check: {what}: {verdict} {name}", run.status == status and len(found) == 1 and
           found[0].verdict == verdict and "; " in found[0].text and all(word in found[0].text for word in words),
           f"exit {run.status}\n{run.output}{run.errors}")


def check(*options: str, eal: tuple = (), command: tuple[str, ...] = ()) -> weir.Run:
    words = (*eal, "--", *options) if eal else options
    return weir.run("check", *words, command=(*command, weir.WEIR))


def forms(tap: Tap, prefix: str) -> None:
    options = ("--workers", "2")
    eal = (*NO_HUGE, "--no-shconf", "--file-prefix", prefix, "--vdev=net_null0")
    text, as_json = check(*options, eal=eal), check(*options, "--format", "json", eal=eal)
    told = [json.loads(line) for line in as_json.output.splitlines()]
    tap.equal("check: exit 0 without a failure", (text.status, as_json.status), (0, 0))
    tap.equal("check: JSON has the same findings in the same order",
              [(one["verdict"], one["name"]) for one in told if one["name"] != "busy"],
              [one[:2] for one in findings(text) if one.name != "busy"])
    tap.ok("check: what is not ok has what mends it", all(("mend" in one) == (one["verdict"] != "ok") for one in told),
           told)
    complaint(tap, "a driver without RSS", text, 0, "warn", "rss", "net_null0", "--workers 1")
    complaint(tap, "three lcores on a CPU", text, 0, "warn", "cores", "share CPU 0",
              "-l 0-2" if os.cpu_count() > 2 else "fewer workers")
    names = [finding.name for finding in findings(text)]
    tap.ok("check: DPDK starts behind what is seen without it", names.index("clock") < names.index("eal")
           < names.index("ports"), names)


def captures(tap: Tap, folder: Path) -> None:
    run = check("--read", weir.BUNDLED)
    tap.equal("check: a capture", (run.status, {one.verdict for one in findings(run)}, run.errors), (0, {"ok"}, ""))
    report, flows = folder / "report", folder / "flows"
    check("--read", weir.BUNDLED, "--report", str(report), "--flows", str(flows))
    tap.equal("check: nothing is written", (report.exists(), flows.exists()), (False, False))
    complaint(tap, "no such capture", check("--read", str(folder / "none")), 1, "fail", "source", "No such file")
    complaint(tap, "no such interface", check("--interface", "none"), 1, "fail", "source", "ip link")
    complaint(tap, "nowhere to write", check("--read", weir.BUNDLED, "--flows", str(folder / "no" / "flows")), 1,
              "fail", "disk", str(folder / "no" / "flows"))
    run = check("--read", weir.BUNDLED, "--top", "many")
    tap.equal("check: wrong use", (run.status, run.output, run.errors.count("\n")), (2, "", 1))
    run = check()
    tap.equal("check: nothing to look at", (run.status, run.output, run.errors.count("\n")), (2, "", 1))


def refused_by_a_run(tap: Tap, prefix: str) -> None:
    """A device that is not there, a prefix that is taken: the run says the same."""
    eal = ("-l", "0-1", "--file-prefix", prefix, "-a", "0000:ff:1f.7")
    looked, run = check(eal=eal), weir.run(*eal, "--")
    complaint(tap, "no such device", looked, 1, "fail", "binding", "0000:ff:1f.7", "lspci")
    line = next(finding.text for finding in findings(looked) if finding.name == "binding")
    tap.equal("a run refuses it with the same line", (run.status, run.output, run.errors), (1, "", f"weir: {line}\n"))
    eal = (*NO_HUGE, "--file-prefix", prefix, "--vdev=net_null0")
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        with subprocess.Popen([weir.WEIR, "--read", fifo, "--file-prefix", prefix], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as other:
            with open(fifo, "wb", buffering=0) as end:
                end.write(Path(weir.BUNDLED).read_bytes()[:1000])
                taken(tap, prefix, eal)
                other.terminate()


def taken(tap: Tap, prefix: str, eal: tuple) -> None:
    wait_for_socket(prefix)
    looked, run = check(eal=eal), weir.run(*eal, "--", "--duration", "1")
    complaint(tap, "a prefix that is taken", looked, 1, "fail", "telemetry", prefix)
    line = next(finding.text for finding in findings(looked) if finding.name == "telemetry")
    tap.equal("a run refuses that, too", (run.status, run.errors), (1, f"weir: {line}\n"))
    complaint(tap, "a prefix that is taken, for a capture", check("--read", weir.BUNDLED, "--file-prefix", prefix), 1,
              "fail", "telemetry", prefix)


def little(tap: Tap, prefix: str) -> None:
    eal = ("--no-shconf", "--file-prefix", prefix, "--vdev=net_null0")
    complaint(tap, "few open files", check(eal=(*NO_HUGE, *eal), command=("prlimit", "--nofile=50")), 0, "warn",
              "nofile", "50 files", "ulimit -n")
    complaint(tap, "little memory for DPDK", check(eal=(*NO_HUGE, "-m", "12", *eal)), 0, "warn", "hugepages", "12 MB",
              "-m ")
    complaint(tap, "little memory for tables", check("--flow-capacity", str(1 << 28), eal=(*NO_HUGE, *eal)), 1, "fail",
              "memory", "--flow-capacity")
    complaint(tap, "few lcores", check("--workers", "3", eal=(*NO_HUGE, *eal)), 1, "fail", "ports", "-l")


def lcores_of_statistics(tap: Tap) -> None:
    """They are none of the workers': queues are for the others."""
    run = check("--stats-lcores", "1,2", eal=("--lcores=(0-5)@0", *NO_HUGE[1:], "--no-shconf", "--vdev=net_null0"))
    told = {finding.name: finding.text for finding in findings(run)}
    tap.ok("check: as many queues as there are lcores for workers", "of 3 queues each" in told["hugepages"] and
           told["queues"].startswith("3,"), run.output)


def main() -> None:
    tap = Tap()
    prefix = f"weir-check-{os.getpid()}"
    try:
        forms(tap, prefix)
        with tempfile.TemporaryDirectory() as folder:
            captures(tap, Path(folder))
        refused_by_a_run(tap, prefix)
        little(tap, prefix)
        lcores_of_statistics(tap)
    finally:  # what the EAL leaves, for which weir answers with --read and --interface only
        shutil.rmtree(f"/var/run/dpdk/{prefix}", ignore_errors=True)
    tap.end()


if __name__ == "__main__":
    main()
