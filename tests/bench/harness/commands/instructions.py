# SPDX-License-Identifier: BSD-3-Clause
"""
Instructions per packet by stage and function of the whole worker, from callgrind: no noise at
all, so two commits can be compared on a busy machine. Two captures that differ in nothing but
length: what start and end cost is in both, and drops out of the difference.
"""

import json
import re
import shutil

from .. import callgrind
from ..context import MAIN_LCORE, PREFIX
from ..process import BenchError, run

HELP = "instructions per packet by stage and function (callgrind)"

# A pair of captures, and what comes with their frames: see bench-worker.
PAIRS = {
    "1k flows": ("1k", "reader"),
    "1k flows, 1% captured": ("1k", "captured"),
    "every packet a new flow": ("syn", "reader"),
    "live": ("1k", "unstamped"),
    "live, stamped": ("1k", "stamped"),
    "live, stamps out of order": ("1k", "disordered"),
    "live, IPv6": ("1k-v6", "unstamped"),
    "live, one tag": ("1k-vlan", "unstamped"),
    "live, two tags": ("1k-qinq", "unstamped"),
    "live, ICMP": ("1k-icmp", "unstamped"),
    "live, IPv4 options": ("1k-options", "unstamped"),
}
# The first that "file:function" matches.
STAGES = {
    "parse": r"lib/packet/",
    "hash": r"lib/base/.*hash|:record_hash$|:hash_packet$",
    "find": r"lib/flow/.*:(index_(bucket|home|signature)|bucket_\w+|compare_packet|find\w*"
            r"|record_is|packet_is_ipv6)$|:_mm_\w+$",
    "insert": r"lib/flow/.*:(count_new|take_slot|begin_record|record_start|index_insert"
              r"|slot_ring_(free|peek|take)|prefetch_free)$|lib/flow/view",
    "update": r"lib/flow/record|seqlock",
    "expire": r"lib/flow/(expire|index|slot_ring)|:(flow_table_outbox|flow_table_taken)$",
    "flow, the rest": r"lib/flow/",
    "tally": r"lib/worker/tally",
    "loop, publish": r"lib/worker/",
    "DPDK: driver, buffers, rings": r"/dpdk/|librte_|/lib/(ring|mempool|mbuf|ethdev|eal)/"
                                    r"|drivers/|:(rte_|eth_ring|__rte_)\w*$",
}
OUTSIDE = "libc"
SHOWN_LEAST = 0.5  # instructions per packet, in one of the columns


def stage_of(file, function):
    where = f"{file}:{function}"
    return next((stage for stage, pattern in STAGES.items() if re.search(pattern, where)), OUTSIDE)


def count(context, capture, frames, section):
    result = context.captures.folder / "callgrind.out"
    command = ["valgrind", *callgrind.OPTIONS, "--toggle-collect=worker_main",
               f"--callgrind-out-file={result}", str(context.program("bench-worker")),
               *context.eal([], lcores=(MAIN_LCORE,), memory=512, prefix=f"{PREFIX}-worker"),
               "--no-telemetry", "--log-level=*:error", "--", str(capture.path),
               frames]
    section.command(command, context.captures.folder)
    said = run(command).output
    ledger = json.loads(re.search(r"^{.*}$", said, re.MULTILINE).group())
    if not ledger["received"] == ledger["flow"] == capture.frames or ledger["stamps_ignored"] > 0:
        raise BenchError(f"bench-worker: {ledger} of a capture with {capture.sums}")
    with open(result, encoding="utf-8", errors="replace") as lines:
        return callgrind.by_function(callgrind.parse(lines))


def per_packet(context, section, traffic, frames):
    few, many = (context.captures.get(f"{length}-{traffic}") for length in ("16k", "48k"))
    less, more = count(context, few, frames, section), count(context, many, frames, section)
    more.subtract(less)
    return {where: value / (many.frames - few.frames) for where, value in more.items()}


def add_rows(section, columns):
    """Each stage, and below it the functions that it consists of."""
    stages = {stage: [] for stage in (*STAGES, OUTSIDE)}
    for where in set().union(*columns):
        stages[stage_of(*where)].append(where)
    for stage, members in stages.items():
        totals = [sum(column.get(where, 0) for where in members) for column in columns]
        if max(totals) < SHOWN_LEAST / 10:
            continue
        section.add(stage, "all", *(f"{total:.1f}" for total in totals))
        for where in sorted(members, key=lambda w: -sum(column.get(w, 0) for column in columns)):
            values = [column.get(where, 0) for column in columns]
            if max(values) >= SHOWN_LEAST:
                section.add("", where[1], *(f"{value:.1f}" for value in values))
    section.add("all", "", *(f"{sum(column.values()):.1f}" for column in columns))


def main(context):
    if shutil.which("valgrind") is None:
        raise BenchError("no valgrind on this machine; install it (Debian: valgrind)")
    context.make("tests/bench/bench-worker", "tests/bench/bench-traffic")
    section = context.section(
        "instructions", "Instructions per packet of the whole worker",
        ["stage", "function", *PAIRS], exact=True)
    section.remark("Counted by callgrind, in one thread, from a ring port that holds the frames "
                   "with their times, as `weir --read` has them: two runs of one build give the "
                   "same. Difference of two captures of different length. A function is one of the "
                   "source, whatever was inlined.")
    section.remark("\"live\": as a NIC gives them, without times, or each with the NIC's stamp, in "
                   "order or by up to 4 us out of it.")
    section.remark("\"captured\": one client of `weirctl capture` with an expression for a hundredth of the "
                   "frames; with what takes and returns them, without what becomes of them.")
    section.remark("With \"every packet a new flow\" the end of each flow is included.")
    if not context.build_options()["debug"]:
        section.remark(f"{context.build.name} has no debug information, so all that is inlined "
                       "counts for its caller: `meson configure -Ddebug=true` in it.")
    pairs = list(PAIRS.values())
    with context.captures:
        columns = [per_packet(context, section, *pair)
                   for pair in (pairs[:1] if context.quick else pairs)]
    section.columns = section.columns[:2 + len(columns)]
    add_rows(section, columns)
    context.finish(section)
