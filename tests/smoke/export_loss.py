# SPDX-License-Identifier: BSD-3-Clause
"""What is missing can be told from what arrived: collectors of IPFIX that do not read, that are killed and come back, and
weirs that are killed. Each sum is made of the messages at the collector alone, and then held against what weir itself says.

    net_pcap, infinite_rx      a capture again and again, whose flows end all the time by --active-timeout"""

import signal
import time
from pathlib import Path
from typing import NamedTuple

from tests.kit import ipfix, weir
from tests.kit.rig import LiveWeir, Rig, documents, wait_until
from tests.kit.tap import Tap

EAL = ("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
       f"--vdev=net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1")
# So that each flow is a record fifty times a second; of TCP they would end a thousand times.
QUICK = ("--active-timeout", "0.02", "--filter", "udp")
SMALL = {"buffer": 512, "send_buffer": 4096}  # so that little is in between
BUCKETS = ("Flow", "NonIp", "Truncated", "Malformed", "Filtered", "Overflow")


class Account(NamedTuple):
    """What a collector knows."""

    records: int
    packets: int
    octets: int
    by_numbers: int  # missing, by gaps in the sequence
    last: dict  # statistics


def account(sessions: list[ipfix.Session]) -> Account:
    flows = [flow for session in sessions for flow in session.flows()]
    return Account(len(flows), sum(flow["packetDeltaCount"] + flow["reversePacketDeltaCount"] for flow in flows),
                   sum(flow["octetDeltaCount"] + flow["reverseOctetDeltaCount"] for flow in flows),
                   sum(session.missing for session in sessions), sessions[-1].statistics())


def totals(tap: Tap, name: str, last: dict) -> None:
    """The last statistics leave nothing open."""
    tap.equal(f"{name}: every packet of a flow is in a record that was sent or counted as lost",
              (last["weirFinal"], last["weirSentPackets"] + last["notSentPacketTotalCount"]),
              (1, last["weirLedgerFlow"]))
    tap.equal(f"{name}: every record given was sent or lost", last["weirOutputGiven"], sum(
        last[f"weirOutput{what}"] for what in ("Sent", "Waiting", "LostFull", "LostRemote")))
    tap.equal(f"{name}: ... in records and reasons alike", (
        last["exportedFlowRecordTotalCount"], last["notSentFlowTotalCount"], last["weirOutputWaiting"]), (
        last["weirOutputSent"], last["weirOutputLostFull"] + last["weirOutputLostRemote"], 0))
    tap.equal(f"{name}: every frame received is in a bucket", last["weirLedgerReceived"], sum(
        last["weirLedger" + bucket] for bucket in BUCKETS))


def missing(tap: Tap, name: str, got: Account) -> tuple[int, int]:
    """Records and packets that were sent and did not arrive."""
    last = got.last
    totals(tap, name, last)
    return (last["exportedFlowRecordTotalCount"] - got.records, last["weirSentPackets"] - got.packets)


def as_weir_says(tap: Tap, name: str, last: dict, report: dict, row: dict) -> None:
    tap.equal(f"{name}: weir's own report says the same", (
        last["weirLedgerReceived"], last["weirLedgerFlow"], last["weirOutputGiven"], last["weirOutputSent"],
        last["weirOutputLostFull"]), (
        report["ledger"]["received"], report["ledger"]["flow"], row["given"], row["sent"], row["lost_full"]))


def rows(live: LiveWeir) -> list[dict]:
    return [row for row in live.ask("/weir/export")["outputs"].values() if row["output"] == "export"]


def moves(collector: ipfix.Collector) -> None:
    """Records arrive."""
    before = sum(map(len, collector.raw))
    wait_until(lambda: sum(map(len, collector.raw)) > before + 20, "messages")


def dropped(collector: ipfix.Collector) -> int:
    """Datagrams that its full socket did not take."""
    lines = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return sum(int(words[-1]) for words in lines if int(words[1].split(":")[1], 16) == collector.port)


