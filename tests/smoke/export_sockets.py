# SPDX-License-Identifier: BSD-3-Clause
"""Live records to collectors over TCP and TLS, good ones and bad ones:

    weir ---- json+tcp://, json+tls:// ---- collectors on loopback

Each line is where it was sent, once; what is wrong is said in one line; and the analysis goes on."""

import time
from collections import Counter

from tests.kit import weir
from tests.kit.certificates import Authority
from tests.kit.collector import Collector
from tests.kit.rig import LiveWeir, Rig, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import many_flows

FLOWS = 100  # each a record five times a second, or fifty times:
SLOW, QUICK = ("--active-timeout", "0.2"), ("--active-timeout", "0.02")
NO_ROOM = "nobody reads it, or too slowly"


def start(rig: Rig, *options: object) -> LiveWeir:
    file = many_flows(str(rig.folder / "flows.pcap"), FLOWS, FLOWS)
    return rig.weir(*options, eal=("--lcores=0@0,1@1", "--no-huge", "-m", 512, "--no-shconf", "--no-pci",
                                   f"--vdev=net_pcap0,rx_pcap={file},infinite_rx=1"))


def balanced(row: dict) -> dict:
    """As it is in every snapshot."""
    assert row["given"] == sum(row[part] for part in ("sent", "waiting", "lost_full", "lost_remote")), row
    return row


def outputs(live: LiveWeir) -> dict[str, dict]:
    """Of all outlets of --export, by their URL."""
    rows, offset = {}, 0
    while True:
        answer = live.ask(f"/weir/export,{offset},250")
        rows |= {row["to"]: balanced(row) for row in answer["outputs"].values() if row["output"] == "export"}
        offset += answer["shown"]
        if offset >= answer["total"]:
            return rows


def said(live: LiveWeir, words: str) -> list[str]:
    return [line for line in live.errors.read_text().splitlines() if words in line]


def check_tcp(tap: Tap) -> None:
    with Rig() as rig:
        collector = Collector()
        url = f"json+tcp://127.0.0.1:{collector.port}"
        live = start(rig, *SLOW, "--export", url)
        wait_until(lambda: outputs(live)[url]["sent"] > 500, "records")
        done = live.stop()
        tap.equal("a collector: nothing to complain of", done.faults(), [])
        tap.equal("... it has the lines of --flows, each once", Counter(collector.lines()),
                  Counter(line.encode() for line in done.lines))
        row = balanced(next(row for row in done.report["outputs"] if row["output"] == "export"))
        tap.equal("... and the report counts them", (row["given"], row["sent"]), (len(done.lines), len(done.lines)))


def check_return(tap: Tap) -> None:
    """It is killed and comes back. weir has no capabilities by then."""
    with Rig() as rig:
        first = Collector()
        url = f"json+tcp://127.0.0.1:{first.port}"
        live = start(rig, *SLOW, "--export", url)
        wait_until(lambda: outputs(live)[url]["sent"] > 100, "records")
        first.die()
        wait_until(lambda: outputs(live)[url].get("failure"), "a failure")
        time.sleep(1.5)  # it is tried again meanwhile
        second = Collector(first.port)
        wait_until(lambda: not outputs(live)[url].get("failure"), "a connection")
        wait_until(lambda: said(live, "can be written to again"), "a word on that")
        done = live.stop()
        row = balanced(next(row for row in done.report["outputs"] if row["output"] == "export"))
        got = Counter(first.lines() + second.lines())
        tap.equal("a collector that dies and comes back: exit 0", done.run.status, 0)
        tap.equal("... nothing is lost in weir", (row["sent"], row["given"]), (len(done.lines), len(done.lines)))
        tap.equal("... nothing comes twice, nothing is made up",
                  got - Counter(line.encode() for line in done.lines), Counter())
        tap.ok("... what came next is all there", second.lines()[-100:] == [
            line.encode() for line in done.lines[-100:]])
        tap.equal("... each is said once", [len(said(live, words)) for words in (
            "it is tried again", "can be written to again")], [1, 1])


