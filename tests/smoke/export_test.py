# SPDX-License-Identifier: BSD-3-Clause
"""`weirctl export test`: real collectors have what it says that they get, and lack what it says that they lack.

    weirctl ---- loopback ---- nfcapd, nfacctd, a reader of lines
"""

import csv
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

from tests.kit import weir
from tests.kit.certificates import Authority
from tests.kit.rig import Rig, run, wait_until
from tests.kit.tap import Tap

KINDS = {"IPFIX, biflow": "ipfix+udp://127.0.0.1:{}", "IPFIX, each way a record": "ipfix+udp://127.0.0.1:{}?biflow=no",
         "NetFlow v9": "netflow9+udp://127.0.0.1:{}"}
ADDRESS = re.compile(r"(?:192\.0\.2\.|2001:db8::)([0-9a-f]+)$")


class Sums(NamedTuple):
    records: int
    packets: int
    octets: int


class Said(NamedTuple):
    """What weirctl printed."""
    text: str
    records: dict[int, tuple[int, int, int, int]]  # packets and octets forward and back, by N
    sums: dict[str, Sums]

    def lacks(self, collector: str, words: str) -> bool:
        return re.search(rf"^{collector} .*{words}", self.text, re.MULTILINE) is not None


def numbers(cells: str) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells.split()]


def export_test(url: str) -> Said:
    text = run(weir.WEIRCTL, "export", "test", url)
    rows = re.findall(r"^ ?(\d+)  \S.*?((?: +[\d,]+){4})$", text, re.MULTILINE)
    sums = re.findall(r"^(forward|back|both).*?((?: +[\d,]+){3})$", text, re.MULTILINE)
    return Said(text, {int(number): tuple(numbers(cells)) for number, cells in rows},
                {name: Sums(*numbers(cells)) for name, cells in sums})


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_bound(port: int) -> bool:
    return f":{port:04X} " in open("/proc/net/udp", encoding="ascii").read()


class Nfdump:
    """nfcapd, and its file read by nfdump."""

    def __init__(self, rig: Rig, number: int):
        self.folder = rig.folder / f"nfcapd{number}"
        self.folder.mkdir()
        self.port = free_port(socket.SOCK_DGRAM)
        self.process = rig.start("nfcapd", "-w", self.folder, "-b", "127.0.0.1", "-p", self.port, "-t", 60)
        wait_until(lambda: is_bound(self.port), "nfcapd")

    def rows(self) -> list[dict[str, str]]:
        self.process.wait(20)
        columns = ("sa", "da", "pkt", "byt", "opkt", "obyt", "stos", "dtos", "flg", "svln")
        text = run("nfdump", "-R", self.folder, "-N", "-q", "-o", "fmt:" + ",".join(f"%{name}" for name in columns))
        return [dict(zip(columns, (cell.strip() for cell in line.split(",")))) for line in text.splitlines() if "," in line]


class Pmacct:
    """nfacctd with the settings of docs/export.md, and what pmacct says that it has."""

    def __init__(self, rig: Rig, number: int):
        self.pipe = rig.folder / f"pmacct{number}"
        self.port = free_port(socket.SOCK_DGRAM)
        text = re.search(r"^```\n(! nfacctd\.conf\n.*?)^```", Path("docs/export.md").read_text(), re.MULTILINE | re.DOTALL)[1]
        for name, value in ("nfacctd_ip", "127.0.0.1"), ("nfacctd_port", self.port), ("imt_path", self.pipe):
            text = re.sub(rf"^{name}: .*$", f"{name}: {value}", text, flags=re.MULTILINE)
        settings = rig.folder / f"nfacctd{number}.conf"
        settings.write_text(text)
        process = rig.start("nfacctd", "-f", settings, start_new_session=True)
        rig.callback(os.killpg, process.pid, signal.SIGKILL)  # by itself it takes two seconds
        wait_until(lambda: is_bound(self.port) and self.pipe.exists(), "nfacctd")

    def rows(self, least: int) -> list[dict[str, str]]:
        """As soon as there are so many."""
        return wait_until(lambda: len(rows := self._ask()) >= least and rows, f"{least} rows of nfacctd")

    def _ask(self) -> list[dict[str, str]]:
        """None while pmacct's client crashes, as it does now and then beside a server that is just filling its table."""
        asked = subprocess.run(["pmacct", "-p", self.pipe, "-s", "-O", "csv"], capture_output=True, text=True, check=False)
        return list(csv.DictReader(asked.stdout.splitlines())) if asked.returncode == 0 else []


def check_nfdump(tap: Tap, kind: str, said: Said, rows: list[dict[str, str]]) -> None:
    both = said.sums["both"]
    way_back = ("pkt", "byt", "opkt", "obyt") if len(rows) < both.records else ("pkt", "byt")
    tap.equal(f"{kind}: nfdump has all packets and octets, both ways",
              Sums(both.records, sum(int(row[name]) for row in rows for name in way_back if "p" in name),
                   sum(int(row[name]) for row in rows for name in way_back if "b" in name)), both)
    first = next(row for row in rows if row["sa"] == "192.0.2.1")
    tap.equal("... TOS and VLAN of the way forward", (first["stos"], [row["svln"] for row in rows if row["sa"] == "192.0.2.6"]),
              ("184", ["100"]))
    if kind == "IPFIX, biflow":
        tap.equal("... each record in one", {int(ADDRESS.match(row["sa"])[1], 16 if ":" in row["sa"] else 10): tuple(
            int(row[name]) for name in ("pkt", "byt", "opkt", "obyt")) for row in rows}, said.records)
        tap.ok("... but not TOS of the way back, as weirctl says", said.lacks("nfdump", "TOS") and first["dtos"] != "40", first)
    else:
        back = [row["stos"] for row in rows if row["da"] == "192.0.2.1"]
        tap.ok("... and TOS of the way back", back == ["40"] and not said.lacks("nfdump", "TOS"), (back, said.text))


