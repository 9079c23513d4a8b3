# SPDX-License-Identifier: BSD-3-Clause
"""Records to a real ClickHouse, which is checked to the record, loses its connections, is killed, is full, slow, and wrong:

    weir ---- clickhouse+http:// ---- (a relay that breaks off) ---- clickhouse-server
"""

import json
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from tests.kit import weir
from tests.kit.clickhouse import Server, free_port
from tests.kit.rig import LiveWeir, Rig, documents, run, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows

MANY = 20_000
EAL = ("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
       f"--vdev=net_pcap0,rx_pcap={weir.BUNDLED},infinite_rx=1")
QUICK = ("--active-timeout", "0.2")  # so that each flow is a record five times a second


def url(port: int, table: str = "flows", **settings: object) -> str:
    return f"clickhouse+http://127.0.0.1:{port}/net.{table}?" + "&".join(
        f"{name.replace('_', '-')}={value}" for name, value in ({"create": "yes"} | settings).items())


def ledger(report: dict) -> dict:
    row = next(row for row in report["outputs"] if row["output"] == "export")
    assert row["given"] == sum(row[part] for part in ("sent", "waiting", "lost_full", "lost_remote")), row
    return row


def stored(server: Server) -> int:
    return int(server.ask("SELECT count() FROM net.flows"))


# ---- what is stored ----

def as_record(row: dict) -> dict:
    """A row as --flows has the record: with the fields that it has, and addresses of its version."""
    four = row["sourceIPv6Address"].startswith("::ffff:")
    protocol = row["protocolIdentifier"]
    record = {}
    for name, value in row.items():
        if (name in ("exporter", "batch", "time") or ("cmpTypeCodeIPv4" in name and protocol != 1)
                or ("cmpTypeCodeIPv6" in name and protocol != 58) or ("cpControlBits" in name and protocol != 6)):
            continue
        if name.endswith("IPv6Address") and four:
            name, value = name.replace("IPv6", "IPv4"), value.removeprefix("::ffff:")
        record[name] = value.lower() if name.endswith("MacAddress") else value
    return record


def records(server: Server) -> list[dict]:
    columns = [name for name, in server.rows(
        "SELECT name FROM system.columns WHERE database = 'net' AND table = 'flows'")]
    shown = [f"IPv6NumToString({name}) AS {name}" if name.endswith("IPv6Address") else
             f"MACNumToString({name}) AS {name}" if name.endswith("MacAddress") else name for name in columns]
    text = server.ask(f"SELECT {', '.join(shown)} FROM net.flows FORMAT JSONEachRow",
                      "?output_format_json_quote_64bit_integers=0")
    return [json.loads(line) for line in text.splitlines()]


def in_order(rows: list[dict]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def to_the_field(tap: Tap, rig: Rig, server: Server) -> None:
    captures = [weir.BUNDLED, *map(str, sorted((weir.CAPTURES / "ethernet").glob("*.pcap*"))[:40])]
    password = rig.folder / "password"
    password.write_text("secret\n")
    done = weir.analyse(*captures, options=(
        "--export", url(server.port, exporter="edge-1", user="edge", password_file=password)))
    rows = records(server)
    tap.equal("captures", done.faults(), [])
    tap.equal("... each record is a row, to the field", in_order([as_record(row) for row in rows]), in_order(done.flows))
    tap.equal("... who saw it, and when it ended", (
        {row["exporter"] for row in rows},
        int(server.ask("SELECT countIf(toUInt32(time) != toUInt32(intDiv(flowEndMilliseconds, 1000))) FROM net.flows"))),
        ({"edge-1"}, 0))
    sums = server.rows("SELECT count(), sum(packetDeltaCount + reversePacketDeltaCount) FROM net.flows")[0]
    tap.equal("... sums are the ledgers'", [int(value) for value in sums],
              [ledger(done.report)["sent"], done.report["ledger"]["flow"]])
    said = [line for line in done.run.errors.splitlines() if "clickhouse" in line]
    tap.ok("... and it is said that the table was made", len(said) == 1 and "the table is made" in said[0], said)
    server.ask("DROP TABLE net.flows")


# ---- answers that do not come ----

class Relay:
    """To the server, but the first connection with an INSERT is treated as `how` says."""

    def __init__(self, server: Server, how: str):
        self.server, self.how, self.port = server, how, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.server.port)) as server:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (got := client.recv(65536)):
                        return
                    head += got
                left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                head, body = head.split(b"\r\n\r\n", 1)
                how = self.how if b"query_id=weir-" in head else ""
                self.how = "" if how else self.how
                stop = left // 2 if how == "cut" else 0
                server.sendall(head + b"\r\n\r\n" + body)
                left -= len(body)
                while left > stop:
                    got = client.recv(min(65536, left - stop))
                    server.sendall(got)
                    left -= len(got)
                if how == "cut":
                    return
                answer = server.recv(65536)
                if how == "swallow":
                    return
                client.sendall(answer)
                while not answer.endswith(b"\r\n0\r\n\r\n") and b"chunked" in answer or b"\r\n\r\n" not in answer:
                    got = server.recv(65536)
                    client.sendall(got)
                    answer += got


