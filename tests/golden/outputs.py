# SPDX-License-Identifier: BSD-3-Clause
"""Where records and reports of a capture go: files that are ours and others, names with a time, readers that
stop reading or leave, disks that are full."""

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import wait_until
from tests.kit.tap import Tap

READ = ("--read", weir.BUNDLED)
LINES = set(weir.analyse(weir.BUNDLED).lines)


def refused(tap: Tap, name: str, run: weir.Run, *words: str) -> None:
    tap.ok(name, run.status == 2 and run.errors.count("\n") == 1 and all(w in run.errors for w in words), run)


def whose_file(tap: Tap, folder: Path) -> None:
    file = folder / "file"
    content = Path(weir.BUNDLED).read_bytes()
    file.write_bytes(content)
    refused(tap, "--flows over the capture that is read", weir.run("--read", str(file), "--flows", str(file)),
            str(file), "already")
    link = folder / "link"
    os.link(file, link)
    refused(tap, "... by another name", weir.run("--read", str(file), "--flows", str(link)), "already")
    refused(tap, "... as its report", weir.run("--read", str(file), "--report", str(file)), "already")
    refused(tap, "... from standard input", weir.run(
        f"exec {weir.WEIR} --read - --flows {file} <{file}", command=("sh", "-c")), "already")
    refused(tap, "... by standard output", weir.run(
        f"exec {weir.WEIR} --read {file} >>{file}", command=("sh", "-c")), "already")
    refused(tap, "--flows over another capture", weir.run(*READ, "--flows", str(file)), "not by weir")
    refused(tap, "--report over another capture", weir.run(*READ, "--report", str(file)), "not by weir")
    tap.ok("... and the capture is as it was", file.read_bytes() == content)

    flows, report = folder / "flows.jsonl", folder / "report"
    for form in ("text", "json"):
        for _ in range(2):
            run = weir.run(*READ, "--flows", str(flows), "--format", form, "--report", str(report))
            tap.equal(f"--flows and --report, {form}: over its own files, too",
                      (run, set(flows.read_text().splitlines())), (weir.Run(0, "", ""), LINES))
    weir.run(*READ, "--report", str(folder / "text"))
    tap.equal("... the report is what is printed otherwise", (folder / "text").read_text(), weir.run(*READ).output)
    refused(tap, "both to one file", weir.run(*READ, "--flows", str(flows), "--report", str(flows)), str(flows))
    os.link(report, folder / "same")
    refused(tap, "... by two names", weir.run(*READ, "--flows", str(folder / "same"), "--report", str(report)),
            "already")


def names_with_a_time(tap: Tap, folder: Path) -> None:
    """Each record is in the file of its end, for any number of workers."""
    for workers in ("1", "4"):
        pattern = folder / f"{workers}-%Y%m%d-%H%M%S.jsonl"
        run = weir.run(*READ, "--workers", workers, "--flows", str(pattern), "--flows-rotate", "1")
        found, wrong = [], []
        for file in folder.glob(f"{workers}-*"):
            for line in file.read_text().splitlines():
                end = json.loads(line)["flowEndMilliseconds"] // 1000
                wrong += [line] * (time.strftime("%Y%m%d-%H%M%S", time.gmtime(end)) not in file.name)
                found.append(line)
        tap.equal(f"--flows-rotate, {workers} workers: every record, once, where it belongs",
                  (run.status, wrong, len(found), set(found)), (0, [], len(LINES), LINES))
        tap.ok("... in several files", len(list(folder.glob(f"{workers}-*"))) > 2)


def readers_that_leave(tap: Tap) -> None:
    for options in ("", "--flows -", "--format json --top 1000"):
        done = subprocess.run(
            ["bash", "-c", f"{weir.WEIR} --read {weir.BUNDLED} {options} | true; echo ${{PIPESTATUS[0]}}"],
            capture_output=True, text=True, timeout=60, check=False)
        tap.equal(f"{options} | true: ends quietly, as by SIGPIPE", (done.stdout, done.stderr), ("141\n", ""))


