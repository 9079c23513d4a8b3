# SPDX-License-Identifier: BSD-3-Clause
"""What a running weir may still do, and what a killed one leaves behind, for each driver:

    [sender: tcpreplay] span0 ---- veth, 2 queues ---- mon0 [monitor: weir]

After its start no thread has a capability, weir works on and ends clean all the same. And killed at any
moment it can be started again at once, with the same name, on the same interface."""

import json
import os
import random
import shutil
import stat
import subprocess
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Namespace, Rig, run, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows, replay_in_step

KILLS = 10
NO_HUGE = ("--lcores=0@0,1@1", "--no-huge", "-m", 256, "--no-shconf", "--no-pci")


def threads(process: int) -> list[dict[str, str]]:
    return [dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            for status in Path(f"/proc/{process}/task").glob("*/status")]


def check_threads(tap: Tap, name: str, live: LiveWeir) -> None:
    tasks = threads(live.process.pid)
    tap.ok(f"{name}: there are workers and the telemetry's thread among the threads", {
        "rte-worker-1", "telemetry-v2"} <= {task["Name"] for task in tasks}, tasks)
    tap.equal(f"{name}: no thread has a capability in force",
              {int(task["CapEff"], 16) for task in tasks}, {0})
    tap.equal(f"{name}: or can take one up", {int(task["CapPrm"], 16) for task in tasks}, {0})
    tap.equal(f"{name}: or gain any", {task["NoNewPrivs"] for task in tasks}, {"1"})


def mounts() -> list[str]:
    """Of the kinds that DPDK and BPF programs could need."""
    return [line for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
            if line.split()[2] in ("bpf", "hugetlbfs")]


def interface(namespace: Namespace) -> tuple[int, bool]:
    """Promiscuity of mon0, and whether it has an XDP program."""
    link = json.loads(namespace.run("ip", "-json", "-details", "link", "show", "mon0"))[0]
    return link["promiscuity"], "xdp" in link


def kill_often(rig: Rig, command: tuple, namespace: Namespace) -> None:
    """Start it and kill it again, at moments spread over its start and the time after."""
    for number in range(KILLS):
        process = rig.start(weir.WEIR, *command, namespace=namespace)
        time.sleep(random.uniform(0, 0.1) + number * 0.1)
        process.kill()
        process.wait()


def on_interface(tap: Tap, driver: str) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", 2)
        prefix, before = f"weir-kill-{os.getpid()}", mounts()
        options = ("--interface", "mon0", "--workers", 2)
        if driver == "AF_PACKET":  # AF_XDP must be weir's own choice, also after the kills
            options += ("--driver", "af_packet")
        rig.callback(shutil.rmtree, f"/var/run/dpdk/{prefix}", ignore_errors=True)
        kill_often(rig, (*options, "--file-prefix", prefix), monitor)
        wait_until(lambda: interface(monitor) == (0, False), "the kernel to clean up")
        tap.equal(f"{driver}: nothing is left of the killed", interface(monitor), (0, False))
        live = rig.weir(*options, namespace=monitor, prefix=prefix)
        tap.ok(f"{driver}: after {KILLS} kills weir starts at once, with its driver",
               f"mon0: {driver}" in live.errors.read_text(), live.errors.read_text())
        tap.ok(f"{driver}: the interface is promiscuous", interface(monitor)[0] > 0)
        check_threads(tap, driver, live)
        many = many_flows(str(rig.folder / "many.pcap"), 2000, 100)
        sent = replay_in_step(sender, "span0", many, live)
        tap.equal(f"{driver}: weirctl is answered", live.ctl("ledger").status, 0)
        tap.ok(f"{driver}: the port's link is told without privileges",
               live.ask("/weir/ports")["ports"]["1"]["link_up"] == 1)
        analysis = live.stop()
        tap.equal(f"{driver}: SIGINT: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal(f"{driver}: all frames", analysis.report["ledger"]["received"], sent)
        tap.equal(f"{driver}: nothing is left on the interface", interface(monitor), (0, False))
        tap.equal(f"{driver}: nothing is left mounted", mounts(), before)


ORDINARY_USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
FOR_AF_XDP = ("cap_net_raw", "cap_net_admin", "cap_bpf", "cap_perfmon", "cap_ipc_lock")
FOR_RULES_IN_FRONT_OF_AF_PACKET = ("cap_net_raw", "cap_net_admin", "cap_bpf", "cap_perfmon")


def with_capabilities(rig: Rig, *capabilities: str) -> tuple[str, ...]:
    """weir as an ordinary user starts it, whose file has these capabilities."""
    program, runtime = rig.folder / "weir", rig.folder / "runtime"
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o777)
    program.unlink(missing_ok=True)
    shutil.copy(weir.WEIR, program)  # the project's folder may be private
    if capabilities:
        run("setcap", f"{','.join(capabilities)}+ep", program)
    # A sanitized one: nobody may trace a program with capabilities, also not its own leak check.
    sanitizer = f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"
    return ("env", f"XDG_RUNTIME_DIR={runtime}", sanitizer, *ORDINARY_USER, str(program))


