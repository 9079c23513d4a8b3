# SPDX-License-Identifier: BSD-3-Clause
"""--sample: the ledger balances with what was not drawn, a capture gives the same sample whatever the
number of workers and in every run, and all that is said is of the sample."""

import tempfile
from pathlib import Path

from tests.golden.sizes import frames
from tests.kit import capture, ipfix, weir
from tests.kit.tap import Tap

FRAMES = 20000  # each of another flow
ONE_IN = 5
# Of 20,000 frames 4,000 +- 57 are drawn; once in a million captures it is 5 times that.
SPREAD = 283


def sample(path: str, *options: str) -> weir.Analysis:
    return weir.analyse(path, options=("--sample", str(ONE_IN), *options))


def balances(tap: Tap, drawn: weir.Analysis) -> None:
    tap.equal("consistent", drawn.faults(), [])
    ledger = drawn.report["ledger"]
    tap.equal("received", ledger["received"], FRAMES)
    tap.equal("what was not drawn is `sampled`", ledger["sampled"], FRAMES - ledger["flow"])
    tap.equal("and by reason", ledger["reasons"].get("sampled_not_drawn"), ledger["sampled"])
    tap.ok("one in five", abs(ledger["flow"] - FRAMES / ONE_IN) < SPREAD, ledger["flow"])
    tap.equal("a record for each that was drawn", len(drawn.lines), ledger["flow"])
    tap.equal("the rate", ledger.get("sample_one_in"), ONE_IN)
    tap.equal("sizes are of these", drawn.report["packet_size"]["packets"], ledger["flow"])
    history = drawn.report["throughput_over_time"]["history"]
    tap.equal("throughput, too", sum(history["packets"]), ledger["flow"])


def same(tap: Tap, path: str, first: weir.Analysis) -> None:
    again, four = sample(path), sample(path, "--workers", "4")
    tap.equal("four workers: consistent", four.faults(), [])
    tap.ok("another run: the same records", again.lines == first.lines)
    tap.ok("four workers: the same records", sorted(four.lines) == sorted(first.lines))
    tap.equal("four workers: the same ledger", four.report["ledger"], first.report["ledger"])


def before_filter(tap: Tap, path: str, drawn: weir.Analysis) -> None:
    ledger = sample(path, "--filter", "net 10.0.0.0/20").report["ledger"]
    tap.equal("drawn before the filter", ledger["sampled"], drawn.report["ledger"]["sampled"])
    tap.equal("filtered are of the drawn", ledger["filtered"] + ledger["flow"],
              drawn.report["ledger"]["flow"])


def said(tap: Tap, path: str) -> None:
    text = weir.run("--read", path, "--sample", str(ONE_IN)).output
    tap.ok("the report says so", f"A sample: one frame in {ONE_IN} is analysed" in text, text[-1000:])
    tap.ok("and the ledger", "left out by --sample" in text)
    whole = weir.analyse(path, options=("--sample", "1"))
    tap.equal("1: all frames", whole.report["ledger"]["flow"], FRAMES)
    tap.ok("and no rate", "sample_one_in" not in whole.report["ledger"])
    for wrong in ("0", "-1", "x", "1000001", ""):
        run = weir.run("--read", path, "--sample", wrong)
        tap.ok(f"--sample '{wrong}' is refused", run.status == 2 and "sample" in run.errors, run)


def exported(tap: Tap, path: str) -> None:
    """With the first record, which is there before any snapshot is."""
    for scheme in ("ipfix+tcp", "netflow9+udp"):
        collector = ipfix.Collector(scheme[-3:])
        sample(path, "--export", collector.url(scheme))
        collector.close()
        rates = [row["samplingInterval"] for row in collector.sessions()[0].options("samplingInterval")]
        tap.ok(f"{scheme}: the rate, and no other", set(rates) == {ONE_IN}, rates)


def main() -> None:
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "flows.pcap")
        capture.write(path, frames(FRAMES))
        drawn = sample(path)
        balances(tap, drawn)
        same(tap, path, drawn)
        before_filter(tap, path, drawn)
        said(tap, path)
        exported(tap, path)
    tap.end()


if __name__ == "__main__":
    main()
