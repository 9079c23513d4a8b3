/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_SHARD_H
#define WEIR_STATS_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "tops.h"

/*
 * The part of the stats core that one thread does: it drains the rings of its workers and walks
 * their tables: shard_of() says whose each is. Shard 0 is the stats thread's own; the others
 * run stats_run_shard(), and the stats thread asks them for the rest by numbers that both sides
 * look at: neither holds up the other's draining.
 *
 *	stats thread	what; asked++		... answered == asked: it is done, and all that the
 *						shard had written is visible
 *	shard		asked != answered: does it; answered = asked
 */

struct stats;

/* What a shard is asked for, in this order. */
#define SHARD_EMPTY      0x01 /* drain until the rings are empty: no worker ends records now */
#define SHARD_WALK       0x02 /* count what is new in live records, and give it */
#define SHARD_CLOSE      0x04 /* the interval of consumers ends ... */
#define SHARD_CLOSE_TOPS 0x08 /* ... and that of the top lists */
#define SHARD_STOP       0x10 /* stats_run_shard() returns */

struct stats_shard {
	struct stats *stats; /* set by stats_create() */
	uint32_t index;

	/* The stats thread writes: */
	uint32_t asked __attribute__((aligned(64))); /* atomic: the newest request ... */
	uint32_t what;                               /* ... SHARD_* of it */

	/* The shard's thread writes; the stats thread reads the first three at any time: */
	uint32_t answered __attribute__((aligned(64))); /* atomic */
	uint64_t unread;  /* atomic: live records that walks could not read */
	uint64_t pause;   /* atomic: ns, the longest without draining, of the last interval ... */
	uint64_t longest; /* ... of the one that goes on */
	uint64_t drained_at;
	/*
	 * What it counts for the top lists is one of these; the other one is of the interval that
	 * ended, and the stats thread's once the shard has answered. Shard 0 has the first alone:
	 * it merges that at once.
	 */
	struct tops_counts counts[2];
	uint32_t counting;
	struct stats_batch batch;            /* deltas on their way to consumers ... */
	union flow_copy walked[STATS_BATCH]; /* ... those of live records, as they were */
};

/* Ask all other shards; they have answered before. */
void shards_ask(struct stats *stats, uint32_t what);

/* Have they answered? */
bool shards_answered(const struct stats *stats);

/* Drain until they have. Returns how many records that were. */
uint32_t shards_wait(struct stats *stats);

/* A shard's thread, and shard 0's in the same way: what of `what` comes after draining. */
uint32_t shard_end_interval(struct stats_shard *shard, uint32_t what);

#endif