def failing_collectors(tap: Tap) -> None:
    """Four at once, each with another fault, and a fifth with none."""
    made = {
        "well": ipfix.Collector(),
        "UDP that is not read": ipfix.Collector(buffer=1 << 15),
        "UDP killed": ipfix.Collector(),
        "TCP that is not read": ipfix.Collector("tcp", buffer=4096),
        "TCP killed": ipfix.Collector("tcp", buffer=4096),
    }
    with Rig() as rig:
        exports = [word for collector in made.values() for word in (
            "--export", collector.url(f"ipfix+{collector.transport}", **SMALL, statistics=3600))]
        live = rig.weir(*QUICK, "--interval", 0.1, *exports, eal=EAL)
        for collector in made.values():
            moves(collector)
        for name in ("UDP that is not read", "TCP that is not read"):
            made[name].pause()
        for name in ("UDP killed", "TCP killed"):
            made[name].kill()
        wait_until(lambda: all(rows(live)[at]["lost_full"] > 0 for at in (2, 3, 4)), "records that find no room")
        wait_until(lambda: dropped(made["UDP that is not read"]) > 0, "a full socket")
        for name in ("UDP that is not read", "TCP that is not read"):
            made[name].resume()
        for name in ("UDP killed", "TCP killed"):
            made[name].revive()
        for collector in made.values():
            moves(collector)
        report = documents(live.stop().run.output)[-1]  # whoever loses records ends with status 1
        for collector in made.values():
            collector.close()
        lines = [row for row in report["outputs"] if row["output"] == "export"]
    kept = {name: collector.sessions() for name, collector in made.items()}
    for (name, sessions), row in zip(kept.items(), lines):
        got = account(sessions)
        short = missing(tap, name, got)
        as_weir_says(tap, name, got.last, report, row)
        judge(tap, name, got, short, sessions)


def judge(tap: Tap, name: str, got: Account, short: tuple[int, int], sessions: list[ipfix.Session]) -> None:
    if name in ("well", "TCP that is not read"):
        tap.equal(f"{name}: nothing is missing", (short, got.by_numbers), ((0, 0), 0))
    if name in ("UDP that is not read", "UDP killed"):
        tap.ok(f"{name}: as many records are missing as the sequence has gaps", 0 < short[0] == got.by_numbers and short[1] > 0,
               (short, got.by_numbers))
    if name == "TCP killed":
        tap.ok(f"{name}: what is missing was on its way when the first connection ended",
               len(sessions) == 2 and short[0] >= 0 and short[1] >= short[0] and got.by_numbers == 0, (len(sessions), short))
        tap.equal(f"{name}: each connection counts from 0", [session.messages[0].sequence for session in sessions], [0, 0])
    if name != "well" and name != "UDP that is not read":
        tap.ok(f"{name}: and as many were never sent", got.last["notSentFlowTotalCount"] > 0, got.last)


def started(message: ipfix.Message) -> list[int]:
    return [row["systemInitTimeMilliseconds"] for row in message.options() if "systemInitTimeMilliseconds" in row]


def killed_weir(tap: Tap) -> None:
    """One that is killed, and another in its place: the second can be told apart, and is whole."""
    collector = ipfix.Collector()
    with Rig() as rig:
        url = collector.url("ipfix+udp", statistics=1)
        first = rig.weir(*QUICK, "--export", url, eal=EAL)
        time.sleep(2.5)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        collector.pause()
        cut = len(collector.raw[0])
        collector.resume()
        second = rig.weir(*QUICK, "--export", url, eal=EAL)
        moves(collector)
        report = second.stop().report
        collector.close()
    whole = collector.raw[0]
    sessions = []
    for part in (whole[:cut], whole[cut:]):
        session = ipfix.Session()
        for octets in part:
            session.take(octets)
        sessions.append(session)
    one, other = (account([session]) for session in sessions)
    tap.ok("weir killed: its last statistics are older than what arrived, and say so",
           one.last["weirFinal"] == 0 and 0 < one.last["exportedFlowRecordTotalCount"] <= one.records
           and one.by_numbers == 0, one)
    tap.ok("... the next one is another", one.last["systemInitTimeMilliseconds"] < other.last["systemInitTimeMilliseconds"])
    tap.equal("... of which nothing is missing", (missing(tap, "the next", other), other.by_numbers), ((0, 0), 0))
    row = next(row for row in report["outputs"] if row["output"] == "export")
    as_weir_says(tap, "the next", other.last, report, row)


def main() -> None:
    tap = Tap()
    failing_collectors(tap)
    killed_weir(tap)
    tap.end()


if __name__ == "__main__":
    main()
