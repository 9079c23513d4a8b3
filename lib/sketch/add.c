/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/summary.h>

#include <assert.h>
#include <string.h>

#include "gate.h"
#include "layout.h"

/* Keys looked up together: enough to hide the misses of one another, few enough for the L1. */
#define GROUP 32

/* Keys and metrics of a batch as they lie with the caller, or in another summary's rows. */
struct batch {
	const uint8_t *keys;
	size_t key_stride;
	const uint8_t *metrics;
	size_t metrics_stride;
	const uint32_t *hashes;
	uint32_t count;
};

uint32_t summary_hash(const struct hash_secret *secret, const void *key, uint32_t key_size)
{
	return (uint32_t)(hash_bytes(secret, key, key_size) >> 32);
}

static inline struct bucket *bucket_of(const struct summary *summary, uint32_t hash)
{
	return &summary->buckets[hash & summary->mask];
}

void summary_prefetch(const struct summary *summary, const uint32_t *hashes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		__builtin_prefetch(bucket_of(summary, hashes[i]), 1);
}

static inline void load_key(uint64_t *words, const uint8_t *key, uint32_t key_size)
{
	if (key_size % 8 != 0)
		words[key_size / 8] = 0;
	memcpy(words, key, key_size);
}

static inline bool equal(const uint64_t *a, const uint64_t *b, uint32_t words)
{
	uint64_t difference = 0;

	for (uint32_t i = 0; i < words; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* In full: through all entries of the hash, as far as they may have spilled. */
static uint64_t *find(const struct summary *summary, const uint64_t *key, uint32_t hash)
{
	for (uint32_t b = hash & summary->mask;; b = (b + 1) & summary->mask) {
		const struct bucket *bucket = &summary->buckets[b];

		for (unsigned int e = 0; e < BUCKET_ENTRIES; e++) {
			uint64_t *row;

			if (bucket->numbers[e] == 0)
				break;
			if (bucket->hashes[e] != hash)
				continue;
			row = row_at(summary, bucket->numbers[e] - 1);
			if (equal(row, key, summary->key_words))
				return row;
		}
		if (bucket->spilled == 0)
			return NULL;
	}
}

#define NO_ROW  0          /* the key has none */
#define UNKNOWN UINT32_MAX /* only find() can tell */

/*
 * The row (number + 1) that a hash leads to, without a look at its key and almost without
 * branches: which entry it is, or that there is none, no branch predictor can know.
 */
static inline uint32_t glance(const struct summary *summary, uint32_t hash)
{
	const struct bucket *bucket = bucket_of(summary, hash);
	unsigned int equals = 0;
	uint32_t row = NO_ROW;

	for (unsigned int e = 0; e < BUCKET_ENTRIES; e++) {
		bool equal_here = bucket->hashes[e] == hash && bucket->numbers[e] != 0;

		equals += equal_here;
		row = equal_here ? bucket->numbers[e] : row;
	}
	if (equals > 1 || (equals == 0 && bucket->spilled != 0))
		return UNKNOWN;
	return row;
}

static uint64_t *append(struct summary *summary, const uint64_t *key, uint32_t hash)
{
	uint32_t number;
	uint64_t *row;

	if (summary->count == summary->shape.capacity) {
		summary_prune(summary, summary->shape.capacity / 2);
		summary->gated = !summary->shape.repeatable;
	}
	number = summary->count++;
	row = row_at(summary, number);
	memcpy(row, key, summary->key_words * sizeof(*row));
	if (summary->shape.noted)
		row[summary->key_words] = UINT64_MAX;
	memset(row_metrics(summary, row), 0, summary->metric_words * sizeof(*row));
	summary->hashes[number] = hash;
	index_put(summary, number);
	return row;
}

static void keep_note(uint64_t *kept, const uint8_t *brought)
{
	uint64_t note;

	memcpy(&note, brought, sizeof(note));
	if (note < *kept)
		*kept = note;
}

/* The key's row, or NULL, given what glance() says. */
static inline uint64_t *row_of(const struct summary *summary, const uint64_t *key, uint32_t hash,
			       uint32_t words, uint32_t glanced)
{
	if (glanced == NO_ROW)
		return NULL;
	if (glanced != UNKNOWN) {
		uint64_t *row = row_at(summary, glanced - 1);

		if (equal(row, key, words))
			return row;
	}
	return find(summary, key, hash);
}

/* A compiler that knows the shape makes the loops over words vanish. */
static inline __attribute__((always_inline)) void add_group(struct summary *summary,
							    const struct batch *batch,
							    uint32_t key_size, unsigned int sides,
							    bool noted)
{
	const uint32_t words = (key_size + 7) / 8, metrics = sides * SUMMARY_METRICS;
	const uint32_t *hashes = batch->hashes;
	uint32_t glanced[GROUP];
	bool changed = false; /* the index, since the glances */

	summary_prefetch(summary, hashes, batch->count);
	for (uint32_t i = 0; i < batch->count; i++) {
		glanced[i] = glance(summary, hashes[i]);
		if (glanced[i] != NO_ROW && glanced[i] != UNKNOWN) {
			uint64_t *row = row_at(summary, glanced[i] - 1);

			__builtin_prefetch(row, 1);
			__builtin_prefetch(row + summary->row_words - 1, 1);
		}
	}
	for (uint32_t i = 0; i < batch->count; i++) {
		uint32_t now = changed ? glance(summary, hashes[i]) : glanced[i];
		uint64_t key[SUMMARY_KEY_MAX / 8], add[2 * SUMMARY_METRICS], *row;

		load_key(key, batch->keys + i * batch->key_stride, key_size);
		row = row_of(summary, key, hashes[i], words, now);
		memcpy(add, batch->metrics + i * batch->metrics_stride, metrics * sizeof(*add));
		if (row == NULL) {
			if (summary->gated && !gate_admits(summary, hashes[i], add, sides))
				continue;
			row = append(summary, key, hashes[i]);
			changed = true;
		}
		for (unsigned int m = 0; m < metrics; m++)
			row[words + noted + m] += add[m];
		if (noted)
			keep_note(&row[words],
				  batch->keys + i * batch->key_stride + words * sizeof(*row));
	}
}

static void add_batch(struct summary *summary, struct batch all)
{
	const struct summary_shape *shape = &summary->shape;

	gate_set_thresholds(summary);
	while (all.count > 0) {
		struct batch group = all;

		group.count = all.count < GROUP ? all.count : GROUP;
		/* The shapes that are added to for every record: their own code. */
		if (shape->key_size == 24 && shape->sides == 2 && !shape->noted)
			add_group(summary, &group, 24, 2, false);
		else if (shape->key_size == 40 && shape->sides == 2 && !shape->noted)
			add_group(summary, &group, 40, 2, false);
		else if (shape->key_size == 40 && shape->sides == 1 && shape->noted)
			add_group(summary, &group, 40, 1, true);
		else
			add_group(summary, &group, shape->key_size, shape->sides, shape->noted);
		all.keys += group.count * all.key_stride;
		all.metrics += group.count * all.metrics_stride;
		all.hashes += group.count;
		all.count -= group.count;
	}
}

void summary_add(struct summary *summary, const uint32_t *hashes, const void *keys,
		 const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count)
{
	const unsigned int sides = summary->shape.sides;

	for (uint32_t i = 0; i < count * sides; i++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
			summary->total.metrics[m] += metrics[i][m];
	add_batch(summary, (struct batch){.keys = keys,
					  .key_stride = summary_key_stride(&summary->shape),
					  .metrics = (const uint8_t *)metrics,
					  .metrics_stride = sides * sizeof(*metrics),
					  .hashes = hashes,
					  .count = count});
}

uint32_t summary_sift(struct summary *summary, const uint32_t *hashes,
		      const union summary_brought *brought, uint32_t count, uint32_t *left)
{
	const union summary_brought ones = {.metrics = {0, 0, 0, UINT64_MAX}};
	union summary_brought above = {0}, total = {0};
	uint32_t left_count = 0;

	if (!summary->gated) {
		for (uint32_t i = 0; i < count; i++)
			left[i] = i;
		return count;
	}
	gate_set_thresholds(summary);
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		above.metrics[m] = UINT64_MAX << summary->threshold_shift[m];
	for (uint32_t i = 0; i < count; i++) {
		struct bucket *bucket = bucket_of(summary, hashes[i]);
		const uint32_t same __attribute__((vector_size(16))) = {hashes[i], hashes[i],
									hashes[i], hashes[i]};
		summary_lanes cell[2] = {bucket->lanes[0], bucket->lanes[1]};
		summary_lanes after[2] = {cell[0] + brought[i].lanes[0],
					  cell[1] + brought[i].lanes[1]};
		/* It may have a row, in this bucket or in another, or a metric admits it. */
		summary_lanes stays = (summary_lanes)(bucket->hash_lanes == same) |
				      ((cell[0] ^ after[0]) & above.lanes[0]) |
				      ((cell[1] ^ after[1]) & above.lanes[1]) |
				      (cell[1] & ones.lanes[1]);

		if ((stays[0] | stays[1]) != 0) {
			left[left_count++] = i;
			continue;
		}
		bucket->lanes[0] = after[0];
		bucket->lanes[1] = after[1];
		total.lanes[0] += brought[i].lanes[0];
		total.lanes[1] += brought[i].lanes[1];
	}
	summary->total.lanes[0] += total.lanes[0];
	summary->total.lanes[1] += total.lanes[1];
	return left_count;
}

bool summary_merge_part(struct summary *into, const struct summary *from, uint32_t *position,
			uint32_t most)
{
	size_t row_bytes = from->row_words * sizeof(uint64_t);
	uint32_t left = from->count - *position, count = left < most ? left : most;
	uint64_t error[2][SUMMARY_METRICS], *rows = row_at(from, *position);

	if (*position == 0) {
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++) {
			into->total.metrics[m] += from->total.metrics[m];
			for (unsigned int side = 0; side < from->shape.sides; side++)
				error[side][m] = summary_error(from, side, m);
		}
		if (from->inexact)
			summary_add_error(into, (const uint64_t(*)[SUMMARY_METRICS])error);
	}
	add_batch(into, (struct batch){.keys = (const uint8_t *)rows,
				       .key_stride = row_bytes,
				       .metrics = (const uint8_t *)row_metrics(from, rows),
				       .metrics_stride = row_bytes,
				       .hashes = from->hashes + *position,
				       .count = count});
	*position += count;
	return *position == from->count;
}

void summary_merge(struct summary *into, const struct summary *from)
{
	uint32_t position = 0;

	summary_merge_part(into, from, &position, UINT32_MAX);
}

/* The row has nothing left: the last one takes its place. */
static void remove_row(struct summary *summary, uint64_t *row)
{
	uint32_t number = (uint32_t)((size_t)(row - summary->rows) / summary->row_words);
	uint32_t last = summary->count - 1;

	index_take(summary, number);
	if (number != last) {
		index_renumber(summary, last, number);
		memcpy(row, row_at(summary, last), summary->row_words * sizeof(*row));
		summary->hashes[number] = summary->hashes[last];
	}
	summary->count--;
}

static void subtract(struct summary *summary, uint32_t hash, const uint8_t *key_bytes,
		     const uint64_t (*metrics)[SUMMARY_METRICS])
{
	uint64_t key[SUMMARY_KEY_MAX / 8], *row, *sums, any = 0;

	load_key(key, key_bytes, summary->shape.key_size);
	row = find(summary, key, hash);
	assert(row != NULL);
	sums = row_metrics(summary, row);
	for (unsigned int m = 0; m < summary->metric_words; m++) {
		sums[m] -= metrics[m / SUMMARY_METRICS][m % SUMMARY_METRICS];
		summary->total.metrics[m % SUMMARY_METRICS] -=
			metrics[m / SUMMARY_METRICS][m % SUMMARY_METRICS];
		any |= sums[m];
	}
	if (any == 0)
		remove_row(summary, row);
}

void summary_subtract(struct summary *summary, const uint32_t *hashes, const void *keys,
		      const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count)
{
	const size_t stride = summary_key_stride(&summary->shape);

	for (uint32_t i = 0; i < count; i++) {
		if (i % GROUP == 0)
			summary_prefetch(summary, hashes + i,
					 count - i < GROUP ? count - i : GROUP);
		subtract(summary, hashes[i], (const uint8_t *)keys + i * stride,
			 metrics + (size_t)i * summary->shape.sides);
	}
}
