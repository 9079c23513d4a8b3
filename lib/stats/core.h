/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_CORE_H
#define WEIR_STATS_CORE_H

#include <weir/stats.h>
#include <weir/worker_shared.h>

#include "ledger.h"
#include "over_time.h"
#include "pool.h"
#include "shadow.h"
#include "shard.h"
#include "split.h"
#include "tops.h"

/*
 * The inside of struct stats, for the files of this folder:
 *
 *	stats.c		life, intervals
 *	shard.c		the threads, and what they ask each other
 *	drain.c walk.c	ended and live records -> deltas (shadow.h)
 *	taps.c		deltas, records and intervals -> consumers
 *	meetings.c	where intervals of a capture end
 *	split.c split_record.c	pieces of flows -> the records of whole flows
 *	sums.c keys.c numbered.c tops.c	deltas -> sums by key
 *	tops_end.c windows.c lists.c	sums of an interval -> top lists
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
	struct stats_shard *shards[STATS_LCORES_MAX];
	uint32_t shard_count;
	/* Registered before the start. */
	struct stats_consumer consumers[CONSUMERS];
	uint32_t consumer_count, record_consumers; /* all; those of ended records */

	/* Its shard's: */
	struct shadow *shadows[WORKERS_MAX];     /* of each worker: one a slot */
	struct record_ring forward[WORKERS_MAX]; /* ... records on their way to the stats thread */

	/* All else is the stats thread's. */
	struct rendezvous *rendezvous; /* captures, if a consumer needs intervals; or NULL */
	bool meeting;                  /* all have met */
	bool gathering;                /* stats_gather() goes on */
	bool idle;                     /* the last step drained nothing */
	uint64_t met_at, capture_end;  /* by the capture's clock: the last meeting, 0: none; end */
	uint64_t started, interval_began; /* by the clock */
	uint64_t numbers;                 /* of snapshots */
	struct ledger ledger;
	struct over_time over_time; /* captures with timelines */
	struct tops tops;
	struct split split;
};

/* They are dealt out, the stats thread's the last, as it has more to do. */
static inline uint32_t shard_of(const struct stats *stats, uint32_t worker)
{
	return (worker + 1) % stats->shard_count;
}

#define for_each_worker(w, shard)                                                                  \
	for (uint32_t w = ((shard)->index + (shard)->stats->shard_count - 1) %                     \
			  (shard)->stats->shard_count;                                             \
	     w < (shard)->stats->settings.worker_count; w += (shard)->stats->shard_count)

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

/* ---- a shard's thread ---- */

/*
 * Take what is in the rings, up to some 16,384 of each and as far as there is room: count it, and
 * pass it on to who takes whole records. Shard 0 passes on what the others have counted, too.
 * Returns how many.
 */
uint32_t shard_drain(struct stats_shard *shard);

/* Count what is new in live records. Drains on its way; returns how many that were. */
uint32_t shard_walk(struct stats_shard *shard);

/* The time until now does not count as one in which it did not drain. */
void shard_rested(struct stats_shard *shard);

/* So many records wait in its workers' rings. */
uint32_t shard_waiting(const struct stats_shard *shard);

/* Give the deltas collected so far to the consumers. */
void shard_give_deltas(struct stats_shard *shard);

/*
 * This is new in the record: of drain and walk, so that every packet comes by here, once. The delta
 * waits for others, until a batch is full or the deltas are given; so long the record stays.
 */
static inline void shard_count(struct stats_shard *shard, const struct flow_record *record,
			       const struct stats_delta *delta)
{
	struct stats_batch *batch = &shard->batch;

	batch->records[batch->count] = record;
	batch->deltas[batch->count++] = *delta;
	if (batch->count == STATS_BATCH)
		shard_give_deltas(shard);
}

/* Tell consumers that the shard has given all of an interval. */
void stats_close(struct stats *stats, uint32_t shard);

/* ---- the stats thread ---- */

static inline uint32_t stats_drain(struct stats *stats)
{
	return shard_drain(stats->shards[0]);
}

/* All shards have closed: tell the consumers that the interval is over. */
void stats_give_interval(struct stats *stats, const struct stats_interval *interval);

/*
 * When no worker ends records: drain until all rings are empty, and other shards do `what`; adds to
 * *drained. False: consumers have no room for what is left, or shards are at it: again later. Once
 * it is true the caller unsets `gathering`.
 */
bool stats_gather(struct stats *stats, uint32_t what, uint32_t *drained);

/* How many records the consumers take now; UINT32_MAX: any number. */
uint32_t stats_room(const struct stats *stats);

/* Give an ended record to the consumers; `context` is the struct stats. */
void stats_give_record(void *context, const struct flow_view *view);

/* Pieces of flows: which wait for live records, which leave. After the shards have walked. */
void stats_walk_splits(struct stats *stats);

/* If all have met: the interval of the capture ends. Returns 0 if not, else more. */
uint32_t stats_step_meeting(struct stats *stats);

/* The capture is at its end, and with it the last interval. */
void stats_end_capture(struct stats *stats);

#endif
