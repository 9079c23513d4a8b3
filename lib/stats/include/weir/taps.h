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
 * Records and intervals come on the stats thread (the main lcore), one at a time. Deltas come on
 * the threads of the stats core: that one, and with --stats-lcores others. Each of these is a
 * shard, has some of the workers, and makes its calls one at a time; different shards call at the
 * same time. So a consumer of deltas counts for each shard by itself, without a lock:
 *
 *	deltas(shard)	counts what belongs to the interval that goes on, in the shard's own memory
 *	close(shard)	on the same thread, after the last delta of an interval: what was counted is
 *			put aside, and what comes from now on is of the next
 *	interval	on the stats thread, once all shards have closed: adds up what was
 *			put aside, which nobody else touches until it returns
 *
 * What is given is valid during the call. While a consumer works, rings fill and wait to be
 * drained: so it does a bounded amount of work for each delta or record, and some ms at most for an
 * interval; it allocates nothing, makes no system call, and waits for nothing: who has to be waited
 * for says how much there is `room` for.
 */

/* What came to a record since it was last looked at. Index 0 is forward, 1 reverse. */
struct stats_delta {
	uint64_t packets[2]; /* not both 0 */
	uint64_t octets[2];  /* IP octets */
	bool first[2];       /* all so far of this direction; of both: the record is new */
};

/* Deltas are given in batches, so that consumers can prefetch. */
#define STATS_BATCH 64 /* enough to hide cache misses, few enough for the L1 */

struct stats_batch {
	uint32_t count; /* 1..STATS_BATCH */
	/*
	 * The records as they were looked at, with all that came before, and their lines; and what
	 * of it is new. Who needs more than their keys makes views of them, flow_view().
	 */
	const struct flow_record *records[STATS_BATCH];
	struct stats_delta deltas[STATS_BATCH];
};

/*
 * By the clock, ns: from the end of the one before up to, but not including, `to`. Deltas given
 * between two closes came in this time.
 *
 * Live, they are those of the snapshots, --interval or a little more, and the snapshot is the
 * newest one when its interval ends; some of the last packets may be in the next.
 *
 * Of a capture they begin at multiples of --interval of its own clock. Each has what came in it, to
 * the packet, and the records whose timeouts passed in it: the same in every run, whatever the
 * number of workers. Many in a row without frames are one. The last ends with the newest frame; it
 * may be longer if reading was stopped.
 */
struct stats_interval {
	uint64_t from, to;
	int64_t shift; /* makes dates of them: clock + shift; 0 of a capture */
	bool last;     /* nothing comes after it */
};

/* All but `context` may be NULL. */
struct stats_consumer {
	/*
	 * In no particular order: what depends on it is not the same in every run. Where a flow may
	 * meet several workers, each one's piece of it is a record of its own here.
	 * `shard`: 0..stats_shards() - 1, whose thread calls.
	 */
	void (*deltas)(void *context, uint32_t shard, const struct stats_batch *batch);
	/* The last delta of an interval has been given there. */
	void (*close)(void *context, uint32_t shard);
	/* Captures have intervals only if somebody asks for them by this. */
	void (*interval)(void *context, const struct stats_interval *interval);
	/*
	 * In the order of each worker; where pieces of flows are merged (stats_merge_splits()), in
	 * none and about two intervals later.
	 */
	void (*record)(void *context, const struct flow_view *view);
	/* How many records it takes now; the others stay in the rings. NULL: any number. */
	uint32_t (*room)(void *context);
	void *context;
};

/* Beside the top lists, which are the first consumer of deltas. */
#define STATS_CONSUMERS_MAX 8

#endif
