/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SUMMARY_H
#define WEIR_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/hash.h>

/*
 * Sums by key with an honest bound. As long as no more than `capacity` distinct keys were
 * added, every sum is exact. When one more comes, the summary is pruned: the smallest keys (small in
 * all metrics) are forgotten, and for each metric `error` grows by the largest sum forgotten.
 * So at any time, for every key and metric:  sum <= true sum <= sum + error.
 * Works on the caller's memory; one thread at a time; mergeable.
 */

#define SUMMARY_METRICS 3

struct summary;

/* Bytes that a summary of `capacity` (at least 16) keys of `key_size` bytes needs. */
size_t summary_bytes(uint32_t capacity, uint32_t key_size);

/* Make a summary in zeroed `memory` (64-byte aligned, summary_bytes() large). */
struct summary *summary_init(void *memory, uint32_t capacity, uint32_t key_size,
			     const struct hash_secret *secret);

/* Forget everything, the error too. Costs as much as the keys that were in it. */
void summary_clear(struct summary *summary);

/*
 * Add a batch: `count` keys one after the other at `keys` (key_size bytes each), and a row of
 * metrics for each. Equal keys may occur again and again. Look-ups are prefetched over the batch.
 */
void summary_add(struct summary *summary, const void *keys,
		 const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count);

/* Add all of `from` (same key_size), and its error to the error of `into`. */
void summary_merge(struct summary *into, const struct summary *from);

/* Distinct keys held now; all that ever came as long as summary_exact(). */
uint32_t summary_keys(const struct summary *summary);
bool summary_exact(const struct summary *summary);
uint64_t summary_error(const struct summary *summary, unsigned int metric);

/* Sums of everything added, forgotten keys included: always exact. */
uint64_t summary_total(const struct summary *summary, unsigned int metric);

struct summary_row {
	const void *key; /* into the summary: valid until it changes */
	uint64_t metrics[SUMMARY_METRICS];
};

/*
 * The `count` largest rows by `metric`, largest first; equal ones in the order of their key's
 * bytes, so that the answer does not depend on history. Returns how many there are.
 */
uint32_t summary_top(const struct summary *summary, unsigned int metric, struct summary_row *rows,
		     uint32_t count);

/* Row by row, in no order: start with *position = 0, false at the end. */
bool summary_next(const struct summary *summary, uint32_t *position, struct summary_row *row);

#endif
