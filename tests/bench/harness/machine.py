# SPDX-License-Identifier: BSD-3-Clause
"""The machine: what it is, and what else was running on it while something was measured."""

import os
import platform
import re
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
FOREIGN_MOST = 0.1  # cores that others may use while something is measured


def _cpuinfo(field):
    match = re.search(rf"^{field}\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match.group(1).strip() if match else None


def tsc_hz():
    """Rate of the time stamp counter: the kernel shows twice of it, in millions, as bogomips."""
    bogomips = _cpuinfo("bogomips")
    return float(bogomips) * 1e6 / 2 if bogomips and platform.machine() == "x86_64" else None


def describe(build_type):
    """One line for the head of a table."""
    model = _cpuinfo("model name") or platform.machine()
    hz = tsc_hz()
    clock = f", TSC {hz / 1e9:.2f} GHz" if hz else ""
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return (f"{model}{clock}, {os.cpu_count()} cores, Linux {platform.release()}, {release}, "
            f"weir built {build_type}")


def busy_seconds():
    """CPU time of the whole machine since it started, of all cores, what a host stole too."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / TICK


def process_seconds(pid):
    """CPU time of a running process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Quiet:
    """
    Was it quiet between the making of this and `why_not`? A measured thread must have had its core
    for itself, and what else was there (none of `pids`) must have kept off the other cores too:
    they share caches and memory, and where they are hyperthreads the very same core.
    """

    def __init__(self, pids, clocks):
        self.pids, self.clocks = pids, clocks
        self.start = self._now()

    def _now(self):
        return (time.monotonic(), busy_seconds(), sum(map(process_seconds, self.pids)),
                [clock.seconds() for clock in self.clocks])

    def shares(self):
        """(share of its core that the poorest thread had, cores that others kept busy)"""
        start, now = self.start, self._now()
        wall = now[0] - start[0]
        least = min(((b - a) / wall for a, b in zip(start[3], now[3])), default=1.0)
        return least, max(0.0, (now[1] - start[1] - (now[2] - start[2])) / wall)

    def why_not(self):
        """Empty: it was quiet."""
        share, foreign = self.shares()
        if share < 0.97:
            return f"worker had {share * 100:.0f}% of its core"
        return f"others used {foreign:.2f} cores" if foreign > FOREIGN_MOST else ""


class ThreadClock:
    """What the scheduler gave one thread, to the nanosecond."""

    def __init__(self, path):
        self.path = path

    def _schedstat(self, field):
        return int((self.path / "schedstat").read_text().split()[field]) / 1e9

    def seconds(self):
        """Time on a CPU."""
        return self._schedstat(0)

    def waited(self):
        """Seconds in which it could have run, and something else had its CPU."""
        return self._schedstat(1)


def worker_thread(pid, lcore, busy=0.2, timeout=60):
    """The thread of a DPDK program that runs on worker `lcore`, once it was `busy` for so many seconds."""
    deadline = time.monotonic() + timeout
    names = (f"rte-worker-{lcore}", f"lcore-worker-{lcore}")
    while time.monotonic() < deadline:
        for path in Path(f"/proc/{pid}/task").glob("*"):
            try:
                if (path / "comm").read_text().strip() in names:
                    clock = ThreadClock(path)
                    if clock.seconds() >= busy:
                        return clock
            except OSError:
                pass  # the thread ended between the two looks
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.02)
    return None


def raise_priority():
    """
    For a child before exec: ahead of whatever else runs on the machine, as far as allowed. Where
    the kernel groups tasks by session (autogroup), the group's niceness is what counts.
    """
    os.setsid()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        Path("/proc/self/autogroup").write_text("-20")
    except OSError:
        pass  # an ordinary user: disturbed rounds are then dropped more often
