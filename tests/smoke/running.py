# SPDX-License-Identifier: BSD-3-Clause
"""What a running weir does by itself and on request: --duration, --report-every, --filter, SIGTERM,
and a second weir that wants the same prefix:

    [sender: tcpreplay] span0 ---- veth ---- mon0 [monitor: weir]
"""

import json
import signal

from tests.golden import oracle
from tests.kit import weir
from tests.kit.rig import LiveWeir, Rig, documents, wait_until
from tests.kit.tap import Tap
from tests.kit.traffic import replay, without_ipv4_fragments


def spelled(value: object) -> object:
    """As the telemetry socket says it."""
    if isinstance(value, dict):
        return {key: spelled(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [spelled(member) for member in value]
    return int(value + 0.5) if isinstance(value, (bool, float)) else value


def check_asked_report(tap: Tap, live: LiveWeir) -> None:
    """Traffic has stopped: what weir prints itself is what weirctl puts together."""
    live.process.send_signal(signal.SIGUSR1)
    printed = wait_until(lambda: documents(live.output.read_text()), "a report")[-1]
    asked = json.loads(live.ctl("--json", "report").output)
    text = live.ctl("report")
    for port in printed["ports"]:
        del port["xstats"]
    tap.equal("weirctl --json report: all keys of weir's report", [
        key for key in asked if key in printed], list(printed))
    for key in sorted(printed.keys() - {"time", "throughput", "throughput_now", "workers", "outputs", "top_covered_ms"}):
        tap.equal(f"... {key}", asked[key], spelled(printed[key]))
    lines = text.output.splitlines()
    tap.ok("weirctl report: the same as text", text.status == 0 and lines[0].startswith("weir ")
           and lines[-1].startswith(f"Ledger: {printed['ledger']['received']:,} frames received = ")
           and sum(line.startswith("Top ") for line in lines) == len(printed["top"])
           and all(len(line) <= 80 for line in lines[:-1]), text)


def main() -> None:
    tap = Tap()
    with Rig() as rig:
        file = without_ipv4_fragments(weir.BUNDLED, str(rig.folder / "sent.pcap"))
        expected = oracle.expect(file)
        sender, monitor = rig.namespace("sender"), rig.namespace("monitor")
        rig.wire(sender, "span0", monitor, "mon0")
        packet = ("--interface", "mon0", "--driver", "af_packet")

        live = rig.weir(*packet, "--duration", 6, "--report-every", 0.5, namespace=monitor)
        replay(sender, "span0", file, "--pps", 2000)
        analysis = live.wait()
        reports = documents(analysis.run.output)
        tap.equal("--duration: ends by itself, exit 0, balanced", analysis.faults(), [])
        tap.equal("... with all frames", analysis.report["ledger"]["received"], expected["frames"])
        tap.ok("--report-every: several reports", len(reports) > 2, len(reports))
        tap.equal("... each balanced", [fault for report in reports
                                       for fault in weir.faults(report)], [])
        received = [report["ledger"]["received"] for report in reports]
        tap.equal("... none with less than the one before", received, sorted(received))

        live = rig.weir(*packet, "--filter", "udp port 53", namespace=monitor)
        sent = replay(sender, "span0", file, "--pps", 2000)
        live.wait_for(sent)
        check_asked_report(tap, live)
        analysis = live.stop(signal.SIGTERM)
        names = sum(flow["packets"] + flow["reverse_packets"] for flow in expected["flows"]
                    if flow["protocol"] == 17 and 53 in (flow["source_port"],
                                                         flow["destination_port"]))
        ledger = analysis.report["ledger"]
        tap.equal("SIGTERM: exit 0, balanced, every flow ended", analysis.faults(), [])
        tap.equal("--filter: what matches is in flows, the rest is filtered",
                  (ledger["flow"], ledger["filtered"]), (names, sent - names))

        live = rig.weir(*packet, namespace=monitor)
        second = weir.run("--interface", "lo", "--file-prefix", live.prefix,
                          command=(*monitor.enter, weir.WEIR))
        tap.ok("a second weir with the same prefix: one line, exit 1",
               second.status == 1 and second.errors.count("\n") == 1
               and live.prefix in second.errors, second)
        sent = replay(sender, "span0", file, "--pps", 2000)
        live.wait_for(sent)
        analysis = live.stop()
        tap.equal("... and the first misses nothing of it", (
            analysis.faults(), analysis.report["ledger"]["received"]), ([], sent))
    tap.end()


if __name__ == "__main__":
    main()
