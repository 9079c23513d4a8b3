/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TAPS_H
#define WEIR_TAPS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * Where numbers leave the stats core for those who register with stats_add_consumer(); the third
 * way, pulling a snapshot, needs no registration. Each packet that is in a record passes each tap
 * exactly once:
 *
 *	deltas	  what is new in records, live and ended, since they were last looked at
 *	record	  a record that has ended, whole
 *	interval  the end of an interval: all deltas of it have been given
 *
 * All calls come on the stats thread, one at a time. While a consumer works, rings fill and wait to
 * be drained: it does a bounded amount of work for each delta or record, allocates nothing, makes
 * no system call, and waits for nothing but, where captures are read, room for what it hands on.
 * What it is given is valid during the call.
 */

/* What came to a record since it was last looked at. Index 0 is forward, 1 reverse. */
struct stats_delta {
	uint64_t packets[2]; /* not both 0 */
	uint64_t octets[2];  /* IP octets */
	bool first[2]; /* nothing of this direction was counted before; of both: the record is new
			*/
};

/* Deltas are given in batches, so that consumers can prefetch. */
#define STATS_BATCH 64 /* enough to hide cache misses, few enough for the L1 */

struct stats_batch {
	uint32_t count; /* 1..STATS_BATCH */
	/* Of each: its record as it was looked at, with all that came before, too; and the delta.
	 */
	struct flow_view views[STATS_BATCH];
	struct stats_delta deltas[STATS_BATCH];
};

/*
 * By the clock, ns, from the end of the one before up to, but not including, `to`. An interval of
 * live traffic is that of a snapshot: --interval or a little longer, the snapshot being the newest
 * when it ends.
 */
struct stats_interval {
	uint64_t from, to;
	int64_t shift; /* makes dates of them: clock + shift */
	bool last;     /* nothing comes after it */
};

/* All but `context` may be NULL. */
struct stats_consumer {
	/*
	 * Where a flow may meet several workers (stats_merge_splits()), each one's piece of it is a
	 * record of its own here. In no particular order: what depends on it is not the same in
	 * every run.
	 */
	void (*deltas)(void *context, const struct stats_batch *batch);
	/* Not of captures, whose deltas are those of ended records. */
	void (*interval)(void *context, const struct stats_interval *interval);
	/*
	 * In the order of each worker; where pieces of flows are merged, in none and about two
	 * intervals later.
	 */
	void (*record)(void *context, const struct flow_view *view);
	void *context;
};

/* Beside the top lists, which are the first consumer of deltas. */
#define STATS_CONSUMERS_MAX 8

#endif
