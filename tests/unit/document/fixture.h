/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_DOCUMENT_FIXTURE_H
#define WEIR_TESTS_UNIT_DOCUMENT_FIXTURE_H

#include <weir/document.h>

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

/* 10,000 frames of the wire, of which 1,000 were analysed as a sample of 1 in 8. */
extern const struct snapshot_prefilter fixture_prefilter;

/* A TCP flow over IPv4 of which all is known; the other views are changed from it. */
extern const struct flow_view fixture_flow;

#endif
