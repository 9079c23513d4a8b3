# SPDX-License-Identifier: BSD-3-Clause
"""weirweb: a real Prometheus scrapes it, with the configuration and the alerts of docs/export.md, and has every value that
the socket has; who else asks, slowly, wrongly or much, and weir that comes and goes.

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: prefilter, weir]     weirweb, Prometheus on loopback
"""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Optional

from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import replay_in_step, without_ipv4_fragments

OPENMETRICS = "application/openmetrics-text"
SERIES = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
RULES = "drop from 203.0.113.0/24\n"
# They go on while nothing comes.
RESTLESS = ("weir_workers_cpu_", "weir_throughput_", "weir_statistics_age", "scrape_", "up")


class Statistic(NamedTuple):
    path: list[str]
    name: str
    counter: bool
    metric: str


class Got(NamedTuple):
    status: int
    type: str
    text: str


class Web:
    """A running weirweb."""

    def __init__(self, rig: Rig, *options: object):
        log = rig.folder / "weirweb.log"
        log.unlink(missing_ok=True)
        self.process = rig.start(weir.WEIRWEB, "--listen", "127.0.0.1:0", *options)
        line = wait_until(lambda: re.search(r"weirweb: http://(\S+)/metrics\n", log.read_text()), "weirweb")
        self.address = line[1]

    def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Got(answer.status, answer.headers["Content-Type"], answer.read().decode())
        except urllib.error.HTTPError as error:
            return Got(error.code, error.headers["Content-Type"], error.read().decode())

    def connect(self) -> socket.socket:
        host, port = self.address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=20)


def listed() -> list[Statistic]:
    """All statistics, as the documents have them."""
    found, path = [], []
    for line in Path("docs/statistics.md").read_text().splitlines():
        if line.startswith("## "):
            path = line[3:].split(".")
        elif row := re.fullmatch(r"\| `(\w+)` \| (counter|gauge) \|.*\| `(\w+)` \|", line):
            found.append(Statistic(path, row[1], row[2] == "counter", row[3]))
    return found


