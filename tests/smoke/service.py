# SPDX-License-Identifier: BSD-3-Clause
"""weir as a service that becomes another user, under a service manager that is a socket here:

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir --user nobody] ---- $NOTIFY_SOCKET

It says when it is ready, and that it lives as long as it does; its group may ask it and no more; SIGHUP
begins files anew, SIGTERM ends it, and nothing is lost by either."""

import ctypes
import json
import os
import signal
import socket
import stat
from pathlib import Path

from tests.golden.check import complaint
from tests.kit import weir
from tests.kit.rig import LiveWeir, Namespace, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay_in_step

NOBODY = 65534
STRANGER = 64999
WATCHDOG_US = 600_000
CAP_BPF = 1 << 39

# Nobody may trace a program that changed its user, also not its own leak check.
SANITIZER = f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"


class Manager:
    """Where weir tells how it does, as the socket of systemd."""

    def __init__(self, rig: Rig):
        self.path = rig.folder / "notify"
        self.socket = rig.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        self.told = []

    def next(self, seconds: float) -> str:
        """What is told next; "": nothing in that time."""
        self.socket.settimeout(seconds)
        try:
            self.told.append(self.socket.recv(4096).decode())
        except TimeoutError:
            return ""
        return self.told[-1]

    def drain(self) -> None:
        """A socket holds no more than a few datagrams: then weir tells nothing, but goes on."""
        while self.next(0.01):
            pass

    def wait_for(self, what: str) -> None:
        wait_until(lambda: self.next(1) == what, what)


class Halted:
    """The main thread, which makes the statistics, stands still; the others go on."""

    ATTACH, DETACH, WALL = 16, 17, 0x40000000

    def __init__(self, thread: int):
        self.thread, self.libc = thread, ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> None:
        assert self.libc.ptrace(self.ATTACH, self.thread, None, None) == 0, ctypes.get_errno()
        os.waitpid(self.thread, self.WALL)

    def __exit__(self, *_) -> None:
        assert self.libc.ptrace(self.DETACH, self.thread, None, None) == 0, ctypes.get_errno()


def start(rig: Rig, manager: Manager, monitor: Namespace) -> LiveWeir:
    os.chown(rig.folder, NOBODY, NOBODY)
    rules = rig.folder / "rules"
    rules.write_text("drop from 203.0.113.0/24\n")
    program = ("setsid", "env", f"NOTIFY_SOCKET={manager.path}", f"WATCHDOG_USEC={WATCHDOG_US}", SANITIZER, weir.WEIR)
    return rig.weir("--interface", "mon0", "--driver", "af_packet", "--prefilter", rules, "--user", "nobody",
                    "--export", "json+unix:", "--inactive-timeout", "0.5", namespace=monitor, program=program)


def check_life(tap: Tap, manager: Manager, live: LiveWeir) -> None:
    manager.wait_for("READY=1")
    tap.ok("ready: and more time for the start was asked for before", manager.told[0].startswith("EXTEND_TIMEOUT_USEC="),
           manager.told)
    for _ in range(3):
        manager.wait_for("WATCHDOG=1")
    with Halted(live.process.pid):
        wait_until(lambda: manager.next(1.5 * WATCHDOG_US / 1e6) == "", "the watchdog to go hungry")
        tap.ok("statistics stand still: the watchdog gets nothing", True)
    manager.wait_for("WATCHDOG=1")
    tap.equal("they go on, so does it; ready was told once", manager.told.count("READY=1"), 1)


def as_user(group: int, *arguments: str) -> weir.Run:
    command = ("setpriv", f"--reuid={STRANGER}", f"--regid={group}", "--clear-groups", "env", SANITIZER,
               "XDG_RUNTIME_DIR=/nowhere", weir.WEIRCTL)
    return weir.run(*arguments, command=command)


