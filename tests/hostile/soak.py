# SPDX-License-Identifier: BSD-3-Clause
"""weir for a long time, under traffic that changes all the time:

    [net_pcap, infinite_rx: the same flows, as fast as they are asked for] ----+
                                                                               +-- [weir, one worker]
    [sender: tcpreplay] span0 - veth - mon0 [net_af_packet: always new flows] -+     |
                                                          [clients] ---- telemetry socket

    WEIR_BUILD=... python3 -m tests.hostile.soak SECONDS     (scripts/soak builds, too)

Fails on an unbalanced ledger, memory that grows, descriptors that leak, slow answers of the telemetry
socket, and flows that live longer than their timeouts let them."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.hostile.kit import NO_HUGE, Client, State, endless, settled, state
from tests.kit import weir
from tests.kit.rig import LiveWeir, Namespace, Rig, run
from tests.kit.tap import Tap

INACTIVE, ACTIVE = 3, 10  # seconds, the timeouts given to weir
LATE = 3  # ... a sweep over the table, an interval, and a busy machine
MEMORY_GROWTH = 2 * 1024  # kB: of malloc()'s arenas
P99 = 0.050  # seconds
KEY = ("Address", "Port", "protocolIdentifier", "vlanId", "flowStartMilliseconds")


def captures(folder: Path) -> list[str]:
    """Traffic of all kinds: floods, few long flows, IPv6, VLANs; real and broken captures."""
    made = []
    for number, mix in enumerate((
            ("--flows", 20000, "--tcp", 0.5), ("--flows", 200, "--order", "zipf", "--size", "imix"),
            ("--flows", 50000, "--ipv6", 1), ("--flood", "syn"), ("--flows", 5000, "--vlan", 0.5))):
        path = str(folder / f"traffic{number}.pcap")
        run(weir.BUILD / "tests" / "bench" / "bench-traffic", "--frames", 100_000, "--seed", number,
            *mix, path)
        made.append(path)
    public = weir.CAPTURES / "ethernet"
    return made + [weir.BUNDLED] + (sorted(map(str, public.iterdir())) if public.is_dir() else [])


class Sender(threading.Thread):
    """Replays one capture after the other, at another rate each time."""

    def __init__(self, namespace: Namespace, paths: list[str]):
        super().__init__(daemon=True)
        self.namespace, self.paths = namespace, paths
        self.stop, self.rounds = False, 0

    def run(self) -> None:
        lot = random.Random(1)
        while not self.stop:
            rate = lot.choice((("--topspeed",), ("--pps=1000", "--limit=2000"), ("--pps=50000",)))
            # Broken captures tcpreplay may refuse: the next one, then.
            subprocess.run([*self.namespace.enter, "tcpreplay", "-q", "-i", "span0", *rate,
                            lot.choice(self.paths)], capture_output=True, check=False)
            self.rounds += 1


class Asker(threading.Thread):
    """A client that asks something every 20 ms, and notes how long the answer took."""

    COMMANDS = ("/weir/ledger", "/weir/top,flow,100", "/weir/throughput,600", "/weir/workers",
                "/weir/top,source,100,packets,60s", "/weir/flows,0,50", "/weir/ports",
                "/weir/sizes")

    def __init__(self, live: LiveWeir):
        super().__init__(daemon=True)
        self.live, self.stop = live, False
        self.times: list[float] = []

    def run(self) -> None:
        while not self.stop:
            with Client(self.live) as client:  # now and then a new one
                for number in range(500):
                    begin = time.monotonic()
                    client.ask(self.COMMANDS[number % len(self.COMMANDS)])
                    self.times.append(time.monotonic() - begin)
                    time.sleep(0.02)
                    if self.stop:
                        return


class Pages:
    """Goes through the live flows round and round, some pages at a time, and looks for those that
    should have ended. What stays is seen once in every round. The time is
    weir's own, the newest packet so far: a worker that gets no CPU cannot end flows. And a
    flow must be late twice: after a pause the sweep needs a moment."""

    PAGES = 25

    def __init__(self) -> None:
        self.next, self.newest = 0, 0
        self.late: dict[str, int] = {}  # flow: when it was seen to be late for the first time
        self.stuck: list[str] = []

    def look(self, client: Client) -> None:
        for _ in range(self.PAGES):
            page = client.ask(f"/weir/flows,0,250,{self.next}" if self.next else "/weir/flows,0,250")
            self.next = page.get("next", 0)
            flows = list(page["flows"].values()) if page["shown"] else []
            self.newest = max([self.newest] + [flow["flowEndMilliseconds"] for flow in flows])
            for flow in flows:
                self._judge(flow)

    def _judge(self, flow: dict) -> None:
        if (flow["flowEndMilliseconds"] >= self.newest - (INACTIVE + LATE) * 1000
                and flow["flowStartMilliseconds"] >= self.newest - (ACTIVE + LATE) * 1000):
            return
        key = str([flow[name] for name in sorted(flow) if name.endswith(KEY)])
        since = self.late.setdefault(key, self.newest)
        if self.newest - since > LATE * 1000:
            self.stuck.append(str(flow))


class Watch:
    """What is looked at all along."""

    def __init__(self, live: LiveWeir):
        self.live, self.pages = live, Pages()
        self.unbalanced: list[dict] = []
        self.samples: list[tuple[float, State, dict]] = []

    def sample(self, elapsed: float) -> None:
        with Client(self.live) as client:
            ledger = client.ask("/weir/ledger")
            self.pages.look(client)
        buckets = sum(ledger[name] for name in weir.BUCKETS)
        if not ledger["balanced"] or ledger["received"] != buckets:
            self.unbalanced.append(ledger)
        self.samples.append((elapsed, state(self.live.process.pid), ledger))

    def say(self) -> None:
        elapsed, now, ledger = self.samples[-1]
        print(f"# {elapsed:6.0f} s: {ledger['received'] / 1e6:10.1f} M received, "
              f"{ledger['missed']} missed, {now}", flush=True)


def watch(live: LiveWeir, seconds: float) -> Watch:
    watched, begin, said = Watch(live), time.monotonic(), 0.0
    while (elapsed := time.monotonic() - begin) < seconds:
        watched.sample(elapsed)
        if elapsed >= said:
            watched.say()
            said += max(seconds / 20, 2)
        time.sleep(1)
    watched.say()
    return watched


def judge(tap: Tap, watched: Watch, times: list[float], before: State, after: State) -> None:
    half = next(now for elapsed, now, _ in watched.samples
                if elapsed >= watched.samples[-1][0] / 2)
    times = sorted(times)
    p99 = times[len(times) * 99 // 100]
    tap.equal(f"the ledger is balanced in all of {len(watched.samples)} samples",
              watched.unbalanced[:2], [])
    tap.equal("no flow is stuck", watched.pages.stuck[:2], [])
    tap.equal("no descriptor leaks", after.descriptors, before.descriptors)
    tap.equal("no thread stays", after.threads, before.threads)
    # What was allocated at the start is touched little by little: resident memory tells less.
    tap.ok("nothing is allocated over the second half",
           after.data - half.data <= MEMORY_GROWTH, f"{half} -> {after}")
    tap.ok("resident memory stays within what was allocated", after.resident <= before.data,
           f"{before} -> {after}")
    tap.ok(f"telemetry: p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms "
           f"of {len(times)} answers", p99 <= P99)


def main(seconds: float) -> None:
    tap = Tap()
    with Rig() as rig:
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        eal = ("--lcores=0@0,1@1", *NO_HUGE, endless(rig, "net_pcap0", 10_000, 20_000),
               "--vdev=net_af_packet0,iface=mon0")
        live = rig.weir("--config", "(0,0,1),(1,0,1)", "--flow-capacity", 65536,
                        "--inactive-timeout", INACTIVE, "--active-timeout", ACTIVE,
                        "--flows", "/dev/null", namespace=monitor, eal=eal)
        live.flows_file.touch()  # for the rig: it looks there for what went to /dev/null
        replay, asker = Sender(sender, captures(rig.folder)), Asker(live)
        before = settled(live.process.pid)
        replay.start()
        asker.start()
        watched = watch(live, seconds)
        replay.stop = asker.stop = True
        asker.join()
        after = settled(live.process.pid)
        judge(tap, watched, asker.times, before, after)
        replay.join()
        analysis = live.stop()
        ledger = analysis.report["ledger"] if analysis.report else {}
        tap.equal("exit 0, balanced", (analysis.run.status, weir.faults(analysis.report)), (0, []))
        tap.equal("as many frames as the drivers gave", ledger["received"],
                  sum(port["received"] for port in analysis.report["ports"]))
        print(f"# {ledger['received']} packets, {analysis.report['flows']['created']} flows, "
              f"{replay.rounds} captures replayed, {ledger['missed']} missed")
    tap.end()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
