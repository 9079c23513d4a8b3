# SPDX-License-Identifier: BSD-3-Clause
"""What signals ask of weir while it reads a capture that comes through a pipe, and of weirctl --watch:
nothing that was counted is lost by one."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import tempfile
import termios
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Callable, Optional

from tests.kit import capture, weir
from tests.kit.rig import documents, wait_until
from tests.kit.tap import Tap

FRAMES = len(list(capture.read(weir.BUNDLED)))


def take_terminal(terminal: int) -> Callable[[], None]:
    """For a child: `terminal` is the one that can hang up on it."""
    def take() -> None:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    return take


class Reading(AbstractContextManager):
    """A weir that has the bundled capture but for its end, which comes when finish() is called."""

    def __init__(self, prepare: Optional[Callable[[], None]] = os.setsid):
        self.folder = tempfile.TemporaryDirectory()
        self.prefix = f"weir-signals-{os.getpid()}"
        self.output = Path(self.folder.name, "output")
        self.content = Path(weir.BUNDLED).read_bytes()
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [weir.WEIR, "--read", "-", "--format", "json", "--interval", "0.1", "--file-prefix",
                 self.prefix], stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE,
                preexec_fn=prepare)
        self.process.stdin.write(self.content[:-1000])
        self.process.stdin.flush()
        wait_until(lambda: self.received() > 0, "the first frames")

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            stream.close()
        self.folder.cleanup()

    def ctl(self, *arguments: str) -> weir.Run:
        return weir.run("--file-prefix", self.prefix, *arguments, command=(weir.WEIRCTL,))

    def received(self) -> int:
        """Frames so far; 0 as well before there is an answer."""
        ledger = self.ctl("--json", "ledger")
        return json.loads(ledger.output)["received"] if ledger.status == 0 else 0

    def reports(self) -> list[dict]:
        return documents(self.output.read_text(encoding="utf-8"))

    def finish(self) -> tuple[int, list[dict]]:
        """The rest of the capture; exit status and all reports."""
        self.process.stdin.write(self.content[-1000:])
        self.process.stdin.close()
        return self.process.wait(60), self.reports()

    def stopped(self) -> tuple[int, list[str], bool]:
        """Exit status, faults of the report, and whether the capture was left before its end, and it says so."""
        status, reports = self.process.wait(60), self.reports()
        return status, weir.faults(reports[-1]), (0 < reports[-1]["ledger"]["received"] < FRAMES and any(
            "reading was stopped" in remark for remark in reports[-1]["remarks"]))


def stops(tap: Tap) -> None:
    for name, numbers in (("SIGINT", [signal.SIGINT]), ("SIGTERM", [signal.SIGTERM]),
                          ("SIGTERM twice at once", [signal.SIGTERM] * 2),
                          ("SIGINT and SIGTERM", [signal.SIGINT, signal.SIGTERM])):
        with Reading() as reading:
            for number in numbers:
                reading.process.send_signal(number)
            tap.equal(f"{name}: exit 0 with the report", reading.stopped(), (0, [], True))


def by_timeout(tap: Tap) -> None:
    """timeout(1) sends the signal to weir, and then once more to the group that weir is in."""
    program = f"(cat {weir.BUNDLED}; exec sleep 3) | timeout 2 {weir.WEIR} --read - --format json"
    faults = []
    for _ in range(10):
        done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60,
                              check=False)
        faults += [weir.faults(report) for report in documents(done.stdout)]
    tap.equal("timeout(1): the report every time", faults, [[]] * 10)


def hang_up(tap: Tap) -> None:
    with Reading() as reading:
        reading.process.send_signal(signal.SIGHUP)
        reading.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        status, reports = reading.finish()
        tap.equal("SIGHUP without a terminal: weir goes on",
                  (status, [report["ledger"]["received"] for report in reports]), (0, [FRAMES]))
    terminal, line = pty.openpty()
    with Reading(take_terminal(line)) as reading:
        os.close(line)
        os.close(terminal)  # the kernel sends the signal
        tap.equal("a terminal that hangs up: exit 0 with the report", reading.stopped(), (0, [], True))
    terminal, line = pty.openpty()

    def nohup() -> None:
        take_terminal(line)()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with Reading(nohup) as reading:
        os.close(line)
        os.close(terminal)
        reading.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        status, reports = reading.finish()
        tap.equal("nohup: weir goes on", (status, reports[-1]["ledger"]["received"]), (0, FRAMES))


def report_now(tap: Tap) -> None:
    with Reading() as reading:
        reading.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: reading.output.read_text().endswith("}\n"), "a report")
        asked = reading.ctl("report")
        status, (first, last) = reading.finish()
        tap.equal("SIGUSR1: the report at once, and again at the end",
                  (status, weir.faults(first), weir.faults(last)), (0, [], []))
        tap.equal("... of what was counted so far", (
            0 < first["ledger"]["received"] < FRAMES, last["ledger"]["received"]), (True, FRAMES))
        tap.ok("... which says that the top lists come with the end",
               "top lists" in " ".join(first["remarks"]), first["remarks"])
        tap.equal("... as the last one need not", last["remarks"], [])
        tap.ok("weirctl report: of a capture that is being read, without the lists",
               asked.status == 0 and first["remarks"][0][:40] in " ".join(asked.output.split())
               and "Top" not in asked.output and "every frame is accounted for" in asked.output, asked)


def watch(tap: Tap) -> None:
    with Reading() as reading:
        command = [weir.WEIRCTL, "--file-prefix", reading.prefix, "--json", "--watch", "0.1", "ledger"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[0]
        tap.equal("weirctl --watch: SIGINT ends it after a whole line, exit 0",
                  (process.returncode, rest == "" or rest.endswith("}\n")), (0, True))
        # A reader that stops reading hangs it: then the second signal is the end, if not at once.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        wait_until(lambda: "pipe" in Path(f"/proc/{process.pid}/wchan").read_text(), "a full pipe")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        time.sleep(1.2)
        tap.equal("one that hangs: two signals at once are one", process.poll(), None)
        process.send_signal(signal.SIGTERM)
        tap.equal("... and a later one ends it", process.wait(20), -signal.SIGTERM)
        process.stdout.close()


def main() -> None:
    tap = Tap()
    for test in (stops, by_timeout, hang_up, report_now, watch):
        test(tap)
    tap.end()


if __name__ == "__main__":
    main()
