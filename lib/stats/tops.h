/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_TOPS_H
#define WEIR_STATS_TOPS_H

#include <weir/clock.h>
#include <weir/stats.h>
#include <weir/summary.h>

#include "keys.h"
#include "numbered.h"
#include "sums.h"

/*
 * The top lists: what deltas of records become for each subject, and how intervals become
 * windows.
 *
 *	deltas --sums--> counts of a thread --> now --> total
 *			 now --> slice (a second or more) --> ring of 60 slices
 *			 slice + newest of the ring --> 10s, 60s
 *
 * `now`, `slice` and `total` hold every key as long as there is room. A slice that goes to
 * the ring is pruned to its largest rows. Each struct belongs to one thread at a time; they share
 * nothing.
 */

#define TOPS_CAPACITY       65536 /* keys of now, slice and total */
#define TOPS_SLICE_CAPACITY 4096  /* rows of a slice in the ring */
#define TOPS_SLICES         60    /* as many seconds as the longest window: a slice is no shorter */
#define TOPS_LENGTH_MAX     1000

/* The largest rows of a subject over the time of one slice. */
struct tops_slice {
	uint32_t count;
	bool exact;
	uint64_t error[2][STATS_METRICS];
};

struct tops_subject {
	struct summary_shape shape;
	struct summary *now, *slice, *total; /* slice is now, when an interval is a slice */
	struct summary *window;              /* the slices of a window, while it is listed */
	/* The ring: slice i has its rows from i * TOPS_SLICE_CAPACITY on. */
	struct tops_slice slices[TOPS_SLICES];
	uint32_t *slice_hashes;
	uint8_t *slice_keys;
	uint64_t (*slice_metrics)[STATS_METRICS]; /* of each side */
};

/* What one thread has counted since its counts were merged. */
struct tops_counts {
	struct summary *now[SUBJECTS];
	struct numbered ports, protocols;
	struct hash_secret secret; /* as the hashes of all keys are made */
	/* Of the batch that is being counted: */
	struct sums sums;
	uint32_t port_numbers[STATS_BATCH][2]; /* numbered_port() */
};

struct tops {
	struct tops_subject subjects[SUBJECTS];
	uint32_t length;        /* rows of a list */
	bool interval_is_slice; /* an interval is long enough */
	uint32_t ring_next;     /* all subjects alike */
	/* Called after each ms or so of work at the end of an interval; threads may count in it. */
	void (*breathe)(void *context);
	void *breathe_context;

	struct summary_row rows[2 * TOPS_LENGTH_MAX]; /* of the list in the making */
};

/* 0 or -ENOMEM (release then, too). `tops` is zeroed. */
int tops_init(struct tops *tops, const struct stats_settings *settings);
void tops_release(struct tops *tops);

/* 0 or -ENOMEM (release then, too). `counts` is zeroed. */
int tops_counts_init(struct tops_counts *counts, const struct stats_settings *settings);
void tops_counts_release(struct tops_counts *counts);

/* Count a batch; `context` is the struct tops_counts. */
void tops_count(void *context, const struct stats_batch *batch);

/* ---- the end of an interval: these four, in this order ---- */

/*
 * Everything counted comes to `now`, and the counts are empty again. Of several threads once for
 * each, always in the same order: beyond what is exact the sums depend on it. The first costs next
 * to nothing.
 */
void tops_merge(struct tops *tops, struct tops_counts *counts);

/* Everything that is in now is in slice and total. */
void tops_complete(struct tops *tops);

/* Fill the snapshot's lists; its windows say what they cover. `rows` has room for
 * tops_rows(length). */
void tops_list(struct tops *tops, struct snapshot *snapshot, struct stats_row *rows);
size_t tops_rows(uint32_t length);

/* ... or none: the snapshot's lists are empty. */
void tops_list_nothing(const struct tops *tops, struct snapshot *snapshot);

/*
 * Start the next interval: `now` is empty, and a slice that ends goes to the ring. Slices end as
 * entries of the history do.
 */
void tops_next(struct tops *tops, bool slice_ends);

/* ---- parts ---- */

static inline void tops_breathe(const struct tops *tops)
{
	if (tops->breathe != NULL)
		tops->breathe(tops->breathe_context);
}

/* ---- windows.c ---- */

/* Put the slice into its place in the ring; its summary keeps only what the ring does. */
void tops_store_slice(struct tops_subject *subject, uint32_t place);

/* Add slices of the ring to `window`: those that `from` others came after, up to `upto`. */
void tops_gather(const struct tops *tops, struct tops_subject *subject, uint32_t from,
		 uint32_t upto);

#endif
