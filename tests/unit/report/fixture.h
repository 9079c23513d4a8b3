/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_REPORT_FIXTURE_H
#define WEIR_TESTS_UNIT_REPORT_FIXTURE_H

#include <weir/report.h>

/*
 * Hand-made snapshots, for which every figure of a report can be worked out on paper.
 */

/*
 * 1,234,570 frames of a minute: 1,000,000 of IPv4, 200,000 of IPv6, 30,000 ARP, 4,000 with a bad
 * IPv4 length, 500 cut in the ports, 60 filtered, 10 beyond the table. Free with fixture_free().
 */
struct snapshot *fixture_snapshot(void);

/* Nothing received yet. */
struct snapshot *fixture_empty(void);

/*
 * Every counter at its largest, every list full of the longest addresses, the largest ports
 * and numbers, inexact; two workers, two ports of four queues.
 */
struct snapshot *fixture_huge(void);

void fixture_free(struct snapshot *snapshot);

extern struct document_info fixture_info;

/* What report_text() or report_json() prints; the caller frees it. */
typedef int (*fixture_report)(FILE *out, const struct snapshot *snapshot,
			      const struct document_info *info, uint32_t top);
char *fixture_print(fixture_report report, const struct snapshot *snapshot,
		    const struct document_info *info, uint32_t top);

/* A TCP flow over IPv4 of which all is known; the other views are changed from it. */
extern const struct flow_view fixture_flow;

#endif
