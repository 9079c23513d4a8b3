/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_SUMS_H
#define WEIR_STATS_SUMS_H

#include <weir/taps.h>

#include "keys.h"

/* What a batch of deltas adds to each subject, so that look-ups can be prefetched. */

/* Octets, packets and flows of each side. */
typedef uint64_t sums_sides[2][STATS_METRICS];

/* Zeroed at first: what keys do not use stays 0. */
struct sums {
	struct flow_view views[STATS_BATCH];
	/* Of both ends of each record ... */
	struct address_key addresses[2 * STATS_BATCH];
	sums_sides address_sums[2 * STATS_BATCH];
	uint32_t ports[2 * STATS_BATCH]; /* numbered_port() */
	sums_sides port_sums[2 * STATS_BATCH];
	/* ... and of each as a whole. */
	struct pair_key pairs[STATS_BATCH];
	sums_sides pair_sums[STATS_BATCH];
	uint32_t protocols[STATS_BATCH];
	struct flow_key flows[STATS_BATCH];
	uint64_t record_sums[STATS_BATCH][STATS_METRICS]; /* of the flow and of the protocol */
};

/*
 * Make keys and sums of all deltas of the batch. All views first: one that was just written would
 * be read in other pieces than it was written in, and the CPU would wait.
 */
void sums_make(struct sums *sums, const struct stats_batch *batch);

#endif