def by_ordinary_user(tap: Tap, name: str, capabilities: tuple, options: tuple, says: str) -> None:
    """With these capabilities it works, and counts; without any one of them a line names it."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        rules, flows = rig.folder / "rules", rig.folder / "flows0.jsonl"
        rules.write_text("drop from 203.0.113.0/24\n")
        rig.folder.chmod(0o777)
        given = ("--interface", "mon0", *(rules if word == "RULES" else word for word in options))
        monitor.run("ip", "link", "set", "mon0", "promisc", "on")
        live = rig.weir(*given, namespace=monitor, program=with_capabilities(rig, *capabilities),
                        runtime=str(rig.folder / "runtime"))
        tap.ok(f"ordinary user, {name}: weir starts", says in live.errors.read_text(),
               live.errors.read_text())
        many = many_flows(str(rig.folder / "many.pcap"), 900, 100)
        sent = replay_in_step(sender, "span0", many, live)
        analysis = live.stop()
        ledger = analysis.report["ledger"]  # what a user may lock of memory is a small ring
        tap.equal("... exit 0, balanced, all frames", (
            analysis.faults(), ledger["received"] + ledger["missed"]), ([], sent))
        tap.ok("... and most of them were not missed", ledger["received"] > sent / 4, ledger)
        tap.ok("... and the flag that an administrator has set stays",
               "PROMISC" in monitor.run("ip", "link", "show", "mon0"))
        flows.unlink()
        for left_out in capabilities:
            rest = [capability for capability in capabilities if capability != left_out]
            program = with_capabilities(rig, *rest)
            refused = weir.run(*map(str, given), "--duration", "1", command=(*monitor.enter, *program))
            tap.ok(f"... without {left_out}: one line says so", refused.status != 0
                   and left_out.upper() in refused.errors.splitlines()[-1], refused)


def on_port(tap: Tap, name: str, rig: Rig, vdev: str) -> None:
    prefix, before = f"weir-kill-{os.getpid()}", mounts()
    eal = (*NO_HUGE, f"--vdev={vdev}")
    directory = Path("/var/run/dpdk") / prefix
    rig.callback(shutil.rmtree, directory, ignore_errors=True)
    for number in range(KILLS // 2):
        process = rig.start(weir.WEIR, *eal, "--file-prefix", prefix, "--", "--flow-capacity", 4096)
        time.sleep(random.uniform(0, 0.1) + number * 0.1)
        process.kill()
        process.wait()
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o777)
    live = rig.weir("--flow-capacity", 4096, eal=eal, prefix=prefix)
    tap.equal(f"{name}: nobody else may write beside the telemetry socket",
              stat.S_IMODE(directory.stat().st_mode) & 0o022, 0)
    check_threads(tap, name, live)
    tap.equal(f"{name}: weirctl is answered", live.ctl("ledger").status, 0)
    tap.equal(f"{name}: SIGINT: exit 0, balanced, every flow ended", live.stop().faults(), [])
    tap.equal(f"{name}: nothing is left mounted", mounts(), before)


def on_capture(tap: Tap) -> None:
    """A capture from a pipe that stops in the middle for as long as the threads are looked at."""
    with Rig() as rig:
        content, frames = Path(weir.BUNDLED).read_bytes(), len(list(capture.read(weir.BUNDLED)))
        output = rig.folder / "report.json"
        with open(output, "wb") as report:
            process = rig.start(weir.WEIR, "--read", "-", "--format", "json", stdin=subprocess.PIPE,
                                stdout=report)
        process.stdin.write(content[:4000])
        process.stdin.flush()
        wait_until(lambda: "weir-reader" in [task["Name"] for task in threads(process.pid)],
                   "the thread that reads")
        tasks = threads(process.pid)
        tap.equal("captures: no thread has a capability, or can gain one", {
            (int(task["CapPrm"], 16), task["NoNewPrivs"]) for task in tasks}, {(0, "1")})
        process.stdin.write(content[4000:])
        process.stdin.close()
        tap.equal("captures: exit 0", process.wait(60), 0)
        document = json.loads(output.read_text(encoding="utf-8"))
        tap.equal("captures: all of it was read", (document["ledger"]["received"],
                                                   document["remarks"]), (frames, []))


def on_captures_of_others(tap: Tap) -> None:
    """root reads what others keep to themselves, though it has no capability once it reads."""
    with Rig() as rig:
        home = rig.folder / "home"
        home.mkdir(mode=0o700)
        file = shutil.copy(weir.BUNDLED, home / "theirs.pcap")
        os.chmod(file, 0o600)
        for path in (file, home):
            os.chown(path, 65534, 65534)
        for files in ([file], [file, weir.BUNDLED]):
            analysis = weir.analyse(*files)
            tap.equal(f"a capture of another user, {len(files)} in all: it is read", (
                analysis.faults(), analysis.report["ledger"]["received"]), (
                [], len(files) * len(list(capture.read(weir.BUNDLED)))))


def main() -> None:
    tap = Tap()
    on_capture(tap)
    on_captures_of_others(tap)
    on_interface(tap, "AF_PACKET")
    on_interface(tap, "AF_XDP")
    by_ordinary_user(tap, "AF_PACKET", ("cap_net_raw",), ("--driver", "af_packet"), "AF_PACKET")
    by_ordinary_user(tap, "AF_XDP", FOR_AF_XDP, ("--driver", "af_xdp"), "AF_XDP")
    by_ordinary_user(tap, "rules in front of AF_PACKET", FOR_RULES_IN_FRONT_OF_AF_PACKET,
                     ("--driver", "af_packet", "--prefilter", "RULES"), "in front of AF_PACKET")
    with Rig() as rig:
        on_port(tap, "net_pcap", rig, f"net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1")
        on_port(tap, "net_memif", rig,
                f"net_memif0,role=server,id=0,socket={rig.folder}/memif,socket-abstract=no")
    tap.end()


if __name__ == "__main__":
    main()