def series(text: str) -> dict[tuple, float]:
    """Value by name and labels, in Prometheus's own format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SERIES.fullmatch(line).groups()
            found[name, *sorted(LABEL.findall(labels or ""))] = float(value)
    return found


def expected(report: dict, statistic: Statistic) -> dict[tuple, float]:
    """The same of one statistic, from a report."""
    objects = [((), report)]
    for part in statistic.path:
        inside = []
        for labels, item in objects:
            members = item.get(part)
            if isinstance(members, list):
                key = next(key for key in ("worker", "name", "queue", "to") if key in members[0])
                inside += [(labels + ((part[:-1], str(member[key])),), member) for member in members]
            elif members is not None:
                inside.append((labels, members))
        objects = inside
    return {(statistic.metric, *sorted(labels)): item[statistic.name] / (
        1e6 if "microseconds" in statistic.name else 1) for labels, item in objects}


def check_values(tap: Tap, live: LiveWeir, web: Web) -> None:
    """What the socket says before and after, and weirweb between."""
    before = json.loads(live.ctl("--json", "report").output)
    text = web.get("/metrics").text
    between = series(text)
    after = json.loads(live.ctl("--json", "report").output)
    wrong, seen = [], 0
    for statistic in listed():
        low, high = expected(before, statistic), expected(after, statistic)
        seen += len(low)
        if not low:
            wrong.append(f"{statistic.metric}: not in the report")
        for key, value in low.items():
            if statistic.path == ["throughput"]:
                continue
            if key not in between or (statistic.counter or value == high[key]) and not (
                    value <= between[key] <= high[key]):
                wrong.append(f"{key}: {value}, {between.get(key)}, {high[key]}")
    tap.equal(f"every value is the socket's ({seen} of {len(listed())} statistics)", wrong, [])
    reasons = {labels[1][1]: value for (name, *labels), value in between.items() if name == "weir_ledger_reasons_frames_total"}
    tap.equal("frames by reason", {name: value for name, value in reasons.items() if value}, before["ledger"]["reasons"])
    tap.ok("... begin at 0", len(reasons) > len(before["ledger"]["reasons"]), reasons)
    sizes = [between["weir_frame_size_octets_bucket", ("le", le)] for le in (
        "64.0", "127.0", "255.0", "511.0", "1023.0", "1518.0", "+Inf")]
    packets = [row["packets"] for row in before["packet_size"]["histogram"]]
    tap.equal("a histogram of sizes", sizes, [sum(packets[:i + 1]) for i in range(len(packets))])
    bound = 130 + 16 * len(before["workers"]) + sum(7 + 3 * len(port["queues"]) for port in before["ports"]) + (
        5 * len(before["outputs"]))
    tap.ok("no more series than docs/export.md says", len(between) <= bound, (len(between), bound))


def check_formats(tap: Tap, web: Web) -> None:
    plain = web.get("/metrics")
    tap.equal("without Accept: Prometheus's own format", (plain.status, plain.type),
              (200, "text/plain; version=0.0.4; charset=utf-8"))
    lint = subprocess.run(["promtool", "check", "metrics"], input=plain.text, capture_output=True, text=True, check=False)
    tap.equal("promtool check metrics has nothing to say", (lint.returncode, lint.stdout + lint.stderr), (0, ""))
    other = web.get("/metrics", Accept=f"{OPENMETRICS};version=1.0.0,text/plain;q=0.5")
    tap.ok("OpenMetrics for who would rather have it", other.type.startswith(f"{OPENMETRICS}; version=1.0.0")
           and other.text.endswith("\n# EOF\n"), other)
    head = web.get("/metrics", method="HEAD")
    tap.equal("HEAD: the same without the text", (head.status, head.type, head.text), (200, plain.type, ""))


def documented() -> dict[str, str]:
    """The files of docs/export.md, by the name in their first line."""
    blocks = re.findall(r"^```yaml\n(# (\S+)\n.*?)^```", Path("docs/export.md").read_text(), re.MULTILINE | re.DOTALL)
    return {name: text for text, name in blocks}


class Prometheus:
    """A real one, as docs/export.md sets it up; only sooner."""

    def __init__(self, rig: Rig, web: Web):
        files = documented()
        (rig.folder / "weir.rules.yml").write_text(files["weir.rules.yml"].replace("for: 1m", "for: 1s"))
        config = files["prometheus.yml"].replace("127.0.0.1:8474", web.address).replace("15s", "500ms")
        self.config = rig.folder / "prometheus.yml"
        self.config.write_text("global: {evaluation_interval: 500ms}\n" + config)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        rig.start("prometheus", f"--config.file={self.config}", f"--web.listen-address={self.address}",
                  f"--storage.tsdb.path={rig.folder / 'tsdb'}")

    def ask(self, what: str) -> Optional[dict]:
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/{what}", timeout=10) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def target(self) -> dict:
        targets = (self.ask("targets") or {}).get("activeTargets", [])
        return targets[0] if targets else {}

    def series(self) -> dict[tuple, float]:
        found = {}
        query = urllib.parse.urlencode({"query": '{job="weir"}'})
        for one in (self.ask(f"query?{query}") or {"result": []})["result"]:
            labels = one["metric"]
            name = labels.pop("__name__")
            own = sorted((label, value) for label, value in labels.items() if label not in ("job", "instance"))
            found[name, *own] = float(one["value"][1])
        return found

    def alerts(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in (self.ask("alerts") or {"alerts": []})["alerts"]
                if alert["state"] == "firing"}


def quiet(values: dict[tuple, float]) -> dict[tuple, float]:
    return {key: value for key, value in values.items() if not key[0].startswith(RESTLESS)}


def check_prometheus(tap: Tap, web: Web, prometheus: Prometheus) -> None:
    check = subprocess.run(["promtool", "check", "config", prometheus.config], capture_output=True, text=True, check=False)
    tap.ok("promtool check config: configuration and rules of docs/export.md", check.returncode == 0
           and "6 rules found" in check.stdout, check)
    wait_until(lambda: prometheus.target().get("health") == "up", "Prometheus's first scrape")
    tap.equal("Prometheus has no complaint", prometheus.target()["lastError"], "")
    text = quiet(series(web.get("/metrics").text))
    same = wait_until(lambda: quiet(prometheus.series()) == text or None, "the newest values in Prometheus", 20)
    tap.ok(f"... and has every value ({len(text)} series)", same)
    tap.equal("... and no alert fires", prometheus.alerts(), set())


def check_requests(tap: Tap, live: LiveWeir, web: Web) -> None:
    answer = web.get("/api/v1/ledger")
    tap.equal("/api/v1/ledger", (answer.status, answer.type, json.loads(answer.text)["received"]),
              (200, "application/json", live.ask("/weir/ledger")["received"]))
    rows = json.loads(web.get("/api/v1/top?dimension=source&count=2").text)["rows"]
    tap.equal("/api/v1/top with parameters", rows, live.ask("/weir/top,source,2")["rows"])
    for path, status, words in (
            ("/api/v1/top", 400, "dimension"), ("/api/v1/top?dimension=x", 400, "is not one of"),
            ("/api/v1/prefilter/add?rule=drop", 403, "changes"), ("/api/v1/ethdev", 404, "no such"), ("/", 404, "/metrics"),
            ("/metrics/x", 404, "/metrics")):
        answer = web.get(path)
        tap.ok(f"{path}: {status}", answer.status == status and words in answer.text, answer)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        tap.equal(f"{method}: 405", web.get("/api/v1/ledger", method=method).status, 405)
    tap.equal("a name that is somebody else's: 403", web.get("/metrics", Host="evil.example:80").status, 403)
    tap.equal("... and one that is ours", web.get("/metrics", Host="weir.example").status, 200)
    for what, request in {"no HTTP": b"\0\1\2\r\n\r\n", "a head of 100 kB": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + bytes(100_000),
                          "HTTP/1.1 without a host": b"GET /metrics HTTP/1.1\r\n\r\n"}.items():
        with web.connect() as client:
            client.settimeout(1)
            try:
                client.sendall(request)
                said = client.recv(100)
            except OSError:  # closed, or it waits for more that makes sense
                said = b""
        tap.ok(f"{what}: not served", said == b"" or said.split()[1][:1] == b"4", said)


def check_clients(tap: Tap, web: Web) -> None:
    """Those that are slow keep their places, not the others'."""
    slow = [web.connect() for _ in range(55)]
    for client in slow:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: web.get("/metrics").status, range(100)))
    tap.equal("100 scrapes, 8 at a time, beside 55 clients that never end their request", statuses, [200] * 100)
    for client in slow:
        client.close()


