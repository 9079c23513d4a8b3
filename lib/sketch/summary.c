/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/summary.h>

#include <assert.h>
#include <string.h>

#include "gate.h"
#include "layout.h"

#define LINE 64

static size_t align_up(size_t bytes)
{
	return (bytes + LINE - 1) & ~(size_t)(LINE - 1);
}

static uint32_t bucket_count(uint32_t capacity)
{
	uint32_t buckets = 1;

	while (buckets * BUCKET_ENTRIES < 2 * capacity)
		buckets *= 2;
	return buckets;
}

static uint32_t key_words(const struct summary_shape *shape)
{
	return (shape->key_size + 7) / 8;
}

static uint32_t metric_words(const struct summary_shape *shape)
{
	return shape->sides * SUMMARY_METRICS;
}

static uint32_t row_words(const struct summary_shape *shape)
{
	return key_words(shape) + (shape->noted ? 1 : 0) + metric_words(shape);
}

size_t summary_key_stride(const struct summary_shape *shape)
{
	return shape->noted ? (key_words(shape) + 1) * sizeof(uint64_t) : shape->key_size;
}

size_t summary_bytes(const struct summary_shape *shape)
{
	size_t rows = shape->capacity;

	return align_up(sizeof(struct summary)) +
	       bucket_count(shape->capacity) * sizeof(struct bucket) +
	       align_up(rows * sizeof(uint32_t)) +
	       align_up(rows * row_words(shape) * sizeof(uint64_t));
}

struct summary *summary_init(void *memory, const struct summary_shape *shape)
{
	struct summary *summary = memory;
	uint8_t *free = (uint8_t *)memory + align_up(sizeof(*summary));

	assert(shape->capacity >= SUMMARY_CAPACITY_MIN && shape->capacity <= SUMMARY_CAPACITY_MAX);
	assert(shape->key_size > 0 && shape->key_size <= SUMMARY_KEY_MAX);
	assert(shape->sides == 1 || shape->sides == 2);
	summary->shape = *shape;
	summary->key_words = key_words(shape);
	summary->row_words = row_words(shape);
	summary->metric_words = metric_words(shape);
	summary->mask = bucket_count(shape->capacity) - 1;

	summary->buckets = (struct bucket *)free;
	free += ((size_t)summary->mask + 1) * sizeof(struct bucket);
	summary->hashes = (uint32_t *)free;
	free += align_up(shape->capacity * sizeof(uint32_t));
	summary->rows = (uint64_t *)free;
	return summary;
}

const struct summary_shape *summary_shape(const struct summary *summary)
{
	return &summary->shape;
}

void summary_clear(struct summary *summary)
{
	if (summary->gated)
		memset(summary->buckets, 0, ((size_t)summary->mask + 1) * sizeof(struct bucket));
	else
		index_clear(summary);
	for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
		summary->expected[m] = summary->total.metrics[m] / 2;
	summary->count = 0;
	summary->inexact = false;
	summary->gated = false;
	memset(summary->moved_on_most, 0, sizeof(summary->moved_on_most));
	memset(summary->error, 0, sizeof(summary->error));
	memset(&summary->total, 0, sizeof(summary->total));
}

void summary_add_error(struct summary *summary, const uint64_t (*error)[SUMMARY_METRICS])
{
	summary->inexact = true;
	for (unsigned int side = 0; side < summary->shape.sides; side++)
		for (unsigned int m = 0; m < SUMMARY_METRICS; m++)
			summary->error[side][m] += error[side][m];
}

uint32_t summary_keys(const struct summary *summary)
{
	return summary->count;
}

bool summary_exact(const struct summary *summary)
{
	return !summary->inexact;
}

uint64_t summary_error(const struct summary *summary, unsigned int side, unsigned int metric)
{
	return summary->error[side][metric] + gate_lost(summary, metric);
}

uint64_t summary_total(const struct summary *summary, unsigned int metric)
{
	return summary->total.metrics[metric];
}

bool summary_next(const struct summary *summary, uint32_t *position, struct summary_row *row)
{
	uint64_t *found;

	if (*position >= summary->count)
		return false;
	row->hash = summary->hashes[*position];
	found = row_at(summary, (*position)++);
	row->key = found;
	row->metrics = (const uint64_t(*)[SUMMARY_METRICS])row_metrics(summary, found);
	return true;
}
