# SPDX-License-Identifier: BSD-3-Clause
"""How far reading a capture is, on a terminal and nowhere else: a line that stays below all others,
and is gone at the end."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path
from typing import Callable, Optional

from tests.kit import weir
from tests.kit.tap import Tap

FRAMES = 250_000  # more records than find room on their way to a reader who does not read
SHARE = re.compile(r"weir: (\d+)% of ([0-9.]+ MB), [0-9.]+ [kM]?B/s, [0-9.]+( [kM])? packets/s, "
                   r"(\?|\d.*) left$")
SHARES = re.compile(r"\rweir: (\d+)% of ")
READ = re.compile(r"weir: [0-9.]+ [kM]B read, [0-9.]+ [kM]?B/s, [0-9.]+( [kM])? packets/s$")


def write_capture(path: Path) -> None:
    """Each frame is a flow of its own, and over 2 ms after it came."""
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    begin = bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0)
    end = struct.pack(">4sHHHH", bytes((192, 0, 2, 1)), 1000, 53, 8, 0)
    record = struct.Struct(f"<IIII{len(begin)}sI{len(end)}s")
    with open(path, "wb") as file:
        file.write(head)
        for number in range(FRAMES):
            file.write(record.pack(number // 1000, number % 1000 * 1_000_000, 42, 42, begin,
                                   0x0A000000 + number, end))


class Terminal:
    """What stands on it, as far as weir makes use of one: no escapes."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.output = b""
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                self.output += os.read(self.master, 65536)

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> object:
        until = time.monotonic() + seconds
        while not (found := condition()) and time.monotonic() < until:
            self.read(0.05)
        return found

    def text(self) -> str:
        return self.output.decode("ascii", "replace")

    def rows(self) -> list[str]:
        rows, row, column = [[]], 0, 0
        for char in self.text():
            if char == "\n":
                row, column = row + 1, 0
                rows.append([])
            elif char == "\r":
                column = 0
            else:
                if column == self.columns:
                    row, column = row + 1, 0
                    rows.append([])
                rows[row][column:column + 1] = [char]
                column += 1
        return ["".join(line).rstrip() for line in rows]

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


class Run:
    """weir in a session without a terminal of its own: SIGHUP does not end it."""

    def __init__(self, reads: Path, *options: str, stderr: int, stdout: int = subprocess.DEVNULL,
                 terminal: str = "xterm") -> None:
        self.process = subprocess.Popen(
            [weir.WEIR, "--read", str(reads), "--flow-capacity", "100000", *options],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            env={**os.environ, "TERM": terminal, "LC_ALL": "C"}, start_new_session=True)

    def end(self, terminal: Terminal, records: Optional[int] = None) -> int:
        """What comes until it has ended is taken; its status."""
        while self.process.poll() is None:
            terminal.read(0.001 if records is not None else 0.05)
            if records is not None and select.select([records], [], [], 0.01)[0]:
                os.read(records, 1 << 20)
        terminal.read(0.1)
        return self.process.returncode


