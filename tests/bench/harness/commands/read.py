# SPDX-License-Identifier: BSD-3-Clause
"""weir --read: how fast a capture is analysed, beside reading it with libpcap and doing nothing."""

import functools
import json
import tempfile

from .. import weir
from ..document import cycles, spread
from ..process import BenchError, run
from ..rounds import Sample, interleave, ratio

HELP = "weir --read against libpcap alone"

CASES = ("10m-1k", "10m-1m", "10m-1m-zipf", "10m-8m", "10m-syn", "4m-1k-imix")


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


def main(context):
    context.make("app/weir", "tests/bench/bench-traffic", "tests/bench/bench-pcap")
    section = context.section(
        "read", "weir --read, whole process, beside libpcap alone",
        ["program", "capture", "packet size", "active flows", "new flows/s", "cores", "Mpps min",
         "median", "max", "CPU s", "cycles/packet", "peak MiB", "of libpcap alone"])
    section.remark("bench-pcap calls pcap_next_ex() for every frame and adds up its length: what "
                   "any reader through libpcap costs.")
    context.need_cores(section, 3, "reader, worker and statistics")
    with context.captures:
        for name in context.few(CASES):
            capture = context.captures.get(name)
            options = ("--flow-capacity", "16777216") if capture.flows > 1000000 else ()
            section.command(weir.read_command("weir", capture, None, options),
                            context.captures.folder)
            series = interleave({
                "libpcap": functools.partial(run_loop, context.build / "tests/bench/bench-pcap",
                                             capture),
                "weir": functools.partial(run_weir, context, capture, False, options),
                "weir --flows": functools.partial(run_weir, context, capture, True, options),
            }, context.rounds, attempts=1)
            for label, one in series.items():
                cpu = one.median(lambda sample: sample.extra["cpu"])
                section.add(label, name, capture.frame_size, capture.flows,
                            capture.new_flows(one.median()), "all", *spread(one), f"{cpu:.1f}",
                            cycles(cpu, capture),
                            f"{one.median(lambda sample: sample.extra['peak_kib']) / 1024:.0f}",
                            ratio(one, series["libpcap"]))
                section.check(one, f"{label} on {name}")
            context.captures.drop(name)
    context.finish(section)
