# SPDX-License-Identifier: BSD-3-Clause
"""`weir check` on real interfaces, each fault made and found again by its name:

    [far] ---- veth, 2 queues ---- near [check]

and full disks, limits, a CPU that somebody else uses, hugepages of a process that was killed."""

import json
import os
import shutil
import signal

from tests.golden.check import NO_HUGE, Finding, complaint, findings
from tests.kit import weir
from tests.kit.rig import Rig, run
from tests.kit.tap import Tap

FOREIGN = """__attribute__((section("prog"), used)) int pass(void *context) { return 2; }
char _license[] __attribute__((section("license"), used)) = "BSD";
"""
WITHOUT = ("setpriv", "--bounding-set=-ipc_lock,-net_admin,-bpf,-sys_admin", "--inh-caps=-all", "--ambient-caps=-all")
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all")


class Site:
    """Two ends of a wire, of which one is checked."""

    def __init__(self, rig: Rig):
        self.rig, self.prefix = rig, f"weir-check-{os.getpid()}"
        rig.callback(shutil.rmtree, f"/var/run/dpdk/{self.prefix}", ignore_errors=True)
        self.other, self.here = rig.namespace("far"), rig.namespace("near")
        rig.wire(self.other, "far0", self.here, "near0", 2)

    def check(self, *options: object, command: tuple = ()) -> weir.Run:
        words = ("check", "--interface", "near0", "--file-prefix", self.prefix, *options)
        return weir.run(*map(str, words), command=(*self.here.enter, *command, weir.WEIR))

    def finding(self, name: str, *options: object) -> Finding:
        return next((one for one in findings(self.check(*options)) if one.name == name), Finding("", "", ""))

    def programs(self) -> int:
        return sum("xdp" in link for link in json.loads(self.here.run("ip", "-json", "-details", "link")))


def drivers(tap: Tap, site: Site) -> None:
    said = site.check("--workers", 2)
    found = {one.name: one for one in findings(said)}
    tap.equal("check: AF_XDP: nothing fails", said.status, 0)
    tap.ok("check: AF_XDP, native, two queues and a link", found["driver"].text.startswith("near0: AF_XDP") and
           "native" in found["af_xdp"].text and found["queues"].text.startswith("2,") and
           found["link"][:2] == ("ok", "link") and found["ring"].verdict == "ok", said.output)
    tap.equal("check: no program stays behind", site.programs(), 0)
    said = site.finding("fragments", "--driver", "af_packet")
    tap.ok("check: AF_PACKET: what becomes of fragments", "reassembled" in said.text, said)
    complaint(tap, "more workers than queues", site.check("--workers", 3), 0, "warn", "queues", "2", "ethtool -L")
    rules = site.rig.folder / "rules"
    rules.write_text("drop vlan 7\n")
    complaint(tap, "a program that the kernel runs", site.check("--prefilter", rules, "--xdp-mode", "generic"), 0, "warn",
              "af_xdp", "generic", "--xdp-mode")
    site.here.run("ethtool", "-K", "near0", "rxvlan", "on")
    complaint(tap, "rules that look at tags", site.check("--prefilter", rules), 0, "warn", "vlan", "rxvlan off")
    rules.write_text("drop vlan many\n")
    said = site.finding("source", "--prefilter", rules)
    tap.ok("check: rules that are wrong: fail source", said.verdict == "fail" and f"{rules}:1:" in said.text, said)


def in_the_way(tap: Tap, site: Site) -> None:
    source, program = site.rig.folder / "foreign.c", site.rig.folder / "foreign.o"
    source.write_text(FOREIGN)
    run("clang", "-O2", "-target", "bpf", "-c", source, "-o", program)
    site.here.run("ip", "link", "set", "near0", "xdp", "obj", program)
    complaint(tap, "an XDP program", site.check(), 0, "warn", "xdp", "near0", "xdp off")
    complaint(tap, "an XDP program, and AF_XDP or nothing", site.check("--driver", "af_xdp"), 1, "fail", "ports", "xdp off")
    site.here.run("ip", "link", "set", "near0", "xdp", "off")
    live = site.rig.weir("--interface", "near0", namespace=site.here)
    complaint(tap, "another weir", site.check(), 1, "fail", "source", str(live.process.pid))
    live.stop()
    site.here.run("ip", "link", "set", "near0", "mtu", 9000)
    complaint(tap, "an MTU too large for AF_XDP", site.check(), 0, "warn", "mtu", "9000", "ip link set near0 mtu")
    eal = (*NO_HUGE, "--no-shconf", "--file-prefix", site.prefix, "--vdev=net_af_packet0,iface=near0")
    looked = weir.run("check", *eal, "--", command=(*site.here.enter, weir.WEIR))
    complaint(tap, "an MTU too large for the buffers", looked, 0, "warn", "mtu", "9014", "ip link set near0 mtu")
    site.here.run("ip", "link", "set", "near0", "mtu", 1500)
    site.other.run("ip", "link", "set", "far0", "down")
    complaint(tap, "no link", site.check(), 0, "warn", "link", "near0", "cable")
    site.here.run("ip", "link", "set", "near0", "down")
    complaint(tap, "down", site.check(), 1, "fail", "source", "ip link set near0 up")
    for namespace, name in ((site.here, "near0"), (site.other, "far0")):
        namespace.run("ip", "link", "set", name, "up")


