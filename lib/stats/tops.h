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
 *			 now --> slice (a second or more) --> ring of 60 slices and the newest
 *			 slices that come and go --> sums of 10s, of 60s
 *
 * `now`, `slice` and `total` hold every key as long as there is room. Of a slice the ring has the
 * largest rows, of the newest as it stands. Each struct belongs to one thread at a time; they share
 * nothing.
 */

#define TOPS_CAPACITY       65536 /* keys of now, slice and total */
#define TOPS_SLICE_CAPACITY 4096  /* rows of a slice in the ring */
#define TOPS_SLICES         60    /* as many seconds as the longest window: a slice is no shorter */
#define TOPS_PLACES         (TOPS_SLICES + 1)
#define TOPS_10S_SLICES     16 /* room for those of ten seconds, as the nearest are taken */
#define TOPS_LENGTH_MAX     1000

/* The largest rows of a subject over the time of one slice. */
struct tops_slice {
	uint32_t count;
	bool exact;
	uint64_t error[2][STATS_METRICS];
};

/* Sums of some slices; room for all of their rows. */
struct tops_window {
	struct summary *sums;
	uint32_t from, upto; /* numbers of slices: those from `from` on that are before `upto` */
};

/* The windows that are made of slices. */
enum tops_window_number { TOPS_10S, TOPS_60S, TOPS_WINDOWS };

struct tops_subject {
	struct summary_shape shape;
	struct summary *now, *slice, *total; /* slice is now, when an interval is a slice */
	struct tops_window windows[TOPS_WINDOWS];
	/*
	 * The ring: the slice with a number is in place number % TOPS_PLACES, and has its rows from
	 * place * TOPS_SLICE_CAPACITY on.
	 */
	struct tops_slice slices[TOPS_PLACES];
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

/* The end of an interval, as far as it has come. */
struct tops_end {
	struct snapshot *snapshot;
	struct stats_row *rows;
	bool slice_ends;
	uint32_t older[TOPS_WINDOWS]; /* slices of each window, without the newest */
	enum subject subject;
	unsigned int stage;
	uint32_t position; /* within the stage */
};

struct tops {
	struct tops_subject subjects[SUBJECTS];
	struct numbered ports, protocols; /* on their way to `now` */
	struct hash_secret secret;
	uint32_t length;        /* rows of a list */
	bool interval_is_slice; /* an interval is long enough */
	uint32_t newest;        /* number of the newest slice: one more for each that ended */
	struct tops_end end;
	/* Called after each ms or so of work at the end of an interval; threads may count in it. */
	void (*breathe)(void *context);
	void *breathe_context;

	/* Of the summary that is being listed, and of the slice on its way to the ring. */
	struct summary_row top_rows[2][STATS_METRICS][TOPS_LENGTH_MAX];
	struct summary_row slice_rows[TOPS_SLICE_CAPACITY];
};

/* 0 or -ENOMEM (release then, too). `tops` is zeroed. */
int tops_init(struct tops *tops, const struct stats_settings *settings);
void tops_release(struct tops *tops);

/* 0 or -ENOMEM (release then, too). `counts` is zeroed. */
int tops_counts_init(struct tops_counts *counts, const struct stats_settings *settings);
void tops_counts_release(struct tops_counts *counts);

/* Count a batch; `context` is the struct tops_counts. */
void tops_count(void *context, const struct stats_batch *batch);

/* ---- the end of an interval, in this order ---- */

/*
 * Everything counted comes to `now`, and the counts are empty again. Of several threads once for
 * each, always in the same order: beyond what is exact the sums depend on it. The first costs next
 * to nothing.
 */
void tops_merge(struct tops *tops, struct tops_counts *counts);

/*
 * Make the snapshot's lists; its windows say what they cover. Then `now` is empty for the next
 * interval, and a slice that ends stays in the ring. Slices end as entries of the history do.
 * `rows` has room for tops_rows(length).
 */
void tops_end(struct tops *tops, struct snapshot *snapshot, struct stats_row *rows,
	      bool slice_ends);
size_t tops_rows(uint32_t length);

/* ... or none: the snapshot's lists are empty. */
void tops_list_nothing(const struct tops *tops, struct snapshot *snapshot);

/* ---- parts ---- */

#define TOPS_PART 4096 /* rows that are added at once */

static inline void tops_breathe(const struct tops *tops)
{
	if (tops->breathe != NULL)
		tops->breathe(tops->breathe_context);
}

/* ---- windows.c ---- */

/* Put the newest slice, as it stands, into its place in the ring. No window has it. */
void tops_store_slice(struct tops *tops, struct tops_subject *subject);

/*
 * Before that: one slice leaves a window that is to have only the `older` ones before the newest,
 * and after it: one comes. False: there is none.
 */
bool tops_window_drop(const struct tops *tops, struct tops_subject *subject,
		      struct tops_window *window, uint32_t older);
bool tops_window_add(const struct tops *tops, struct tops_subject *subject,
		     struct tops_window *window, uint32_t older);

/* ---- lists.c ---- */

/* How good the sums of a summary are, or those of a window. */
struct tops_quality {
	bool exact;
	uint64_t error[2][STATS_METRICS];
};

void tops_quality_of(const struct summary *summary, struct tops_quality *quality);
void tops_window_quality(const struct tops_subject *subject, const struct tops_window *window,
			 struct tops_quality *quality);

/* The lists of all dimensions that the subject has. */
void tops_list(struct tops *tops, enum subject subject, enum stats_window window,
	       const struct summary *summary, const struct tops_quality *quality);

#endif
