# SPDX-License-Identifier: BSD-3-Clause
"""The XDP prefilter on live traffic: every decision, counted to the frame.

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: XDP prefilter -> weir]

Nobody else speaks on this wire. The generator's count of each kind of frame is what the rules
must have counted: in front of AF_XDP with 1 and 4 queues and in front of AF_PACKET, native and
generic."""

import json
import struct
import time
from pathlib import Path

from tests.kit import capture, weir
from tests.kit.rig import LiveWeir, Namespace, Rig, end, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import replay

CAP_BPF = 39  # linux/capability.h
EACH = 200  # frames of each kind: fewer in all than a ring holds
CPUS = len([line for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("processor")])

RULES = """\
# every action once
drop from 203.0.113.0/24                          # 1: an attack's source
limit 1 packets/s burst 50 packets from 192.0.2.77  # 2
sample 1/10 proto udp to port 4789                # 3
limit 1 packets/s burst 20 packets then drop to port 9999  # 4
drop from 2001:db8:bad::/48                       # 5
analyse proto udp to port 53                      # 6
"""
PASS = "pass from 198.51.100.0/24                 # the kernel's own\n"


def ethernet(kind: int, payload: bytes) -> bytes:
    return (bytes.fromhex("00005e005302" "00005e005301") + struct.pack(">H", kind)
            + payload).ljust(60, b"\0")


def udp(port: int) -> bytes:
    return struct.pack(">HHHH", 40000, port, 26, 0) + bytes(18)


def udp4(source: str, port: int, number: int = 0) -> bytes:
    """`number` varies the destination, so that the frames spread over the queues."""
    addresses = bytes(map(int, source.split("."))) + bytes((192, 0, 2, number % 200 + 1))
    return ethernet(0x0800, b"\x45\0\0\x2e\0\0\0\0\x40\x11\0\0" + addresses + udp(port))


def udp6(source: str, port: int) -> bytes:
    address = bytes.fromhex(source)
    header = b"\x60\0\0\0\0\x1a\x11\x40"
    return ethernet(0x86DD, header + address + address[:15] + b"\1" + udp(port))


def frames_of(kind: str) -> list[bytes]:
    return {
        "analysed": [udp4("192.0.2.10", 53, i) for i in range(EACH)],
        "other": [udp4("192.0.2.11", 5353, i) for i in range(EACH)],
        "arp": [ethernet(0x0806, bytes(28))] * EACH,
        "malformed": [ethernet(0x0800, b"\x41" + bytes(45))] * EACH,
        "dropped": [udp4("203.0.113.9", 53, i) for i in range(EACH)],
        "dropped6": [udp6("20010db80bad00000000000000000007", 53)] * EACH,
        "limited": [udp4("192.0.2.77", 53, i) for i in range(EACH)],
        "within_dropped": [udp4("192.0.2.12", 9999, i) for i in range(EACH)],
        "sampled": [udp4("192.0.2.13", 4789, i) for i in range(EACH)],
        "passed": [udp4("198.51.100.1", 53, i) for i in range(EACH)],
    }[kind]


def send(sender: Namespace, folder: Path, frames: list[bytes]) -> int:
    file = str(folder / "sent.pcap")
    capture.write(file, [capture.Frame(i, len(frame), frame) for i, frame in enumerate(frames)])
    return replay(sender, "span0", file, "--pps", 20000)


def wait_seen(live: LiveWeir, frames: int) -> dict:
    """The prefilter's part of the ledger, once it has seen `frames` and none is on its way."""
    def settled() -> dict:
        part = live.ask("/weir/ledger")["prefilter"]
        return part if part["seen"] >= frames and part["in_flight"] == 0 else {}
    return wait_until(settled, f"{frames} frames at the prefilter")


def faults(part: dict) -> list[str]:
    """Where the prefilter's ledger contradicts itself."""
    found = [] if part["balanced"] else ["not balanced"]
    fates = ("analysed", "passed", "dropped", "limited", "sampled_out", "xsk_full")
    if part["seen"] != sum(part[fate] for fate in fates):
        found.append(f"seen != its parts: {part}")
    arrivals = ("received", "missed", "in_flight", "merged")
    if part["analysed"] != sum(part[name] for name in arrivals):
        found.append(f"analysed != received + missed: {part}")
    return found


def xdp_attached(namespace: Namespace, interface: str) -> bool:
    return "xdp" in namespace.run("ip", "link", "show", interface)


def start(rig: Rig, monitor: Namespace, rules: str, *options: object) -> LiveWeir:
    file = rig.folder / "rules"
    file.write_text(rules)
    return rig.weir("--interface", "mon0", "--prefilter", file, "--interval", 0.05, *options,
                    namespace=monitor)


