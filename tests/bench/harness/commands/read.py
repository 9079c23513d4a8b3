# SPDX-License-Identifier: BSD-3-Clause
"""
weir --read: how fast a capture is analysed, beside reading it with libpcap and doing nothing; and
how soon a small one is, or many of them.
"""

import functools
import json
import shutil
import tempfile
from pathlib import Path

from .. import weir
from ..document import cycles, spread
from ..process import BenchError, run
from ..rounds import Sample, interleave, ratio

HELP = "weir --read against libpcap alone"

CASES = ("10m-1k", "10m-1m", "10m-1m-zipf", "10m-8m", "10m-syn", "4m-1k-imix", "4m-1m-imix")
MANY = 1000  # small captures in one call


def run_loop(program, capture):
    done = run([str(program), str(capture.path)])
    counted = json.loads(done.output)
    if counted["octets"] != capture.sums["frame_octets"]:
        raise BenchError(f"bench-pcap: {counted} of a capture with {capture.sums}")
    return Sample(rate=capture.frames / done.wall, packets=counted["frames"],
                  disturbed=done.disturbed(),
                  extra={"cpu": done.cpu, "peak_kib": done.peak_kib})


def run_weir(context, capture, with_flows, options):
    with tempfile.TemporaryDirectory(dir=context.captures.folder, prefix="out-") as output:
        return weir.read(context.weir, capture, f"{output}/flows.json" if with_flows else None,
                         options)


def measure(context, section, name):
    capture = context.captures.get(name)
    options = ("--flow-capacity", "16777216") if capture.flows > 1000000 else ()
    section.command(weir.read_command("weir", capture, None, options), context.captures.folder)
    series = interleave({
        "libpcap": functools.partial(run_loop, context.build / "tests/bench/bench-pcap", capture),
        "weir": functools.partial(run_weir, context, capture, False, options),
        "weir --flows": functools.partial(run_weir, context, capture, True, options),
    }, context.rounds, attempts=1)
    for label, one in series.items():
        cpu = one.median(lambda sample: sample.extra["cpu"])
        section.add(label, name, capture.frame_size, capture.flows,
                    capture.new_flows(one.median()), "all", *spread(one),
                    f"{gigabytes(capture, one):.2f}", f"{cpu:.1f}", cycles(cpu, capture),
                    f"{one.median(lambda sample: sample.extra['peak_kib']) / 1024:.0f}",
                    ratio(one, series["libpcap"]))
        section.check(one, f"{label} on {name}")
    if name == "10m-1k":
        section.goal("read-libpcap", ratio(series["weir --flows"], series["libpcap"]).or_refusal())
    if name == "4m-1m-imix":
        section.goal("read-imix", gigabytes(capture, series["weir --flows"]))
    context.captures.drop(name)


def gigabytes(capture, series):
    """Of the file, in a second."""
    return series.median() * capture.octets / capture.frames / 1e9


# ---- small ones ----

def run_small(context, capture, captures):
    """One whole process that reads `captures` of them."""
    folder = Path(capture.path).parent / "many"
    with tempfile.TemporaryDirectory(dir=context.captures.folder, prefix="out-") as output:
        command = weir.read_command(context.weir, capture, f"{output}/flows.json")
        if captures > 1:
            command[command.index("--read") + 1] = str(folder)
        done = run(command)
    report = json.loads(done.output[done.output.index("{"):])
    weir.check(report)
    if report["ledger"]["received"] != captures * capture.frames:
        raise BenchError(f"weir: received {report['ledger']['received']} of {captures} captures "
                         f"of {capture.frames} frames")
    return Sample(rate=captures / done.wall, packets=report["ledger"]["received"],
                  disturbed=done.disturbed(),
                  extra={"wall": done.wall, "cpu": done.cpu, "peak_kib": done.peak_kib})


def measure_small(context):
    section = context.section(
        "read:small", "weir --read --flows, whole process, small captures",
        ["captures", "packets each", "cores", "seconds min", "median", "max", "CPU s", "peak MiB"])
    one, each = context.captures.get("900"), context.captures.get("100")
    many = context.captures.folder / "many"
    many.mkdir()
    for number in range(MANY):
        shutil.copy(each.path, many / f"{number:04}.pcap")
    section.command(weir.read_command("weir", one, "flows.json"), context.captures.folder)
    series = interleave({
        "1": functools.partial(run_small, context, one, 1),
        str(MANY): functools.partial(run_small, context, each, MANY),
    }, context.rounds, attempts=2)
    for label, found in series.items():
        walls = [sample.extra["wall"] for sample in found.samples()]
        wall = found.median(lambda sample: sample.extra["wall"])
        section.add(label, (one if label == "1" else each).frames, "all", f"{min(walls):.3f}",
                    f"{wall:.3f}", f"{max(walls):.3f}",
                    f"{found.median(lambda sample: sample.extra['cpu']):.2f}",
                    f"{found.median(lambda sample: sample.extra['peak_kib']) / 1024:.0f}")
        section.check(found, f"{label} captures")
        section.goal("read-small" if label == "1" else "read-thousand", wall)
    context.finish(section)


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic", "tests/bench/bench-pcap")
    section = context.section(
        "read", "weir --read, whole process, beside libpcap alone",
        ["program", "capture", "packet size", "active flows", "new flows/s", "cores", "Mpps min",
         "median", "max", "GB/s", "CPU s", "cycles/packet", "peak MiB", "of libpcap alone"])
    section.remark("bench-pcap calls pcap_next_ex() for every frame and adds up its length: what "
                   "any reader through libpcap costs.")
    section.remark("GB/s are those of the file. The captures are in the page cache.")
    context.need_cores(section, 3, "a worker that reads, statistics and an outlet")
    with context.captures:
        measure_small(context)
        for name in context.few(CASES):
            if context.wants(name):
                measure(context, section, name)
    context.finish(section)
