# SPDX-License-Identifier: BSD-3-Clause
"""The XDP prefilter when things go wrong: one clear line, nothing left on the interface, no frame
unaccounted for.

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: XDP prefilter -> weir]
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from tests.kit import weir
from tests.kit.rig import Namespace, Rig, documents, wait_until
from tests.kit.tap import Tap
from tests.smoke.prefilter_live import EACH, faults, frames_of, send, start, wait_seen, xdp_attached

AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def topology(rig: Rig, queues: int = 1) -> tuple[Namespace, Namespace]:
    sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
    rig.wire(sender, "span0", monitor, "mon0", queues)
    return sender, monitor


def refused(tap: Tap, name: str, run: weir.Run, status: int, *words: str) -> None:
    """One line that says all of `words`, beside what weir says of the driver that it takes."""
    errors = [line for line in run.errors.splitlines() if ": info: " not in line]
    tap.ok(name, run.status == status and len(errors) >= 1 and run.output == ""
           and all(word in errors[-1] for word in words), f"{run.status}, expected {status}: must "
           f"say {words}\n{run.errors}")


def pins() -> set[str]:
    return {str(path) for path in Path("/sys/fs/bpf").rglob("*")}


def wrong_rules(tap: Tap) -> None:
    with Rig() as rig:
        _, monitor = topology(rig)
        file = rig.folder / "rules"
        for text, place, word in (
            ("drop from 192.0.2.1\n\nthrow from 192.0.2.2\n", ":3:1:", "throw"),
            ("drop from 192.0.2.1/24\n", ":1:11:", "192.0.2.1/24"),
            ("# ok\npass proto tcpp\n", ":2:12:", "tcpp"),
        ):
            file.write_text(text)
            run = weir.run("--interface", "mon0", "--prefilter", str(file), "--duration", "1",
                           command=(*monitor.enter, weir.WEIR))
            refused(tap, f"a wrong line: {text.splitlines()[-1]}", run, 2, f"{file}{place}", word)
            tap.ok("... and nothing is attached", not xdp_attached(monitor, "mon0"))
        run = weir.run("--interface", "mon0", "--prefilter", str(rig.folder / "none"),
                       command=(*monitor.enter, weir.WEIR))
        refused(tap, "no such rules file", run, 2, "none", "No such file")
        fifo = rig.folder / "fifo"
        os.mkfifo(fifo)
        run = weir.run("--interface", "mon0", "--prefilter", str(fifo),
                       command=(*monitor.enter, weir.WEIR))
        refused(tap, "a FIFO as rules file", run, 2, "fifo", "not a regular file")
        run = weir.run("--read", weir.BUNDLED, "--prefilter", str(file))
        refused(tap, "--prefilter without --interface", run, 2, "--prefilter", "--interface")
        file.write_text("pass proto tcp to port 22\n")
        run = weir.run("--interface", "mon0", "--driver", "af_packet", "--prefilter", str(file),
                       command=(*monitor.enter, weir.WEIR))
        refused(tap, "rules that pass in front of AF_PACKET: refused, and what to do", run, 2,
                f"{file}:1:1: ", "pass", "--driver af_xdp")
        monitor.run("ip", "link", "add", "bridge0", "type", "bridge")
        monitor.run("ip", "link", "set", "mon0", "master", "bridge0")
        run = weir.run("--interface", "mon0", "--prefilter", str(file),
                       command=(*monitor.enter, weir.WEIR))
        refused(tap, "... on an interface where it is weir's choice, and why it is", run, 2,
                f"{file}:1:1: ", "--driver af_xdp", "carries")


def killed(tap: Tap, driver: str, queues: int) -> None:
    """The kernel takes the program off, and weir can start again at once."""
    with Rig() as rig:
        sender, monitor = topology(rig, queues)
        pinned = pins()
        live = start(rig, monitor, "drop from 203.0.113.0/24\n", "--driver", driver)
        tap.ok(f"{driver}, {queues} queues: a program is attached", xdp_attached(monitor, "mon0"))
        tap.equal("... and nothing is pinned", pins(), pinned)
        live.process.kill()
        live.process.wait(10)
        wait_until(lambda: not xdp_attached(monitor, "mon0"), "the program to come off", 5)
        tap.ok("... kill -9: no program is left", not xdp_attached(monitor, "mon0"))
        tap.equal("... and no pin", pins(), pinned)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n", "--driver", driver)
        sent = send(sender, rig.folder, frames_of("analysed") + frames_of("dropped"))
        wait_seen(live, sent)
        analysis = live.stop()
        part = analysis.report["ledger"]["prefilter"]
        tap.equal("... and a new weir works at once", (
            analysis.faults(), faults(part), part["analysed"], part["dropped"]),
            ([], [], EACH, EACH))


def wrong_replacements(tap: Tap) -> None:
    """Files that weir cannot read are told at once, and it runs on with the rules in force."""
    with Rig() as rig:
        _, monitor = topology(rig)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n")
        fifo, foreign = rig.folder / "fifo", rig.folder / "foreign"
        os.mkfifo(fifo)
        foreign.write_text("default pass\n")
        os.chown(foreign, 65534, 65534)
        foreign.chmod(0o600)
        for file, words in ((fifo, "not a regular file"), (foreign, "permissions of its user"),
                            (rig.folder, "Is a directory")):
            answer = live.ctl("prefilter", "replace", str(file))
            tap.ok(f"weirctl prefilter replace with what it cannot read: {words}",
                   answer.status == 1 and answer.errors.count("\n") == 1
                   and words in answer.errors, answer)
        shown = live.ctl("prefilter", "show")
        tap.ok("... the rules in force stay", "drop from 203.0.113.0/24" in shown.output, shown)
        tap.equal("... to the end", live.stop().faults(), [])


def tags_taken_out(tap: Tap) -> None:
    with Rig() as rig:
        _, monitor = topology(rig)
        for setting, rules, warned in (("on", "drop vlan 7\n", 1), ("on", "drop ip6\n", 0),
                                       ("off", "drop vlan 7\n", 0)):
            monitor.run("ethtool", "-K", "mon0", "rxvlan", setting)
            live = start(rig, monitor, rules)
            said = live.errors.read_text()
            live.stop()
            tap.equal(f"rx-vlan-offload {setting}, {rules.strip()}: warnings",
                      said.count("ethtool -K mon0 rxvlan off"), warned)


def second_weir(tap: Tap) -> None:
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n")
        for driver in ((), ("--driver", "af_xdp"), ("--driver", "af_packet")):
            run = weir.run("--interface", "mon0", "--prefilter", str(rig.folder / "rules"), *driver,
                           "--file-prefix", f"weir-second-{os.getpid()}",
                           command=(*monitor.enter, weir.WEIR))
            refused(tap, f"a second weir {' '.join(driver)}: refused in words", run, 1, "mon0",
                    f"process {live.process.pid} ", "already")
        sent = send(sender, rig.folder, frames_of("analysed") + frames_of("dropped"))
        wait_seen(live, sent)
        part = live.stop().report["ledger"]["prefilter"]
        tap.equal("... and the first goes on", (faults(part), part["seen"]), ([], sent))


def down_and_up(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n", "--driver", driver)
        frames = frames_of("analysed") + frames_of("dropped")
        sent = send(sender, rig.folder, frames)
        wait_seen(live, sent)
        monitor.run("ip", "link", "set", "mon0", "down")
        wait_until(lambda: live.ask("/weir/ports")["ports"]["1"]["link_up"] == 0, "the link down")
        monitor.run("ip", "link", "set", "mon0", "up")
        wait_until(lambda: live.ask("/weir/ports")["ports"]["1"]["link_up"] == 1, "the link up")
        sent += send(sender, rig.folder, frames)
        wait_seen(live, sent)
        analysis = live.stop()
        part = analysis.report["ledger"]["prefilter"]
        tap.equal(f"{driver}: an interface goes down and up: all is counted on", (
            analysis.faults(), faults(part), part["seen"], part["analysed"]),
            ([], [], sent, 2 * EACH))


def removed(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n", "--driver", driver)
        sent = send(sender, rig.folder, frames_of("analysed") + frames_of("dropped"))
        wait_seen(live, sent)
        monitor.run("ip", "link", "delete", "mon0")
        status, report = live.process.wait(10), documents(live.output.read_text())[-1]
        tap.ok(f"{driver}: the interface is removed: weir ends by itself, and says why",
               status == 1 and live.errors.read_text().count("was removed") == 1, live.errors.read_text())
        part = report["ledger"]["prefilter"]
        tap.equal("... with all that it counted", (
            weir.faults(report), faults(part), part["seen"], part["analysed"],
            report["prefilter"]["interface_present"]), ([], [], sent, EACH, False))


def too_large(tap: Tap) -> None:
    """What a mode can take, in words; where weir may choose, it chooses what works."""
    with Rig() as rig:
        sender, monitor = topology(rig)
        for namespace, name in ((sender, "span0"), (monitor, "mon0")):
            namespace.run("ip", "link", "set", name, "mtu", "9000")
        file = rig.folder / "rules"
        file.write_text("drop from 203.0.113.0/24\n")
        options = ("--interface", "mon0", "--prefilter", str(file), "--duration", "1")
        command = (*monitor.enter, weir.WEIR)
        refused(tap, "MTU 9000 with --driver af_xdp",
                weir.run(*options, "--driver", "af_xdp", command=command), 1, "mon0", "9000",
                "(3434)")
        refused(tap, "MTU 9000 with --xdp-mode native",
                weir.run(*options, "--xdp-mode", "native", command=command), 1, "mon0", "MTU",
                "3500", "generic")
        live = start(rig, monitor, "drop from 203.0.113.0/24\n")
        sent = send(sender, rig.folder, frames_of("analysed") + frames_of("dropped"))
        wait_seen(live, sent)
        said = live.errors.read_text()
        part = live.stop().report["ledger"]["prefilter"]
        tap.ok("MTU 9000, weir's choice: generic, in front of AF_PACKET, and it says so",
               "generic" in said and "AF_PACKET" in said and "9000" in said, said)
        tap.equal("... which counts", (faults(part), part["analysed"], part["dropped"]),
                  ([], EACH, EACH))


def unprivileged(tap: Tap) -> None:
    with Rig() as rig:
        _, monitor = topology(rig)
        file, program, runtime = (rig.folder / name for name in ("rules", "weir", "runtime"))
        file.write_text("drop from 203.0.113.0/24\n")
        shutil.copy(weir.WEIR, program)  # the project's folder may be private
        runtime.mkdir()
        runtime.chmod(0o777)
        for caps, word in (("-all", "CAP_NET_RAW"), ("+net_raw", "CAP_"),
                           ("+net_raw,+net_admin", "CAP_BPF")):
            command = (*monitor.enter, "env", f"XDG_RUNTIME_DIR={runtime}", *AS_NOBODY,
                       f"--inh-caps={caps}", f"--ambient-caps={caps}", str(program))
            run = weir.run("--interface", "mon0", "--prefilter", str(file), "--duration", "1",
                           command=command)
            refused(tap, f"an ordinary user with {caps}: the missing capability is named", run, 1,
                    word)
            tap.ok("... and nothing is attached", not xdp_attached(monitor, "mon0"))


def overloaded(tap: Tap, driver: str, loss: str) -> None:
    """What finds the AF_XDP sockets, or AF_PACKET's ring, full has a name."""
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = start(rig, monitor, "drop from 203.0.113.0/24\n", "--driver", driver)
        live.process.send_signal(signal.SIGSTOP)
        sent = sum(send(sender, rig.folder, (frames_of("analysed") + frames_of("dropped")) * 20)
                   for _ in range(2))
        live.process.send_signal(signal.SIGCONT)
        wait_seen(live, sent)
        analysis = live.stop()
        ledger = analysis.report["ledger"]
        part = ledger["prefilter"]
        tap.equal(f"{driver}: weir stands still: both ledgers balance", (
            analysis.faults(), faults(part)), ([], []))
        tap.ok(f"... frames were lost as {loss}", part[loss] > 0, part)
        tap.equal("... and every frame has its place", (
            part["seen"], part["dropped"], part["received"] + part[loss], ledger["missed"]),
            (sent, sent // 2, sent // 2, part[loss]))


def main() -> None:
    tap = Tap()
    wrong_rules(tap)
    wrong_replacements(tap)
    tags_taken_out(tap)
    killed(tap, "af_xdp", 4)
    killed(tap, "af_packet", 1)
    second_weir(tap)
    for driver in ("af_xdp", "af_packet"):
        down_and_up(tap, driver)
        removed(tap, driver)
    too_large(tap)
    unprivileged(tap)
    overloaded(tap, "af_xdp", "xsk_full")
    overloaded(tap, "af_packet", "missed")
    tap.end()


if __name__ == "__main__":
    main()
