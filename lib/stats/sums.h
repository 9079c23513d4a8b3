/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_SUMS_H
#define WEIR_STATS_SUMS_H

#include <weir/summary.h>
#include <weir/taps.h>

#include "keys.h"

/*
 * What a batch of deltas adds to each subject. Hashes and sums of all come first, so that what they
 * lead to can be prefetched; keys are made only of those that summaries ask for, few where flows
 * are many (summary_sift()).
 */
struct sums {
	/* What went forward, back, and both together: a flow counts once each way there. */
	union summary_brought forward[STATS_BATCH], reverse[STATS_BATCH], both[STATS_BATCH];
	/* Of the whole record: it counts as a flow when it is counted first. */
	union summary_brought whole[STATS_BATCH];
	/* 32 bits of hashes: of the sources and then of the destinations, ... */
	uint32_t addresses[2 * STATS_BATCH], pairs[STATS_BATCH], flows[STATS_BATCH];

	/* Those asked for: numbers, and then hashes, keys and the metrics of each side. */
	uint32_t left[STATS_BATCH], hashes[2 * STATS_BATCH];
	union {
		struct address_key address_keys[2 * STATS_BATCH];
		struct pair_key pair_keys[STATS_BATCH];
		struct flow_key flow_keys[STATS_BATCH];
	};
	uint64_t metrics[4 * STATS_BATCH][STATS_METRICS];
};

/* Hashes and sums of all. */
void sums_make(struct sums *sums, const struct stats_batch *batch,
	       const struct hash_secret *secret);

/* Count all for the subject, prefetched before. */
void sums_count_addresses(struct sums *sums, const struct stats_batch *batch,
			  struct summary *summary);
void sums_count_pairs(struct sums *sums, const struct stats_batch *batch, struct summary *summary);
void sums_count_flows(struct sums *sums, const struct stats_batch *batch, struct summary *summary);

#endif
