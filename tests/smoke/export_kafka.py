# SPDX-License-Identifier: BSD-3-Clause
"""Records to Kafka: the brokers that librdkafka brings along (tests/kit/kafka_cluster.c), which are slow, refuse, break
connections off, are down and come back, and a reader who checks each record:

    weir ---- kafka:// ---- three brokers, a topic of four partitions ---- reader
"""

import json
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig, documents, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows

MANY = 20_000
EAL = ("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
       f"--vdev=net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1")
QUICK = ("--active-timeout", "0.2")  # so that each flow is a record five times a second


class Cluster:
    """The brokers and the reader of one topic."""

    def __init__(self, rig: Rig, name: str = "flows"):
        self.file = rig.folder / f"{name}.read"
        self.process = rig.start(str(weir.BUILD / "tests/kit/kafka-cluster"), name, self.file,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"kafka://{self.process.stdout.readline().strip()}/{name}"

    def tell(self, *commands: str) -> str:
        answer = ""
        for command in commands:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().strip()
        return answer

    def all(self, how: str) -> None:
        self.tell(*(how.format(number) for number in (1, 2, 3)))

    def read(self) -> list[tuple[str, str, dict]]:
        """Partition, key and record of all that is there."""
        count = int(self.tell("read"))
        rows = [line.split(" ", 2) for line in self.file.read_text().splitlines()]
        assert len(rows) == count
        return [(partition, key, json.loads(value)) for partition, key, value in rows]


def ledger(report: dict) -> dict:
    row = next(row for row in report["outputs"] if row["output"] == "export")
    assert row["given"] == sum(row[part] for part in ("sent", "waiting", "lost_full", "lost_remote")), row
    return row


def records(rows: list) -> list[str]:
    """As lines that can be compared, without the exporter's name."""
    return sorted(json.dumps({name: value for name, value in record.items() if name != "exporter"})
                  for _, _, record in rows)


def same_as_file(tap: Tap, name: str, run: weir.Analysis, rows: list) -> None:
    """Each record once, as --flows has it."""
    tap.equal(name, run.faults(), [])
    tap.equal("... each record came once", records(rows), sorted(json.dumps(flow) for flow in run.flows))
    sent = ledger(run.report)
    tap.equal("... and is counted", (sent["sent"], sent["given"]), (len(rows), len(rows)))


# ---- captures, which wait ----

def ends(record: dict) -> frozenset:
    return frozenset((record.get(f"{side}IPv4Address") or record[f"{side}IPv6Address"],
                      record[f"{side}TransportPort"]) for side in ("source", "destination"))


def each_once(tap: Tap) -> None:
    with Rig() as rig:
        cluster = Cluster(rig)
        # Pieces of 50 ms: what flow they are of shows by their key, whoever sent first in them.
        run = weir.analyse(weir.BUNDLED, options=(
            "--active-timeout", "0.05", "--export", f"{cluster.url}?exporter=edge-1"))
        rows = cluster.read()
        same_as_file(tap, "a capture", run, rows)
        tap.equal("... who saw it", {record["exporter"] for _, _, record in rows}, {"edge-1"})
        of_flow, of_key, times = defaultdict(set), defaultdict(set), defaultdict(list)
        for partition, key, record in rows:
            flow = (ends(record), record["protocolIdentifier"], record["vlanId"])
            of_flow[flow].add((partition, key))
            of_key[key].add(flow)
            times[flow].append(record["flowStartMilliseconds"])
        tap.ok("... a flow's pieces are in one partition, with one key",
               all(len(places) == 1 for places in of_flow.values()) and len(of_flow) < len(rows), of_flow)
        tap.ok("... no other flow has that key", all(len(flows) == 1 for flows in of_key.values()), of_key)
        tap.ok("... in their order", all(found == sorted(found) for found in times.values()), times)
        tap.equal("... all partitions are used", {partition for partition, _, _ in rows}, {"0", "1", "2", "3"})


def disturbed(tap: Tap) -> None:
    """Errors that pass: librdkafka sends again, and the broker stores nothing twice."""
    with Rig() as rig:
        cluster = Cluster(rig)
        many = many_flows(str(rig.folder / "many.pcap"), MANY, MANY)
        cluster.tell("refuse _TRANSPORT 2", "refuse NOT_LEADER_FOR_PARTITION 2", "refuse REQUEST_TIMED_OUT 2",
                     "refuse NOT_ENOUGH_REPLICAS_AFTER_APPEND 2")
        run = weir.analyse(many, options=("--export", cluster.url))
        same_as_file(tap, "brokers that break off and refuse for a while", run, cluster.read())
        tap.equal("... nothing is said", run.run.errors, "")


def comes_late(tap: Tap) -> None:
    with Rig() as rig:
        cluster = Cluster(rig)
        cluster.all("down {}")
        errors = rig.folder / "errors"
        flows = rig.folder / "flows.jsonl"
        with open(errors, "wb") as log, open(rig.folder / "report", "wb") as report:
            process = rig.start(weir.WEIR, "--read", weir.BUNDLED, "--format", "json", "--flows", flows,
                                "--export", cluster.url, stdout=report, stderr=log)
        wait_until(lambda: "refused" in errors.read_text(), "a line about it")
        tap.ok("brokers that are down: a capture waits for them", process.poll() is None)
        cluster.all("up {}")
        tap.equal("... until they are there", process.wait(60), 0)
        said = errors.read_text().splitlines()
        tap.ok("... and said so in two lines", len(said) == 2 and "onnection refused" in said[0]
               and "again" in said[1], said)
        document = json.loads((rig.folder / "report").read_text())
        tap.equal("... each record came once", records(cluster.read()),
                  sorted(json.dumps(json.loads(line)) for line in flows.read_text().splitlines()))
        tap.equal("... and is counted", ledger(document)["lost_remote"] + ledger(document)["lost_full"], 0)


def refused(tap: Tap) -> None:
    with Rig() as rig:
        cluster = Cluster(rig)
        many = many_flows(str(rig.folder / "many.pcap"), MANY, MANY)
        cluster.tell("refuse MSG_SIZE_TOO_LARGE 1")
        report = rig.folder / "report"
        run = weir.run("--read", many, "--format", "json", "--report", str(report), "--export", cluster.url)
        row, rows = ledger(json.loads(report.read_text())), cluster.read()
        tap.ok("records that the broker refuses are lost", 0 < row["lost_remote"] < MANY, row)
        tap.equal("... the others are there, each once", (len(rows), len(set(records(rows)))), (row["sent"],) * 2)
        tap.ok("... it is said, and how many", run.status == 1 and "refuses records" in run.errors
               and f"{row['sent']:,} flow records" in run.errors, run)


def without_end(tap: Tap) -> None:
    """SIGTERM while a broker is down."""
    with Rig() as rig:
        cluster = Cluster(rig)
        cluster.all("down {}")
        errors, report = rig.folder / "errors", rig.folder / "report"
        with open(errors, "wb") as log:
            process = rig.start(weir.WEIR, "--read", weir.BUNDLED, "--format", "json", "--report", report,
                                "--export", cluster.url, stderr=log)
        wait_until(lambda: "refused" in errors.read_text(), "a line about it")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status, seconds = process.wait(30), time.monotonic() - began
        row = ledger(json.loads(report.read_text()))
        tap.equal("brokers that never come: SIGTERM ends the waiting", (status, seconds < 12), (1, True))
        tap.equal("... what is left is counted", (row["sent"], row["lost_remote"]), (0, row["given"]))
        tap.ok("... and said", f"{row['given']:,} were not" in errors.read_text(), errors.read_text())


# ---- live ----

def row_of(live: LiveWeir) -> dict:
    return ledger({"outputs": list(live.ask("/weir/export")["outputs"].values())})


def down_and_up(tap: Tap) -> None:
    """While frames come all the time: nobody waits, what is lost is counted, and what is acknowledged is there."""
    with Rig() as rig:
        cluster = Cluster(rig)
        report = rig.folder / "report"
        live = rig.weir(*QUICK, "--report", report, "--export", f"{cluster.url}?buffer=512", eal=EAL)
        wait_until(lambda: row_of(live)["sent"] > 0, "records")
        cluster.all("down {}")
        wait_until(lambda: row_of(live)["lost_full"] > 0, "losses")
        before = live.ask("/weir/ledger")
        wait_until(lambda: live.ask("/weir/ledger")["received"] > before["received"], "frames")
        after = live.ask("/weir/ledger")
        tap.ok("live, and all brokers are down: the analysis goes on", "age_ms" not in after, after)
        wait_until(lambda: row_of(live).get("failure"), "a failure")
        cluster.all("up {}")
        sent = row_of(live)["sent"]
        wait_until(lambda: row_of(live)["sent"] > sent, "records again")
        cluster.all("slow {} 300")
        sent = row_of(live)["sent"]
        wait_until(lambda: row_of(live)["sent"] > sent, "records to slow brokers")
        cluster.all("slow {} 0")
        live.process.send_signal(signal.SIGTERM)
        tap.ok("... and slow: it ends in time", live.process.wait(30) is not None)
        row, rows = ledger(documents(report.read_text())[-1]), cluster.read()
        tap.equal("... what was acknowledged is there, once",
                  len(rows), row["sent"])
        said = [line for line in live.errors.read_text().splitlines() if "kafka:" in line]
        tap.ok("... one line says that it fails, one that it is over",
               sum("it is tried again" in line for line in said) == 1
               and sum("written to again" in line for line in said) == 1, live.errors.read_text())


# ---- what is wrong ----

def mistakes(tap: Tap, folder: Path) -> None:
    config = folder / "kafka.properties"
    config.write_text("# a comment\n\nsasl.password=secret\nlinger.ms = soon-secret\n")
    for name, query, *words in (
            ("acks", "acks=many", "acks=many"),
            ("a codec", "compression=zip", "compression.codec=zip"),
            ("a property", f"config={config}", "kafka.properties:4: linger.ms"),
            ("a file that is not there", "config=/nowhere", "/nowhere: No such file"),
            ("a folder for a file", "config=/", "config=/: Is a directory"),
            ("a name", "exporter=a%20b", "exporter=a b")):
        run = weir.run("--read", weir.BUNDLED, "--export", f"kafka://localhost/flows?{query}")
        tap.ok(f"a wrong setting: {name}", run.status != 0 and run.errors.count("\n") == 1
               and all(word in run.errors for word in words) and "secret" not in run.errors, run)


def main() -> None:
    tap = Tap()
    each_once(tap)
    disturbed(tap)
    comes_late(tap)
    refused(tap)
    without_end(tap)
    down_and_up(tap)
    with Rig() as rig:
        mistakes(tap, rig.folder)
    tap.end()


if __name__ == "__main__":
    main()