def check_rights(tap: Tap, live: LiveWeir) -> None:
    tasks = [dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
             for status in Path(f"/proc/{live.process.pid}/task").glob("*/status")]
    own = "\t".join([str(NOBODY)] * 4)
    tap.equal("all threads are the user's, with the one capability that rules need",
              {(task["Uid"], task["Gid"], int(task["CapEff"], 16), int(task["CapPrm"], 16)) for task in tasks},
              {(own, own, CAP_BPF, CAP_BPF)})
    directory = Path(live.socket).parent
    found = {}
    for name in ("dpdk_telemetry.v2", "weir_flows.v1", "weir_capture.v1", "."):
        status = (directory / name).stat()
        found[name] = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    tap.equal("sockets: the group may ask, the user alone may have frames, and root keeps the directory", found, {
        "dpdk_telemetry.v2": (0o660, NOBODY, NOBODY), "weir_flows.v1": (0o660, NOBODY, NOBODY),
        "weir_capture.v1": (0o600, NOBODY, NOBODY), ".": (0o750, 0, NOBODY)})
    member, stranger = (as_user(group, "--file-prefix", live.prefix, "ledger") for group in (NOBODY, STRANGER))
    tap.equal("a member of the group finds it, and is answered", (member.status, member.errors), (0, ""))
    tap.ok("a stranger is told whom it is for", stranger.status == 1 and "group" in stranger.errors, stranger)
    rule = live.ctl("prefilter", "add", "drop", "from", "198.51.100.7")
    tap.ok("nobody changes rules by that socket, as DPDK does not tell who it is",
           rule.status == 1 and "changes nothing" in rule.errors, rule)
    frames = as_user(NOBODY, "--socket", live.socket, "capture", "-c", "1", "-w", "/dev/null")
    tap.ok("a member gets no frames", frames.status == 1 and "Permission denied" in frames.errors, frames)


def check_files(tap: Tap, rig: Rig, live: LiveWeir, sender: Namespace, manager: Manager) -> None:
    many = many_flows(str(rig.folder / "many.pcap"), 900, 100)
    sent = replay_in_step(sender, "span0", many, live)
    wait_until(lambda: live.flows_file.stat().st_size > 0, "records")
    old = live.flows_file.rename(rig.folder / "old.jsonl")
    (rig.folder / "rules").write_text("drop from 203.0.113.0/24\ndrop from 198.51.100.7\n")
    live.process.send_signal(signal.SIGHUP)
    wait_until(live.flows_file.exists, "a new file")
    wait_until(lambda: live.ask("/weir/prefilter")["total"] == 4, "the new rules, the default and the unreadable")
    sent += replay_in_step(sender, "span0", many, live)
    manager.drain()
    analysis = live.stop(signal.SIGTERM)
    tap.equal("SIGTERM: exit 0, and the report", (analysis.run.status, analysis.report["ledger"]["received"]), (0, sent))
    records = [json.loads(line) for line in old.read_text().splitlines()] + analysis.flows
    tap.equal("SIGHUP: every frame is in a record of one of both files",
              sum(record["packetDeltaCount"] for record in records), sent)
    tap.equal("... which are the user's", {file.stat().st_uid for file in (old, live.flows_file)}, {NOBODY})


def check_refused(tap: Tap) -> None:
    for user, status, word in (("no-such-user", 2, "no such user"), ("root", 2, "only root")):
        by = () if user != "root" else ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
        refused = weir.run("--read", weir.BUNDLED, "--user", user, command=(*by, weir.WEIR))
        tap.ok(f"--user {user}: refused in a line", refused.status == status and word in refused.errors
               and refused.errors.count("\n") == 1, refused)


def check_looked_at(tap: Tap, folder: Path) -> None:
    """`weir check` sees what a run would be refused for: there is no such user, or files that it may not write."""
    looked = weir.run("check", "--read", weir.BUNDLED, "--user", "no-such-user")
    complaint(tap, "no such user", looked, 1, "fail", "user", "no-such-user")
    own = folder / "own"
    own.mkdir()
    own.chmod(0o770)
    by = ("setpriv", "--groups=0", weir.WEIR)  # of which the user is no member
    options = ("--read", weir.BUNDLED, "--user", "nobody", "--flows", str(own / "flows"))
    looked = weir.run("check", *options, command=by)
    complaint(tap, "a folder that the user may not enter", looked, 1, "fail", "disk", "Permission denied")
    refused = weir.run(*options, command=by)
    tap.ok("a run is refused for that, too", refused.status == 2 and not (own / "flows").exists(), refused)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        manager, sender, monitor = Manager(rig), rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = start(rig, manager, monitor)
        check_life(tap, manager, live)
        check_rights(tap, live)
        check_files(tap, rig, live, sender, manager)
        manager.drain()
        tap.ok("the end was told", "STOPPING=1" in manager.told, manager.told)
        check_looked_at(tap, rig.folder)
    check_refused(tap)
    tap.end()


if __name__ == "__main__":
    main()
