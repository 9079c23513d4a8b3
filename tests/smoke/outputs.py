# SPDX-License-Identifier: BSD-3-Clause
"""Live traffic goes on, whoever does not read and whatever disk is full:

    net_pcap, infinite_rx      a capture again and again, whose flows end all the time by --active-timeout

Its counters never stand still, telemetry answers, and what was lost of the records is counted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig, documents, run, wait_until
from tests.kit.tap import Tap

EAL = ("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
       f"--vdev=net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1")
QUICK = ("--active-timeout", "0.02")  # so that each flow is a record fifty times a second


def balanced(ledger: dict) -> dict:
    """As it is in every snapshot."""
    assert ledger["given"] == sum(ledger[part] for part in ("sent", "waiting", "lost_full", "lost_remote")), ledger
    return ledger


def output(live: LiveWeir, name: str) -> dict:
    rows = live.ask("/weir/export")["outputs"].values()
    return balanced(next(row for row in rows if row["output"] == name))


def goes_on(live: LiveWeir) -> bool:
    """The statistics are new and frames are counted, in spite of all."""
    before = live.ask("/weir/ledger")
    time.sleep(1)
    after = live.ask("/weir/ledger")
    return (after["received"] > before["received"] and after["snapshot"] > before["snapshot"]
            and "age_ms" not in after)


def stop(live: LiveWeir) -> float:
    """How long it takes, in seconds."""
    began = time.monotonic()
    live.process.send_signal(signal.SIGTERM)
    live.process.wait(60)
    return time.monotonic() - began


def check_ledger(tap: Tap, report: dict, lines: int) -> dict:
    ledger = report["outputs"][0]
    tap.equal("... given = sent + lost_full + lost_remote", (ledger["given"], ledger["waiting"]), (
        ledger["sent"] + ledger["lost_full"] + ledger["lost_remote"], 0))
    tap.equal("... given are all flows that ended, sent is what is there",
              (ledger["given"], ledger["sent"]), (sum(report["flows"]["ended"].values()), lines))
    return ledger


def stalled_fifo(tap: Tap) -> None:
    with Rig() as rig:
        fifo, report = rig.folder / "fifo", rig.folder / "report"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        live = rig.weir(*QUICK, "--report", report, "--flows", fifo, eal=EAL)
        wait_until(lambda: output(live, "flows")["lost_full"] > 0, "losses")
        tap.ok("a FIFO that nobody reads: the analysis goes on", goes_on(live))
        tap.ok("... SIGTERM ends it in time", stop(live) < 20)
        lines = os.read(reader, 1 << 20).count(b"\n")
        os.close(reader)
        said = live.errors.read_text()
        tap.equal("... exit 1, and losses are told", (live.process.returncode, "flow records are lost" in said,
                                                     "were not" in said.splitlines()[-1]), (1, True, True))
        check_ledger(tap, documents(report.read_text())[-1], lines)


def stalled_standard_output(tap: Tap) -> None:
    """Nobody reads the reports; nor standard error, on which weir says so."""
    with Rig() as rig:
        pipes = [rig.folder / "report", rig.folder / "log"]
        for pipe in pipes:
            os.mkfifo(pipe)
        readers = [os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) for pipe in pipes]
        shell = ("sh", "-c", f'exec "$0" "$@" >{pipes[0]} 2>{pipes[1]}', weir.WEIR)
        live = rig.weir("--top", 1000, "--interval", 0.1, "--report-every", 0.1, "--log-level", "debug", eal=EAL,
                        program=shell)
        wait_until(lambda: output(live, "report")["lost_full"] > 0, "reports that are lost")
        tap.ok("standard output that nobody reads: the analysis goes on", goes_on(live))
        tap.ok("... SIGTERM ends it in time", stop(live) < 20)
        tap.equal("... with exit status 1", live.process.returncode, 1)
        for reader in readers:
            os.close(reader)


def full_disk() -> None:
    """In a mount namespace of its own: a disk of 2 MB that gets full and has room again."""
    tap = Tap()
    with Rig() as rig:
        disk, report = rig.folder / "disk", rig.folder / "report"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=2m", "none", disk)
        rig.callback(run, "umount", disk)
        ballast, flows = disk / "ballast", disk / "flows.jsonl"
        ballast.write_bytes(bytes(1 << 20))
        live = rig.weir(*QUICK, "--report", report, "--flows", flows, eal=EAL)
        wait_until(lambda: output(live, "flows").get("failure"), "a full disk")
        tap.equal("a full disk", output(live, "flows")["failure"], "No space left on device")
        wait_until(lambda: output(live, "flows")["lost_full"] > 0, "losses")
        tap.ok("... the analysis goes on", goes_on(live))
        content = flows.read_bytes()
        tap.ok("... the file ends in a whole line", content.endswith(b"}\n") and len(content) > 900000)
        run("mount", "-o", "remount,size=256m", disk)
        wait_until(lambda: not output(live, "flows").get("failure"), "room again")
        tap.ok("room again: it ends in time", stop(live) < 30)
        said = live.errors.read_text()
        tap.equal("... with exit status 1, and both was said", (
            live.process.returncode, "No space left" in said, "written to again" in said), (1, True, True))
        lines = [json.loads(line) for line in flows.read_text().splitlines()]
        ledger = check_ledger(tap, documents(report.read_text())[-1], len(lines))
        tap.ok("... nothing was lost but for want of room", ledger["lost_full"] > 0 == ledger["lost_remote"], ledger)
    tap.end()


def full_disk_alone(tap: Tap) -> None:
    """As a process of its own, because its mounts are."""
    done = subprocess.run(["unshare", "-m", sys.executable, "-m", "tests.smoke.outputs", "full_disk"],
                          capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    for line in lines:
        if line.startswith(("ok ", "not ok ")):
            tap.ok(line.split(" - ", 1)[1], line.startswith("ok "),
                   "\n".join(other for other in lines if other.startswith("#")) + done.stderr)
    tap.ok("the test of a full disk came to its end", lines and lines[-1].startswith("1.."), done)


def rotated(tap: Tap) -> None:
    """As logrotate does it: no record is lost. And a weir that is started again goes on in the file."""
    with Rig() as rig:
        flows, report = rig.folder / "flows.jsonl", rig.folder / "report"
        flows.write_text('{"old":1}\n{"ol')
        live = rig.weir(*QUICK, "--report", report, "--flows", flows, eal=EAL)
        for number in range(3):
            wait_until(lambda: flows.exists() and flows.stat().st_size > 100000, "records")
            flows.rename(rig.folder / f"flows.{number}")
            live.process.send_signal(signal.SIGHUP)
            wait_until(flows.exists, "a new file")
        second = weir.run("--read", weir.BUNDLED, "--flows", str(flows))
        tap.ok("a second weir is refused the file", second.status == 2 and "another weir" in second.errors, second)
        stop(live)
        pieces = [Path(rig.folder / f"flows.{number}").read_text() for number in range(3)]
        pieces.append(flows.read_text())
        tap.ok("a file from before goes on, in whole lines", pieces[0].startswith('{"old":1}\n{"flow'), pieces[0][:60])
        tap.ok("... each file ends in one", all(piece.endswith("}\n") for piece in pieces))
        tap.equal("... exit status 0", (live.process.returncode, live.errors.read_text().count("lost")), (0, 0))
        lines = [json.loads(line) for piece in pieces for line in piece.splitlines()][1:]
        ledger = check_ledger(tap, documents(report.read_text())[-1], len(lines))
        tap.equal("moved away and SIGHUP, three times: nothing is lost", ledger["sent"], ledger["given"])


def aside(tap: Tap) -> None:
    """All lcores on one CPU: outlets have the others, if there are any, and take no time from the stats core."""
    first, *others = sorted(os.sched_getaffinity(0))
    with Rig() as rig:
        live = rig.weir(eal=(f"--lcores=0@{first},1@{first}", *EAL[1:]))
        # Not by reading each one's files: a client's thread may end meanwhile.
        listed = run("ps", "-L", "-o", "tid=,comm=", "-p", live.process.pid).split()
        threads = [int(task) for task, name in zip(listed[::2], listed[1::2]) if name == "weir-outlet"]
        tap.equal("outlets run where no lcore is", [os.sched_getaffinity(thread) for thread in threads],
                  [set(others or [first])] * 2)
        tap.equal("... and the stats core where it was", os.sched_getaffinity(live.process.pid), {first})
        live.stop()


def main() -> None:
    if sys.argv[1:] == ["full_disk"]:
        full_disk()
    tap = Tap()
    aside(tap)
    stalled_fifo(tap)
    stalled_standard_output(tap)
    full_disk_alone(tap)
    rotated(tap)
    tap.end()


if __name__ == "__main__":
    main()