class Pipe:
    """A capture that goes on until it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)

    def begin(self) -> None:
        """weir waits for it."""
        self.file = os.open(self.path, os.O_WRONLY)
        os.write(self.file, Path(weir.BUNDLED).read_bytes()[:40_000])

    def close(self) -> None:
        os.close(self.file)


def last_line(terminal: Terminal) -> str:
    return terminal.rows()[-1]


def check_share(tap: Tap, folder: Path, capture: Path) -> None:
    """Also what else comes to the terminal meanwhile: messages, a report. Records that nobody takes
    hold weir up."""
    terminal = Terminal(columns=100)
    flows = folder / "flows"
    os.mkfifo(flows)
    records = os.open(flows, os.O_RDONLY | os.O_NONBLOCK)
    run = Run(capture, "--flows", str(flows), "--inactive-timeout", "0.002",
              stderr=terminal.slave, stdout=terminal.slave)
    match = terminal.wait_for(lambda: SHARE.match(last_line(terminal)))
    tap.ok("share: a line tells it, rates and the time left", match, terminal.rows()[-3:])
    size = capture.stat().st_size
    tap.ok("share: of the size of the file",
           match and abs(float(match[2].split()[0]) - size / 1e6) < 0.1, (match, size))
    terminal.wait_for(lambda: "packets/s, ? left" in last_line(terminal), 20)
    tap.ok("share: who does not go on has no time left to tell",
           "packets/s, ? left" in last_line(terminal), last_line(terminal))
    os.kill(run.process.pid, signal.SIGHUP)
    told = "weir: SIGHUP: files are opened and rules read again"
    tap.ok("share: a message has a line of its own",
           terminal.wait_for(lambda: told in terminal.rows(), 10), terminal.rows()[-5:])
    tap.ok("share: and the line stands below it",
           terminal.wait_for(lambda: SHARE.match(last_line(terminal)), 10), terminal.rows()[-5:])
    os.kill(run.process.pid, signal.SIGUSR1)
    version = weir.run("--version").output.split()[1]
    tap.ok("share: a report begins on a line of its own",
           terminal.wait_for(lambda: f"weir {version}" in terminal.rows(), 10), terminal.rows())
    tap.ok("share: and is whole before the line comes back",
           terminal.wait_for(lambda: SHARE.match(last_line(terminal)), 10) and
           terminal.rows()[-2].startswith("Ledger: "), terminal.rows()[-5:])
    tap.equal("share: exit status", run.end(terminal, records), 0)
    os.close(records)
    shares = [int(share) for share in SHARES.findall(terminal.text())]
    tap.ok("share: from little to all, and never back",
           shares == sorted(shares) and shares[0] < 90 and shares[-1] <= 100, shares)
    tap.ok("share: nothing of it is left",
           not [row for row in terminal.rows() if "left" in row or "%% of" in row],
           terminal.rows())
    tap.ok("share: and the last line is the report's", terminal.rows()[-2].startswith("Ledger: "),
           terminal.rows()[-3:])
    terminal.close()


def check_pipe(tap: Tap, folder: Path) -> None:
    """Nobody knows how much is to come. And a narrow one."""
    for columns in (80, 30):
        terminal, pipe = Terminal(columns), Pipe(folder / f"pipe{columns}")
        run = Run(pipe.path, stderr=terminal.slave)
        pipe.begin()
        terminal.wait_for(lambda: terminal.text().count("read") >= 3)
        shown = last_line(terminal)
        tap.ok(f"pipe, {columns} columns: what has been read, and rates",
               READ.match(shown) if columns == 80 else 20 < len(shown) < columns, shown)
        pipe.close()
        tap.equal(f"pipe, {columns} columns: exit status", run.end(terminal), 0)
        longest = max(map(len, re.findall(r"\r(weir: [^\r\n]*)\r(?!\n)", terminal.text())))
        tap.ok(f"pipe, {columns} columns: the line stays one", longest < columns, longest)
        told = [row for row in terminal.rows() if row]
        tap.ok(f"pipe, {columns} columns: it is gone, what is told stays",
               "".join(told).startswith("weir: ") and "analysed up to there" in "".join(told) and
               terminal.rows()[-1] == "", told)
        terminal.close()


def check_none(tap: Tap, folder: Path) -> None:
    """No terminal, or one that shall be left alone."""
    terminal, pipes = Terminal(80), [Pipe(folder / name) for name in ("file", "dumb", "quiet")]
    with open(folder / "errors", "w+", encoding="utf-8") as errors:
        runs = [Run(pipes[0].path, stderr=errors.fileno()),
                Run(pipes[1].path, stderr=terminal.slave, terminal="dumb"),
                Run(pipes[2].path, "--log-level", "warning", stderr=terminal.slave)]
        for pipe in pipes:
            pipe.begin()
        terminal.read(1.5)
        tap.equal("none: on a dumb terminal, and where less is to be told", terminal.text(), "")
        for pipe in pipes:
            pipe.close()
        tap.equal("none: exit status", [run.end(terminal) for run in runs], [0, 0, 0])
        errors.seek(0)
        tap.ok("none: in a file", len(errors.read().splitlines()) == 1, errors)
    at_once = Terminal(80)
    run = Run(Path(weir.BUNDLED), stderr=at_once.slave)
    tap.equal("none: of a capture that is read at once", (run.end(at_once), at_once.text()), (0, ""))
    terminal.close()
    at_once.close()


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        capture = folder / "flows.pcap"
        write_capture(capture)
        check_share(tap, folder, capture)
        check_pipe(tap, folder)
        check_none(tap, folder)
    tap.end()


if __name__ == "__main__":
    main()