def breaks_off(tap: Tap, rig: Rig, server: Server) -> None:
    many = many_flows(str(rig.folder / "many.pcap"), MANY, MANY)
    for how, what in (("swallow", "an answer that is lost"), ("cut", "rows that arrive by half")):
        relay = Relay(server, how)
        done = weir.analyse(many, options=("--export", url(relay.port, buffer=16384)))
        tap.equal(what, (done.faults(), relay.how), ([], ""))
        tap.equal("... each record is there once", (stored(server), ledger(done.report)["sent"]), (MANY, MANY))
        server.ask("DROP TABLE net.flows")


def takes_long(tap: Tap, server: Server) -> None:
    """It goes on with an INSERT whose sender does not wait for it any more."""
    weir.analyse(weir.BUNDLED, options=("--export", url(server.port)))
    server.ask("TRUNCATE TABLE net.flows")
    server.ask("CREATE MATERIALIZED VIEW net.slow ENGINE = Memory AS SELECT sleep(2) AS slept, count() AS rows FROM net.flows")
    done = weir.analyse(weir.BUNDLED, options=("--export", url(server.port, timeout=0.5)))
    tap.equal("a server that takes long", done.faults(), [])
    tap.equal("... each record is there once", stored(server), ledger(done.report)["sent"])
    tap.ok("... which was waited for", "Timeout" in done.run.errors or "timed out" in done.run.errors, done.run.errors)
    server.ask("DROP TABLE net.slow")
    server.ask("DROP TABLE net.flows")


# ---- live ----

def row_of(live: LiveWeir) -> dict:
    return ledger({"outputs": list(live.ask("/weir/export")["outputs"].values())})


def killed(tap: Tap, rig: Rig, server: Server) -> None:
    report = rig.folder / "report"
    live = rig.weir(*QUICK, "--report", report, "--export", url(server.port, linger=0.01, buffer=1024), eal=EAL)
    for _ in range(3):
        sent = row_of(live)["sent"]
        wait_until(lambda: row_of(live)["sent"] > sent, "rows")
        time.sleep(random.uniform(0, 0.2))
        server.kill()
        wait_until(lambda: row_of(live)["lost_full"] > 0, "losses")
        before = live.ask("/weir/ledger")
        server.start()
    wait_until(lambda: live.ask("/weir/ledger")["received"] > before["received"], "frames")
    after = live.ask("/weir/ledger")
    tap.ok("live, and the server is killed: the analysis goes on", "age_ms" not in after, after)
    sent = row_of(live)["sent"]
    wait_until(lambda: row_of(live)["sent"] > sent, "rows again")
    live.process.send_signal(signal.SIGTERM)
    live.process.wait(30)
    row = ledger(documents(report.read_text())[-1])
    tap.equal("... and each record that counts as sent is there once", stored(server), row["sent"])
    said = [line for line in live.errors.read_text().splitlines() if "clickhouse+http" in line]
    tap.ok("... a line each time says that it fails", 1 <= sum("tried again" in line for line in said) <= 3, said)
    server.ask("DROP TABLE net.flows")


# ---- what is wrong ----

