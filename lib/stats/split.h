/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_SPLIT_H
#define WEIR_STATS_SPLIT_H

#include <weir/hash.h>
#include <weir/snapshot.h>

#include "keys.h"

/*
 * Where the two directions of a flow, or its fragments, may meet different workers, each of these
 * has a piece of the flow, and ends it by itself. Here ended pieces wait for the others of
 * their flow, and leave as the one record that a single worker would have made:
 *
 *	ended record -> one piece, joined with the waiting ones that it touches -> waits
 *	walk         -> a live record that touches it keeps it waiting
 *	else         -> it leaves after two walks, to the consumers
 *
 * Memory is fixed: a table of buckets, in each of which the one that came first gives way when it
 * is full. It then leaves before its time, which is counted. Stats thread only.
 */

/* One or more pieces joined. */
struct split_record {
	struct stats_key key; /* the same for both directions */
	struct flow_view
		view;     /* its times by the clock, until it leaves: somebody may set the date */
	uint64_t workers; /* bit w: worker w has a piece in it ... */
	uint64_t cut;     /* ... that ended by itself: what follows there is another record */
	uint64_t cut_at;  /* clock at which the first of these ended */
	uint32_t pieces;
	uint32_t walk;  /* in which there last was a reason to wait */
	uint64_t order; /* of arrival */
};

struct split_timeouts {
	uint64_t active, inactive; /* ns */
};

/* A record of one piece. */
void split_record_make(struct split_record *record, uint32_t worker, const struct flow_view *view,
		       const struct split_timeouts *timeouts);

/*
 * Would a single worker have counted both into one record? Of the same key; no piece in
 * `later` ended before the one in `earlier` that is of the same worker.
 */
bool split_touches(const struct split_record *earlier, const struct split_record *later,
		   const struct split_timeouts *timeouts);

/* Add `other` to `record`. */
void split_join(struct split_record *record, const struct split_record *other);

/* As it leaves: with dates, reckoned as they were when its first packet came. */
void split_record_view(const struct split_record *record, struct flow_view *view);

struct split {
	bool on;
	struct split_timeouts timeouts;
	struct hash_secret secret;
	void (*leave)(void *context, const struct flow_view *view);
	void *context;
	uint32_t buckets; /* a power of two */
	uint32_t walk;
	uint64_t arrivals;
	uint64_t *hashes;             /* SPLIT_WAYS a bucket; 0: free */
	struct split_record *records; /* beside them */
	struct snapshot_split counts;
};
#define SPLIT_WAYS 8

/* Room for about `capacity` records; `leave` is called for each that is complete. 0, -ENOMEM. */
int split_init(struct split *split, uint32_t capacity, const struct split_timeouts *timeouts,
	       const struct hash_secret *secret);
void split_release(struct split *split);

/* A piece has ended. */
void split_add(struct split *split, uint32_t worker, const struct flow_view *view);

/* Worker `worker` has this live record. */
void split_live(struct split *split, uint32_t worker, const struct flow_view *view);

/*
 * All live records have been shown: what nothing keeps waiting leaves, `most` records at most, and
 * the next walk begins.
 */
void split_walked(struct split *split, uint32_t most);

/* Nothing comes any more: all leave, `most` of them now. True: none is left. */
bool split_flush(struct split *split, uint32_t most);

#endif