def bad_ones(rig: Rig) -> dict[str, tuple[str, str]]:
    """What is said of each, and its failure."""
    ours, other = Authority(rig.folder, "ours"), Authority(rig.folder, "other")
    trust = f"?buffer=512&ca={ours.certificate}"
    reject = "its certificate is no good"

    def tls(certificate, **settings) -> str:
        collector = Collector(certificate=certificate, **settings)
        rig.callback(collector.die)
        return f"json+tls://localhost:{collector.port}{trust}"

    nonsense = Collector(greeting=b"220 hello\r\n")
    silent = Collector(reads=False)
    nobody = Collector()
    nobody.die()
    return {
        tls(ours.sign("old", "DNS:localhost", end="20210101000000Z")): ("certificate has expired", reject),
        tls(ours.sign("name", "DNS:example.org")): ("hostname mismatch", reject),
        tls(other.sign("unknown", "DNS:localhost")): ("unable to get local issuer certificate", reject),
        tls(ours.sign("mutual", "DNS:localhost"), clients=ours.certificate): ("certificate required", "Protocol error"),
        f"json+tls://127.0.0.1:{nonsense.port}{trust}": ("TLS: wrong version number", "Protocol error"),
        f"json+tcp://127.0.0.1:{nobody.port}?buffer=512": ("Connection refused", "Connection refused"),
        "json+tcp://nobody.invalid:1?buffer=512": ("it is looked up again", "no address of that host is known"),
        f"json+tcp://127.0.0.1:{silent.port}?buffer=512": (NO_ROOM, None),
    }


def said_once(lines: list[str], words: str) -> bool:
    """
    That there is no room may be said before, of who is slow to refuse; and again, after the kernel at the other end
    has made some once more.
    """
    full, room = (sum(what in line for line in lines) for what in (NO_ROOM, "there is room again"))
    others = [line for line in lines if NO_ROOM not in line and "there is room again" not in line]
    return full - room in (0, 1) and (full > 0 and not others if words == NO_ROOM
                                      else len(others) == 1 and words in others[0])


def check_a_hundred(tap: Tap) -> None:
    """Bad ones of all kinds, the same refusal many times, and a good one among them."""
    with Rig() as rig:
        bad = bad_ones(rig)
        authority = Authority(rig.folder, "good")
        good = Collector(certificate=authority.sign("good", "IP:127.0.0.1"), clients=authority.certificate)
        client = authority.sign("weir", "DNS:weir")
        to_good = f"json+tls://127.0.0.1:{good.port}"
        refused = [url for url, said_of in bad.items() if "refused" in said_of[0]][0]
        many = [refused.replace("127.0.0.1", f"127.0.0.{number}") for number in range(2, 102 - len(bad) - 1)]
        urls = [*bad, *many, f"{to_good}?ca={authority.certificate}&cert={client}"]
        live = start(rig, *QUICK, *(word for url in urls for word in ("--export", url)))
        tap.equal("a hundred outlets: all are there", len(outputs(live)), 100)

        def all_failed() -> bool:
            rows = outputs(live)
            found = [(rows[url.split("?")[0]], failure) for url, (_, failure) in bad.items()]
            return all(row["lost_full"] > 0 and row.get("failure") == failure for row, failure in found)
        wait_until(all_failed, "losses and failures", 60)
        before = live.ask("/weir/ledger")
        wait_until(lambda: live.ask("/weir/ledger")["received"] > before["received"], "frames")
        tap.ok("... the analysis goes on", "age_ms" not in live.ask("/weir/ledger"))
        for url, (words, _) in bad.items():
            lines = said(live, f" {url.split('?')[0]}: ")
            tap.ok(f"... {words}: said once", said_once(lines, words), "\n".join(lines))
        began = time.monotonic()
        done = live.stop()
        tap.ok("... it ends in time", time.monotonic() - began < 20, time.monotonic() - began)
        tap.equal("... exit 1: records were lost", done.run.status, 1)
        tap.equal("... but of the good one none", Counter(good.lines()), Counter(line.encode() for line in done.lines))


def check_files(tap: Tap) -> None:
    """Files of TLS that are no good, in words of the cause; and what is of no use without TLS."""
    for name, url, words in (
            ("authorities that are not there", "json+tls://localhost:9?ca=/nowhere", "ca=/nowhere: cannot be read: No such file"),
            ("a certificate that is none", f"json+tls://localhost:9?cert={weir.BUNDLED}", "no start line"),
            ("authorities for no TLS", "ipfix+tcp://localhost:9?ca=/nowhere", "ipfix+tcp is not encrypted"),
            ("... or for datagrams", "netflow9+udp://localhost:9?verify=no", "netflow9+udp is not encrypted")):
        done = weir.run("--read", weir.BUNDLED, "--export", url)
        tap.ok(f"a wrong setting: {name}", done.status != 0 and done.errors.count("\n") == 1 and words in done.errors, done)


def main() -> None:
    tap = Tap()
    check_files(tap)
    check_tcp(tap)
    check_return(tap)
    check_a_hundred(tap)
    tap.end()


if __name__ == "__main__":
    main()
