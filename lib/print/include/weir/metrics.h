/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include <stdio.h>

#include <jansson.h>

/*
 * A report as metrics for Prometheus and its like: all that <weir/statistics.h> lists, under the
 * names that docs/statistics.md has, with worker, port, queue and output as labels; the frames by
 * reason of the ledger and the histogram of sizes; what weir it is. How many there are depends on
 * the machine and the options, never on traffic. Needs no DPDK. Any thread.
 */
enum metrics_format {
	METRICS_PROMETHEUS, /* text 0.0.4 */
	METRICS_OPENMETRICS /* text 1.0.0 */
};

/* For the head of an HTTP answer. */
const char *metrics_content_type(enum metrics_format format);

/*
 * `report` is one of a running weir (docs/interface.md, "The JSON report"), in the spelling of the
 * report or of the socket. What it lacks is left out. Errors are those of `out`.
 */
void metrics_write(FILE *out, enum metrics_format format, const json_t *report);

#endif
