/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SKETCH_LAYOUT_H
#define WEIR_SKETCH_LAYOUT_H

#include <weir/summary.h>

/*
 * How a summary lies in its memory. The rows stand dense, in the order in which their keys came,
 * so that iterating, clearing and pruning cost as much as there are keys. The index leads from a
 * hash to a row: buckets of one cache line, at most half full, spilling into the next one.
 *
 *	struct summary | buckets | hash of each row | rows
 *	row: key, padded to words | note, if noted | metrics of each side
 */

#define BUCKET_ENTRIES 4

/* The gate's cell (gate.h) lies where a key that has no row is looked for in vain: one miss. */
struct bucket {
	union {
		uint32_t hashes[BUCKET_ENTRIES];
		uint32_t hash_lanes __attribute__((vector_size(16)));
	};
	uint32_t numbers[BUCKET_ENTRIES]; /* of rows, + 1; 0: empty, and so are those after it */
	union {
		struct {
			uint64_t turned_away[SUMMARY_METRICS];
			uint64_t spilled; /* entries that are in a later one, as this was full */
		};
		summary_lanes lanes[2];
	};
};
_Static_assert(sizeof(struct bucket) == 64, "one cache line");

struct summary {
	struct summary_shape shape;
	uint32_t key_words, row_words; /* row_words: note and metrics included */
	uint32_t metric_words;         /* of all sides */
	uint32_t mask;                 /* buckets - 1 */
	uint32_t count;                /* rows */
	bool inexact;                  /* something was forgotten, here or elsewhere */
	bool gated;                    /* there was no more room: from now on the gate is in use */
	uint8_t threshold_shift[SUMMARY_METRICS]; /* the gate's: powers of two */
	uint64_t moved_on_most[SUMMARY_METRICS];  /* the largest multiple a cell was moved to */
	uint64_t error[2][SUMMARY_METRICS];       /* of prunings and from outside */
	union summary_brought total;
	uint64_t expected[SUMMARY_METRICS]; /* of the total: half of what it was the last time */
	struct bucket *buckets;
	uint32_t *hashes;
	uint64_t *rows;
} __attribute__((aligned(64)));

static inline uint64_t *row_at(const struct summary *summary, uint32_t row)
{
	return summary->rows + (size_t)row * summary->row_words;
}

static inline uint64_t *row_metrics(const struct summary *summary, uint64_t *row)
{
	return row + summary->row_words - summary->metric_words;
}

/* Let the index lead to `row`, whose hash is hashes[row] and which it does not hold yet. */
void index_put(struct summary *summary, uint32_t row);

/* ... and no longer. */
void index_take(struct summary *summary, uint32_t row);

/* The row is to have another number. */
void index_renumber(struct summary *summary, uint32_t row, uint32_t number);

/* Empty the index: the cheaper of one pass over it and one step for each row. */
void index_clear(struct summary *summary);

#endif