def check_absence(tap: Tap, rig: Rig, live: LiveWeir, web: Web, prometheus: Prometheus, *how: object, **where: object) -> None:
    begun = series(web.get("/metrics").text)["weir_start_time_seconds",]
    live.process.send_signal(signal.SIGSTOP)
    answer = web.get("/metrics")
    tap.ok("weir is stopped: 503 after two seconds", answer.status == 503 and "no answer within 2 s" in answer.text, answer)
    live.process.send_signal(signal.SIGCONT)
    tap.equal("... and goes on: 200", web.get("/metrics").status, 200)
    live.stop()
    answer = web.get("/metrics")
    tap.ok("weir has ended: 503 with a line", answer.status == 503 and answer.text.count("\n") == 1
           and "no weir runs as" in answer.text, answer)
    answer = web.get("/api/v1/ledger")
    tap.ok("... and of JSON", answer.status == 503 and "no weir runs as" in json.loads(answer.text)["error"], answer)
    wait_until(lambda: prometheus.series().get(("up",)) == 0, "Prometheus to see it")
    wait_until(lambda: "WeirAbsent" in prometheus.alerts(), "the alert")
    tap.ok("... the alert of docs/export.md fires", True)
    live = rig.weir(*how, prefix=live.prefix, **where)
    again = series(web.get("/metrics").text)
    tap.ok("weir is there again", again["weir_start_time_seconds",] > begun
           and again["weir_ledger_received_frames_total",] == 0, again)


def check_start(tap: Tap, web: Web) -> None:
    for options, status, words in (
            (("--listen", web.address), 1, ("in use", "another port")), (("--listen", "8474"), 2, ("ADDRESS:PORT",)),
            (("--listen", "192.0.2.1:8474"), 1, ("--listen 192.0.2.1:8474",)),
            (("--listen", "[::1:8474"), 2, ("ADDRESS:PORT",)), (("--listen", "127.0.0.1:http-ish"), 2, ("--listen",)),
            (("--socket", "/x", "--file-prefix", "y"), 2, ("exclude",)), (("word",), 2, ("word",))):
        done = weir.run(*options, command=(weir.WEIRWEB,), timeout=20)
        tap.ok(f"weirweb {' '.join(options)}: one line, exit {status}", done.status == status
               and done.errors.count("\n") == 1 and all(word in done.errors for word in words), done)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        rules = rig.folder / "rules"
        rules.write_text(RULES)
        how = ("--interface", "mon0", "--driver", "af_packet", "--prefilter", rules)
        prefix = f"weir-metrics-{os.getpid()}"
        web = Web(rig, "--file-prefix", prefix, "--host", "weir.example")
        prometheus = Prometheus(rig, web)  # it takes five seconds to look for targets
        tap.equal("no weir yet: 503", web.get("/metrics").status, 503)
        live = rig.weir(*how, prefix=prefix, namespace=monitor)
        replay_in_step(sender, "span0", without_ipv4_fragments(weir.BUNDLED, str(rig.folder / "sent.pcap")), live)
        check_values(tap, live, web)
        check_formats(tap, web)
        check_prometheus(tap, web, prometheus)
        check_requests(tap, live, web)
        check_clients(tap, web)
        check_absence(tap, rig, live, web, prometheus, *how, namespace=monitor)
        check_start(tap, web)
        held = web.connect()
        web.process.send_signal(signal.SIGTERM)
        tap.equal("SIGTERM: exit 0, whoever is connected", web.process.wait(5), 0)
        held.close()
    tap.end()


if __name__ == "__main__":
    main()