def decisions(tap: Tap, driver: str, mode: str, queues: int) -> None:
    """Every kind of frame, and what became of it."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", queues)
        sockets = driver == "af_xdp"
        before = time.monotonic()
        live = start(rig, monitor, PASS * sockets + RULES, "--driver", driver, "--xdp-mode", mode,
                     "--workers", min(queues, 2))
        name = f"{driver}, {mode}, {queues} queue{'s' * (queues > 1)}"
        said = live.errors.read_text()
        tap.ok(f"{name}: weir says which mode", f"XDP in {mode} mode" in said, said)
        kinds = ["analysed", "other", "arp", "malformed", "dropped", "dropped6", "limited",
                 "within_dropped", "sampled"] + ["passed"] * sockets
        sent = 0
        for kind in kinds:
            sent += send(sender, rig.folder, frames_of(kind))
            wait_seen(live, sent)
        analysis = live.stop()
        seconds = time.monotonic() - before
        part = analysis.report["ledger"]["prefilter"]
        tap.equal(f"{name}: exit 0, both ledgers balance", (analysis.faults(), faults(part)),
                  ([], []))
        tap.equal(f"{name}: seen = sent, nothing lost", (
            part["seen"], part["xsk_full"], part["missed"], part["in_flight"], part["merged"]),
            (sent, 0, 0, 0, 0))
        rules = {row["rule"].split(" from ")[0].split(" to ")[0]: row
                 for row in analysis.report["prefilter"]["rules"]}
        by_number = {row["number"] - sockets: row
                     for row in analysis.report["prefilter"]["rules"]}
        tap.equal(f"{name}: each rule matched what was sent for it",
                  [by_number[i]["packets"] for i in range(1, 7)], [EACH] * 6)
        tap.equal(f"{name}: the malformed are analysed, whatever the rules say",
                  (rules["unreadable"]["packets"], analysis.report["ledger"]["malformed"]),
                  (EACH, EACH))
        within = EACH - by_number[2]["over_packets"], EACH - by_number[4]["over_packets"]
        tap.ok(f"{name}: limits let the burst through, and one more a second",
               50 <= within[0] <= 51 + seconds and 20 <= within[1] <= 21 + seconds, within)
        sample = EACH - by_number[3]["over_packets"]
        tap.ok(f"{name}: one in ten is sampled, on every CPU",
               EACH // 10 - CPUS < sample <= EACH // 10, sample)
        tap.equal(f"{name}: fates", {key: part[key] for key in
                                     ("analysed", "passed", "dropped", "limited", "sampled_out")}, {
            "analysed": 4 * EACH + within[0] + sample,
            "passed": EACH if sockets else 0,
            "dropped": 2 * EACH + within[1],
            "limited": 2 * EACH - within[0] - within[1],
            "sampled_out": EACH - sample})
        tap.equal(f"{name}: weir received what was analysed", analysis.report["ledger"]["received"],
                  part["analysed"])
        sampling = analysis.report["prefilter"]["sampling"]
        tap.equal(f"{name}: the report says that it is a sample, and of what",
                  (sampling["sampled_out"], sampling["packets"]),
                  (EACH - sample, part["analysed"] + EACH - sample))
        tap.ok(f"{name}: no program is left", not xdp_attached(monitor, "mon0"))


def passes_to_the_kernel(tap: Tap) -> None:
    """What a rule passes reaches the host, and nothing else does."""
    with Rig() as rig:
        one, other = rig.namespace("one"), rig.namespace("other")
        rig.network(one, "span0", ["192.0.2.1/24"], other, "mon0", ["192.0.2.2/24"])
        live = start(rig, other, "pass proto icmp\npass arp\n", "--driver", "af_xdp")
        pinged = one.run("ping", "-q", "-c", "3", "-i", "0.2", "192.0.2.2")
        tap.ok("af_xdp with `pass`: a host with an address answers pings", "3 received" in pinged,
               pinged)
        analysis = live.stop()
        part = analysis.report["ledger"]["prefilter"]
        tap.equal("... exit 0, balanced", (analysis.faults(), faults(part)), ([], []))
        tap.ok("... and they are counted as passed", part["passed"] >= 3, part)
    with Rig() as rig:
        one, other = rig.namespace("one"), rig.namespace("other")
        rig.network(one, "span0", ["192.0.2.1/24"], other, "mon0", ["192.0.2.2/24"])
        live = start(rig, other, "drop proto icmp\n")
        said = live.errors.read_text()
        tap.ok("an interface with an address: AF_PACKET, and the line says why",
               "AF_PACKET" in said and "192.0.2.2" in said, said)
        lost = weir.run("-q", "-c", "2", "-i", "0.2", "-W", "1", "192.0.2.2",
                        command=(*one.enter, "ping"))
        tap.ok("... `drop` drops before the kernel", "0 received" in lost.output, lost.output)
        live.stop()
        pinged = one.run("ping", "-q", "-c", "1", "192.0.2.2")
        tap.ok("... and no longer after the end", "1 received" in pinged, pinged)


def replaced(tap: Tap, driver: str, times: int) -> None:
    """Other rules all the time while frames come; each frame is decided by one set or the other."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        some, others = rig.folder / "some", rig.folder / "others"
        some.write_text("drop from 203.0.113.0/24\nanalyse proto udp to port 53\n")
        others.write_text("analyse from 203.0.113.0/24\ndrop proto udp to port 53\n")
        live = start(rig, monitor, some.read_text(), "--driver", driver)
        frames = [frame for pair in zip(frames_of("dropped"), frames_of("analysed"))
                  for frame in pair]
        file = str(rig.folder / "sent.pcap")
        capture.write(file, [capture.Frame(i, len(f), f) for i, f in enumerate(frames)])
        traffic = rig.start("tcpreplay", "--intf1", "span0", "--pps", 5000, "--loop", 0, file,
                            namespace=sender)
        wait_seen(live, len(frames))
        in_force = {line.split()[1] for status in Path(
            f"/proc/{live.process.pid}/task").glob("*/status")
            for line in status.read_text().splitlines() if line.startswith("CapEff:")}
        tap.equal(f"{driver}: CAP_BPF is in force in every thread, and nothing else",
                  {int(mask, 16) for mask in in_force}, {1 << CAP_BPF})
        answers, snapshots = [], []
        for turn in range(times):
            answers.append(live.ask(f"/weir/prefilter/replace,{(others, some)[turn % 2]}"))
            if turn % 10 == 0:
                snapshots.append(live.ask("/weir/ledger")["prefilter"])
        tap.ok(f"{driver}: rules replaced {times} times, while frames came",
               answers == [{"rules": 2}] * times and traffic.poll() is None, answers[-1])
        tap.equal("... every snapshot balances", [fault for part in snapshots
                                                 for fault in faults(part)], [])
        end(traffic)
        sent = sender.counter("span0", "tx_packets")
        wait_seen(live, sent)
        analysis = live.stop()
        part, prefilter = analysis.report["ledger"]["prefilter"], analysis.report["prefilter"]
        tap.equal("... not one frame is unaccounted for", (
            analysis.faults(), faults(part), part["seen"]), ([], [], sent))
        tap.equal("... each was analysed or dropped", part["analysed"] + part["xsk_full"]
                  + part["dropped"], sent)
        tap.equal("... by rules in force, or no longer", sent, prefilter["gone_packets"]
                  + sum(row["packets"] for row in prefilter["rules"]))


