# SPDX-License-Identifier: BSD-3-Clause
"""What a decision of the XDP prefilter costs: bench-xdp, which makes its rounds by itself."""

from ..process import BenchError, run

HELP = "a decision of the XDP prefilter, in ns (as root)"
AS_ROOT = True  # for BPF_PROG_TEST_RUN

FIGURES = 9  # of a line: ns, to bare XDP_DROP, to bare redirect, each min, median and max


def rows(output):
    """The lines that end with all figures: name and figures."""
    for line in output.splitlines():
        cells = line.rsplit(None, FIGURES)
        try:
            [float(cell) for cell in cells[1:]]
        except ValueError:
            continue
        if len(cells) == FIGURES + 1:
            yield [cells[0].strip(), *cells[1:]]


def main(context):
    context.make("tests/bench/bench-xdp")
    command = [str(context.build / "tests/bench/bench-xdp"), str(3 * context.rounds)]
    done = run(command)
    section = context.section(
        "xdp", "A decision of the XDP prefilter",
        ["program", "ns min", "median", "max", "to bare XDP_DROP min", "median", "max",
         "to bare redirect min", "median", "max"])
    for row in rows(done.output):
        section.add(*row)
    if not section.rows:
        raise BenchError("bench-xdp: no figures: " + done.output)
    section.remark("BPF_PROG_TEST_RUN of one frame over and over: caches are warm and branches well "
                   "predicted; redirect is to an AF_XDP socket, without what the kernel does then.")
    if done.disturbed():
        section.remark("Disturbed: " + done.disturbed() + ".")
    section.command(command)
    context.finish(section)