def not_allowed(tap: Tap, site: Site) -> None:
    little = (*WITHOUT, "prlimit", "--memlock=4194304")
    site.here.run("ethtool", "-K", "near0", "gro", "on")
    complaint(tap, "little locked memory", site.check("--driver", "af_packet", command=little), 0, "warn", "memlock",
              "ulimit -l")
    complaint(tap, "merged frames that stay", site.check("--driver", "af_packet", command=little), 0, "warn", "offloads",
              "gro", "CAP_NET_ADMIN", "ethtool -K near0 gro off")
    complaint(tap, "no right to AF_XDP", site.check(command=little), 0, "warn", "driver", "CAP_NET_ADMIN")
    complaint(tap, "no right at all", site.check(command=AS_NOBODY), 1, "fail", "source", "CAP_NET_RAW")
    folder = site.rig.folder / "runtime"
    folder.mkdir(mode=0o755)
    eal = (*NO_HUGE, "--vdev=net_null0")
    looked = weir.run("check", *eal, "--", command=(*AS_NOBODY, "env", f"XDG_RUNTIME_DIR={folder}", weir.WEIR))
    complaint(tap, "a runtime directory of another user", looked, 1, "fail", "telemetry", str(folder), "XDG_RUNTIME_DIR")


def disks(tap: Tap, rig: Rig) -> None:
    folder = rig.folder / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder)
    rig.callback(run, "umount", folder)
    options = ("check", "--read", weir.BUNDLED, "--flows", str(folder / "flows-%H%M.jsonl"))
    complaint(tap, "a disk with little room", weir.run(*options), 0, "warn", "disk", "1 MB", "du ")
    (folder / "rest").write_bytes(bytes(1 << 20))
    complaint(tap, "a full disk", weir.run(*options), 1, "fail", "disk", "no room", "du ")
    complaint(tap, "a full disk for the report", weir.run("check", "--read", weir.BUNDLED, "--report", str(folder / "r")), 1,
              "fail", "disk", "no room")


def busy_cpu(tap: Tap, site: Site) -> None:
    cpus = sorted(os.sched_getaffinity(0))[:2]  # which are those of the main lcore and the worker
    spinning = site.rig.start("taskset", "-c", cpus[1], "nice", "-n", -20, "sh", "-c", "while :; do :; done")
    told = [one for one in findings(site.check()) if f"(process {spinning.pid})" in one.text]
    tap.ok("check: a CPU that somebody else uses: warn busy", len(told) == 1 and told[0][:2] == ("warn", "busy") and
           f"CPU {cpus[1]} " in told[0].text, told)
    spinning.kill()
    spinning.wait()


def hugepages(tap: Tap, rig: Rig) -> None:
    """What a killed weir leaves in its hugepages is free for the next one; what a living one has is not."""
    mount = rig.hugepages(128)
    prefix = f"weir-check-{os.getpid()}"
    eal = ("--lcores=(0-1)@0", "--no-pci", "--huge-dir", str(mount), "--vdev=net_null0")
    mine, others = ("--file-prefix", prefix), ("--file-prefix", f"{prefix}-other")
    rig.callback(lambda: [shutil.rmtree(f"/var/run/dpdk/{name[1]}", ignore_errors=True) for name in (mine, others)])
    told = weir.run("check", *eal, *mine, "--")
    tap.ok("check: enough hugepages", told.status == 0 and any(one[:2] == ("ok", "hugepages") for one in findings(told)),
           told)
    complaint(tap, "fewer hugepages than asked for", weir.run("check", *eal, *mine, "-m", "512", "--"), 1, "fail",
              "hugepages", "512", "nr_hugepages")
    first = rig.weir(eal=(*eal, "-m", 120), prefix=prefix)
    complaint(tap, "hugepages that another one has", weir.run("check", *eal, *others, "-m", "120", "--"), 1, "fail",
              "hugepages", "120")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    told = weir.run("check", *eal, *others, "-m", "120", "--")
    tap.ok("check: hugepages of a killed one are free", told.status == 0, told.output + told.errors)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        site = Site(rig)
        drivers(tap, site)
        in_the_way(tap, site)
        not_allowed(tap, site)
        disks(tap, rig)
        busy_cpu(tap, site)
    with Rig() as rig:
        hugepages(tap, rig)
    tap.end()


if __name__ == "__main__":
    main()
