/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_SHARED_H
#define WEIR_WORKER_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/flow.h>
#include <weir/record_ring.h>
#include <weir/timeline.h>
#include <weir/worker_counters.h>

/*
 * What a worker shares with the stats core, and nothing else is: its counters and what overflowed
 * (the worker writes, one seqlock), its flow table (flow_table_read()), and the ring of ended
 * records (worker puts, stats core takes). Needs no EAL.
 */

struct worker_shared {
	/* The worker writes, the stats core reads: */
	/* of `counters`, and of the sums of what overflowed in `table` */
	uint32_t sequence __attribute__((aligned(64)));
	struct worker_counters counters;
	bool done; /* atomic: the worker has left its loop, all is published */
	/* Set before the worker starts: */
	unsigned int index;       /* 0..workers-1 */
	struct flow_table *table; /* owned */
	struct record_ring ended; /* the worker puts, its stats thread takes; owned */
	uint32_t extensions;      /* of the table, and so of each record */
	/*
	 * What came when, by the clock of captures; else NULL. Owned; may be set after
	 * worker_shared_init(). The worker's until it is `done`, then the stats core's.
	 */
	struct timeline *timeline;
};

/* Make the table, and a ring for `ended_capacity` - 1 records (a power of two). 0, -ENOMEM. */
int worker_shared_init(struct worker_shared *shared, unsigned int index,
		       const struct flow_settings *settings, uint32_t ended_capacity);
void worker_shared_release(struct worker_shared *shared);

/* Take every page now. From the worker's lcore, whose node they then belong to. */
void worker_shared_prefault(struct worker_shared *shared);

/* Worker: move the outbox to the ring. False: the ring had no room for all of it. */
bool worker_shared_flush(struct worker_shared *shared);

/* Worker: show these counters, and what overflowed in the packets that they count. */
void worker_shared_publish(struct worker_shared *shared, const struct worker_counters *counters);

/* Any thread: a whole copy of the counters, whenever a worker without its CPU gets round to it. */
void worker_shared_counters(const struct worker_shared *shared, struct worker_counters *copy);

/*
 * Any thread: a whole copy of both, of one moment; `sums` is left alone while nothing overflowed.
 * False: the worker was in the midst of publishing for some 20 ms, and the copies are torn.
 */
bool worker_shared_read(const struct worker_shared *shared, struct worker_counters *copy,
			struct flow_overflow_sums *sums);

#endif
