/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_H
#define WEIR_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/clock.h>
#include <weir/hash.h>
#include <weir/snapshot.h>
#include <weir/taps.h>

/*
 * The stats core: one thread drains the rings of ended records, walks the live tables, and
 * makes a snapshot every interval. It writes nothing that a worker reads. Other threads can take
 * their share of the workers; all calls here are the first one's, unless they say otherwise.
 */

struct port;
struct rendezvous;
struct stats;
struct worker_shared;

struct stats_settings {
	uint64_t interval;   /* ns */
	uint32_t top_length; /* rows of each top list, at least 1; beyond 1000 it is 1000 */
	bool capture;        /* source is a capture: `seconds` is the capture's time */
	struct hash_secret secret;
	struct worker_shared *const *workers;
	const unsigned int *lcores; /* of the workers */
	uint32_t worker_count;
	/* Lcores of the stats core: the stats thread's, and of those that run stats_run_shard(). */
	unsigned int stats_lcores[STATS_LCORES_MAX];
	uint32_t stats_lcore_count; /* 0: as 1 */
	uint32_t sample;            /* as in struct snapshot */
	uint32_t flow_capacity;     /* of each worker's table, as in its struct flow_settings */
	struct port *const *ports;  /* may be none */
	uint32_t port_count;
	/*
	 * Fills snapshot->prefilter once all else is counted; NULL: there is none. `analysed` is to
	 * be what was meant to be analysed, xsk_full included; what follows from the rest of the
	 * snapshot (received, missed, in_flight, merged, balanced) is to be 0. Stats thread.
	 */
	void (*prefilter)(void *context, struct snapshot *snapshot);
	void *prefilter_context;
	/* Fills snapshot->outlets, when all else is there; NULL: there are none. Stats thread. */
	void (*outlets)(void *context, struct snapshot *snapshot);
	void *outlets_context;
};

/* The arrays are copied, the workers and ports not: they outlive the stats. 0, -ENOMEM, -EINVAL. */
int stats_create(const struct stats_settings *settings, struct clock_reading now,
		 struct stats **stats);
void stats_destroy(struct stats *stats);

/*
 * Register a consumer (<weir/taps.h>), which is copied. Before the first stats_step(). 0, or
 * -ENOSPC: there are STATS_CONSUMERS_MAX.
 */
int stats_add_consumer(struct stats *stats, const struct stats_consumer *consumer);

/* Does any of the consumers need intervals? Those of a capture come about by stats_meet(). */
bool stats_needs_intervals(const struct stats *stats);

/*
 * Of a capture: the intervals of consumers end where reader and workers meet here. stats_step() is
 * to be called until they are done; it returns more than 0 when they have met. Before the first
 * stats_step(); `rendezvous` outlives the stats.
 */
void stats_meet(struct stats *stats, struct rendezvous *rendezvous);

/*
 * Nothing keeps the packets of a flow on one worker: records that several workers have of one
 * flow become one again, as a single worker would have made it, before consumers see them.
 * So an ended record waits about two intervals for the others, and the order is none in
 * particular. What a single worker would have told apart, or cut elsewhere, is in
 * docs/interface.md. Once, before the first stats_step(). The timeouts are the tables'. 0 or
 * -ENOMEM.
 */
int stats_merge_splits(struct stats *stats, uint64_t active_timeout, uint64_t inactive_timeout);

/*
 * Each lcore of the stats core but the first runs this, with its own stats_shard(), from 1 on, as
 * argument: after consumers are registered, before the first stats_step(), until stats_finish().
 * Returns 0. stats_shards(): all of them, the first one included.
 */
int stats_run_shard(void *shard);
void *stats_shard(struct stats *stats, uint32_t shard);
uint32_t stats_shards(const struct stats *stats);

/*
 * Drain the rings, and when an interval has passed at `now` make a snapshot.
 * Returns the number of records drained, so that the caller sleeps (about a millisecond) only
 * when there was nothing to do. While readers hold all spare snapshots the interval goes on,
 * and the next snapshot covers it. Stats thread only.
 */
uint32_t stats_step(struct stats *stats, struct clock_reading now);

/* Of captures: what is known at their end. */
struct stats_capture_end {
	uint64_t clock; /* what their clock says then */
	/*
	 * How long they were by it, in ns, which wild time stamps do not make longer. Until then,
	 * or with 0, it is from the first packet to the last.
	 */
	uint64_t span;
	uint64_t missed; /* frames that they say they lost */
};

/* Before stats_finish(). */
void stats_set_capture_end(struct stats *stats, const struct stats_capture_end *end);

/*
 * All workers are done: take what is left, as far as consumers have room for it. True: that was
 * all; else again, a little later, with stats_step() meanwhile.
 */
bool stats_take_rest(struct stats *stats);

/* All workers are done: take everything that is left and make the final snapshot. */
void stats_finish(struct stats *stats, struct clock_reading now);

/*
 * The final snapshot once more, with the outlets as they are now: they go on when all is counted.
 * False: readers hold all spare ones, for as long as an answer takes.
 */
bool stats_renew(struct stats *stats, struct clock_reading now);

/*
 * The newest snapshot, held until released (NULL before the first). Any thread; does not
 * make the stats core wait.
 */
const struct snapshot *stats_acquire(struct stats *stats);
void stats_release(struct stats *stats, const struct snapshot *snapshot);

/*
 * Some of the live flows: from place `from` on (0, or where an earlier call left off) skip `skip`,
 * fill up to `count`; returns how many. Reads the tables under their seqlocks, any thread. A flow
 * keeps its place: who goes from place to place sees every flow once that lives all along, but for
 * `*unread` ones on this page that were in change for all the milliseconds that an answer waits.
 */
struct stats_live_flow {
	struct flow_view view;
	struct flow_line lines[FLOW_EXTENSIONS_MAX]; /* the view's */
	uint64_t next;                               /* the place after it; never 0 */
};
uint32_t stats_live_flows(struct stats *stats, uint64_t from, uint64_t skip,
			  struct stats_live_flow *flows, uint32_t count, uint32_t *unread);

/* How many there are, counted one by one. Any thread. */
uint64_t stats_live_count(struct stats *stats);

#endif
