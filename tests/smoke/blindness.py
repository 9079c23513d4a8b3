# SPDX-License-Identifier: BSD-3-Clause
"""weir that cannot see says so at once, and says when it sees again:

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir]

The interface goes down, loses its link, is removed, is wanted by a second weir; or nothing comes at all.
"""

import json
import os
import re
import shutil
from datetime import datetime, timedelta, timezone

from tests.kit import weir
from tests.kit.rig import LiveWeir, Namespace, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay_in_step

DRIVERS = ("af_packet", "af_xdp")
NO_HUGE = ("--lcores=0@0,1@1", "--no-huge", "-m", 256, "--no-shconf", "--no-pci")


def topology(rig: Rig, name: str = "") -> tuple[Namespace, Namespace]:
    sender, monitor = rig.namespace(f"{name}sender"), rig.namespace(f"{name}monitor")
    rig.wire(sender, "span0", monitor, "mon0")
    return sender, monitor


def kinds(live: LiveWeir) -> list[str]:
    """What happened, oldest first."""
    rows = live.ask("/weir/events")["events"]  # by rank; an empty list when there is none
    return [rows[rank]["kind"] for rank in sorted(rows, key=int, reverse=True)]


def wait_for(live: LiveWeir, *expected: str) -> None:
    wait_until(lambda: kinds(live) == list(expected), f"events {expected}", 10)


def down_and_up(tap: Tap, driver: str) -> None:
    """Both are events with their times, the report sums them up, and all that comes is counted."""
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        file = many_flows(str(rig.folder / "few.pcap"), 200, 50)
        sent = replay_in_step(sender, "span0", file, live)
        tap.equal(f"{driver}: a sound interface is not spoken of", kinds(live), [])
        began = datetime.now(timezone.utc)
        monitor.run("ip", "link", "set", "mon0", "down")
        wait_for(live, "interface_down")
        tap.ok("... it is down: the remark of weirctl info", "mon0 is down since"
               in live.ctl("--json", "info").output, live.ctl("info"))
        monitor.run("ip", "link", "set", "mon0", "up")
        wait_for(live, "interface_down", "interface_up")
        sender.run("ip", "link", "set", "span0", "down")
        wait_for(live, "interface_down", "interface_up", "link_down")
        sender.run("ip", "link", "set", "span0", "up")
        wait_for(live, "interface_down", "interface_up", "link_down", "link_up")
        ended = datetime.now(timezone.utc)
        sent += replay_in_step(sender, "span0", file, live)
        events(tap, live, began, ended)
        analysis = live.stop()
        tap.equal("... and the analysis went on", (analysis.faults(), analysis.report["ledger"]["received"]),
                  ([], sent))
        tap.ok("... the report sums it up", len(analysis.report["remarks"]) == 1 and
               "mon0 was blind 2 times" in analysis.report["remarks"][0], analysis.report["remarks"])
        errors = analysis.run.errors
        tap.ok("... the log has a line for each, and what helps", errors.count("mon0: ") == 5
               and '"ip link set mon0 up"' in errors, errors)


def events(tap: Tap, live: LiveWeir, began: datetime, ended: datetime) -> None:
    answer = json.loads(live.ctl("--json", "events").output)
    rows = [answer["events"][rank] for rank in sorted(answer["events"], key=int)]
    tap.equal("... weirctl events: newest first, with ids that rise", (
        answer["total"], answer["shown"], answer["lost"], [row["id"] for row in rows]),
        (4, 4, 0, [4, 3, 2, 1]))
    times = [datetime.fromisoformat(row["time"][:26] + "+00:00") for row in reversed(rows)]
    tap.ok("... each with its time", times == sorted(times) and
           began <= times[0] < began + timedelta(seconds=5) and times[-1] <= ended, (times, began, ended))
    page = json.loads(live.ctl("--json", "events", "1", "2").output)
    tap.equal("... by the page", [page["events"][rank]["id"] for rank in ("1", "2")], [3, 2])
    table = live.ctl("events").output
    tap.ok("... and as a table of 80 columns", re.search(r"mon0 +interface_down +the interface is down", table)
           and max(map(len, table.splitlines())) <= 80, table)


def removed(tap: Tap, driver: str) -> None:
    """The only interface is gone for good: weir ends with all that it knows, and says that it failed."""
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        sent = replay_in_step(sender, "span0", many_flows(str(rig.folder / "few.pcap"), 200, 50), live)
        monitor.run("ip", "link", "delete", "mon0")
        status = live.process.wait(10)
        errors, report = live.errors.read_text(), json.loads(live.output.read_text())
        flows = [json.loads(line) for line in live.flows_file.read_text().splitlines()]
        tap.equal(f"{driver}: the interface is removed: weir ends by itself, and all is accounted for",
                  (status, weir.faults(report, flows), report["ledger"]["received"]), (1, [], sent))
        tap.ok("... it says why, and so does the report", "mon0: the interface was removed" in errors
               and errors.strip().splitlines()[-1].count("mon0") == 1
               and "mon0 is gone since" in report["remarks"][0], (errors, report["remarks"]))