def amid_traffic(tap: Tap, driver: str, rules: str, kinds: list[str]) -> None:
    """weir starts and ends while frames come: each is counted on both sides or on none."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0", 2)
        frames = [frame for group in zip(*map(frames_of, kinds)) for frame in group]
        file = str(rig.folder / "sent.pcap")
        capture.write(file, [capture.Frame(i, len(f), f) for i, f in enumerate(frames)])
        traffic = rig.start("tcpreplay", "--intf1", "span0", "--pps", 5000, "--loop", 0, file,
                            namespace=sender)
        wait_until(lambda: sender.counter("span0", "tx_packets") > 0, "traffic")
        live = start(rig, monitor, rules, "--driver", driver)
        wait_until(lambda: live.ask("/weir/ledger")["prefilter"]["seen"] > 2000, "2000 frames")
        analysis = live.stop()
        coming = traffic.poll() is None
        part, prefilter = analysis.report["ledger"]["prefilter"], analysis.report["prefilter"]
        tap.equal(f"{driver}, {rules.splitlines()[-1]}: start and end amid traffic: balanced", (
            coming, analysis.faults(), faults(part), part["merged"]), (True, [], [], 0))
        if driver == "af_xdp":  # in front of AF_PACKET a rule of weir's own ends the run
            tap.equal("... rules counted what was seen", part["seen"], prefilter["gone_packets"]
                      + sum(row["packets"] for row in prefilter["rules"]))


def changed_by_weirctl(tap: Tap) -> None:
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = start(rig, monitor, "drop from 203.0.113.0/24\n")
        shown = live.ctl("prefilter", "show")
        tap.ok("weirctl prefilter show",
               shown.status == 0 and "203.0.113.0/24" in shown.output, shown)
        sent = send(sender, rig.folder, frames_of("dropped"))
        wait_seen(live, sent)
        added = live.ctl("prefilter", "add", "before", "1", "analyse", "from", "203.0.113.9")
        tap.equal("weirctl prefilter add", (added.status, added.errors), (0, ""))
        sent += send(sender, rig.folder, frames_of("dropped"))
        part = wait_seen(live, sent)
        tap.equal("... the new rule decides, the old one keeps its count",
                  (part["dropped"], part["analysed"]), (EACH, EACH))
        counters = live.ctl("prefilter", "counters")
        tap.ok("weirctl prefilter counters: fits a terminal, and says what each rule matched",
               counters.status == 0 and counters.output.count(f" {EACH} ") >= 2
               and all(len(line) <= 80 for line in counters.output.splitlines()), counters.output)
        rules = json.loads(live.ctl("--json", "prefilter", "counters").output)["rules"].values()
        asked = json.loads(live.ctl("--json", "report").output)["prefilter"]
        tap.equal("weirctl report: the rules that matched", (asked["rules"], asked["rules_total"]),
                  ([rule for rule in rules if rule["packets"] > 0], len(rules)))
        text = live.ctl("report").output
        tap.ok("... and what became of the frames", "\nDecided by XDP " in text
               and f"\nPrefilter  {2 * EACH:,} frames seen = " in text, text)
        removed = live.ctl("prefilter", "del", "1")
        tap.equal("weirctl prefilter del", (removed.status, removed.errors), (0, ""))
        wrong = rig.folder / "wrong"
        wrong.write_text("drop from 203.0.113.0/24\ndrop form 192.0.2.1\n")
        refused = live.ctl("prefilter", "replace", str(wrong))
        tap.ok("weirctl prefilter replace with a wrong file: file:line:column, exit 1",
               refused.status == 1 and f"{wrong}:2:6: " in refused.errors, refused)
        for words in (("add",), ("del", "99"), ("add", "throw", "away"), ("nonsense",),
                      ("replace",)):
            answer = live.ctl("prefilter", *words)
            tap.ok(f"weirctl prefilter {' '.join(words)}: one line",
                   answer.status != 0 and answer.errors.count("\n") == 1, answer)
        sent += send(sender, rig.folder, frames_of("dropped"))
        part = wait_seen(live, sent)
        tap.equal("... and the rules in force go on", (part["dropped"], part["analysed"]),
                  (2 * EACH, EACH))
        analysis = live.stop()
        tap.equal("... to the end", (analysis.faults(), faults(
            analysis.report["ledger"]["prefilter"])), ([], []))


def sampled_no_longer(tap: Tap) -> None:
    """Totals of a run of several rates have a factor, single rows have none."""
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        live = start(rig, monitor, "default sample 1/2\n")
        sent = send(sender, rig.folder, frames_of("analysed"))
        wait_seen(live, sent)
        tap.equal("a set that samples: top lists say so",
                  live.ask("/weir/top,source")["sampling_one_in"], 2)
        tap.equal("... and so does the prefilter's part",
                  live.ask("/weir/prefilter")["sampling"]["one_in"], 2)
        other = rig.folder / "other"
        other.write_text("default analyse\n")
        live.ask(f"/weir/prefilter/replace,{other}")
        sent += send(sender, rig.folder, frames_of("analysed"))
        wait_seen(live, sent)
        tap.equal("... replaced by one that does not: no one factor",
                  live.ask("/weir/top,source")["sampling_one_in"], 0)
        sampling = live.stop().report["prefilter"]["sampling"]
        tap.equal("... in the report neither, which says what the sample is of",
                  (sampling.get("one_in"), sampling["packets"]), (None, sent))


def main() -> None:
    tap = Tap()
    for queues in (1, 4):
        for mode in ("native", "generic"):
            decisions(tap, "af_xdp", mode, queues)
    for mode in ("native", "generic"):
        decisions(tap, "af_packet", mode, 1)
    passes_to_the_kernel(tap)
    replaced(tap, "af_xdp", 1000)
    replaced(tap, "af_packet", 100)
    kinds = ["analysed", "dropped", "other"]
    drop_some, analyse_some = "drop from 203.0.113.0/24\n", "analyse to port 53\n"
    amid_traffic(tap, "af_xdp", drop_some + "default analyse\n", [*kinds, "malformed"])
    amid_traffic(tap, "af_xdp", analyse_some + "default pass\n", [*kinds, "malformed"])
    amid_traffic(tap, "af_packet", drop_some + "default analyse\n", kinds)
    amid_traffic(tap, "af_packet", analyse_some + "default drop\n", kinds)
    changed_by_weirctl(tap)
    sampled_no_longer(tap)
    tap.end()


if __name__ == "__main__":
    main()
