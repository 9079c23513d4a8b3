/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_SKETCH_FIXTURE_H
#define WEIR_TESTS_UNIT_SKETCH_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include <kit/prng.h>
#include <weir/summary.h>

/* What keys are hashed with; a test may draw another. */
static struct hash_secret secret = {
	{0x1d8e4e27c47d124f, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb}};

/* A summary on memory of its exact size, so that a sanitizer sees what lies beyond. */
static inline struct summary *make_shape(struct summary_shape shape)
{
	size_t bytes = summary_bytes(&shape);
	void *memory = aligned_alloc(64, bytes);

	cr_assert_not_null(memory);
	memset(memory, 0, bytes);
	return summary_init(memory, &shape);
}

#define BATCH_MAX 256

static inline void hash_keys(const struct summary *summary, const uint8_t *keys, uint32_t count,
			     uint32_t *hashes)
{
	const struct summary_shape *shape = summary_shape(summary);
	const size_t stride = summary_key_stride(shape);

	for (uint32_t i = 0; i < count; i++)
		hashes[i] = summary_hash(&secret, keys + i * stride, shape->key_size);
}

static inline void add_keys(struct summary *summary, const void *keys,
			    const uint64_t (*metrics)[SUMMARY_METRICS], uint32_t count)
{
	uint32_t hashes[BATCH_MAX];

	cr_assert_leq(count, BATCH_MAX);
	hash_keys(summary, keys, count, hashes);
	summary_add(summary, hashes, keys, metrics, count);
}

static inline struct summary *make_summary(uint32_t capacity, uint32_t key_size)
{
	return make_shape((struct summary_shape){capacity, key_size, .sides = 1});
}

#define TOP_MAX 600

/* One list of those that summary_top() makes. */
static inline uint32_t top_of(const struct summary *summary, unsigned int side, unsigned int metric,
			      struct summary_row *rows, uint32_t length)
{
	static struct summary_row room[2][SUMMARY_METRICS][TOP_MAX];
	struct summary_tops tops = {.length = length};

	cr_assert_leq(length, TOP_MAX);
	for (unsigned int s = 0; s < 2; s++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
			tops.of[s][m].rows = room[s][m];
	summary_top(summary, &tops);
	memcpy(rows, room[side][metric], tops.of[side][metric].count * sizeof(*rows));
	return tops.of[side][metric].count;
}

static inline uint32_t side_keys(const struct summary *summary, unsigned int side)
{
	struct summary_tops tops = {0};

	summary_top(summary, &tops);
	return tops.keys[side];
}

/* A key for `id` in `size` bytes: big-endian in the last four, so that memcmp orders by id. */
static inline void make_key(uint8_t *key, uint32_t size, uint32_t id)
{
	memset(key, 0xa5, size);
	for (int i = 0; i < 4; i++)
		key[size - 1 - i] = (uint8_t)(id >> (8 * i));
}

static inline uint32_t key_id(const void *key, uint32_t size)
{
	const uint8_t *last = (const uint8_t *)key + size - 4;

	return (uint32_t)last[0] << 24 | last[1] << 16 | last[2] << 8 | last[3];
}

#endif
