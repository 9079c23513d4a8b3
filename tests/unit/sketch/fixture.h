/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_SKETCH_FIXTURE_H
#define WEIR_TESTS_UNIT_SKETCH_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include <kit/prng.h>
#include <weir/summary.h>

/* A summary on memory of its exact size, so that a sanitizer sees what lies beyond. */
static inline struct summary *make_secret_shape(struct summary_shape shape,
						struct hash_secret secret)
{
	size_t bytes = summary_bytes(&shape);
	void *memory = aligned_alloc(64, bytes);

	cr_assert_not_null(memory);
	memset(memory, 0, bytes);
	return summary_init(memory, &shape, &secret);
}

static inline struct summary *make_shape(struct summary_shape shape)
{
	return make_secret_shape(shape,
				 (struct hash_secret){{0x1d8e4e27c47d124f, 0x9e3779b97f4a7c15,
						       0xbf58476d1ce4e5b9, 0x94d049bb133111eb}});
}

static inline struct summary *make_summary(uint32_t capacity, uint32_t key_size)
{
	return make_shape((struct summary_shape){capacity, key_size, .sides = 1});
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
