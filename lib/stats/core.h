/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_CORE_H
#define WEIR_STATS_CORE_H

#include <weir/stats.h>
#include <weir/worker_shared.h>

#include "ledger.h"
#include "over_time.h"
#include "pool.h"
#include "shadow.h"
#include "split.h"
#include "tops.h"

/*
 * The inside of struct stats, for the files of this folder:
 *
 *	stats.c		life, intervals
 *	drain.c walk.c	ended and live records -> deltas (shadow.h)
 *	taps.c		deltas, records and intervals -> consumers
 *	meetings.c	where intervals of a capture end
 *	split.c split_record.c	pieces of flows -> the records of whole flows
 *	sums.c keys.c numbered.c tops.c windows.c lists.c	deltas -> top lists
 *	ledger.c overflow.c loss.c history.c	counters -> the rest of a snapshot, and what
 *						windows cover
 *	over_time.c	timelines of the workers -> throughput over a capture's time
 *	pool.c		snapshots and their readers
 *	live.c		live records, for the walk and for the page of live flows
 */

#define CONSUMERS (STATS_CONSUMERS_MAX + 1) /* and the top lists */

struct stats {
	/* Set by stats_create(), and read by any thread. */
	struct stats_settings settings; /* its arrays are the ones below */
	struct worker_shared *workers[WORKERS_MAX];
	unsigned int lcores[WORKERS_MAX];
	struct port *ports[PORTS_MAX];
	uint32_t extensions; /* of each worker's table, the same */
	struct pool pool;

	/* All else is the stats thread's. */
	struct shadow *shadows[WORKERS_MAX]; /* of each worker: one a slot */
	struct stats_consumer consumers[CONSUMERS];
	uint32_t consumer_count, record_consumers; /* all; those of ended records */
	struct stats_batch batch;                  /* deltas on their way to consumers ... */
	union flow_copy walked[STATS_BATCH];       /* ... those of live records, as they were */
	struct rendezvous *rendezvous; /* captures, if a consumer needs intervals; or NULL */
	uint64_t met_at, capture_end;  /* by the capture's clock: the last meeting, 0: none; end */
	uint64_t started, interval_began; /* by the clock */
	uint64_t numbers;                 /* of snapshots */
	uint64_t unread;                  /* live records that walks could not read */
	struct ledger ledger;
	struct over_time over_time; /* captures with timelines */
	struct tops_counts counts;
	struct tops tops;
	struct split split;
};

/* Who reads live records, once through; zeroed at first. */
struct live_reader {
	uint32_t naps;   /* taken while records were in change */
	uint32_t unread; /* records that stayed in change */
};

/*
 * As flow_table_read(), but a record in change gets time: some milliseconds for all that this
 * reader meets, so that a worker without its CPU does not keep it for longer. Any thread.
 */
enum flow_slot live_read(struct live_reader *reader, const struct flow_table *table, uint32_t slot,
			 union flow_copy *copy);

/* The nap that it gives to one; false: it has had them all, and the record is unread. */
bool live_nap(struct live_reader *reader);

/*
 * Take what is in the rings, up to some 16,384 of each and as far as consumers have room: count it,
 * and give it to them.
 */
uint32_t stats_drain(struct stats *stats);

/* Give the deltas collected so far to the consumers. */
void stats_give_deltas(struct stats *stats);

/*
 * This is new in the record: of drain and walk, so that every packet comes by here, once. The delta
 * waits for others, until a batch is full or the deltas are given; so long the record stays.
 */
static inline void stats_count(struct stats *stats, const struct flow_record *record,
			       const struct stats_delta *delta)
{
	struct stats_batch *batch = &stats->batch;

	batch->records[batch->count] = record;
	batch->deltas[batch->count++] = *delta;
	if (batch->count == STATS_BATCH)
		stats_give_deltas(stats);
}

/* Give the last deltas, and tell the consumers that the interval is over. */
void stats_give_interval(struct stats *stats, const struct stats_interval *interval);

/*
 * Until the rings are empty; adds to *drained. False: consumers have no room for what is left. For
 * when no worker ends records.
 */
bool stats_drain_all(struct stats *stats, uint32_t *drained);

/* How many records the consumers take now; UINT32_MAX: any number. */
uint32_t stats_room(const struct stats *stats);

/* Give an ended record to the consumers; `context` is the struct stats. */
void stats_give_record(void *context, const struct flow_view *view);

/* Count what is new in the live records. Drains on its way; returns how many that were. */
uint32_t stats_walk(struct stats *stats);

/* If all have met: the interval of the capture ends. Returns 0 if not, else more. */
uint32_t stats_step_meeting(struct stats *stats);

/* The capture is at its end, and with it the last interval. */
void stats_end_capture(struct stats *stats);

#endif