def check_pmacct(tap: Tap, kind: str, said: Said, rows: list[dict[str, str]]) -> None:
    got = Sums(len(rows), sum(int(row["PACKETS"]) for row in rows), sum(int(row["BYTES"]) for row in rows))
    if kind == "IPFIX, biflow":
        tap.ok(f"{kind}: pmacct has the way forward alone, as weirctl says", got == said.sums["forward"]
               and said.lacks("pmacct", "way back"), (got, said.text))
        return
    tap.equal(f"{kind}: pmacct has both ways", got, said.sums["both"])
    tap.equal("... TOS", sorted(row["TOS"] for row in rows if "192.0.2.1" in row.values()), ["184", "40"])
    whole = all(".000000" in row["TIMESTAMP_START"] for row in rows)
    tap.equal("... parts of a second, or not, as weirctl says", whole, said.lacks("pmacct", "parts of a second"))


def check_lines(tap: Tap) -> None:
    lines = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def read() -> None:
            with server.accept()[0] as client, client.makefile(encoding="ascii") as text:
                lines.extend(map(json.loads, text))
        reader = threading.Thread(target=read)
        reader.start()
        said = export_test(f"json+tcp://127.0.0.1:{server.getsockname()[1]}")
        reader.join(20)
    tap.equal("lines of JSON: each record", [
        (line["packetDeltaCount"], line["octetDeltaCount"], line["reversePacketDeltaCount"], line["reverseOctetDeltaCount"])
        for line in lines], list(said.records.values()))
    tap.ok("... of which nothing is known to be missing", "Collector" not in said.text, said.text)
    tap.ok("... in 80 columns", all(len(line) <= 80 for line in said.text.splitlines()[1:]), said.text)


class Refused:
    """Nobody listens: it tries for five seconds, which nobody has to wait for here."""

    def __init__(self, rig: Rig):
        self.log = rig.folder / "weirctl.log"
        self.process = rig.start(weir.WEIRCTL, "export", "test", f"json+tcp://127.0.0.1:{free_port(socket.SOCK_STREAM)}")

    def check(self, tap: Tap) -> None:
        status, text = self.process.wait(20), self.log.read_text()
        tap.ok("nobody listens: one line, exit 1", status == 1 and text.count("\n") == 1 and "Connection refused" in text
               and "10 were not" in text, (status, text))


class Resets:
    """Takes each connection of TLS and breaks it. (Of 1.3 there is more to read first, and so none is seen broken.)"""

    def __init__(self, rig: Rig):
        authority = Authority(rig.folder, "authority")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(authority.sign("collector", "IP:127.0.0.1"))
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        self.process = rig.start(weir.WEIRCTL, "export", "test",
                                 f"ipfix+tls://127.0.0.1:{self.server.getsockname()[1]}?verify=no",
                                 stderr=subprocess.PIPE, text=True)

    def _serve(self) -> None:
        while True:
            with self.context.wrap_socket(self.server.accept()[0], server_side=True) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def check(self, tap: Tap) -> None:
        text = self.process.communicate(timeout=20)[1]
        tap.ok("TLS that is broken off: no signal, and not the certificate's fault that nobody looks at",
               self.process.returncode == 1 and text.count("\n") == 1 and "Connection reset" in text,
               (self.process.returncode, text))


def check_failures(tap: Tap) -> None:
    done = weir.run("export", "test", "ipfix+udp://nobody.invalid", command=(weir.WEIRCTL,))
    tap.ok("a host that is none: one line, exit 1", done.status == 1 and done.errors.count("\n") == 1
           and "no address of that host is known" in done.errors, done)
    for words, says in ((("ipfix+udp://",), "host"), (("nonsense",), "nonsense"), ((), "one URL"), (("a:", "b:"), "one URL"),
                        (("--json", "a:"), "alone")):
        done = weir.run("export", "test", *words, command=(weir.WEIRCTL,))
        tap.ok(f"weirctl export test {' '.join(words)}: one line, exit 2", done.status == 2 and done.output == ""
               and done.errors.count("\n") == 1 and says in done.errors, done)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        readers = {kind: (Nfdump(rig, number), Pmacct(rig, number)) for number, kind in enumerate(KINDS)}
        said = {(kind, one): export_test(KINDS[kind].format(reader.port))
                for kind, both in readers.items() for one, reader in enumerate(both)}
        refused, resets = Refused(rig), Resets(rig)
        for nfdump, _ in readers.values():
            nfdump.process.terminate()  # it writes what it has
        for number, (kind, (nfdump, pmacct)) in enumerate(readers.items()):
            check_nfdump(tap, kind, said[kind, 0], nfdump.rows())
            sums = said[kind, 1].sums
            check_pmacct(tap, kind, said[kind, 1], pmacct.rows((sums["both"] if number else sums["forward"]).records))
        check_lines(tap)
        check_failures(tap)
        refused.check(tap)
        resets.check(tap)
    tap.end()


if __name__ == "__main__":
    main()