def many_flows(folder: Path) -> str:
    """A capture whose records are more than the buffers of an outlet and a pipe hold: 20,000 of some 500 octets."""
    file, (first, *_) = folder / "many.pcap", list(capture.read(weir.BUNDLED))
    udp = bytes.fromhex("00005e00530200005e00530108004500001c000000004011f6d2c0000201c0000202")
    frames = [first._replace(data=udp + number.to_bytes(4, "big") + b"\0\x08\0\0", wire=42)
              for number in range(20000)]
    capture.write(str(file), frames)
    return str(file)


def readers_that_stop(tap: Tap, folder: Path) -> None:
    """The records wait for their reader; telemetry goes on answering, and SIGTERM ends the waiting."""
    many, prefix = many_flows(folder), f"weir-outputs-{os.getpid()}"
    command = [weir.WEIR, "--read", many, "--format", "json", "--file-prefix", prefix, "--interval", "0.1",
               "--report", str(folder / "stopped"), "--flows", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        def ask(command: str) -> dict:
            run = weir.run("--file-prefix", prefix, "--json", command, command=(weir.WEIRCTL,))
            return run.report() if run.status == 0 else {}

        def outputs() -> dict:
            return ask("export").get("outputs", {}).get("1", {})

        wait_until(lambda: outputs().get("waiting", 0) > 5000, "records that wait")
        before = outputs()
        time.sleep(0.5)
        tap.equal("a reader that stops: telemetry answers, nothing is lost", outputs(), before)
        tap.equal("... /weir/info tells the same", ask("info")["outputs"]["1"], before)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status = process.wait(30)
        tap.ok("... SIGTERM ends it within ten seconds", time.monotonic() - began < 10)
        got, errors = process.communicate()
    report = json.loads((folder / "stopped").read_text())
    ledger = report["outputs"][0]
    tap.equal("... with exit status 1 and one line", (status, errors.count("\n")), (1, 1))
    tap.ok("... that says what is lost", f"{ledger['sent']:,} flow records were written" in errors, errors)
    tap.equal("... what came is what was sent", got.count("\n"), ledger["sent"])
    tap.equal("... the ledger of the outlet", (ledger["given"], ledger["waiting"]), (
        ledger["sent"] + ledger["lost_full"] + ledger["lost_remote"], 0))
    tap.equal("... all that were ended", (ledger["given"], weir.faults(report)), (
        sum(report["flows"]["ended"].values()), []))
    tap.ok("... and a remark", any("flow records are lost" in text for text in report["remarks"]))

    fifo = folder / "fifo"
    os.mkfifo(fifo)
    slow = f"{weir.WEIR} --read {many} --flows {fifo} >/dev/null & sleep 0.3; (sleep 0.3; wc -l) <{fifo}; wait $!"
    done = weir.run(slow, command=("bash", "-c"))
    tap.equal("a FIFO whose reader comes late and is slow gets everything",
              (done.status, done.output.strip(), done.errors), (0, "20000", ""))


def no_room(tap: Tap, folder: Path) -> None:
    """A file that may not grow: what is in it are whole records, and the counts are right."""
    file = folder / "flows.jsonl"
    done = weir.run(f"ulimit -f 8; exec {weir.WEIR} --read {weir.BUNDLED} --format json --flows {file} | cat; "
                    "exit ${PIPESTATUS[0]}", command=("bash", "-c"))
    lines = file.read_text().splitlines()
    ledger = done.report()["outputs"][0]
    tap.equal("no room for all records: exit 1, whole lines, and as many as it says",
              (done.status, set(lines) <= LINES, len(lines), ledger["lost_full"] + ledger["lost_remote"]),
              (1, True, ledger["sent"], len(LINES) - len(lines)))
    tap.ok("... some", 0 < len(lines) < len(LINES), len(lines))
    tap.equal("... with one line", done.errors.count("\n"), 1)


def main() -> None:
    tap = Tap()
    readers_that_leave(tap)
    for test in (whose_file, names_with_a_time, readers_that_stop, no_room):
        with tempfile.TemporaryDirectory() as folder:
            test(tap, Path(folder))
    tap.end()


if __name__ == "__main__":
    main()