def one_of_two(tap: Tap) -> None:
    """Of two ports one is removed: the other is read on, and totals never fall."""
    with Rig() as rig:
        sender, monitor = topology(rig)
        rig.wire(sender, "span1", monitor, "mon1")
        live = rig.weir(namespace=monitor, eal=(
            *NO_HUGE, *(f"--vdev=net_af_packet{n},iface=mon{n},blocksz=65536,framesz=2048,framecnt=2048"
                        for n in (0, 1))))
        file = many_flows(str(rig.folder / "few.pcap"), 200, 50)
        sent = replay_in_step(sender, "span0", file, live)
        monitor.run("ip", "link", "delete", "mon0")
        wait_for(live, "interface_removed")
        sent += replay_in_step(sender, "span1", file, live)
        analysis = live.stop()
        tap.equal("one of two interfaces is removed: the other is read on, and nothing is forgotten",
                  (analysis.faults(), analysis.report["ledger"]["received"],
                   [port["received"] for port in analysis.report["ports"]]),
                  ([], sent, [sent // 2, sent // 2]))


def second_weir(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = topology(rig)
        live = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        for options in ((), *(("--driver", other) for other in DRIVERS)):
            run = weir.run("--interface", "mon0", *options, "--duration", "1", "--file-prefix",
                           f"weir-second-{os.getpid()}", command=(*monitor.enter, weir.WEIR))
            tap.ok(f"{driver}, and a second weir {' '.join(options)}: refused, and who has it", run.status == 1
                   and run.errors.count("\n") == 1 and f"process {live.process.pid} " in run.errors, run)
        rig.callback(shutil.rmtree, f"/var/run/dpdk/weir-second-{os.getpid()}", ignore_errors=True)
        run = weir.run(*map(str, NO_HUGE), "--vdev=net_af_packet0,iface=mon0", "--file-prefix",
                       f"weir-second-{os.getpid()}", "--", "--duration", "1", command=(*monitor.enter, weir.WEIR))
        tap.ok("... also as a port of DPDK", run.status == 1
               and f"mon0: process {live.process.pid} " in run.errors, run)
        elsewhere = rig.weir("--interface", "span0", "--driver", driver, namespace=sender)
        tap.equal("... a weir on another interface runs", elsewhere.stop().faults(), [])
        file = many_flows(str(rig.folder / "few.pcap"), 200, 50)
        sent = replay_in_step(sender, "span0", file, live)
        tap.equal("... and the first is not disturbed", (sent, live.seen()), (200, 200))
        live.process.kill()
        live.process.wait()
        again = rig.weir("--interface", "mon0", "--driver", driver, namespace=monitor)
        sent = replay_in_step(sender, "span0", file, again)
        analysis = again.stop()
        tap.equal("... which is killed: the next one takes its place", (
            analysis.faults(), analysis.report["ledger"]["received"]), ([], sent))


def quiet(tap: Tap, rig: Rig) -> tuple[Namespace, LiveWeir]:
    """A sound interface on which nobody sends."""
    sender, monitor = topology(rig, "quiet-")
    return sender, rig.weir("--interface", "mon0", namespace=monitor, prefix=f"weir-quiet-{os.getpid()}")


def no_frames(tap: Tap, rig: Rig, sender: Namespace, live: LiveWeir) -> None:
    wait_until(lambda: kinds(live), "an event", 20)
    tap.equal("no frame since the start: said after 10 s", kinds(live), ["no_frames"])
    tap.ok("... and in the remarks", "no frame came" in live.ctl("info").output, live.ctl("info"))
    replay_in_step(sender, "span0", many_flows(str(rig.folder / "few.pcap"), 20, 5), live)
    wait_for(live, "no_frames", "first_frame")
    analysis = live.stop()
    tap.equal("... the first frame takes it back", (analysis.faults(), analysis.report["remarks"]), ([], []))


def down_at_start(tap: Tap) -> None:
    with Rig() as rig:
        _, monitor = topology(rig)
        monitor.run("ip", "link", "set", "mon0", "down")
        run = weir.run("--interface", "mon0", "--duration", "1", "--file-prefix",
                       f"weir-second-{os.getpid()}", command=(*monitor.enter, weir.WEIR))
        tap.ok("an interface that is down: one line, with the command that helps", run.status == 1
               and run.errors.count("\n") == 1 and '"ip link set mon0 up"' in run.errors, run)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        sender, live = quiet(tap, rig)
        for driver in DRIVERS:
            down_and_up(tap, driver)
            removed(tap, driver)
            second_weir(tap, driver)
        one_of_two(tap)
        down_at_start(tap)
        no_frames(tap, rig, sender, live)
    tap.end()


if __name__ == "__main__":
    main()
