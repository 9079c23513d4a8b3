/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_BATCH_H
#define WEIR_STATS_BATCH_H

#include "keys.h"
#include "shadow.h"

/* What deltas of records add to each subject, collected so that look-ups are prefetched. */

#define BATCH_RECORDS 64 /* enough to hide cache misses, few enough for the L1 */

/* Octets, packets and flows of each side. */
typedef uint64_t batch_sides[2][STATS_METRICS];

/* Zeroed at first: what keys do not use stays 0. */
struct batch {
	uint32_t records;
	struct flow_view views[BATCH_RECORDS];
	struct delta deltas[BATCH_RECORDS];
	/* Made of these: of both ends of each record ... */
	struct address_key addresses[2 * BATCH_RECORDS];
	batch_sides address_sums[2 * BATCH_RECORDS];
	uint32_t ports[2 * BATCH_RECORDS]; /* numbered_port() */
	batch_sides port_sums[2 * BATCH_RECORDS];
	/* ... and of each as a whole. */
	struct pair_key pairs[BATCH_RECORDS];
	batch_sides pair_sums[BATCH_RECORDS];
	uint32_t protocols[BATCH_RECORDS];
	struct flow_key flows[BATCH_RECORDS];
	uint64_t record_sums[BATCH_RECORDS][STATS_METRICS]; /* of the flow and of the protocol */
};

/* Collect what came to a record. There is room: a full batch is made and emptied. */
static inline void batch_collect(struct batch *batch, const struct flow_record *record,
				 const struct delta *delta)
{
	flow_view(record, &batch->views[batch->records]);
	batch->deltas[batch->records++] = *delta;
}

/*
 * Make keys and sums of all that was collected. Not one by one while collecting: a view that
 * was just written would be read in other pieces than it was written in, and the CPU would wait.
 */
void batch_make(struct batch *batch);

#endif
