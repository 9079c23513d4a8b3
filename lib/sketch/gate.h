/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SKETCH_GATE_H
#define WEIR_SKETCH_GATE_H

#include "layout.h"

/*
 * When keys are more than there is room for, most new ones are small and would soon be forgotten:
 * giving each a row is wasted work. The gate stands before that: an array of cells, each the
 * sum of all keys of its hash that were turned away (a count-min sketch of one row). A key is
 * let in when what it adds takes its cell across a multiple of a threshold, so that one
 * which brings many times the threshold, at once or bit by bit, is let in early on.
 *
 * Whatever a key lost here is in its cell, so no sum is low by more than the largest cell: less
 * than a threshold above the largest multiple that any was moved to. Both sides of a key are one
 * sum here.
 */

/* A key is worth a row when it brings this share of all: 1 / (capacity / 4). */
static inline void gate_set_thresholds(struct summary *summary)
{
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
		uint64_t all = summary->total.metrics[m], expected = summary->expected[m];
		uint64_t share = (all > expected ? all : expected) / (summary->shape.capacity / 4);

		summary->threshold_shift[m] =
			share == 0 ? 0 : (uint8_t)(63 - __builtin_clzll(share));
	}
}

/* The most that a key can have lost. */
static inline uint64_t gate_lost(const struct summary *summary, unsigned int metric)
{
	uint64_t threshold = UINT64_C(1) << summary->threshold_shift[metric];

	return summary->gated ? summary->moved_on_most[metric] + threshold - 1 : 0;
}

/* False: turned away, and counted in the cell. `add` has `sides` rows. */
static inline bool gate_admits(struct summary *summary, uint32_t hash, const uint64_t *add,
			       unsigned int sides)
{
	uint64_t *cell = summary->buckets[hash & summary->mask].turned_away;
	uint64_t after[SUMMARY_METRICS], crossed[SUMMARY_METRICS], any = 0;

	for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
		uint8_t shift = summary->threshold_shift[m];

		after[m] = cell[m] + add[m] + (sides == 2 ? add[SUMMARY_METRICS + m] : 0);
		crossed[m] = (after[m] >> shift) - (cell[m] >> shift);
		any |= crossed[m];
	}
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
		uint8_t shift = summary->threshold_shift[m];

		/* Who is let in takes all along; the cell moves on to the multiple, or the next
		 * key would cross it, too. */
		if (any == 0)
			cell[m] = after[m];
		else if (crossed[m] != 0)
			cell[m] = ((cell[m] >> shift) + 1) << shift;
		if (any != 0 && cell[m] > summary->moved_on_most[m])
			summary->moved_on_most[m] = cell[m];
	}
	return any != 0;
}

#endif