def nonsense(answer: bytes) -> int:
    """The port of a server that says the same to everybody."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def mistakes(tap: Tap, rig: Rig, server: Server) -> None:
    """Of a live weir with many outlets, each says in one line what is wrong with it."""
    other = rig.folder / "other"
    other.write_text("secret2\n")
    server.ask("CREATE TABLE net.other (exporter String, batch String) ENGINE = Memory")
    cases = [
        ("a table that is not there", url(server.port, create="no", table="missing"), "there is no table net.missing", "create=yes"),
        ("a wrong password", url(server.port, user="edge", password_file=other, table="a"), "401", "Wrong password for user edge"),
        ("a column of another type", url(server.port, table="other"), "column batch is of type String"),
        ("a TTL that the server does not know", url(server.port, ttl=30, table="b"), "18.16", "ttl"),
        ("nobody there", url(free_port()), "onnect", "tried again"),
        ("none of ClickHouse", url(nonsense(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")), "not ClickHouse"),
        ("a server that talks nonsense", url(nonsense(b"\0\1\2 what?\r\n\r\n")), "tried again")]
    live = rig.weir(*QUICK, *(word for _, target, *_ in cases for word in ("--export", target)), eal=EAL)
    outlets = lambda: [row for row in live.ask("/weir/export")["outputs"].values() if row["output"] == "export"]
    wait_until(lambda: all(row.get("failure") for row in outlets()), "failures")
    errors = live.errors.read_text().splitlines()
    for name, target, *words in cases:
        said = [line for line in errors if target.split("?")[0] + ":" in line and "too slowly" not in line]
        tap.ok(f"{name}: one line", len(said) == 1 and all(word in said[0] for word in words) and "secret" not in said[0], said)
    live.process.kill()


def wrong_urls(tap: Tap) -> None:
    for name, target, words in (
            ("no table", "clickhouse+http://localhost/?create=yes", ("DATABASE.TABLE",)),
            ("a name that is none", "clickhouse+http://localhost/a.b%60", ("DATABASE.TABLE",)),
            ("a password that is not there", "clickhouse+http://localhost/a.b?password-file=/nowhere", ("/nowhere",)),
            ("a password that is a folder", "clickhouse+http://localhost/a.b?password-file=/", ("Is a directory",)),
            ("trust without TLS", "clickhouse+http://localhost/a.b?verify=no", ("not encrypted",)),
            ("a setting that is none", "clickhouse+http://localhost/a.b?password=secret", ("password",))):
        done = weir.run("--read", weir.BUNDLED, "--export", target)
        tap.ok(f"a wrong URL: {name}", done.status != 0 and done.errors.count("\n") == 1
               and all(word in done.errors for word in words) and "secret" not in done.errors, done)


def full(tap: Tap) -> None:
    """A disk that gets full, and has room again."""
    with Rig() as rig:
        disk = rig.folder / "disk"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=64m", "none", disk)
        rig.callback(run, "umount", "-l", disk)
        server = Server(rig, disk)
        report = rig.folder / "report"
        live = rig.weir(*QUICK, "--report", report, "--export", url(server.port, linger=0.1, buffer=1024), eal=EAL)
        wait_until(lambda: row_of(live)["sent"] > 0, "rows")
        with open(disk / "ballast", "wb") as ballast:
            try:
                while True:
                    ballast.write(bytes(1 << 16))
                    ballast.flush()
            except OSError:
                pass
        wait_until(lambda: row_of(live).get("failure"), "a full disk")
        said = [line for line in live.errors.read_text().splitlines() if "clickhouse+http" in line and "tried" in line]
        tap.ok("a full disk: the server's words", len(said) == 1 and "space" in said[0], said)
        (disk / "ballast").unlink()
        sent = row_of(live)["sent"]
        wait_until(lambda: row_of(live)["sent"] > sent, "rows again")
        live.process.send_signal(signal.SIGTERM)
        live.process.wait(30)
        tap.equal("... and each record that counts as sent is there once", stored(server),
                  ledger(documents(report.read_text())[-1])["sent"])
        server.kill()


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        server = Server(rig)
        server.ask("CREATE DATABASE IF NOT EXISTS net")
        to_the_field(tap, rig, server)
        breaks_off(tap, rig, server)
        takes_long(tap, server)
        killed(tap, rig, server)
        mistakes(tap, rig, server)
    wrong_urls(tap)
    full(tap)
    tap.end()


if __name__ == "__main__":
    main()
